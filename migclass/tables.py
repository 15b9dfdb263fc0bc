"""Tables of documents -> record batches, a block at a time: CSV, TSV, JSON lines, Parquet."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from migclass.arrow import column, strings, to_numpy
from migclass.decoding import read_lines
from migclass.errors import DocumentError, MigclassError
from migclass.limits import MOST_CHARACTERS, MOST_COLUMNS, MOST_ROW_BYTES, MOST_VALUES

SUFFIXES = {".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"}
# Characters of text in a block, and rows: enough that columns pay off, little enough that memory stays small.
BLOCK = 2**20
_ROWS = 2**13
# Bytes of a Parquet file that are read at once.
_READ = 2**20
# Bytes of a number that takes most.
_NUMBER = 8
csv.field_size_limit(MOST_CHARACTERS)


class Block(NamedTuple):
    """Rows of a table: the number of the first (from 0), their texts, their other columns, and how far the file is read.

    ``texts`` has no nulls; ``read`` is a share of the file, 0 to 1.
    """

    first: int
    texts: pa.LargeStringArray
    columns: list[pa.Array]
    read: float


class Table(Protocol):
    """A table with a text column. ``schema`` holds its other columns, the same in all blocks."""

    schema: pa.Schema

    def blocks(self, *, start: int = 0, size: int = BLOCK) -> Iterator[Block]:
        """Yield the rows from ``start`` on; a block ends where its texts reach ``size`` characters."""


def is_table(path: str) -> bool:
    """Whether a path is read as a table: rows with a text column."""
    return Path(path).suffix.lower() in SUFFIXES


def open_table(path: str, *, text_column: str = "text", encoding: str = "utf-8") -> Table:
    """Look at a table: what its columns are, and whether it can be read.

    Text formats are read through once, so that a broken row is found before any work is done, and columns
    have the same type from the first row to the last: lists, objects and mixed kinds become JSON text.

    Raises:
        DocumentError: the file is missing, empty, or of another encoding, lacks the column, or a row is broken.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".parquet":
        return _ParquetTable(path, text_column)
    rows = read_csv if suffix in (".csv", ".tsv") else _read_json_lines
    return _RowTable(path, text_column, lambda: rows(path, encoding))


class Row(NamedTuple):
    """A row of a text file, and the bytes read of the file so far."""

    values: dict[str, Any]
    read: int


class _RowTable:
    """A table in a text file, whose rows are read one by one."""

    def __init__(self, path: str, text_column: str, rows: Callable[[], Iterator[Row]]) -> None:
        self._rows, self._text_column = rows, text_column
        # Of each column, a value of each kind that is in it.
        samples: dict[str, dict[type, Any]] = {}
        n = 0
        for n, (row, _) in enumerate(rows(), 1):
            _check_text(row.get(text_column), text_column, f"{path}: row {n}")
            for name, value in row.items():
                _sample(samples.setdefault(name, {}), value)
            _check_count(path, len(samples))
        if n == 0:
            raise _no_rows(path, text_column)
        if text_column not in samples:
            raise _no_column(path, text_column, samples)
        del samples[text_column]
        _check_names(path, samples)
        self.schema = pa.schema([(name, column(list(kinds.values())).type) for name, kinds in samples.items()])
        self._mixed = {field.name for field in self.schema if field.type == pa.string() and samples[field.name].keys() - {str, type(None)}}
        self._size = max(1, Path(path).stat().st_size)

    def blocks(self, *, start: int = 0, size: int = BLOCK) -> Iterator[Block]:
        rows: list[dict[str, Any]] = []
        characters, first = 0, start
        for n, (row, read) in enumerate(self._rows()):
            if n < start:
                continue
            rows.append(row)
            characters += len(row.get(self._text_column) or "")
            if characters >= size or len(rows) >= _ROWS:
                yield self._block(first, rows, read)
                rows, characters, first = [], 0, n + 1
        if rows:
            yield self._block(first, rows, self._size)

    def _block(self, first: int, rows: list[dict[str, Any]], read: int) -> Block:
        texts = strings([row.get(self._text_column) or "" for row in rows])
        return Block(first, texts, [self._column(field, rows) for field in self.schema], min(1.0, read / self._size))

    def _column(self, field: pa.Field, rows: list[dict[str, Any]]) -> pa.Array:
        values = [row.get(field.name) for row in rows]
        if field.name in self._mixed:
            values = [value if value is None or isinstance(value, str) else json.dumps(value, default=str) for value in values]
        return column(values).cast(field.type)


