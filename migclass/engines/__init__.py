"""Documents in, record batches of tagged sentences out: the scoring function of this machine, as a stream."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from migclass.arrow import column
from migclass.documents import Document
from migclass.errors import DocumentError
from migclass.sentences import Span, one_line, split_sentences
from migclass.tagging import TAG_COLUMNS, Tagger

_BATCH = 4096
_PLACE = pa.schema(
    [
        ("document", pa.string()),
        ("index", pa.int64()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("text", pa.string()),
        ("extraction", pa.string()),
    ]
)
COLUMNS = (*_PLACE.names, *TAG_COLUMNS)


def score_documents(
    tagger: Tagger,
    documents: Iterable[Document],
    *,
    sentences: bool = False,
    batch_size: int = _BATCH,
) -> Iterator[pa.RecordBatch]:
    """Split documents into sentences and tag them.

    Args:
        tagger: what tags them.
        documents: the documents; their other columns are carried along.
        sentences: each line of a document, or each row of a table, is one sentence already.
        batch_size: sentences a batch, at least; documents are not divided.

    Yields:
        Record batches with COLUMNS and then the documents' own columns; a row a sentence, in order.

    Raises:
        DocumentError: a document's column has the name of one of COLUMNS.
    """
    rows: list[dict[str, Any]] = []
    carried: Mapping[str, Any] = {}
    for document in documents:
        if rows and (len(rows) >= batch_size or document.columns.keys() != carried.keys()):
            yield _score(tagger, rows, tuple(carried))
            rows = []
        carried = document.columns
        if taken := [name for name in carried if name in COLUMNS]:
            raise DocumentError(f"{document.name}: has a column '{taken[0]}', which tags use; rename it")
        extraction = document.extraction
        for index, span in enumerate(_spans(document, sentences)):
            place = (document.name, index, span.start, span.end, span.text, extraction)
            rows.append(dict(zip(_PLACE.names, place, strict=True)) | dict(carried))
    if rows:
        yield _score(tagger, rows, tuple(carried))


def _spans(document: Document, sentences: bool) -> list[Span]:
    if not sentences:
        return split_sentences(document.text)
    spans, start = [], 0
    # A row of a table is one sentence whatever is in it; of a text, each line is.
    for line in [document.text] if document.row else document.text.splitlines(keepends=True):
        if line.strip():
            spans.append(Span(start + len(line) - len(line.lstrip()), start + len(line.rstrip()), one_line(line)))
        start += len(line)
    return spans


def _score(tagger: Tagger, rows: list[dict[str, Any]], carried: tuple[str, ...]) -> pa.RecordBatch:
    batch = pa.RecordBatch.from_arrays([column([row[field.name] for row in rows]).cast(field.type) for field in _PLACE], schema=_PLACE)
    batch = tagger.score_batch(batch)
    for name in carried:
        batch = batch.append_column(name, column([row[name] for row in rows]))
    return batch
