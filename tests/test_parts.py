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
    with open_parts(output, RUN) as parts:
        assert (parts.count, parts.place) == (0, START)
        for i, batch in enumerate(batches):
            parts.add(batch, Place(i, 7))
    with open_parts(output, RUN) as again:
        assert (again.count, again.place) == (3, Place(2, 7))
        assert list(again.batches()) == batches
        assert next(again.batches()).schema.equals(batches[0].schema, check_metadata=True)
        again.remove()
    assert list(tmp_path.iterdir()) == []


def test_parts_of_another_run_are_refused(tmp_path, batches):
    output = str(tmp_path / "tags.csv")
    with open_parts(output, RUN) as parts:
        parts.add(batches[0], START)
    refused(output, RUN | {"model": "b"}, "kept from a run with another model")
    refused(output, RUN | {"inputs": []}, "another inputs")
    (tmp_path / "tags.csv.parts" / "0000000.arrow").write_bytes(b"half")
    refused(output, RUN, "remove the folder to begin anew")
    refused(str(tmp_path / "none" / "tags.csv"), RUN, "can't be made")


def refused(output, run, message):
    with pytest.raises(OutputError, match=message), open_parts(output, run):
        pass


def test_no_two_runs_work_in_one_folder(tmp_path, batches):
    output = str(tmp_path / "tags.csv")
    with open_parts(output, RUN) as parts:
        refused(output, RUN, "another run is at work in it")
        parts.add(batches[0], Place(0, 1))
    with open_parts(output, RUN) as parts:
        assert parts.count == 1


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    theirs = tmp_path / "tags.csv.parts" / "0000000.arrow"
    theirs.parent.mkdir()
    theirs.write_bytes(b"theirs")
    refused(str(tmp_path / "tags.csv"), RUN, r"holds 0000000\.arrow, and no run\.json says of what run")
    assert theirs.read_bytes() == b"theirs"
