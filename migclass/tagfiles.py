"""Files of tags, as `migclass score` writes them -> arrays to count with."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from migclass.arrow import numbers, to_numpy
from migclass.codebook import Codebook, load_codebook
from migclass.errors import DocumentError, ModelError
from migclass.model import find_model, shipped_models
from migclass.prose import sentence_lines
from migclass.tables import is_table, open_table
from migclass.tagging import TAG_COLUMNS

_KINDS = ("frames", "poles")
# Columns of numbers, which are text in a CSV file.
_NUMBERS = ("index", "start", "end")
# Columns that say where a sentence stands; those that are neither these nor tags are the input's own.
PLACE_COLUMNS = ("document", *_NUMBERS, "text", "extraction")


@dataclass(frozen=True)
class TaggedSentences:
    """n tagged sentences of one model.

    ``rows`` has PLACE_COLUMNS and then the input's own columns; a row a sentence, those of a document in order.
    ``tagged``, ``unsure`` (bool) and ``scores`` (float32) have shape (n, k), a column a code of the codebook. ``model``
    is the name and hash that the tags carry.
    """

    rows: pa.Table
    tagged: np.ndarray
    unsure: np.ndarray
    scores: np.ndarray
    codebook: Codebook
    model: str

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: np.ndarray) -> "TaggedSentences":
        """Return some of the sentences, by their numbers."""
        table = self.rows.take(numbers(rows))
        return TaggedSentences(table, self.tagged[rows], self.unsure[rows], self.scores[rows], self.codebook, self.model)

    def only_sentences(self) -> "TaggedSentences":
        """Return it without the lines that are no sentences, such as headings and navigation (`migclass.prose`): tags on them mean little."""
        return self.take(np.flatnonzero(sentence_lines(self.rows.column("text").to_pylist())))

    @cached_property
    def own_columns(self) -> tuple[str, ...]:
        """The names of the columns that the input brought along."""
        return tuple(name for name in self.rows.column_names if name not in PLACE_COLUMNS)

    @cached_property
    def document(self) -> np.ndarray:
        """The document of each sentence as a number, counted from 0 in order of appearance, shape (n,)."""
        return to_numpy(self.rows.column("document").combine_chunks().dictionary_encode().indices).astype(np.int64)


def read_tags(paths: Sequence[str | Path], *, codebook: Codebook | None = None, models: Iterable[Path] = ()) -> TaggedSentences:
    """Read files of tags: JSON lines, CSV or Parquet.

    Args:
        paths: the files; all of them tagged by one model.
        codebook: the codebook of that model. Without it, the one with the hash that the tags carry among those of the shipped labels and models.
        models: folders of more models whose codebooks are looked through.

    Raises:
        DocumentError: a file can't be read or holds no tags, files differ in their columns, or tags of two models or codebooks stand together.
        ModelError: the codebook has not the hash that the tags carry, or none is found that has.
    """
    tables = [_read(str(path)) for path in paths]
    _one("model", tables, paths)
    digest = _one("codebook", tables, paths).rsplit(" ", 1)[-1]
    if differ := next((path for path, table in zip(paths, tables, strict=True) if table.column_names != tables[0].column_names), None):
        raise DocumentError(f"{differ}: has other columns than {paths[0]}; score both with the same options, or read them apart")
    if codebook and codebook.hash != digest:
        raise ModelError(f"{paths[0]}: the tags carry the codebook {digest}, and the one given has the hash {codebook.hash}; name the one they carry")
    try:
        table = pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise DocumentError(f"{', '.join(map(str, paths))}: columns hold one kind in one file and another in the next ({error})") from None
    return as_arrays(table, codebook or _find_codebook(digest, models))


def is_tags(path: str | Path) -> bool:
    """Whether a file is a table with the columns that `migclass score` writes."""
    return is_table(str(path)) and not _missing(open_table(str(path)).schema)


def as_arrays(table: pa.Table, book: Codebook) -> TaggedSentences:
    """Return tags of one model, a row a sentence, with the columns that `migclass.engines.score_documents` yields, as arrays.

    Raises:
        DocumentError: a column holds what is no tag.
    """
    lists = {name: _lists(table.column(name), name) for name in (*_KINDS, "unsure")}
    tagged = _marks([a + b for a, b in zip(*(lists[kind] for kind in _KINDS), strict=True)], book)
    rows = table.select([name for name in table.column_names if name not in TAG_COLUMNS and name not in book.column])
    for name, kind in {"document": pa.string(), **dict.fromkeys(_NUMBERS, pa.int64())}.items():
        rows = rows.set_column(rows.column_names.index(name), name, _cast(rows.column(name), kind, name))
    model = str(table.column("model")[0])
    return TaggedSentences(rows, tagged, _marks(lists["unsure"], book), _scores(table, book), book, model)


def _cast(column: pa.ChunkedArray, kind: pa.DataType, name: str) -> pa.ChunkedArray:
    try:
        cast = column.cast(kind)
    except pa.ArrowException as error:
        raise DocumentError(f"column '{name}' of the tags can't be read as {kind} ({error}); score the texts again") from None
    if cast.null_count:
        raise DocumentError(f"column '{name}' of the tags is empty in {cast.null_count} rows; score the texts again")
    return cast


def _read(path: str) -> pa.Table:
    table = open_table(path)
    if missing := _missing(table.schema):
        raise DocumentError(f"{path}: no column '{missing[0]}'; expected a file that `migclass score` wrote as jsonl, csv or parquet")
    blocks = [pa.table([block.texts, *block.columns], names=["text", *table.schema.names]) for block in table.blocks()]
    return pa.concat_tables(blocks)


def _missing(schema: pa.Schema) -> list[str]:
    return [name for name in ("document", *_NUMBERS, *_KINDS, "unsure", "model", "codebook") if name not in schema.names]


def _one(name: str, tables: Sequence[pa.Table], paths: Sequence[str | Path]) -> str:
    """Return the only value that a column has in all tables."""
    found = [(value, path) for table, path in zip(tables, paths, strict=True) for value in table.column(name).unique().to_pylist()]
    one, first = found[0]
    for other, path in found:
        if other != one:
            beside = f"and by '{one}'" if path == first else f"and {first} by '{one}'"
            raise DocumentError(
                f"{path}: tagged by the {name} '{other}', {beside}; tags of two {name}s can't be counted together: score all with one"
            )
    return str(one)


def _find_codebook(digest: str, models: Iterable[Path]) -> Codebook:
    # One after the other, and without the models: the first is nearly always the one.
    folders = chain(map(find_model, shipped_models()), models)
    books = map(load_codebook, chain([None], (folder / "codebook.toml" for folder in folders)))
    found = next((book for book in books if book.hash == digest), None)
    if found is None:
        raise ModelError(f"no codebook at hand has the hash {digest}, which the tags carry; name the codebook.toml of the model that made them")
    return found


def _lists(column: pa.ChunkedArray, name: str) -> list[list[str]]:
    """Return the ids of each row."""
    try:
        return list(map(_ids, column.to_pylist()))
    except (ValueError, RecursionError):
        raise DocumentError(f"column '{name}' of the tags holds what is no list of codes; score the texts again") from None


def _ids(value: Any) -> list[str]:
    """Return a cell's ids: a list in Parquet, JSON in JSON lines, joined by semicolons in CSV."""
    if isinstance(value, str) and value.startswith("["):
        value = json.loads(value)
    if isinstance(value, list):
        return value
    return str(value).split(";") if value else []


