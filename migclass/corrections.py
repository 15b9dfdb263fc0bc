"""Shares of machine tags set right by a sample that people coded: estimates and their intervals, on plain arrays."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

# Fewer coded sentences that have a code, or that lack it, can't carry an interval; chosen by benchmarks/coverage.py.
LEAST_CODED = 8
# With fewer documents than this they are no sample of others: intervals are for these documents only.
LEAST_DOCUMENTS = 20
_LEVEL = 0.95
# Of the sentences that are drawn least, half of one may be otherwise than those that were seen; chosen by benchmarks/coverage.py. Without
# it, intervals are too narrow where the machine finds nearly all and what it misses was not drawn.
_UNSEEN = 0.5
_TINY = 1e-12


@dataclass(frozen=True)
class Shares:
    """Shares of k codes, shape (k,), with what moves them.

    ``deviations`` has shape (m, k): by how much each of m clusters moves a share (Taylor linearisation; they sum to 0 over clusters).
    ``clusters``, shape (k,), counts those that were looked at for the code. ``unseen``, shape (k,), is variance that deviations can't show.
    """

    share: np.ndarray
    deviations: np.ndarray
    clusters: np.ndarray
    unseen: np.ndarray

    @property
    def variance(self) -> np.ndarray:
        """The variance of each share between clusters, shape (k,); two of them are spent on the share and on the weight of the scores."""
        return np.square(self.deviations).sum(axis=0) * self.clusters / np.maximum(self.clusters - 2, 1) + self.unseen

    @property
    def freedom(self) -> np.ndarray:
        """Degrees of freedom of the variance (Satterthwaite 1946), shape (k,): few, where few clusters carry it."""
        squares = np.square(self.deviations)
        carrying = squares.sum(axis=0) ** 2 / np.maximum(np.square(squares).sum(axis=0), _TINY**4)
        rest = 1 / np.maximum(carrying, _TINY) - 1 / np.maximum(self.clusters, 1)
        return np.clip(2 / np.maximum(rest, _TINY), 1, np.maximum(self.clusters - 1, 1))

    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of 95 % intervals, each of shape (k,), within 0 and 1.

        Wilson's (1927) for a plain sample of the size that would have this variance, as surveys do for rare things
        (Korn and Graubard 1998), with Student's t in place of the normal.
        """
        p, t = np.clip(self.share, 0, 1), stdtrit(self.freedom, (1 + _LEVEL) / 2)
        per_sentence = self.variance / np.maximum(p * (1 - p), _TINY)
        middle = (p + t**2 * per_sentence / 2) / (1 + t**2 * per_sentence)
        half = t * np.sqrt(self.variance + (t * per_sentence / 2) ** 2) / (1 + t**2 * per_sentence)
        return np.maximum(middle - half, 0), np.minimum(middle + half, 1)

    def of_second(self, first: np.ndarray, second: np.ndarray) -> "Shares":
        """Return the share of the second of two codes in the sum of both, for columns ``first`` and ``second``."""
        a, b = np.maximum(self.share[first], 0), np.maximum(self.share[second], 0)
        both = np.maximum(a + b, _TINY)
        share = b / both
        deviations = ((1 - share) * self.deviations[:, second] - share * self.deviations[:, first]) / both
        unseen = ((1 - share) ** 2 * self.unseen[second] + share**2 * self.unseen[first]) / both**2
        return Shares(share, deviations, np.minimum(self.clusters[first], self.clusters[second]), unseen)


@dataclass(frozen=True)
class Corrected:
    """Shares by the machine's tags alone, by the coded sentences alone, and by both.

    ``weight``, shape (k,), says how far the machine's scores are trusted: 0 not at all, 1 fully.
    """

    naive: Shares
    audit: Shares
    corrected: Shares
    weight: np.ndarray


def correct(
    *, scores: np.ndarray, tagged: np.ndarray, document: np.ndarray, rows: np.ndarray, probability: np.ndarray, coded: np.ndarray
) -> Corrected:
    """Estimate the shares of k codes among N sentences, n of which were coded.

    The corrected share is the difference estimator with power tuning (PPI++; Angelopoulos, Duchi and Zrnic 2023): the share in the coded sentences,
    moved by as much as their mean score differs from that of all sentences, times the weight that makes the variance least.

    Documents are clusters, as if drawn from many of the kind. Where there are fewer than LEAST_DOCUMENTS, shares are those of these N sentences,
    and only the draw of the n is left to chance.

    Args:
        scores: what the machine expects, shape (N, k).
        tagged: bool, shape (N, k).
        document: the document of each sentence, numbered from 0, shape (N,).
        rows: the places of the coded sentences, shape (n,).
        probability: the chance that each of these had to be drawn, shape (n,).
        coded: 1, 0, nan where nobody judged, shape (n, k).
    """
    size, judged = len(scores), ~np.isnan(coded)
    weights = judged / probability[:, None]
    weights /= np.maximum(weights.sum(axis=0), _TINY)
    truth, own, expected = np.nan_to_num(coded), scores[rows], scores.mean(axis=0)
    share, expected_own = (weights * truth).sum(axis=0), (weights * own).sum(axis=0)
    said, gained = weights * (truth - share), -weights * (own - expected_own)
    if is_sample(document):
        documents, home = int(document.max()) + 1, document[rows]
        said, seen = _totals(said, home, documents), (_totals(judged, home, documents) > 0).sum(axis=0)
        gained = _totals(gained, home, documents) + _totals(scores - expected, document, documents) / size
    else:
        # What is drawn for certain leaves nothing to chance.
        left = np.sqrt(np.maximum(1 - 1 / np.maximum(size * weights, 1), 0))
        said, gained, seen = said * left, gained * left, judged.sum(axis=0)
    weight, unseen = _best_weight(said, gained), _unseen(weights, size)
    both = Shares(share + weight * (expected - expected_own), said + weight * gained, seen, unseen)
    return Corrected(plain_shares(tagged, document), Shares(share, said, seen, unseen), both, weight)


def _best_weight(said: np.ndarray, gained: np.ndarray) -> np.ndarray:
    """Return the weight of scores that makes the variance least, between 0 and 1."""
    return np.clip(-(said * gained).sum(axis=0) / np.maximum(np.square(gained).sum(axis=0), _TINY**2), 0, 1)


def _unseen(weights: np.ndarray, size: int) -> np.ndarray:
    """Return the variance that comes from sentences like those that weigh most."""
    heaviest = weights.max(axis=0, initial=0)
    return _UNSEEN * heaviest * np.maximum(heaviest - 1 / size, 0)


def plain_shares(values: np.ndarray, document: np.ndarray) -> Shares:
    """Return the means of tags or scores (N, k), as if they were the truth."""
    share = values.mean(axis=0)
    cluster = document if is_sample(document) else np.arange(len(values))
    clusters = int(cluster.max()) + 1
    return Shares(share, _totals(values - share, cluster, clusters) / len(values), np.full(len(share), clusters), np.zeros(len(share)))


def is_sample(document: np.ndarray) -> bool:
    """Whether documents, numbered from 0, are enough to stand for others of the kind."""
    return int(document.max()) + 1 >= LEAST_DOCUMENTS


def _totals(values: np.ndarray, document: np.ndarray, documents: int) -> np.ndarray:
    """Return the sums of rows of values (n, k) by document, shape (documents, k)."""
    k = values.shape[1]
    places = document[:, None] * k + np.arange(k)
    return np.bincount(places.ravel(), values.ravel(), minlength=documents * k).reshape(documents, k)
