"""Sentences on their way to a coder and back: stable ids, what stands around them, and their own row packed beside them."""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from migclass.codebook import Codebook
from migclass.errors import LabelError
from migclass.labels import LabelledSentence, as_json, carry_over, codebook_of, label_files, parse_row, read_lines
from migclass.workbooks import as_text, inert, plain

# Sentences of the passage shown before and after the one to code.
BEFORE, AFTER = 2, 1
# The field of every tool's file that holds the packed row.
ROW = "row"
# Base64 without the signs that spreadsheets take for a formula.
_SIGNS = b"._"
_ID_LENGTH, _SHOWN = 12, 60


@dataclass(frozen=True)
class Task:
    """A sentence to code: its text on one line between those of its passage, and its row as packed by `pack`."""

    id: str
    text: str
    before: str
    after: str
    row: str


@dataclass(frozen=True)
class Answer:
    """What came back of one sentence from one coder.

    ``row`` is the sentence as it was sent out; ``judged`` lists the codes that the coder judged, ``codes`` those of them that apply.
    """

    row: LabelledSentence
    where: str
    coder: str = ""
    judged: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    comment: str = ""


def read_sentences(source: str | Path, codebook: Codebook) -> list[LabelledSentence]:
    """Read labelled sentences, or bare ones: in a row without frames and poles nothing was judged.

    A row without an id gets one from its passage and place, or else from its text: the same whenever it is read.

    Raises:
        LabelError: a row is broken, or two have one id.
    """
    first: dict[str, str] = {}
    copies: Counter[str] = Counter()
    return [row for path in label_files(source) for row in _read_file(path, codebook, first, copies)]


def _read_file(path: Path, codebook: Codebook, first: dict[str, str], copies: Counter[str]) -> Iterator[LabelledSentence]:
    """Yield the sentences of a file; ``first`` holds where each id stood so far, ``copies`` how often each text without one."""
    used = codebook_of(path, codebook)
    for where, fields in read_lines(path):
        if "frames" not in fields and "poles" not in fields:
            fields |= {"frames": [], "poles": [], "coded": []}
        row = parse_row(fields, where, used)
        if not fields.get("id"):
            row = _named(row, fields, copies)
        if first.setdefault(row.id, where) != where:
            raise LabelError(f"{where}: id '{row.id}' is that of {first[row.id]} too; ids must differ")
        yield from carry_over([replace(row, where="")], used, codebook)


def _named(row: LabelledSentence, fields: dict[str, Any], copies: Counter[str]) -> LabelledSentence:
    """Give a row an id; the same text read again gets a number behind it."""
    if row.passage != row.id and "n" in fields:
        return replace(row, id=f"{row.passage}-{row.n}")
    digest = hashlib.sha256(row.text.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_LENGTH]
    copies[digest] += 1
    id_ = f"s-{digest}" + f"-{copies[digest]}" * (copies[digest] > 1)
    return replace(row, id=id_, passage=id_ if row.passage == row.id else row.passage)


def make_tasks(rows: Sequence[LabelledSentence], codebook: Codebook) -> Iterator[Task]:
    """Yield what a coder sees of each row, without its codes and notes: who codes must not see what others said."""
    texts = {(row.passage, row.n): row.text for row in rows}
    for row in rows:
        before, after = (
            plain(" ".join(texts.get((row.passage, n), "") for n in places))
            for places in (range(row.n - BEFORE, row.n), range(row.n + 1, row.n + 1 + AFTER))
        )
        yield Task(plain(row.id), plain(row.text), before, after, pack(row, codebook))


def pack(row: LabelledSentence, codebook: Codebook) -> str:
    """Return a row, and the codes that its coders are asked for, as letters, digits, points and underscores."""
    packed = json.dumps({"codes": codebook.codes, "row": json.loads(as_json(row))})
    return base64.b64encode(packed.encode("ascii"), _SIGNS).decode("ascii").replace("=", "")


def unpack(packed: Any, shown: Any, codebook: Codebook, where: str) -> tuple[LabelledSentence, tuple[str, ...]]:
    """Return a row as it was packed, and the codes that its coders were asked for.

    Args:
        packed: what stands in the field ROW.
        shown: the sentence that stands beside it.
        codebook: the codebook; codes that it lacks are left out of what was asked.
        where: names the row in messages.

    Raises:
        LabelError: the packed row is missing or damaged, or the sentence beside it is another.
    """
    try:
        data = json.loads(base64.b64decode(packed + "=" * (-len(packed) % 4), _SIGNS, validate=True))
        asked = tuple(code for code in codebook.codes if code in data["codes"])
        row = replace(parse_row(dict(data["row"]), where, codebook), where="")
    except (TypeError, ValueError, KeyError, RecursionError):
        raise LabelError(f"{where}: '{ROW}' is missing or damaged; expected what `migclass labels export` wrote there, copy it back") from None
    if (read := inert(as_text(shown))) != inert(row.text):
        what = f"sentence '{row.id}' reads '{read[:_SHOWN]}', was sent out as '{inert(row.text)[:_SHOWN]}'"
        raise LabelError(f"{where}: {what}; copy it back, each sentence with its own '{ROW}'")
    return (row if row.coded is not None or asked == codebook.codes else replace(row, coded=asked)), asked


def chosen(ids: Any, asked: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the codes that a coder chose, in the codebook's order.

    Raises:
        LabelError: it is no list of codes that were asked for.
    """
    if not isinstance(ids, list):
        raise LabelError(f"{where}: the choices are {type(ids).__name__}; expected a list of codes")
    if unknown := [id_ for id_ in ids if id_ not in asked]:
        raise LabelError(f"{where}: unknown choice {unknown[0]!r}; expected one of {', '.join(asked)}")
    return tuple(code for code in asked if code in ids)
