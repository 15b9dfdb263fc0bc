"""The sheet that a person codes: an audit as CSV or XLSX, and back."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from migclass.audits import Audit
from migclass.codebook import Codebook
from migclass.decoding import read_bytes, read_lines
from migclass.errors import LabelError, OutputError
from migclass.files import replacing
from migclass.readers import read_text
from migclass.tables import read_csv
from migclass.tagfiles import TaggedSentences

SUFFIXES = (".csv", ".xlsx")
_YES, _NO = {"1", "1.0", "x", "yes", "y", "true"}, {"0", "0.0", "-", "no", "n", "false"}
_PLACE, _AROUND, _DESIGN = ("document", "index"), ("before", "sentence", "after"), ("probability", "stratum")
_COMMENT = "comment"
# Sentences shown before and after the one to code.
_BEFORE, _AFTER = 2, 1
# What spreadsheets take for a formula, and what they can't hold: control characters, and longer cells.
# A semicolon begins a cell of its own where the country writes commas in its numbers; full-width signs count as the others.
_FORMULA = re.compile(r"(^|;)(?=[=+\-@＝＋－＠])")
_UNFIT = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_LONGEST = 32_000
# What a probability or the number of a stratum stays below.
_FARTHEST = 2**31
# Widths of columns in XLSX, and the lengths that a hint beside a cell may have.
_WIDE, _NARROW, _HINT_TITLE, _HINT = 60, 13, 32, 255


def write_sheet(path: str | Path, tags: TaggedSentences, audit: Audit, *, force: bool = False) -> None:
    """Write a sheet to code: a row a sentence, with those around it, a column a code, and nothing of what the machine said.

    XLSX has drop-downs, what each code means beside its cells, and the codebook as second sheet. Probability and stratum stand last, hidden in XLSX.

    Raises:
        OutputError: the suffix is neither .csv nor .xlsx, the file is there already, or it can't be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise OutputError(f"{path}: no kind of sheet; name a file that ends in {' or '.join(SUFFIXES)}")
    rows: list[Sequence[str | int | float]] = [head(tags.codebook), *_rows(tags, audit)]
    with replacing(path, force=force) as file:
        if suffix == ".csv":
            _write_csv(rows, file)
        else:
            _write_xlsx(rows, tags.codebook, file)


def head(book: Codebook) -> list[str]:
    """Return the columns of a sheet."""
    return [*_PLACE, *_AROUND, *book.codes, _COMMENT, *_DESIGN]


def _rows(tags: TaggedSentences, audit: Audit) -> Iterator[list[str | int | float]]:
    texts, documents, index = (tags.rows.column(name).to_pylist() for name in ("text", *_PLACE))
    for i, coded, probability, stratum in zip(audit.rows.tolist(), audit.coded, audit.probability.tolist(), audit.stratum.tolist(), strict=True):
        around = [
            " ".join(texts[j] for j in range(first, last) if 0 <= j < len(texts) and documents[j] == documents[i])
            for first, last in ((i - _BEFORE, i), (i, i + 1), (i + 1, i + 1 + _AFTER))
        ]
        marks = ["" if np.isnan(mark) else int(mark) for mark in coded]
        yield [_inert(documents[i]), int(index[i]), *map(_inert, around), *marks, "", probability, stratum]


def _inert(text: str) -> str:
    """Return text on one line that no spreadsheet takes for a formula.

    >>> _inert("=1+1")
    "'=1+1"
    """
    return _FORMULA.sub(r"\1'", " ".join(_UNFIT.sub(" ", text).split())[:_LONGEST].rstrip())


def _write_csv(rows: Sequence[Sequence[str | int | float]], file: BinaryIO) -> None:
    # Spreadsheets know UTF-8 by its mark.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    csv.writer(text).writerows(rows)
    text.detach()


def _write_xlsx(rows: Sequence[Sequence[str | int | float]], book: Codebook, file: BinaryIO) -> None:
    from openpyxl import Workbook

    workbook = Workbook()
    sheet, rules = workbook.active, workbook.create_sheet("codebook")
    sheet.title = "audit"
    for row in rows:
        sheet.append(row)
    for row in _codebook_rows(book):
        rules.append([_inert(cell) for cell in row])
    _lay_out(sheet, len(rows), book)
    _wrap(rules, wide=range(3, 6))
    workbook.save(file)


