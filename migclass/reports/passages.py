"""The passages of a report: the most telling sentences of each pole, and passages where the two poles of a tension meet."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from migclass.prose import ends_as_sentence
from migclass.tagfiles import TaggedSentences

# Passages that are shown at an end of a tension, and between them.
_SHOWN = 3
# A passage and the clearness it was chosen by: its rows, and the probability of its tag, the lower one of two.
_Found = tuple[tuple[int, ...], float]


class Quote(NamedTuple):
    """A passage: its text, the document, the row of its first sentence and its number there, the probability it was chosen by.

    ``linked`` says that the page has the sentence, to link to.
    """

    text: str
    document: str
    row: int
    number: int
    score: float
    linked: bool


class Passages(NamedTuple):
    """The passages of a tension: the most telling of each pole, and those where the two meet."""

    first: list[Quote]
    between: list[Quote]
    second: list[Quote]


def passages(tags: TaggedSentences, names: Mapping[str, str], *, shown: int) -> dict[str, Passages]:
    """Return the passages of each tension; those among the first ``shown`` rows can be linked to."""
    whole = ends_as_sentence(tags.rows.column("text").to_pylist())
    sure = tags.tagged & ~tags.unsure & whole[:, None]
    found = {}
    for tension in tags.codebook.tensions:
        a, b = (tags.codebook.column[pole.id] for pole in tension.poles)
        between = _apart(tags, _meeting(tags, sure, a, b))
        alone = sure.copy()
        alone[[row for rows, _ in between for row in rows]] = False
        first, second = _apart(tags, _telling(tags, alone, a, b)), _apart(tags, _telling(tags, alone, b, a))
        found[tension.id] = Passages(*([_quote(tags, names, *passage, shown) for passage in part] for part in (first, between, second)))
    return found


def _telling(tags: TaggedSentences, sure: np.ndarray, column: int, other: int) -> Iterator[_Found]:
    """Yield the sentences that speak for one pole only, clearest first."""
    scores = tags.scores[:, column]
    for row in _highest(scores, sure[:, column] & ~tags.tagged[:, other]):
        yield (row,), float(scores[row])


def _meeting(tags: TaggedSentences, sure: np.ndarray, a: int, b: int) -> Iterator[_Found]:
    """Yield the sentences where both poles stand, and then pairs of neighbours, clearest first."""
    scores = np.where(sure, tags.scores, 0)
    one = np.minimum(scores[:, a], scores[:, b])
    for row in _highest(one, one > 0):
        yield (row,), float(one[row])
    two = np.maximum(np.minimum(scores[:-1, a], scores[1:, b]), np.minimum(scores[:-1, b], scores[1:, a]))
    for row in _highest(two, (two > 0) & (np.diff(tags.document) == 0) & (one[:-1] == 0) & (one[1:] == 0)):
        yield (row, row + 1), float(two[row])


def _highest(scores: np.ndarray, among: np.ndarray) -> list[int]:
    """Return the rows that are marked, highest scores first."""
    rows = np.flatnonzero(among)
    return rows[np.argsort(-scores[rows], kind="stable")].tolist()


def _apart(tags: TaggedSentences, found: Iterable[_Found]) -> list[_Found]:
    """Return the first few passages whose texts differ, from different documents as far as there are."""
    texts, documents = set(), set()
    first: list[_Found] = []
    rest: list[_Found] = []
    for passage in found:
        row = passage[0][0]
        text, document = tags.rows.column("text")[row].as_py(), tags.document[row]
        if text not in texts:
            (rest if document in documents else first).append(passage)
        texts.add(text)
        documents.add(document)
        if len(first) == _SHOWN:
            break
    return (first + rest)[:_SHOWN]


def _quote(tags: TaggedSentences, names: Mapping[str, str], rows: tuple[int, ...], score: float, shown: int) -> Quote:
    first, *_ = sentences = tags.rows.take(list(rows)).to_pylist()
    text = " ".join(sentence["text"] for sentence in sentences)
    return Quote(text, names[first["document"]], rows[0], int(first["index"]) + 1, score, rows[0] < shown)
