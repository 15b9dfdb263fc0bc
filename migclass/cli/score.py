"""``migclass score``: documents -> tagged sentences."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO
from urllib.parse import quote

import click
import pyarrow as pa
from click.core import ParameterSource

from migclass import outputs
from migclass.cli.project import chosen_model, model_option, open_tagger
from migclass.documents import STDIN, check_readable, read_meta
from migclass.engines import check_columns, score_documents
from migclass.errors import OutputError
from migclass.files import check_apart, check_free, replacing
from migclass.inputs import START, DocumentBatch, Inputs, Place
from migclass.languages import foreign_language
from migclass.parts import Parts, open_parts
from migclass.tagging import Tagger

_SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet", ".txt": "table"}
# Rows of a table whose language is looked at.
_LOOKED_AT = 100
# Options that Spark understands; it reads and writes Parquet only.
_ON_SPARK = {"files", "engine", "output", "force", "model", "text_column", "sentences"}


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@model_option()
@click.option("--format", "format_", type=click.Choice(outputs.FORMATS), help="[default: by the suffix of --output; table on a terminal, else jsonl]")
@click.option("-o", "--output", metavar="PATH", help="Write to this file instead of standard output.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help="Processes; any number gives the same result.")
@click.option("--resume", is_flag=True, help="Keep what is done in OUTPUT.parts until all is; the same command goes on from there.")
@click.option("--force", is_flag=True, help="Replace the files of --output and --save-text if they are there.")
@click.option("--text-column", default="text", show_default=True, metavar="NAME", help="In a table, the column with the text.")
@click.option("--sentences", is_flag=True, help="Each line, or row of a table, is one sentence already.")
@click.option("--meta", metavar="CSV", help="A table whose first column is a file name; its other columns join the tags.")
@click.option("--encoding", default="utf-8", show_default=True, metavar="NAME", help="Encoding of text files.")
@click.option("--save-text", metavar="DIR", help="Keep the extracted text that offsets point into, one file a document.")
@click.option(
    "--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True, help="Spark reads Parquet and writes a folder of it."
)
def score(
    files: tuple[str, ...],
    model: str | None,
    format_: str | None,
    output: str | None,
    jobs: int,
    resume: bool,
    force: bool,
    text_column: str,
    sentences: bool,
    meta: str | None,
    encoding: str,
    save_text: str | None,
    engine: str,
) -> None:
    """Tag the sentences of documents by frame and pole.

    FILE is .txt, .md, .html, .pdf, .docx, a table (.csv, .tsv, .jsonl, .parquet) with a text column, or - for
    standard input. In a table to read, a question mark follows a code that is too near its threshold to rely on. Without --model,
    the model that `migclass models promote` set for this folder or one above it is used, else the one that ships.

    Input is read as a stream: memory does not grow with it, but for the longest document. Tables are looked through before anything
    is written; where a later file can't be read, an --output is left as it was, and standard output ends with what came before.
    """
    if engine == "spark":
        return _score_on_spark(files, output, text_column=text_column, sentences=sentences, model=chosen_model(model), force=force)
    check_readable(files)
    check_apart([*files, meta], output)
    if output:
        check_free(output, force=force)
    kind = format_ or _format(output)
    inputs = Inputs(files, text_column=text_column, encoding=encoding, meta=read_meta(meta, files) if meta else {})
    tagger = open_tagger(model)
    _check_columns(inputs, kind, tagger)
    kept = _parts(files, output, tagger, text_column=text_column, sentences=sentences, encoding=encoding, meta=meta) if resume else nullcontext()
    with kept as parts:
        batches = _english(inputs.batches(parts.place if parts else START))
        if save_text:
            batches = _saving(batches, Path(save_text), [*files, meta], force)
        scored = _scored(tagger, batches, sentences, jobs, _progress(inputs.size, output))
        found = _through_parts(parts, scored) if parts else (batch for batch, _ in scored)
        with replacing(output, force=force) if output else nullcontext(sys.stdout.buffer) as file:
            _writer(kind, file)((batch for batch in found if len(batch)), file)
        if parts:
            parts.remove()


def _check_columns(inputs: Inputs, kind: str, tagger: Tagger) -> None:
    """Find columns that tags or the format have no place for before a long run rather than in it."""
    for path, schema in inputs.schemas:
        check_columns(schema.names, path)
    outputs.check_columns(kind, [schema for _, schema in inputs.schemas], tagger.codes)


def _score_on_spark(files: tuple[str, ...], output: str | None, **options: Any) -> None:
    from migclass.engines.spark import score_parquet

    context = click.get_current_context()
    for option in context.command.params:
        if option.name not in _ON_SPARK and context.get_parameter_source(str(option.name)) == ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option.opts[-1]} does not go with --engine spark, which reads and writes Parquet")
    if output is None:
        raise click.UsageError("--engine spark needs --output, the folder to write")
    score_parquet(files, output, **options)


def _format(output: str | None) -> str:
    if not output:
        return "table" if sys.stdout.isatty() else "jsonl"
    suffix = Path(output).suffix.lower()
    if suffix not in _SUFFIXES:
        raise click.UsageError(f"{output}: no format is known by this suffix; use one of {', '.join(_SUFFIXES)}, or say --format")
    return _SUFFIXES[suffix]


def _writer(kind: str, file: BinaryIO) -> Callable[[Iterable[pa.RecordBatch], BinaryIO], None]:
    if kind != "table":
        return {"jsonl": outputs.write_jsonl, "csv": outputs.write_csv, "parquet": outputs.write_parquet}[kind]
    width = min(os.get_terminal_size(file.fileno()).columns, 140) if file.isatty() else None
    return partial(outputs.write_table, width=width, colour=file.isatty() and "NO_COLOR" not in os.environ)


def _parts(files: Sequence[str], output: str | None, tagger: Tagger, *, meta: str | None, **options: Any) -> AbstractContextManager[Parts]:
    """Open the parts of this run: the one that was interrupted, or a new one."""
    if not output or STDIN in files:
        raise click.UsageError("--resume needs files to read and an --output to write")
    from importlib.metadata import version

    inputs = [(path, (about := Path(path).stat()).st_size, about.st_mtime_ns) for path in (*files, *([meta] if meta else []))]
    return open_parts(output, {"migclass": version("migclass"), "model": tagger.model.hash, "inputs": inputs} | options)


def _through_parts(parts: Parts, scored: Iterable[tuple[pa.RecordBatch, Place]]) -> Iterator[pa.RecordBatch]:
    """Keep what is scored as parts, and when all is there yield it."""
    for batch, place in scored:
        parts.add(batch, place)
    yield from parts.batches()


def _progress(size: int, output: str | None) -> Any:
    """Return a bar for so many bytes on standard error: for a terminal, and not in the middle of a table for the same eyes."""
    shown = sys.stderr.isatty() and (output or not sys.stdout.isatty())
    return click.progressbar(length=size, file=sys.stderr, hidden=not shown, item_show_func=lambda rate: rate)


def _scored(tagger: Tagger, batches: Iterable[DocumentBatch], sentences: bool, jobs: int, progress: Any) -> Iterator[tuple[pa.RecordBatch, Place]]:
    """Yield scored batches, each with the place where the next begins, and tell how far the run is."""
    given: deque[DocumentBatch] = deque()

    def noted() -> Iterator[DocumentBatch]:
        for batch in batches:
            given.append(batch)
            yield batch

    began, done = monotonic(), 0
    with progress:
        for scored in score_documents(tagger, noted(), sentences=sentences, jobs=jobs):
            batch = given.popleft()
            done += len(scored)
            progress.update(batch.read - progress.pos, f"{done / (monotonic() - began):,.0f} sentences/s")
            yield scored, batch.end


def _saving(batches: Iterable[DocumentBatch], folder: Path, inputs: Sequence[str | None], force: bool) -> Iterator[DocumentBatch]:
    """Pass documents on and keep their texts in a folder, over none of the files that are read."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: can't be made: {error.strerror}; name a folder for --save-text") from None
    for batch in batches:
        for name, text in zip(batch.table.column("document").to_pylist(), batch.table.column("text").to_pylist(), strict=True):
            path = folder / f"{_file_name(name)}.txt"
            check_apart(inputs, str(path))
            _save(path, text.encode("utf-8", "replace"), force)
        yield batch


