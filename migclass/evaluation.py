"""Scores against labels: for each code and on average, with intervals by bootstrap over blocks of text."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, cast

import numpy as np

from migclass.calibration import brier_skill, calibration_slope
from migclass.decisions import log_odds
from migclass.errors import DocumentError

_DRAWS = 1000
# Draws are reckoned in so many parts, to need less memory.
_PARTS = 20
_BLOCK = 10
_BINS = 10
# Below the smallest probability that a decision gives, so that no two margins fall together.
_NEAREST = 1e-7
# Shares of decisions that are kept when the rest is set aside as unsure.
_SHARES = (1.0, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5)
# Codes with fewer positives are shown but left out of the means: their F1 is mostly chance.
LEAST_POSITIVES = 8


def f1_scores(Y: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the F1 of each code, shape (k,); 0 where there is nothing to find and nothing found.

    Args:
        Y: truth, shape (n, k), 1, 0, or nan where nobody judged.
        predicted: bool, shape (n, k).
        weights: how often each row counts, shape (n,).
    """
    w = np.ones(len(Y)) if weights is None else weights
    judged, true = ~np.isnan(Y), Y > 0
    hits = w @ (true & predicted)
    return 2 * hits / np.maximum(w @ true + w @ (predicted & judged), 1e-12)


def average_precision(y: np.ndarray, scores: np.ndarray) -> float:
    """Return the area under the precision-recall curve (step-wise), nan without positives."""
    judged = ~np.isnan(y)
    truth = (y[judged] > 0)[np.argsort(-scores[judged], kind="stable")]
    if not truth.any():
        return float("nan")
    precision = np.cumsum(truth) / np.arange(1, len(truth) + 1)
    return float(precision[truth].mean())


@dataclass(frozen=True)
class CodeScore:
    """How well one code is found, and how far its probabilities can be believed.

    Counts, F1 with a 95 % interval, precision, recall, average precision; Brier skill (above 0: better than the plain
    share) and calibration slope (1 is right). Where nobody judged the code, counts are 0 and the rest is nan.
    """

    code: str
    positives: int
    documents: int
    precision: float
    recall: float
    f1: float
    low: float
    high: float
    average_precision: float
    brier_skill: float
    calibration_slope: float


@dataclass(frozen=True)
class MeanScore:
    """A mean over codes with enough positives, with 95 % intervals of the F1."""

    name: str
    codes: int
    f1: float
    low: float
    high: float
    average_precision: float


@dataclass(frozen=True)
class Coverage:
    """What is left when the decisions nearest to their thresholds are set aside: their share, and how good the rest is.

    ``share`` is of (sentence, code) decisions; ``f1`` is micro F1 over those kept.
    """

    share: float
    f1: float


@dataclass(frozen=True)
class Bin:
    """Decisions of like probability: their mean probability, the share that is true, and how many there are."""

    probability: float
    share: float
    count: int


@dataclass(frozen=True)
class Evaluation:
    """Scores of a model on labelled sentences; ``about`` says on which, and what was found of them.

    ``coverage`` and ``reliability`` have a curve for each mean, by its name.
    """

    sentences: int
    blocks: int
    codes: tuple[CodeScore, ...]
    means: tuple[MeanScore, ...]
    coverage: dict[str, tuple[Coverage, ...]]
    reliability: dict[str, tuple[Bin, ...]]
    about: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data for JSON; what can't be said without positives or judgements is None."""
        data = asdict(self)
        return data | {kind: [_without_nan(row) for row in data[kind]] for kind in ("codes", "means")}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Evaluation":
        """Return what `as_dict` wrote, as a file of results or a model's quality holds it.

        Raises:
            DocumentError: something in it is missing or of another kind.
        """
        try:
            curves = {
                name: {mean: tuple(_from_row(kind, row) for row in rows) for mean, rows in data[name].items()}
                for name, kind in (("coverage", Coverage), ("reliability", Bin))
            }
            codes, means = (tuple(_from_row(kind, row) for row in data[name]) for name, kind in (("codes", CodeScore), ("means", MeanScore)))
            return cls(int(data["sentences"]), int(data["blocks"]), codes, means, **curves, about=dict(data["about"]))
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            raise DocumentError(f"no result of an evaluation ({type(error).__name__}: {error}); expected what `migclass evaluate` wrote") from None

    def mean(self, name: str) -> MeanScore:
        """Return the mean of that name ('frames' or 'poles')."""
        return next(mean for mean in self.means if mean.name == name)


def _from_row(kind: Any, row: dict[str, Any]) -> Any:
    """Return a dataclass of text and numbers from plain data; None is a number that can't be said."""
    return kind(**{field.name: float("nan") if row[field.name] is None else cast(type, field.type)(row[field.name]) for field in fields(kind)})


