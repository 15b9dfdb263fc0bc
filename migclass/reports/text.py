"""The text of a report with its tags, and where in it each frame lives."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import PurePath
from typing import NamedTuple

import numpy as np

from migclass.arrow import numbers
from migclass.codebook import Codebook
from migclass.reports.charts import COLOURS, SIDES
from migclass.tagfiles import TaggedSentences
from migclass.tagging import Explanation, Tagger

# The column that names documents to the reader, where the input brought one.
_TITLE = "title"
# Sentences of text that a page holds, about 400 pages of print, and documents; what is beyond is in the figures only.
_MOST_SENTENCES, _MOST_DOCUMENTS = 8000, 1000
# Documents whose strip is drawn, the longest ones, and the cells of a strip.
_MOST_STRIPS = 12
_CELLS = 100
_FIFTHS = 5
# Words that are shown for a tag, and the least that one adds in log-odds to be shown.
_WORDS = 4
_LEAST_ADDED = 0.1
# So many characters between two sentences begin a new paragraph: more than a blank.
_BREAK = 2
# Letters of a short mark.
_SHORTEST = 2


class Sentence(NamedTuple):
    """A row of the text, whether it is a sentence that counts, and its tags, likeliest first.

    ``marks`` and ``codes`` are the tags' short marks and full names, with a question mark where unsure; ``style`` is the class of its
    likeliest frame, or of its likeliest pole where it has no frame. All are empty where there is no tag.
    """

    row: int
    text: str
    counts: bool
    style: str
    marks: str
    codes: str


class Strip(NamedTuple):
    """Where each frame lives in a document: for each, its share of the sentences in fifths of the document, and as an outline."""

    name: str
    sentences: int
    fifths: list[list[float]]
    outlines: list[str]


class Text(NamedTuple):
    """The text of a report.

    ``documents`` has the name of each and its paragraphs; ``details`` for each tagged sentence, in order, a list a code with
    column, probability in per cent, whether it is unsure, and the words that drove it. ``sentences`` counts those that are shown.
    """

    documents: list[tuple[str, list[list[Sentence]]]]
    details: list[list[list]]
    marks: list[str]
    sentences: int
    explained: bool


def names_of_documents(tags: TaggedSentences) -> dict[str, str]:
    """Return what each document is called on the page: its title, else its file's name, as long as that tells them apart."""
    firsts = tags.rows.take(numbers(np.unique(tags.document, return_index=True)[1]))
    paths = firsts.column("document").to_pylist()
    titles = firsts.column(_TITLE).to_pylist() if _TITLE in tags.own_columns else []
    ways = titles, [PurePath(path).stem for path in paths], [PurePath(path).name for path in paths]
    chosen = next((names for names in ways if all(names) and len(set(names)) == len(paths)), paths)
    return dict(zip(paths, map(str, chosen), strict=True))


def shown_text(tags: TaggedSentences, names: Mapping[str, str], counts: np.ndarray, tagger: Tagger | None) -> Text:
    """Return the text as far as a page holds it; ``counts`` says which rows are sentences.

    What drove a tag is told where the tagger's words say so exactly.
    """
    beyond = np.flatnonzero(tags.document >= _MOST_DOCUMENTS)
    shown = min(len(tags), _MOST_SENTENCES, *beyond[:1].tolist())
    tagged = np.flatnonzero(tags.tagged[:shown].any(axis=1))
    explained = bool(tagger and tagger.model.scorer.exact)
    why = tagger.explain_all(tags.rows.column("text").take(numbers(tagged)).to_pylist()) if tagger and explained else [None] * len(tagged)
    details = [_details(tags, row, reason) for row, reason in zip(tagged.tolist(), why, strict=True)]
    return Text(_documents(tags, names, counts, shown), details, marks(tags.codebook), shown, explained)


def _details(tags: TaggedSentences, row: int, why: Explanation | None) -> list[list]:
    """Return a list for each code that is tagged or unsure, the likeliest first."""
    columns = np.flatnonzero(tags.tagged[row] | tags.unsure[row])
    order = columns[np.argsort(-tags.scores[row, columns], kind="stable")]
    return [[int(c), _percent(tags.scores[row, c]), int(tags.unsure[row, c]), int(tags.tagged[row, c]), _words(why, int(c))] for c in order]


