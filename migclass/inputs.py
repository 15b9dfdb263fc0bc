"""The files of a run -> batches of documents, in order; each says where the next one begins, so that a run can go on there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from migclass.arrow import column, strings
from migclass.documents import STDIN, Document, read_document
from migclass.tables import BLOCK, Table, is_table, open_table


class Place(NamedTuple):
    """A place in the files of a run: the number of a file, and of a row if it is a table, both from 0."""

    file: int
    row: int


START = Place(0, 0)


@dataclass(frozen=True)
class DocumentBatch:
    """Documents that are scored together.

    ``table`` has the columns ``document`` (the name), ``text`` and ``extractor``, and then the documents' own.
    ``rows`` says that each is a row of a table. ``end`` is the place after them, ``read`` the bytes of all files up to there.
    """

    table: pa.RecordBatch
    rows: bool = False
    end: Place = START
    read: int = 0


DOCUMENT_COLUMNS = ("document", "text", "extractor")


class Inputs:
    """Files to read documents from. Tables are looked at when this is made, texts are not read before their turn.

    Args:
        paths: files as `migclass.documents.read_documents` takes them.
        text_column: in a table, the column that holds the text.
        encoding: of text files; a byte-order mark goes before it.
        meta: for a path, columns that all its documents get.

    Raises:
        DocumentError: a table can't be read or lacks the text column.
    """

    def __init__(
        self, paths: Sequence[str], *, text_column: str = "text", encoding: str = "utf-8", meta: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        self.paths, self._encoding, self._meta = paths, encoding, meta or {}
        self._tables = {i: open_table(path, text_column=text_column, encoding=encoding) for i, path in enumerate(paths) if is_table(path)}
        self._sizes = [0 if path == STDIN else Path(path).stat().st_size for path in paths]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(self._sizes)

    @property
    def schemas(self) -> list[tuple[str, pa.Schema]]:
        """Each path with the columns that its documents carry beside their text."""
        return [(path, pa.schema([(name, array.type) for name, array in self._columns(i).items()])) for i, path in enumerate(self.paths)]

    def batches(self, start: Place = START) -> Iterator[DocumentBatch]:
        """Yield the documents from a place on. From the end of a batch on, the batches are the same as without that start.

        Raises:
            DocumentError: a document can't be read.
        """
        files = range(start.file, len(self.paths))
        for is_in_table, group in groupby(files, self._tables.__contains__):
            if is_in_table:
                for i in group:
                    yield from self._rows(i, self._tables[i], start.row if i == start.file else 0)
            else:
                yield from self._texts(list(group))

    def _texts(self, files: list[int]) -> Iterator[DocumentBatch]:
        end = files[0]
        for batch in batch_documents(map(self._document, files)):
            end += len(batch.table)
            yield replace(batch, end=Place(end, 0), read=sum(self._sizes[:end]))

    def _document(self, i: int) -> Document:
        path = self.paths[i]
        return replace(read_document(path, encoding=self._encoding), columns=dict(self._meta.get(path, {})))

    def _rows(self, i: int, table: Table, start: int) -> Iterator[DocumentBatch]:
        for block in table.blocks(start=start):
            end = block.first + len(block.texts)
            names = strings([f"{self.paths[i]}#{n}" for n in range(block.first + 1, end + 1)])
            columns = dict(zip(table.schema.names, block.columns, strict=True)) | self._meta_columns(i, len(names))
            read = sum(self._sizes[:i]) + int(block.read * self._sizes[i])
            yield DocumentBatch(_table(names, block.texts, strings(["text"] * len(names)), columns), rows=True, end=Place(i, end), read=read)

    def _columns(self, i: int) -> dict[str, pa.Array]:
        """Return the columns of a file, without rows."""
        own = {field.name: pa.nulls(0, field.type) for field in self._tables[i].schema} if i in self._tables else {}
        return own | self._meta_columns(i, 0)

    def _meta_columns(self, i: int, n: int) -> dict[str, pa.Array]:
        return {name: column([value] * max(n, 1)).slice(0, n) for name, value in self._meta.get(self.paths[i], {}).items()}


def batch_documents(documents: Iterable[Document], *, size: int = BLOCK) -> Iterator[DocumentBatch]:
    """Put documents together into batches: one ends where its texts reach ``size`` characters or columns change."""
    batch: list[Document] = []
    characters = 0
    for document in documents:
        if batch and (characters >= size or document.columns.keys() != batch[0].columns.keys()):
            yield _as_batch(batch)
            batch, characters = [], 0
        batch.append(document)
        characters += len(document.text)
    if batch:
        yield _as_batch(batch)


def _as_batch(documents: list[Document]) -> DocumentBatch:
    columns = {name: column([document.columns[name] for document in documents]) for name in documents[0].columns}
    names, texts, extractors = (strings([getattr(document, name) for document in documents]) for name in ("name", "text", "extractor"))
    return DocumentBatch(_table(names, texts, extractors, columns))


def _table(names: pa.Array, texts: pa.Array, extractors: pa.Array, columns: dict[str, pa.Array]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([names, texts, extractors, *columns.values()], names=[*DOCUMENT_COLUMNS, *columns])
