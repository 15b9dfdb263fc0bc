import pytest

from migclass.documents import Document
from migclass.engines import score_documents
from migclass.errors import OutputError
from migclass.inputs import START, Place, batch_documents
from migclass.parts import open_parts

RUN = {"model": "a", "inputs": [("a.txt", 1, 2)]}


@pytest.fixture
def batches(tagger):
    return list(score_documents(tagger, batch_documents([Document("a", "One. Two."), Document("b", " "), Document("c", "Three.")], size=1)))


def test_what_is_kept_comes_back(tmp_path, batches):
    output = str(tmp_path / "tags.csv")
    parts = open_parts(output, RUN)
    assert (parts.count, parts.place) == (0, START)
    for i, batch in enumerate(batches):
        parts.add(batch, Place(i, 7))
    again = open_parts(output, RUN)
    assert (again.count, again.place) == (3, Place(2, 7))
    assert list(again.batches()) == batches
    assert next(again.batches()).schema.equals(batches[0].schema, check_metadata=True)
    again.remove()
    assert list(tmp_path.iterdir()) == []


def test_parts_of_another_run_are_refused(tmp_path, batches):
    output = str(tmp_path / "tags.csv")
    open_parts(output, RUN).add(batches[0], START)
    with pytest.raises(OutputError, match="kept from a run with another model"):
        open_parts(output, RUN | {"model": "b"})
    with pytest.raises(OutputError, match="another inputs"):
        open_parts(output, RUN | {"inputs": []})
    (tmp_path / "tags.csv.parts" / "0000000.arrow").write_bytes(b"half")
    with pytest.raises(OutputError, match="remove the folder to begin anew"):
        open_parts(output, RUN)
    with pytest.raises(OutputError, match="can't be made"):
        open_parts(str(tmp_path / "none" / "tags.csv"), RUN)
