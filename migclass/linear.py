"""The linear scorer: every word and pair of words adds its weights, and the sum is a log-odds for each code.

Parts of words and cues belong to a word, so a known word's share of them is added to its weights once, when the
model is made. Words outside the vocabulary get theirs from their parts, once per distinct word.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pyarrow as pa

from migclass.arrow import lines, numbers
from migclass.codebook import Codebook
from migclass.decisions import Arrays
from migclass.features import (
    LONGEST,
    NO_WORDS,
    Tokens,
    Vocabulary,
    as_column,
    clean,
    cue_hits,
    cue_pattern,
    cut,
    spell_out,
    tokenize,
    word_lengths,
)
from migclass.indexes import TextIndex
from migclass.scorers import Parts, check_array

_BLOCK = 2**15  # sentences that are scored at once
_REMEMBERED = 2**18  # pieces of text whose words are remembered, about 40 MB
_REMEMBERED_BYTES = 2**24  # and the bytes of their text: a piece without blanks may be long
_STEPS = 256  # additions over all stretches at once; the rest of a longer stretch is added up by itself


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
class _Memory:
    """What is known of pieces of text that were read: their words as rows of a table of what words add."""

    index: TextIndex
    ids: np.ndarray
    offsets: np.ndarray
    table: np.ndarray

    @property
    def full(self) -> bool:
        """Whether there is so much in it that it is time to begin anew."""
        return len(self.index) > _REMEMBERED or self.index.texts.nbytes > _REMEMBERED_BYTES

    @property
    def tokens(self) -> Tokens:
        """The words of all pieces, as if each were a sentence; ids are rows of the table."""
        return Tokens(NO_WORDS, self.ids, self.offsets)

    def with_more(self, pieces: pa.StringArray, ids: np.ndarray, offsets: np.ndarray, added: np.ndarray) -> "_Memory":
        """Return a memory with further pieces and rows; this one stays as it is."""
        return _Memory(
            self.index.with_more(pieces),
            np.concatenate([self.ids, ids]),
            np.concatenate([self.offsets, self.offsets[-1] + offsets[1:]]),
            np.concatenate([self.table, added]),
        )


@dataclass(frozen=True)
class Linear:
    """A vocabulary and its weights."""

    kind: ClassVar[str] = "linear"
    exact: ClassVar[bool] = True
    file_names: ClassVar[tuple[str, ...]] = ("words.txt", "ngrams.txt")

    vocabulary: Vocabulary
    weights: Weights
    _memory: _Memory = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_memory", self._nothing())

    def __reduce__(self) -> tuple[type["Linear"], tuple[Vocabulary, Weights]]:
        return Linear, (self.vocabulary, self.weights)  # without what is remembered: it does not travel

    def _nothing(self) -> _Memory:
        return _Memory(TextIndex(NO_WORDS), np.zeros(0, np.int64), np.zeros(1, np.int64), self.weights.words)

    def logits(self, sentences: Iterable[str] | pa.Array) -> np.ndarray:
        """Return the log-odds of each code in each sentence, before calibration, float32 of shape (n, k)."""
        column = as_column(sentences)
        blocks = [self._logits(column[start : start + _BLOCK]) for start in range(0, max(len(column), 1), _BLOCK)]
        return np.concatenate(blocks)

    def contributions(self, sentences: Sequence[str]) -> list[tuple[tuple[str, ...], np.ndarray]]:
        """Return the words of each sentence as the model reads them, and what each adds, shape (words, k).

        A pair's weight is shared by its two words. With the bias, the contributions sum to the log-odds.
        """
        column = as_column(sentences)
        tokens, table = self._read(column)
        added = table[tokens.ids].astype(np.float64)
        places = self.vocabulary.find_pairs(tokens)
        first = np.flatnonzero(places >= 0)
        for word in (first, first + 1):
            added[word] += self.weights.pairs[places[first]] / 2
        added /= np.repeat(sentence_norm(tokens), tokens.lengths)[:, None]
        spelled = tokenize(column)
        words = spelled.words.take(numbers(spelled.ids)).to_pylist()
        return [(tuple(words[start:end]), added[start:end]) for start, end in pairwise(tokens.offsets)]

    def unknown_words(self, sentences: Iterable[str] | pa.Array) -> np.ndarray:
        """Return the share of each sentence's words that are not in the vocabulary, float64 of shape (n,)."""
        tokens, _ = self._read(as_column(sentences))
        unknown = np.concatenate([[0], np.cumsum(tokens.ids >= len(self.vocabulary.words))])
        return np.diff(unknown[tokens.offsets]) / np.maximum(tokens.lengths, 1)

    def _logits(self, column: pa.LargeStringArray) -> np.ndarray:
        tokens, table = self._read(column)
        sums = sum_rows(table, tokens.ids, tokens.offsets)
        places = self.vocabulary.find_pairs(tokens)
        found = places >= 0
        sums += sum_rows(self.weights.pairs, places[found], np.concatenate([[0], np.cumsum(found)])[tokens.offsets])
        return sums / sentence_norm(tokens)[:, None] + self.weights.bias

    def _read(self, column: pa.LargeStringArray) -> tuple[Tokens, np.ndarray]:
        """Return the words of sentences as rows of a table, and the table of what each adds: the vocabulary's words, then others."""
        memory, pieces = self._memory, cut(column)
        places = memory.index.find(pieces.words)
        new = np.flatnonzero(places < 0)
        memory = self._learn(memory, pieces.words.take(numbers(new)))
        places[new] = len(memory.index) - len(new) + np.arange(len(new))
        # A whole memory takes the place of another, so threads need no lock; what one of them learns in vain is learnt again.
        object.__setattr__(self, "_memory", self._nothing() if memory.full else memory)
        return spell_out(Tokens(pieces.words, places[pieces.ids], pieces.offsets), memory.tokens), memory.table

    def _learn(self, memory: _Memory, pieces: pa.StringArray) -> _Memory:
        if not len(pieces):
            return memory
        new = clean(pieces)
        ids = self.vocabulary.find_words(new.words).astype(np.int64)
        unknown = ids < 0
        ids[unknown] = len(memory.table) + np.arange(unknown.sum())
        added = part_weights(new.words.take(numbers(np.flatnonzero(unknown))), self.vocabulary, self.weights)
        return memory.with_more(pieces, ids[new.ids], new.offsets, added)

    def parts(self) -> Parts:
        """Return what the scorer is kept as: the vocabulary as text, weights as arrays in half precision."""
        arrays = {f"weights.{name}": array.astype(np.float16) for name, array in self.weights.arrays().items()}
        files = {"words.txt": _lines(self.vocabulary.words), "ngrams.txt": _lines(self.vocabulary.ngrams)}
        return Parts(arrays | {"vocabulary.pairs": self.vocabulary.pairs}, files, {"ngram_range": list(self.vocabulary.ngram_range)})

    @classmethod
    def from_parts(cls, parts: Parts, codebook: Codebook) -> "Linear":
        """Return the scorer that was kept; the cues are the codebook's."""
        low, high = parts.settings["ngram_range"]
        if not (isinstance(low, int) and isinstance(high, int) and 1 <= low <= high <= LONGEST):
            raise ValueError(f"ngram_range is {[low, high]}, expected two numbers from 1 to {LONGEST}, the lower first")
        cues = tuple(cue_pattern(code.cues) for code in codebook.entries)
        words, ngrams = lines(parts.files["words.txt"]), lines(parts.files["ngrams.txt"])
        vocabulary = Vocabulary(words, parts.arrays["vocabulary.pairs"], ngrams, (low, high), cues)
        prefix = "weights."
        kept = Weights(**{name.removeprefix(prefix): array for name, array in parts.arrays.items() if name.startswith(prefix)})
        _check_parts(vocabulary, kept, len(codebook.codes))
        return cls(vocabulary, Weights(**{name: array.astype(np.float32) for name, array in kept.arrays().items()}))


