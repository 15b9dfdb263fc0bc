import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migclass.features import as_column, cue_hits, cue_pattern, ngrams, pair_ids, pairs, tokenize, word_ids


def words(sentence):
    tokens = tokenize([sentence])
    return [tokens.words[int(i)].as_py() for i in tokens.ids]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Asylum-seekers’ rights, in 1951!", ["asylum-seekers", "rights", "in", "0000"]),
        ("return/readmission — or not…", ["return", "readmission", "or", "not"]),
        ("“(IOM)”", ["iom"]),
        ("don’t", ["don't"]),
        ("- – • ...", []),
        ("", []),
    ],
)
def test_words(sentence, expected):
    assert words(sentence) == expected


def test_columns_of_any_kind_and_nulls():
    for column in (["a b", None], pa.array(["a b", None]), pa.chunked_array([["a b"], [None]])):
        made = column if not isinstance(column, list) else pa.array(column)
        assert tokenize(made).lengths.tolist() == [2, 0]
    assert len(as_column(iter(["x", "y"]))) == 2
    with pytest.raises(TypeError, match="one string"):
        tokenize("a sentence")


def test_a_slice_of_a_column_counts_from_its_own_start():
    column = pa.array(["one two", "three", "four five six"])
    assert tokenize(column.slice(1)).lengths.tolist() == [1, 3]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=8))
def test_sentences_do_not_touch_each_other(sentences):
    together = tokenize(sentences)
    for i, sentence in enumerate(sentences):
        own = together.ids[together.offsets[i] : together.offsets[i + 1]]
        assert [together.words[int(j)].as_py() for j in own] == words(sentence)


def test_parts_of_words_against_a_plain_loop():
    vocabulary = ["visa", "a", "überfahrt", "لاجئ"]
    places, grams = ngrams(pa.array(vocabulary), (3, 4))
    plain = [(i, f"<{w}>"[s : s + n]) for i, w in enumerate(vocabulary) for n in (3, 4) for s in range(len(w) + 3 - n)]
    assert sorted(zip(places.tolist(), grams.to_pylist(), strict=True)) == sorted(plain)


def test_pairs_stay_within_sentences_and_known_words():
    tokens = tokenize(["the border the", "border closed"])
    vocabulary = pa.array(["border", "the"])
    rows, keys = pairs(tokens, word_ids(tokens.words, vocabulary), 2)
    assert list(zip(rows.tolist(), keys.tolist(), strict=True)) == [(0, 2), (0, 1)]
    assert pair_ids(keys, np.array([1, 3])).tolist() == [-1, 0]
    assert pair_ids(keys, np.array([], np.int64)).tolist() == [-1, -1]


def test_cues_match_whole_words_or_beginnings():
    hits = cue_hits(
        pa.array(["border", "borders", "reborder", "co-op", "coxop"]), [cue_pattern(["border*"]), cue_pattern(["co-op"]), cue_pattern([])]
    )
    assert hits.tolist() == [[True, False, False], [True, False, False], [False, False, False], [False, True, False], [False, False, False]]
