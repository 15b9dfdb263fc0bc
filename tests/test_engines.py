import os
import signal

import pyarrow as pa
import pytest

from migclass.documents import Document
from migclass.engines import COLUMNS, score_documents
from migclass.errors import DocumentError, MigclassError
from migclass.inputs import DocumentBatch, batch_documents
from migclass.tagging import Tagger


def rows(tagger, documents, *, size=2**20, **options):
    return [row for batch in score_documents(tagger, batch_documents(documents, size=size), **options) for row in batch.to_pylist()]


def test_rows_in_order_with_offsets_and_columns(tagger):
    documents = [Document("a.txt", "One here. Two there.", columns={"year": 1999}), Document("b.txt", "Three.", columns={"year": 2000})]
    found = rows(tagger, documents)
    assert [(row["document"], row["index"], row["text"], row["year"]) for row in found] == [
        ("a.txt", 0, "One here.", 1999),
        ("a.txt", 1, "Two there.", 1999),
        ("b.txt", 0, "Three.", 2000),
    ]
    assert documents[0].text[found[1]["start"] : found[1]["end"]] == "Two there."
    assert list(found[0])[: len(COLUMNS)] == list(COLUMNS)


def test_batch_size_changes_nothing(tagger):
    documents = [Document(f"{i}.txt", f"Sentence {i} of many. The border is closed.") for i in range(20)]
    assert rows(tagger, documents, size=3) == rows(tagger, documents)


def test_sentences_are_taken_as_they_are(tagger):
    text = "One. Still one.\n\nTwo.\n"
    assert [row["text"] for row in rows(tagger, [Document("a.txt", text)], sentences=True)] == ["One. Still one.", "Two."]
    (batch,) = batch_documents([Document("a.csv#1", text)])
    (scored,) = score_documents(tagger, [DocumentBatch(batch.table, rows=True)], sentences=True)
    assert scored.column("text").to_pylist() == ["One. Still one. Two."]


def test_nothing_to_score(tagger):
    assert rows(tagger, []) == []
    assert rows(tagger, [Document("a", " ")]) == []


def test_columns_that_tags_use(tagger):
    with pytest.raises(DocumentError, match="has a column 'frames'"):
        rows(tagger, [Document("a.csv#1", "x", columns={"frames": "mine"})])


def test_schema_is_the_same_for_any_document(tagger):
    first, second = (next(score_documents(tagger, batch_documents([Document("a", text)]))).schema for text in ("A border.", "Nothing at all here."))
    assert first == second
    assert first.field("frames").type == pa.list_(pa.string())


@pytest.fixture
def many():
    return [Document(f"{i}.txt", f"Sentence {i} of many. The border is closed.", columns={"n": i}) for i in range(40)]


def test_processes_give_the_same(tagger, many):
    alone = list(score_documents(tagger, batch_documents(many, size=100)))
    assert len(alone) > 10
    assert list(score_documents(tagger, batch_documents(many, size=100), jobs=2)) == alone


def test_errors_and_the_end_of_a_process_are_told(tagger, many):
    bad = [*many, Document("bad", "x", columns={"frames": "mine"})]
    with pytest.raises(DocumentError, match="bad: has a column 'frames'"):
        list(score_documents(tagger, batch_documents(bad, size=100), jobs=2))
    with pytest.raises(MigclassError, match="one of 2 worker processes was killed"):
        list(score_documents(Dying(tagger.model), batch_documents(many), jobs=2))


class Dying(Tagger):
    def score_batch(self, batch, **options):
        os.kill(os.getpid(), signal.SIGKILL)


def test_only_some_batches_are_read_ahead(tagger, many):
    read = []
    scored = score_documents(tagger, (read.append(batch) or batch for batch in batch_documents(many, size=1)), jobs=2)
    next(scored)
    assert len(read) <= 4
    scored.close()


def test_a_very_long_document_is_shown_to_the_model_in_stretches(tagger, monkeypatch):
    monkeypatch.setattr("migclass.engines._AT_ONCE", 3)
    text = " ".join(f"Sentence {i} is here." for i in range(10))
    found = rows(tagger, [Document("a", text)])
    assert [row["text"] for row in found] == [f"Sentence {i} is here." for i in range(10)]
    assert [row["index"] for row in found] == list(range(10))
