import pytest

from migclass.documents import Document
from migclass.inputs import START, Inputs, Place, batch_documents


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.txt").write_text("First text.")
    (tmp_path / "b.csv").write_text("text,year\nOne.,1999\nTwo.,2000\n")
    (tmp_path / "c.txt").write_text("Third text.")
    (tmp_path / "d.txt").write_text("Fourth text.")
    return [str(tmp_path / name) for name in ("a.txt", "b.csv", "c.txt", "d.txt")]


def test_batches_in_order_with_their_ends(files):
    inputs = Inputs(files)
    batches = list(inputs.batches())
    assert [batch.table.column("text").to_pylist() for batch in batches] == [["First text."], ["One.", "Two."], ["Third text.", "Fourth text."]]
    assert [batch.end for batch in batches] == [Place(1, 0), Place(1, 2), Place(4, 0)]
    assert [batch.rows for batch in batches] == [False, True, False]
    assert batches[1].table.column("document").to_pylist() == [f"{files[1]}#1", f"{files[1]}#2"]
    assert [batch.read for batch in batches] == sorted(batch.read for batch in batches)
    assert batches[-1].read == inputs.size


def test_a_run_goes_on_from_the_end_of_any_batch(files):
    inputs = Inputs(files)
    batches = list(inputs.batches())
    for i, start in enumerate([START, *(batch.end for batch in batches)]):
        assert list(inputs.batches(start)) == batches[i:]


def test_meta_goes_over_columns_of_the_same_name(files):
    inputs = Inputs(files[:2], meta={files[0]: {"year": "1", "source": "Post"}, files[1]: {"year": "2", "source": "Times"}})
    text, table = (batch.table for batch in inputs.batches())
    assert (text.column("year").to_pylist(), text.column("source").to_pylist()) == (["1"], ["Post"])
    assert (table.column("year").to_pylist(), table.column("source").to_pylist()) == (["2", "2"], ["Times", "Times"])
    assert [schema.names for _, schema in inputs.schemas] == [["year", "source"]] * 2


def test_documents_are_put_together_by_size_and_columns():
    documents = [Document(str(i), "four", columns={"x": i} if i < 5 else {}) for i in range(8)]
    assert [len(batch.table) for batch in batch_documents(documents, size=8)] == [2, 2, 1, 2, 1]
    assert [len(batch.table) for batch in batch_documents(documents)] == [5, 3]
