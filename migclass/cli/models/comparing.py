"""``migclass models compare``: two models on the same labelled sentences."""

import json
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from migclass.cli.measured import check_together, label_options, read_measured, warn_of_learnt
from migclass.cli.tables import plain, print_table
from migclass.tagging import load

if TYPE_CHECKING:
    from migclass.comparisons import Change, Comparison
    from migclass.evaluation import CodeScore, Difference, Evaluation

_DASH = "–"
_WIDTH = 80
_HEAD = ["pos.", "F1 A", "F1 B", "B - A, 95 % interval", "ap A", "ap B", "mended,\nbroken"]


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@label_options
@click.option("--changed", type=click.IntRange(min=0), default=5, show_default=True, metavar="N",
              help="Sentences to show, so many mended and so many broken; json has all.")  # fmt: skip
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Output format.")
def compare(first: str, second: str, source: str, split: str | None, documents: tuple[str, ...], role: str, changed: int, format_: str) -> None:
    """Compare model B with model A on the same labelled sentences.

    A and B are names of models that ship, or model folders. Printed are F1 and average precision (ap) of both, by how much B's F1 is above
    A's with a 95 % interval (paired, by bootstrap over documents or tens of sentences within longer ones), and the sentences that one tags and
    the other does not: mended is where B is right by the label, broken where A is. Codes that only one model has are not compared. What was not
    judged for a code counts nowhere.

    Labels that a model has learnt from flatter it: keep some apart, with "split": "test".
    """
    # scikit-learn comes with it, which the other commands of the group need not wait for.
    from migclass.comparisons import compare_models, joined_codebook

    check_together()
    a, b = load(first), load(second)
    rows, _ = read_measured(joined_codebook(a.model.codebook, b.model.codebook), source, split=split, documents=documents, role=role)
    warn_of_learnt(rows)
    found = compare_models(a, b, rows)
    if format_ == "json":
        click.echo(json.dumps(found.as_dict(), indent=1))
    else:
        _print(found, changed)


def _print(found: "Comparison", shown: int) -> None:
    for letter, own in (("A", found.first), ("B", found.second)):
        click.echo(f"{letter}: {own.about['model']} {own.about['model_hash']}, codebook {own.about['codebook']}")
    click.echo(f"{found.first.sentences:,} sentences in {found.first.blocks:,} blocks.\n")
    _print_shared(found)
    for letter, own, codes in (("A", found.first, found.only_first), ("B", found.second, found.only_second)):
        _print_alone(letter, own, codes)
    _print_list("The two codebooks define these in other words", found.redefined)
    for verdict, mended in (("mended", True), ("broken", False)):
        _print_changes(verdict, [change for change in found.changes if change.mended == mended], shown)


def _print_shared(found: "Comparison") -> None:
    from migclass.evaluation import LEAST_POSITIVES

    second, silent = {own.code: own for own in found.second.codes}, []
    rows = [
        [f"{one.name}, mean of {one.codes}", "", f"{one.f1:.2f}", f"{other.f1:.2f}", _interval(own), f"{one.average_precision:.2f}",
         f"{other.average_precision:.2f}", ""]
        for one, other, own in zip(found.first.means, found.second.means, found.means, strict=True)
    ]  # fmt: skip
    for one in found.first.codes:
        if one.code in second:
            own = [change.mended for change in found.changes if change.code == one.code]
            if one.positives or own:
                rows.append(_row(one, second[one.code], found, f"{sum(own)}, {len(own) - sum(own)}"))
            else:
                silent.append(one.code)
    print_table(["code", *_HEAD], rows)
    if any(_DASH in row for row in rows):
        click.echo(f"{_DASH}: fewer than {LEAST_POSITIVES} positives say too little; such codes are not in the means.")
    _print_list("No sentence here has these by the labels, and both models agree", silent)


def _row(one: "CodeScore", other: "CodeScore", found: "Comparison", changed: str) -> list[str]:
    gained = next((own for own in found.codes if own.name == one.code), None)
    return [one.code, str(one.positives), *_scores(one, other, "f1"), _interval(gained), *_scores(one, other, "average_precision"), changed]


def _print_list(what: str, codes: Sequence[str]) -> None:
    if codes:
        click.echo("\n" + textwrap.fill(f"{what}: {', '.join(codes)}.", _WIDTH))


def _scores(one: "CodeScore", other: "CodeScore", name: str) -> list[str]:
    return [f"{getattr(score, name):.2f}" if score.positives else _DASH for score in (one, other)]


def _interval(own: "Difference | None") -> str:
    return f"{own.f1:+.2f} ({own.low:+.2f}, {own.high:+.2f})" if own else _DASH


def _print_alone(letter: str, own: "Evaluation", codes: Sequence[str]) -> None:
    scores = [score for score in own.codes if score.code in codes]
    rows = [
        [score.code, str(score.positives), f"{score.f1:.2f}", f"{score.low:.2f}-{score.high:.2f}", f"{score.average_precision:.2f}"]
        for score in scores if score.positives
    ]  # fmt: skip
    if rows:
        click.echo()
        print_table([f"only in {letter}", "pos.", "F1", "95 % interval", "ap"], rows)
    _print_list(f"Only in {letter}, and no sentence here has them", [score.code for score in scores if not score.positives])


def _print_changes(verdict: str, changes: Sequence["Change"], shown: int) -> None:
    rows = [[own.code, "B" if own.added else "A", f"{own.first:.2f}", f"{own.second:.2f}", plain(own.text)] for own in changes[:shown]]
    if rows:
        click.echo(f"\n{verdict}: {len(changes):,}, the most telling first")
        print_table(["code", "tagged by", "A says", "B says", "sentence"], rows, left=5)
