import numpy as np
import pytest

from migclass.calibration import calibration_slope, decide, grouped_folds, sharpened, stack


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    odds = rng.normal(-1.5, 2, (4000, 3))
    return odds, (rng.random(odds.shape) < 1 / (1 + np.exp(-odds))).astype(float)


def test_a_decision_is_calibrated(data):
    odds, Y = data
    decision = decide(odds / 2 + 1, Y, None)
    p = decision.probabilities(odds / 2 + 1)
    for j in range(3):
        assert calibration_slope(Y[:, j], p[:, j]) == pytest.approx(1, abs=0.1)
        assert p[:, j].mean() == pytest.approx(Y[:, j].mean(), abs=0.01)
    assert ((decision.low < decision.threshold) & (decision.threshold < decision.high)).all()


def test_sharpening_moves_probabilities_and_no_tag(data):
    odds, Y = data
    timid = decide(odds, Y, None)
    sure = sharpened(timid, odds * 2, (np.random.default_rng(1).random(odds.shape) < 1 / (1 + np.exp(-odds * 2))).astype(float))
    assert sure.scale / timid.scale == pytest.approx(1, abs=0.15)
    bold = sharpened(timid, odds / 2, Y)
    assert (bold.scale / timid.scale > 1.7).all()
    p, q = timid.probabilities(odds / 2), bold.probabilities(odds / 2)
    for a, b in ((timid.threshold, bold.threshold), (timid.low, bold.low), (timid.high, bold.high)):
        assert ((p >= a) == (q >= b)).mean() > 0.999
    nothing = sharpened(timid, odds, np.zeros_like(Y))
    assert nothing is timid


def test_stacking_weighs_the_better_model_more(data):
    odds, Y = data
    noise = np.random.default_rng(2).normal(0, 2, odds.shape)
    mix, bias = stack(odds, noise, Y)
    assert (mix[0] > 0.8).all()
    assert (mix[1] < 0.1).all()
    assert (mix >= 0).all()
    unknown, _ = stack(odds, noise, np.full(Y.shape, np.nan))
    assert (unknown == 0.5).all()
    assert bias.shape == (3,)


def test_folds_divide_no_group():
    groups = [f"p{i // 3}" for i in range(30)]
    for train, test in grouped_folds(30, groups, 4):
        assert not {groups[i] for i in train} & {groups[i] for i in test}
    assert grouped_folds(3, ["a"] * 3, 4) == []
