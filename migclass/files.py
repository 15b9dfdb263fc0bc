"""Write files whole or not at all: beside their place first, then renamed."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os.path import exists, isfile, samefile
from pathlib import Path
from typing import BinaryIO

from migclass.errors import OutputError


@contextmanager
def replacing(path: str | Path, *, force: bool = False) -> Iterator[BinaryIO]:
    """Give a file to write to that takes the place of ``path`` only when all went well.

    Raises:
        OutputError: the file is there already and ``force`` is not set, or it can't be written.
    """
    path = Path(path)
    check_free(path, force=force)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}; choose a folder that exists and that you may write to") from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(name, 0o666 & ~current_umask())
        os.replace(name, path)
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}") from None
    finally:
        if exists(name):
            os.unlink(name)


def check_free(path: str | Path, *, force: bool = False) -> None:
    """Raise OutputError where there is such a file already, unless it may be replaced."""
    if exists(path) and not force:
        raise OutputError(f"{path}: exists already; name another file or replace it with --force")


def current_umask() -> int:
    """Return the process's file mode mask."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def check_apart(inputs: Iterable[str], output: str | None) -> None:
    """Raise OutputError where the output is one of the inputs, or something that is no file."""
    if output is None or not exists(output):
        return
    if not isfile(output):
        raise OutputError(f"{output}: is no file; name a file to write")
    for name in inputs:
        if exists(name) and samefile(name, output):
            raise OutputError(f"{output}: is read as well; name another file to write")
