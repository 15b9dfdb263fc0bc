import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from migclass.indexes import NumberIndex, TextIndex, fingerprints

_NUMBERS = st.integers(0, 2**64 - 1)


@settings(max_examples=100, deadline=None)
@given(st.lists(_NUMBERS, unique=True), st.lists(_NUMBERS, unique=True), st.lists(_NUMBERS))
def test_numbers_are_found_where_they_stand(first, more, others):
    more = [number for number in more if number not in first]
    index = NumberIndex(np.array(first, np.uint64))
    longer = index.with_more(np.array(more, np.uint64))
    asked = np.array(first + more + others, np.uint64)
    for made, whole in ((index, first), (longer, first + more)):
        places = {number: i for i, number in enumerate(whole)}
        assert made.find(asked).tolist() == [places.get(int(number), -1) for number in asked]


def test_numbers_that_meet_in_one_slot():
    keys = np.arange(5000, dtype=np.uint64) << np.uint64(40)
    index = NumberIndex(keys[:10]).with_more(keys[10:12]).with_more(keys[12:])
    assert index.find(keys).tolist() == list(range(5000))
    assert (index.find(keys + np.uint64(1)) == -1).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=30), unique=True), st.lists(st.text(max_size=30)))
def test_texts_are_found_where_they_stand(known, asked):
    places = {text: i for i, text in enumerate(known)}
    half = len(known) // 2
    index = TextIndex(pa.array(known[:half], pa.string())).with_more(pa.array(known[half:], pa.string()))
    assert index.find(pa.array(known + asked, pa.string())).tolist() == [places.get(text, -1) for text in known + asked]
    assert len(index) == len(known)


def test_texts_with_one_fingerprint_are_told_apart():
    long = ["a" * 1000, "a" * 999 + "b"]
    assert len(set(fingerprints(pa.array(long)).tolist())) == 1
    assert TextIndex(pa.array(long[:1])).find(pa.array(long)).tolist() == [0, -1]


def test_a_slice_has_the_fingerprints_of_its_own_texts():
    texts = pa.array(["one", "two", "a rather longer one", ""])
    assert fingerprints(texts.slice(1, 3)).tolist() == fingerprints(texts).tolist()[1:]
    assert len(set(fingerprints(texts).tolist())) == 4
