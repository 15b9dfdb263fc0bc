"""``migclass labels errors``: which labels to look at again."""

import os
from collections.abc import Sequence
from dataclasses import replace

import click

from migclass.cli.tables import print_table
from migclass.codebook import load_codebook
from migclass.doubts import RECIPES_THAT_DOUBT, Doubt, find_doubts
from migclass.files import check_apart, check_free
from migclass.labels import LabelledSentence, label_files, read_labels, write_labels


@click.command()
@click.argument("source", default="default", metavar="[default|PATH]")
@click.option("--codebook", metavar="TOML", help="A codebook of your own. [default: the shipped one]")
@click.option("-n", "count", type=click.IntRange(min=1), default=50, show_default=True, metavar="N", help="Labels to list.")
@click.option("--recipe", type=click.Choice(RECIPES_THAT_DOUBT), default="static", show_default=True, help="How to train what judges them.")
@click.option("-o", "--output", metavar="JSONL", help="Write the rows of these labels as well, each once, with the doubts after its note.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def errors(source: str, codebook: str | None, count: int, recipe: str, output: str | None, force: bool) -> None:
    """List labels that are likely wrong, the likeliest first.

    Each passage is scored by a model that has not seen it; listed are the labels that it disputes most. Some are errors, others are
    sentences that are hard for a machine: read them again, with the codebook beside you.
    """
    if output:
        check_apart([*map(str, label_files(source)), codebook], output)
        check_free(output, force=force)
    book = load_codebook(codebook)
    doubts = find_doubts(
        read_labels(source, codebook=book), book, count, recipe=recipe, jobs=os.cpu_count(), say=lambda message: click.echo(message, err=True)
    )
    print_table(["code", "the label", "model", "id", "sentence"], list(map(_line, doubts)), left=5)
    if output:
        write_labels(output, _with_notes(doubts), force=force)


def _line(doubt: Doubt) -> list[str]:
    # Text of a file is never read as terminal control.
    place, text = ("".join(c if c.isprintable() else " " for c in part) for part in (doubt.row.id, doubt.row.text))
    return [doubt.code, "has it" if doubt.given else "lacks it", f"{doubt.probability:.2f}", place, text]


def _with_notes(doubts: Sequence[Doubt]) -> list[LabelledSentence]:
    """Return the doubted rows, each once, with what is doubted after their own note."""
    notes: dict[int, list[str]] = {}
    for doubt in doubts:
        notes.setdefault(id(doubt.row), []).append(str(doubt))
    rows = {id(doubt.row): doubt.row for doubt in doubts}
    return [replace(row, note="; ".join(filter(None, (row.note, *notes[key])))) for key, row in rows.items()]
