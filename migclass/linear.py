"""The linear scorer: every word and pair of words adds its weights, and the sum is a log-odds for each code.

Parts of words and cues belong to a word, so a known word's share of them is added to its weights once, when the
model is made. Words outside the vocabulary get theirs from their parts, once per distinct word.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from migclass.arrow import lines, numbers
from migclass.codebook import Codebook
from migclass.decisions import Arrays
from migclass.features import Tokens, Vocabulary, cue_hits, cue_pattern, ngrams, pair_ids, pairs, tokenize, word_ids, word_lengths
from migclass.scorers import Parts


@dataclass(frozen=True)
class Weights(Arrays):
    """Arrays of a linear model of k codes, float32; the first axis of each is a part of the vocabulary.

    ``words`` holds what a known word adds in all, its parts and cues included.
    """

    words: np.ndarray
    pairs: np.ndarray
    ngrams: np.ndarray
    cues: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Linear:
    """A vocabulary and its weights."""

    kind: ClassVar[str] = "linear"
    exact: ClassVar[bool] = True
    file_names: ClassVar[tuple[str, ...]] = ("words.txt", "ngrams.txt")

    vocabulary: Vocabulary
    weights: Weights

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

    def contributions(self, sentence: str) -> tuple[tuple[str, ...], np.ndarray]:
        """Return the words of a sentence as the model reads them, and what each adds, shape (words, k).

        A pair's weight is shared by its two words. With the bias, the contributions sum to the log-odds.
        """
        tokens = tokenize([sentence])
        ids = word_ids(tokens.words, self.vocabulary.words)
        added = self.word_table(tokens, ids)[tokens.ids].astype(np.float64)
        sequence = ids[tokens.ids]
        places = pair_ids(sequence[:-1] * len(self.vocabulary.words) + sequence[1:], self.vocabulary.pairs)
        for i in np.flatnonzero((places >= 0) & (sequence[:-1] >= 0) & (sequence[1:] >= 0)):
            added[i : i + 2] += self.weights.pairs[places[i]] / 2
        words = tuple(tokens.words.take(numbers(tokens.ids)).to_pylist())
        return words, added / sentence_norm(tokens)[0]

    def word_table(self, tokens: Tokens, ids: np.ndarray) -> np.ndarray:
        """Return what each distinct word adds, shape (distinct words, k): looked up, or made from its parts."""
        table = np.empty((len(tokens.words), len(self.weights.bias)), np.float32)
        known = ids >= 0
        table[known] = self.weights.words[ids[known]]
        table[~known] = part_weights(tokens.words.take(numbers(np.flatnonzero(~known))), self.vocabulary, self.weights)
        return table

    def parts(self) -> Parts:
        """Return what the scorer is kept as: the vocabulary as text, weights as arrays in half precision."""
        arrays = {f"weights.{name}": array.astype(np.float16) for name, array in self.weights.arrays().items()}
        files = {"words.txt": _lines(self.vocabulary.words), "ngrams.txt": _lines(self.vocabulary.ngrams)}
        return Parts(arrays | {"vocabulary.pairs": self.vocabulary.pairs}, files, {"ngram_range": list(self.vocabulary.ngram_range)})

    @classmethod
    def from_parts(cls, parts: Parts, codebook: Codebook) -> "Linear":
        """Return the scorer that was kept; the cues are the codebook's."""
        low, high = (int(n) for n in parts.settings["ngram_range"])
        cues = tuple(cue_pattern(code.cues) for code in codebook.entries)
        words, ngrams = lines(parts.files["words.txt"]), lines(parts.files["ngrams.txt"])
        vocabulary = Vocabulary(words, parts.arrays["vocabulary.pairs"], ngrams, (low, high), cues)
        prefix = "weights."
        kept = {name.removeprefix(prefix): array.astype(np.float32) for name, array in parts.arrays.items() if name.startswith(prefix)}
        linear = cls(vocabulary, Weights(**kept))
        _check_shapes(linear, len(codebook.codes))
        return linear


def half_precision(weights: Weights) -> Weights:
    """Return the weights as they are kept, so that a model scores the same before and after it is saved."""
    return Weights(**{name: array.astype(np.float16).astype(np.float32) for name, array in weights.arrays().items()})


def _check_shapes(linear: Linear, k: int) -> None:
    v = linear.vocabulary
    rows = {"words": (len(v.words),), "pairs": (len(v.pairs),), "ngrams": (len(v.ngrams),), "cues": (len(v.cues),), "bias": ()}
    for name, array in linear.weights.arrays().items():
        if array.shape != (*rows[name], k):
            raise ValueError(f"weights.{name} has shape {array.shape}, expected {(*rows[name], k)}")


def _lines(strings: pa.StringArray) -> bytes:
    return "".join(f"{s}\n" for s in strings.to_pylist()).encode()


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
