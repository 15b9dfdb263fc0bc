import krippendorff
import numpy as np
import pytest

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


def test_nobody_to_compare(book):
    assert agreement([row(book, 1, A=[])], book) is None
