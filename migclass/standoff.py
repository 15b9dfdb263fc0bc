"""Stand-off labels: codes of sentences in documents whose text is not ours to ship, found again in the user's own copy.

A label keeps hashes of the letters of its sentence: of all, of the first few and of the last few. Letters alone, since line
breaks, hyphens, quotation marks, footnote marks and digits differ from one extraction to the next.
"""

import hashlib
import json
import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import UnionType
from typing import Any

from migclass.codebook import Codebook, load_codebook
from migclass.documents import STDIN, read_documents
from migclass.errors import LabelError
from migclass.labels import LabelledSentence, carry_over, parse_row, read_lines
from migclass.resources import resource
from migclass.sentences import one_line
from migclass.tables import is_table
from migclass.tomlfiles import parse_toml, read_toml_text

KINDS = ("resolved", "moved", "missing")
ROLES = ("train", "validation", "test")
_SALT = b"migclass-so-1"
_ANCHOR = 24
# What may stand inside a sentence that was not there when it was coded, in letters: a page's header, a footnote.
_SLACK = 400
_AFTER = re.compile(r"[^\s]+| +[^\sA-Za-z]+(?=\s|$)")
# What the fields of a stand-off label hold.
_FIELDS: dict[str, type | UnionType] = {
    "document": str, "n": int, "letters": int, "hash": str, "head": str, "tail": str, "start": int | None, "end": int | None,
}  # fmt: skip
_SUFFIXES = {".txt", ".md", ".html", ".htm", ".pdf", ".docx"}


@dataclass(frozen=True)
class StandoffLabel:
    """The codes of one sentence of a document, without its words.

    ``start`` and ``end`` are offsets in the text that was coded (None where only sentences were at hand), ``letters`` the
    number of letters, ``hash``, ``head`` and ``tail`` the salted hashes of all, the first and the last of them. ``coded``
    lists the codes that were judged (None: all).
    """

    document: str
    n: int
    letters: int
    hash: str
    head: str
    tail: str
    frames: tuple[str, ...]
    poles: tuple[str, ...]
    coders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    coded: tuple[str, ...] | None = None
    start: int | None = None
    end: int | None = None
    role: str = "train"
    where: str = ""


@dataclass(frozen=True)
class Resolution:
    """What became of a set of stand-off labels: the sentences found, how each was found, and the labels that were not."""

    sentences: tuple[LabelledSentence, ...]
    kinds: tuple[str, ...]
    missing: tuple[StandoffLabel, ...]

    @property
    def resolved(self) -> int:
        """The number of sentences found where they were coded."""
        return self.kinds.count(KINDS[0])

    @property
    def moved(self) -> int:
        """The number of sentences found elsewhere, or with something inside that was not there."""
        return self.kinds.count(KINDS[1])

    @property
    def coverage(self) -> float:
        """The share of labels whose sentence was found."""
        total = len(self.sentences) + len(self.missing)
        return len(self.sentences) / total if total else 1.0


