from dataclasses import replace

import numpy as np
import pytest

from migclass.doubts import find_doubts, rank_doubts
from migclass.errors import LabelError


def test_unjudged_labels_and_codes_without_two_kinds_are_left_out():
    Y = np.array([[1, 0, np.nan, 1], [0, 0, 1, np.nan], [0, 0, 0, 0]])
    p = np.array([[0.1, 0.9, 0.9, 0.9], [0.9, 0.9, 0.9, 0.9], [0.2, 0.9, 0.2, np.nan]])
    ranked = rank_doubts(Y, p)
    assert sorted(ranked) == [0, 4, 6, 8, 10]
    assert set(ranked[:2]) == {0, 4}


def test_the_surer_the_model_is_the_earlier_a_label_stands():
    Y, p = np.array([[1], [1], [1], [0], [0], [0]]), np.array([[0.9], [0.2], [0.01], [0.1], [0.8], [0.99]])
    assert [place for place in rank_doubts(Y, p).tolist() if place < 3] == [2, 1, 0]
    assert [place for place in rank_doubts(Y, p).tolist() if place >= 3] == [5, 4, 3]


def test_planted_errors_stand_before_others(rows, book):
    wrong = {row.id: replace(row, frames=(*row.frames, "climate")) for row in rows[::60] if "climate" not in row.frames}
    planted = [wrong.get(row.id, row) for row in rows]
    doubts = find_doubts(planted, book, len(rows), recipe="ngram")
    found = [doubt for doubt in doubts if doubt.row.id in wrong and doubt.code == "climate"]
    # Of 19 labels a row, one for each row is listed.
    assert len(found) >= 0.8 * len(wrong)
    assert all(doubt.given and str(doubt).startswith("has 'climate', which is 0.") for doubt in found)


def test_one_passage_can_not_be_judged(rows, book):
    with pytest.raises(LabelError, match="at least two are needed"):
        find_doubts([replace(row, passage="p") for row in rows[:20]], book)
