"""Labelled sentences: read, check, count and write the promised row format."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from os.path import isdir, isfile
from pathlib import Path
from typing import Any

import numpy as np

from migclass.codebook import DEFAULT, Codebook, load_codebook
from migclass.decoding import read_bytes
from migclass.errors import LabelError
from migclass.files import replacing
from migclass.resources import resource
from migclass.tables import parse_json_row

WRITTEN = "written"
TRAIN = "train"
SPLITS = (TRAIN, "validation", "test")
# Two sentences are near-duplicates from this Jaccard similarity of their sets of five characters on.
NEAR = 0.6
_GRAM = 5
# So many of their rarest members must two sets share before they are compared in full.
_SHARED = 8
# Sentences with fewer letters ("Article 2") say nothing when they are alike.
_SHORT = 25


@dataclass(frozen=True)
class LabelledSentence:
    """One row of a label file; only ``text``, ``frames`` and ``poles`` are required in a file.

    ``coded`` lists the codes that were judged at all (None: all of the codebook); what was not judged is unknown,
    not negative. ``unjudged`` lists, by coder, what others judged and this coder did not. ``where`` is file and line, for messages.
    """

    text: str
    frames: tuple[str, ...]
    poles: tuple[str, ...]
    id: str = ""
    passage: str = ""
    n: int = 1
    genre: str = ""
    split: str = "train"
    source: str = ""
    coders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    coded: tuple[str, ...] | None = None
    unjudged: dict[str, tuple[str, ...]] = field(default_factory=dict)
    note: str = ""
    where: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """Frames and poles together."""
        return self.frames + self.poles


def label_files(source: str | Path = DEFAULT) -> list[Path]:
    """Return the files of a label source: a file, the ``*.jsonl`` of a folder, or ``default`` for those that ship.

    Raises:
        LabelError: there is no such file or folder, or no label file in it.
    """
    path = resource("labels") if str(source) == DEFAULT else Path(source)
    if isfile(path):
        return [path]
    files = sorted(path.glob("*.jsonl")) if isdir(path) else []
    if not files:
        what = "has no *.jsonl file in it" if isdir(path) else "no such file or folder"
        raise LabelError(f"{path}: {what}; expected a label file, a folder of them, or '{DEFAULT}'")
    return files


def read_labels(source: str | Path = DEFAULT, *, codebook: Codebook, split: str | None = None) -> list[LabelledSentence]:
    """Read labelled sentences, of one split or all, in the order of the files.

    The rows that ship were judged by the codebook that ships: what another codebook adds or defines anew is unknown in them.

    Raises:
        LabelError: a row is broken or names an id that the codebook lacks, and the message says file and line; or there are none.
    """
    rows = [row for path in label_files(source) for row in _read_file(path, codebook)]
    if not rows:
        raise LabelError(f'{source}: no labelled sentence in it yet; write one a line: {{"text": "...", "frames": [], "poles": []}}')
    return [row for row in rows if split is None or row.split == split]


def read_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield place (file and line) and object of each row of a JSONL file.

    Raises:
        LabelError: the file can't be read as UTF-8, or a line is no JSON object.
    """
    try:
        lines = read_bytes(path, error=LabelError).decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise LabelError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    for i, line in enumerate(lines, 1):
        if line.strip():
            where = f"{path}:{i}"
            yield where, parse_json_row(line, where, error=LabelError)


def _read_file(path: Path, codebook: Codebook) -> list[LabelledSentence]:
    used = codebook_of(path, codebook)
    return carry_over(_parse_file(path, used), used, codebook)


def codebook_of(path: Path, codebook: Codebook) -> Codebook:
    """Return the codebook by which the rows of a file were judged: this one, or for files that ship that which ships."""
    return load_codebook() if path.resolve().parent == resource("labels").resolve() else codebook


def _parse_file(path: Path, codebook: Codebook) -> Iterator[LabelledSentence]:
    for where, row in read_lines(path):
        if "text" not in row and "hash" in row:
            raise LabelError(f"{where}: a stand-off label without text; resolve it first (migclass labels resolve)")
        yield parse_row(row, where, codebook)


def parse_row(row: dict[str, Any], where: str, codebook: Codebook) -> LabelledSentence:
    """Make a labelled sentence of a row, checking every field; ``where`` names it in messages."""
    text = _field(row, "text", str, where)
    if not text.strip():
        raise LabelError(f"{where}: 'text' is empty; expected a sentence")
    split = row.get("split") or "train"
    if split not in SPLITS:
        raise LabelError(f"{where}: 'split' is {split!r}; expected one of {', '.join(SPLITS)}")
    id_ = str(row.get("id") or where)
    coded = row.get("coded")
    return LabelledSentence(
        text=text,
        frames=_ids(row, "frames", codebook.frame_ids, where),
        poles=_ids(row, "poles", codebook.pole_ids, where),
        id=id_,
        passage=str(row.get("passage") or row.get("document") or id_),
        n=_field({"n": 1} | {k: v for k, v in row.items() if v is not None}, "n", int, where),
        genre=str(row.get("genre") or ""),
        split=split,
        source=str(row.get("source") or ""),
        coders=_by_coder(row, "coders", codebook.codes, where),
        coded=None if coded is None else _ids(row, "coded", codebook.codes, where),
        unjudged=_by_coder(row, "unjudged", codebook.codes, where),
        note=str(row.get("note") or ""),
        where=where,
    )


