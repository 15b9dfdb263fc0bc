from dataclasses import replace

import numpy as np
import pytest

from migclass import compare_models
from migclass.codebook import parse_codebook
from migclass.comparisons import joined_codebook
from migclass.errors import CodebookError
from migclass.evaluation import f1_scores
from migclass.labels import read_labels, targets
from migclass.tagging import Tagger
from migclass.training import evaluate_rows


@pytest.fixture(scope="module")
def bolder(small_model):
    """The small model with half its thresholds."""
    decision = small_model.decision
    return Tagger(replace(small_model, decision=replace(decision, threshold=decision.threshold / 2)))


@pytest.fixture(scope="module")
def some(rows):
    """Some of the rows: enough for every code."""
    return rows[:500]


@pytest.fixture(scope="module")
def found(tagger, bolder, some):
    return compare_models(tagger, bolder, some)


@pytest.fixture(scope="module")
def of_tiny(tiny_labels, tiny):
    return read_labels(tiny_labels / "labels.jsonl", codebook=tiny.codebook)


def test_scores_are_those_of_an_evaluation(found, tagger, bolder, some):
    for own, model in ((found.first, tagger), (found.second, bolder)):
        assert own == evaluate_rows(model, some)
    for gained in (*found.means, *found.codes):
        first, second = (
            next(score.f1 for score in (*own.means, *own.codes) if gained.name in (getattr(score, "name", ""), getattr(score, "code", "")))
            for own in (found.first, found.second)
        )
        assert gained.f1 == pytest.approx(second - first)
        assert gained.low <= gained.f1 <= gained.high


def test_changes_are_all_that_differ(found, tagger, bolder, some, book):
    texts = [row.text for row in some]
    before, after, truth = tagger.predict(texts), bolder.predict(texts), targets(some, book) > 0
    assert len(found.changes) == (before != after).sum() > 50
    assert all(change.added for change in found.changes)
    assert sum(change.mended for change in found.changes) == ((before != after) & (after == truth)).sum()
    by_id = {row.id: row for row in some}
    assert all((change.code in by_id[change.id].codes) == change.mended for change in found.changes)
    assert all(change.text == by_id[change.id].text for change in found.changes)


def test_the_most_telling_change_is_farthest_from_both_thresholds(tagger, tiny, some):
    found = compare_models(tagger, Tagger(tiny), some)
    apart = [
        abs(np.log(p2 / (1 - p2)) - np.log(t2 / (1 - t2)) - np.log(p1 / (1 - p1)) + np.log(t1 / (1 - t1)))
        for p1, p2, t1, t2 in (
            (c.first, c.second, tagger.model.decision.threshold[tagger.codes.index(c.code)], tiny.decision.threshold[0]) for c in found.changes
        )
    ]
    assert len(apart) > 10
    np.testing.assert_allclose(apart, sorted(apart, reverse=True), rtol=1e-4)


def test_only_shared_codes_are_compared(tagger, tiny, of_tiny):
    found = compare_models(tagger, Tagger(tiny), of_tiny)
    assert [own.name for own in found.codes] == ["security"]
    assert found.only_second == ("health",)
    assert set(found.only_first) == set(tagger.codes) - {"security"}
    assert found.redefined == ("security",)
    assert {score.code: score.positives for score in found.second.codes} == {"security": 16, "health": 16}
    assert {change.code for change in found.changes} <= {"security"}
    assert found.second.mean("frames").codes == 1
    assert found.second.mean("frames").f1 == found.second.codes[0].f1


def test_what_was_not_judged_counts_nowhere(tagger, tiny, of_tiny):
    hidden = [replace(row, coded=("health",)) if "security" not in row.codes and i % 2 else row for i, row in enumerate(of_tiny)]
    judged = [row for row in hidden if row.coded is None]
    shown, less = compare_models(tagger, Tagger(tiny), hidden), compare_models(tagger, Tagger(tiny), judged)
    texts = [row.text for row in judged]
    truth = targets(judged, tiny.codebook)[:, [0]]
    expected = f1_scores(truth, Tagger(tiny).predict(texts)[:, [0]]) - f1_scores(truth, tagger.predict(texts)[:, [tagger.codes.index("security")]])
    assert shown.codes[0].f1 == less.codes[0].f1 == pytest.approx(expected[0])
    assert {change.id for change in shown.changes} == {change.id for change in less.changes}


def test_a_model_and_itself(tagger, some):
    found = compare_models(tagger, tagger, some)
    assert not found.changes
    assert {(own.f1, own.low, own.high) for own in (*found.codes, *found.means)} == {(0, 0, 0)}


FIRST = parse_codebook("""
title = "First"
version = 1
[[frame]]
id = "a"
coded = "a"
[[tension]]
id = "t"
question = "?"
[[tension.pole]]
id = "x"
coded = "x"
[[tension.pole]]
id = "y"
coded = "y"
""")


def test_codebooks_are_joined(book):
    wider = parse_codebook(FIRST.source.replace("[[tension]]", '[[frame]]\nid = "b"\ncoded = "b"\n[[tension]]'))
    other = parse_codebook('title = "Other"\nversion = 1\n[[frame]]\nid = "c"\ncoded = "c"')
    assert joined_codebook(FIRST, wider) is wider
    assert joined_codebook(wider, FIRST) is wider
    assert joined_codebook(FIRST, other).codes == ("a", "c", "x", "y")
    assert joined_codebook(other, FIRST).codes == ("c", "a", "x", "y")
    with pytest.raises(CodebookError, match="'z': its tension has other poles"):
        joined_codebook(FIRST, parse_codebook(FIRST.source.replace('"y"', '"z"')))


def test_models_without_a_common_code(tagger, tiny, of_tiny):
    renamed = parse_codebook(tiny.codebook.source.replace('"security"', '"border"'))
    with pytest.raises(CodebookError, match="no code in common"):
        compare_models(tagger, Tagger(replace(tiny, codebook=renamed)), of_tiny)
