"""Files -> text with provenance. Readers of PDF, Word and HTML load when such a file comes."""

import codecs
import csv
import hashlib
import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from migclass.errors import DocumentError, MigclassError

STDIN = "-"
_TABLES = {".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OFFICE = {".doc", ".odt", ".rtf", ".xls", ".xlsx", ".ppt", ".pptx", ".epub"}
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True)
class Document:
    """A text with its name, how it was got out of its file, and the other columns of its row.

    ``name`` is the file's path as it was given; for row n of a table, ``path#n``, and ``row`` is true.
    """

    name: str
    text: str
    extractor: str = "text"
    row: bool = False
    columns: dict[str, Any] = field(default_factory=dict)

    @property
    def extraction(self) -> str:
        """The extractor and the first 16 hexadecimal digits of the text's SHA-256: what offsets point into."""
        return f"{self.extractor} {hashlib.sha256(self.text.encode('utf-8', 'replace')).hexdigest()[:16]}"


def is_table(path: str) -> bool:
    """Whether a path is read as a table: rows with a text column."""
    return Path(path).suffix.lower() in _TABLES


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
    suffix = "" if path == STDIN else Path(path).suffix.lower()
    if suffix in _TABLES:
        yield from _table(path, suffix, text_column, encoding)
        return
    if suffix in _OFFICE:
        raise DocumentError(f"{path}: {suffix} files are not read; save it as .docx, .pdf, .html or .txt")
    data = _bytes(path)
    extract = {".md": _markdown, ".markdown": _markdown, ".html": _html, ".htm": _html, ".pdf": _pdf, ".docx": _docx}.get(suffix)
    text, extractor = extract(data, path, encoding) if extract else (_decode(data, path, encoding), "text")
    if not text.strip():
        raise DocumentError(f"{path}: no text in it; expected a document with words")
    yield Document(path, text, extractor)


def check_readable(paths: Sequence[str]) -> None:
    """Raise DocumentError for the first path that is no file, so that a long run doesn't fail at its end."""
    for path in paths:
        if path != STDIN and not Path(path).is_file():
            what = "is a folder; name the files in it, for example with *" if Path(path).is_dir() else "no such file"
            raise DocumentError(f"{path}: {what}")


