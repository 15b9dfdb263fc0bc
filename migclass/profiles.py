"""Tags -> shares, balances and what stands together, by groups, with intervals from a bootstrap over documents."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from math import isnan
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from migclass.arrow import to_numpy
from migclass.errors import DocumentError
from migclass.tagfiles import TaggedSentences

SENTENCES, DOCUMENTS, TOGETHER = "sentences", "documents", "together"
BALANCE, ENGAGED, CONTESTED = "balance", "engaged", "contested"
NONE = "(none)"
_LEVEL = 0.95
# Below so many documents a percentile interval is known to be too narrow.
_ENOUGH = 10
# Consecutive sentences that are drawn together where there is one document.
_BLOCK = 10
# Numbers that are drawn at once, so that memory does not grow with the documents.
_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Figure:
    """One figure of one group of sentences.

    ``group`` has a value for each column of ``Profile.by``. ``measure`` says what is counted, of ``code`` (a frame, a pole or a
    tension) and ``other``; see `profile`. ``low`` and ``high`` bound the 95 % interval; they are nan where draws can't differ, and
    ``value`` is nan where there is nothing to count. ``n`` is what ``value`` is a share of.
    """

    group: tuple[str, ...]
    measure: str
    code: str
    other: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Profile:
    """The figures of each group, groups in order. ``note`` says what the intervals rest on."""

    by: tuple[str, ...]
    figures: tuple[Figure, ...]
    note: str

    @cached_property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The groups, in order; one without a name where there is no ``by``."""
        return tuple(dict.fromkeys(figure.group for figure in self.figures))

    def figure(self, measure: str, code: str, *, other: str = "", group: tuple[str, ...] = ()) -> Figure:
        """Return one figure.

        Raises:
            KeyError: there is no such figure.
        """
        return self._index[group, measure, code, other]

    @cached_property
    def _index(self) -> dict[tuple[tuple[str, ...], str, str, str], Figure]:
        return {(figure.group, figure.measure, figure.code, figure.other): figure for figure in self.figures}

    def as_rows(self) -> list[dict[str, Any]]:
        """Return a dict a figure, as plain data: a column for each of ``by``, then the figure's own; None for nan."""
        rows = []
        for figure in self.figures:
            own = asdict(figure)
            group = dict(zip(self.by, own.pop("group"), strict=True))
            rows.append(group | without_nan(own))
        return rows

    def as_csv(self) -> str:
        """Return the rows as CSV with a head."""
        rows, text = self.as_rows(), io.StringIO(newline="")
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()