def _sample(kinds: dict[type, Any], value: Any) -> None:
    kind = type(value)
    # The largest integer, since one that is too large makes its column text.
    if kind not in kinds or (kind is int and abs(value) > abs(kinds[int])):
        kinds[kind] = value


class _ParquetTable:
    """A Parquet file; what is read at once depends on the size of its rows, not on that of its row groups."""

    def __init__(self, path: str, text_column: str) -> None:
        self._path, self._text_column = path, text_column
        with _parquet(path) as file:
            self._schema, self._rows = (schema := file.schema_arrow), file.metadata.num_rows
            # Those within lists can't be read as they are stored.
            leaves = map(file.schema.column, range(len(file.schema)))
            self._repeated = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY" and not leaf.max_repetition_level]
            groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
        counts = [group.column(i).num_values for group in groups for i in range(group.num_columns)]
        if max(counts, default=0) > MOST_VALUES:
            raise DocumentError(f"{path}: holds {max(counts):,} values of a column in one row group, more than {MOST_VALUES:,}; write smaller ones")
        size = max(sum(group.total_byte_size for group in groups), _NUMBER * sum(counts))
        self._row_size = max(1, size // max(1, self._rows))
        _check_count(path, len(schema.names))
        _check_twice(path, schema.names)
        if text_column not in schema.names:
            raise _no_column(path, text_column, schema.names)
        if not _holds_text(kind := schema.field(text_column).type):
            raise _not_text(f"{path}", text_column, str(kind))
        if not self._rows:
            raise _no_rows(path, text_column)
        self.schema = pa.schema([field for field in schema if field.name != text_column])

    def blocks(self, *, start: int = 0, size: int = BLOCK) -> Iterator[Block]:
        at_once = min(_ROWS, max(1, size // self._row_size))
        first = 0
        with _parquet(self._path, self._repeated) as file:
            for batch in chain.from_iterable(map(self._decoded, file.iter_batches(at_once, use_threads=False))):
                skipped = min(len(batch), max(0, start - first))
                for piece in _pieces(batch.slice(skipped), self._text_column, size):
                    yield self._block(first + skipped, piece)
                    skipped += len(piece)
                first += len(batch)

    def _decoded(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Yield a batch of the file as the schema has it, or the halves of it that there is room for."""
        if sum(map(_decoded_size, batch.columns)) <= MOST_ROW_BYTES:
            batch.validate(full=True)
            yield batch.cast(self._schema)
        elif len(batch) == 1:
            raise DocumentError(f"{self._path}: a row takes more than {MOST_ROW_BYTES / 2**20:,.0f} MB; split it")
        else:
            for half in (batch.slice(0, len(batch) // 2), batch.slice(len(batch) // 2)):
                yield from self._decoded(half)

    def _block(self, first: int, batch: pa.RecordBatch) -> Block:
        texts = _texts(batch, self._text_column)
        return Block(first, texts, batch.drop_columns([self._text_column]).columns, (first + len(batch)) / self._rows)


def _decoded_size(array: pa.Array) -> int:
    """Return the bytes that an array takes when what stands in it again and again is written out."""
    if pa.types.is_dictionary(array.type) and not pa.types.is_primitive(array.type.value_type):
        lengths = pc.binary_length(array.dictionary).take(array.indices) if len(array.dictionary) else array.indices
        return pc.sum(lengths.cast(pa.int64())).as_py() or 0
    if pa.types.is_map(array.type):
        first, last = array.offsets[0].as_py(), array.offsets[-1].as_py()
        return sum(_decoded_size(part.slice(first, last - first)) for part in (array.keys, array.items))
    if pa.types.is_nested(array.type):
        parts = array.flatten()
        return sum(map(_decoded_size, parts)) if isinstance(parts, list) else _decoded_size(parts)
    return array.nbytes


def _texts(batch: pa.RecordBatch, text_column: str) -> pa.LargeStringArray:
    return pc.coalesce(batch.column(text_column).cast(pa.large_string()), strings([""])[0])


def _pieces(batch: pa.RecordBatch, text_column: str, size: int) -> Iterator[pa.RecordBatch]:
    """Cut a batch where the texts since the last cut reach ``size`` characters."""
    first, characters = 0, 0
    for last, length in enumerate(to_numpy(pc.utf8_length(_texts(batch, text_column))).tolist(), 1):
        characters += length
        if characters >= size or last == len(batch):
            yield batch.slice(first, last - first)
            first, characters = last, 0


@contextmanager
def _parquet(path: str, repeated: Sequence[str] = ()) -> Iterator[Any]:
    """Open a Parquet file; ``repeated`` names columns of text to be read as they are stored, each text once."""
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, read_dictionary=list(repeated), pre_buffer=False, buffer_size=_READ) as file:
            yield file
    except FileNotFoundError:
        raise DocumentError(f"{path}: no such file") from None
    except (pa.ArrowException, OSError) as error:
        raise DocumentError(f"{path}: can't be read as Parquet ({str(error).splitlines()[0]})") from None


def read_csv(path: str, encoding: str = "utf-8", *, delimiter: str | None = None) -> Iterator[Row]:
    """Yield the rows of a CSV file, or a TSV file by its suffix, unless a ``delimiter`` is named.

    Raises:
        DocumentError: it can't be read, two columns have one name, or a row has more or fewer fields than the head.
    """
    position = 0

    def lines() -> Iterator[str]:
        nonlocal position
        for line, position in read_lines(path, encoding, newline=""):  # noqa: B007
            yield line

    reader = csv.reader(lines(), delimiter=delimiter or ("\t" if path.lower().endswith(".tsv") else ","))
    try:
        head = next(reader, [])
        _check_count(path, len(head))
        _check_twice(f"{path}: line 1", head)
        for row in reader:
            if row and len(row) != len(head):
                what = f"{path}: line {reader.line_num}: {len(row)} fields, expected {len(head)} as in the head"
                raise DocumentError(f"{what}; check the quotes and commas")
            if row:
                yield Row(dict(zip(head, row, strict=True)), position)
    except csv.Error as error:
        raise DocumentError(f"{path}: line {reader.line_num}: can't be read as CSV ({error})") from None


def _read_json_lines(path: str, encoding: str) -> Iterator[Row]:
    for n, (line, read) in enumerate(read_lines(path, encoding), 1):
        if line.strip():
            yield Row(parse_json_row(line, f"{path}: line {n}"), read)


def parse_json_row(line: str, where: str, *, error: type[MigclassError] = DocumentError) -> dict[str, Any]:
    """Read one line of a JSONL file; ``where`` names it in the message of an ``error``."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise error(f"{where}: not JSON ({str(fault).splitlines()[0]}); expected one object in {{ }} a line") from None
    if not isinstance(row, dict):
        raise error(f"{where}: a JSON {type(row).__name__}; expected one object in {{ }} a line")
    return row


def _check_text(value: Any, text_column: str, where: str) -> None:
    if value is not None and not isinstance(value, str):
        raise _not_text(where, text_column, type(value).__name__)


def _holds_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_null(kind)


def _not_text(where: str, text_column: str, kind: str) -> DocumentError:
    return DocumentError(f"{where}: column '{text_column}' holds {kind}, expected text; name another with --text-column")


def _check_count(path: str, columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise DocumentError(f"{path}: has more than {MOST_COLUMNS:,} columns; keep those that you need")


def _check_names(path: str, names: Iterable[str]) -> None:
    if broken := next((name for name in names if name.encode("utf-8", "replace") != name.encode("utf-8", "surrogatepass")), None):
        raise DocumentError(f"{path}: a column is named {broken!r}, which is no text; rename it")


def _check_twice(where: str, names: Sequence[str]) -> None:
    if double := next((name for name, times in Counter(names).items() if times > 1), None):
        raise DocumentError(f"{where}: two columns are named '{double}'; give each a name of its own")


def _no_column(path: str, text_column: str, names: Iterable[str]) -> DocumentError:
    found = ", ".join(names) or "none"
    return DocumentError(f"{path}: no column '{text_column}' (columns: {found}); name the text's column with --text-column")


def _no_rows(path: str, text_column: str) -> DocumentError:
    return DocumentError(f"{path}: no rows in it; expected a table with a column '{text_column}'")
