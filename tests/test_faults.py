"""Kills at any moment, a full disk, two runs at once: there is what was there before or all of the new, and the next run works."""

import os
import random
import shutil
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from conftest import ROOT
from forks import Forks, rooms

from migclass.model import load_model, save_model

OLD = b"old"
SPEECH = str(ROOT / "examples" / "speech.txt")
PROFILE = ["profile", "../tags.parquet", "--plot", "p.png", "-o", "p.json", "--format", "json", "--draws", "9"]
# Name -> arguments without --force, the files that they write, how often to kill them of 40 times.
COMMANDS = {
    "jsonl": (["score", "../1.csv", "-o", "tags.jsonl"], ["tags.jsonl"], 6),
    "csv": (["score", "../speech.txt", "-o", "tags.csv", "--save-text", "texts"], ["texts/%2E.%2Fspeech.txt.txt", "tags.csv"], 4),
    "parquet": (["score", SPEECH, "-o", "tags.parquet"], ["tags.parquet"], 6),
    "resume": (["score", "../1.csv", "../2.csv", "../3.csv", "-o", "tags.jsonl", "--resume"], ["tags.jsonl"], 10),
    "xlsx": (["audit", "draw", "../tags.parquet", "-n", "9", "-o", "sheet.xlsx"], ["sheet.xlsx"], 4),
    "profile": (PROFILE, ["p.csv", "p.png", "p.json"], 2),
    "report": (["report", "../few.parquet", "-o", "page.html"], ["page.html"], 2),
    "model": (["save", "../new", "model"], ["model"], 6),
}
KILLS = sum(kills for *_, kills in COMMANDS.values())


@pytest.fixture(scope="module")
def forks():
    server = Forks()
    yield server
    assert server.close() == 0


@pytest.fixture(scope="module")
def place(tmp_path_factory, model_folder, small_model, forks):
    """A folder with what commands read; they write in folders in it."""
    place = tmp_path_factory.mktemp("faults")
    for n in "123":
        (place / f"{n}.csv").write_text(f"text\n{n} boats were turned back. Wages rose.\n")
    tags = forks.run(["score", SPEECH, "-o", "tags.parquet"], ["score", "1.csv", "2.csv", "-o", "few.parquet"], folder=place)
    assert tags.codes == [0, 0], tags.errors
    shutil.copy(SPEECH, place)
    shutil.copytree(model_folder, place / "old")
    save_model(replace(small_model, about=small_model.about | {"name": "new"}), place / "new")
    return place


@pytest.fixture
def folder(place, tmp_path):
    """An empty folder in that place."""
    folder = place / tmp_path.name
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def content(path):
    """Return what is in a file or model folder; None where there is nothing. The clock that XLSX has in it does not count."""
    if path.is_dir():
        return load_model(path).name
    if path.suffix == ".xlsx" and path.exists() and path.read_bytes() != OLD:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"}
    return path.read_bytes() if path.exists() else None


class Trial:
    """One of COMMANDS in a folder: what it writes when nothing befalls it, and whether that or what was there is there after a fault.

    ``seen`` is where this process finds the folder, if it is elsewhere.
    """

    def __init__(self, name, place, folder, forks, seen=None):
        arguments, files, _ = COMMANDS[name]
        self.is_model, self.arguments, self.place, self.folder, self.forks = name == "model", arguments, place, folder, forks
        self.seen = seen or folder
        self.paths = [self.seen / file for file in files]
        self.prepare(old=False)
        self.calm = self.run(force=False, writing=True)
        assert self.calm.codes == [0], self.calm.errors
        self.new = self.contents()
        assert None not in self.new
        assert not rooms(self.seen)

    def run(self, *, force=True, **fate):
        return self.forks.run(self.arguments + ["--force"] * (force and not self.is_model), folder=self.folder, **fate)

    def contents(self):
        return [content(path) for path in self.paths]

    def prepare(self, *, old):
        """Have old files there or none, and nothing of earlier runs but what kills left hidden."""
        for path in self.seen.iterdir():
            if not path.name.startswith("."):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in self.paths if old else ():
            path.parent.mkdir(exist_ok=True)
            shutil.copytree(self.place / "old", path) if self.is_model else path.write_bytes(OLD)
        self.old = self.contents()

    def check(self):
        for now, old, new in zip(self.contents(), self.old, self.new, strict=True):
            assert now in (old, new)

    def check_next(self):
        done = self.run()
        assert done.codes == [0], done.errors
        assert self.contents() == self.new

    def check_refused(self, done, message):
        assert done.codes == [1], done.errors
        assert message in done.errors[0]
        assert len(done.errors[0].splitlines()) == 1
        assert self.contents()[-1] == self.old[-1]
        assert not rooms(self.seen)
        self.check()


@pytest.fixture
def trial(request, place, folder, forks):
    return Trial(request.param, place, folder, forks)


SLOW = pytest.mark.extras
LONG = ("parquet", "resume", "xlsx", "profile", "report")


@pytest.mark.parametrize("old", [False, True], ids=["new", "old"])
@pytest.mark.parametrize(
    ("trial", "stride"),
    [("jsonl", 1), ("csv", 1), ("model", 1), ("resume", 3), *(pytest.param(name, 1, marks=SLOW) for name in LONG)],
    indirect=["trial"],
)
def test_a_kill_before_steps_on_files(trial, stride, old):
    for step in count(0, stride):
        trial.prepare(old=old)
        done = trial.run(force=old, step=step)
        trial.check()
        if done.codes == [0]:
            break
        assert done.codes == [-signal.SIGKILL], done.errors
        trial.check_next()
    assert step > 5


