"""The linear scorer: every word and pair of words adds its weights, and the sum is a log-odds for each code.

Parts of words and cues belong to a word, so a known word's share of them is added to its weights once, when the
model is made. Words outside the vocabulary get theirs from their parts, once per distinct word.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from migclass.arrow import numbers
from migclass.features import Tokens, Vocabulary, cue_hits, ngrams, pair_ids, pairs, tokenize, word_ids, word_lengths


@dataclass(frozen=True)
class _Arrays:
    """A set of named arrays."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class Weights(_Arrays):
    """Arrays of a linear model of k codes, float32; the first axis of each is a part of the vocabulary.

    ``words`` holds what a known word adds in all, its parts and cues included.
    """

    words: np.ndarray
    pairs: np.ndarray
    ngrams: np.ndarray
    cues: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Decision(_Arrays):
    """How log-odds become probabilities and tags, one number a code.

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


@dataclass(frozen=True)
class Linear:
    """A vocabulary, its weights, and how their sum is read."""

    vocabulary: Vocabulary
    weights: Weights
    decision: Decision

    def logits(self, sentences: Iterable[str] | pa.Array) -> np.ndarray:
        """Return the log-odds of each code in each sentence, before calibration, float32 of shape (n, k)."""
        tokens = tokenize(sentences)
        ids = word_ids(tokens.words, self.vocabulary.words)
        sums = _sum_rows(self.word_table(tokens, ids)[tokens.ids], tokens.offsets)
        rows, keys = pairs(tokens, ids, len(self.vocabulary.words))
        places = pair_ids(keys, self.vocabulary.pairs)
        starts = np.searchsorted(rows[places >= 0], np.arange(len(sums) + 1))
        sums += _sum_rows(self.weights.pairs[places[places >= 0]], starts)
        return sums / sentence_norm(tokens)[:, None] + self.weights.bias

    def probabilities(self, sentences: Iterable[str] | pa.Array) -> np.ndarray:
        """Return calibrated probabilities, float32 of shape (n, k)."""
        return self.decision.probabilities(self.logits(sentences))

    def word_table(self, tokens: Tokens, ids: np.ndarray) -> np.ndarray:
        """Return what each distinct word adds, shape (distinct words, k): looked up, or made from its parts."""
        table = np.empty((len(tokens.words), len(self.weights.bias)), np.float32)
        known = ids >= 0
        table[known] = self.weights.words[ids[known]]
        table[~known] = part_weights(tokens.words.take(numbers(np.flatnonzero(~known))), self.vocabulary, self.weights)
        return table


def part_weights(words: pa.StringArray, vocabulary: Vocabulary, weights: Weights) -> np.ndarray:
    """Return what the parts and cues of words add, shape (words, k), float32."""
    places, grams = ngrams(words, vocabulary.ngram_range)
    ids = word_ids(grams, vocabulary.ngrams)
    places, ids = places[ids >= 0], ids[ids >= 0]
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], np.arange(len(words) + 1))
    parts = _sum_rows(weights.ngrams[ids[order]], starts) / np.sqrt(word_lengths(words))[:, None]
    return parts + cue_hits(words, vocabulary.cues).astype(np.float32) @ weights.cues


def sentence_norm(tokens: Tokens) -> np.ndarray:
    """Return what the sum of a sentence's words is divided by, the square root of their number, shape (n,)."""
    return np.sqrt(np.maximum(tokens.lengths, 1)).astype(np.float32)


def _sum_rows(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Sum values[offsets[i]:offsets[i + 1]] for each i; an empty stretch gives 0."""
    sums = np.zeros((len(offsets) - 1, values.shape[1]), np.float32)
    filled = np.flatnonzero(np.diff(offsets))
    if len(filled):
        sums[filled] = np.add.reduceat(values, offsets[filled], axis=0)
    return sums
