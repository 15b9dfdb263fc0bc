"""Sentences to coders and back: coding sheets (CSV, XLSX), Label Studio, doccano, Prodigy."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Protocol

from migclass.codebook import Codebook, load_codebook
from migclass.errors import LabelError, OutputError
from migclass.exchange import doccano, labelstudio, prodigy, spreadsheets
from migclass.exchange.merging import RULES, merge
from migclass.exchange.sentences import Answer, Task, make_tasks, read_sentences
from migclass.labels import LabelledSentence, read_lines


class _Tool(Protocol):
    """What a module of this package does for its tool."""

    def write(self, tasks: Sequence[Task], codebook: Codebook, path: Path, *, force: bool) -> list[Path]: ...

    def read(self, path: Path, codebook: Codebook, *, empty_is_none: bool, encoding: str) -> Iterator[Answer]: ...


class _Format(NamedTuple):
    tool: _Tool
    suffix: str


_FORMATS = {
    "csv": _Format(spreadsheets, ".csv"),
    "xlsx": _Format(spreadsheets, ".xlsx"),
    "label-studio": _Format(labelstudio, ".json"),
    "doccano": _Format(doccano, ".jsonl"),
    "prodigy": _Format(prodigy, ".jsonl"),
}
FORMATS = tuple(_FORMATS)


def export_labels(source: str | Path, path: str | Path, *, to: str, codebook: Codebook | None = None, force: bool = False) -> list[Path]:
    """Write sentences for coders to code; none of their codes and notes can be seen there, and all come back with `import_labels`.

    Args:
        source: label rows, coded or not, or rows with nothing but a text: a JSONL file, a folder of them, or ``default``.
        path: the file to write, with the suffix of its format.
        to: one of FORMATS.
        codebook: the codes to ask for; None for the shipped ones.
        force: replace files that are there.

    Returns:
        The files written: that of the sentences, and beside it the tool's settings where it needs some.

    Raises:
        LabelError: a row is broken, two have one id, or there is no such format.
        OutputError: the suffix is another, the file is there already, or it can't be written.
    """
    codebook = codebook or load_codebook()
    tool, suffix = _find(to)
    if Path(path).suffix.lower() != suffix:
        raise OutputError(f"{path}: not a file for {to}; name one that ends in {suffix}")
    tasks = list(make_tasks(read_sentences(source, codebook), codebook))
    return tool.write(tasks, codebook, Path(path), force=force)


def import_labels(
    paths: Iterable[str | Path],
    *,
    kind: str | None = None,
    codebook: Codebook | None = None,
    coders: Mapping[str, str] | None = None,
    rule: str = RULES[0],
    empty_is_none: bool = False,
    encoding: str = "utf-8",
) -> list[LabelledSentence]:
    """Read coded files back and put their coders together by sentence.

    Each coder becomes one of ``coders``; the row's codes are what coders agree on. What nobody judged, and what they don't agree on, is left out of
    ``coded``: unknown, not negative. Comments become lines of ``note``.

    Args:
        paths: the files, of one tool or of several.
        kind: one of FORMATS; None to tell by each file's suffix and rows.
        codebook: the codebook; None for the shipped one.
        coders: names by the name that a coder has in a file: that of the file without its suffix where the tool gives none.
        rule: ``majority`` (more than half of those who judged a code; a tie is unknown) or ``all`` (any disagreement is unknown).
        empty_is_none: count empty cells of sheets, and doccano's sentences without a label, as judged: for files of which all was looked at.
        encoding: of CSV files.

    Raises:
        DocumentError: a CSV file can't be read.
        LabelError: a file is none that `export_labels` wrote and a tool gave back, or a coder judged a sentence twice and differently.
    """
    codebook = codebook or load_codebook()
    answers: list[Answer] = []
    for path in map(Path, paths):
        tool = _find(kind or _guess(path)).tool
        for answer in tool.read(path, codebook, empty_is_none=empty_is_none, encoding=encoding):
            name = answer.coder or path.stem
            answers.append(replace(answer, coder=(coders or {}).get(name, name)))
    return merge(answers, codebook, rule=rule)


def _find(name: str) -> _Format:
    if name not in _FORMATS:
        raise LabelError(f"no format '{name}'; expected one of {', '.join(FORMATS)}")
    return _FORMATS[name]


def _guess(path: Path) -> str:
    """Return the format of a file: by its suffix, and by what Prodigy's rows hold and doccano's don't."""
    found = [name for name, own in _FORMATS.items() if own.suffix == path.suffix.lower()]
    if not found:
        suffixes = ", ".join(sorted({own.suffix for own in _FORMATS.values()}))
        raise LabelError(f"{path}: no format of this suffix; expected one of {suffixes}, or name it with --from")
    if len(found) == 1:
        return found[0]
    return "prodigy" if any("options" in row for _, row in read_lines(path)) else "doccano"
