"""Sentences (Arrow) -> words, word pairs and parts of words, as integers. Whole columns at a time, no loop over sentences."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from migclass.arrow import numbers, strings, to_numpy

# What separates words besides white space, and what is cut off at the ends of a word.
_JOINTS = r"[/—–…|]|\.\.+|--+"
_ENDS = r"^[\pP\pS\pC]+|[\pP\pS\pC]+$"
# Constants as Arrow scalars, for the same reason as in migclass.arrow.
_MARK_LEFT, _MARK_RIGHT, _EMPTY = strings(["<", ">", ""])
_UNKNOWN = numbers(np.array([-1], np.int32))[0]
_LONGEST = 40  # characters of a word that are looked at; nothing in a language is longer


@dataclass(frozen=True)
class Tokens:
    """The words of n sentences.

    ``words`` holds each distinct word once; ``ids`` is the sequence of words as places in it; sentence i
    has ``ids[offsets[i]:offsets[i + 1]]``.
    """

    words: pa.StringArray
    ids: np.ndarray
    offsets: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Number of words in each sentence, shape (n,)."""
        return np.diff(self.offsets)

    @property
    def rows(self) -> np.ndarray:
        """The sentence that each word stands in, shape (number of words,)."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)


@dataclass(frozen=True)
class Vocabulary:
    """What a model knows: words, pairs of neighbouring words, parts of words, and one cue pattern a code.

    A pair is ``first * len(words) + second``; ``words`` and ``ngrams`` are sorted, and so is ``pairs``.
    """

    words: pa.StringArray
    pairs: np.ndarray
    ngrams: pa.StringArray
    ngram_range: tuple[int, int]
    cues: tuple[str, ...]


def as_column(sentences: Iterable[str] | pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return sentences as one Arrow string array; a null counts as an empty sentence."""
    if isinstance(sentences, pa.ChunkedArray):
        sentences = sentences.combine_chunks()
    if isinstance(sentences, str):
        raise TypeError("sentences is one string; expected a list of strings: put it in [ ]")
    if not isinstance(sentences, pa.Array):
        sentences = strings(list(sentences))
    return pc.coalesce(sentences.cast(pa.large_string()), _EMPTY)


def tokenize(sentences: Iterable[str] | pa.Array | pa.ChunkedArray) -> Tokens:
    """Cut sentences into lower-case words without the punctuation around them; every digit becomes 0.

    >>> tokens = tokenize(["Borders - again?", "In 2015, borders."])
    >>> [tokens.words[int(i)].as_py() for i in tokens.ids]
    ['borders', 'again', 'in', '0000', 'borders']
    >>> tokens.lengths.tolist()
    [2, 3]
    """
    column = pc.utf8_lower(pc.replace_substring_regex(as_column(sentences), _JOINTS, " "))
    lists = pc.utf8_split_whitespace(column)
    raw = lists.flatten().dictionary_encode()
    cleaned = pc.replace_substring_regex(raw.dictionary.cast(pa.string()), _ENDS, "")
    cleaned = pc.replace_substring_regex(pc.replace_substring(cleaned, "’", "'"), r"\pN", "0")
    words = pc.utf8_slice_codeunits(cleaned, 0, _LONGEST).dictionary_encode()
    # Two steps of encoding: of words as they are written, then of what is left of each.
    word_of_raw = to_numpy(words.indices)
    ids = word_of_raw[to_numpy(raw.indices)] if len(raw) else np.zeros(0, np.int32)
    kept = (to_numpy(pc.binary_length(words.dictionary)) > 0)[ids]
    starts = to_numpy(lists.offsets).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(kept)])[starts - starts[0]]
    return Tokens(words.dictionary, ids[kept].astype(np.int64), offsets)


def word_ids(words: pa.StringArray, vocabulary: pa.StringArray) -> np.ndarray:
    """Return the place of each word in a vocabulary, -1 where it is not in it."""
    return to_numpy(pc.coalesce(pc.index_in(words, value_set=vocabulary), _UNKNOWN)).astype(np.int64)


def pairs(tokens: Tokens, ids: np.ndarray, n_words: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sentence and key of each two neighbouring words that are both known.

    ``ids`` is the place of each distinct word in a vocabulary of ``n_words``, -1 for unknown.
    """
    sequence, rows = ids[tokens.ids], tokens.rows
    first, second = sequence[:-1], sequence[1:]
    kept = (first >= 0) & (second >= 0) & (rows[:-1] == rows[1:])
    return rows[:-1][kept], first[kept] * n_words + second[kept]


def pair_ids(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the place of each pair's key in the sorted keys ``known``, -1 where it is not in it."""
    if not len(known):
        return np.full(len(keys), -1, np.int64)
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[places] == keys, places, -1)


def ngrams(words: pa.StringArray, ngram_range: tuple[int, int]) -> tuple[np.ndarray, pa.StringArray]:
    """Return all runs of characters of the given lengths in marked words, each with the place of its word.

    >>> places, grams = ngrams(pa.array(["visa", "by"]), (4, 5))
    >>> grams.to_pylist(), places.tolist()
    (['<vis', 'visa', 'isa>', '<by>', '<visa', 'visa>'], [0, 0, 0, 1, 0, 0])
    """
    marked = pc.binary_join_element_wise(_MARK_LEFT, words.cast(pa.large_string()), _MARK_RIGHT, _EMPTY).cast(pa.string())
    lengths = to_numpy(pc.utf8_length(marked))
    places, grams = [np.zeros(0, np.int64)], [marked.slice(0, 0)]
    for size in range(ngram_range[0], ngram_range[1] + 1):
        parts_places, parts = [np.zeros(0, np.int64)], [marked.slice(0, 0)]
        for start in range(int(lengths.max(initial=0)) - size + 1):
            long_enough = np.flatnonzero(lengths >= start + size)
            parts.append(pc.utf8_slice_codeunits(marked.take(numbers(long_enough)), start, start + size))
            parts_places.append(long_enough)
        order = np.argsort(np.concatenate(parts_places), kind="stable")
        places.append(np.concatenate(parts_places)[order])
        grams.append(pa.concat_arrays(parts).take(numbers(order)))
    return np.concatenate(places), pa.concat_arrays(grams)


def word_lengths(words: pa.StringArray) -> np.ndarray:
    """Return the number of characters of each word, at least 1, as floats."""
    return np.maximum(to_numpy(pc.utf8_length(words)), 1).astype(np.float32)


def cue_pattern(cues: Sequence[str]) -> str:
    """Return a regular expression that a whole word matches when it is one of the cues ("border*" is a beginning).

    >>> cue_pattern(["border*", "visa"])
    '^(?:border.*|visa)$'
    """
    literal = [re.sub(r"(\W)", r"\\\1", cue.rstrip("*")) for cue in cues]
    alternatives = [text + ".*" * cue.endswith("*") for text, cue in zip(literal, cues, strict=True)]
    return f"^(?:{'|'.join(alternatives)})$" if cues else r"^\b$"


def cue_hits(words: pa.StringArray, patterns: Sequence[str]) -> np.ndarray:
    """Return which words match which cue patterns, as bool of shape (words, patterns)."""
    hits = [to_numpy(pc.match_substring_regex(words, p)) for p in patterns]
    return np.stack(hits, axis=1) if hits else np.zeros((len(words), 0), bool)