def _percent(probability: np.floating) -> int:
    """Return a probability in per cent; nothing is certain."""
    return min(max(round(100 * float(probability)), 1), 99)


def _words(why: Explanation | None, column: int) -> str:
    """Return the words that spoke for a code most, with what they added in log-odds."""
    if why is None:
        return ""
    added = why.contributions[:, column]
    first = [i for i in np.argsort(-added, kind="stable")[:_WORDS] if added[i] >= _LEAST_ADDED]
    return ", ".join(f"{why.words[i]} +{added[i]:.1f}" for i in first)


def _documents(tags: TaggedSentences, names: Mapping[str, str], counts: np.ndarray, shown: int) -> list[tuple[str, list[list[Sentence]]]]:
    """Return the name of each document with its paragraphs."""
    documents, starts, ends, texts = (tags.rows.column(name)[:shown].to_pylist() for name in ("document", "start", "end", "text"))
    told = _told(tags, shown)
    found: list[tuple[str, list[list[Sentence]]]] = []
    for row in range(shown):
        begins = row == 0 or documents[row] != documents[row - 1]
        if begins:
            found.append((names[documents[row]], []))
        if begins or starts[row] - ends[row - 1] >= _BREAK or not (counts[row] and counts[row - 1]):
            found[-1][1].append([])
        found[-1][1][-1].append(Sentence(row, texts[row], bool(counts[row]), *told.get(row, ("", "", ""))))
    return found


def _told(tags: TaggedSentences, shown: int) -> dict[int, tuple[str, str, str]]:
    """Return style, marks and names of the tags of each tagged row."""
    short, entries, frames = marks(tags.codebook), tags.codebook.entries, len(tags.codebook.frames)
    rows, columns = np.nonzero(tags.tagged[:shown])
    order = np.lexsort((-tags.scores[rows, columns], rows))
    doubt = np.where(tags.unsure[rows, columns], "?", "")
    found: dict[int, tuple[str, str, str]] = {}
    for row, group in groupby(zip(rows[order].tolist(), columns[order].tolist(), doubt[order].tolist(), strict=True), key=itemgetter(0)):
        codes = [(column, mark) for _, column, mark in group]
        style = next((f"k{column % COLOURS}" for column, _ in codes if column < frames), f"poles {SIDES[(codes[0][0] - frames) % 2]}")
        found[row] = style, " ".join(short[c] + mark for c, mark in codes), ", ".join(entries[c].name + mark for c, mark in codes)
    return found


def strips(tags: TaggedSentences, names: Mapping[str, str]) -> list[Strip]:
    """Return the strips of the longest documents, in the order of the documents."""
    paths, lengths = tags.rows.column("document").unique().to_pylist(), np.bincount(tags.document)
    longest = np.sort(np.argsort(-lengths, kind="stable")[:_MOST_STRIPS])
    found = []
    for i in longest[lengths[longest] >= _FIFTHS]:
        of_frames = tags.tagged[tags.document == i, : len(tags.codebook.frames)].T
        fifths = [_shares(marks, _FIFTHS).tolist() for marks in of_frames]
        found.append(Strip(names[paths[i]], int(lengths[i]), fifths, [_outline(marks) for marks in of_frames]))
    return found


def _shares(marks: np.ndarray, cells: int) -> np.ndarray:
    """Return the share of marked sentences in each of so many parts of a document."""
    cell = np.arange(len(marks)) * cells // len(marks)
    return np.bincount(cell, marks, cells) / np.bincount(cell, minlength=cells)


def _outline(marks: np.ndarray) -> str:
    """Return an SVG path of the share of marked sentences along a document, in a box of 100 by 1."""
    cells = min(_CELLS, len(marks))
    share, width = _shares(marks, cells), _CELLS / cells
    return "".join(f"M{i * width:.4g} 1V{1 - share[i]:.3g}H{(i + 1) * width:.4g}V1Z" for i in np.flatnonzero(share))


def marks(book: Codebook) -> list[str]:
    """Return a short mark for each code: the least letters of its name that tell it from the others, two or more."""
    names = [code.name.replace(" ", "") for code in book.entries]
    return [_mark(name, [other for other in names if other != name]) for name in names]


def _mark(name: str, others: Sequence[str]) -> str:
    length = next((n for n in range(_SHORTEST, len(name)) if not any(other.startswith(name[:n]) for other in others)), len(name))
    return name[:length].capitalize()