def _marks(ids: list[list[str]], book: Codebook) -> np.ndarray:
    marks = np.zeros((len(ids), len(book.codes)), bool)
    for i, of_sentence in enumerate(ids):
        for code in of_sentence:
            if not isinstance(code, str) or code not in book.column:
                raise DocumentError(f"sentence {i + 1}: '{code}' is no code of the codebook; name the one that the tags were made with")
            marks[i, book.column[code]] = True
    return marks


def _scores(table: pa.Table, book: Codebook) -> np.ndarray:
    try:
        scores = _probabilities(table, book)
    except (KeyError, TypeError, ValueError, RecursionError):
        scores = np.full(1, np.nan)
    if not ((scores >= 0) & (scores <= 1)).all():
        raise DocumentError("the tags lack a probability from 0 to 1 for a code of the codebook; name the one that they were made with")
    return scores


def _probabilities(table: pa.Table, book: Codebook) -> np.ndarray:
    if "scores" not in table.column_names:
        columns = [table.column(code).to_pylist() for code in book.codes]
        return np.array(columns, np.float32).T.reshape(len(table), len(book.codes))
    values = table.column("scores").to_pylist()
    rows = (json.loads(value) if isinstance(value, str) else value for value in values)
    return np.array([[row[code] for code in book.codes] for row in rows], np.float32).reshape(len(table), len(book.codes))
