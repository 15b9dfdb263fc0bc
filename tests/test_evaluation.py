import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from migclass.calibration import brier_skill, calibration_slope
from migclass.evaluation import average_precision, blocks, compare, evaluate, f1_scores, held_out_scores, reliability, risk_coverage


@pytest.fixture
def data():
    rng = np.random.default_rng(3)
    Y = (rng.random((200, 3)) < [0.3, 0.1, 0.01]).astype(float)
    p = np.clip(0.5 * Y + rng.random((200, 3)) * 0.7, 0, 1)
    return Y, p


def test_against_scikit_learn(data):
    Y, p = data
    np.testing.assert_allclose(f1_scores(Y, p >= 0.5), f1_score(Y, p >= 0.5, average=None, zero_division=0))
    for y, scores in zip(Y.T, p.T, strict=True):
        assert average_precision(y, scores) == pytest.approx(average_precision_score(y, scores))


def test_what_nobody_judged_does_not_count(data):
    Y, p = data
    hidden = Y.copy()
    hidden[:100] = np.nan
    np.testing.assert_allclose(f1_scores(hidden, p >= 0.5), f1_scores(Y[100:], p[100:] >= 0.5))
    assert average_precision(hidden[:, 0], p[:, 0]) == average_precision(Y[100:, 0], p[100:, 0])
    assert np.isnan(average_precision(np.zeros(3), np.ones(3)))


def test_evaluation_adds_up(data):
    Y, p = data
    documents = [f"d{i // 25}" for i in range(200)]
    result = evaluate(Y, p, np.full(3, 0.5), codes=["a", "b", "c"], groups={"all": ["a", "b", "c"]}, documents=documents, about={"x": 1})
    assert (result.sentences, result.blocks) == (200, 24)
    for row, j in zip(result.codes, range(3), strict=True):
        assert row.low <= row.f1 <= row.high
        assert row.positives == Y[:, j].sum()
        assert row.documents == len({documents[i] for i in np.flatnonzero(Y[:, j])})
    mean = result.mean("all")
    counted = [row for row in result.codes if row.positives >= 8]
    assert mean.codes == len(counted) == 2
    assert mean.f1 == pytest.approx(np.mean([row.f1 for row in counted]))
    assert mean.low < mean.f1 < mean.high
    assert result.as_dict()["about"] == {"x": 1}


def test_intervals_widen_when_sentences_hang_together():
    y = np.repeat([1.0, 0.0], 200)[:, None]
    rng = np.random.default_rng(0)
    clustered = np.repeat(rng.random(40) < 0.8, 10)[:, None].astype(float)
    p = np.where(clustered > 0, y, 1 - y)
    options = {"codes": ["a"], "groups": {}}
    (wide,) = evaluate(y, p, np.array([0.5]), documents=[str(i // 10) for i in range(400)], **options).codes
    (narrow,) = evaluate(y, p, np.array([0.5]), documents=[str(i) for i in range(400)], **options).codes
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_blocks():
    assert blocks([]).tolist() == []
    assert blocks(["a", "b", "a"]).tolist() == [0, 1, 0]


def test_paired_differences(data):
    Y, p = data
    options = {"codes": ["a", "b", "c"], "groups": {"all": ["a", "b", "c"]}, "documents": [str(i // 10) for i in range(200)]}
    (nothing,) = compare(Y, p >= 0.5, p >= 0.5, **options)
    assert (nothing.f1, nothing.low, nothing.high) == (0, 0, 0)
    (better,) = compare(Y, p >= 0.5, np.random.default_rng(0).random(Y.shape) < 0.3, **options)
    first, second = (f1_scores(Y, x)[:2].mean() for x in (p >= 0.5, np.random.default_rng(0).random(Y.shape) < 0.3))
    assert better.f1 == pytest.approx(first - second)
    assert 0 < better.low < better.f1 < better.high


def test_setting_aside_what_is_unsure_helps(data):
    Y, p = data
    curve = risk_coverage(Y, p, np.full(3, 0.5))
    assert curve[0].f1 == pytest.approx(f1_score(Y, p >= 0.5, average="micro"))
    assert curve[-1].f1 > curve[0].f1
    result = evaluate(Y, p, np.full(3, 0.5), codes=["a", "b", "c"], groups={"all": ["a", "b"]}, documents=[""] * 200)
    assert result.coverage["all"] == risk_coverage(Y[:, :2], p[:, :2], np.full(2, 0.5))


def test_reliability_counts_every_decision():
    rng = np.random.default_rng(1)
    p = rng.random((5000, 2))
    Y = (rng.random((5000, 2)) < p).astype(float)
    bins = reliability(Y, p)
    assert sum(b.count for b in bins) == 10_000
    assert all(abs(b.probability - b.share) < 0.06 for b in bins)
    assert calibration_slope(Y[:, 0], p[:, 0]) == pytest.approx(1, abs=0.1)
    assert 0.2 < brier_skill(Y[:, 0], p[:, 0]) < 0.5
    assert brier_skill(Y[:, 0], np.full(5000, Y[:, 0].mean())) == pytest.approx(0)
    assert np.isnan(calibration_slope(np.zeros(3), np.ones(3)))
    assert np.isnan(brier_skill(np.zeros(3), np.ones(3)))


def test_what_was_held_out(data):
    Y, p = data
    Y[:20, 0], p[20:40, 0] = np.nan, np.nan
    Y[:, 2] = np.nan
    tagged, documents = p >= 0.5, [str(i // 10) for i in range(200)]
    first, second, third = held_out_scores(Y, p, tagged, codes=["a", "b", "c"], documents=documents)
    assert (first.judged, first.positives) == (160, Y[40:, 0].sum())
    assert first.f1 == pytest.approx(f1_score(Y[40:, 0], tagged[40:, 0]))
    assert first.average_precision == pytest.approx(average_precision_score(Y[40:, 0], p[40:, 0]))
    for score in (first, second):
        assert score.low < score.f1 < score.high
        assert score.average_precision_low < score.average_precision < score.average_precision_high
    assert third.as_dict() == {"code": "c", "judged": 0, "positives": 0} | dict.fromkeys(list(third.as_dict())[3:])


def test_intervals_of_average_precision_are_those_of_drawn_sentences():
    rng = np.random.default_rng(5)
    Y = (rng.random((60, 1)) < 0.3).astype(float)
    p = np.clip(0.4 * Y + rng.random((60, 1)) * 0.6, 0, 1)
    (score,) = held_out_scores(Y, p, p >= 0.5, codes=["a"], documents=[str(i) for i in range(60)])
    drawn = [average_precision_score(Y[rows, 0], p[rows, 0]) for rows in rng.integers(0, 60, (2000, 60)) if Y[rows].any()]
    np.testing.assert_allclose((score.average_precision_low, score.average_precision_high), np.percentile(drawn, [2.5, 97.5]), atol=0.04)


def test_timid_and_bold_probabilities():
    rng = np.random.default_rng(2)
    odds = rng.normal(0, 2, 20_000)
    y = (rng.random(20_000) < 1 / (1 + np.exp(-odds))).astype(float)
    for factor in (0.5, 2):
        assert calibration_slope(y, 1 / (1 + np.exp(-factor * odds))) == pytest.approx(1 / factor, rel=0.05)
