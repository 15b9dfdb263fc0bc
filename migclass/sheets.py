"""The sheet that a person codes: an audit as CSV or XLSX, and back."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from migclass.audits import Audit
from migclass.codebook import Codebook
from migclass.errors import LabelError
from migclass.tagfiles import TaggedSentences
from migclass.workbooks import Cell, Rows, Sheet, as_text, inert, read_marks, read_workbook, write_workbook

_PLACE, _AROUND, _DESIGN = ("document", "index"), ("before", "sentence", "after"), ("probability", "stratum")
_COMMENT = "comment"
# Sentences shown before and after the one to code.
_BEFORE, _AFTER = 2, 1
# What a probability or the number of a stratum stays below.
_FARTHEST = 2**31


def write_sheet(path: str | Path, tags: TaggedSentences, audit: Audit, *, force: bool = False) -> None:
    """Write a sheet to code: a row a sentence, with those around it, a column a code, and nothing of what the machine said.

    XLSX has drop-downs, what each code means beside its cells, and the codebook as second sheet. Probability and stratum stand last, hidden in XLSX.

    Raises:
        OutputError: the suffix is neither .csv nor .xlsx, the file is there already, or it can't be written.
    """
    sheet = Sheet("audit", head(tags.codebook), list(_rows(tags, audit)), wide=(*_AROUND, _COMMENT), hidden=_DESIGN)
    write_workbook(path, sheet, tags.codebook, force=force)


def head(book: Codebook) -> list[str]:
    """Return the columns of a sheet."""
    return [*_PLACE, *_AROUND, *book.codes, _COMMENT, *_DESIGN]


def _rows(tags: TaggedSentences, audit: Audit) -> Iterator[list[Cell]]:
    texts, documents, index = (tags.rows.column(name).to_pylist() for name in ("text", *_PLACE))
    for i, coded, probability, stratum in zip(audit.rows.tolist(), audit.coded, audit.probability.tolist(), audit.stratum.tolist(), strict=True):
        around = [
            " ".join(texts[j] for j in range(first, last) if 0 <= j < len(texts) and documents[j] == documents[i])
            for first, last in ((i - _BEFORE, i), (i, i + 1), (i + 1, i + 1 + _AFTER))
        ]
        marks = ["" if np.isnan(mark) else int(mark) for mark in coded]
        yield [inert(documents[i]), int(index[i]), *map(inert, around), *marks, "", probability, stratum]


def read_sheet(path: str | Path, tags: TaggedSentences, *, encoding: str = "utf-8") -> Audit:
    """Read a sheet back.

    Marks are read as `migclass.workbooks.read_marks` says. Columns may be added and stand in any order.

    Args:
        path: the sheet, CSV or XLSX.
        tags: the tags that it was drawn from, or another model's of the same sentences.
        encoding: of a CSV file.

    Raises:
        DocumentError: the file can't be read as CSV.
        LabelError: a column is missing, a cell can't be read, or a sentence is none of the tags'.
    """
    # One row more than there are sentences shows already that not all can be right.
    rows = read_workbook(path, encoding=encoding, most=len(tags) + 1)
    _check_columns(str(path), rows[0][1] if rows else {}, tags.codebook)
    coded = read_marks(rows, tags.codebook.codes)
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


def _find(rows: Rows, tags: TaggedSentences) -> np.ndarray:
    """Return the place of each row's sentence in the tags."""
    texts, documents, index = (tags.rows.column(name).to_pylist() for name in ("text", *_PLACE))
    places = {(inert(document), as_text(n)): i for i, (document, n) in enumerate(zip(documents, index, strict=True))}
    found: dict[int, str] = {}
    for where, row in rows:
        name = f"sentence {row['index']} of '{row['document']}'"
        i = places.get((inert(row["document"]), row["index"]))
        if i is None:
            raise LabelError(f"{where}: {name} is not in the tags; give the tags that the sheet was drawn from")
        if inert(row["sentence"]) != (text := inert(texts[i])):
            raise LabelError(f"{where}: {name} reads '{row['sentence'][:60]}', in the tags '{text[:60]}'; copy it back, or give its tags")
        if i in found:
            raise LabelError(f"{where}: {name} stands in {found[i].rsplit(': ', 1)[-1]} already; keep one of them")
        found[i] = where
    return np.array(list(found))
