"""Scored batches kept beside the output, so that an interrupted run goes on where it was.

The folder ``OUTPUT.parts`` holds ``run.json``, which says what run they are of, and an Arrow file a batch. Each file
has its name only when it is whole, so that a run may be stopped at any moment. Two runs never work in one folder.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from migclass.errors import OutputError
from migclass.files import replacing, room_beside
from migclass.inputs import START, Place

_RUN, _LOCK = "run.json", ".lock"
_PLACE = b"place"


@dataclass
class Parts:
    """The parts of a run: ``count`` of them are there, and ``place`` is where the next one begins."""

    folder: Path
    count: int = 0
    place: Place = START

    def add(self, batch: pa.RecordBatch, place: Place) -> None:
        """Keep a scored batch; ``place`` is where the next one begins."""
        with replacing(self._path(self.count)) as file, pa.ipc.new_file(file, batch.schema) as writer:
            writer.write_batch(batch, custom_metadata={_PLACE: json.dumps(place)})
        self.count, self.place = self.count + 1, place

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the batches that are there, in order."""
        for n in range(self.count):
            yield _read(self._path(n))[0]

    def remove(self) -> None:
        """Remove the folder, at once: what is left of a half-removed one could be taken for parts of another run."""
        with room_beside(self.folder) as room:
            os.rename(self.folder, room / self.folder.name)

    def _path(self, n: int) -> Path:
        return self.folder / f"{n:07}.arrow"


@contextmanager
def open_parts(output: str, run: dict[str, Any]) -> Iterator[Parts]:
    """Give the parts that are kept beside an output, none when the run is new, and keep other runs out until the end.

    Args:
        output: the path of the file that the parts will be joined to.
        run: what the result depends on, in kinds that JSON has.

    Raises:
        OutputError: the parts are of another run, another run is at work, or the folder is somebody else's or can't be made or read.
    """
    parts = Parts(Path(f"{output}.parts"))
    with _alone(parts.folder):
        _begin(parts.folder, run)
        parts.count = len(list(parts.folder.glob("*.arrow")))
        if parts.count:
            parts.place = _read(parts._path(parts.count - 1))[1]
        yield parts


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Make a folder if it isn't there, and keep other runs out of it until the end, or until this process dies."""
    try:
        folder.mkdir(exist_ok=True)
        lock = (folder / _LOCK).open("ab")
    except OSError as error:
        raise OutputError(f"{folder}: can't be made: {error.strerror}; choose an --output in a folder that you may write to") from None
    with lock:
        _lock(lock.fileno(), folder)
        yield


def _lock(handle: int, folder: Path) -> None:
    # Without locks, as in Windows, a part that another run wrote is still not written over.
    if sys.platform == "win32":
        return
    from fcntl import LOCK_EX, LOCK_NB, flock

    try:
        flock(handle, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        raise OutputError(f"{folder}: another run is at work in it; wait until it is done, or name another --output") from None
    except OSError:  # A file system that has none.
        return


def _begin(folder: Path, run: dict[str, Any]) -> None:
    """Write down what run a folder is of, or see that it is of this one."""
    manifest = folder / _RUN
    if not manifest.exists():
        if foreign := next((path.name for path in folder.iterdir() if not path.name.startswith(".")), None):
            raise OutputError(f"{folder}: holds {foreign}, and no run.json says of what run; name another --output, or move the folder away")
        with replacing(manifest) as file:
            file.write(json.dumps(run, indent=1).encode())
    try:
        kept = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        kept = {}
    if different := [name for name in run if kept.get(name) != json.loads(json.dumps(run[name]))]:
        raise OutputError(f"{folder}: is kept from a run with another {different[0]}; repeat that command, or remove the folder to begin anew")


def _read(path: Path) -> tuple[pa.RecordBatch, Place]:
    try:
        with pa.OSFile(str(path)) as file:
            batch, about = pa.ipc.open_file(file).get_batch_with_custom_metadata(0)
            return batch, Place(*json.loads(about[_PLACE]))
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise OutputError(f"{path}: can't be read ({str(error).splitlines()[0]}); remove the folder to begin anew") from None
