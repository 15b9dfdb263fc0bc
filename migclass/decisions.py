"""From log-odds to probabilities, tags and doubt: calibration and thresholds, one number a code."""

from dataclasses import dataclass, fields

import numpy as np


def log_odds(probabilities: np.ndarray, *, least: float = 1e-6) -> np.ndarray:
    """Return log-odds of the shape of ``probabilities``, float64; these count as no nearer to 0 and 1 than ``least``."""
    p = np.clip(np.asarray(probabilities, np.float64), least, 1 - least)
    return np.log(p / (1 - p))


@dataclass(frozen=True)
class Arrays:
    """A set of named arrays."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class Decision(Arrays):
    """How log-odds become probabilities and tags, one number a code, float32 of shape (k,).

    Probability is ``sigmoid(scale * logit + offset)`` (Platt 1999); a code is tagged at ``threshold`` or above and
    unsure from ``low`` to below ``high``.
    """

    scale: np.ndarray
    offset: np.ndarray
    threshold: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return probabilities of the shape of ``logits``, float32."""
        odds = np.clip(logits.astype(np.float64) * self.scale + self.offset, -15, 15)
        return (1 / (1 + np.exp(-odds))).astype(np.float32)
