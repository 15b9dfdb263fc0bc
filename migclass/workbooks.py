"""Sheets that people fill in: rows of cells to CSV or XLSX, with the codebook beside them, and back."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from migclass.codebook import Codebook
from migclass.decoding import read_bytes, read_lines
from migclass.errors import LabelError, OutputError
from migclass.files import replacing
from migclass.readers import read_text
from migclass.tables import read_csv

SUFFIXES = (".csv", ".xlsx")
# What a spreadsheet's cell can hold, in characters, with some room.
LONGEST = 32_000
_YES, _NO = {"1", "1.0", "x", "yes", "y", "true"}, {"0", "0.0", "-", "no", "n", "false"}
# What spreadsheets take for a formula, and what they can't hold: control characters.
# A semicolon begins a cell of its own where the country writes commas in its numbers; full-width signs count as the others.
_FORMULA = re.compile(r"(^|;)(?=[=+\-@＝＋－＠])")
_UNFIT = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
# Widths of columns in XLSX, and the lengths that a hint beside a cell may have.
_WIDE, _NARROW, _HINT_TITLE, _HINT = 60, 13, 32, 255

Cell = str | int | float
Rows = list[tuple[str, dict[str, str]]]


@dataclass(frozen=True)
class Sheet:
    """A sheet to fill in: its title, its columns and rows; which columns hold sentences, and which XLSX hides."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    wide: Sequence[str] = ()
    hidden: Sequence[str] = ()


def plain(text: str) -> str:
    r"""Return text on one line, without characters that spreadsheets and other tools can't hold.

    >>> plain("Two\nlines\x00")
    'Two lines'
    """
    return " ".join(_UNFIT.sub(" ", text).split())


def inert(text: str) -> str:
    """Return text on one line that no spreadsheet takes for a formula, cut where it is too long for a cell.

    >>> inert("=1+1")
    "'=1+1"
    """
    # Cut last, so that what is inert already stays as it is.
    return _FORMULA.sub(r"\1'", plain(text))[:LONGEST].rstrip()


def write_workbook(path: str | Path, sheet: Sheet, book: Codebook, *, force: bool = False) -> None:
    """Write a sheet; XLSX has drop-downs for the columns of codes, what each means beside its cells, and the codebook as second sheet.

    Raises:
        OutputError: the suffix is neither .csv nor .xlsx, the file is there already, or it can't be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise OutputError(f"{path}: no kind of sheet; name a file that ends in {' or '.join(SUFFIXES)}")
    with replacing(path, force=force) as file:
        if suffix == ".csv":
            _write_csv(sheet, file)
        else:
            _write_xlsx(sheet, book, file)


def _write_csv(sheet: Sheet, file: BinaryIO) -> None:
    # Spreadsheets know UTF-8 by its mark.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    csv.writer(text).writerows([sheet.head, *sheet.rows])
    text.detach()


def _write_xlsx(sheet: Sheet, book: Codebook, file: BinaryIO) -> None:
    from openpyxl import Workbook

    workbook = Workbook()
    page, rules = workbook.active, workbook.create_sheet("codebook")
    page.title = sheet.title
    for row in (sheet.head, *sheet.rows):
        page.append(row)
    for row in _codebook_rows(book):
        rules.append([inert(cell) for cell in row])
    _lay_out(page, sheet, book)
    _wrap(rules, wide=range(3, 6))
    workbook.save(file)


def _lay_out(page: Any, sheet: Sheet, book: Codebook) -> None:
    """Set widths, what stays in view, what is hidden, and a drop-down with a hint for each code."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    letters = {name: get_column_letter(i) for i, name in enumerate(sheet.head, 1)}
    _wrap(page, wide=[sheet.head.index(name) + 1 for name in sheet.wide])
    page.freeze_panes = f"{letters[book.codes[0]]}2"
    for name in sheet.hidden:
        page.column_dimensions[letters[name]].hidden = True
    for code in book.entries:
        choice = DataValidation(type="list", formula1='"1,0"', allow_blank=True, showErrorMessage=True, showInputMessage=True)
        choice.error, choice.promptTitle, choice.prompt = "1 or 0", code.name[:_HINT_TITLE], code.coded[:_HINT]
        choice.add(f"{letters[code.id]}2:{letters[code.id]}{len(sheet.rows) + 1}")
        page.add_data_validation(choice)


