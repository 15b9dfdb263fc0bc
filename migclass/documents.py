"""Files -> text with provenance. Readers of PDF, Word and HTML load when such a file comes."""

import hashlib
import io
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from migclass.decoding import decode
from migclass.errors import DocumentError
from migclass.tables import is_table, open_table, read_csv

STDIN = "-"
_OFFICE = {".doc", ".odt", ".rtf", ".xls", ".xlsx", ".ppt", ".pptx", ".epub"}


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


def _extractor(package: str) -> str:
    """Return the name of a package with its version."""
    from importlib.metadata import version

    return f"{package} {version(package)}"


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
    data = _bytes(path)
    extract = {".md": _markdown, ".markdown": _markdown, ".html": _html, ".htm": _html, ".pdf": _pdf, ".docx": _docx}.get(suffix)
    text, extractor = extract(data, path, encoding) if extract else (decode(data, path, encoding), "text")
    if not text.strip():
        raise DocumentError(f"{path}: no text in it; expected a document with words")
    return Document(path, text, extractor)


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


def _markdown(data: bytes, path: str, encoding: str) -> tuple[str, str]:
    from markdown_it import MarkdownIt

    blocks = []
    for token in MarkdownIt("commonmark").enable("table").parse(_front_matter_off(decode(data, path, encoding))):
        if token.type == "inline":
            parts = [" " if t.type in ("softbreak", "hardbreak") else t.content for t in token.children or []]
            blocks.append("".join(parts))
    return "\n\n".join(block for block in blocks if block.strip()), _extractor("markdown-it-py")


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
    return text.replace("\n", "\n\n"), _extractor("trafilatura")


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
    return text, _extractor("pypdfium2")


def _docx(data: bytes, path: str, encoding: str) -> tuple[str, str]:
    import docx

    try:
        document = docx.Document(io.BytesIO(data))
        blocks = list(_docx_blocks(document))
    except Exception as error:  # zip, XML and package errors of several libraries
        raise DocumentError(f"{path}: can't be read as a Word document ({type(error).__name__}); save it again as .docx") from None
    return "\n\n".join(blocks), _extractor("python-docx")


def _docx_blocks(document: Any) -> Iterator[str]:
    for item in document.iter_inner_content():
        if hasattr(item, "rows"):
            # A merged cell stands in several places of its table.
            yield from {id(cell._tc): cell.text for row in item.rows for cell in row.cells}.values()
        else:
            yield item.text


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
