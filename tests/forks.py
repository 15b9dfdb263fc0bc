"""Runs commands in copies of a process that has loaded what they need: a run costs little, and a kill hits the work rather than imports.

``Forks`` starts such a process, which is this file as a script: it reads a job a line and answers with a line, both JSON.
"""

import fnmatch
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib import import_module

ROOM = ".migclass-*.tmp"
_LOADED = [f"migclass.cli.{name}" for name in ("audit", "profile", "report", "score")] + ["migclass.pictures", "openpyxl"]
# What a command asks of the file system, as Python's audit events name it, and how many names each has.
_STEPS = {"open": 1, "os.mkdir": 1, "os.rename": 2, "os.link": 2, "os.remove": 1, "os.rmdir": 1, "os.chmod": 1}
# Seconds between looks at a process.
_LOOK = 0.0005


@dataclass
class Job:
    """Commands to run at once in a folder, and what is to befall them.

    ``signal`` is sent after so many seconds, counted from when something is written if ``writing`` is set, else from the start; ``step`` is
    the number of the step on files of the folder that a kill comes before; ``limit`` is the longest file in bytes.
    """

    commands: list[list[str]]
    folder: str
    signal: int = 0
    after: float = 0.0
    writing: bool = False
    step: int = -1
    limit: int = -1


@dataclass
class Done:
    """The exit codes of commands and what they told; how long the last took, in all and, if ``writing`` is set, in writing."""

    codes: list[int]
    errors: list[str]
    seconds: float = 0.0
    writing: float = 0.0


class Forks:
    """The process that commands are copies of; ``before`` is a command line to start it with."""

    def __init__(self, *before):
        self._process = subprocess.Popen([*before, sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid

    def run(self, *commands, folder, **fate):
        job = Job([[str(word) for word in command] for command in commands], str(folder), **fate)
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        return Done(**json.loads(self._process.stdout.readline()))

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        return self._process.wait()


def rooms(folder):
    """Return the hidden folders that something was written in, or is being."""
    return {os.path.join(top, name) for top, names, _ in os.walk(folder) for name in fnmatch.filter(names, ROOM)}


def _serve():
    for name in _LOADED:
        import_module(name)
    for line in sys.stdin:
        print(json.dumps(asdict(_do(Job(**json.loads(line))))), flush=True)


def _do(job):
    told = [tempfile.TemporaryFile() for _ in job.commands]  # noqa: SIM115
    before = rooms(job.folder)
    children = []
    for command, errors in zip(job.commands, told, strict=True):
        children.append(os.fork())
        if not children[-1]:
            _be(command, errors, job)
    done = Done([], [])
    for child, errors in zip(children, told, strict=True):
        code, done.seconds, done.writing = _watch(child, job, before)
        errors.seek(0)
        done.codes.append(code)
        done.errors.append(errors.read().decode())
        errors.close()
    return done


def _watch(child, job, before):
    """Wait for a child, or see to its end; return its exit code and how long it took, in all and in writing."""
    start, wrote, sent = time.monotonic(), None, False
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        now = time.monotonic()
        if ended:
            return os.waitstatus_to_exitcode(status), now - start, now - (wrote or now)
        if job.writing and wrote is None and rooms(job.folder) - before:
            wrote = now
        since = wrote if job.writing else start
        if job.signal and not sent and since is not None and now - since >= job.after:
            os.kill(child, job.signal)
            sent = True
        time.sleep(_LOOK)


def _be(command, errors, job):
    """Become a command and end with its exit code."""
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(errors.fileno(), 2)
        os.chdir(job.folder)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if job.limit >= 0:
            resource.setrlimit(resource.RLIMIT_FSIZE, (job.limit, job.limit))
        if job.step >= 0:
            _die_at(job.step, job.folder)
        code = _call(command)
    except SystemExit as end:
        code = end.code
    finally:
        sys.stderr.flush()
        os._exit(code)


def _call(command):
    from migclass.cli import main
    from migclass.errors import MigclassError
    from migclass.model import load_model, save_model

    if command[0] != "save":
        main(command)
    try:
        save_model(load_model(command[1]), command[2], force=True)
    except MigclassError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _die_at(step, folder):
    """Kill this process before it takes that step on a file of the folder; within a folder that is open, names are relative."""
    left = iter(range(step))

    def count(event, arguments):
        if event in _STEPS and any(map(within, arguments[: _STEPS[event]])) and next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    def within(name):
        return isinstance(name, str | os.PathLike) and os.path.abspath(name).startswith(folder)

    sys.addaudithook(count)


if __name__ == "__main__":
    _serve()