def _file_name(document: str) -> str:
    """Return a document's name as that of a file: another one for each, in no other folder and never hidden.

    >>> _file_name("../speeches/May 1.txt")
    '%2E.%2Fspeeches%2FMay 1.txt'
    """
    if document == STDIN:
        return "stdin"
    name = quote(document, safe=" #()[]{}+,;=@~")
    return "%2E" + name[1:] if name.startswith(".") else name


def _save(path: Path, data: bytes, force: bool) -> None:
    # What a run that was stopped has saved is as good as new.
    if not (path.is_file() and path.read_bytes() == data):
        with replacing(path, force=force, sync=False) as file:
            file.write(data)


def _english(batches: Iterable[DocumentBatch]) -> Iterator[DocumentBatch]:
    """Pass documents on, and say on standard error which are not English; of a table, look at its first rows and say it once."""
    counts: dict[str, int] = {}
    for batch in batches:
        names = batch.table.column("document")
        path = names[0].as_py().rsplit("#", 1)[0] if batch.rows else None
        looked_at = max(0, _LOOKED_AT - counts.get(path, 0)) if path else len(names)
        for name, text in zip(names[:looked_at].to_pylist(), batch.table.column("text")[:looked_at].to_pylist(), strict=True):
            if language := foreign_language(text):
                click.echo(f"Warning: {name}: looks like {language}; tags are for English only and mean nothing here", err=True)
                if path:
                    counts[path] = _LOOKED_AT
                    break
        if path:
            counts[path] = counts.get(path, 0) + len(names)
        yield batch
