"""What a model scores with: anything that turns sentences into log-odds and can be kept as plain files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
import pyarrow as pa

from migclass.codebook import Codebook


@dataclass(frozen=True)
class Parts:
    """What a scorer is kept as: arrays, files by name, and settings that go into model.json."""

    arrays: dict[str, np.ndarray]
    files: dict[str, bytes]
    settings: dict[str, Any] = field(default_factory=dict)


def check_array(name: str, array: np.ndarray, kind: type[np.generic], shape: tuple[int, ...]) -> None:
    """Raise ValueError where an array that was kept has another kind of numbers or another shape than it must."""
    if array.dtype != kind or array.shape != shape:
        raise ValueError(f"{name} is {array.dtype} of shape {array.shape}, expected {np.dtype(kind)} of shape {shape}")


class Scorer(Protocol):
    """Sentences -> log-odds. ``kind`` is the name under which model.json says how to read the folder."""

    kind: ClassVar[str]
    exact: ClassVar[bool]  # whether contributions sum to the log-odds
    file_names: ClassVar[tuple[str, ...]]

    def logits(self, sentences: Iterable[str] | pa.Array) -> np.ndarray:
        """Return the log-odds of each code in each sentence, before calibration, float32 of shape (n, k)."""

    def contributions(self, sentences: Sequence[str]) -> list[tuple[tuple[str, ...], np.ndarray]]:
        """Return the words of each sentence and what each adds to the log-odds, shape (words, k)."""

    def unknown_words(self, sentences: Iterable[str] | pa.Array) -> np.ndarray:
        """Return the share of each sentence's words that are not in the vocabulary, float64 of shape (n,)."""

    def parts(self) -> Parts:
        """Return what the scorer is kept as."""

    @classmethod
    def from_parts(cls, parts: Parts, codebook: Codebook) -> "Scorer":
        """Return the scorer that was kept; ValueError, KeyError or TypeError where its parts don't fit together."""