class Letters:
    """The letters of a text, lower case and without accents' variants, with the place in the text of each."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.letters, self.places = "", []
        kept = []
        for place, character in enumerate(text):
            for letter in unicodedata.normalize("NFKC", character).lower():
                if letter.isalpha():
                    kept.append(letter)
                    self.places.append(place)
        self.letters = "".join(kept)

    def hash(self, start: int, length: int) -> str:
        """Return the salted hash of a run of letters."""
        return letter_hash(self.letters[start : start + length])

    @cached_property
    def anchors(self) -> dict[int, dict[str, list[int]]]:
        """Places of every run of letters by its hash, for each length asked for so far."""
        return {}

    def find(self, digest: str, length: int) -> list[int]:
        """Return the starts of all runs of ``length`` letters with that hash."""
        if length not in self.anchors:
            table: dict[str, list[int]] = defaultdict(list)
            for start in range(len(self.letters) - length + 1):
                table[self.hash(start, length)].append(start)
            self.anchors[length] = table
        return self.anchors[length].get(digest, [])


def letter_hash(letters: str) -> str:
    """Return the salted hash of letters, 16 hexadecimal digits."""
    return hashlib.blake2b(letters.encode(), digest_size=8, salt=_SALT).hexdigest()


def make_label(text: str, *, document: str, n: int, **rest: Any) -> StandoffLabel:
    """Return the stand-off label of a sentence."""
    letters = Letters(text).letters
    anchor = min(_ANCHOR, len(letters))
    hashes = letter_hash(letters), letter_hash(letters[:anchor]), letter_hash(letters[len(letters) - anchor :])
    return StandoffLabel(document, n, len(letters), *hashes, **rest)


def as_json(label: StandoffLabel) -> str:
    """Return a stand-off label as one line of its file."""
    row: dict[str, Any] = {"document": label.document, "n": label.n, "start": label.start, "end": label.end}
    row |= {"letters": label.letters, "hash": label.hash, "head": label.head, "tail": label.tail}
    row |= {"frames": label.frames, "poles": label.poles, "coders": label.coders}
    return json.dumps(row, ensure_ascii=False)


def read_documents_list(path: Path | None = None) -> dict[str, dict[str, Any]]:
    """Read documents.toml: for each document or collection its title, publisher, date, locators, licence and role."""
    path = path or resource("labels", "documents.toml")
    listed = parse_toml(read_toml_text(path, error=LabelError), str(path), error=LabelError)
    for id_, entry in listed.items():
        if not isinstance(entry, dict) or entry.get("role") not in ROLES:
            raise LabelError(f"{path}: [{id_}]: 'role' must be one of {', '.join(ROLES)}")
    return listed


def read_standoff(codebook: Codebook, *, role: str | None = None, folder: Path | None = None) -> list[StandoffLabel]:
    """Read the stand-off labels that ship, of one role or all; each file is named after its entry in documents.toml.

    They were judged by the codebook that ships: what another codebook adds or defines anew is unknown in them.

    Raises:
        LabelError: a row is broken, or a file has no entry.
    """
    judged_by = load_codebook() if folder is None else codebook
    folder = folder or resource("labels")
    listed = read_documents_list(folder / "documents.toml")
    labels = []
    for path in sorted((folder / "documents").glob("*.jsonl")):
        if path.stem not in listed:
            raise LabelError(f"{path}: no entry [{path.stem}] in {folder / 'documents.toml'}; add one with its role")
        if role in (None, listed[path.stem]["role"]):
            lines = [(where, _whole_row(row, where)) for where, row in read_lines(path)]
            rows = carry_over((parse_row({"text": "-"} | row, where, judged_by) for where, row in lines), judged_by, codebook)
            labels += [_label(line, row, listed[path.stem]["role"]) for (_, line), row in zip(lines, rows, strict=True)]
    return labels


def _whole_row(row: dict[str, Any], where: str) -> dict[str, Any]:
    for key, kind in _FIELDS.items():
        if not isinstance(row.get(key), kind) or isinstance(row.get(key), bool):
            raise LabelError(f"{where}: '{key}' is {row.get(key)!r:.80}; expected a stand-off label as migclass wrote it")
    return row


def _label(line: dict[str, Any], row: LabelledSentence, role: str) -> StandoffLabel:
    kept: dict[str, Any] = {key: line.get(key) for key in _FIELDS}
    return StandoffLabel(**kept, frames=row.frames, poles=row.poles, coders=row.coders, coded=row.coded, role=role, where=row.where)


def read_copies(paths: Iterable[str | Path]) -> dict[str, str]:
    """Read the user's copies of documents: name -> text.

    A folder gives its files, but for hidden ones. A table with the columns document and text gives, for each document, its rows in order.

    Raises:
        DocumentError: a file can't be read.
        LabelError: there is nothing to read.
    """
    files = [file for path in map(Path, paths) for file in (_visible(path) if path.is_dir() else [path])]
    texts: dict[str, list[str]] = defaultdict(list)
    for file in files:
        if is_table(str(file)) and file.suffix.lower() != ".parquet":
            for document in read_documents(str(file)):
                texts[str(document.columns.get("document", file.stem))].append(document.text)
        elif str(file) != STDIN and file.suffix.lower() in _SUFFIXES:
            texts[file.stem].extend(document.text for document in read_documents(str(file)))
    if not texts:
        raise LabelError(f"{', '.join(map(str, paths))}: no documents in it; expected text, PDF, Word, HTML, or a table of sentences")
    return {name: "\n\n".join(parts) for name, parts in texts.items()}


def _visible(folder: Path) -> list[Path]:
    """Return what lies in a folder, at any depth, and is not hidden, as texts are that a run was killed in the middle of."""
    return [path for path in sorted(folder.rglob("*")) if not any(part.startswith(".") for part in path.relative_to(folder).parts)]


def resolve(labels: Sequence[StandoffLabel], copies: dict[str, str]) -> Resolution:
    """Find the sentences of stand-off labels in copies of their documents.

    A copy is looked up by the document's id, else every copy is tried and the one that holds most sentences is used.
    A sentence counts as moved where its offsets differ or something stands inside it that was not there.
    """
    by_document: dict[str, list[StandoffLabel]] = defaultdict(list)
    for label in labels:
        by_document[label.document].append(label)
    texts = {name: Letters(text) for name, text in copies.items()}
    found: list[LabelledSentence] = []
    missing: list[StandoffLabel] = []
    kinds: list[str] = []
    for document, own in by_document.items():
        text = texts.get(document) or _best_copy(own, texts)
        at = 0
        for label in own:
            span = _locate(label, text, at) if text else None
            if span is None or text is None:
                missing.append(label)
                continue
            start, end, exact = span
            at = end
            first, last = text.places[start], text.places[end - 1] + 1
            same_place = label.start is None or bisect_left(text.places, label.start) == start
            kinds.append(KINDS[0] if exact and same_place else KINDS[1])
            found.append(_sentence(label, one_line(_whole(text.text, first, last))))
    return Resolution(tuple(found), tuple(kinds), tuple(missing))


def as_rows(labels: Iterable[StandoffLabel]) -> list[LabelledSentence]:
    """Return stand-off labels as rows without their words, to count and compare codes."""
    return [_sentence(label, "") for label in labels]


def _sentence(label: StandoffLabel, text: str) -> LabelledSentence:
    return LabelledSentence(
        text=text, frames=label.frames, poles=label.poles, id=f"{label.document}:{label.n}", passage=label.document, n=label.n,
        split="train" if label.role == "train" else "test", source=label.document, coders=label.coders, coded=label.coded, where=label.where,
    )  # fmt: skip


def _whole(text: str, first: int, last: int) -> str:
    """Return a stretch of text with the figures and marks that touch it, and figures after it up to a stop ("in 2015.")."""
    while first > 0 and not text[first - 1].isspace():
        first -= 1
    while (after := _AFTER.match(text, last)) and not (text[last - 1] in ".!?" and after.group()[0] == " "):
        last = after.end()
    return text[first:last]


def _best_copy(labels: Sequence[StandoffLabel], texts: dict[str, Letters]) -> Letters | None:
    long = [label for label in labels if label.letters >= _ANCHOR]
    hits = {name: sum(bool(text.find(label.head, _ANCHOR)) for label in long) for name, text in texts.items()}
    best = max(hits, key=lambda name: hits[name], default=None)
    return texts[best] if best is not None and hits[best] > len(long) / 4 else None


def _locate(label: StandoffLabel, text: Letters, at: int) -> tuple[int, int, bool] | None:
    """Return start, end (in letters) and exactness of a label's sentence, the next after ``at`` where there are several."""
    if label.letters < 1:
        return None
    anchor = min(_ANCHOR, label.letters)
    starts = sorted(text.find(label.head, anchor), key=lambda start: (start < at, abs(start - at)))
    for start in starts:
        if text.hash(start, label.letters) == label.hash:
            return start, start + label.letters, True
    tails = text.find(label.tail, anchor) if starts else []
    for start in starts:
        for tail in tails:
            if 0 <= tail + anchor - start - label.letters <= _SLACK:
                return start, tail + anchor, False
    return None
