"""The codebook: frames, tensions and poles as data. The order of its codes is the order of every matrix's columns."""

import hashlib
import json
import re
from collections import Counter
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from migclass.errors import CodebookError
from migclass.limits import MOST_CODES, MOST_CUES
from migclass.resources import resource
from migclass.tomlfiles import parse_toml, read_toml_text

DEFAULT = "default"
# The blocks of the file: the field of the codebook that holds them, and what names one of them.
_BLOCKS = {
    "rule": ("rules", "title"),
    "frame": ("frames", "id"),
    "pole_rule": ("pole_rules", "title"),
    "tension": ("tensions", "id"),
    "decision": ("decisions", "title"),
    "example": ("examples", "text"),
}
_EXTENDS = "'default' or the path of a codebook, relative to this file"
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

    ``source`` is the text of the file that it was read from, or where that extends another, of a file that says all of it; a
    model folder keeps a copy of it.

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
    def meanings(self) -> dict[str, tuple[str, str, str]]:
        """What each code stands for, by its id: the question (of a pole), what it is coded for, what it is not coded for."""
        found = {frame.id: ("", frame.coded, frame.not_coded) for frame in self.frames}
        return found | {pole.id: (tension.question, pole.coded, pole.not_coded) for tension in self.tensions for pole in tension.poles}

    def shared(self, other: "Codebook") -> tuple[str, ...]:
        """Return the codes that stand for the same in another codebook, in the order of this one."""
        return tuple(code for code in self.codes if self.meanings[code] == other.meanings.get(code))

    @cached_property
    def hash(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the source."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:16]


def load_codebook(path: str | Path | None = None) -> Codebook:
    """Read a codebook file; without a path, or with ``default``, the one that ships with migclass.

    A file that ``extends`` another holds what it adds: new blocks come after those of the other, and a block with
    ``replaces = true`` takes the place of the one of that id (frames, tensions), title (rules, decisions) or text (examples).

    Raises:
        CodebookError: the file is missing, is no TOML, or contradicts itself; the message says where.
    """
    return _load(resource("labels", "codebook.toml") if path is None or str(path) == DEFAULT else Path(path), ())


def parse_codebook(source: str, *, where: str = "codebook") -> Codebook:
    """Build a codebook from the text of a TOML file, which must say all of it; ``where`` names it in messages.

    >>> parse_codebook('title = "x"', where="mine.toml")
    Traceback (most recent call last):
    migclass.errors.CodebookError: mine.toml: 'version' is missing; expected a whole number
    """
    data = parse_toml(source, where, error=CodebookError)
    if "extends" in data:
        raise CodebookError(f"{where}: 'extends' has no meaning here; expected a codebook that says all of it")
    blocks = _blocks(data, where)
    if replacing := next((head for head in _BLOCKS if any(_flags(data, head, where))), None):
        raise CodebookError(f"{where}: a [[{replacing}]] has 'replaces', and the codebook extends none; take it out, or say what it 'extends'")
    book = Codebook(_get(data, "title", str, "a line of text", where), _get(data, "version", int, "a whole number", where), **blocks, source=source)
    _check(book, book.examples, where)
    return book


def _load(path: Path, extending: tuple[Path, ...]) -> Codebook:
    """Read a codebook that those in ``extending`` are made on."""
    source, where = read_toml_text(path, error=CodebookError), str(path)
    data = parse_toml(source, where, error=CodebookError)
    if "extends" not in data:
        return parse_codebook(source, where=where)
    return _extended(_base(data, path, (*extending, path.resolve())), data, where)


def _base(data: dict[str, Any], path: Path, extending: tuple[Path, ...]) -> Codebook:
    named = _get(data, "extends", str, _EXTENDS, str(path))
    if named == DEFAULT:
        return load_codebook()
    base = path.parent / named
    if base.resolve() in extending:
        raise CodebookError(f"{path}: extends '{named}', which extends this file again; expected {_EXTENDS}, without a circle")
    if not base.is_file():
        raise CodebookError(f"{path}: extends '{named}', and there is no file {base}; expected {_EXTENDS}")
    return _load(base, extending)


def _extended(base: Codebook, data: dict[str, Any], where: str) -> Codebook:
    """Return the base with the blocks of a file added; its source says all of it, so that it is read without the base."""
    own = _blocks(data, where)
    blocks = {field: _added(head, getattr(base, field), own[field], _flags(data, head, where), where) for head, (field, _) in _BLOCKS.items()}
    top = {"title": base.title, "version": base.version} | data
    title, version = _get(top, "title", str, "a line of text", where), _get(top, "version", int, "a whole number", where)
    book = Codebook(title, version, **blocks, source=base.source)
    # An example of the base may name a pole that was replaced.
    book = replace(book, examples=tuple(example for example in book.examples if example in own["examples"] or _of_codes(example, book)))
    _check(book, own["examples"], where)
    return book if book == base else replace(book, source=_as_toml(book))


def _added(head: str, base: tuple[Any, ...], own: tuple[Any, ...], replaces: list[bool], where: str) -> tuple[Any, ...]:
    """Return the blocks of a base with further ones; one that replaces another stands in its place."""
    key = _BLOCKS[head][1]
    blocks, before, names = list(base), [getattr(block, key) for block in base], [getattr(block, key) for block in own]
    for i, (block, name, replacing) in enumerate(zip(own, names, replaces, strict=True)):
        place = f"{where}: [[{head}]] {i + 1}"
        if replacing and name not in before:
            raise CodebookError(f"{place}: replaces {name!r}, which the codebook that it extends has not; take 'replaces' out")
        if name in names[:i] or (name in before and not replacing):
            raise CodebookError(f"{place}: {name!r} is there already; give it another {key}, or write replaces = true to redefine it")
        if replacing:
            blocks[before.index(name)] = block
        else:
            blocks.append(block)
    return tuple(blocks)


def _of_codes(example: Example, book: Codebook) -> bool:
    """Return whether a codebook has all codes of an example."""
    return set(example.frames) <= set(book.frame_ids) and set(example.poles) <= set(book.pole_ids)


def _as_toml(book: Codebook) -> str:
    """Return a file that says all of a codebook."""
    lines = ["# Written by migclass: a codebook with all that it took from the one that it extends.", ""]
    lines += [f"title = {_quoted(book.title)}", f"version = {book.version}"]
    for head, (field, _) in _BLOCKS.items():
        for block in getattr(book, field):
            poles = block.poles if isinstance(block, Tension) else ()
            lines += _block(head, {k: v for k, v in asdict(block).items() if not (poles and k == "poles")})
            lines += [line for pole in poles for line in _block(f"{head}.pole", asdict(pole))]
    return "\n".join(lines) + "\n"


def _block(head: str, fields: dict[str, Any]) -> list[str]:
    return ["", f"[[{head}]]", *(f"{key} = {_quoted(value)}" for key, value in fields.items() if value)]


def _quoted(value: str | tuple[str, ...]) -> str:
    # TOML writes strings and lists of them as JSON does, but for one control character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _blocks(data: dict[str, Any], where: str) -> dict[str, Any]:
    """Return the fields of a codebook that hold blocks."""
    read = {"frame": _code, "tension": _tension, "example": _example}
    return {
        field: tuple(read.get(head, _rule)(item, f"{where}: [[{head}]] {i}") for i, item in _tables(data, head, where))
        for head, (field, _) in _BLOCKS.items()
    }


def _flags(data: dict[str, Any], head: str, where: str) -> list[bool]:
    """Return for each block of a kind whether it replaces one of the codebook that is extended."""
    flags = [(f"{where}: [[{head}]] {i}", item.get("replaces", False)) for i, item in _tables(data, head, where)]
    for place, flag in flags:
        if not isinstance(flag, bool):
            raise CodebookError(f"{place}: 'replaces' is {flag!r}; expected true or false")
    return [flag for _, flag in flags]


def _get(table: dict[str, Any], key: str, kind: type, expected: str, where: str) -> Any:
    if key not in table:
        raise CodebookError(f"{where}: '{key}' is missing; expected {expected}")
    if not isinstance(table[key], kind) or isinstance(table[key], bool) or table[key] == "":
        raise CodebookError(f"{where}: '{key}' is {table[key]!r}; expected {expected}")
    return table[key]


def _text(table: dict[str, Any], key: str, default: str, where: str) -> str:
    if not isinstance(value := table.get(key, default), str):
        raise CodebookError(f"{where}: '{key}' is {value!r}; expected text")
    return value


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
        name=_text(item, "name", item.get("id", ""), where),
        coded=_get(item, "coded", str, "what it is coded for", where),
        not_coded=_text(item, "not_coded", "", where),
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


def _rule(item: dict[str, Any], where: str) -> Rule:
    return Rule(_get(item, "title", str, "text", where), _get(item, "text", str, "text", where))


def _example(item: dict[str, Any], where: str) -> Example:
    text = _get(item, "text", str, "a sentence", where)
    return Example(text=text, frames=_words(item, "frames", where), poles=_words(item, "poles", where))


def _check(book: Codebook, examples: tuple[Example, ...], where: str) -> None:
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
    for i, example in enumerate(examples, 1):
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
