import json
from dataclasses import replace

import numpy as np
import pytest

from migclass.errors import LabelError, ModelError, OutputError
from migclass.model import save_model
from migclass.standoff import make_label
from migclass.tagging import Tagger
from migclass.training import evaluate_rows, gather, prevalence, train

ROW = {"text": "They closed the border.", "frames": ["security"], "poles": ["control"]}


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_same_labels_give_the_same_bytes(small_labels, model_folder, tmp_path):
    folder = save_model(train([small_labels], name="small", jobs=2), tmp_path / "again")
    for file in model_folder.iterdir():
        assert (folder / file.name).read_bytes() == file.read_bytes(), file.name


def test_the_default_labels_keep_their_splits_apart(book):
    material = gather(["default"], book)
    assert {row.split for row in material.train} == {"train"}
    assert {row.split for row in material.test} == {"test"}
    assert not {row.passage for row in material.train} & {row.passage for row in material.test}


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"split": "dev"}, "'split' is 'dev'; expected one of train, validation, test"),
        ({"source": "some-speech"}, "a real document; training reads written rows"),
    ],
)
def test_what_may_not_be_learnt_from_is_refused_by_line(tmp_path, book, extra, message):
    path = write(tmp_path / "a.jsonl", ROW, ROW | extra)
    with pytest.raises(LabelError, match=message) as caught:
        gather([path], book)
    assert str(caught.value).startswith(f"{path}:2")


def test_the_real_development_set_is_refused(real, book):
    with pytest.raises(LabelError, match="a real document"):
        gather([real / "validation.jsonl"], book)


def test_a_code_that_nobody_carries(tmp_path):
    with pytest.raises(ModelError, match="no training sentence carries it"):
        train([write(tmp_path / "a.jsonl", ROW)])


def test_few_positives_are_told(small_labels, tmp_path, book):
    codebook = tmp_path / "codebook.toml"
    codebook.write_text(book.source + '\n[[frame]]\nid = "health"\ncoded = "health"\n')
    more = write(tmp_path / "more.jsonl", *[{"text": f"The clinic treated {i} people.", "frames": ["health"], "poles": []} for i in range(3)])
    said = []
    train([small_labels, more], codebook=codebook, say=said.append)
    assert any("only 3 training sentences carry 'health'" in line for line in said)


def test_unknown_recipe():
    with pytest.raises(ModelError, match="expected one of ngram"):
        train(recipe="magic")


def test_resolved_sentences_are_learnt_from(tmp_path, book, monkeypatch):
    sentence = "The herders crossed at dawn with their goats, and no plan had been made for them."
    label = make_label(sentence, document="d", n=1, frames=("climate",), poles=(), coders={"A": ()})
    monkeypatch.setattr("migclass.training.read_standoff", lambda codebook, role: [label])
    (tmp_path / "d.txt").write_text(sentence)
    material = gather([write(tmp_path / "a.jsonl", ROW)], book, [tmp_path / "d.txt"])
    assert [row.text for row in material.train] == ["They closed the border.", sentence]
    assert material.resolution.coverage == 1


def test_prevalence_is_that_of_written_rows_beside_real_ones(rows, book):
    real = [replace(row, source="some-speech", frames=(), poles=()) for row in rows[:50]]
    shares = prevalence([*rows, *real], book)
    first = book.codes[0]
    assert shares[0] == pytest.approx(sum(first in row.codes for row in rows) / len(rows))
    assert all(0 < share < 0.5 for share in shares)
    assert prevalence(rows, book) is None
    assert prevalence(real, book) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": "x"}, "encoder goes with the recipe encoder, and the recipe is static"),
        ({"soft_labels": "x"}, "soft-labels goes with the recipe distilled"),
        ({"seed": 3}, "seed goes with the recipe encoder"),
        ({"seed": -1, "recipe": "encoder"}, "seed is -1; expected 0 or more"),
    ],
)
def test_options_that_would_be_idle_are_refused(small_labels, options, message):
    with pytest.raises(ModelError, match=message):
        train([small_labels], **options)


def test_soft_labels_are_never_written_over_a_file(small_labels):
    before = small_labels.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        train([small_labels], write_soft_labels=small_labels)
    assert small_labels.read_bytes() == before


def test_quality_is_that_of_unseen_rows(tagger, rows):
    result = evaluate_rows(tagger, rows)
    assert result.sentences == len(rows)
    assert result.about["model_hash"] == tagger.model.hash
    assert result.mean("frames").f1 > 0.9  # it has seen these rows
    assert np.isfinite(result.mean("poles").f1)


def test_the_card_says_what_it_was_made_from(small_model, rows):
    assert f"Learnt from {len(rows)} written sentences and 0 sentences of real documents" in small_model.card
    assert "Not measured" in small_model.card
    assert Tagger(small_model).codes
