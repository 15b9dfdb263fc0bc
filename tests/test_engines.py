import pyarrow as pa
import pytest

from migclass.documents import Document
from migclass.engines import COLUMNS, score_documents
from migclass.errors import DocumentError
from migclass.inputs import DocumentBatch, batch_documents


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
