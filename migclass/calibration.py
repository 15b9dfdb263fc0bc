"""Calibration and thresholds, chosen on sentences that a model was not trained on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from migclass.decisions import Decision, log_odds

# Thresholds of codes with few positives are drawn towards that of all codes together, as if by this many more.
_SHRINK = 30
# Half the width, in log-odds, of the region around a threshold that is called unsure.
_UNSURE = 0.5


def grouped_folds(n: int, groups: Sequence[Any] | None, folds: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (train, test) places of each fold, no group divided; too few groups to divide means none, and nothing is held out."""
    names = np.arange(n) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    count = min(folds, len(np.unique(names)))
    if count < 2:
        return []
    # Groups of equal size are dealt out in order, so neighbours in a file would land together: mix them first.
    mixed = np.random.default_rng(0).permutation(names.max() + 1)[names]
    return list(GroupKFold(count).split(np.zeros(n), groups=mixed))


def decide(logits: np.ndarray, Y: np.ndarray, prevalence: Sequence[float] | None) -> Decision:
    """Choose calibration and thresholds on log-odds of sentences that the model was not trained on.

    Args:
        logits: shape (n, k), nan where nothing was held out.
        Y: truth, shape (n, k): 1, 0, nan where nobody judged.
        prevalence: for each code, the share of sentences that carry it in the texts that will be scored (Saerens et
            al. 2002); None for that of Y.
    """
    k = Y.shape[1]
    scale, offset = np.ones(k), np.zeros(k)
    probabilities, weights = np.full(Y.shape, np.nan), np.ones(Y.shape)
    for j in range(k):
        known = ~np.isnan(logits[:, j]) & ~np.isnan(Y[:, j])
        y, x = Y[known, j] > 0, logits[known, j]
        if y.all() or not y.any():
            continue
        if prevalence is not None:
            weights[known, j] = np.where(y, prevalence[j] / y.mean(), (1 - prevalence[j]) / (1 - y.mean()))
        platt = LogisticRegression(C=1e3).fit(x[:, None], y, sample_weight=weights[known, j])
        scale[j], offset[j] = max(platt.coef_[0, 0], 1e-3), platt.intercept_[0]
        probabilities[known, j] = 1 / (1 + np.exp(-np.clip(scale[j] * x + offset[j], -30, 30)))
    threshold = _thresholds(probabilities, Y, weights)
    odds = np.log(threshold / (1 - threshold))
    low, high = 1 / (1 + np.exp(_UNSURE - odds)), 1 / (1 + np.exp(-_UNSURE - odds))
    return Decision(*(a.astype(np.float32) for a in (scale, offset, threshold, low, high)))


def sharpened(decision: Decision, logits: np.ndarray, Y: np.ndarray) -> Decision:
    """Correct probabilities by sentences that no part of a model has seen; what is tagged and unsure stays the same.

    The finished model has learnt from more than the parts that were held out, so it is surer of itself than they were,
    and rightly. One slope for all codes and an offset for each are fitted to n unseen sentences (``logits`` and ``Y`` of
    shape (n, k)), the offsets drawn to none where positives are few.
    """
    odds, judged = logits * decision.scale + decision.offset, ~np.isnan(Y)
    codes = np.broadcast_to(np.arange(Y.shape[1]), Y.shape)[judged]
    truth = Y[judged] > 0
    if not truth.any() or truth.all():
        return decision
    which = np.eye(Y.shape[1])[codes]
    fitted = LogisticRegression(C=1.0, fit_intercept=False, max_iter=1000).fit(np.column_stack([odds[judged], which]), truth)
    slope, offsets = fitted.coef_[0, 0], fitted.coef_[0, 1:]
    edges = (decision.threshold, decision.low, decision.high)
    moved = [1 / (1 + np.exp(-(slope * np.log(edge / (1 - edge)) + offsets))) for edge in edges]
    return Decision(*(a.astype(np.float32) for a in (decision.scale * slope, decision.offset * slope + offsets, *moved)))


def stack(first: np.ndarray, second: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how two models' held-out log-odds are best added: weights of shape (2, k) and biases of shape (k,).

    A logistic regression a code (Wolpert 1992), with no weight below 0; where a code can't be judged, the plain mean.
    """
    k = Y.shape[1]
    mix, bias = np.full((2, k), 0.5), np.zeros(k)
    for j in range(k):
        both = np.stack([first[:, j], second[:, j]], axis=1)
        known = ~np.isnan(both).any(axis=1) & ~np.isnan(Y[:, j])
        y = Y[known, j] > 0
        if y.all() or not y.any():
            continue
        fitted = LogisticRegression(C=1.0).fit(both[known], y)
        mix[:, j], bias[j] = np.maximum(fitted.coef_[0], 0), fitted.intercept_[0]
    return mix.astype(np.float32), bias.astype(np.float32)


def brier_skill(y: np.ndarray, p: np.ndarray) -> float:
    """Return by how much probabilities beat the plain share of positives: 1 is perfect, 0 no better, nan without both kinds.

    One minus the Brier score over that of the share (Brier 1950; Murphy 1973).
    """
    judged = ~np.isnan(y)
    truth, probability = y[judged] > 0, p[judged]
    spread = truth.var() if len(truth) else 0.0
    return float(1 - np.mean((probability - truth) ** 2) / spread) if spread else float("nan")


def calibration_slope(y: np.ndarray, p: np.ndarray) -> float:
    """Return the slope of the logistic regression of truth on log-odds (Cox 1958), nan without both kinds.

    1 is right; below it, probabilities are too extreme; above it, too timid.
    """
    judged = ~np.isnan(y)
    truth = y[judged] > 0
    if not truth.any() or truth.all():
        return float("nan")
    fitted = LogisticRegression(C=1e6, max_iter=1000).fit(log_odds(p[judged])[:, None], truth)
    return float(fitted.coef_[0, 0])


def _thresholds(probabilities: np.ndarray, Y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return for each code the probability above which weighted F1 is best, drawn towards the one best for all."""
    known = ~np.isnan(probabilities)
    if not known.any():
        return np.full(Y.shape[1], 0.5)
    best = np.array([_best_f1(probabilities[known[:, j], j], Y[known[:, j], j], weights[known[:, j], j]) for j in range(Y.shape[1])])
    common = _best_f1(probabilities[known], Y[known], weights[known])
    positives = np.where(known, Y, 0).sum(axis=0)
    share = positives / (positives + _SHRINK)
    return np.where(np.isnan(best), common, share * np.nan_to_num(best) + (1 - share) * common)


def _best_f1(p: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
    """Return the threshold with the highest weighted F1, nan without positives."""
    if not (y > 0).any():
        return float("nan")
    order = np.argsort(-p, kind="stable")
    hits, drawn = np.cumsum((w * (y > 0))[order]), np.cumsum(w[order])
    f1 = 2 * hits / (drawn + (w * (y > 0)).sum())
    # Over a window of neighbours, so that one lucky sentence doesn't decide.
    width = max(1, min(25, len(f1) // 20))
    smooth = np.convolve(f1, np.ones(width) / width, mode="same")
    return float(np.clip(p[order][int(np.argmax(smooth))], 0.02, 0.98))
