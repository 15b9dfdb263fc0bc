"""Text of any kind: control characters, lone surrogates, emoji, right to left, nothing at all. It is split, scored, written and read back."""

import csv
import io
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import migclass
from migclass.decoding import decode
from migclass.documents import Document, read_document
from migclass.engines import score_documents
from migclass.errors import MigclassError
from migclass.inputs import batch_documents
from migclass.labels import LabelledSentence, as_json, read_labels
from migclass.outputs import write_csv, write_jsonl, write_parquet, write_table
from migclass.sentences import one_line

KEPT = Path(__file__).parent / "promises" / "format-2"
WRITERS = {"jsonl": write_jsonl, "csv": write_csv, "parquet": write_parquet}
HARD = st.sampled_from("ab Zé.!?;,\"'=+-@\t\n\r\f\0\x1b\x85\u00ad\u200b\u202e\u2028\u2029\ud800\udfff\ufeff\ufffe👩\u200d👧م移1•”")
TEXT = st.text(HARD | st.characters(), max_size=120)
quick = settings(max_examples=60, deadline=None)


@pytest.fixture(scope="module")
def tiny():
    return migclass.load(KEPT / "model")


@quick
@given(TEXT)
@example("\u00ad")
def test_sentences_are_where_they_say(text):
    spans = migclass.split_sentences(text)
    assert all(span.text == one_line(text[span.start : span.end]) != "" for span in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


@quick
@given(st.lists(TEXT, max_size=3), st.sampled_from(sorted(WRITERS)), st.booleans())
def test_tags_come_back_as_they_were_written(tiny, texts, suffix, sentences):
    documents = [Document(f"{i}.txt", text, columns={"own": text}) for i, text in enumerate(texts)]
    batches = [batch for batch in score_documents(tiny, batch_documents(documents), sentences=sentences) if len(batch)]
    rows = [row for batch in batches for row in batch.to_pylist()]
    write_table(batches, io.BytesIO())
    if not rows:
        return
    with TemporaryDirectory() as folder:
        path = Path(folder, f"tags.{suffix}")
        with path.open("wb") as file:
            WRITERS[suffix](batches, file)
        found = migclass.read_tags([path], codebook=tiny.model.codebook)
    assert found.rows.column("text").to_pylist() == [row["text"].replace("\0", " ") if suffix == "csv" else row["text"] for row in rows]
    np.testing.assert_allclose(found.scores, [list(row["scores"].values()) for row in rows], rtol=0, atol=1e-6)
    for row in rows:
        text = texts[int(row["document"][0])].encode("utf-8", "replace").decode()
        assert row["text"] == one_line(text[row["start"] : row["end"]])


@quick
@given(TEXT.filter(str.strip), TEXT)
def test_labels_come_back_as_they_were_written(tiny, text, note):
    row = LabelledSentence(text, ("harbour",), (), id="a", passage="p", note=note)
    with TemporaryDirectory() as folder:
        path = Path(folder, "labels.jsonl")
        path.write_text(as_json(row) + "\n", encoding="utf-8")
        (found,) = read_labels(path, codebook=tiny.model.codebook)
    assert replace(found, where="") == row


def _encodable(text):
    return text.encode("utf-8", "replace").decode()


@quick
@given(st.lists(TEXT, min_size=4, max_size=6), st.sampled_from(["csv", "xlsx"]))
def test_sheets_come_back_and_hold_no_formula(tiny, texts, suffix):
    tags = migclass.read_tags([KEPT / "tags.parquet"], codebook=tiny.model.codebook).take(np.arange(len(texts)))
    rows = tags.rows.set_column(tags.rows.column_names.index("text"), "text", [[_encodable(text) for text in texts]])
    tags = replace(tags, rows=rows)
    with TemporaryDirectory() as folder:
        path = Path(folder, f"sheet.{suffix}")
        migclass.write_sheet(path, tags, migclass.draw_audit(tags, len(texts)))
        assert sorted(migclass.read_sheet(path, tags).rows.tolist()) == list(range(len(texts)))
        if suffix == "csv":
            lines = path.read_text(encoding="utf-8-sig").splitlines()
            # Spreadsheets cut where the country does.
            cells = [cell for mark in ",;" for row in csv.reader(lines, delimiter=mark) for cell in row]
            assert not any(cell[:1] in {"=", "+", "-", "@"} for cell in cells)


@quick
@given(st.binary(max_size=200), st.sampled_from([".txt", ".md", ".html", ".docx", ".pdf"]))
def test_bytes_of_any_kind_are_read_or_refused(data, suffix):
    with TemporaryDirectory() as folder:
        path = Path(folder, f"a{suffix}")
        path.write_bytes(data)
        try:
            assert read_document(str(path)).text.strip()
        except MigclassError as error:
            assert str(error).isprintable()  # noqa: PT017


@quick
@given(st.binary(max_size=60), st.sampled_from(["utf-8", "utf-16", "utf-7", "cp1252", "shift_jis", "idna", "punycode", "rot13", "zlib", "no such"]))
def test_bytes_in_any_encoding(data, encoding):
    try:
        assert "\r\n" not in decode(data, "a", encoding)
    except MigclassError as error:
        assert str(error).isprintable()  # noqa: PT017


@quick
@given(st.text())
def test_messages_are_one_short_line(text):
    assert str(MigclassError(text)).isprintable()
