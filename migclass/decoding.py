"""Bytes -> text: what encoding a file is in, and one clear line where a byte does not fit it."""

import codecs
import io
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from migclass.errors import DocumentError, MigclassError
from migclass.limits import MOST_BYTES, MOST_CHARACTERS

# Bytes at the start of a file in which a zero byte speaks of binary data.
_HEAD = 8192
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_bytes(path: str | Path, *, error: type[MigclassError] = DocumentError, most: int = MOST_BYTES) -> bytes:
    """Return what a file holds, or raise an ``error`` where it is missing, can't be read, or holds more than ``most`` bytes."""
    try:
        with Path(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size  # 0 of what is no regular file
            return check_size(file.read(min(size or most, most) + 1), path, error=error, most=most)
    except FileNotFoundError:
        raise error(f"{path}: no such file") from None
    except OSError as fault:
        raise error(f"{path}: can't be read: {fault.strerror}") from None


def check_size(data: bytes, path: str | Path, *, error: type[MigclassError] = DocumentError, most: int = MOST_BYTES) -> bytes:
    """Return data, or raise an ``error`` where they are more than ``most``."""
    if len(data) > most:
        raise error(f"{path}: holds more than {most / 2**20:,.0f} MB; split it")
    return data


def decode(data: bytes, path: str, encoding: str) -> str:
    """Return data as text, with one kind of line end; a byte-order mark goes before ``encoding``.

    Raises:
        DocumentError: the data are binary, not in that encoding, or there is no such encoding.
    """
    encoding = _find_encoding(data[:_HEAD], path, encoding)
    try:
        return data.decode(encoding).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise _wrong_byte(error, path, encoding) from None
    except (LookupError, UnicodeError):
        raise _unknown(path, encoding) from None


def read_lines(path: str, encoding: str, *, newline: str = "\n") -> Iterator[tuple[str, int]]:
    """Yield the lines of a file with the bytes read so far; memory holds a line, not the file.

    ``newline`` says what ends a line, as for `open`; empty, any of the usual marks.

    Raises:
        DocumentError: as `decode`, or the file is missing or can't be read.
    """
    n = 0
    try:
        with Path(path).open("rb") as data:
            encoding = _find_encoding(data.peek(_HEAD)[:_HEAD], path, encoding)
            with io.TextIOWrapper(data, encoding, newline=newline) as text:
                for line in iter(partial(text.readline, MOST_CHARACTERS + 1), ""):
                    n += 1
                    if len(line) > MOST_CHARACTERS:
                        raise DocumentError(f"{path}: line {n}: holds more than {MOST_CHARACTERS:,} characters; split it")
                    yield line.replace("\r\n", "\n"), data.tell()
    except FileNotFoundError:
        raise DocumentError(f"{path}: no such file") from None
    except OSError as error:
        raise DocumentError(f"{path}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise _wrong_byte(error, path, encoding, before=n) from None
    except (LookupError, UnicodeError):
        raise _unknown(path, encoding) from None


def _find_encoding(head: bytes, path: str, encoding: str) -> str:
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), encoding)
    if b"\0" in head and "16" not in encoding and "32" not in encoding:
        raise DocumentError(f"{path}: looks like a binary file; expected text, PDF, Word (.docx), HTML or a table")
    return encoding


def _wrong_byte(error: UnicodeDecodeError, path: str, encoding: str, *, before: int = 0) -> DocumentError:
    """Return the error for a byte that does not fit; ``before`` counts the lines before those in ``error.object``."""
    line = before + error.object.count(b"\n", 0, error.start) + 1
    what = f"{path}: line {line}: byte 0x{error.object[error.start]:02x} is not {encoding}"
    return DocumentError(f"{what}; name the file's encoding with --encoding (often latin-1 or cp1252)")


def _unknown(path: str, encoding: str) -> DocumentError:
    return DocumentError(f"{path}: unknown encoding {encoding!r}; expected a name such as utf-8, latin-1, cp1252")
