"""Coders against coders: for each code Krippendorff's alpha and pairwise F1, and the sentences they dispute most."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from migclass.codebook import Codebook
from migclass.evaluation import LEAST_POSITIVES, blocks
from migclass.labels import LabelledSentence, targets

_DRAWS = 500
# Disputed sentences that are listed.
_SHOWN = 20


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
class PairAgreement:
    """Agreement of two coders: the sentences that both coded, and F1 over all codes together."""

    first: str
    second: str
    sentences: int
    f1: float


@dataclass(frozen=True)
class CoderAgreement:
    """One coder against the others.

    Sentences coded, codes given to a sentence on average, F1 over all codes together with each of the others (their mean),
    and the mean alpha of codes with this coder left out: where it is well above that of all, this is who differs.
    """

    coder: str
    sentences: int
    codes_each: float
    f1: float
    alpha_without: float


@dataclass(frozen=True)
class Agreement:
    """Agreement of coders on a set of sentences.

    ``left_out`` are coders that were not counted. ``pairs`` are those with sentences in common. ``disputed`` are the sentences
    with most codes in dispute, most first, each with their number.
    """

    coders: tuple[str, ...]
    left_out: tuple[str, ...]
    sentences: int
    codes: tuple[CodeAgreement, ...]
    pairs: tuple[PairAgreement, ...]
    by_coder: tuple[CoderAgreement, ...]
    disputed: tuple[tuple[LabelledSentence, int], ...]

    @property
    def alpha(self) -> float:
        """The mean alpha of codes, nan where none has one."""
        return _mean([row.alpha for row in self.codes])

    def mean_f1(self, ids: Sequence[str], *, least: int = LEAST_POSITIVES) -> float:
        """Return the mean pairwise F1 over codes with at least that many positives, nan if there is none."""
        return _mean([row.f1 for row in self.codes if row.code in ids and row.positives >= least])


def agreement(
    rows: Sequence[LabelledSentence], codebook: Codebook, *, coders: Sequence[str] = (), draws: int = _DRAWS, seed: int = 0
) -> Agreement | None:
    """Compare the coders of rows, any number of them; a sentence need not be coded by all. None where no row has two.

    Intervals of alpha draw passages, or tens of consecutive sentences in long ones.

    Args:
        rows: the rows; a code that a row was not judged for does not count there.
        codebook: the codes.
        coders: who is compared. By default all but those who coded less than half as many of the sentences with several
            coders as the coder with most: who came to settle differences saw a choice of hard ones.
        draws: bootstrap draws.
        seed: of the draws.
    """
    rows = [row for row in rows if len(row.coders) > 1]
    counts = Counter(coder for row in rows for coder in row.coders)
    kept = tuple(sorted(set(coders) & counts.keys() if coders else (c for c, n in counts.items() if n >= max(counts.values()) / 2)))
    rows = [row for row in rows if len(row.coders.keys() & set(kept)) > 1]
    if not rows:
        return None
    said = np.stack([targets(rows, codebook, coder=coder) for coder in kept])
    codes = _by_code(said, codebook, blocks([row.passage for row in rows]), draws, seed)
    pairs = _pairs(said, kept)
    quarrels = ((said > 0).any(axis=0) & (said == 0).any(axis=0)).sum(axis=1)
    worst = [(rows[i], int(quarrels[i])) for i in np.argsort(-quarrels, kind="stable")[:_SHOWN] if quarrels[i]]
    return Agreement(kept, tuple(sorted(counts.keys() - set(kept))), len(rows), codes, pairs, _by_coder(said, kept, pairs), tuple(worst))


def _by_code(said: np.ndarray, codebook: Codebook, block: np.ndarray, draws: int, seed: int) -> tuple[CodeAgreement, ...]:
    """Return the agreement on each code; ``said`` holds 1, 0, nan, shape (coders, n, k), ``block`` numbers of shape (n,)."""
    count = int(block.max()) + 1
    times = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=draws)[:, block].astype(float)
    codes = []
    for j, code in enumerate(codebook.codes):
        values = said[:, :, j]
        drawn = _alpha(values, times)
        low, high = np.nanpercentile(drawn, [2.5, 97.5]) if not np.isnan(drawn).all() else (np.nan, np.nan)
        f1 = _mean([_f1(a, b) for a, b in combinations(values, 2)])
        codes.append(CodeAgreement(code, int((values > 0).any(axis=0).sum()), _alpha_of_all(values), float(low), float(high), f1))
    return tuple(codes)


def _pairs(said: np.ndarray, coders: Sequence[str]) -> tuple[PairAgreement, ...]:
    found = []
    for (a, first), (b, second) in combinations(zip(said, coders, strict=True), 2):
        if both := int((~np.isnan(a) & ~np.isnan(b)).any(axis=1).sum()):
            found.append(PairAgreement(first, second, both, _f1(a, b)))
    return tuple(found)


def _by_coder(said: np.ndarray, coders: Sequence[str], pairs: Sequence[PairAgreement]) -> tuple[CoderAgreement, ...]:
    found = []
    for i, (own, coder) in enumerate(zip(said, coders, strict=True)):
        judged = int((~np.isnan(own)).any(axis=1).sum())
        others = np.delete(said, i, axis=0)
        alphas = [_alpha_of_all(others[:, :, j]) for j in range(said.shape[2])]
        f1 = _mean([pair.f1 for pair in pairs if coder in (pair.first, pair.second)])
        found.append(CoderAgreement(coder, judged, float(np.nansum(own)) / max(judged, 1), f1, _mean(alphas)))
    return tuple(found)


def _mean(values: Sequence[float]) -> float:
    """Return the mean of those values that are numbers, nan if there is none."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _alpha_of_all(values: np.ndarray) -> float:
    return float(_alpha(values, np.ones((1, values.shape[1])))[0])


def _alpha(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return Krippendorff's nominal alpha (2011) of one code: values (coders, n) of 0, 1, nan; times (draws, n) counts rows."""
    ones, judged = np.nansum(values > 0, axis=0), (~np.isnan(values)).sum(axis=0)
    pairable = judged > 1
    ones, judged, times = ones[pairable], judged[pairable], times[:, pairable]
    total, positive = times @ judged, times @ ones
    observed = times @ (2 * ones * (judged - ones) / (judged - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 - (total - 1) * observed / (2 * positive * (total - positive))


def _f1(a: np.ndarray, b: np.ndarray) -> float:
    """Return the F1 of two coders' 1, 0, nan, arrays of one shape, over what both judged; nan where neither found anything."""
    both = ~np.isnan(a) & ~np.isnan(b)
    size = (a[both] > 0).sum() + (b[both] > 0).sum()
    return float(2 * ((a > 0) & (b > 0)).sum() / size) if size else float("nan")
