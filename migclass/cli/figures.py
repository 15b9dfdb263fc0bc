"""The figures of a profile as tables to read, CSV or JSON."""

import io
import json
import shutil
import textwrap
from collections.abc import Sequence
from math import isnan
from typing import NamedTuple, TextIO

from migclass.cli.tables import plain, print_table
from migclass.codebook import Codebook
from migclass.profiles import BALANCE, CONTESTED, DOCUMENTS, ENGAGED, SENTENCES, TOGETHER, Figure, Profile
from migclass.tagfiles import TaggedSentences

_DASH = "–"
# Pairs of a frame and a pole that the table shows; csv and json have all.
_PAIRS = 8
# What is kept of the width for names of codes, and how wide a group's name may be.
_NAMES, _GROUP = 22, 18
# Spaces between columns, and how wide plain text is set.
_GAP, _WIDTH = 2, 80


def format_profile(found: Profile, tags: TaggedSentences, format_: str) -> str:
    """Return a profile of tags as ``table``, ``csv`` or ``json``."""
    if format_ == "csv":
        return found.as_csv()
    return _as_json(found, tags) if format_ == "json" else _as_table(found, tags)


def _as_json(found: Profile, tags: TaggedSentences) -> str:
    about = {"model": tags.model, "codebook": tags.codebook.hash, "by": list(found.by), "note": found.note}
    return json.dumps(about | {"figures": found.as_rows()}, indent=1, ensure_ascii=False) + "\n"


class _Column(NamedTuple):
    """A column of a table: its head, and the measure and the group of its figures."""

    head: str
    measure: str
    group: tuple[str, ...]


class _Section(NamedTuple):
    """A table: its title, its rows as name and code, its columns."""

    title: str
    rows: list[tuple[str, str]]
    columns: list[_Column]


def _as_table(found: Profile, tags: TaggedSentences) -> str:
    text = io.StringIO()
    for section in _compared(found, tags.codebook) if found.by else _whole(tags.codebook):
        _write_section(section, found, text)
    if not found.by:
        _write_pairs(found, text)
    text.write(_closing(found, tags))
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _write_section(section: _Section, found: Profile, text: TextIO) -> None:
    cells = {column: [_cell(found.figure(column.measure, code, group=column.group)) for _, code in section.rows] for column in section.columns}
    for part in _that_fit(cells):
        rows = [[name, *(cells[column][i] for column in part)] for i, (name, _) in enumerate(section.rows)]
        print_table([section.title, *(column.head for column in part)], rows, file=text)
        text.write("\n")


def _write_pairs(found: Profile, text: TextIO) -> None:
    pairs = [figure for figure in found.figures if figure.measure == TOGETHER and figure.value]
    pairs.sort(key=lambda figure: -figure.value)
    print_table(["most often together", "sentences, %"], [[f"{pair.code} + {pair.other}", _cell(pair)] for pair in pairs[:_PAIRS]], file=text)
    text.write("\n")


def _whole(book: Codebook) -> list[_Section]:
    """Return the tables where all is one group: a column a measure."""
    shares = [_Column("sentences, %", SENTENCES, ()), _Column("documents, %", DOCUMENTS, ())]
    sides = [_Column("balance", BALANCE, ()), _Column("engaged, %", ENGAGED, ()), _Column("contested, %", CONTESTED, ())]
    return [_Section("frames", _codes(book.frame_ids), shares), _Section("poles", _codes(book.pole_ids), shares),
            _Section("tensions", _tensions(book), sides)]  # fmt: skip


def _compared(found: Profile, book: Codebook) -> list[_Section]:
    """Return the tables where groups are compared: one a measure, a column a group."""
    tables = [
        ("frames: sentences, %", _codes(book.frame_ids), SENTENCES),
        ("poles: sentences, %", _codes(book.pole_ids), SENTENCES),
        ("tensions: balance", _tensions(book), BALANCE),
        ("tensions: engaged, %", _tensions(book), ENGAGED),
        ("tensions: contested, %", _tensions(book), CONTESTED),
    ]
    return [_Section(title, rows, [_Column(_head(group), measure, group) for group in found.groups]) for title, rows, measure in tables]


def _head(group: tuple[str, ...]) -> str:
    return "\n".join(textwrap.wrap(plain(", ".join(group)), _GROUP))


def _codes(ids: Sequence[str]) -> list[tuple[str, str]]:
    return [(id_, id_) for id_ in ids]


def _tensions(book: Codebook) -> list[tuple[str, str]]:
    return [(f"{tension.id}: " + " – ".join(pole.id for pole in tension.poles), tension.id) for tension in book.tensions]


def _cell(figure: Figure) -> str:
    """Return a figure with its interval as one reads them: shares as per cent."""
    scale, form, to = (1, "+.2f", ", ") if figure.measure == BALANCE else (100, ".1f", _DASH)
    if isnan(figure.value):
        return _DASH
    bounds = "" if isnan(figure.low) else f" ({figure.low * scale:{form}}{to}{figure.high * scale:{form}})"
    return f"{figure.value * scale:{form}}{bounds}"


def _that_fit(cells: dict[_Column, list[str]]) -> list[list[_Column]]:
    """Cut columns into parts that fit on the terminal beside the names; a part has one column at least."""
    room = shutil.get_terminal_size().columns - _NAMES
    parts: list[list[_Column]] = []
    left = 0
    for column, texts in cells.items():
        width = max(map(len, [*column.head.split("\n"), *texts])) + _GAP
        if width > left or not parts:
            parts.append([])
            left = room
        parts[-1].append(column)
        left -= width
    return parts


def _closing(found: Profile, tags: TaggedSentences) -> str:
    documents = len(set(tags.document.tolist()))
    parts = [
        f"{len(tags):,} sentences, {documents:,} document{'s' * (documents > 1)}, tagged by {tags.model}.",
        f"In brackets 95 % intervals ({found.note}). They know nothing of the model's errors: check a sample by hand before you publish a share.",
        "Balance: -1 all on the first side, +1 all on the second. Engaged: sentences on either side."
        " Contested: engaged ones with both sides in the sentence or in one beside it.",
    ]
    if found.by:
        parts.append("Formats csv and json also have shares of documents, and frames and poles together.")
    return "\n".join(textwrap.fill(part, _WIDTH) for part in parts)
