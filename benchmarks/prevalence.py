"""As if how frequent should thresholds take each code to be? Chosen on real training sentences, one collection left out at a time.

    python benchmarks/prevalence.py --documents DIR|FILE [--documents ...]

Thresholds are set on out-of-fold scores of the written sentences and of all collections but one, under several shares of codes, and
tried on that one. Writes results/prevalence.json; the development set has no part in it.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

from migclass.calibration import decide
from migclass.codebook import DEFAULT, load_codebook
from migclass.decisions import log_odds
from migclass.evaluation import f1_scores
from migclass.labels import labels_hash, targets
from migclass.recipes import RECIPES, Settings
from migclass.standoff import read_standoff
from migclass.training import DEFAULT_RECIPE, gather

RESULT = Path(__file__).parent / "results" / "prevalence.json"
WRITTEN = "written"
# Collections and codes with less tell little.
SENTENCES, POSITIVES = 60, 5


def policies(written: np.ndarray, real: np.ndarray) -> Iterator[tuple[str, np.ndarray | None]]:
    """Yield ways to say how frequent codes are, given their labels in written and in real sentences."""
    w, r = np.maximum(written.mean(axis=0), 1e-3), np.maximum(real.mean(axis=0), 1e-3)
    yield "as in all training sentences", None
    yield "as in written ones", w
    yield "as in real ones, at least a sixth of written", np.maximum(r, w / 6)
    yield "as in real ones, at least half of written", np.maximum(r, w / 2)
    yield "the mean of written and real", (w + r) / 2


@click.command()
@click.option("--documents", multiple=True, required=True, help="Copies of documents with stand-off labels of the role train.")
def main(documents: tuple[str, ...]) -> None:
    """Compare the policies and write the figures as a file."""
    book = load_codebook()
    rows = gather((DEFAULT,), book, documents).train
    Y = targets(rows, book)
    # Decisions give nothing below 3e-7, so nothing is cut off here.
    logits = log_odds(RECIPES[DEFAULT_RECIPE](rows, book, Settings(jobs=os.cpu_count())).held_out, least=1e-9)
    home = {label.document: Path(label.where.rsplit(":", 1)[0]).stem for label in read_standoff(book, role="train")}
    collection = np.array([home.get(row.source, WRITTEN) for row in rows])
    names = [name for name in sorted(set(home.values())) if (collection == name).sum() >= SENTENCES]
    found: dict[str, list[float]] = {}
    for name in names:
        out, known = collection == name, collection != name
        judged = Y[out].sum(axis=0) >= POSITIVES
        for policy, shares in policies(Y[collection == WRITTEN], Y[known & (collection != WRITTEN)]):
            decision = decide(logits[known], Y[known], None if shares is None else [float(share) for share in shares])
            tagged = decision.probabilities(logits[out]) >= decision.threshold
            found.setdefault(policy, []).append(float(f1_scores(Y[out], tagged)[judged].mean()))
    results = {policy: {"mean F1": round(float(np.mean(scores)), 4), "collections": len(scores)} for policy, scores in found.items()}
    RESULT.write_text(json.dumps({"labels": labels_hash(rows), "policies": results}, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
