"""Write files and folders whole or not at all: in a hidden folder beside their place first, then moved there at once.

At any moment, also after a kill or on a full disk, there is what was there before or all of the new. A link stays: what
it points to is replaced. A run that was killed leaves ``.migclass-*.tmp`` behind, which no other run reads and which may be removed.
"""

import errno
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from migclass.errors import OutputError

# What the hidden folder holds.
_NEW, _OLD = "new", "old"
# By platform, the call of the system that exchanges two names at once, and what stands for the current folder in it.
_EXCHANGES = {"linux": ("renameat2", -100), "darwin": ("renameatx_np", -2)}
# RENAME_EXCHANGE in Linux, RENAME_SWAP in macOS.
_EXCHANGE = 2


@contextmanager
def replacing(path: str | Path, *, force: bool = False, sync: bool = True) -> Iterator[BinaryIO]:
    """Give a file to write to that takes the place of ``path`` only when all went well.

    Args:
        path: the file. A file that is replaced keeps its permissions.
        force: replace the file if it is there. Of two runs at once without it, the first wins and the other is refused.
        sync: have it on the disk before it takes its place, so that it is whole after a power cut, too. Takes
            milliseconds, which is much for thousands of small files that can be made again.

    Raises:
        OutputError: the file is there already and ``force`` is not set, or it can't be written.
    """
    check_free(path, force=force)
    target = Path(os.path.realpath(path))
    with room_beside(path) as room:
        new = room / _NEW
        with new.open("wb") as file:
            yield file
            file.flush()
            if sync:
                os.fsync(file.fileno())
        try:
            (_put_over if force else _put_where_free)(new, target)
        except FileExistsError:
            raise _taken(path, "file") from None


@contextmanager
def replacing_folder(path: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Give an empty folder to fill that takes the place of ``path`` only when all went well.

    Linux and macOS exchange an old folder and the new one at once. On a file system that can't (NFS, some of containers), and on
    other systems, the old one is moved away first: a kill just then leaves it in the hidden folder beside.

    Args:
        path: the folder, empty or not there.
        force: replace the folder if it holds anything. Of two runs at once, the last wins whole.

    Raises:
        OutputError: the folder holds something and ``force`` is not set, or it can't be written.
    """
    target = Path(os.path.realpath(path))
    with room_beside(path) as room:
        new = room / _NEW
        new.mkdir()
        yield new
        for part in (*new.rglob("*"), new):
            _sync(part)
        try:
            os.rename(new, target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            if not force:
                raise _taken(path, "folder") from None
            shutil.copymode(target, new)
            _exchange(new, target)


def check_free(path: str | Path, *, force: bool = False) -> None:
    """Raise OutputError where a file can't be put: it is there and may not be replaced, is no file, or its folder is missing."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise OutputError(f"{path}: is no file; name a file to write")
    if os.path.exists(path) and not force:
        raise _taken(path, "file")
    if not os.path.isdir(os.path.dirname(os.path.realpath(path))):
        raise OutputError(f"{path}: can't be written: its folder is not there; choose a folder that exists")


def check_apart(inputs: Iterable[str | None], output: str | None) -> None:
    """Raise OutputError where the output is one of the inputs; None stands for one that is not given."""
    if output is None or not os.path.exists(output):
        return
    for name in inputs:
        if name and os.path.exists(name) and os.path.samefile(name, output):
            raise OutputError(f"{output}: is read as well; name another file to write")


@contextmanager
def room_beside(path: str | Path) -> Iterator[Path]:
    """Give a hidden folder on the file system of a path that goes at the end with all that is in it.

    Raises:
        OutputError: something can't be written in it or moved out of it.
    """
    folder = os.path.dirname(os.path.realpath(path))
    try:
        with TemporaryDirectory(prefix=".migclass-", suffix=".tmp", dir=folder, ignore_cleanup_errors=True) as room:
            yield Path(room)
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror or error}; choose a folder that you may write to and that has room") from None


def _taken(path: str | Path, kind: str) -> OutputError:
    return OutputError(f"{path}: exists already; name another {kind} or replace it with --force")


def _put_over(new: Path, target: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.copymode(target, new)
    os.replace(new, target)


def _put_where_free(new: Path, target: Path) -> None:
    """Move a file to where none is; FileExistsError where one is, also if another run looked at the same moment and saw none."""
    try:
        os.link(new, target)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links, such as a memory stick's: claim the name, then fill it.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL))
        os.replace(new, target)


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    if os.name != "posix":  # Elsewhere folders can't be opened.
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(new: Path, old: Path) -> None:
    """Let two folders change places, at once where the system can."""
    if _exchanged(new, old):
        return
    aside = new.with_name(_OLD)
    try:
        os.rename(old, aside)
        os.rename(new, old)
    except BaseException:
        # Put back, unless another run put its folder there in between.
        with suppress(OSError):
            os.rename(aside, old)
        raise


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two names at once and return True, or return False where the system can't."""
    import ctypes

    name, here = _EXCHANGES.get(sys.platform, ("", 0))
    call = getattr(ctypes.CDLL(None), name, None) if name else None
    return call is not None and call(here, os.fsencode(one), here, os.fsencode(other), _EXCHANGE) == 0
