"""Coding sheets: CSV and XLSX."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from migclass.codebook import Codebook
from migclass.errors import LabelError
from migclass.exchange.sentences import ROW, Answer, Task, unpack
from migclass.workbooks import LONGEST, Cell, Sheet, inert, read_marks, read_workbook, write_workbook

_SHOWN, _COMMENT = ("before", "sentence", "after"), "comment"
# Before each piece of a packed row, so that no spreadsheet takes it for a number.
_MARK = "~"


def write(tasks: Sequence[Task], codebook: Codebook, path: Path, *, force: bool) -> list[Path]:
    """Write a sheet: a row a sentence, a column a code, and last, hidden in XLSX, the packed rows."""
    pieces = [_cut(task.row) for task in tasks]
    hidden = [ROW, *(f"{ROW}{i}" for i in range(2, max(map(len, pieces), default=1) + 1))]
    head = ["id", *_SHOWN, *codebook.codes, _COMMENT, *hidden]
    rows: list[list[Cell]] = []
    for task, packed in zip(tasks, pieces, strict=True):
        shown = map(inert, (task.id, task.before, task.text, task.after))
        rows.append([*shown, *[""] * len(codebook.codes), "", *packed, *[""] * (len(hidden) - len(packed))])
    write_workbook(path, Sheet("coding", head, rows, wide=(*_SHOWN, _COMMENT), hidden=hidden), codebook, force=force)
    return [path]


def _cut(packed: str) -> list[str]:
    return [_MARK + packed[i : i + LONGEST] for i in range(0, len(packed), LONGEST)]


def read(path: Path, codebook: Codebook, *, empty_is_none: bool, encoding: str) -> Iterator[Answer]:
    """Yield the answers of a sheet, whose coder has no name in it."""
    rows = read_workbook(path, encoding=encoding)
    codes = _codes(str(path), rows[0][1] if rows else {}, codebook)
    marks = read_marks(rows, codes)
    if empty_is_none:
        marks = np.nan_to_num(marks)
    for (where, row), own in zip(rows, marks.tolist(), strict=True):
        sent, asked = unpack(_join(row), row.get("sentence", ""), codebook, where)
        if inert(row.get("id", "")) != inert(sent.id):
            raise LabelError(f"{where}: the id is '{row.get('id', '')[:40]}', was sent out as '{sent.id}'; copy it back")
        said = {code: mark for code, mark in zip(codes, own, strict=True) if code in asked and not np.isnan(mark)}
        yield Answer(sent, where, "", tuple(said), tuple(code for code in said if said[code]), row.get(_COMMENT, ""))


def _codes(path: str, row: dict[str, str], codebook: Codebook) -> list[str]:
    codes = [code for code in codebook.codes if code in row]
    if not codes or ROW not in row:
        what = "no rows in it" if not row else f"no column '{ROW}'" if codes else "no column of a code"
        raise LabelError(f"{path}: {what}; expected a sheet that `migclass labels export` wrote for this codebook")
    return codes


def _join(row: dict[str, str]) -> str:
    names = sorted((name for name in row if re.fullmatch(rf"{ROW}\d*", name)), key=lambda name: (len(name), name))
    return "".join(row[name].removeprefix(_MARK) for name in names)