def _wrap(page: Any, *, wide: Sequence[int]) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    for i in range(1, page.max_column + 1):
        page.column_dimensions[get_column_letter(i)].width = _WIDE if i in wide else _NARROW
        page.cell(1, i).font = Font(bold=True)
    for row in page.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")


def _codebook_rows(book: Codebook) -> Iterator[tuple[str, ...]]:
    yield "code", "name", "question", "coded for", "not coded for"
    questions = {pole.id: tension.question for tension in book.tensions for pole in tension.poles}
    yield from ((code.id, code.name, questions.get(code.id, ""), code.coded, code.not_coded) for code in book.entries)
    for rule in (*book.rules, *book.pole_rules, *book.decisions):
        yield "", "", rule.title, rule.text, ""
    yield from (("", "", "example", example.text, ", ".join(example.frames + example.poles) or "none") for example in book.examples)


def read_workbook(path: str | Path, *, encoding: str = "utf-8", most: int | None = None) -> Rows:
    """Return the rows of a sheet that are not empty, so many at most, as pairs of place (file and row) and cells by column, in lower case.

    Raises:
        DocumentError: the file can't be read as CSV.
        LabelError: it can't be read as XLSX.
    """
    table = _read_xlsx(str(path)) if Path(path).suffix.lower() == ".xlsx" else _read_csv(str(path), encoding)
    filled_in = ((f"{path}: row {n}", row) for n, row in enumerate(table, 2) if any(row.values()))
    return list(islice(filled_in, most))


def _read_csv(path: str, encoding: str) -> Iterator[dict[str, str]]:
    first = next((line for line, _ in read_lines(path, encoding, newline="")), "")
    # Spreadsheets write what the country uses.
    delimiter = max(",;\t", key=first.count)
    for row, _ in read_csv(path, encoding, delimiter=delimiter):
        yield _clean(row)


def _read_xlsx(path: str) -> Iterator[dict[str, str]]:
    names, *rows = json.loads(read_text("xlsx", read_bytes(path, error=LabelError), path, error=LabelError)) or [()]
    yield from (_clean(dict(zip_longest(map(as_text, names), map(as_text, row), fillvalue=""))) if row else {} for row in rows)


def as_text(cell: Any) -> str:
    """Return what a cell shows: nothing for None, whole numbers without a point."""
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _clean(row: dict[str, str]) -> dict[str, str]:
    return {name.strip().lower(): cell.strip() for name, cell in row.items() if name.strip()}


def read_marks(rows: Rows, codes: Sequence[str]) -> np.ndarray:
    """Return what a coder marked, shape (rows, codes): 1, 0, or nan where nobody judged.

    Cells hold 1, x, yes, true or 0, -, no, false. A row without any is not coded yet; in a row with one, empty cells count as 0, but in a
    column that is empty from top to bottom nobody judged.

    Raises:
        LabelError: a cell holds something else.
    """
    marks = np.array([[_mark(row, code, where) for code in codes] for where, row in rows]).reshape(len(rows), len(codes))
    filled = ~np.isnan(marks)
    marks[filled.any(axis=1)[:, None] & filled.any(axis=0) & ~filled] = 0
    return marks


def _mark(row: dict[str, str], code: str, where: str) -> float:
    said = row[code].lower()
    if said and said not in _YES | _NO:
        raise LabelError(f"{where}: column '{code}' holds '{said[:40]}'; expected 1 or 0, or nothing where it is not coded yet")
    return float(said in _YES) if said else np.nan
