"""How many labels does `migclass labels suggest` save? A simulation on the written labels, beside sentences drawn at random.

    python benchmarks/suggest.py [--seeds N]

The sentences of the split train are a pool whose labels are hidden. From the same few labels, drawn at random, two collections grow by
batches: one of sentences that `migclass.suggest` chooses by the model trained so far, one of sentences drawn at random. After each batch
the default recipe is trained on either and measured on the split test. Once with the pool as it is, and once with a pool in which poles
are as rare as in real text. Writes results/suggest.json.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from migclass.codebook import Codebook, load_codebook
from migclass.evaluation import f1_scores
from migclass.labels import LabelledSentence, labels_hash, read_labels, targets
from migclass.model import Model
from migclass.recipes import RECIPES, Settings
from migclass.suggestions import suggest
from migclass.tagging import Tagger
from migclass.training import DEFAULT_RECIPE

RESULT = Path(__file__).parent / "results" / "suggest.json"
# Labels to begin with, in a batch, and batches.
START, BATCH, BATCHES = 200, 200, 4
# Sentences of each pole that stay in the pool of rare poles.
RARE = 60
DRAWS = 2000

Chooser = Callable[[Sequence[LabelledSentence], Tagger, Sequence[LabelledSentence], int], list[LabelledSentence]]


def by_suggestion(pool: Sequence[LabelledSentence], tagger: Tagger, labels: Sequence[LabelledSentence], seed: int) -> list[LabelledSentence]:
    """Choose a batch as `migclass labels suggest` does."""
    hidden = [replace(row, frames=(), poles=(), coders={}, coded=()) for row in pool]
    return suggest(hidden, tagger, BATCH, labels=labels, seed=seed)


def at_random(pool: Sequence[LabelledSentence], tagger: Tagger, labels: Sequence[LabelledSentence], seed: int) -> list[LabelledSentence]:
    """Choose a batch at random."""
    return [pool[i] for i in np.random.default_rng(seed).choice(len(pool), BATCH, replace=False)]


CHOOSERS: dict[str, Chooser] = {"suggest": by_suggestion, "random": at_random}


def thinned(rows: Sequence[LabelledSentence], codebook: Codebook, generator: np.random.Generator) -> list[LabelledSentence]:
    """Return rows with at most RARE sentences of each pole."""
    left = dict.fromkeys(codebook.pole_ids, RARE)
    kept = []
    for i in generator.permutation(len(rows)):
        if all(left[pole] for pole in rows[i].poles):
            kept.append(rows[i])
            left |= {pole: left[pole] - 1 for pole in rows[i].poles}
    return kept


def grow(
    pool: Sequence[LabelledSentence], test: Sequence[LabelledSentence], codebook: Codebook, choose: Chooser, seed: int
) -> Iterator[dict[str, float]]:
    """Yield what comes of a collection of labels at each size: mean F1 of frames and of poles, and mean positives of a pole."""
    by_id, frames = {row.id: row for row in pool}, len(codebook.frames)
    labels = [pool[i] for i in np.random.default_rng(seed).choice(len(pool), START, replace=False)]
    for batch in range(BATCHES + 1):
        fitted = RECIPES[DEFAULT_RECIPE](labels, codebook, Settings())
        tagger = Tagger(Model(fitted.scorer, fitted.decision, codebook))
        f1 = f1_scores(targets(test, codebook), tagger.predict([row.text for row in test]))
        positives = targets(labels, codebook)[:, frames:].sum(axis=0)
        means = {"frames": f1[:frames].mean(), "poles": f1[frames:].mean(), "positives": positives.mean()}
        yield {"labels": len(labels)} | {name: round(float(value), 4) for name, value in means.items()}
        have = {row.id for row in labels}
        chosen = choose([row for row in pool if row.id not in have], tagger, labels, seed + batch)
        labels += [by_id[row.id] for row in chosen]


def saved(sizes: np.ndarray, suggested: np.ndarray, drawn: np.ndarray) -> float:
    """Return the share of labels that suggestions save on the way to the score that random ones have in the end; curves of shape (sizes,)."""
    needed = np.interp(drawn[-1], np.maximum.accumulate(suggested), sizes)
    return float(1 - needed / sizes[-1])


def summary(curves: dict[str, list[list[dict[str, float]]]], name: str) -> dict[str, object]:
    """Return mean curves of one score, and with 95 % intervals over seeds the gain in the end and the share of labels saved."""
    sizes = np.array([point["labels"] for point in curves["random"][0]])
    suggested, drawn = (np.array([[point[name] for point in curve] for curve in curves[chooser]]) for chooser in CHOOSERS)
    picks = np.random.default_rng(0).integers(len(drawn), size=(DRAWS, len(drawn)))
    gains = (suggested - drawn)[picks, -1].mean(axis=1)
    shares = [saved(sizes, suggested[pick].mean(axis=0), drawn[pick].mean(axis=0)) for pick in picks]
    whole = saved(sizes, suggested.mean(axis=0), drawn.mean(axis=0))
    return {
        "suggest": suggested.mean(axis=0).round(4).tolist(),
        "random": drawn.mean(axis=0).round(4).tolist(),
        "gain": [round(float(value), 4) for value in ((suggested - drawn)[:, -1].mean(), *np.percentile(gains, [2.5, 97.5]))],
        "saved": [round(float(value), 4) for value in (whole, *np.percentile(shares, [2.5, 97.5]))],
    }


@click.command()
@click.option("--seeds", default=6, show_default=True)
@click.option("--split", default="test", show_default=True, help="What is measured on; selection was designed on validation.")
@click.option("--first", default=0, show_default=True, help="The first seed.")
def main(seeds: int, split: str, first: int) -> None:
    """Simulate and write the curves as a file."""
    book = load_codebook()
    rows = read_labels(codebook=book)
    train, test = ([row for row in rows if row.split == name] for name in ("train", split))
    found: dict[str, object] = {}
    for pool_name in ("as written", "poles made rare"):
        curves: dict[str, list[list[dict[str, float]]]] = {name: [] for name in CHOOSERS}
        for seed in range(first, first + seeds):
            pool = train if pool_name == "as written" else thinned(train, book, np.random.default_rng(seed))
            for name, choose in CHOOSERS.items():
                curves[name].append(list(grow(pool, test, book, choose, seed)))
                click.echo(f"{pool_name}, seed {seed}, {name}: {curves[name][-1][-1]}", err=True)
        share = targets(pool, book)[:, len(book.frames) :].mean()
        found[pool_name] = {"sentences": len(pool), "share of a pole": round(float(share), 4)} | {
            name: summary(curves, name) for name in ("frames", "poles", "positives")
        }
    sizes = [START + BATCH * i for i in range(BATCHES + 1)]
    about = {"recipe": DEFAULT_RECIPE, "seeds": seeds, "labels": labels_hash(train), "codebook": book.hash, "sizes": sizes, "measured on": split}
    RESULT.write_text(json.dumps({"about": about, "pools": found}, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(found), err=True)


if __name__ == "__main__":
    main()
