"""``migclass evaluate``: a model against labelled sentences."""

import json
from math import isnan

import click
from click.core import ParameterSource

from migclass.behaviour import judge, pass_rates, read_cases
from migclass.cli.tables import print_table
from migclass.evaluation import LEAST_POSITIVES, Evaluation
from migclass.labels import SPLITS, read_labels
from migclass.standoff import ROLES, read_copies, read_standoff, resolve
from migclass.tagging import Tagger, load
from migclass.training import evaluate_rows

_DASH = "–"


@click.command()
@click.option("--model", metavar="NAME|DIR", help="A model that ships, or a model folder. [default: the shipped default]")
@click.option("--labels", "source", default="default", show_default=True, metavar="default|PATH", help="Label file or folder.")
@click.option("--split", type=click.Choice(SPLITS), help="Measure on this split only. [default: test for the shipped labels, else all]")
@click.option("--documents", multiple=True, metavar="DIR|FILE", help="Your copies of real documents: measure on their stand-off labels.")
@click.option("--role", type=click.Choice(ROLES), default="test", show_default=True, help="With --documents, whose labels.")
@click.option("--behaviour", metavar="TOML|DIR", help="Judge cases of behaviour instead: what a model must and must not tag.")
@click.option("--faults", is_flag=True, help="With --behaviour, print every fault.")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Output format.")
@click.pass_context
def evaluate(
    context: click.Context,
    model: str | None,
    source: str,
    split: str | None,
    documents: tuple[str, ...],
    role: str,
    behaviour: str | None,
    faults: bool,
    format_: str,
) -> None:
    """Measure a model on labelled sentences: F1, precision, recall and average precision of each code.

    Intervals are 95 %, by bootstrap over documents, or over tens of consecutive sentences within longer ones.
    """
    _check_together(context)
    tagger = load(model)
    if behaviour:
        _judge(tagger, behaviour, faults, format_)
        return
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


# Options that say what to measure on; each of the others in its line has no meaning beside it.
_APART = {"behaviour": ("documents", "role", "source", "split"), "documents": ("source", "split")}


def _check_together(context: click.Context) -> None:
    """Refuse options that would be ignored."""
    given = {name for name in context.params if context.get_parameter_source(name) == ParameterSource.COMMANDLINE}
    flags = {parameter.name: parameter.opts[0] for parameter in context.command.params}
    for one, others in _APART.items():
        if one in given and (both := sorted(given & set(others))):
            raise click.UsageError(f"{flags[one]} and {flags[both[0]]} do not go together; give one of them")
    for option, needed in (("role", "documents"), ("faults", "behaviour")):
        if option in given and needed not in given:
            raise click.UsageError(f"{flags[option]} goes with {flags[needed]} only")


def _judge(tagger: Tagger, path: str, faults: bool, format_: str) -> None:
    verdicts = judge(tagger, read_cases(path, tagger.model.codebook))
    rates = pass_rates(verdicts)
    if format_ == "json":
        data = {"model": tagger.model.name, "model_hash": tagger.model.hash, "passed": {name: list(rate) for name, rate in rates.items()}}
        click.echo(json.dumps(data | {"faults": {v.case.id: v.faults for v in verdicts if not v.passed}}, indent=1))
        return
    rows = [[name, str(passed), str(count), f"{passed / count:.0%}"] for name, (passed, count) in rates.items()]
    print_table(["capability", "passed", "cases", "rate"], rows)
    for verdict in verdicts if faults else ():
        for fault in verdict.faults:
            click.echo(f"{verdict.case.id}: {fault}")


def _print(result: Evaluation) -> None:
    head = ["code", "pos.", "docs", "prec.", "rec.", "F1", "95 % interval", "av. pr."]
    rows = []
    for m in result.means:
        rows.append([f"{m.name}, mean of {m.codes}", "", "", "", "", f"{m.f1:.3f}", f"{m.low:.3f}-{m.high:.3f}", f"{m.average_precision:.2f}"])
    for c in result.codes:
        counts = [c.code, str(c.positives), str(c.documents), _figure(c.precision, 2), _figure(c.recall, 2)]
        between = _DASH if isnan(c.low) else f"{c.low:.3f}-{c.high:.3f}"
        rows.append([*counts, _figure(c.f1, 3), between, _figure(c.average_precision, 2)])
    print_table(head, rows)
    click.echo(f"{result.sentences} sentences in {result.blocks} blocks. Means are over codes with {LEAST_POSITIVES} positives or more.")
    click.echo("pos.: sentences with the code; docs: documents or passages they stand in;\nav. pr.: average precision.")
    if any(isnan(c.average_precision) for c in result.codes):
        click.echo(f"{_DASH}: nobody judged the code in these sentences, or none has it.")


def _figure(value: float, digits: int) -> str:
    return _DASH if isnan(value) else f"{value:.{digits}f}"
