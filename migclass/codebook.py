"""The codebook: frames, tensions and poles as data. The order of its codes is the order of every matrix's columns."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from migclass.errors import CodebookError
from migclass.limits import MOST_CODES, MOST_CUES
from migclass.resources import resource
from migclass.tomlfiles import parse_toml, read_toml_text

_ID = re.compile(r"[a-z][a-z0-9_]*")
_CUE = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*\*?")


@dataclass(frozen=True)
class Code:
    """A frame or a pole: its id, its name, what it is coded for, what it is not coded for, and cue words.

    A cue is a lower-case word, or the beginning of one followed by ``*``. Cues are a prior for training, not a rule.
    """

    id: str
    name: str
    coded: str
    not_coded: str = ""
    cues: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tension:
    """A standing disagreement with two poles."""

    id: str
    question: str
    poles: tuple[Code, Code]


@dataclass(frozen=True)
class Rule:
    """A titled rule for coders."""

    title: str
    text: str


@dataclass(frozen=True)
class Example:
    """A worked example: a sentence and its codes."""

    text: str
    frames: tuple[str, ...]
    poles: tuple[str, ...]


@dataclass(frozen=True)
class Codebook:
    """Frames and tensions with the rules by which sentences are coded.

    ``source`` is the text of the file that it was read from; a model folder keeps a copy of it.

    >>> book = load_codebook()
    >>> book.frame_ids
    ('development', 'security', 'rights', 'labour', 'climate')
    >>> len(book.codes), book.codes[:5] == book.frame_ids
    (19, True)
    """

    title: str
    version: int
    frames: tuple[Code, ...]
    tensions: tuple[Tension, ...]
    rules: tuple[Rule, ...]
    pole_rules: tuple[Rule, ...]
    decisions: tuple[Rule, ...]
    examples: tuple[Example, ...]
    source: str

    @cached_property
    def entries(self) -> tuple[Code, ...]:
        """All codes in column order: frames, then the poles of each tension."""
        return self.frames + tuple(pole for tension in self.tensions for pole in tension.poles)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The ids of all codes, in column order."""
        return tuple(code.id for code in self.entries)

    @cached_property
    def frame_ids(self) -> tuple[str, ...]:
        """The ids of the frames, which are the first columns."""
        return tuple(frame.id for frame in self.frames)

    @cached_property
    def pole_ids(self) -> tuple[str, ...]:
        """The ids of the poles, which are the columns after the frames."""
        return self.codes[len(self.frames) :]

    @cached_property
    def column(self) -> dict[str, int]:
        """The column of each code id."""
        return {code: i for i, code in enumerate(self.codes)}

    @cached_property
    def hash(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the source."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:16]


def load_codebook(path: str | Path | None = None) -> Codebook:
    """Read a codebook file; without a path, the one that ships with migclass.

    Raises:
        CodebookError: the file is missing, is no TOML, or contradicts itself; the message says where.
    """
    path = Path(path) if path is not None else resource("labels", "codebook.toml")
    return parse_codebook(read_toml_text(path, error=CodebookError), where=str(path))


def parse_codebook(source: str, *, where: str = "codebook") -> Codebook:
    """Build a codebook from the text of a TOML file; ``where`` names it in messages.

    >>> parse_codebook('title = "x"', where="mine.toml")
    Traceback (most recent call last):
    migclass.errors.CodebookError: mine.toml: 'version' is missing; expected a whole number
    """
    data = parse_toml(source, where, error=CodebookError)
    book = Codebook(
        title=_get(data, "title", str, "a line of text", where),
        version=_get(data, "version", int, "a whole number", where),
        frames=tuple(_code(item, f"{where}: [[frame]] {i}") for i, item in _tables(data, "frame", where)),
        tensions=tuple(_tension(item, f"{where}: [[tension]] {i}") for i, item in _tables(data, "tension", where)),
        rules=_rules(data, "rule", where),
        pole_rules=_rules(data, "pole_rule", where),
        decisions=_rules(data, "decision", where),
        examples=tuple(_example(item, f"{where}: [[example]] {i}") for i, item in _tables(data, "example", where)),
        source=source,
    )
    _check(book, where)
    return book


def _get(table: dict[str, Any], key: str, kind: type, expected: str, where: str) -> Any:
    if key not in table:
        raise CodebookError(f"{where}: '{key}' is missing; expected {expected}")
    if not isinstance(table[key], kind) or isinstance(table[key], bool) or table[key] == "":
        raise CodebookError(f"{where}: '{key}' is {table[key]!r}; expected {expected}")
    return table[key]


def _text(table: dict[str, Any], key: str, where: str) -> str:
    """Return text that may be left out."""
    return str(_get(table, key, str, "text", where)) if table.get(key, "") != "" else ""


def _tables(data: dict[str, Any], key: str, where: str) -> list[tuple[int, dict[str, Any]]]:
    items = data.get(key, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise CodebookError(f"{where}: '{key}' is not a list of tables; write each one under [[{key}]]")
    return list(enumerate(items, 1))


def _words(table: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise CodebookError(f"{where}: '{key}' is {value!r}; expected a list of words in quotes")
    return tuple(value)


def _code(item: dict[str, Any], where: str) -> Code:
    code = Code(
        id=_get(item, "id", str, "an id in lower case", where),
        name=_text(item, "name", where) or item["id"],
        coded=_get(item, "coded", str, "what it is coded for", where),
        not_coded=_text(item, "not_coded", where),
        cues=_words(item, "cues", where),
    )
    for cue in code.cues:
        if not _CUE.fullmatch(cue) or cue != cue.lower():
            raise CodebookError(f"{where}: cue {cue!r}; expected one lower-case word of letters, with * only at its end")
    return code


def _tension(item: dict[str, Any], where: str) -> Tension:
    poles = [_code(pole, f"{where}: pole {i}") for i, pole in _tables(item, "pole", where)]
    if len(poles) != 2:
        raise CodebookError(f"{where}: {len(poles)} poles; expected two [[tension.pole]]")
    return Tension(
        id=_get(item, "id", str, "an id in lower case", where),
        question=_get(item, "question", str, "the question that the poles answer", where),
        poles=(poles[0], poles[1]),
    )


def _rules(data: dict[str, Any], key: str, where: str) -> tuple[Rule, ...]:
    return tuple(
        Rule(*(_get(item, field, str, "text", f"{where}: [[{key}]] {i}") for field in ("title", "text"))) for i, item in _tables(data, key, where)
    )


def _example(item: dict[str, Any], where: str) -> Example:
    text = _get(item, "text", str, "a sentence", where)
    return Example(text=text, frames=_words(item, "frames", where), poles=_words(item, "poles", where))


def _check(book: Codebook, where: str) -> None:
    if not book.codes:
        raise CodebookError(f"{where}: no code; expected at least one [[frame]] or [[tension]]")
    for what, count, most in (("codes", len(book.codes), MOST_CODES), ("cues", sum(len(code.cues) for code in book.entries), MOST_CUES)):
        if count > most:
            raise CodebookError(f"{where}: {count:,} {what}; expected at most {most:,}")
    ids = book.codes + tuple(tension.id for tension in book.tensions)
    for id_, times in Counter(ids).items():
        if times > 1:
            raise CodebookError(f"{where}: the id '{id_}' is used {times} times; give every code an id of its own")
        if not _ID.fullmatch(id_):
            raise CodebookError(f"{where}: id {id_!r}; expected lower-case letters, digits and _, a letter first")
    for i, example in enumerate(book.examples, 1):
        for ids_, known in ((example.frames, book.frame_ids), (example.poles, book.pole_ids)):
            for id_ in ids_:
                if id_ not in known:
                    raise CodebookError(f"{where}: [[example]] {i}: unknown id '{id_}'; expected one of {', '.join(known)}")


def as_markdown(book: Codebook) -> str:
    """Return the codebook as a Markdown page for coders."""
    lines = [f"# {book.title}", "", f"Version {book.version}, hash `{book.hash}`.", "", "## Ground rules", ""]
    lines += _numbered(book.rules)
    lines += ["", "## Frames", "", "| id | name | coded for | not coded for |", "|---|---|---|---|"]
    lines += [f"| `{f.id}` | {f.name} | {f.coded} | {f.not_coded or '–'} |" for f in book.frames]
    if book.tensions:
        lines += ["", "## Tensions", "", *_numbered(book.pole_rules)]
        lines += ["", "| tension | question | pole A | pole B |", "|---|---|---|---|"]
        for t in book.tensions:
            a, b = (f"`{pole.id}`: {pole.coded}" for pole in t.poles)
            lines.append(f"| `{t.id}` | {t.question} | {a} | {b} |")
    if book.decisions:
        lines += ["", "## Decisions on hard cases", "", *_numbered(book.decisions)]
    if book.examples:
        lines += ["", "## Worked examples", "", "| sentence | frames | poles |", "|---|---|---|"]
        for e in book.examples:
            lines.append(f"| {e.text} | {', '.join(e.frames) or '–'} | {', '.join(e.poles) or '–'} |")
    return "\n".join(lines) + "\n"


def _numbered(rules: tuple[Rule, ...]) -> list[str]:
    return [f"{i}. **{rule.title}.** {rule.text}" for i, rule in enumerate(rules, 1)]
