"""FrameClassifier keeps the contracts of scikit-learn."""

import pickle

import numpy as np
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_predict

from migclass.classifiers import FrameClassifier
from migclass.vectors import WordVectors

TEXTS = [
    f"{subject} {verb} {place}"
    for subject in ("police", "nurses", "farmers")
    for verb in ("stopped at", "work near", "left")
    for place in ("the border", "a ward")
]
Y = np.array([["border" in text, "nurses" in text] for text in TEXTS], int)


@pytest.fixture(scope="module")
def fitted():
    return FrameClassifier(folds=3, C=100.0).fit(TEXTS, Y)


def test_parameters_are_stored_untouched():
    cues = [["border*"], []]
    classifier = FrameClassifier(cues, C=2.0, ngram_range=(3, 4))
    assert classifier.cues is cues
    assert clone(classifier).get_params() == classifier.get_params()
    assert classifier.set_params(C=1.0).C == 1.0
    assert not [name for name in vars(classifier) if name.endswith("_")]


def test_learns(fitted):
    assert (fitted.predict(TEXTS) == Y).all()
    p = fitted.predict_proba(iter(TEXTS))
    assert p.shape == Y.shape
    assert ((p > 0) & (p < 1)).all()
    assert fitted.score(TEXTS, Y) == 1.0


def test_generators_and_empty_inputs(fitted):
    assert (FrameClassifier(folds=3, C=100.0).fit((text for text in TEXTS), Y).predict(TEXTS) == fitted.predict(TEXTS)).all()
    assert fitted.predict([]).shape == (0, 2)
    assert fitted.predict([""]).shape == (1, 2)
    with pytest.raises(ValueError, match="no sentences"):
        FrameClassifier().fit([], np.zeros((0, 2)))


def test_search_and_cross_validation():
    search = GridSearchCV(FrameClassifier(folds=2), {"C": [0.5, 4.0], "min_count": [1, 2]}, cv=2).fit(TEXTS, Y)
    assert set(search.best_params_) == {"C", "min_count"}
    assert cross_val_predict(FrameClassifier(folds=2), TEXTS, Y, cv=3).shape == Y.shape


def test_pickle(fitted):
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_the_same_twice(fitted):
    again = FrameClassifier(folds=3, C=100.0).fit(TEXTS, Y)
    for name, array in fitted.linear_.weights.arrays().items():
        np.testing.assert_array_equal(array, again.linear_.weights.arrays()[name])
    threads = FrameClassifier(folds=3, n_jobs=2, C=100.0).fit(TEXTS, Y)
    np.testing.assert_array_equal(threads.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_a_code_without_positives_or_negatives():
    odd = np.column_stack([Y[:, 0], np.zeros(len(Y)), np.ones(len(Y))])
    classifier = FrameClassifier(folds=3, C=100.0).fit(TEXTS, odd)
    assert classifier.predict(TEXTS)[:, 1].sum() == 0
    assert classifier.predict(TEXTS)[:, 2].all()


def test_unknown_is_not_negative():
    known = Y.astype(float)
    known[:, 1] = np.nan
    known[:6, 1] = Y[:6, 1]
    known[9:, 1] = np.where(Y[9:, 1] == 0, 0, np.nan)
    half = FrameClassifier(folds=3, C=100.0).fit(TEXTS, known)
    as_negative = FrameClassifier(folds=3, C=100.0).fit(TEXTS, np.nan_to_num(known))
    nurses = [i for i, text in enumerate(TEXTS) if "nurses" in text]
    assert half.linear_.logits(TEXTS)[:6, 1].shape == as_negative.linear_.logits(TEXTS)[:6, 1].shape
    assert np.isfinite(half.predict_proba(TEXTS)).all()
    assert nurses


def test_prevalence_moves_probabilities(fitted):
    rare = FrameClassifier(folds=3, C=100.0, prevalence=[0.01, 0.01]).fit(TEXTS, Y)
    assert (rare.predict_proba(["people moved"]) < fitted.predict_proba(["people moved"])).all()


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y[:, 0], "has shape"),
        (Y[:3], "has shape"),
        (Y + 1, "other than 0, 1 and nan"),
    ],
)
def test_bad_labels(y, message):
    with pytest.raises(ValueError, match=message):
        FrameClassifier().fit(TEXTS, y)


def test_cues_must_fit_the_codes():
    with pytest.raises(ValueError, match="cues are given for 1 codes"):
        FrameClassifier([["x"]]).fit(TEXTS, Y)


def test_not_fitted():
    with pytest.raises(NotFittedError):
        FrameClassifier().predict(TEXTS)


def test_vectors_judge_words_that_no_sentence_has():
    texts = ["they closed the border", "the border is shut", "wages rose", "the wages of nurses"] * 5
    labels = [[1, 0], [1, 0], [0, 1], [0, 1]] * 5
    vectors = WordVectors(pa.array(["border", "frontier", "salaries", "wages"]), np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32))
    classifier = FrameClassifier(folds=2, vectors=vectors).fit(texts, labels)
    frontier, salaries = classifier.linear_.logits(["frontier", "salaries"])
    assert frontier[0] > salaries[0]
    assert frontier[1] < salaries[1]
    without = FrameClassifier(folds=2).fit(texts, labels).linear_.logits(["frontier", "salaries"])
    np.testing.assert_array_equal(without[0], without[1])
