"""The benchmark of speed runs, on next to nothing."""

import json

import numpy as np
import pyarrow.compute as pc
import pytest
from conftest import ROOT

from migclass.sentences import split_sentences


@pytest.fixture(scope="module")
def benchmarks():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        import speed
        import texts

        yield speed, texts


def test_distinct_words_grow_as_in_real_text(benchmarks):
    _, texts = benchmarks
    few, many = texts.growing(500, seed=1), texts.growing(20_000, seed=1)
    assert texts.growing(500, seed=1).equals(few)
    assert not texts.growing(500, seed=2).equals(few)
    words = pc.sum(pc.list_value_length(pc.utf8_split_whitespace(many))).as_py()
    assert 21 < words / len(many) < 24
    growth = np.log(texts.distinct_words(many) / texts.distinct_words(few)) / np.log(40)
    assert 0.5 < growth < 0.75


def test_stages_add_up(benchmarks):
    speed, _ = benchmarks
    found = speed.stages(speed.SMALL)
    assert sum(found.values()) == pytest.approx(2 * found["all"], rel=0.01)
    assert all(found[stage] > 0 for stage in speed.STAGES)


def test_ratios_are_of_runs_that_belong_together(benchmarks):
    speed, _ = benchmarks
    assert speed.ratios([10, 40, 30], [5, 10, 10]) == {"median": 3.0, "low": 2.0, "high": 4.0}


def test_memory_and_time_of_a_child(benchmarks):
    speed, _ = benchmarks
    took, megabytes = speed.child("python", "-c", "x = bytearray(50_000_000)")
    assert took > 0
    assert megabytes > 50
    with pytest.raises(SystemExit, match="failed"):
        speed.child("python", "-c", "raise SystemExit('no')")


def test_documents_hold_about_the_sentences_they_are_made_of(benchmarks, tmp_path):
    speed, _ = benchmarks
    characters = speed._write_documents(tmp_path / "made.jsonl", 1000)
    bodies = [json.loads(line)["text"] for line in (tmp_path / "made.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sum(map(len, bodies)) == characters
    assert 900 < sum(len(split_sentences(body)) for body in bodies) < 1100


def test_cores_are_compared_without_what_starting_takes(benchmarks):
    speed, _ = benchmarks
    points = [{"runs": [took]} for took in (1.0, 2.0, 11.0, 7.0)]
    assert speed.cores_compared(points)[speed.ALL_CORES]["median"] == 2.0
    assert speed.cores_compared(points[:2]) == {}
