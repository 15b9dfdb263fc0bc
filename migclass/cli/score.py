"""``migclass score``: documents -> tagged sentences."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import click
import pyarrow as pa
from click.core import ParameterSource

from migclass import outputs
from migclass.documents import STDIN, Document, check_readable, read_documents, read_meta
from migclass.engines import score_documents
from migclass.errors import OutputError
from migclass.files import check_apart, replacing
from migclass.languages import foreign_language
from migclass.tagging import load

_SUFFIXES = {".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet", ".txt": "table"}
# Rows of a table whose language is looked at.
_LOOKED_AT = 100
# Options that Spark understands; it reads and writes Parquet only.
_ON_SPARK = {"files", "engine", "output", "force", "model", "text_column", "sentences"}


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--model", metavar="NAME|DIR", help="A model that ships, or a model folder. [default: the shipped default]")
@click.option("--format", "format_", type=click.Choice(outputs.FORMATS), help="[default: by the suffix of --output; table on a terminal, else jsonl]")
@click.option("-o", "--output", metavar="PATH", help="Write to this file instead of standard output.")
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
    standard input. In a table to read, a question mark follows a code that is too near its threshold to rely on.
    """
    if engine == "spark":
        return _score_on_spark(files, output, text_column=text_column, sentences=sentences, model=model, force=force)
    check_readable(files)
    check_apart(files, output)
    kind = format_ or _format(output)
    tagger = load(model)
    documents = _documents(files, text_column, encoding, read_meta(meta, files) if meta else {})
    if save_text:
        documents = _saving(documents, Path(save_text), force)
    batches = score_documents(tagger, _english(documents), sentences=sentences)
    with replacing(output, force=force) if output else nullcontext(sys.stdout.buffer) as file:
        _writer(kind, file)(batches, file)


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
    if output:
        return _SUFFIXES.get(Path(output).suffix.lower(), "jsonl")
    return "table" if sys.stdout.isatty() else "jsonl"


def _writer(kind: str, file: BinaryIO) -> Callable[[Iterable[pa.RecordBatch], BinaryIO], None]:
    if kind != "table":
        return {"jsonl": outputs.write_jsonl, "csv": outputs.write_csv, "parquet": outputs.write_parquet}[kind]
    width = min(os.get_terminal_size(file.fileno()).columns, 140) if file.isatty() else None
    return partial(outputs.write_table, width=width, colour=file.isatty() and "NO_COLOR" not in os.environ)


def _documents(files: Iterable[str], text_column: str, encoding: str, meta: dict[str, dict[str, Any]]) -> Iterator[Document]:
    for path in files:
        for document in read_documents(path, text_column=text_column, encoding=encoding):
            yield replace(document, columns=document.columns | meta.get(path, {}))


def _saving(documents: Iterable[Document], folder: Path, force: bool) -> Iterator[Document]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: can't be made: {error.strerror}; name a folder for --save-text") from None
    for document in documents:
        name = "stdin" if document.name == STDIN else quote(document.name, safe=" #()[]{}+,;=@~").lstrip(".")
        with replacing(folder / f"{name}.txt", force=force) as file:
            file.write(document.text.encode("utf-8", "replace"))
        yield document


def _english(documents: Iterable[Document]) -> Iterator[Document]:
    """Pass documents on, and say on standard error which are not English."""
    counts: dict[str, int] = {}
    for document in documents:
        path = document.name.rsplit("#", 1)[0] if document.row else document.name
        counts[path] = counts.get(path, 0) + 1
        if counts[path] <= _LOOKED_AT and (language := foreign_language(document.text)):
            click.echo(f"Warning: {document.name}: looks like {language}; tags are for English only and mean nothing here", err=True)
            if document.row:
                counts[path] = _LOOKED_AT + 1  # one warning a table
        yield document