def _lay_out(sheet: Any, last: int, book: Codebook) -> None:
    """Set widths, what stays in view, what is hidden, and a drop-down with a hint for each code."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    names = head(book)
    letters = {name: get_column_letter(i) for i, name in enumerate(names, 1)}
    _wrap(sheet, wide=[names.index(name) + 1 for name in (*_AROUND, _COMMENT)])
    sheet.freeze_panes = f"{letters[book.codes[0]]}2"
    for name in _DESIGN:
        sheet.column_dimensions[letters[name]].hidden = True
    for code in book.entries:
        choice = DataValidation(type="list", formula1='"1,0"', allow_blank=True, showErrorMessage=True, showInputMessage=True)
        choice.error, choice.promptTitle, choice.prompt = "1 or 0", code.name[:_HINT_TITLE], code.coded[:_HINT]
        choice.add(f"{letters[code.id]}2:{letters[code.id]}{last}")
        sheet.add_data_validation(choice)


def _wrap(sheet: Any, *, wide: Sequence[int]) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    for i in range(1, sheet.max_column + 1):
        sheet.column_dimensions[get_column_letter(i)].width = _WIDE if i in wide else _NARROW
        sheet.cell(1, i).font = Font(bold=True)
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")


def _codebook_rows(book: Codebook) -> Iterator[tuple[str, ...]]:
    yield "code", "name", "question", "coded for", "not coded for"
    questions = {pole.id: tension.question for tension in book.tensions for pole in tension.poles}
    yield from ((code.id, code.name, questions.get(code.id, ""), code.coded, code.not_coded) for code in book.entries)
    for rule in (*book.rules, *book.pole_rules, *book.decisions):
        yield "", "", rule.title, rule.text, ""
    yield from (("", "", "example", example.text, ", ".join(example.frames + example.poles) or "none") for example in book.examples)


def read_sheet(path: str | Path, tags: TaggedSentences, *, encoding: str = "utf-8") -> Audit:
    """Read a sheet back.

    Cells of codes hold 1, x, yes, true or 0, -, no, false. A row without any is not coded yet; in a row with one, empty cells count as 0, but in a
    column that is empty from top to bottom nobody judged. Columns may be added and stand in any order.

    Args:
        path: the sheet, CSV or XLSX.
        tags: the tags that it was drawn from, or another model's of the same sentences.
        encoding: of a CSV file.

    Raises:
        DocumentError: the file can't be read as CSV.
        LabelError: a column is missing, a cell can't be read, or a sentence is none of the tags'.
    """
    table = _read_xlsx(str(path)) if Path(path).suffix.lower() == ".xlsx" else _read_csv(str(path), encoding)
    filled_in = ((f"{path}: row {n}", row) for n, row in enumerate(table, 2) if any(row.values()))
    # One row more than there are sentences shows already that not all can be right.
    rows = list(islice(filled_in, len(tags) + 1))
    _check_columns(str(path), rows[0][1] if rows else {}, tags.codebook)
    coded = np.array([[_mark(row, code, where) for code in tags.codebook.codes] for where, row in rows])
    filled = ~np.isnan(coded)
    coded[filled.any(axis=1)[:, None] & filled.any(axis=0) & ~filled] = 0
    probability, stratum = (np.array([_design(row, name, where) for where, row in rows]) for name in _DESIGN)
    if (wrong := np.flatnonzero((probability <= 0) | (probability > 1))).size:
        where, row = rows[wrong[0]]
        raise _not_as_written(row, _DESIGN[0], where)
    return Audit(_find(rows, tags), probability, stratum.astype(np.int64), coded)


def _check_columns(path: str, row: dict[str, str], book: Codebook) -> None:
    needed = [name for name in head(book) if name not in ("before", "after", _COMMENT)]
    if missing := [name for name in needed if name not in row]:
        what = f"no column '{missing[0]}'" if row else "no rows in it"
        raise LabelError(f"{path}: {what}; expected a sheet that `migclass audit draw` wrote for this codebook")


def _read_csv(path: str, encoding: str) -> Iterator[dict[str, str]]:
    first = next((line for line, _ in read_lines(path, encoding, newline="")), "")
    # Spreadsheets write what the country uses.
    delimiter = max(",;\t", key=first.count)
    for row, _ in read_csv(path, encoding, delimiter=delimiter):
        yield _clean(row)


def _read_xlsx(path: str) -> Iterator[dict[str, str]]:
    names, *rows = json.loads(read_text("xlsx", read_bytes(path, error=LabelError), path, error=LabelError)) or [()]
    yield from (_clean(dict(zip_longest(map(_text, names), map(_text, row), fillvalue=""))) if row else {} for row in rows)


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _clean(row: dict[str, str]) -> dict[str, str]:
    return {name.strip().lower(): cell.strip() for name, cell in row.items() if name.strip()}


def _mark(row: dict[str, str], code: str, where: str) -> float:
    said = row[code].lower()
    if said and said not in _YES | _NO:
        raise LabelError(f"{where}: column '{code}' holds '{said[:40]}'; expected 1 or 0, or nothing where it is not coded yet")
    return float(said in _YES) if said else np.nan


def _design(row: dict[str, str], name: str, where: str) -> float:
    try:
        number = float(row[name].replace(",", "."))
    except ValueError:
        raise _not_as_written(row, name, where) from None
    if not -_FARTHEST < number < _FARTHEST:
        raise _not_as_written(row, name, where)
    return number


def _not_as_written(row: dict[str, str], name: str, where: str) -> LabelError:
    return LabelError(f"{where}: column '{name}' holds '{row[name][:40]}', expected what was written there; copy it back")


def _find(rows: Sequence[tuple[str, dict[str, str]]], tags: TaggedSentences) -> np.ndarray:
    """Return the place of each row's sentence in the tags."""
    texts, documents, index = (tags.rows.column(name).to_pylist() for name in ("text", *_PLACE))
    places = {(_inert(document), _text(n)): i for i, (document, n) in enumerate(zip(documents, index, strict=True))}
    found: dict[int, str] = {}
    for where, row in rows:
        name = f"sentence {row['index']} of '{row['document']}'"
        i = places.get((_inert(row["document"]), row["index"]))
        if i is None:
            raise LabelError(f"{where}: {name} is not in the tags; give the tags that the sheet was drawn from")
        if _inert(row["sentence"]) != (text := _inert(texts[i])):
            raise LabelError(f"{where}: {name} reads '{row['sentence'][:60]}', in the tags '{text[:60]}'; copy it back, or give its tags")
        if i in found:
            raise LabelError(f"{where}: {name} stands in {found[i].rsplit(': ', 1)[-1]} already; keep one of them")
        found[i] = where
    return np.array(list(found))
