import numpy as np
import pytest

from migclass.corrections import LEAST_DOCUMENTS, correct, is_sample, plain_shares


def corpus(seed=0, size=1000, document=1, share=0.3, noise=1.0):
    """One code: its truth, the machine's scores and tags, and the document of each sentence."""
    generator = np.random.default_rng(seed)
    true = (generator.random((size, 1)) < share).astype(float)
    seen = 2 * true - 1 + noise * generator.standard_normal((size, 1))
    return {"scores": 1 / (1 + np.exp(-2 * seen)), "tagged": seen > 0, "document": np.arange(size) // document}, true


def sample(true, n, seed=0):
    rows = np.random.default_rng(seed).choice(len(true), n, replace=False)
    return {"rows": rows, "probability": np.full(n, n / len(true)), "coded": true[rows]}


def test_coded_sentences_weigh_as_much_as_they_stand_for():
    arrays = {"scores": np.full((100, 1), 0.5), "tagged": np.zeros((100, 1), bool), "document": np.arange(100)}
    found = correct(**arrays, rows=np.arange(4), probability=np.array([0.1, 0.1, 0.5, 0.5]), coded=np.array([[1.0], [0], [1], [1]]))
    assert found.audit.share[0] == pytest.approx((10 + 2 + 2) / 24)
    assert found.naive.share[0] == 0


def test_a_machine_that_is_right_is_followed():
    arrays, true = corpus()
    found = correct(**arrays | {"scores": true}, **sample(true, 100))
    assert found.weight[0] == pytest.approx(1)
    assert found.corrected.share[0] == pytest.approx(true.mean())
    assert found.corrected.variance[0] < found.audit.variance[0] / 5


def test_a_machine_that_guesses_is_not_followed():
    arrays, true = corpus()
    guesses = np.random.default_rng(5).random(true.shape)
    found = correct(**arrays | {"scores": guesses}, **sample(true, 200))
    assert found.weight[0] < 0.2
    assert found.corrected.share[0] == pytest.approx(found.audit.share[0], abs=0.01)


def test_sentences_of_a_document_that_say_the_same_count_once():
    arrays, true = corpus(size=200)
    alone = correct(**arrays, rows=np.arange(200), probability=np.ones(200), coded=true).audit
    four = {name: np.repeat(values, 4, axis=0) for name, values in arrays.items()}
    together = correct(**four, rows=np.arange(800), probability=np.ones(800), coded=np.repeat(true, 4, axis=0)).audit
    assert together.variance[0] == pytest.approx(alone.variance[0])


def test_few_documents_that_are_all_coded_leave_nothing_to_chance():
    arrays, true = corpus(size=200, document=200)
    assert not is_sample(arrays["document"])
    every = {"rows": np.arange(200), "probability": np.ones(200), "coded": true}
    low, high = correct(**arrays, **every).audit.interval()
    assert low[0] == pytest.approx(true.mean())
    assert high[0] == pytest.approx(true.mean())
    many = correct(**arrays | {"document": np.arange(200) * LEAST_DOCUMENTS // 200}, **every).audit.interval()
    assert many[1][0] - many[0][0] > 0.05


def test_what_nobody_judged_has_no_weight():
    arrays, true = corpus()
    drawn = sample(true, 200)
    part = {name: values[:120] for name, values in drawn.items()}
    drawn["coded"] = np.where(np.arange(200)[:, None] < 120, drawn["coded"], np.nan)
    whole, less = correct(**arrays, **drawn).corrected, correct(**arrays, **part).corrected
    assert whole.share[0] == pytest.approx(less.share[0])
    assert whole.variance[0] == pytest.approx(less.variance[0])
    assert whole.clusters[0] == 120


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
def test_intervals_hold_their_share_and_stay_within_bounds(share):
    arrays, true = corpus(share=share)
    found = correct(**arrays, **sample(true, 100)).corrected
    low, high = found.interval()
    assert 0 <= low[0] <= np.clip(found.share[0], 0, 1) <= high[0] <= 1


def test_share_of_a_second_code_moves_as_the_ratio_does():
    generator = np.random.default_rng(1)
    both = plain_shares(generator.random((500, 2)) < [0.1, 0.3], np.arange(500))
    ratio = both.of_second(np.array([0]), np.array([1]))
    a, b = both.share
    assert ratio.share[0] == pytest.approx(b / (a + b))
    step = 1e-6
    for i in range(0, 500, 50):
        moved_a, moved_b = both.share + step * both.deviations[i]
        assert (moved_b / (moved_a + moved_b) - ratio.share[0]) / step == pytest.approx(ratio.deviations[i, 0], abs=1e-6)


@pytest.mark.extras
@pytest.mark.parametrize("noise", [0.5, 1.5])
@pytest.mark.parametrize("share", [0.1, 0.4])
def test_a_plain_sample_gives_what_ppi_python_gives(noise, share):
    ppi = pytest.importorskip("ppi_py", reason="needs the extra test-all")
    arrays, true = corpus(size=20_000, noise=noise, share=share)
    arrays["scores"] = arrays["tagged"].astype(float)
    drawn = sample(true, 1000)
    ours = correct(**arrays, **drawn)
    rest = np.delete(arrays["scores"], drawn["rows"], axis=0)
    said = (drawn["coded"], arrays["scores"][drawn["rows"]], rest)
    low, high = (float(end[0]) for end in ppi.ppi_mean_ci(*said, alpha=0.05))
    (our_low,), (our_high,) = ours.corrected.interval()
    error = (high - low) / (2 * 1.96)
    assert ours.corrected.share[0] == pytest.approx(ppi.ppi_mean_pointestimate(*said).item(), abs=0.05 * error)
    # Ours is a little wider: it reckons with positives that the sample missed.
    assert 0.98 < (our_high - our_low) / (high - low) < 1.05
    assert our_low == pytest.approx(low, abs=0.15 * error)
