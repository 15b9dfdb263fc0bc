"""The scorer against a plain reference that walks over words one by one."""

import math
import pickle
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migclass import linear
from migclass.features import tokenize
from migclass.linear import Linear, sum_rows


def reference(linear, sentence):
    """Sum the weights of words, pairs and parts of unknown words, a word at a time."""
    v, w = linear.vocabulary, linear.weights
    places = {word: i for i, word in enumerate(v.words.to_pylist())}
    grams = {gram: i for i, gram in enumerate(v.ngrams.to_pylist())}
    known_pairs = {int(key): i for i, key in enumerate(v.pairs)}
    tokens = tokenize([sentence])
    sequence = [tokens.words[int(i)].as_py() for i in tokens.ids]
    total = np.zeros(len(w.bias))
    for word in sequence:
        if word in places:
            total += w.words[places[word]]
            continue
        marked = f"<{word}>"
        low, high = v.ngram_range
        for n in range(low, high + 1):
            for s in range(len(marked) - n + 1):
                if marked[s : s + n] in grams:
                    total += w.ngrams[grams[marked[s : s + n]]] / math.sqrt(max(len(word), 1))
        for j, pattern in enumerate(v.cues):
            if re.match(pattern, word):
                total += w.cues[j]
    for a, b in pairwise(sequence):
        key = places.get(a, -1) * len(places) + places.get(b, -1)
        if a in places and b in places and key in known_pairs:
            total += w.pairs[known_pairs[key]]
    return total / math.sqrt(max(len(sequence), 1)) + w.bias


@pytest.mark.parametrize(
    "sentence",
    [
        "The agency runs the flights that governments pay for.",
        "Unbordered xenodeportations of smugglerish kinds happened in 2015.",
        "",
        "!!! ???",
        "ｆｕｌｌｗｉｄｔｈ übergrenzen لاجئون 移民 refugees",
    ],
)
def test_equals_the_reference(small_model, sentence):
    np.testing.assert_allclose(small_model.scorer.logits([sentence])[0], reference(small_model.scorer, sentence), atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=5))
def test_equals_the_reference_on_any_text(small_model, sentences):
    found = small_model.scorer.logits(sentences)
    for row, sentence in zip(found, sentences, strict=True):
        np.testing.assert_allclose(row, reference(small_model.scorer, sentence), atol=1e-5)


def test_neighbours_in_a_batch_change_nothing(small_model, rows):
    texts = [row.text for row in rows[:50]]
    whole = small_model.scorer.logits(texts)
    np.testing.assert_allclose(whole, np.vstack([small_model.scorer.logits([text]) for text in texts]), atol=1e-5)


def test_what_is_remembered_changes_no_bit(small_model, rows, monkeypatch):
    texts = [row.text for row in rows] + ["border " * 3000, "unrememberable wordlings; 2015/16"]
    fresh = [Linear(small_model.scorer.vocabulary, small_model.scorer.weights) for _ in range(3)]
    whole = fresh[0].logits(texts)
    np.testing.assert_array_equal(fresh[0].logits(texts), whole)
    np.testing.assert_array_equal(np.vstack([fresh[1].logits(texts[i : i + 37]) for i in range(0, len(texts), 37)]), whole)
    monkeypatch.setattr(linear, "_REMEMBERED", 100)
    monkeypatch.setattr(linear, "_BLOCK", 50)
    np.testing.assert_array_equal(fresh[2].logits(texts), whole)
    monkeypatch.setattr(linear, "_REMEMBERED_BYTES", 10)
    np.testing.assert_array_equal(fresh[2].logits(texts), whole)


def test_what_is_remembered_does_not_travel(small_model):
    scorer = Linear(small_model.scorer.vocabulary, small_model.scorer.weights)
    before = scorer.logits(["a border is shut"])
    size = len(pickle.dumps(scorer))
    scorer.logits([f"wordling{i}" for i in range(1000)])
    assert len(pickle.dumps(scorer)) == size
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(scorer)).logits(["a border is shut"]), before)


def test_threads_share_what_is_remembered(small_model, rows):
    texts = [row.text for row in rows]
    shared = Linear(small_model.scorer.vocabulary, small_model.scorer.weights)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda i: shared.logits(texts[i : i + 20]), range(0, len(texts), 20)))
    np.testing.assert_array_equal(np.vstack(parts), small_model.scorer.logits(texts))


def test_sums_of_rows_against_a_plain_sum():
    rng = np.random.default_rng(0)
    table, lengths = rng.normal(size=(50, 3)).astype(np.float32), np.array([0, 3, 1, 1000, 0, 256, 257])
    ids, offsets = rng.integers(0, 50, lengths.sum()), np.concatenate([[0], np.cumsum(lengths)])
    plain = [table[ids[a:b]].astype(float).sum(axis=0) for a, b in pairwise(offsets)]
    np.testing.assert_allclose(sum_rows(table, ids, offsets), plain, rtol=1e-5, atol=1e-4)
    assert sum_rows(table, ids[:0], offsets[:1]).shape == (0, 3)


def test_probabilities_are_between_0_and_1(small_model):
    p = small_model.probabilities(["border " * 3000, ""])
    assert p.shape == (2, len(small_model.codebook.codes))
    assert ((p > 0) & (p < 1)).all()
