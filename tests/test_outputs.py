import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from migclass.documents import Document
from migclass.engines import score_documents
from migclass.errors import OutputError
from migclass.files import replacing
from migclass.inputs import batch_documents
from migclass.outputs import write_csv, write_jsonl, write_parquet, write_table

DOCUMENTS = [
    Document("a.txt", "The border was closed, and eleven people drowned. “Grüße”, he said; then [bold]left[/bold].\x1b[31m", columns={"year": 1999}),
    Document("b.txt", "Remittances pay for schools.", columns={"year": 2000}),
]


def score(tagger, documents, *, size=2**20):
    return list(score_documents(tagger, batch_documents(documents, size=size)))


@pytest.fixture
def batches(tagger):
    return score(tagger, DOCUMENTS, size=1)


def written(writer, batches, **options):
    file = io.BytesIO()
    writer(batches, file, **options)
    return file.getvalue()


def test_three_formats_say_the_same(batches):
    lines = [json.loads(line) for line in written(write_jsonl, batches).decode().splitlines()]
    table = pq.read_table(io.BytesIO(written(write_parquet, batches))).to_pylist()
    cells = list(csv.DictReader(io.StringIO(written(write_csv, batches).decode(), newline="")))
    assert len(lines) == len(table) == len(cells) == 3
    for line, row, cell in zip(lines, table, cells, strict=True):
        assert line["scores"] == pytest.approx(row["scores"], abs=1e-6)
        assert {k: v for k, v in line.items() if k != "scores"} == {k: v for k, v in row.items() if k != "scores"}
        assert ";".join(line["frames"]) == cell["frames"]
        assert cell["year"] == str(line["year"])
        assert float(cell["rights"]) == pytest.approx(line["scores"]["rights"], abs=1e-6)


def test_the_table_shows_every_sentence_and_no_control_characters(batches):
    text = written(write_table, batches, width=80).decode()
    assert "[bold]left[/bold]" in " ".join(text.split())
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b[36m" in written(write_table, batches, colour=True).decode()


def test_the_table_says_what_made_the_tags(tagger, batches):
    lines = written(write_table, batches, width=140).decode().splitlines()
    assert lines[-1] == f"Tagged by {tagger.model.mark}, codebook v2 {tagger.model.codebook.hash}."
    assert written(write_table, []) == b""


def test_columns_must_be_the_same_in_all(tagger):
    mixed = score(tagger, [Document("a", "One.", columns={"x": 1}), Document("b", "Two.")])
    assert len(written(write_jsonl, mixed).splitlines()) == 2
    for writer in (write_csv, write_parquet):
        with pytest.raises(OutputError, match="column 'x' is in some documents only"):
            written(writer, mixed)


def test_a_column_that_changes_its_type(tagger):
    mixed = score(tagger, [Document("a", "One.", columns={"x": 1}), Document("b", "Two.", columns={"x": "y"})], size=1)
    with pytest.raises(OutputError, match="can't be held by Parquet"):
        written(write_parquet, mixed)


def test_no_sentences():
    assert written(write_jsonl, []) == b""
    with pytest.raises(OutputError, match="no sentence"):
        written(write_parquet, [])


def _break_in_the_middle(path):
    with replacing(path, force=True) as file:
        file.write(b"half")
        raise RuntimeError


def test_files_are_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "out.txt"
    with replacing(path) as file:
        file.write(b"first")
    with pytest.raises(OutputError, match="exists already"), replacing(path):
        pass
    with pytest.raises(RuntimeError):
        _break_in_the_middle(path)
    assert path.read_bytes() == b"first"
    with replacing(path, force=True) as file:
        file.write(b"second")
    assert path.read_bytes() == b"second"
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]
    with pytest.raises(OutputError, match="can't be written"), replacing(tmp_path / "none" / "out.txt"):
        pass


def test_columns_in_another_order_keep_their_names(tagger):
    mixed = score(tagger, [Document("a", "One.", columns={"x": 1, "y": 2}), Document("b", "Two.", columns={"y": 4, "x": 3})], size=1)
    cells = list(csv.DictReader(io.StringIO(written(write_csv, mixed).decode(), newline="")))
    assert [(row["x"], row["y"]) for row in cells] == [("1", "2"), ("3", "4")]
    assert [(row["x"], row["y"]) for row in pq.read_table(io.BytesIO(written(write_parquet, mixed))).to_pylist()] == [(1, 2), (3, 4)]


def test_a_column_named_like_a_code(tagger):
    clash = score(tagger, [Document("a", "One.", columns={"security": "mine"})])
    with pytest.raises(OutputError, match="'security', like a code"):
        written(write_csv, clash)
    assert json.loads(written(write_jsonl, clash))["security"] == "mine"


@pytest.mark.parametrize("values", [[1, "s"], [{"a": 1}, [1]], [10**30, 1], [None, None], [1.5, 2], [{}, {}], [["\ud800"], "x"], [True, 3]])
def test_carried_values_of_any_kind(tagger, values):
    mixed = score(tagger, [Document("a", "One.", columns={"x": value}) for value in values])
    for writer in (write_jsonl, write_csv, write_parquet):
        assert written(writer, mixed)


def test_a_file_name_is_no_markup(tagger):
    for name in ("rep[final].txt", "r[/b].txt"):
        assert name in written(write_table, score(tagger, [Document(name, "One.")])).decode()
