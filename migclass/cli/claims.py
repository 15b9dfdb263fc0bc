"""How robust claims are, as a table, CSV or JSON."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from math import isnan

from migclass.claims import Robustness, Trial
from migclass.cli.tables import print_table


def format_claims(checked: Sequence[Robustness], format_: str) -> str:
    """Return claims with the share of specifications in which each holds, as ``table``, ``csv`` or ``json``."""
    return {"table": _as_table, "csv": _as_csv, "json": _as_json}[format_](checked)


def _as_table(checked: Sequence[Robustness]) -> str:
    text = io.StringIO()
    for found in checked:
        text.write(f"{found.claim}\nas tagged: {_side(found.left)} against {_side(found.right)}\n\n")
        rows = [[t.varied, f"{t.holds / t.specifications:.1%}", f"{t.holds:,} of {t.specifications:,}", f"{t.undefined:,}"] for t in found.trials]
        print_table(["varied", "holds in", "specifications", "undefined"], rows, file=text)
        text.write("\n")
    for note in checked[0].notes:
        text.write(f"Note: {note}.\n")
    return text.getvalue()


def _side(number: float) -> str:
    return "nothing to count" if isnan(number) else f"{number:.3f}"


def _as_csv(checked: Sequence[Robustness]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ["claim", "left", "right", *(field.name for field in fields(Trial))], lineterminator="\n")
    writer.writeheader()
    for found in checked:
        writer.writerows({"claim": found.claim, "left": found.left, "right": found.right} | asdict(trial) for trial in found.trials)
    return text.getvalue()


def _as_json(checked: Sequence[Robustness]) -> str:
    rows = [{name: None if isinstance(cell, float) and isnan(cell) else cell for name, cell in asdict(found).items()} for found in checked]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
