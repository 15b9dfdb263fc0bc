"""Starts the process that reads PDF, Word, HTML, Markdown and XLSX (`migclass.formats`), and a new one where it was lost."""

import atexit
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock

from migclass import formats
from migclass.errors import DocumentError, MigclassError
from migclass.formats import UnfitError
from migclass.limits import MOST_CHARACTERS, MOST_MEMORY, MOST_SECONDS, MOST_UNPACKED

_LIMITS = {"characters": MOST_CHARACTERS, "memory": MOST_MEMORY, "seconds": MOST_SECONDS, "unpacked": MOST_UNPACKED}
# What a process ends with when its time is up, where the system has such a thing.
_TOO_LONG = -getattr(signal, "SIGXCPU", 0)
# Files that a process reads before another takes its place, so that what libraries forget to give back never adds up to its limit.
_FILES = 200
_NAMES = {"pdf": "PDF", "docx": "a Word document", "html": "HTML", "markdown": "Markdown", "xlsx": "XLSX"}


class _Reader:
    """One process that reads file after file; it is started when the first comes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._left = 0

    def read(self, kind: str, data: bytes) -> str:
        """Return the text of a file; UnfitError where it can't be read or the process was lost."""
        with self._lock:
            try:
                return self._ask(self._running(), kind, data)
            except UnfitError:
                raise
            except BaseException:
                self.stop()  # else the next file would get the answer to this one
                raise

    def stop(self) -> None:
        """End the process, if it is there and this one's own."""
        process, self._process = self._process, None
        if process and self._owner == os.getpid():
            process.kill()
            process.communicate()

    def _running(self) -> subprocess.Popen[bytes]:
        self._left -= 1
        if self._process is None or self._process.poll() is not None or self._owner != os.getpid() or self._left < 0:
            self.stop()
            self._left = _FILES
            # -P: what lies in the folder where someone works is no module.
            command = [sys.executable, "-P", "-W", "ignore", str(Path(formats.__file__)), json.dumps(_LIMITS)]
            pipe = subprocess.PIPE
            self._process, self._owner = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL), os.getpid()
        return self._process

    def _ask(self, process: subprocess.Popen[bytes], kind: str, data: bytes) -> str:
        assert process.stdin
        assert process.stdout
        with suppress(OSError):  # where it is dead, no answer comes
            process.stdin.write(b"%s %d\n" % (kind.encode(), len(data)))
            process.stdin.write(data)
            process.stdin.flush()
        good, size = (process.stdout.readline() or b"0 1").split()
        answer = process.stdout.read(int(size))
        if len(answer) < int(size):
            raise UnfitError(_why(process.wait()))
        if not int(good):
            raise UnfitError(answer.decode())
        return answer.decode("utf-8", "surrogatepass")


def _why(status: int) -> str:
    if status == _TOO_LONG:
        return "it takes too long to read; save its text as .txt or .csv"
    return f"its reader broke down; it is damaged or takes more than {MOST_MEMORY / 1e9:g} GB of memory; save its text as .txt or .csv"


_reader = _Reader()
atexit.register(_reader.stop)


def read_text(kind: str, data: bytes, where: str, *, error: type[MigclassError] = DocumentError) -> str:
    """Return the text of a file of a kind that `migclass.formats` reads; ``where`` names it in the message of an ``error``."""
    try:
        return _reader.read(kind, data)
    except UnfitError as fault:
        raise error(f"{where}: can't be read as {_NAMES[kind]}: {fault}") from None