@pytest.mark.parametrize("rounds", [1, pytest.param(4, marks=SLOW)])
def test_kills_at_random_moments(place, forks, rounds):
    chance, killed, writing = random.Random(rounds), 0, 0
    for name, (*_, kills) in COMMANDS.items():
        folder = place / f"{name}-{rounds}"
        folder.mkdir()
        trial = Trial(name, place, folder, forks)
        for i in range(kills * rounds):
            old, in_writing = chance.random() < 0.5, i % 2 == 0
            trial.prepare(old=old)
            before = rooms(folder)
            longest = trial.calm.writing if in_writing else trial.calm.seconds
            done = trial.run(signal=signal.SIGKILL, writing=in_writing, after=chance.uniform(0, longest))
            killed += done.codes == [-signal.SIGKILL]
            writing += bool(rooms(folder) - before)
            trial.check()
            trial.check_next()
    # Others had ended before.
    assert killed > 0.6 * rounds * KILLS
    assert writing > 0.2 * rounds * KILLS


@pytest.mark.parametrize("trial", ["jsonl", "resume", "xlsx", "profile", "model"], indirect=True)
def test_ctrl_c_leaves_nothing(trial):
    trial.prepare(old=True)
    done = trial.run(signal=signal.SIGINT, writing=True, after=trial.calm.writing / 4)
    assert done.codes in ([0], [1])
    trial.check()
    assert not rooms(trial.folder)


@pytest.mark.parametrize("trial", COMMANDS, indirect=True)
def test_a_limit_on_the_size_of_files(trial):
    trial.prepare(old=True)
    trial.check_refused(trial.run(limit=500), "can't be written: File too large")
    trial.check_next()


@pytest.fixture(scope="module")
def full(place):
    """A process that has a small disk of its own on a folder; it, the folder, and where others find what is on that disk."""
    folder = place / "disk"
    folder.mkdir()
    mount = ["unshare", "--mount", "--map-root-user", "sh", "-c", f'mount -t tmpfs -o size=64m none "{folder}" && exec "$@"', "sh"]
    if not shutil.which("unshare") or subprocess.run([*mount, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody but root mount a small disk")
    server = Forks(*mount)
    server.run(folder=folder)
    yield server, folder, Path(f"/proc/{server.pid}/root{folder}")
    assert server.close() == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk(full, place, name):
    forks, folder, seen = full
    trial = Trial(name, place, folder, forks, seen)
    trial.prepare(old=True)
    disk, filler = os.statvfs(seen), seen / ".filler"
    filler.write_bytes(bytes(disk.f_bavail * disk.f_frsize))
    done = trial.run()
    filler.unlink()
    trial.check_refused(done, "can't be written: No space left on device")
    trial.check_next()


def outcome(folder, forks, *commands):
    done = forks.run(*commands, folder=folder)
    assert not rooms(folder)
    return sorted(done.codes), "".join(done.errors)


def test_two_runs_at_once_on_one_output(place, folder, forks):
    one, other = (["score", f"../{n}.csv", "-o", "tags.jsonl"] for n in "12")
    whole = []
    for command in (one, other):
        assert forks.run(command, folder=folder).codes == [0]
        whole.append((folder / "tags.jsonl").read_bytes())
        (folder / "tags.jsonl").unlink()
    for _ in range(3):
        codes, errors = outcome(folder, forks, one, other)
        assert (codes, errors) == ([0, 1], "Error: tags.jsonl: exists already; name another file or replace it with --force\n")
        assert (folder / "tags.jsonl").read_bytes() in whole
        assert outcome(folder, forks, [*one, "--force"], [*other, "--force"]) == ([0, 0], "")
        assert (folder / "tags.jsonl").read_bytes() in whole
        (folder / "tags.jsonl").unlink()


def test_two_runs_at_once_that_go_on(place, folder, forks):
    arguments, (file,), _ = COMMANDS["resume"]
    assert forks.run(arguments, folder=folder).codes == [0]
    whole = (folder / file).read_bytes()
    for _ in range(3):
        (folder / file).unlink()
        codes, errors = outcome(folder, forks, arguments, arguments)
        assert codes == [0, 1]
        assert "another run is at work in it" in errors or "exists already" in errors
        assert (folder / file).read_bytes() == whole
        shutil.rmtree(folder / f"{file}.parts", ignore_errors=True)


def test_two_models_at_once_in_one_folder(place, folder, forks):
    for _ in range(3):
        assert outcome(folder, forks, ["save", "../old", "model"], ["save", "../new", "model"]) == ([0, 0], "")
        assert load_model(folder / "model").name in ("small", "new")
        assert os.listdir(folder) == ["model"]


def migclass(*arguments, **options):
    """Start a real process, without a buffer before its standard output."""
    command = [sys.executable, "-u", "-m", "migclass", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize("arguments", [["score", SPEECH, "--format", "csv"], ["--help"]], ids=lambda words: words[0])
def test_standard_output_on_a_full_disk(arguments):
    with open("/dev/full", "w") as full, migclass(*arguments, stdout=full) as process:
        assert process.stderr.read() == "Error: standard output: No space left on device\n"
    assert process.returncode == 1


@pytest.mark.parametrize("format_", ["jsonl", "csv", pytest.param("parquet", marks=SLOW), pytest.param("table", marks=SLOW)])
def test_who_reads_the_output_has_enough(tmp_path, format_):
    (tmp_path / "long.txt").write_text("The border is closed again.\n" * 3000)
    with migclass("score", tmp_path / "long.txt", "--sentences", "--format", format_, stdout=subprocess.PIPE) as process:
        process.stdout.buffer.read(10)
        process.stdout.close()
        assert process.stderr.read() == ""
    # A part of the output that a pipe or a disk had no room for was lost with exit code 0 where Python has no buffer.
    assert process.returncode == 1
