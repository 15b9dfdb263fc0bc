"""``migclass evaluate``: a model against labelled sentences."""

import json

import click

from migclass.cli.tables import print_table
from migclass.evaluation import LEAST_POSITIVES, Evaluation
from migclass.labels import SPLITS, read_labels
from migclass.standoff import ROLES, read_copies, read_standoff, resolve
from migclass.tagging import load
from migclass.training import evaluate_rows


@click.command()
@click.option("--model", metavar="NAME|DIR", help="A model that ships, or a model folder. [default: the shipped default]")
@click.option("--labels", "source", default="default", show_default=True, metavar="default|PATH", help="Label file or folder.")
@click.option("--split", type=click.Choice(SPLITS), help="Measure on this split only. [default: test for the shipped labels, else all]")
@click.option("--documents", multiple=True, metavar="DIR|FILE", help="Your copies of real documents: measure on their stand-off labels.")
@click.option("--role", type=click.Choice(ROLES), default="test", show_default=True, help="With --documents, whose labels.")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Output format.")
def evaluate(model: str | None, source: str, split: str | None, documents: tuple[str, ...], role: str, format_: str) -> None:
    """Measure a model on labelled sentences: F1, precision, recall and average precision of each code.

    Intervals are 95 %, by bootstrap over documents, or over tens of consecutive sentences within longer ones.
    """
    tagger = load(model)
    book = tagger.model.codebook
    if documents:
        found = resolve(read_standoff(book, role=role), read_copies(documents))
        rows, about = found.sentences, {"source": f"stand-off labels, {role}", "coverage": found.coverage}
        click.echo(f"{len(rows)} sentences found, {len(found.missing)} missing: coverage {found.coverage:.1%}", err=True)
    else:
        chosen = split or ("test" if source == "default" else None)
        rows, about = tuple(read_labels(source, codebook=book, split=chosen)), {"source": source, "split": chosen}
    if not rows:
        raise click.ClickException(f"{source}: no sentence to measure on; expected labelled rows" + f" of split {split}" * bool(split))
    result = evaluate_rows(tagger, rows, about)
    if format_ == "json":
        click.echo(json.dumps(result.as_dict(), indent=1))
    else:
        _print(result)


def _print(result: Evaluation) -> None:
    head = ["code", "pos.", "docs", "prec.", "rec.", "F1", "95 % interval", "av. pr."]
    rows = []
    for m in result.means:
        rows.append([f"{m.name}, mean of {m.codes}", "", "", "", "", f"{m.f1:.3f}", f"{m.low:.3f}-{m.high:.3f}", f"{m.average_precision:.2f}"])
    for c in result.codes:
        counts = [c.code, str(c.positives), str(c.documents), f"{c.precision:.2f}", f"{c.recall:.2f}"]
        rows.append([*counts, f"{c.f1:.3f}", f"{c.low:.3f}-{c.high:.3f}", f"{c.average_precision:.2f}"])
    print_table(head, rows)
    click.echo(f"{result.sentences} sentences in {result.blocks} blocks. Means are over codes with {LEAST_POSITIVES} positives or more.")
    click.echo("pos.: sentences with the code; docs: documents or passages they stand in;\nav. pr.: average precision.")
