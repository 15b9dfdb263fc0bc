"""Tagged sentences -> a table for the eye, JSON lines, CSV or Parquet."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO

import pyarrow as pa

from migclass.errors import OutputError

FORMATS = ("table", "jsonl", "csv", "parquet")


def write_jsonl(batches: Iterable[pa.RecordBatch], file: BinaryIO) -> None:
    """Write one JSON object a sentence."""
    for batch in batches:
        for row in batch.to_pylist():
            row["scores"] = {code: round(score, 6) for code, score in row["scores"].items()}
            file.write((json.dumps(row, ensure_ascii=False, default=str) + "\n").encode("utf-8", "replace"))


def write_csv(batches: Iterable[pa.RecordBatch], file: BinaryIO) -> None:
    """Write a head and one line a sentence: ids joined by semicolons, then a column for each code's probability."""
    text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="", write_through=True)
    writer, head = csv.writer(text), None
    for batch in batches:
        codes = [field.name for field in batch.schema.field("scores").type]
        names = [name for name in batch.schema.names if name != "scores"] + codes
        if taken := sorted({name for name in names if names.count(name) > 1}):
            raise OutputError(f"a column of the input is named '{taken[0]}', like a code; rename it, or use --format jsonl")
        if head is None:
            writer.writerow(head := names)
        _same_columns(head, names)
        for row in batch.to_pylist():
            row |= {code: f"{score:.6f}" for code, score in row.pop("scores").items()}
            writer.writerow([_cell(row[name]) for name in head])
    text.detach()


def _cell(value: Any) -> Any:
    return ";".join(map(str, value)) if isinstance(value, list) else value


def write_parquet(batches: Iterable[pa.RecordBatch], file: BinaryIO) -> None:
    """Write a Parquet file, a row group a batch."""
    import pyarrow.parquet as pq

    rest = iter(batches)
    if (first := next(rest, None)) is None:
        raise OutputError("no sentence to write; a Parquet file needs at least one")
    try:
        with pq.ParquetWriter(file, first.schema) as writer:
            for batch in chain([first], rest):
                _same_columns(first.schema.names, batch.schema.names)
                writer.write_batch(batch.select(first.schema.names).cast(first.schema))
    except pa.ArrowException as error:
        raise OutputError(f"a column can't be held by Parquet ({str(error).splitlines()[0]}); use --format jsonl") from None


def _same_columns(head: list[str], names: list[str]) -> None:
    if different := sorted(set(head) ^ set(names)):
        raise OutputError(f"column '{different[0]}' is in some documents only, and this format needs the same in all; use --format jsonl")


def write_table(batches: Iterable[pa.RecordBatch], file: BinaryIO, *, width: int | None = None, colour: bool = False) -> None:
    """Write a table to read: a sentence a row, with its frames and poles; codes that are unsure carry a question mark."""
    from rich.console import Console
    from rich.table import Table

    text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="", write_through=True)
    console = Console(file=text, width=width or 80, force_terminal=colour, no_color=not colour, highlight=False)
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
    text.detach()


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
