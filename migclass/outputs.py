"""Tagged sentences -> a table for the eye, JSON lines, CSV or Parquet."""

import codecs
import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, BinaryIO

import pyarrow as pa

from migclass.arrow import to_numpy
from migclass.errors import OutputError

FORMATS = ("table", "jsonl", "csv", "parquet")


# Digits of a probability in text.
_DIGITS = 6
# Columns of a Parquet file in which few values stand again and again, so that each is kept once.
_REPEATED = ["document", "extraction", "model", "codebook", *(f"{name}.list.element" for name in ("frames", "poles", "unsure"))]


def write_jsonl(batches: Iterable[pa.RecordBatch], file: BinaryIO) -> None:
    """Write one JSON object a sentence."""
    encode = json.JSONEncoder(ensure_ascii=False, default=str).encode
    for batch in batches:
        codes, names = _codes(batch.schema), batch.schema.names
        scores = [dict(zip(codes, row, strict=True)) for row in zip(*_scores(batch), strict=True)]
        columns = [scores if name == "scores" else column.to_pylist() for name, column in zip(names, batch.columns, strict=True)]
        lines = [encode(dict(zip(names, row, strict=True))) + "\n" for row in zip(*columns, strict=True)]
        file.write("".join(lines).encode("utf-8", "replace"))


def write_csv(batches: Iterable[pa.RecordBatch], file: BinaryIO) -> None:
    """Write a head and one line a sentence: ids joined by semicolons, then a column for each code's probability."""
    writer, head = csv.writer(_as_text(file)), None
    for batch in batches:
        others = [name for name in batch.schema.names if name != "scores"]
        names = others + _codes(batch.schema)
        _no_column_like_a_code(names)
        if head is None:
            writer.writerow(head := names)
        _same_columns(head, names)
        columns = {name: map(_cell, batch.column(name).to_pylist()) for name in others}
        columns |= {code: (f"{score:.{_DIGITS}f}" for score in scores) for code, scores in zip(names[len(others) :], _scores(batch), strict=True)}
        writer.writerows(zip(*(columns[name] for name in head), strict=True))


def _as_text(file: BinaryIO) -> Any:
    """Return what takes text for a file of bytes and, unlike a TextIOWrapper, never closes it."""
    return codecs.getwriter("utf-8")(file, "replace")


def _codes(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema.field("scores").type]


def _scores(batch: pa.RecordBatch) -> list[list[float]]:
    """Return the probabilities of each code as they are written in text."""
    return [to_numpy(column).astype(float).round(_DIGITS).tolist() for column in batch.column("scores").flatten()]


def _cell(value: Any) -> Any:
    # A zero byte makes a file look binary, to us as to others.
    return ";".join(map(str, value)) if isinstance(value, list) else value.replace("\0", " ") if isinstance(value, str) else value


def write_parquet(batches: Iterable[pa.RecordBatch], file: BinaryIO) -> None:
    """Write a Parquet file, a row group a batch."""
    import pyarrow.parquet as pq

    rest = iter(batches)
    if (first := next(rest, None)) is None:
        raise OutputError("no sentence to write; a Parquet file needs at least one")
    try:
        with pq.ParquetWriter(file, first.schema, use_dictionary=_REPEATED) as writer:
            for batch in chain([first], rest):
                _same_columns(first.schema.names, batch.schema.names)
                # As a table: batches written as such are held in memory until a million rows are together.
                writer.write_table(pa.Table.from_batches([batch.select(first.schema.names).cast(first.schema)]))
    except pa.ArrowException as error:
        raise OutputError(f"a column can't be held by Parquet ({str(error).splitlines()[0]}); use --format jsonl") from None


def check_columns(kind: str, schemas: Iterable[pa.Schema], codes: Sequence[str]) -> None:
    """Raise OutputError where a format can't hold columns that documents bring along, before anything is written."""
    first, *others = schemas
    if kind == "csv":
        _no_column_like_a_code([*first.names, *codes])
    for other in others if kind in ("csv", "parquet") else ():
        _same_columns(first.names, other.names)
    for other in others if kind == "parquet" else ():
        for field in other:
            if field.type != first.field(field.name).type and not pa.types.is_null(field.type):
                what = f"column '{field.name}' holds {first.field(field.name).type} in one file and {field.type} in another"
                raise OutputError(f"{what}, and Parquet needs one kind in all; use --format jsonl")


def _no_column_like_a_code(names: list[str]) -> None:
    if taken := sorted({name for name in names if names.count(name) > 1}):
        raise OutputError(f"a column of the input is named '{taken[0]}', like a code; rename it, or use --format jsonl")


def _same_columns(head: list[str], names: list[str]) -> None:
    if different := sorted(set(head) ^ set(names)):
        raise OutputError(f"column '{different[0]}' is in some documents only, and this format needs the same in all; use --format jsonl")


def write_table(batches: Iterable[pa.RecordBatch], file: BinaryIO, *, width: int | None = None, colour: bool = False) -> None:
    """Write a table to read: a sentence a row, with its frames and poles; codes that are unsure carry a question mark.

    The last line says which model and codebook made the tags.
    """
    from rich.console import Console
    from rich.table import Table

    console = Console(file=_as_text(file), width=width or 80, force_terminal=colour, no_color=not colour, highlight=False)
    made = ""
    for document, rows in _by_document(batches):
        table = Table(title=_plain(document), title_justify="left", box=None, expand=True, pad_edge=False, show_header=True, header_style="dim")
        table.add_column("", justify="right", style="dim", no_wrap=True)
        table.add_column("sentence", ratio=5)
        table.add_column("frames", ratio=2, style="cyan")
        table.add_column("poles", ratio=2, style="magenta")
        for row in rows:
            cells = [", ".join(_marked(row[kind], row["unsure"])) for kind in ("frames", "poles")]
            table.add_row(str(row["index"] + 1), _plain(row["text"]), *cells)
        console.print(table)
        made = f"Tagged by {rows[0]['model']}, codebook {rows[0]['codebook']}."
    if made:
        console.print(_plain(made), style="dim")


def _marked(codes: list[str], unsure: list[str]) -> list[str]:
    return [code + "?" * (code in unsure) for code in codes]


def _plain(text: str) -> Any:
    from rich.text import Text

    # Text of a document is never read as markup or as terminal control.
    return Text("".join(c if c.isprintable() else " " for c in text))


def _by_document(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    name: str | None = None
    rows: list[dict[str, Any]] = []
    for batch in batches:
        for row in batch.to_pylist():
            if row["document"] != name and rows:
                yield str(name), rows
                rows = []
            name = row["document"]
            rows.append(row)
    if rows:
        yield str(name), rows
