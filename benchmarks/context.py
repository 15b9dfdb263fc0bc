"""Do a sentence's neighbours help? Measured for each model that ships on the four whole documents of the development set.

    python benchmarks/context.py --real DIR

Two ways: a share of the neighbours' log-odds added to a sentence's own, and the sentence before put in front of it. Writes
results/context.json.
"""

import json
from pathlib import Path

import click
import numpy as np

from migclass.codebook import load_codebook
from migclass.evaluation import compare, f1_scores
from migclass.labels import read_labels, targets
from migclass.model import Model, load_model, shipped_models

RESULT = Path(__file__).parent / "results" / "context.json"
SHARES = (0.1, 0.2, 0.4)
LEAST = 8


def neighbours(logits: np.ndarray, documents: np.ndarray) -> np.ndarray:
    """Return the mean log-odds of the sentences before and after each, within its document."""
    total, count = np.zeros_like(logits), np.zeros(len(logits))
    for step in (-1, 1):
        for i in range(len(logits)):
            if 0 <= i + step < len(logits) and documents[i + step] == documents[i]:
                total[i] += logits[i + step]
                count[i] += 1
    return total / np.maximum(count, 1)[:, None]


def ways(model: Model, texts: list[str], documents: np.ndarray) -> dict[str, np.ndarray]:
    """Return the probabilities of each way to use neighbours."""
    logits = model.scorer.logits(texts)
    found = {"alone": logits}
    for share in SHARES:
        found[f"with {share:.0%} of its neighbours"] = (1 - share) * logits + share * neighbours(logits, documents)
    before = ["", *texts[:-1]]
    joined = [f"{b} {t}" if i and documents[i] == documents[i - 1] else t for i, (b, t) in enumerate(zip(before, texts, strict=True))]
    found["after the sentence before it"] = model.scorer.logits(joined)
    return {name: model.decision.probabilities(values) for name, values in found.items()}


@click.command()
@click.option("--real", required=True, help="Folder with validation.jsonl.")
def main(real: str) -> None:
    """Measure and write the figures as a file."""
    book = load_codebook()
    every = read_labels(Path(real) / "validation.jsonl", codebook=book)
    rows = [row for row in every if row.source == "document"]
    Y, documents = targets(rows, book), np.array([row.passage for row in rows])
    enough = Y.sum(axis=0) >= LEAST
    results, hashes = {}, {name: load_model(name).hash for name in shipped_models()}
    for name in shipped_models():
        model, plain = load_model(name), None
        for way, p in ways(model, [row.text for row in rows], documents).items():
            tagged = p >= model.decision.threshold
            plain = tagged if plain is None else plain
            groups = {"frames": book.frame_ids, "poles": book.pole_ids}
            gained = {
                d.name: [round(x, 4) for x in (d.f1, d.low, d.high)]
                for d in compare(Y, tagged, plain, codes=book.codes, groups=groups, documents=list(documents))
            }
            scores = {
                k: round(float(f1_scores(Y, tagged)[[j for j, c in enumerate(book.codes) if c in ids and enough[j]]].mean()), 4)
                for k, ids in groups.items()
            }
            results[f"{name}, {way}"] = {"F1": scores, "gained": gained}
    RESULT.write_text(
        json.dumps({"models": hashes, "sentences": len(rows), "documents": len(set(documents)), "results": results}, indent=1) + "\n",
        encoding="utf-8",
    )
    click.echo(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
