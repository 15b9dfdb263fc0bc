"""PDF, Word, HTML, Markdown and XLSX -> text. Runs as a process of its own, which `migclass.readers` starts and may lose.

A small hostile file can keep the libraries that read these formats busy for hours, or have them fill any memory, and nothing inside a process
can stop that. So the system does: this process gets so many seconds and bytes for a file, and ends where it takes more.
"""

import io
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

# What password-protected Office files begin with and hold.
_OLE, _ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "EncryptedPackage".encode("utf-16-le")
_PASSWORD = "it asks for a password; save a copy without one"


class UnfitError(Exception):
    """A file that can't be read; the message says why, and what to do."""


def read_pdf(data: bytes) -> str:
    """Return the text layer of a PDF."""
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
        pages = [page.get_textpage().get_text_range() for page in pdf]
        pdf.close()
    except pypdfium2.PdfiumError as error:
        raise UnfitError(_PASSWORD if "password" in str(error).lower() else "it is damaged or no PDF") from None
    text = "\n".join(pages).replace("\r\n", "\n").replace("\ufffe", "-").replace("\0", "")
    if not text.strip():
        raise UnfitError(f"{len(pages)} pages without a text layer (scanned images?); run it through text recognition (OCR) first")
    return text


def read_docx(data: bytes) -> str:
    """Return the paragraphs and cells of a Word document, blank lines between them."""
    import docx

    return "\n\n".join(_blocks(docx.Document(_archive(data))))


def _blocks(document: Any) -> Iterator[str]:
    for item in document.iter_inner_content():
        if hasattr(item, "rows"):
            # A merged cell stands in several places of its table.
            yield from {id(cell._tc): cell.text for row in item.rows for cell in row.cells}.values()
        else:
            yield item.text


def read_html(data: bytes) -> str:
    """Return the main text of a page. The bytes are taken as they are: a page says its own encoding, and the reader looks there."""
    import trafilatura

    if text := trafilatura.extract(data, include_comments=False, favor_recall=True):
        return str(text).replace("\n", "\n\n")
    raise UnfitError("no main text found in it; save the page's text as .txt")


def read_markdown(data: bytes) -> str:
    """Return the text of Markdown in UTF-8, without front matter, blank lines between its blocks."""
    from markdown_it import MarkdownIt

    blocks = []
    for token in MarkdownIt("commonmark").enable("table").parse(_front_matter_off(data.decode("utf-8", "surrogatepass"))):
        if token.type == "inline":
            parts = [" " if t.type in ("softbreak", "hardbreak") else t.content for t in token.children or []]
            blocks.append("".join(parts))
    return "\n\n".join(block for block in blocks if block.strip())


def _front_matter_off(text: str) -> str:
    # No line fits two of the alternatives: else each line would double the time to find that the end is missing.
    return re.sub(r"\A---\n(?:\w[\w-]*:.*\n|[ \t#-].*\n|\n)*---[ \t]*\n", "", text)


def read_xlsx(data: bytes) -> str:
    """Return the first sheet as JSON: a list of rows, each a list of text, numbers, true, false and null; a blank row is empty."""
    import warnings

    from openpyxl import load_workbook

    with warnings.catch_warnings(action="ignore"):
        rows = load_workbook(_archive(data), read_only=True, data_only=True).worksheets[0].iter_rows(values_only=True)
        return json.dumps([row if any(cell is not None for cell in row) else () for row in rows], default=str)


def _archive(data: bytes) -> io.BytesIO:
    """Return an Office file to read from, unless it asks for a password or unpacks to too much."""
    from zipfile import ZipFile

    if data.startswith(_OLE):
        raise UnfitError(_PASSWORD if _ENCRYPTED in data else "it is of the kind before 2007; save it as .docx or .xlsx")
    with ZipFile(io.BytesIO(data)) as archive:
        unpacked, most = sum(part.file_size for part in archive.infolist()), _LIMITS["unpacked"]
    if unpacked > most:
        raise UnfitError(f"it unpacks to {unpacked / 2**20:,.0f} MB, more than {most / 2**20:,.0f}; save its text as .txt or .csv")
    return io.BytesIO(data)


_READERS = {"pdf": read_pdf, "docx": read_docx, "html": read_html, "markdown": read_markdown, "xlsx": read_xlsx}
# What the process that starts this one allows: unpacked, characters, seconds, memory.
_LIMITS: dict[str, int] = {}


def _answer(kind: str, data: bytes) -> tuple[bool, str]:
    """Return whether data could be read, and their text or what is wrong with them."""
    try:
        text = _READERS[kind](data)
    except UnfitError as error:
        return False, str(error)
    except MemoryError:
        return False, f"it takes more than {_LIMITS['memory'] / 1e9:g} GB of memory; save its text as .txt or .csv"
    except Exception as error:  # zip, XML and package errors of several libraries
        return False, f"it is damaged ({type(error).__name__}); save it again"
    if len(text) > _LIMITS["characters"]:
        return False, f"it holds {len(text):,} characters, more than {_LIMITS['characters']:,}; split it"
    return True, text


def _limit(seconds: int) -> None:
    """Have the system end this process where it takes so many more seconds of computing, or too much memory."""
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limits, others may have lower ones
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        for kind, most in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds),
            (resource.RLIMIT_AS, _LIMITS["memory"]),
        ):
            resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def main() -> None:
    """Answer requests from standard input, the kind and number of bytes on a line and the bytes after it, until it ends."""
    _LIMITS.update(json.loads(sys.argv[1]))
    # A library that prints must not write between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for request in sys.stdin.buffer:
        kind, size = request.decode().split()
        _limit(_LIMITS["seconds"] + int(size) // 2**20)
        good, text = _answer(kind, sys.stdin.buffer.read(int(size)))
        answer = text.encode("utf-8", "surrogatepass")
        answers.write(b"%d %d\n%s" % (good, len(answer), answer))
        answers.flush()


if __name__ == "__main__":
    main()
