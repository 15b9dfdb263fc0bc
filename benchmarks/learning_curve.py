"""How much more labels help: F1 and average precision by number of written sentences, with and without the real ones.

    python benchmarks/learning_curve.py --real DIR --documents DIR|FILE [--documents ...]

DIR holds the real development set (validation.jsonl), --documents the copies whose stand-off labels are learnt from.
Writes results/learning-curve.json; the picture beside it is drawn by `python docs/generate.py`.
"""

import json
import os
from pathlib import Path

import click
import numpy as np

from migclass.codebook import Codebook, load_codebook
from migclass.labels import LabelledSentence, labels_hash, read_labels
from migclass.model import Model
from migclass.recipes import RECIPES, Settings
from migclass.resources import resource
from migclass.standoff import read_copies, read_standoff, resolve
from migclass.tagging import Tagger
from migclass.training import DEFAULT_RECIPE, evaluate_rows, prevalence

RESULT = Path(__file__).parent / "results" / "learning-curve.json"
SIZES = (1000, 2000, 4000, 8000, None)


def sample(rows: list[LabelledSentence], size: int | None, seed: int = 0) -> list[LabelledSentence]:
    """Return whole passages, in random order, of at least ``size`` sentences in all; all of them for None."""
    passages = sorted({row.passage for row in rows})
    order = {passages[i]: place for place, i in enumerate(np.random.default_rng(seed).permutation(len(passages)))}
    chosen = sorted(rows, key=lambda row: order[row.passage])
    return chosen if size is None else chosen[:size]


def measure(rows: list[LabelledSentence], book: Codebook, tests: dict[str, list[LabelledSentence]]) -> dict[str, dict[str, float]]:
    """Train the default recipe on rows and return the means on each test set."""
    fitted = RECIPES[DEFAULT_RECIPE](rows, book, Settings(prevalence(rows, book), jobs=os.cpu_count()))
    tagger = Tagger(Model(fitted.scorer, fitted.decision, book))
    found = {}
    for name, test in tests.items():
        means = evaluate_rows(tagger, test).means
        found[name] = {f"{m.name} F1": round(m.f1, 4) for m in means} | {f"{m.name} average precision": round(m.average_precision, 4) for m in means}
    return found


@click.command()
@click.option("--real", required=True, help="Folder with validation.jsonl.")
@click.option("--documents", multiple=True, required=True, help="Copies of documents with stand-off labels of the role train.")
def main(real: str, documents: tuple[str, ...]) -> None:
    """Measure the learning curve and write it as a file."""
    book = load_codebook()
    written = read_labels(codebook=book, split="train")
    found = resolve(read_standoff(book, role="train"), read_copies(documents))
    tests = {"real development set": read_labels(Path(real) / "validation.jsonl", codebook=book)}
    tests["written test"] = read_labels(resource("labels", "test.jsonl"), codebook=book)
    points = [{"written": 0, "real": len(found.sentences), "scores": measure(list(found.sentences), book, tests)}]
    for size in SIZES:
        rows = sample(written, size)
        for real_rows in ([], list(found.sentences)):
            points.append({"written": len(rows), "real": len(real_rows), "scores": measure(rows + real_rows, book, tests)})
            click.echo(json.dumps(points[-1]), err=True)
    about = {"recipe": DEFAULT_RECIPE, "labels": labels_hash(written), "codebook": book.hash, "real coverage": round(found.coverage, 4)}
    RESULT.write_text(json.dumps({"about": about, "points": points}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
