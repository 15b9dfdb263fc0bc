"""The encoder scorer, as it ships."""

import pickle

import numpy as np
import pytest

from migclass.errors import ModelError
from migclass.model import load_model
from migclass.scorers import Parts
from migclass.tagging import Tagger

TEXTS = ["They closed the border.", "", "Remittances pay for schools in the villages that people left.", "移民 🚢 " * 300]


@pytest.fixture(scope="module")
def encoder():
    return load_model("encoder")


def test_neighbours_in_a_batch_change_nothing(encoder):
    whole = encoder.probabilities(TEXTS)
    np.testing.assert_array_equal(whole, np.vstack([encoder.probabilities([text]) for text in TEXTS]))
    np.testing.assert_array_equal(whole[::-1], encoder.probabilities(TEXTS[::-1]))
    assert encoder.probabilities([]).shape == (0, len(encoder.codebook.codes))


def test_log_odds_are_the_network_s_and_the_counts(encoder):
    scorer = encoder.scorer
    sum_ = scorer.network_logits(TEXTS) * scorer.mix[0] + scorer.linear.logits(TEXTS) * scorer.mix[1] + scorer.bias
    np.testing.assert_allclose(scorer.logits(TEXTS), sum_, rtol=1e-6)
    assert (scorer.mix >= 0).all()


def test_explanations_are_by_leaving_words_out(encoder):
    found = Tagger(encoder).explain("They closed the border.")
    assert not found.exact
    assert found.words == ("They", "closed", "the", "border.")
    without = encoder.scorer.logits(["They closed the"])[0]
    lost = (encoder.scorer.logits(["They closed the border."])[0] - without) * encoder.decision.scale
    np.testing.assert_allclose(found.contributions[3], lost, rtol=1e-4, atol=1e-5)
    assert Tagger(encoder).explain("").contributions.shape == (0, len(encoder.codebook.codes))


@pytest.mark.parametrize("package", ["tokenizers", "onnxruntime"])
def test_a_missing_package_is_named_when_the_model_is_loaded(monkeypatch, package):
    monkeypatch.setattr("migclass.encoder.find_spec", lambda name: None if name == package else True)
    with pytest.raises(ModelError, match=rf"needs {package}, which is not installed; get it with pip install 'migclass\[encoder\]'"):
        load_model("encoder")


def test_it_goes_to_another_process_before_and_after_use(encoder):
    encoder.probabilities(["The border."])
    copy = pickle.loads(pickle.dumps(encoder.scorer))
    np.testing.assert_array_equal(copy.logits(TEXTS), encoder.scorer.logits(TEXTS))


def test_parts_that_do_not_fit(encoder):
    parts = encoder.scorer.parts()
    with pytest.raises(ValueError, match=r"encoder\.bias is float64 of shape \(3,\), expected float32"):
        type(encoder.scorer).from_parts(Parts(parts.arrays | {"encoder.bias": np.zeros(3)}, parts.files, parts.settings), encoder.codebook)
