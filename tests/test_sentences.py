from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migclass import sentences
from migclass.sentences import one_line, split_sentences


def texts(text):
    return [span.text for span in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One here. Two there.", ["One here.", "Two there."]),
        (
            "The line was wrapped by hand at this\nplace, as in old mail. Then it\nended.",
            ["The line was wrapped by hand at this place, as in old mail.", "Then it ended."],
        ),
        ("INTRODUCTION\nThe board met twice in the spring of that year.", ["INTRODUCTION", "The board met twice in the spring of that year."]),
        ("Home\nAbout us\nContact\n", ["Home", "About us", "Contact"]),
        ("• first point\n• second point, longer\n", ["first point", "second point, longer"]),
        ("They met their mandates.1 A briefing said so.", ["They met their mandates.", "A briefing said so."]),
        ("“They must go.”12 The court agreed.", ["“They must go.”", "The court agreed."]),
        ("See Art. 33 of it. Mr. Obi of the U.N. spoke.", ["See Art. 33 of it.", "Mr. Obi of the U.N. spoke."]),
        ("A cross-bor-\nder scheme began last spring. It ran.", ["A cross-border scheme began last spring.", "It ran."]),
        ("Visas\u00ad were short.", ["Visas were short."]),
        ("", []),
        ("  \n\n \t", []),
    ],
)
def test_cases(text, expected):
    assert texts(text) == expected


def test_no_sentence_crosses_a_blank_line():
    assert texts("The heading has no stop\n\nthe next begins small") == ["The heading has no stop", "the next begins small"]


def test_long_runs_without_stops_are_cut_at_spaces():
    spans = split_sentences("word " * 2000)
    assert len(spans) > 3
    assert max(len(span.text) for span in spans) <= 2000
    assert " ".join(span.text for span in spans).split() == ["word"] * 2000


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab Zé.!?\n\r•-1”\u2028\u00ad\x00🙂م "), max_size=200))
def test_offsets_hold_and_nothing_is_lost(text):
    spans = split_sentences(text)
    assert all(span.text == one_line(text[span.start : span.end]) for span in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    kept = "".join(text[span.start : span.end] for span in spans)
    assert [c for c in kept if c.isalpha()] == [c for c in text if c.isalpha()]


def test_real_documents_split_where_coders_saw_sentences(real):
    import json

    rows = [json.loads(line) for line in (real / "validation.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if "start" in row]
    hits = 0
    for name in {row["document"] for row in rows}:
        ends = {span.end for span in split_sentences((real / "documents" / name).read_text(encoding="utf-8"))}
        hits += sum(row["end"] in ends for row in rows if row["document"] == name)
    assert hits / len(rows) > 0.9


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1))
def test_ninth_deciles_are_those_of_numpy(values):
    assert sentences._ninth_decile(values) == pytest.approx(np.percentile(values, 90))


# What stands beside a stop in real text, and what only looks like it.
_BITS = """border. The wages? In 2019. Art. 5 Mr. Obi U.S. “Go.” He said. other's. non-refoulement. A. b. iv. IV. 3. (See that). et al. … etc. …The
. . . ! ?! . .) ’ "Why?" "No." para. 7 vol. S. ought. all. Conocarpum cross-border. 2021. 40,000. PMID Darién. e.g. It 12.5 one.Two [4] 1951.["""


@given(st.lists(st.sampled_from([*_BITS.split(), " "]), max_size=25).map(" ".join))
@settings(max_examples=400, deadline=None)
def test_ends_are_those_that_the_splitter_sees_in_the_whole(block):
    assert list(sentences._ends(block)) == [*sentences._doubtful_ends(block, 0, len(block)), len(block)]