def carry_over(rows: Iterable[LabelledSentence], old: Codebook, new: Codebook) -> list[LabelledSentence]:
    """Return rows that were judged by one codebook as rows of another: unknown is what the other adds or defines anew."""
    shared = new.shared(old)
    return list(rows) if shared == old.codes == new.codes else [_judged_only(row, shared) for row in rows]


def _judged_only(row: LabelledSentence, codes: Sequence[str]) -> LabelledSentence:
    """Return a row with nothing said of other codes than these."""

    def kept(ids: Sequence[str]) -> tuple[str, ...]:
        return tuple(id_ for id_ in ids if id_ in codes)

    coders, unjudged = ({coder: kept(ids) for coder, ids in said.items()} for said in (row.coders, row.unjudged))
    coded = kept(codes if row.coded is None else row.coded)
    return replace(row, frames=kept(row.frames), poles=kept(row.poles), coders=coders, coded=coded, unjudged=unjudged)


_EXPECTED = {str: "text", int: "a whole number", list: "a list of ids"}


def _field(row: dict[str, Any], key: str, kind: type, where: str) -> Any:
    if key not in row:
        raise LabelError(f"{where}: '{key}' is missing; a row needs text, frames and poles")
    if not isinstance(row[key], kind) or isinstance(row[key], bool):
        raise LabelError(f"{where}: '{key}' is {row[key]!r:.80}; expected {_EXPECTED[kind]}")
    return row[key]


def _ids(row: dict[str, Any], key: str, known: Sequence[str], where: str) -> tuple[str, ...]:
    ids = _field(row, key, list, where)
    for id_ in ids:
        if id_ not in known:
            raise LabelError(f"{where}: unknown id {id_!r} in '{key}'; expected one of {', '.join(known)}")
    if len(set(ids)) < len(ids):
        raise LabelError(f"{where}: an id stands twice in '{key}'; name each once")
    return tuple(ids)


def _by_coder(row: dict[str, Any], key: str, known: Sequence[str], where: str) -> dict[str, tuple[str, ...]]:
    coders = row.get(key) or {}
    if not isinstance(coders, dict):
        raise LabelError(f"{where}: '{key}' is {type(coders).__name__}; expected an object of coder and list of ids")
    return {str(coder): _ids(coders, coder, known, f"{where}: {key}") for coder, ids in coders.items() if ids is not None}


