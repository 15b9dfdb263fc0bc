import json

import pytest
from conftest import ROOT

from migclass.engines import score_documents
from migclass.errors import DocumentError
from migclass.inputs import Inputs
from migclass.labels import as_json
from migclass.outputs import write_csv, write_jsonl, write_parquet
from migclass.pools import read_pool

SPEECH = str(ROOT / "examples" / "speech.txt")


def test_documents_are_split_as_for_scoring(book, tagger):
    pool = read_pool([SPEECH], codebook=book)
    tags = [row for batch in score_documents(tagger, Inputs([SPEECH]).batches()) for row in batch.to_pylist()]
    assert [(row.passage, row.n, row.text) for row in pool] == [(row["document"], row["index"] + 1, row["text"]) for row in tags]
    assert all(row.coded == () for row in pool)
    assert len({row.id for row in pool}) == len(pool)


@pytest.mark.parametrize(("write", "suffix"), [(write_jsonl, "jsonl"), (write_csv, "csv"), (write_parquet, "parquet")])
def test_tags_give_the_sentences_of_their_documents(book, tagger, tmp_path, write, suffix):
    path = tmp_path / f"tags.{suffix}"
    with path.open("wb") as file:
        write(score_documents(tagger, Inputs([SPEECH]).batches()), file)
    assert read_pool([str(path)], codebook=book) == read_pool([SPEECH], codebook=book)


def test_label_files_keep_ids_and_passages_and_lose_labels(book, rows, tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(as_json(row) + "\n" for row in rows[:20]), encoding="utf-8")
    pool = read_pool([str(path)], codebook=book)
    assert [(row.id, row.passage, row.n, row.text) for row in pool] == [(row.id, row.passage, row.n, row.text) for row in rows[:20]]
    assert all((row.codes, row.coders, row.coded, row.note) == ((), {}, (), "") for row in pool)
    assert all(json.loads(as_json(row))["coded"] == [] for row in pool)


def test_tables_are_split_or_hold_a_sentence_a_row(book, tmp_path):
    (tmp_path / "t.csv").write_text("body,year\nOne came. Two left.,1999\n")
    path = str(tmp_path / "t.csv")
    assert [row.n for row in read_pool([path], codebook=book, text_column="body")] == [1, 2]
    (row,) = read_pool([path], codebook=book, text_column="body", sentences=True)
    assert (row.text, row.passage) == ("One came. Two left.", f"{path}#1")
    with pytest.raises(DocumentError, match="no column 'text'"):
        read_pool([path], codebook=book)
    with pytest.raises(DocumentError, match="no such file"):
        read_pool(["none.txt"], codebook=book)
