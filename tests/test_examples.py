"""The labels of examples/health, which the tutorial retrains with."""

import pytest
from conftest import ROOT

from migclass.codebook import load_codebook
from migclass.labels import check_labels, read_labels

FOLDER = ROOT / "examples" / "health"


@pytest.fixture
def health():
    return load_codebook(FOLDER / "codebook.toml")


def test_the_example_has_as_many_sentences_with_its_frame_as_without(health):
    rows = read_labels(FOLDER / "labels.jsonl", codebook=health)
    for split, count in (("train", 20), ("test", 10)):
        own = [row for row in rows if row.split == split]
        assert (len(own), sum("health" in row.frames for row in own)) == (2 * count, count)


def test_the_example_passes_the_check_beside_the_shipped_labels(health, book):
    assert check_labels(read_labels(FOLDER / "labels.jsonl", codebook=health), read_labels(codebook=book)) == []