def as_json(row: LabelledSentence) -> str:
    """Return a row as one line of a label file, without fields that hold their default.

    >>> as_json(LabelledSentence("It rained.", ("climate",), (), id="a", where="x:1"))
    '{"id": "a", "text": "It rained.", "frames": ["climate"], "poles": []}'
    """
    kept = {k: v for k, v in asdict(row).items() if k != "where" and (v not in ("", None, {}) or k in ("frames", "poles"))}
    order = ["id", *(k for k in kept if k != "id")] if "id" in kept else list(kept)
    if kept["n"] == 1 and "passage" not in kept:
        order.remove("n")
    if kept["split"] == "train" and "source" not in kept:
        order.remove("split")
    # What is no Unicode is escaped, as JSON allows.
    return json.dumps({k: kept[k] for k in order}, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def write_labels(path: str | Path, rows: Iterable[LabelledSentence], *, force: bool = False) -> None:
    """Write rows as a label file, whole or not at all.

    Raises:
        OutputError: the file is there already and ``force`` is not set, or it can't be written.
    """
    with replacing(path, force=force) as file:
        file.writelines(f"{as_json(row)}\n".encode() for row in rows)


def targets(rows: Sequence[LabelledSentence], codebook: Codebook, *, coder: str | None = None) -> np.ndarray:
    """Return the codes of rows as a matrix of shape (n, k): 1, 0, or nan where nobody judged.

    With ``coder``, what that coder said; what this coder did not judge is nan.
    """
    Y = np.zeros((len(rows), len(codebook.codes)))
    for i, row in enumerate(rows):
        judged = row.coded if coder is None else judged_by(row, coder, codebook)
        if judged is not None:
            Y[i] = np.nan
            Y[i, [codebook.column[code] for code in judged]] = 0
        codes = row.codes if coder is None else row.coders.get(coder, ())
        Y[i, [codebook.column[code] for code in codes]] = 1
    return Y


def judged_by(row: LabelledSentence, coder: str, codebook: Codebook) -> tuple[str, ...]:
    """Return the codes that a coder judged, in the codebook's order: none if it is no coder of the row.

    What any coder named was judged, even where their disagreement left it unknown in the row.
    """
    if coder not in row.coders:
        return ()
    known = set(codebook.codes if row.coded is None else row.coded).union(*row.coders.values())
    return tuple(code for code in codebook.codes if code in known.difference(row.unjudged.get(coder, ())))


def labels_hash(rows: Sequence[LabelledSentence]) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of rows, whatever their order."""
    lines = sorted(f"{row.text}\t{','.join(sorted(row.codes))}\t{row.coded}" for row in rows)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()[:16]


def check_labels(rows: Sequence[LabelledSentence], against: Sequence[LabelledSentence] = ()) -> list[str]:
    """Return what is wrong with label rows beyond their form, a line each: nothing when all is well.

    Looked for: ids used twice, the same sentence twice, a passage in two splits, near-duplicates across splits, and
    with ``against`` near-duplicates of any row there (another set that must stay apart).
    """
    problems = [f"{row.where}: id '{row.id}' is that of {first.where} too; ids must differ" for first, row in _twice(rows, lambda r: r.id)]
    for first, row in _twice(rows, lambda r: _plain(r.text)):
        if len(_plain(row.text)) >= _SHORT:
            problems.append(f"{row.where}: the same sentence as {first.where}; keep one")
    split_of: dict[str, LabelledSentence] = {}
    for row in rows:
        first = split_of.setdefault(row.passage, row)
        if first.split != row.split:
            problems.append(f"{row.where}: passage '{row.passage}' is in split {first.split} at {first.where}; a passage has one split")
    once = _each_once(rows)
    for i, j, likeness in near_duplicates([row.text for row in once]):
        if once[i].split != once[j].split:
            problems.append(f"{once[j].where}: {likeness:.2f} like {once[i].where} of split {once[i].split}; below {NEAR} is allowed across splits")
    others = _each_once(against)
    both = others + once
    for i, j, likeness in near_duplicates([row.text for row in both]) if against else []:
        if i < len(others) <= j:
            problems.append(f"{both[j].where}: {likeness:.2f} like {both[i].where}, which must stay apart; below {NEAR} is allowed")
    return problems


def repeated_runs(texts: Sequence[str], allowed: Iterable[str], *, words: int = 6, times: int = 3) -> list[tuple[str, int]]:
    """Return runs of content words that stand in more than ``times`` sentences: the marks that templates leave.

    A content word has four letters or more; ``allowed`` are fixed terms, whose words don't count.

    >>> repeated_runs(["many brave people crossed these wide rivers again"] * 4, [])[0][1]
    4
    """
    fixed = sorted((term.lower() for term in allowed), key=len, reverse=True)
    found: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for i, text in enumerate(texts):
        plain = text.lower()
        for term in fixed:
            plain = plain.replace(term, " ")
        content = [word for word in re.findall(r"[^\W\d_]+", plain) if len(word) > 3]
        for at in range(len(content) - words + 1):
            found[tuple(content[at : at + words])].add(i)
    return sorted(((" ".join(run), len(where)) for run, where in found.items() if len(where) > times), key=lambda r: -r[1])


def _twice(rows: Sequence[LabelledSentence], key: Any) -> Iterator[tuple[LabelledSentence, LabelledSentence]]:
    first: dict[str, LabelledSentence] = {}
    for row in rows:
        if (other := first.setdefault(key(row), row)) is not row:
            yield other, row


def _each_once(rows: Sequence[LabelledSentence]) -> list[LabelledSentence]:
    """Return the first row of each sentence: comparing each pair of many that are the same would take long."""
    found: dict[str, LabelledSentence] = {}
    for row in rows:
        found.setdefault(_plain(row.text), row)
    return list(found.values())


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


def near_duplicates(texts: Sequence[str], *, least: float = NEAR) -> list[tuple[int, int, float]]:
    """Return pairs of sentences whose sets of five characters are alike (Jaccard), as (i, j, likeness), i < j.

    Prefix filtering (Chaudhuri et al. 2006): two sets can only be that alike if they share several of their rarest
    members. Sentences of fewer than 25 letters are left out.

    >>> near_duplicates(["The border stays closed tonight, he said.", "The border stays closed tonight, she said.", "Wages rose."])
    [(0, 1, 0.78)]
    """
    grams = [{plain[i : i + _GRAM] for i in range(len(plain) - _GRAM + 1)} if len(plain := _plain(t)) >= _SHORT else set() for t in texts]
    count = Counter(gram for own in grams for gram in own)
    holders: dict[str, list[int]] = defaultdict(list)
    pairs = []
    for j, own in enumerate(grams):
        rarest = sorted(own, key=lambda gram: (count[gram], gram))[: len(own) - int(np.ceil(least * len(own))) + _SHARED]
        met: Counter[int] = Counter()
        for gram in rarest:
            met.update(holders[gram])
            holders[gram].append(j)
        for i, shared in met.items():
            if shared >= _SHARED and least * len(own) <= len(grams[i]) <= len(own) / least:
                likeness = len(grams[i] & own) / len(grams[i] | own)
                if likeness >= least:
                    pairs.append((i, j, round(likeness, 2)))
    return sorted(pairs)