def blocks(documents: Sequence[str]) -> np.ndarray:
    """Number the blocks that sentences are drawn in: documents, cut into tens of consecutive sentences.

    >>> blocks(["a"] * 12 + ["b"] * 2).tolist()
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2]
    """
    seen: dict[str, int] = {}
    names: dict[tuple[str, int], int] = {}
    numbers = []
    for document in documents:
        place = seen.get(document, 0)
        seen[document] = place + 1
        numbers.append(names.setdefault((document, place // _BLOCK), len(names)))
    return np.array(numbers, np.int64)


def evaluate(
    Y: np.ndarray,
    probabilities: np.ndarray,
    thresholds: np.ndarray,
    *,
    codes: Sequence[str],
    groups: dict[str, Sequence[str]],
    documents: Sequence[str],
    about: dict[str, Any] | None = None,
    draws: int = _DRAWS,
    seed: int = 0,
) -> Evaluation:
    """Compare probabilities with labels.

    Args:
        Y: truth, shape (n, k): 1, 0, nan where nobody judged.
        probabilities: shape (n, k).
        thresholds: shape (k,); a code is predicted at its threshold or above.
        codes: the k ids.
        groups: names of means, each with the ids it averages over.
        documents: the document or passage of each sentence, shape (n,); intervals draw blocks of them.
        about: what was measured, kept with the figures.
        draws: bootstrap draws.
        seed: of the draws.
    """
    predicted = probabilities >= thresholds
    block = blocks(documents)
    f1 = f1_scores(Y, predicted)
    drawn = _bootstrap(Y, predicted, block, draws, seed)
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    ap = np.array([average_precision(Y[:, j], probabilities[:, j]) for j in range(len(codes))])
    rows = []
    for j, code in enumerate(codes):
        true, judged = Y[:, j] > 0, ~np.isnan(Y[:, j])
        found = predicted[:, j] & judged
        hits = int((true & found).sum())
        where = {documents[int(i)] for i in np.flatnonzero(true)}
        trust = (brier_skill(Y[:, j], probabilities[:, j]), calibration_slope(Y[:, j], probabilities[:, j]))
        figures = np.array([_ratio(hits, found.sum()), _ratio(hits, true.sum()), f1[j], low[j], high[j], ap[j], *trust])
        rows.append(CodeScore(code, int(true.sum()), len(where), *np.where(judged.any(), figures, np.nan).tolist()))
    enough = {row.code for row in rows if row.positives >= LEAST_POSITIVES}
    means, coverage, reliability_of = [], {}, {}
    for name, ids in groups.items():
        if columns := [j for j, code in enumerate(codes) if code in ids and code in enough]:
            coverage[name] = risk_coverage(Y[:, columns], probabilities[:, columns], thresholds[columns])
            reliability_of[name] = reliability(Y[:, columns], probabilities[:, columns])
            lower, upper = np.nanpercentile(drawn[:, columns].mean(axis=1), [2.5, 97.5])
            means.append(MeanScore(name, len(columns), float(f1[columns].mean()), float(lower), float(upper), float(ap[columns].mean())))
    return Evaluation(len(Y), int(block.max(initial=-1)) + 1, tuple(rows), tuple(means), coverage, reliability_of, about or {})


@dataclass(frozen=True)
class HeldOutScore:
    """How well one code is found in sentences that were each scored by a model that had not seen them.

    Sentences that were judged for the code, those that have it, F1 and average precision with 95 % intervals; nan
    where no judged sentence has it.
    """

    code: str
    judged: int
    positives: int
    f1: float
    low: float
    high: float
    average_precision: float
    average_precision_low: float
    average_precision_high: float

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data for JSON, None for nan."""
        return _without_nan(asdict(self))


def held_out_scores(
    Y: np.ndarray,
    probabilities: np.ndarray,
    tagged: np.ndarray,
    *,
    codes: Sequence[str],
    documents: Sequence[str],
    draws: int = _DRAWS,
    seed: int = 0,
) -> tuple[HeldOutScore, ...]:
    """Compare with labels what was said of sentences out of fold; what was not held out counts as not judged.

    Args:
        Y: truth, shape (n, k): 1, 0, nan where nobody judged.
        probabilities: shape (n, k), nan where nothing was held out.
        tagged: bool, shape (n, k).
        codes: the k ids.
        documents: the document or passage of each sentence, shape (n,); intervals draw blocks of them.
        draws: bootstrap draws.
        seed: of the draws.
    """
    Y = np.where(np.isnan(probabilities), np.nan, Y)
    times = _times(blocks(documents), draws, seed)
    f1, drawn = f1_scores(Y, tagged), _drawn_f1(Y, tagged, times)
    found = []
    for j, code in enumerate(codes):
        figures = (float("nan"),) * 6
        if (Y[:, j] > 0).any():
            precision = average_precision(Y[:, j], probabilities[:, j])
            spread = _drawn_average_precision(Y[:, j], probabilities[:, j], times)
            figures = (float(f1[j]), *_interval(drawn[:, j]), precision, *_interval(spread))
        found.append(HeldOutScore(code, int((~np.isnan(Y[:, j])).sum()), int((Y[:, j] > 0).sum()), *figures))
    return tuple(found)


@dataclass(frozen=True)
class Difference:
    """By how much the mean F1 of one set of predictions is above that of another, with a 95 % interval."""

    name: str
    f1: float
    low: float
    high: float


def compare(
    Y: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    *,
    codes: Sequence[str],
    groups: dict[str, Sequence[str]],
    documents: Sequence[str],
    draws: int = _DRAWS,
    seed: int = 0,
) -> tuple[Difference, ...]:
    """Compare two sets of predictions (bool, shape (n, k)) of the same sentences, over the same draws of blocks.

    Means are over the codes with enough positives, as in `evaluate`; the other arguments are those of `evaluate`.
    """
    block, enough = blocks(documents), np.nansum(Y > 0, axis=0) >= LEAST_POSITIVES
    drawn = _bootstrap(Y, first, block, draws, seed) - _bootstrap(Y, second, block, draws, seed)
    gained = f1_scores(Y, first) - f1_scores(Y, second)
    found = []
    for name, ids in groups.items():
        if columns := [j for j, code in enumerate(codes) if code in ids and enough[j]]:
            low, high = np.nanpercentile(drawn[:, columns].mean(axis=1), [2.5, 97.5])
            found.append(Difference(name, float(gained[columns].mean()), float(low), float(high)))
    return tuple(found)


def risk_coverage(Y: np.ndarray, probabilities: np.ndarray, thresholds: np.ndarray) -> tuple[Coverage, ...]:
    """Return micro F1 over shares of the decisions, those farthest from their thresholds in log-odds (El-Yaniv, Wiener 2010)."""
    margin = np.abs(log_odds(probabilities, least=_NEAREST) - log_odds(thresholds, least=_NEAREST))
    judged = ~np.isnan(Y)
    truth, found, order = (Y > 0)[judged], (probabilities >= thresholds)[judged], np.argsort(-margin[judged], kind="stable")
    curve = []
    for share in _SHARES:
        kept = order[: round(share * len(order))]
        hits = 2 * (truth[kept] & found[kept]).sum()
        curve.append(Coverage(share, _ratio(hits, truth[kept].sum() + found[kept].sum())))
    return tuple(curve)


def reliability(Y: np.ndarray, probabilities: np.ndarray) -> tuple[Bin, ...]:
    """Return bins of decisions by tenths of probability, those that hold any."""
    judged = ~np.isnan(Y)
    truth, p = (Y > 0)[judged], probabilities[judged].astype(np.float64)
    place = np.minimum((p * _BINS).astype(int), _BINS - 1)
    return tuple(Bin(float(p[place == b].mean()), float(truth[place == b].mean()), int((place == b).sum())) for b in np.unique(place))


def _without_nan(row: dict[str, Any]) -> dict[str, Any]:
    return {name: None if isinstance(value, float) and np.isnan(value) else value for name, value in row.items()}


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


def _bootstrap(Y: np.ndarray, predicted: np.ndarray, block: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Return F1 of each code in samples of whole blocks, shape (draws, k)."""
    return _drawn_f1(Y, predicted, _times(block, draws, seed))


def _times(block: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Return how often each sentence is in each sample of whole blocks, shape (draws, n)."""
    count = int(block.max(initial=-1)) + 1
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=draws) if count else np.zeros((draws, 0))
    return drawn[:, block]


def _drawn_f1(Y: np.ndarray, predicted: np.ndarray, times: np.ndarray) -> np.ndarray:
    judged, true = ~np.isnan(Y), Y > 0
    hits = times @ (true & predicted).astype(float)
    sizes = times @ true.astype(float) + times @ (predicted & judged).astype(float)
    return 2 * hits / np.maximum(sizes, 1e-12)


def _drawn_average_precision(y: np.ndarray, scores: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the average precision of one code in samples, shape (draws,); nan in those without positives."""
    judged = np.flatnonzero(~np.isnan(y))
    order = judged[np.argsort(-scores[judged], kind="stable")]
    truth = y[order] > 0
    drawn = []
    for some in np.array_split(times, _PARTS):
        counts = some[:, order]
        hits, seen = np.cumsum(counts * truth, axis=1), np.maximum(np.cumsum(counts, axis=1), 1)
        total = np.where(hits[:, -1] > 0, hits[:, -1], np.nan)
        drawn.append((counts * truth * hits / seen).sum(axis=1) / total)
    return np.concatenate(drawn)


def _interval(drawn: np.ndarray) -> tuple[float, float]:
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return float(low), float(high)
