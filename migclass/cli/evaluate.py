"""``migclass evaluate``: a model against labelled sentences."""

import json
from math import isnan

import click

from migclass.behaviour import judge, pass_rates, read_cases
from migclass.cli.measured import APART, NEEDS, check_together, label_options, read_measured
from migclass.cli.project import model_option, open_tagger
from migclass.cli.tables import print_table
from migclass.evaluation import LEAST_POSITIVES, Evaluation
from migclass.tagging import Tagger
from migclass.training import evaluate_rows

_DASH = "–"
_MODES = APART | {"behaviour": ("documents", "role", "source", "split")}


@click.command()
@model_option()
@label_options
@click.option("--behaviour", metavar="TOML|DIR", help="Judge cases of behaviour instead: what a model must and must not tag.")
@click.option("--faults", is_flag=True, help="With --behaviour, print every fault.")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Output format.")
def evaluate(
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
    check_together(_MODES, NEEDS | {"faults": "behaviour"})
    tagger = open_tagger(model)
    if behaviour:
        _judge(tagger, behaviour, faults, format_)
        return
    rows, about = read_measured(tagger.model.codebook, source, split=split, documents=documents, role=role)
    result = evaluate_rows(tagger, rows, about)
    if format_ == "json":
        click.echo(json.dumps(result.as_dict(), indent=1))
    else:
        _print(result)


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
