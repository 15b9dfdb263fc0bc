"""Batches of documents in, record batches of tagged sentences out, as a stream: on this machine, in one process or several."""

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
import pyarrow as pa

from migclass.arrow import numbers, strings
from migclass.documents import extraction
from migclass.errors import DocumentError
from migclass.inputs import DOCUMENT_COLUMNS, DocumentBatch
from migclass.sentences import Span, at_most, one_line, split_sentences
from migclass.tagging import TAG_COLUMNS, Tagger

COLUMNS = ("document", "index", "start", "end", "text", "extraction", *TAG_COLUMNS)
# Sentences that the model sees at once; only a very long document has more.
_AT_ONCE = 2**14


def score_documents(tagger: Tagger, batches: Iterable[DocumentBatch], *, sentences: bool = False, jobs: int = 1) -> Iterator[pa.RecordBatch]:
    """Split documents into sentences and tag them.

    Args:
        tagger: what tags them.
        batches: the documents; their own columns are carried along.
        sentences: each line of a document, or each row of a table, is one sentence already.
        jobs: worker processes; with 1 the work is done in this one. The result is the same for any number.

    Yields:
        For each batch, in order, a record batch with COLUMNS and then the documents' own columns; a row a sentence.

    Raises:
        DocumentError: a document's column has the name of one of COLUMNS.
        MigclassError: a worker process was killed.
    """
    if jobs == 1:
        return (score_batch(tagger, batch, sentences=sentences) for batch in batches)
    from migclass.engines.processes import score_in_processes

    return score_in_processes(tagger, batches, sentences=sentences, jobs=jobs)


def score_batch(tagger: Tagger, batch: DocumentBatch, *, sentences: bool = False) -> pa.RecordBatch:
    """Split and tag the documents of a batch; arguments, result and errors as `score_documents`."""
    documents = batch.table
    own = documents.schema.names[len(DOCUMENT_COLUMNS) :]
    check_columns(own, documents.column("document")[0].as_py())
    places, of_document = split_batch(batch, sentences=sentences)
    tagged = _tag(tagger, places)
    for name in own:
        tagged = tagged.append_column(name, documents.column(name).take(of_document))
    return tagged


def split_batch(batch: DocumentBatch, *, sentences: bool = False) -> tuple[pa.RecordBatch, pa.Array]:
    """Split the documents of a batch: the COLUMNS before the tags, a row a sentence, and the number of its document in the batch."""
    documents = batch.table
    split = split_sentences if not sentences else _whole if batch.rows else _split_lines
    texts = documents.column("text").to_pylist()
    spans = [split(text) for text in texts]
    counts = np.array([len(each) for each in spans])
    of_document = numbers(np.repeat(np.arange(len(spans)), counts))
    extractions = strings(list(map(extraction, texts, documents.column("extractor").to_pylist())))
    places = [
        documents.column("document").take(of_document).cast(pa.string()),
        numbers(np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)),
        *_columns(list(chain.from_iterable(spans))),
        extractions.take(of_document).cast(pa.string()),
    ]
    return pa.RecordBatch.from_arrays(places, names=COLUMNS[: len(places)]), of_document


def check_columns(names: Iterable[str], where: str) -> None:
    """Raise DocumentError where a document's own columns have the name of one that tags use."""
    if taken := [name for name in names if name in COLUMNS]:
        raise DocumentError(f"{where}: has a column '{taken[0]}', which tags use; rename it")


def _columns(spans: list[Span]) -> tuple[pa.Array, pa.Array, pa.Array]:
    starts, ends, texts = zip(*spans, strict=True) if spans else ((), (), ())
    return numbers(np.array(starts, np.int64)), numbers(np.array(ends, np.int64)), strings(texts).cast(pa.string())


def _tag(tagger: Tagger, sentences: pa.RecordBatch) -> pa.RecordBatch:
    parts = [tagger.score_batch(sentences.slice(first, _AT_ONCE)) for first in range(0, max(len(sentences), 1), _AT_ONCE)]
    return pa.concat_batches(parts) if len(parts) > 1 else parts[0]


def _whole(text: str) -> list[Span]:
    """Return a text as one sentence, if there is anything in it."""
    words = one_line(text)
    return [Span(len(text) - len(text.lstrip()), len(text.rstrip()), words)] if words else []


def _split_lines(text: str) -> list[Span]:
    return at_most(_line_spans(text))


def _line_spans(text: str) -> Iterator[Span]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield from (Span(start + first, start + last, words) for first, last, words in _whole(line))
        start += len(line)
