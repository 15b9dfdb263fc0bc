"""Files -> text with provenance. PDF, Word, HTML and Markdown are read by a process of its own (`migclass.readers`)."""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from os.path import isdir, isfile
from pathlib import Path
from typing import Any

import pyarrow as pa

from migclass.decoding import check_size, decode, read_bytes
from migclass.errors import DocumentError
from migclass.limits import MOST_BYTES, MOST_CHARACTERS
from migclass.readers import read_text
from migclass.tables import is_table, open_table, read_csv

STDIN = "-"
_OFFICE = {".doc", ".odt", ".rtf", ".xls", ".xlsx", ".ppt", ".pptx", ".epub"}
# The kind of file that a suffix names, and the package that gets the text out of each kind.
_KINDS = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html", ".pdf": "pdf", ".docx": "docx"}
_PACKAGES = {"markdown": "markdown-it-py", "html": "trafilatura", "pdf": "pypdfium2", "docx": "python-docx"}


@dataclass(frozen=True)
class Document:
    """A text with its name, how it was got out of its file, and other columns that belong to it.

    ``name`` is the file's path as it was given; for row n of a table, ``path#n``.
    """

    name: str
    text: str
    extractor: str = "text"
    columns: dict[str, Any] = field(default_factory=dict)

    @property
    def extraction(self) -> str:
        """The extractor and the first 16 hexadecimal digits of the text's SHA-256: what offsets point into."""
        return extraction(self.text, self.extractor)


def extraction(text: str, extractor: str = "text") -> str:
    """Return what offsets into a text point into: its extractor and the first 16 hexadecimal digits of its SHA-256."""
    return f"{extractor} {hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}"


def read_documents(path: str, *, text_column: str = "text", encoding: str = "utf-8") -> Iterator[Document]:
    """Read the document of a file, or a document from each row of a table, as a stream.

    Args:
        path: .txt, .md, .html, .pdf, .docx; .csv, .tsv, .jsonl, .parquet; any other text file; - for standard input.
        text_column: in a table, the column that holds the text; the others are carried along.
        encoding: of text files; a byte-order mark goes before it.

    Raises:
        DocumentError: the file is missing, empty, of a kind that can't be read, or not in that encoding, a
            table lacks the column, or a row is broken. Nothing of that file is left out silently.
    """
    if not is_table(path):
        yield read_document(path, encoding=encoding)
        return
    table = open_table(path, text_column=text_column, encoding=encoding)
    for block in table.blocks():
        rows = pa.RecordBatch.from_arrays(block.columns, schema=table.schema).to_pylist() or [{}] * len(block.texts)
        for n, (text, row) in enumerate(zip(block.texts.to_pylist(), rows, strict=True), block.first + 1):
            yield Document(f"{path}#{n}", text, columns=row)


def read_document(path: str, *, encoding: str = "utf-8") -> Document:
    """Read the document of a file that is no table; arguments and errors as `read_documents`."""
    suffix = "" if path == STDIN else Path(path).suffix.lower()
    if suffix in _OFFICE:
        raise DocumentError(f"{path}: {suffix} files are not read; save it as .docx, .pdf, .html or .txt")
    data = check_size(sys.stdin.buffer.read(MOST_BYTES + 1), path) if path == STDIN else read_bytes(path)
    kind = _KINDS.get(suffix) if data.strip() else None
    text, extractor = _apart(data, path, kind, encoding) if kind else (decode(data, path, encoding), "text")
    if not text.strip():
        raise DocumentError(f"{path}: no text in it; expected a document with words")
    if len(text) > MOST_CHARACTERS:
        raise DocumentError(f"{path}: holds {len(text):,} characters, more than {MOST_CHARACTERS:,}; split it, or make it a table with a row a text")
    return Document(path, text, extractor)


def check_readable(paths: Sequence[str]) -> None:
    """Raise DocumentError for the first path that is no file, so that a long run doesn't fail at its end."""
    for path in paths:
        if path != STDIN and not isfile(path):
            what = "is a folder; name the files in it, for example with *" if isdir(path) else "no such file"
            raise DocumentError(f"{path}: {what}")


def _apart(data: bytes, path: str, kind: str, encoding: str) -> tuple[str, str]:
    """Return the text of a file that is more than text, and the package that got it out."""
    from importlib.metadata import version

    if kind == "markdown":
        data = decode(data, path, encoding).encode("utf-8", "surrogatepass")
    return read_text(kind, data, path), f"{_PACKAGES[kind]} {version(_PACKAGES[kind])}"


def read_meta(path: str, files: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read a table (CSV or TSV) whose first column names files, with or without folder: file -> its other columns.

    Raises:
        DocumentError: the table can't be read, names a file twice, or lacks one of ``files``.
    """
    by_name: dict[str, dict[str, Any]] = {}
    for row, _ in read_csv(path):
        name = str(row.pop(next(iter(row))))
        if name in by_name:
            raise DocumentError(f"{path}: '{name}' stands in two rows; keep one")
        by_name[name] = row
    found = {}
    for file in files:
        key = next((key for key in (file, Path(file).name, Path(file).stem) if key in by_name), None)
        if key is None:
            raise DocumentError(f"{path}: no row for '{file}'; its first column must name every file that is scored")
        found[file] = by_name[key]
    return found
