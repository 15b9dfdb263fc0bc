"""``migclass profile``: tags -> shares and balances with intervals."""

import io
import json
import shutil
import textwrap
from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import NamedTuple, TextIO

import click

from migclass.claims import check_claims
from migclass.cli.claims import format_claims
from migclass.cli.tables import print_table
from migclass.codebook import Codebook, load_codebook
from migclass.files import check_apart, check_free, replacing
from migclass.profiles import BALANCE, CONTESTED, DOCUMENTS, ENGAGED, SENTENCES, TOGETHER, Figure, Profile
from migclass.profiles import profile as make_profile
from migclass.tagfiles import TaggedSentences, read_tags

_DASH = "–"
_PICTURES = (".png", ".svg")
# Pairs of a frame and a pole that the table shows; csv and json have all.
_PAIRS = 8
# What is kept of the width for names of codes, and how wide a group's name may be.
_NAMES, _GROUP = 22, 18
# Spaces between columns, and how wide plain text is set.
_GAP, _WIDTH = 2, 80


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="TAGS...")
@click.option("--by", metavar="COLUMN[,COLUMN]", help="Figures for each value of these columns of the tags, or for each document.")
@click.option("--codebook", metavar="TOML", help="The codebook of the tags, where it is none that ships.")
@click.option("--format", "format_", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True, help="Output format.")
@click.option("--plot", metavar="PNG|SVG", help="Draw the figures as well, and write the numbers beside, as .csv.")
@click.option("--claim", "claims", multiple=True, metavar="CLAIM", help="Say how robust a claim is instead; may be repeated.")
@click.option("--texts-again", is_flag=True, help="With --claim, tag the sentences again with the other models that ship.")
@click.option("-o", "--output", metavar="PATH", help="Write to this file instead of standard output.")
@click.option("--force", is_flag=True, help="Replace the files of --output and --plot if they are there.")
@click.option("--draws", type=click.IntRange(min=1), default=1000, show_default=True, metavar="N", help="Draws of the bootstrap.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N", help="Of the draws; the same seed, the same intervals."
)
def profile(
    files: tuple[str, ...],
    by: str | None,
    codebook: str | None,
    format_: str,
    plot: str | None,
    claims: tuple[str, ...],
    texts_again: bool,
    output: str | None,
    force: bool,
    draws: int,
    seed: int,
) -> None:
    """Say how often TAGS carry each frame and pole, and which side of each tension they take.

    TAGS are files that `migclass score` wrote as jsonl, csv or parquet. Intervals are 95 %, by bootstrap over
    documents; over blocks of sentences where there is one document only.

    A CLAIM is "CODE.share[SELECTION] > CODE.share[SELECTION]" or "TENSION.balance[SELECTION] < 0.2"; engaged and contested are
    counted like balance. SELECTION is a value of the column of --by or a range of its numbers (2016: or :2015 or 2010:2015);
    without one, all sentences count. Printed is in which share of specifications the claim holds, where thresholds,
    documents and models are varied.
    """
    _check_together(by, plot, claims, texts_again)
    for path in [output, *([plot, _beside(plot)] if plot else [])]:
        check_apart(files, path)
        if path:
            check_free(path, force=force)
    columns = by.split(",") if by else []
    tags = read_tags(files, codebook=load_codebook(codebook) if codebook else None)
    if claims:
        checked = check_claims(claims, tags, by="".join(columns), draws=draws, seed=seed, models=texts_again)
        text = format_claims(checked, format_)
    else:
        found = make_profile(tags, by=columns, draws=draws, seed=seed)
        text = {"table": _as_table, "csv": _as_csv, "json": _as_json}[format_](found, tags)
        if plot:
            _plot(found, tags, plot, force=force)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text, force=force)


def _check_together(by: str | None, plot: str | None, claims: tuple[str, ...], texts_again: bool) -> None:
    """Refuse options that would be ignored."""
    if claims and plot:
        raise click.UsageError("--claim and --plot do not go together; give one of them")
    if claims and by and "," in by:
        raise click.UsageError("--claim selects by one column; name one with --by")
    if texts_again and not claims:
        raise click.UsageError("--texts-again goes with --claim only")
    if plot and Path(plot).suffix.lower() not in _PICTURES:
        raise click.UsageError(f"{plot}: a picture is {' or '.join(_PICTURES)}; name it so")


def _beside(plot: str) -> str:
    """Return the file for the numbers behind a picture."""
    return str(Path(plot).with_suffix(".csv"))


def _plot(found: Profile, tags: TaggedSentences, path: str, *, force: bool) -> None:
    from migclass.pictures import draw_profile

    _write(_beside(path), found.as_csv(), force=force)
    with replacing(path, force=force) as file:
        draw_profile(found, tags.codebook, file, kind=Path(path).suffix.lower().lstrip("."))


def _write(path: str, text: str, *, force: bool) -> None:
    with replacing(path, force=force) as file:
        file.write(text.encode())


def _as_csv(found: Profile, tags: TaggedSentences) -> str:
    return found.as_csv()


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
    names = {group: "\n".join(textwrap.wrap(", ".join(group), _GROUP)) for group in found.groups}
    return [_Section(title, rows, [_Column(name, measure, group) for group, name in names.items()]) for title, rows, measure in tables]


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
        f"{len(tags):,} sentences, {documents:,} documents, tagged by {tags.model}.",
        f"In brackets 95 % intervals: {found.note}. They know nothing of the model's errors: check a sample by hand before you publish a share.",
        "Balance: -1 all on the first side, +1 all on the second. Engaged: sentences on either side."
        " Contested: engaged ones with both sides in the sentence or in one beside it.",
    ]
    if found.by:
        parts.append("Formats csv and json also have shares of documents, and frames and poles together.")
    return "\n".join(textwrap.fill(part, _WIDTH) for part in parts)
