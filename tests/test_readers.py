import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from migclass import readers
from migclass.errors import DocumentError, LabelError
from migclass.readers import read_text


def process():
    return readers._reader._process.pid


def test_one_process_reads_file_after_file():
    assert read_text("markdown", b"# One", "a") == "One"
    first = process()
    assert read_text("html", b"<article>" + b"<p>Nurses left the wards again, they said.</p>" * 3, "b").startswith("Nurses left")
    assert process() == first


def test_another_takes_its_place_after_many_files(monkeypatch):
    monkeypatch.setattr(readers, "_FILES", 1)
    readers._reader.stop()
    places = []
    for i in range(4):
        assert read_text("markdown", f"# {i}".encode(), "a") == f"{i}"
        places.append(process())
    assert places[0] == places[1] != places[2] == places[3]


def test_another_takes_its_place_where_it_was_killed():
    read_text("markdown", b"# One", "a")
    os.kill(process(), signal.SIGKILL)
    readers._reader._process.wait()
    assert read_text("markdown", b"# Two", "a") == "Two"


def test_threads_get_their_own_answers():
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda i: read_text("markdown", b"# %d" % i, "a"), range(50))) == [f"{i}" for i in range(50)]


def test_a_call_that_is_interrupted_leaves_no_answer_behind(monkeypatch):
    read_text("markdown", b"# One", "a")

    def interrupt(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(readers._reader, "_ask", interrupt)
        with pytest.raises(KeyboardInterrupt):
            read_text("markdown", b"# Two", "a")
    assert readers._reader._process is None
    assert read_text("markdown", b"# Three", "a") == "Three"


def test_errors_are_of_the_kind_that_was_asked_for():
    for error in (DocumentError, LabelError):
        with pytest.raises(error, match=r"^a\.xlsx: can't be read as XLSX: it is damaged"):
            read_text("xlsx", b"none", "a.xlsx", error=error)


def test_text_of_any_kind_comes_back():
    text = "a\udc80 \u2028 👩\u200d👧"
    assert read_text("markdown", text.encode("utf-8", "surrogatepass"), "a") == text


def test_cells_keep_their_kinds(tmp_path):
    from openpyxl import Workbook

    workbook = Workbook()
    workbook.active.append(["a", 1, 1.5, True, None])
    workbook.active.append([])
    workbook.active.append(["=1+1", None])
    workbook.save(tmp_path / "a.xlsx")
    assert json.loads(read_text("xlsx", (tmp_path / "a.xlsx").read_bytes(), "a")) == [["a", 1, 1.5, True, None], [], []]
