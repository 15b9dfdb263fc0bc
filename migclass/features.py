"""Sentences (Arrow) -> words, word pairs and parts of words, as integers. Whole columns at a time, no loop over sentences."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from migclass.arrow import numbers, strings, text_buffers, to_numpy
from migclass.indexes import SHORT, NumberIndex, TextIndex, short_prints, windows

# What separates words besides white space, and what is cut off at the ends of a word: everything, and its ASCII part.
_JOINTS = r"[/—–…|]|\.\.+|--+"
_ENDS = r"^[\pP\pS\pC]+|[\pP\pS\pC]+$"
_ASCII_ENDS = "".join(c for c in map(chr, range(128)) if not c.isalnum() and c != " ")
_SPACE, _ZERO, _NINE = b" 09"
# Constants as Arrow scalars, for the same reason as in migclass.arrow.
_MARK_LEFT, _MARK_RIGHT, _EMPTY = strings(["<", ">", ""])
NO_WORDS = strings([]).cast(pa.string())
_MOST_BYTES = 2**30  # of sentences that are read at once
LONGEST = 40  # characters of a word that are looked at; nothing in a language is longer


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

    def find_words(self, words: pa.StringArray) -> np.ndarray:
        """Return the place of each word, -1 where it is not in the vocabulary."""
        return self._words.find(words)

    def find_pairs(self, tokens: Tokens) -> np.ndarray:
        """Return the place of the pair that each word makes with the next, -1 where there is none; ids are those of words."""
        return self._pairs.find(pair_keys(tokens, len(self.words)).view(np.uint64))

    def find_ngrams(self, words: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
        """Return the word and the place of each part of a word that is in the vocabulary, in the order of words."""
        plain = to_numpy(pc.string_is_ascii(words)) & (self.ngram_range[1] <= SHORT)
        ways = ((self._short_ngrams, plain), (self._long_ngrams, ~plain))
        places, ids = _joined(find(np.flatnonzero(chosen), words) for find, chosen in ways if chosen.any())
        order = np.argsort(places, kind="stable")
        return places[order], ids[order]

    def _short_ngrams(self, chosen: np.ndarray, words: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
        """The same for words of ASCII, straight from their bytes."""
        offsets, data = text_buffers(_marked(words.take(numbers(chosen))))
        place = np.repeat(chosen, np.diff(offsets))
        left = np.repeat(offsets[1:], np.diff(offsets)) - np.arange(len(data))
        eights, found = windows(data), []
        for size in range(self.ngram_range[0], self.ngram_range[1] + 1):
            starts = np.flatnonzero(left >= size)
            ids = self._ngrams.prints.find(short_prints(eights, starts, size))
            found.append((place[starts[ids >= 0]], ids[ids >= 0]))
        return _joined(found)

    def _long_ngrams(self, chosen: np.ndarray, words: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
        places, grams = ngrams(words.take(numbers(chosen)), self.ngram_range)
        ids = self._ngrams.find(grams)
        return chosen[places[ids >= 0]], ids[ids >= 0]

    @cached_property
    def _words(self) -> TextIndex:
        return TextIndex(self.words)

    @cached_property
    def _pairs(self) -> NumberIndex:
        return NumberIndex(self.pairs.astype(np.uint64))

    @cached_property
    def _ngrams(self) -> TextIndex:
        return TextIndex(self.ngrams)


def _joined(found: Iterable[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    none = np.zeros(0, np.int64)
    places, ids = zip((none, none), *found, strict=True)
    return np.concatenate(places), np.concatenate(ids)


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
    pieces = cut(as_column(sentences))
    return spell_out(pieces, clean(pieces.words))


def cut(column: pa.LargeStringArray) -> Tokens:
    """Cut sentences at blanks into pieces as they are written, the blank with the piece before it.

    Raises:
        ValueError: there is more than 1 GB of text.
    """
    offsets, data = text_buffers(column)
    if len(data) > _MOST_BYTES:
        raise ValueError(f"{len(column)} sentences hold {len(data)} bytes; expected at most 1 GB at once: pass fewer")
    begins = np.ones(len(data) + 1, bool)
    np.equal(data, _SPACE, out=begins[1:])
    begins[offsets] = True
    places = np.flatnonzero(begins)
    pieces = _slices(data, places).dictionary_encode()
    return Tokens(pieces.dictionary, to_numpy(pieces.indices), np.searchsorted(places, offsets))


def clean(pieces: pa.StringArray) -> Tokens:
    """Return the words of pieces of text: in lower case, without the punctuation around them, digits as 0."""
    # Trimmed, since Arrow looks at the byte after the last text to see whether a blank at its end is one.
    lists = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(pc.utf8_lower(pc.replace_substring_regex(pieces, _JOINTS, " "))))
    words = pc.utf8_slice_codeunits(_without_ends(lists.flatten()), 0, LONGEST).dictionary_encode()
    ids = to_numpy(words.indices)
    kept = (to_numpy(pc.binary_length(words.dictionary)) > 0)[ids]
    starts = to_numpy(lists.offsets)
    return Tokens(words.dictionary, ids[kept].astype(np.int64), np.concatenate([[0], np.cumsum(kept)])[starts - starts[0]])


def spell_out(pieces: Tokens, words: Tokens) -> Tokens:
    """Return the words of sentences, from the pieces of the sentences and the words of each distinct piece."""
    counts = words.lengths[pieces.ids]
    ends = np.concatenate([[0], np.cumsum(counts)])
    # Word j of a piece stands j places after the piece's first word.
    ids = words.ids[np.repeat(words.offsets[pieces.ids] - ends[:-1], counts) + np.arange(ends[-1])]
    return Tokens(words.words, ids, ends[pieces.offsets])


def _slices(data: np.ndarray, places: np.ndarray) -> pa.StringArray:
    """Return the text between neighbouring places in UTF-8 data, sharing its memory."""
    return pa.StringArray.from_buffers(len(places) - 1, pa.py_buffer(places.astype(np.int32)), pa.py_buffer(data))


def _without_ends(words: pa.StringArray) -> pa.StringArray:
    """Return words without the punctuation around them, digits as 0; few have other than ASCII, and only those take long."""
    trimmed = _digits_as_zero(pc.ascii_trim(words, _ASCII_ENDS))
    rest = pc.invert(pc.string_is_ascii(trimmed))
    cleaned = pc.replace_substring_regex(trimmed.filter(rest), _ENDS, "")
    cleaned = pc.replace_substring_regex(pc.replace_substring(cleaned, "’", "'"), r"\pN", "0")
    return pc.replace_with_mask(trimmed, rest, cleaned)


def _digits_as_zero(words: pa.StringArray) -> pa.StringArray:
    _, offsets, data = words.buffers()
    bytes_ = np.frombuffer(data or b"", np.uint8)
    zeros = np.where((bytes_ >= _ZERO) & (bytes_ <= _NINE), np.uint8(_ZERO), bytes_)
    return pa.StringArray.from_buffers(len(words), offsets, pa.py_buffer(zeros), offset=words.offset)


def pair_keys(tokens: Tokens, n_words: int) -> np.ndarray:
    """Return the key of each word and the next, shape (number of words,); -1 where no pair of known words begins.

    ``tokens.ids`` are places in a vocabulary of ``n_words``; those outside it are unknown words.
    """
    known = (tokens.ids >= 0) & (tokens.ids < n_words)
    ends = tokens.offsets[1:][tokens.lengths > 0] - 1
    keys = tokens.ids.astype(np.int64) * n_words
    keys[:-1] += tokens.ids[1:]
    keys[:-1][~(known[:-1] & known[1:])] = -1
    keys[ends] = -1
    return keys


def ngrams(words: pa.StringArray, ngram_range: tuple[int, int]) -> tuple[np.ndarray, pa.StringArray]:
    """Return all runs of characters of the given lengths in marked words, each with the place of its word.

    >>> places, grams = ngrams(pa.array(["visa", "by"]), (4, 5))
    >>> grams.to_pylist(), places.tolist()
    (['<vis', 'visa', 'isa>', '<by>', '<visa', 'visa>'], [0, 0, 0, 1, 0, 0])
    """
    marked = _marked(words)
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


def _marked(words: pa.StringArray) -> pa.StringArray:
    return pc.binary_join_element_wise(_MARK_LEFT, words.cast(pa.large_string()), _MARK_RIGHT, _EMPTY).cast(pa.string())


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
    hits = np.zeros((len(words), len(patterns)), bool)
    # Few words match any: one look for all patterns spares a look for each.
    some = np.flatnonzero(to_numpy(pc.match_substring_regex(words, "|".join(patterns))))
    chosen = words.take(numbers(some))
    for column, pattern in enumerate(patterns):
        hits[some, column] = to_numpy(pc.match_substring_regex(chosen, pattern))
    return hits
