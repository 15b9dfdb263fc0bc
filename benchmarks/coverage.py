"""How often do 95 % intervals hold the truth? Corrected shares and balances, and plain shares of machine tags, on simulated corpora.

    python benchmarks/coverage.py [--draws N]

In each cell of the grid, corpora with six codes are drawn, tagged by a machine of some sensitivity and specificity, sampled as
`migclass audit draw` does and estimated as `migclass audit estimate` does, by the same functions. Documents are a sample of many, whose shares are
the truth; where they are few, the truth is their own share. Writes results/coverage.json.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

import click
import numpy as np
from scipy.special import expit, ndtri

from migclass.audits import draw_rows, estimate
from migclass.codebook import Code, Codebook, Tension
from migclass.corrections import is_sample, plain_shares

RESULT = Path(__file__).parent / "results" / "coverage.json"
# The six codes are the poles of three tensions.
PREVALENCE = np.array([0.01, 0.05, 0.02, 0.1, 0.2, 0.5])
FIRST, SECOND = np.array([0, 2, 4]), np.array([1, 3, 5])
# Documents and sentences in each, sensitivity, specificity, sentences coded.
GRID = (((2000, 1), (200, 10), (40, 50), (2, 1000), (4, 120)), (0.5, 0.95), (0.9, 0.99), (100, 200, 400))
# Correlation of a code within documents.
ALIKE = 0.1
# The machine's probabilities are right for codes of this prevalence, and wrong for the rarer and the more frequent.
LEARNT = 0.15
# A cell counts as refused where most of its draws are.
MOST = 0.5


@dataclass(frozen=True)
class Corpus:
    """Simulated sentences: the document of each, shape (N,), truth, tags and probabilities, shape (N, k), and the shares that are sought, (k,)."""

    document: np.ndarray
    true: np.ndarray
    tagged: np.ndarray
    scores: np.ndarray
    sought: np.ndarray


@dataclass(frozen=True)
class Cell:
    """What was simulated, and what came of it.

    ``prevalence`` has one number for a share and those of both poles for a balance. ``refused`` is a share of draws, ``covered`` one of the intervals
    that were given, ``wrong`` the share of draws that gave an interval without the truth, ``naive`` the coverage of the plain share of tags.
    ``width`` and ``audit_width`` are mean widths of corrected intervals and of those by the coded sentences alone.
    """

    documents: int
    sentences: int
    sensitivity: float
    specificity: float
    coded: int
    prevalence: tuple[float, ...]
    refused: float
    covered: float | None
    wrong: float
    naive: float
    width: float | None
    audit_width: float | None


def codebook() -> Codebook:
    """Return a codebook of tensions whose poles are the simulated codes."""
    poles = [Code(f"code{j}", "", "") for j in range(len(PREVALENCE))]
    tensions = tuple(Tension(f"tension{i}", "", (poles[a], poles[b])) for i, (a, b) in enumerate(zip(FIRST, SECOND, strict=True)))
    return Codebook("simulated", 1, (), tensions, (), (), (), (), "")


def simulate(generator: np.random.Generator, *, documents: int, sentences: int, sensitivity: float, specificity: float) -> Corpus:
    """Return a corpus of documents with so many sentences each; what the machine sees is normal with a code, and without."""
    number, shape, spread = np.repeat(np.arange(documents), sentences), (documents, len(PREVALENCE)), (1 - ALIKE) / ALIKE
    of_document = np.broadcast_to(PREVALENCE, shape) if sentences == 1 else generator.beta(PREVALENCE * spread, (1 - PREVALENCE) * spread, shape)
    true = generator.random((len(number), len(PREVALENCE))) < of_document[number]
    threshold = ndtri(specificity)
    apart = threshold - ndtri(1 - sensitivity)
    seen = generator.standard_normal(true.shape) + apart * true
    scores = expit(np.log(LEARNT / (1 - LEARNT)) + apart * seen - apart**2 / 2)
    return Corpus(number, true, seen > threshold, scores, PREVALENCE if is_sample(number) else true.mean(axis=0))


def outcome(generator: np.random.Generator, corpus: Corpus, coded: int, book: Codebook) -> np.ndarray:
    """Return a row a code and a tension: interval given, it holds the truth, the naive one does, widths of corrected and audit-only intervals."""
    rows, probability, _ = draw_rows(corpus.scores, np.zeros(len(corpus.document), np.int64), coded, generator)
    found = estimate(
        codebook=book, scores=corpus.scores, tagged=corpus.tagged, document=corpus.document,
        rows=rows, probability=probability, coded=corpus.true[rows].astype(np.float64),
    )  # fmt: skip
    a, b = corpus.sought[FIRST], corpus.sought[SECOND]
    truth = np.concatenate([corpus.sought, (b - a) / np.maximum(a + b, 1e-12)])
    naive = plain_shares(corpus.tagged, corpus.document)
    low, high = np.hstack([naive.interval(), 2 * np.array(naive.of_second(FIRST, SECOND).interval()) - 1])
    return np.array([
        (not own.refusal, own.corrected.low <= t <= own.corrected.high, lo <= t <= hi,
         own.corrected.high - own.corrected.low, own.audit.high - own.audit.low)
        for own, t, lo, hi in zip(found, truth, low, high, strict=True)
    ])  # fmt: skip


def cells(draws: int, *, grid: Sequence[Sequence[Any]] = GRID) -> Iterator[Cell]:
    """Yield the cells of a grid, codes before tensions."""
    book = codebook()
    prevalences = [(float(p),) for p in PREVALENCE] + [(float(PREVALENCE[a]), float(PREVALENCE[b])) for a, b in zip(FIRST, SECOND, strict=True)]
    for number, ((documents, sentences), sensitivity, specificity, coded) in enumerate(product(*grid)):
        generator = np.random.default_rng([0, number])
        about = {"documents": documents, "sentences": sentences, "sensitivity": sensitivity, "specificity": specificity}
        outcomes = np.array([outcome(generator, simulate(generator, **about), coded, book) for _ in range(draws)])
        for prevalence, own in zip(prevalences, outcomes.transpose(1, 2, 0), strict=True):
            yield Cell(*about.values(), coded, prevalence, *summary(own))


def summary(outcomes: np.ndarray) -> tuple[float | None, ...]:
    """Return what a cell says of its draws, shape (5, draws)."""
    given, held, naive, *_ = outcomes > 0
    covered, width, audit_width = (float(row[given].mean()) if given.any() else None for row in (held, *outcomes[3:]))
    return float(1 - given.mean()), covered, float((given & ~held).mean()), float(naive.mean()), width, audit_width


@click.command()
@click.option("--draws", default=2000, show_default=True)
def main(draws: int) -> None:
    """Simulate and write the figures as a file."""
    found = list(cells(draws))
    about = {"draws": draws, "alike": ALIKE, "learnt": LEARNT, "numpy": np.__version__}
    rows = [{name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(cell).items()} for cell in found]
    RESULT.write_text(json.dumps(about | {"cells": rows}) + "\n", encoding="utf-8")
    given = [cell for cell in found if cell.refused <= MOST]
    click.echo(f"{len(given)} of {len(found)} cells are not refused; their least coverage is {min(cell.covered or 0 for cell in given):.3f}")


if __name__ == "__main__":
    main()
