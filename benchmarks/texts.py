"""Sentences to measure speed on, any number of them: stretches of our written ones, with new words coming in as in real text.

In real text the number of distinct words grows as a power of the number of words (Heaps' law). The law is fitted to the written
sentences and held beyond them by words that nobody wrote, the rarer the longer the text, drawn by Zipf's law with the same exponent.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import gamma

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from migclass.codebook import load_codebook
from migclass.labels import read_labels

# Words, on average, that stand together as somebody wrote them.
_STRETCH = 6
# Spreads ranks that lie side by side over all words (Knuth's multiplicative hashing).
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class _Written:
    """The words of the written sentences in order, lengths of sentences, each distinct word once, and how many come with n words."""

    words: pa.Array
    lengths: np.ndarray
    distinct: pa.Array
    factor: float
    exponent: float


def growing(n: int, *, seed: int = 0) -> pa.Array:
    """Return n sentences as an Arrow string column; the same ones for the same seed."""
    written, rng = _written(), np.random.default_rng(seed)
    lengths = rng.choice(written.lengths, n)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    places = _stretches(offsets[-1], len(written.words), rng)
    new = rng.random(len(places)) < _share_of_new(written)
    ranks, order = np.unique(_ranks(new.sum(), written, rng), return_inverse=True)
    places[new] = len(written.words) + order
    words = pa.concat_arrays([written.words, _made_up(ranks, written.distinct)])
    return pc.binary_join(pa.ListArray.from_arrays(offsets, words.take(pa.array(places))), " ")


def distinct_words(sentences: pa.Array) -> int:
    """Return the number of distinct words between white space."""
    return len(pc.utf8_split_whitespace(sentences).flatten().unique())


@lru_cache(maxsize=1)
def _written() -> _Written:
    texts = pa.array([row.text for row in read_labels(codebook=load_codebook())])
    lists = pc.utf8_split_whitespace(texts.take(pa.array(np.random.default_rng(0).permutation(len(texts)))))
    words = lists.flatten()
    half, whole = len(words[: len(words) // 2].unique()), len(words.unique())
    exponent = float(np.log2(whole / half))
    return _Written(words, pc.list_value_length(lists).to_numpy(), words.unique(), whole / len(words) ** exponent, exponent)


def _stretches(total: int, n_words: int, rng: np.random.Generator) -> np.ndarray:
    """Return ``total`` places in the written words: runs of neighbours that begin anywhere."""
    begins = rng.random(total) < 1 / _STRETCH
    begins[0] = True
    first = np.flatnonzero(begins)
    starts = rng.integers(0, n_words, len(first))
    run = np.cumsum(begins) - 1
    return (starts[run] + np.arange(total) - first[run]) % n_words


def _share_of_new(written: _Written) -> float:
    """Return the share of words that nobody wrote, such that all distinct words go on growing by the law."""
    tail = 1 / written.exponent - 1
    return (written.factor / gamma(1 - written.exponent)) ** (1 / written.exponent) / (tail * len(written.distinct) ** tail)


def _ranks(n: int, written: _Written, rng: np.random.Generator) -> np.ndarray:
    """Return n draws of how rare a new word is: Zipf's law, from where the written words end."""
    return (len(written.distinct) * rng.random(n) ** (-1 / (1 / written.exponent - 1))).clip(max=2.0**62).astype(np.int64)


def _made_up(ranks: np.ndarray, distinct: pa.Array) -> pa.Array:
    """Return a word for each rank: the beginning of one written word and the end of another."""
    mixed = ranks.astype(np.uint64) * _MIX
    first, second = (distinct.take(pa.array(half % len(distinct))).to_pylist() for half in (mixed >> 32, mixed & 0xFFFFFFFF))
    return pa.array([a[: (len(a) + 1) // 2] + b[len(b) // 2 :] for a, b in zip(first, second, strict=True)], pa.string())
