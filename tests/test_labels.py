import json
from dataclasses import replace

import numpy as np
import pytest

from migclass.errors import LabelError
from migclass.labels import as_json, check_labels, label_files, near_duplicates, parse_row, read_labels, repeated_runs, targets

ROW = {"text": "They closed the border.", "frames": ["security"], "poles": ["control"]}


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_short_row_gets_the_stated_defaults(tmp_path, book):
    (row,) = read_labels(write(tmp_path / "a.jsonl", ROW), codebook=book)
    assert (row.codes, row.split, row.source, row.n, row.coded) == (("security", "control"), "train", "", 1, None)
    assert row.id == row.passage == row.where == f"{tmp_path / 'a.jsonl'}:1"


def test_rows_survive_writing_and_reading(rows, book):
    for row in rows[:50]:
        assert parse_row(json.loads(as_json(row)), row.where, book) == row


def test_targets(book):
    rows = [parse_row(ROW | extra, "x:1", book) for extra in ({}, {"coded": ["security", "rights"]}, {"coders": {"A": ["rights"], "B": []}})]
    Y = targets(rows, book)
    assert Y[0].sum() == 2
    assert not np.isnan(Y[0]).any()
    assert np.isnan(Y[1]).sum() == len(book.codes) - 3
    assert Y[1, book.column["rights"]] == 0
    assert targets(rows, book, coder="A")[2, book.column["rights"]] == 1
    assert np.isnan(targets(rows, book, coder="A")[0]).all()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "x", "frames": []}, "'poles' is missing"),
        (ROW | {"text": " "}, "'text' is empty"),
        (ROW | {"text": 3}, "'text' is 3; expected text"),
        (ROW | {"frames": ["health"]}, "unknown id 'health' in 'frames'; expected one of development"),
        (ROW | {"frames": ["control"]}, "unknown id 'control' in 'frames'"),
        (ROW | {"frames": "security"}, "'frames' is 'security'"),
        (ROW | {"frames": ["rights", "rights"]}, "stands twice"),
        (ROW | {"split": "dev"}, "'split' is 'dev'"),
        (ROW | {"n": "2"}, "'n' is '2'; expected a whole number"),
        (ROW | {"coders": ["A"]}, "'coders' is list"),
        (ROW | {"coders": {"A": ["health"]}}, "coders: unknown id 'health'"),
        (ROW | {"coded": ["health"]}, "unknown id 'health' in 'coded'"),
        ({"hash": "abc", "frames": [], "poles": []}, "stand-off label without text"),
    ],
)
def test_broken_rows_are_told_by_line(tmp_path, book, row, message):
    path = write(tmp_path / "a.jsonl", ROW, row)
    with pytest.raises(LabelError, match=message) as caught:
        read_labels(path, codebook=book)
    assert str(caught.value).startswith(f"{path}:2")


def test_broken_files(tmp_path, book):
    with pytest.raises(LabelError, match="no such file or folder"):
        label_files(tmp_path / "none.jsonl")
    with pytest.raises(LabelError, match=r"has no \*\.jsonl"):
        label_files(tmp_path)
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "\xff"}')
    with pytest.raises(LabelError, match="not UTF-8"):
        read_labels(tmp_path, codebook=book)
    (tmp_path / "a.jsonl").write_text("{\n")
    with pytest.raises(LabelError, match=r"a\.jsonl:1: not JSON"):
        read_labels(tmp_path, codebook=book)
    (tmp_path / "a.jsonl").write_text("3\n")
    with pytest.raises(LabelError, match=r"a\.jsonl:1: a JSON int"):
        read_labels(tmp_path, codebook=book)


def test_check_finds_what_it_looks_for(book):
    long = "The ministry said that the border would stay closed until the end of the winter season."
    rows = [parse_row(ROW | {"id": "a", "passage": "p", "text": long}, "x:1", book)]
    others = {
        "id 'a' is that of": replace(rows[0], text="Something else was said about it.", where="x:2"),
        "the same sentence as": replace(rows[0], id="b", where="x:2"),
        "a passage has one split": replace(rows[0], id="b", text="Another line entirely, of nothing much.", split="test", where="x:2"),
        "like x:1 of split train": replace(rows[0], id="b", passage="q", split="test", text=long.replace("winter", "summer"), where="x:2"),
    }
    assert check_labels(rows) == []
    for message, other in others.items():
        (problem,) = check_labels([*rows, other])
        assert problem.startswith("x:2")
        assert message in problem
    (problem,) = check_labels([others["like x:1 of split train"]], rows)
    assert "must stay apart" in problem


def test_near_duplicates_against_all_pairs(rows):
    texts = [row.text for row in rows[:150]] + [row.text.replace("the", "a", 1) for row in rows[:10]]

    def grams(text):
        import re

        plain = re.sub(r"[\W_]+", " ", text.lower()).strip()
        return {plain[i : i + 5] for i in range(len(plain) - 4)} if len(plain) >= 25 else set()

    sets = [grams(text) for text in texts]
    plain = {(i, j) for j in range(len(sets)) for i in range(j) if sets[i] and sets[j] and len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= 0.6}
    assert {(i, j) for i, j, _ in near_duplicates(texts)} == plain
    assert plain


def test_marks_of_templates():
    texts = [f"The {kind} offices opened several crowded reception centres along northern routes." for kind in "abcd"]
    assert repeated_runs(texts, [])
    assert not repeated_runs(texts, ["several crowded reception centres"])
    assert not repeated_runs(texts[:3], [])
