"""What could be coded next: documents, tables, label files and files of tags -> sentences of which nothing is judged."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from migclass.codebook import Codebook
from migclass.documents import check_readable
from migclass.engines import split_batch
from migclass.inputs import Inputs
from migclass.labels import LabelledSentence, read_labels
from migclass.tables import Table, is_table, open_table

# Columns that make a table one of tags, or of labels.
_TAGS, _LABELS = {"document", "index", "model", "codebook"}, {"frames", "poles"}
# Hexadecimal digits of an id: of a million sentences, two have the same one once in five hundred times.
_DIGITS = 12


def read_pool(
    paths: Sequence[str], *, codebook: Codebook, text_column: str = "text", sentences: bool = False, encoding: str = "utf-8"
) -> list[LabelledSentence]:
    """Read sentences that could be coded, in the order of the files; what was judged of them before is not read.

    The ids are the same whenever a file is read by the same name. Rows of a label file keep theirs, and their passages.

    Args:
        paths: documents, tables and files of tags, as `migclass score` reads and writes them, and label files.
        codebook: that of the label files.
        text_column: in a table, the column that holds the text.
        sentences: each line of a document, or row of a table, is one sentence already.
        encoding: of text files.

    Raises:
        DocumentError: a document or table can't be read.
        LabelError: a row of a label file is broken.
    """
    check_readable(paths)
    pool: list[LabelledSentence] = []
    for path in paths:
        table = open_table(path, text_column=text_column, encoding=encoding) if is_table(path) else None
        columns = set(table.schema.names) if table else set()
        if table and columns >= _TAGS:
            pool += _tagged(table)
        elif columns >= _LABELS:
            pool += (replace(row, frames=(), poles=(), coders={}, coded=(), note="") for row in read_labels(path, codebook=codebook))
        else:
            pool += _split(Inputs([path], text_column=text_column, encoding=encoding), sentences)
    return pool


def _tagged(table: Table) -> Iterator[LabelledSentence]:
    for block in table.blocks():
        columns = dict(zip(table.schema.names, block.columns, strict=True))
        for document, index, text in zip(columns["document"].to_pylist(), columns["index"].to_pylist(), block.texts.to_pylist(), strict=True):
            yield _row(document, int(index), text)


def _split(inputs: Inputs, sentences: bool) -> Iterator[LabelledSentence]:
    for batch in inputs.batches():
        found = split_batch(batch, sentences=sentences)[0]
        for document, index, text in zip(*(found.column(name).to_pylist() for name in ("document", "index", "text")), strict=True):
            yield _row(document, index, text)


def _row(document: str, index: int, text: str) -> LabelledSentence:
    place = f"{document}\t{index}\t{text}"
    id_ = hashlib.sha256(place.encode("utf-8", "replace")).hexdigest()[:_DIGITS]
    return LabelledSentence(text, (), (), id=id_, passage=document, n=index + 1, coded=(), where=document)