def _bytes(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except FileNotFoundError:
        raise DocumentError(f"{path}: no such file") from None
    except OSError as error:
        raise DocumentError(f"{path}: can't be read: {error.strerror}") from None


def _decode(data: bytes, path: str, encoding: str) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            encoding = name
            break
    if b"\0" in data[:8192] and "16" not in encoding and "32" not in encoding:
        raise DocumentError(f"{path}: looks like a binary file; expected text, PDF, Word (.docx), HTML or a table")
    try:
        return data.decode(encoding).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"{path}: line {line}: byte 0x{data[error.start]:02x} is not {encoding}"
        raise DocumentError(f"{what}; name the file's encoding with --encoding (often latin-1 or cp1252)") from None
    except (LookupError, UnicodeError):
        raise DocumentError(f"{path}: unknown encoding {encoding!r}; expected a name such as utf-8, latin-1, cp1252") from None


def _markdown(data: bytes, path: str, encoding: str) -> tuple[str, str]:
    from markdown_it import MarkdownIt

    blocks = []
    for token in MarkdownIt("commonmark").enable("table").parse(_front_matter_off(_decode(data, path, encoding))):
        if token.type == "inline":
            parts = [" " if t.type in ("softbreak", "hardbreak") else t.content for t in token.children or []]
            blocks.append("".join(parts))
    return "\n\n".join(block for block in blocks if block.strip()), f"markdown-it-py {version('markdown-it-py')}"


def _front_matter_off(text: str) -> str:
    return re.sub(r"\A---\n(?:[\w-]+:.*\n|[ \t#-].*\n|\n)*---[ \t]*\n", "", text)


def _html(data: bytes, path: str, encoding: str) -> tuple[str, str]:
    import trafilatura

    if not data.strip():
        return "", ""
    # The bytes as they are: a page says its own encoding, and the reader looks there.
    try:
        text = trafilatura.extract(data, include_comments=False, favor_recall=True)
    except Exception as error:  # its parsers raise many kinds of errors on broken pages
        raise DocumentError(f"{path}: can't be read as HTML ({type(error).__name__}); save the page's text as .txt") from None
    if not text:
        raise DocumentError(f"{path}: no main text found in this HTML; save the page's text as .txt")
    return text.replace("\n", "\n\n"), f"trafilatura {version('trafilatura')}"


def _pdf(data: bytes, path: str, encoding: str) -> tuple[str, str]:
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
        pages = [page.get_textpage().get_text_range() for page in pdf]
        pdf.close()
    except pypdfium2.PdfiumError as error:
        why = "it asks for a password; save a copy without one" if "password" in str(error).lower() else "it is damaged or no PDF"
        raise DocumentError(f"{path}: can't be read as PDF: {why}") from None
    text = "\n".join(pages).replace("\r\n", "\n").replace("\ufffe", "-").replace("\0", "")
    if not text.strip():
        raise DocumentError(f"{path}: {len(pages)} pages without a text layer (scanned images?); run it through text recognition (OCR) first")
    return text, f"pypdfium2 {version('pypdfium2')}"


def _docx(data: bytes, path: str, encoding: str) -> tuple[str, str]:
    import docx

    try:
        document = docx.Document(io.BytesIO(data))
        blocks = list(_docx_blocks(document))
    except Exception as error:  # zip, XML and package errors of several libraries
        raise DocumentError(f"{path}: can't be read as a Word document ({type(error).__name__}); save it again as .docx") from None
    return "\n\n".join(blocks), f"python-docx {version('python-docx')}"


def _docx_blocks(document: Any) -> Iterator[str]:
    for item in document.iter_inner_content():
        if hasattr(item, "rows"):
            # A merged cell stands in several places of its table.
            yield from {id(cell._tc): cell.text for row in item.rows for cell in row.cells}.values()
        else:
            yield item.text


def _table(path: str, suffix: str, text_column: str, encoding: str) -> Iterator[Document]:
    rows: Callable[[str, str], Iterator[tuple[int, dict[str, Any]]]]
    rows = {".csv": _csv, ".tsv": _csv, ".parquet": _parquet}.get(suffix, _jsonl)
    n = 0
    for n, row in rows(path, encoding):
        if text_column not in row:
            found = ", ".join(map(str, row)) or "none"
            raise DocumentError(f"{path}: row {n}: no column '{text_column}' (columns: {found}); name the text's column with --text-column")
        text = row.pop(text_column)
        if text is not None and not isinstance(text, str):
            raise DocumentError(
                f"{path}: row {n}: column '{text_column}' holds {type(text).__name__}, expected text; name another with --text-column"
            )
        yield Document(f"{path}#{n}", text or "", row=True, columns=row)
    if n == 0:
        raise DocumentError(f"{path}: no rows in it; expected a table with a column '{text_column}'")


def _csv(path: str, encoding: str) -> Iterator[tuple[int, dict[str, Any]]]:
    text = _decode(_bytes(path), path, encoding)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if path.lower().endswith(".tsv") else ",")
    head = next(reader, [])
    if len(set(head)) < len(head):
        double = next(name for name in head if head.count(name) > 1)
        raise DocumentError(f"{path}: line 1: two columns are named '{double}'; give each a name of its own")
    for n, row in enumerate((row for row in reader if row), 1):
        if len(row) != len(head):
            raise DocumentError(
                f"{path}: line {reader.line_num}: {len(row)} fields, expected {len(head)} as in the head; check the quotes and commas"
            )
        yield n, dict(zip(head, row, strict=True))


def _jsonl(path: str, encoding: str) -> Iterator[tuple[int, dict[str, Any]]]:
    lines = enumerate(_decode(_bytes(path), path, encoding).split("\n"), 1)
    rows = [parse_json_row(line, f"{path}: line {i}") for i, line in lines if line.strip()]
    # Rows may leave columns out; all get the same ones, so that every output format can hold them.
    empty = dict.fromkeys(name for row in rows for name in row)
    for n, row in enumerate(rows, 1):
        yield n, empty | row


def parse_json_row(line: str, where: str, *, error: type[MigclassError] = DocumentError) -> dict[str, Any]:
    """Read one line of a JSONL file; ``where`` names it in the message of an ``error``."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise error(f"{where}: not JSON ({str(fault).splitlines()[0]}); expected one object in {{ }} a line") from None
    if not isinstance(row, dict):
        raise error(f"{where}: a JSON {type(row).__name__}; expected one object in {{ }} a line")
    return row


def _parquet(path: str, encoding: str) -> Iterator[tuple[int, dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            n = 0
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    n += 1
                    yield n, row
    except FileNotFoundError:
        raise DocumentError(f"{path}: no such file") from None
    except (pa.ArrowException, OSError) as error:
        raise DocumentError(f"{path}: can't be read as Parquet ({str(error).splitlines()[0]})") from None


def read_meta(path: str, files: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read a table (CSV or TSV) whose first column names files, with or without folder: file -> its other columns.

    Raises:
        DocumentError: the table can't be read, names a file twice, or lacks one of ``files``.
    """
    by_name: dict[str, dict[str, Any]] = {}
    for _, row in _csv(path, "utf-8"):
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
