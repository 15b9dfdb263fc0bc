from dataclasses import replace

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from migclass.agreement import _alpha, agreement
from migclass.labels import parse_row


def test_alpha_against_the_krippendorff_package():
    rng = np.random.default_rng(1)
    for coders in (2, 3, 5):
        truth = rng.random(60) < 0.3
        values = np.where(rng.random((coders, 60)) < 0.85, truth, ~truth).astype(float)
        values[rng.random((coders, 60)) < 0.2] = np.nan
        ours = _alpha(values, np.ones((1, 60)))[0]
        assert ours == pytest.approx(krippendorff.alpha(reliability_data=values, level_of_measurement="nominal"))


@settings(max_examples=50, deadline=None)
@given(arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(1, 40)), elements=st.sampled_from([0, 1, np.nan])))
def test_alpha_against_the_krippendorff_package_with_any_cells_missing(values):
    paired = values[:, (~np.isnan(values)).sum(axis=0) > 1]
    ours = _alpha(values, np.ones((1, values.shape[1])))[0]
    if len(np.unique(paired[~np.isnan(paired)])) < 2:
        assert np.isnan(ours)
    else:
        assert ours == pytest.approx(krippendorff.alpha(reliability_data=values, level_of_measurement="nominal"))


def row(book, i, **coders):
    return parse_row({"text": f"Sentence {i}.", "id": str(i), "frames": [], "poles": [], "coders": coders}, f"x:{i}", book)


def test_agreement_of_two_and_three(book):
    rows = [row(book, i, A=["rights"], B=["rights"]) for i in range(10)] + [row(book, 99, A=["rights", "control"], B=[], C=[])]
    rows += [row(book, 100 + i, A=[], B=[]) for i in range(10)] + [row(book, 200, A=["rights"])]
    result = agreement(rows, book)
    assert result.sentences == 21
    assert result.coders == ("A", "B")  # C coded one sentence only
    rights = next(code for code in result.codes if code.code == "rights")
    assert rights.positives == 11
    assert 0.8 < rights.alpha < 1
    assert rights.low <= rights.alpha <= rights.high
    assert result.disputed[0][0].id == "99"
    assert result.disputed[0][1] == 2
    assert result.mean_f1(["rights"], least=8) == rights.f1
    assert np.isnan(result.mean_f1(["control"]))


def test_coders_who_each_coded_a_part_are_all_counted(book):
    said = {"A": ["rights"], "B": ["rights"], "C": []}
    pairs = [("A", "B")] * 4 + [("A", "C")] * 4 + [("B", "C")] * 2
    result = agreement([row(book, i, **{coder: said[coder] for coder in pair}) for i, pair in enumerate(pairs)], book)
    assert result.coders == ("A", "B", "C")
    assert [(pair.first, pair.second, pair.sentences, pair.f1) for pair in result.pairs] == [("A", "B", 4, 1), ("A", "C", 4, 0), ("B", "C", 2, 0)]
    a, _, c = result.by_coder
    assert (a.sentences, a.codes_each, a.f1) == (8, 1, 0.5)
    assert (c.sentences, c.codes_each, c.f1) == (6, 0, 0)
    assert a.alpha_without == pytest.approx(krippendorff.alpha(reliability_data=[[1, 1], [0, 0]], level_of_measurement="nominal"))
    assert agreement([row(book, i, A=["rights"], B=[]) for i in range(3)], book, coders=["A"]) is None


def test_what_was_not_judged_is_no_dispute(book):
    rows = [replace(row(book, i, A=["rights"], B=["rights", "control"]), coded=("rights",), unjudged={"A": ("control",)}) for i in range(3)]
    rows += [row(book, 3, A=[], B=[]), row(book, 4, A=["control"], B=["control"], C=["rights"])]
    result = agreement(rows, book)
    assert result.coders == ("A", "B")
    assert result.left_out == ("C",)
    assert result.disputed == ()
    assert result.alpha == 1
    assert agreement(rows, book, coders=["A", "C"]).sentences == 1


def test_nobody_to_compare(book):
    assert agreement([row(book, 1, A=[])], book) is None
