"""How many planted errors does `migclass labels errors` find? Beside other ways to rank labels, and random order.

    python benchmarks/label_errors.py [--seeds N]

In half the passages of the split train, 2 % of the sentences get one wrong label: from half of these a code is taken, to the others one is
added, frequent codes more often. Then all labels are ranked, each by a model that has not seen its passage. Among the first of the queue,
those are counted that were planted; the labels have errors of their own, which count as wrongly found here. Writes results/label-errors.json.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from migclass.codebook import Codebook, load_codebook
from migclass.decisions import log_odds
from migclass.doubts import rank_doubts
from migclass.labels import LabelledSentence, labels_hash, read_labels, targets
from migclass.recipes import RECIPES, Settings
from migclass.training import DEFAULT_RECIPE

RESULT = Path(__file__).parent / "results" / "label-errors.json"
SHARE = 0.02
FIRST = (50, 100, 200, 400)


def plant(Y: np.ndarray, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return labels with errors and which labels these are, both of shape (n, k)."""
    wrong, planted, share = Y.copy(), np.zeros(Y.shape, bool), Y.mean(axis=0)
    for number, i in enumerate(generator.permutation(len(Y))[: round(SHARE * len(Y))]):
        dropped = number % 2 == 0 and Y[i].any()
        chances = Y[i] if dropped else share * (1 - Y[i])
        j = generator.choice(Y.shape[1], p=chances / chances.sum())
        wrong[i, j], planted[i, j] = not dropped, True
    return wrong, planted


def by_loss(Y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Rank by how improbable the label is."""
    return np.argsort(np.where(Y > 0, 1, -1) * log_odds(probabilities), axis=None, kind="stable")


def by_confident_learning(Y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Rank first what Northcutt et al. (2021) estimate to be wrong: at least as probable otherwise as what is labelled so is on average."""
    p, positive = probabilities.astype(np.float64), Y > 0
    yes, no = (np.nansum(np.where(kind, chance, 0), axis=0) / kind.sum(axis=0) for kind, chance in ((positive, p), (~positive, 1 - p)))
    wrong = np.where(positive, 1 - p >= no, p >= yes)
    return np.argsort(np.where(positive, p, 1 - p) - wrong, axis=None, kind="stable")


def at_random(Y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Rank in no order."""
    return np.random.default_rng(0).permutation(Y.size)


WAYS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "migclass labels errors": rank_doubts,
    "by loss": by_loss,
    "confident learning": by_confident_learning,
    "at random": at_random,
}


def relabelled(row: LabelledSentence, y: np.ndarray, book: Codebook) -> LabelledSentence:
    """Return a row with other labels, shape (k,)."""
    codes = [code for code, label in zip(book.codes, y, strict=True) if label]
    return replace(row, frames=tuple(c for c in codes if c in book.frame_ids), poles=tuple(c for c in codes if c in book.pole_ids))


def measure(rows: Sequence[LabelledSentence], book: Codebook, seed: int) -> dict[str, np.ndarray]:
    """Plant errors and return for each way to rank how many are found among the first, taken and added codes apart, shape (2, len(FIRST))."""
    generator = np.random.default_rng(seed)
    passages = sorted({row.passage for row in rows})
    half = {passages[i] for i in generator.permutation(len(passages))[: len(passages) // 2]}
    own = [row for row in rows if row.passage in half]
    Y, planted = plant(targets(own, book), generator)
    probabilities = RECIPES[DEFAULT_RECIPE]([relabelled(row, y, book) for row, y in zip(own, Y, strict=True)], book, Settings()).held_out
    found = {"planted": np.array([[(planted & np.equal(Y, kind)).sum()] * len(FIRST) for kind in (0, 1)])}
    for name, rank in WAYS.items():
        order = rank(Y, probabilities)
        hits = [np.cumsum((planted & np.equal(Y, kind)).ravel()[order]) for kind in (0, 1)]
        found[name] = np.array([[own_hits[k - 1] for k in FIRST] for own_hits in hits])
    return found


@click.command()
@click.option("--seeds", default=5, show_default=True)
def main(seeds: int) -> None:
    """Plant, rank, count, and write the figures as a file."""
    book = load_codebook()
    rows = read_labels(codebook=book, split="train")
    found = []
    for seed in range(seeds):
        found.append(measure(rows, book, seed))
        click.echo(f"seed {seed}: " + ", ".join(f"{name} {hits.sum(axis=0).tolist()}" for name, hits in found[-1].items()), err=True)
    about = {"recipe": DEFAULT_RECIPE, "seeds": seeds, "labels": labels_hash(rows), "codebook": book.hash, "share": SHARE, "first": FIRST}
    counts = {name: {kind: [own[name][i].tolist() for own in found] for i, kind in enumerate(("taken", "added"))} for name in found[0]}
    RESULT.write_text(json.dumps(about | {"found": counts}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
