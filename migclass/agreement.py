"""Coders against coders: for each code Krippendorff's alpha and pairwise F1, and the sentences they dispute most."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from migclass.codebook import Codebook
from migclass.evaluation import blocks
from migclass.labels import LabelledSentence, targets

_DRAWS = 500


@dataclass(frozen=True)
class CodeAgreement:
    """Agreement on one code: positives by any coder, alpha with a 95 % interval, mean F1 of pairs of coders ('another coder')."""

    code: str
    positives: int
    alpha: float
    low: float
    high: float
    f1: float


@dataclass(frozen=True)
class Agreement:
    """Agreement of coders on a set of sentences; ``disputed`` are the sentences with most disagreement, most first."""

    coders: tuple[str, ...]
    sentences: int
    codes: tuple[CodeAgreement, ...]
    disputed: tuple[tuple[LabelledSentence, int], ...]

    def mean_f1(self, ids: Sequence[str], *, least: int = 8) -> float:
        """Return the mean pairwise F1 over codes with at least that many positives, nan if there is none."""
        scores = [row.f1 for row in self.codes if row.code in ids and row.positives >= least]
        return float(np.mean(scores)) if scores else float("nan")


def agreement(rows: Sequence[LabelledSentence], codebook: Codebook, *, draws: int = _DRAWS, seed: int = 0) -> Agreement | None:
    """Compare the coders of rows; None where no row has two.

    Who coded less than half of the sentences that have several coders (to settle differences, say) saw a choice of hard
    ones and is left out. Intervals of alpha draw passages, or tens of consecutive sentences in long ones.
    """
    rows = [row for row in rows if len(row.coders) > 1]
    counts = Counter(coder for row in rows for coder in row.coders)
    coders = tuple(sorted(coder for coder, count in counts.items() if count >= len(rows) / 2))
    rows = [row for row in rows if len(row.coders.keys() & set(coders)) > 1]
    if len(coders) < 2 or not rows:
        return None
    said = np.stack([targets(rows, codebook, coder=coder) for coder in coders])
    block = blocks([row.passage for row in rows])
    count = int(block.max()) + 1
    times = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=draws)[:, block]
    codes = []
    for j, code in enumerate(codebook.codes):
        values = said[:, :, j]
        drawn = _alpha(values, times.astype(float))
        low, high = np.nanpercentile(drawn, [2.5, 97.5]) if not np.isnan(drawn).all() else (np.nan, np.nan)
        alpha = float(_alpha(values, np.ones((1, len(rows))))[0])
        codes.append(CodeAgreement(code, int((values > 0).any(axis=0).sum()), alpha, float(low), float(high), _pair_f1(values)))
    quarrels = np.array([sum(len({c in said for said in row.coders.values()}) > 1 for c in codebook.codes) for row in rows])
    worst = np.argsort(-quarrels, kind="stable")[:20]
    return Agreement(coders, len(rows), tuple(codes), tuple((rows[i], int(quarrels[i])) for i in worst if quarrels[i]))


def _alpha(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return Krippendorff's nominal alpha (2011) of one code: values (coders, n) of 0, 1, nan; times (draws, n) counts rows."""
    ones, judged = np.nansum(values > 0, axis=0), (~np.isnan(values)).sum(axis=0)
    pairable = judged > 1
    ones, judged, times = ones[pairable], judged[pairable], times[:, pairable]
    total, positive = times @ judged, times @ ones
    observed = times @ (2 * ones * (judged - ones) / (judged - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 - (total - 1) * observed / (2 * positive * (total - positive))


def _pair_f1(values: np.ndarray) -> float:
    scores = []
    for a, b in combinations(values, 2):
        both = ~np.isnan(a) & ~np.isnan(b)
        if size := (a[both] > 0).sum() + (b[both] > 0).sum():
            scores.append(2 * ((a[both] > 0) & (b[both] > 0)).sum() / size)
    return float(np.mean(scores)) if scores else float("nan")