def without_nan(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with None for what is not a number, as CSV and JSON have it."""
    return {name: None if isinstance(cell, float) and isnan(cell) else cell for name, cell in row.items()}


def profile(tags: TaggedSentences, *, by: Sequence[str] = (), draws: int = 1000, seed: int = 0) -> Profile:
    """Return shares and balances of tagged sentences, each with a 95 % interval.

    Measures, as ``Figure.measure`` names them:

    - ``sentences``, ``documents``: the share of sentences that have the frame or pole; of documents that have it anywhere.
    - ``balance`` of a tension: (B - A) / (A + B), where A and B are the sentences with its first and its second pole.
    - ``engaged``: the share of sentences with either pole of the tension.
    - ``contested``: the share of engaged sentences where both poles stand in the sentence, or in it and one beside it.
    - ``together``: the share of sentences with both the frame ``code`` and the pole ``other``.

    Documents are drawn with replacement within each group, and percentiles of the draws bound the interval. A group that is one document is
    drawn in blocks of consecutive sentences, the last followed by the first (circular block bootstrap, Politis and Romano 1992).
    The intervals say how far other documents of the kind would differ; they know nothing of the model's errors.

    Args:
        tags: the tagged sentences.
        by: columns whose values make the groups: own columns of the tags, or ``document``. Numbers are put in order as such.
        draws: how many draws.
        seed: of the draws; the same seed gives the same intervals.

    Raises:
        DocumentError: there is no such column, or its name is that of a column of figures.
    """
    counts = count(tags)
    names, numbers = group_sentences(tags, by)
    figures: list[Figure] = []
    sizes = []
    for i, rows in enumerate(_rows_of(numbers, len(names))):
        document = tags.document[rows]
        sizes.append(len(np.unique(document)))
        figures += _figures(names[i], counts.of(rows), document, draws, np.random.default_rng([seed, i]))
    return Profile(tuple(by), tuple(figures), _note(sizes))


def _note(sizes: Sequence[int]) -> str:
    """Say what intervals rest on, for groups of so many documents."""
    many, parts = [size for size in sizes if size > 1], []
    if many:
        span = f"{min(many)}" if min(many) == max(many) else f"{min(many)} to {max(many)}"
        parts.append(f"bootstrap over {span} documents" + " a group" * (len(sizes) > 1))
    if len(many) < len(sizes):
        parts.append(("one document" if len(sizes) == 1 else "groups of one document") + ": blocks of consecutive sentences")
    if many and min(many) < _ENOUGH:
        parts.append(f"with fewer than {_ENOUGH} documents intervals are too narrow")
    return "; ".join(parts)


class Counts(NamedTuple):
    """What figures are ratios of: how much each row adds above and below the line, int8 of shape (figures, rows).

    ``about`` has measure, code and other of each figure.
    """

    about: tuple[tuple[str, str, str], ...]
    top: np.ndarray
    bottom: np.ndarray

    def of(self, rows: np.ndarray) -> "Counts":
        """Return the counts of some rows."""
        return Counts(self.about, self.top[:, rows], self.bottom[:, rows])

    @property
    def of_documents(self) -> list[bool]:
        """Which figures count whole documents."""
        return [measure == DOCUMENTS for measure, _, _ in self.about]


def count(tags: TaggedSentences) -> Counts:
    """Return what each sentence adds to each figure."""
    book, tagged = tags.codebook, tags.tagged
    every = np.ones(len(tags), bool)
    columns = [((measure, code, ""), tagged[:, book.column[code]], every) for measure in (SENTENCES, DOCUMENTS) for code in book.codes]
    beside = _beside(tags)
    for tension in book.tensions:
        a, b = (tagged[:, book.column[pole.id]] for pole in tension.poles)
        columns += _of_tension(tension.id, a, b, beside)
    pairs = [(frame, pole) for frame in book.frame_ids for pole in book.pole_ids]
    columns += [((TOGETHER, *pair), tagged[:, book.column[pair[0]]] & tagged[:, book.column[pair[1]]], every) for pair in pairs]
    about, top, bottom = zip(*columns, strict=True)
    return Counts(about, np.stack(top, dtype=np.int8, casting="unsafe"), np.stack(bottom, dtype=np.int8, casting="unsafe"))


def _of_tension(id_: str, a: np.ndarray, b: np.ndarray, beside: np.ndarray) -> list[tuple[tuple[str, str, str], np.ndarray, np.ndarray]]:
    """Return the columns of a tension whose poles stand in the sentences that are marked."""
    a_count, b_count = a.astype(np.int8), b.astype(np.int8)
    engaged = a | b
    contested = engaged & _near(a, beside) & _near(b, beside)
    return [
        ((BALANCE, id_, ""), b_count - a_count, a_count + b_count),
        ((ENGAGED, id_, ""), engaged, np.ones(len(a), bool)),
        ((CONTESTED, id_, ""), contested, engaged),
    ]


def _beside(tags: TaggedSentences) -> np.ndarray:
    """Return whether each row and the next one are neighbours in their document, shape (n - 1,)."""
    index = to_numpy(tags.rows.column("index").combine_chunks().cast(pa.int64()))
    return (np.diff(tags.document) == 0) & (np.diff(index) == 1)


def _near(marks: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """Return which sentences are marked or have a neighbour that is."""
    near = marks.copy()
    near[1:] |= marks[:-1] & beside
    near[:-1] |= marks[1:] & beside
    return near


def group_sentences(tags: TaggedSentences, by: Sequence[str]) -> tuple[list[tuple[str, ...]], np.ndarray]:
    """Return the groups in order, and the number of each sentence's group, shape (n,).

    Raises:
        DocumentError: there is no such column, or its name is that of a column of figures.
    """
    number = np.zeros(len(tags), np.int64)
    names: list[tuple[str, ...]] = [()]
    for column in by:
        values, of_row = column_values(tags, column)
        number = number * len(values) + of_row
        names = [(*name, value) for name in names for value in values]
    there, number = np.unique(number, return_inverse=True)
    return [names[i] for i in there], number


def column_values(tags: TaggedSentences, name: str) -> tuple[list[str], np.ndarray]:
    """Return the values of a column as names in order, and which of them each sentence has, shape (n,).

    Raises:
        DocumentError: there is no such column, or its name is that of a column of figures.
    """
    known = ("document", *tags.own_columns)
    if name not in known:
        raise DocumentError(f"no column '{name}' in the tags; group by one of {', '.join(known)} (`migclass score --meta` brings in more)")
    if name in Figure.__dataclass_fields__:
        raise DocumentError(f"column '{name}' is named like a column of figures; rename it to group by it")
    coded = tags.rows.column(name).combine_chunks().dictionary_encode(null_encoding="encode")
    found = [_name(value) for value in coded.dictionary.to_pylist()]
    names = in_order(set(found))
    place = {name: i for i, name in enumerate(names)}
    return names, np.array([place[name] for name in found], np.int64)[to_numpy(coded.indices)]


def _name(value: Any) -> str:
    if value is None or value == "":
        return NONE
    # A column of whole numbers with a gap is read as one of decimals.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def in_order(names: set[str]) -> list[str]:
    """Return names in order: as numbers where all are; what has no value comes last.

    >>> in_order({"10", "9", "(none)"})
    ['9', '10', '(none)']
    """
    found = sorted(names - {NONE})
    if all(map(_is_number, found)):
        found.sort(key=float)
    return found + [NONE] * (NONE in names)


def _is_number(name: str) -> bool:
    try:
        return float(name) == float(name)
    except ValueError:
        return False


def _rows_of(numbers: np.ndarray, groups: int) -> list[np.ndarray]:
    """Return the rows of each group, in their order."""
    ends = np.cumsum(np.bincount(numbers, minlength=groups))
    return np.split(np.argsort(numbers, kind="stable"), ends[:-1])


class Clusters(NamedTuple):
    """Sums of counts over sentences that are drawn together, float64 of shape (figures, clusters): ``times`` of them make a draw."""

    top: np.ndarray
    bottom: np.ndarray
    times: int


def by_document(counts: Counts, document: np.ndarray) -> Clusters:
    """Return the sums of each document; as many as there are make a draw."""
    order = np.argsort(document, kind="stable")
    starts = np.flatnonzero(np.diff(document[order], prepend=-1))
    # Row by row, which is several times as fast as along an axis.
    top, bottom = (np.stack([np.add.reduceat(row[order], starts, dtype=np.float64) for row in part]) for part in (counts.top, counts.bottom))
    whole = counts.of_documents
    top[whole], bottom[whole] = top[whole] > 0, 1
    return Clusters(top, bottom, len(starts))


def in_blocks(counts: Counts) -> Clusters:
    """Return the sums of blocks of consecutive sentences, the last followed by the first; a block begins at each sentence."""
    rows = counts.top.shape[1]
    size = min(_BLOCK, -(-rows // 2))
    top, bottom = (_sums_of_blocks(part, size) for part in (counts.top, counts.bottom))
    # What share of documents it is can't be told from parts of one.
    top[counts.of_documents] = bottom[counts.of_documents] = 0
    return Clusters(top, bottom, -(-rows // size))


def _sums_of_blocks(counts: np.ndarray, size: int) -> np.ndarray:
    wrapped = np.concatenate([counts, counts[:, : size - 1]], axis=1)
    return np.lib.stride_tricks.sliding_window_view(wrapped, size, axis=1).sum(axis=-1, dtype=np.float64)


def _figures(group: tuple[str, ...], counts: Counts, document: np.ndarray, draws: int, rng: np.random.Generator) -> list[Figure]:
    documents = by_document(counts, document)
    top, n = documents.top.sum(axis=1), documents.bottom.sum(axis=1)
    bounds = _bounds(draw(documents if documents.times > 1 else in_blocks(counts), draws, rng))
    rows = zip(counts.about, ratio(top, n).tolist(), *bounds.tolist(), n.astype(int).tolist(), strict=True)
    return [Figure(group, *about, *rest) for about, *rest in rows]


def draw(drawn: Clusters, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return each figure as it is in each draw, float64 of shape (figures, draws); nan where there is nothing to count."""
    size = drawn.top.shape[1]
    step = max(1, _AT_ONCE // max(size, drawn.times))
    found = []
    for start in range(0, draws, step):
        picked = rng.integers(0, size, (min(step, draws - start), drawn.times))
        places = picked + size * np.arange(len(picked))[:, None]
        weights = np.bincount(places.ravel(), minlength=size * len(picked)).reshape(len(picked), size).astype(np.float64)
        found.append(ratio(drawn.top @ weights.T, drawn.bottom @ weights.T))
    return np.concatenate(found, axis=1)


def ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Return the ratios, nan where there is nothing below the line."""
    return np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom != 0)


def _bounds(drawn: np.ndarray) -> np.ndarray:
    """Return the lower and the upper percentile of each figure, shape (2, figures); nan where all draws agree, so that they say nothing."""
    # As np.nanquantile does, which takes one figure at a time.
    ordered, figures = np.sort(drawn, axis=1), np.arange(len(drawn))
    last = np.maximum((~np.isnan(ordered)).sum(axis=1) - 1, 0)
    places = last * np.array([[(1 - _LEVEL) / 2], [(1 + _LEVEL) / 2]])
    below = places.astype(np.int64)
    above, part = np.minimum(below + 1, last), places - below
    bounds = ordered[figures, below] * (1 - part) + ordered[figures, above] * part
    bounds[:, ordered[figures, 0] == ordered[figures, last]] = np.nan
    return bounds
