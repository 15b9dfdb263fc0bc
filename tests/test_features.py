import re
import unicodedata
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migclass import features
from migclass.features import Tokens, Vocabulary, as_column, cue_hits, cue_pattern, ngrams, pair_keys, tokenize


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


# Characters that every version of Unicode at hand knows.
_SETTLED = st.characters(exclude_categories=("Cn", "Co", "Cs"))


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from(" \t\n/—-.|…’'\"a1Zé٣½\u00a0\u2003\u200b\u0130") | _SETTLED, max_size=40))
def test_words_against_a_plain_loop(sentence):
    assert words(sentence) == [word for piece in re.sub(r"[/—–…|]|\.\.+|--+", " ", sentence).split() if (word := plain_word(piece))]


def plain_word(piece):
    """Lower-case a piece character by character, cut its ends, and write its digits as 0."""
    chars = list(pc.utf8_lower(pa.array([piece]))[0].as_py())
    while chars and unicodedata.category(chars[0])[0] in "PSC":
        chars.pop(0)
    while chars and unicodedata.category(chars[-1])[0] in "PSC":
        chars.pop()
    return "".join("0" if unicodedata.category(char)[0] == "N" else "'" if char == "’" else char for char in chars)[:40]


def test_parts_in_the_vocabulary_against_all_parts():
    known = pa.array(["<vi", "visa", "überf", "لاجئ", "ight>", "longer"])
    vocabulary = Vocabulary(pa.array(["visa"]), np.array([], np.int64), known, (3, 9), ())
    for chosen in (vocabulary, replace(vocabulary, ngram_range=(3, 6))):
        text = pa.array(["visa", "a", "überfahrt", "لاجئ", "alight", "longer-living", ""])
        places, grams = ngrams(text, chosen.ngram_range)
        plain = [(i, known.index(gram).as_py()) for i, gram in zip(places.tolist(), grams, strict=True) if gram in known]
        found = [part.tolist() for part in chosen.find_ngrams(text)]
        assert sorted(zip(*found, strict=True)) == sorted(plain)
        assert found[0] == sorted(found[0])


def test_pairs_stay_within_sentences_and_known_words():
    tokens = tokenize(["the border the", "border closed", ""])
    words = pa.array(["border", "the"])
    vocabulary = Vocabulary(words, np.array([1, 3]), words, (3, 3), ())
    sequence = Tokens(words, vocabulary.find_words(tokens.words)[tokens.ids], tokens.offsets)
    assert pair_keys(sequence, 2).tolist() == [2, 1, -1, -1, -1]
    assert vocabulary.find_pairs(sequence).tolist() == [-1, 0, -1, -1, -1]
    assert replace(vocabulary, pairs=np.array([], np.int64)).find_pairs(sequence).tolist() == [-1] * 5


def test_too_much_text_for_one_go_is_refused(monkeypatch):
    monkeypatch.setattr(features, "_MOST_BYTES", 10)
    with pytest.raises(ValueError, match="pass fewer"):
        tokenize(["eleven char"])


def test_cues_match_whole_words_or_beginnings():
    hits = cue_hits(
        pa.array(["border", "borders", "reborder", "co-op", "coxop"]), [cue_pattern(["border*"]), cue_pattern(["co-op"]), cue_pattern([])]
    )
    assert hits.tolist() == [[True, False, False], [True, False, False], [False, False, False], [False, True, False], [False, False, False]]