def half_precision(weights: Weights) -> Weights:
    """Return the weights as they are kept, so that a model scores the same before and after it is saved."""
    return Weights(**{name: array.astype(np.float16).astype(np.float32) for name, array in weights.arrays().items()})


def _check_parts(v: Vocabulary, kept: Weights, k: int) -> None:
    check_array("vocabulary.pairs", v.pairs, np.int64, (len(v.pairs),))
    if (v.pairs < 0).any() or (v.pairs[1:] <= v.pairs[:-1]).any():
        raise ValueError("vocabulary.pairs are not in order, from 0 on")
    rows = {"words": (len(v.words),), "pairs": (len(v.pairs),), "ngrams": (len(v.ngrams),), "cues": (len(v.cues),), "bias": ()}
    for name, array in kept.arrays().items():
        check_array(f"weights.{name}", array, np.float16, (*rows[name], k))
    cue_hits(NO_WORDS, v.cues)


def _lines(strings: pa.StringArray) -> bytes:
    return "".join(f"{s}\n" for s in strings.to_pylist()).encode()


def part_weights(words: pa.StringArray, vocabulary: Vocabulary, weights: Weights) -> np.ndarray:
    """Return what the parts and cues of words add, shape (words, k), float32."""
    places, ids = vocabulary.find_ngrams(words)
    starts = np.searchsorted(places, np.arange(len(words) + 1))
    parts = sum_rows(weights.ngrams, ids, starts) / np.sqrt(word_lengths(words))[:, None]
    return parts + cue_hits(words, vocabulary.cues).astype(np.float32) @ weights.cues


def sentence_norm(tokens: Tokens) -> np.ndarray:
    """Return what the sum of a sentence's words is divided by, the square root of their number, shape (n,)."""
    return np.sqrt(np.maximum(tokens.lengths, 1)).astype(np.float32)


def sum_rows(table: np.ndarray, ids: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return the sum of the table's rows ids[offsets[i]:offsets[i + 1]] for each i; an empty stretch gives 0.

    The first row of all stretches is added, then the second of all that have one, and so on, longest stretches first:
    a few additions of large arrays, and the order within a stretch is the same whatever stands beside it.
    """
    lengths = np.diff(offsets)
    order = np.argsort(-lengths, kind="stable")
    lengths, starts = lengths[order], offsets[:-1][order]
    sums, in_order = np.zeros((2, len(lengths), table.shape[1]), np.float32)
    reach = np.searchsorted(-lengths, -np.arange(min(lengths.max(initial=0), _STEPS)))
    for step, n in enumerate(reach):
        sums[:n] += table.take(ids[starts[:n] + step], axis=0)
    for i in range(np.searchsorted(-lengths, -_STEPS)):
        sums[i] += table[ids[starts[i] + _STEPS : starts[i] + lengths[i]]].sum(axis=0)
    in_order[order] = sums
    return in_order
