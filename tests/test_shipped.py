"""What ships: labels, splits, dataset configurations, models and results are promises that keep loading."""

import json

import datasets
import mlcroissant
import numpy as np
import pytest
from conftest import ROOT
from test_documents import read

from migclass.documents import Document
from migclass.labels import check_labels, labels_hash, near_duplicates, read_labels, repeated_runs
from migclass.model import load_model, shipped_models
from migclass.recipes import read_soft_labels
from migclass.resources import resource
from migclass.standoff import read_standoff

LABELS = ROOT / "labels"


@pytest.fixture(scope="module")
def shipped(book):
    return read_labels(codebook=book)


def test_labels_pass_their_own_check(shipped):
    fixed = (LABELS / "fixed-terms.txt").read_text(encoding="utf-8").splitlines()
    assert check_labels(shipped) == []
    assert repeated_runs([row.text for row in shipped], fixed) == []


def test_labels_keep_away_from_the_real_development_set(shipped, real, book):
    texts = [row.text for row in read_labels(real / "validation.jsonl", codebook=book)]
    pairs = near_duplicates(texts + [row.text for row in shipped])
    assert [(texts[i], shipped[j - len(texts)].id) for i, j, _ in pairs if i < len(texts) <= j] == []


def test_no_real_sentence_is_in_the_repository(shipped, real, book):
    written = {row.text for row in shipped}
    for name in ("validation.jsonl", "pool.jsonl"):
        for line in (real / name).read_text(encoding="utf-8").splitlines():
            assert json.loads(line)["text"] not in written


def test_the_plan_is_kept(shipped, book):
    assert len(shipped) >= 10_000
    for code in book.codes:
        own = [row for row in shipped if code in row.codes]
        assert len(own) >= (900 if code in book.frame_ids else 350), code
        assert len({row.genre for row in own}) >= 10, code
    assert 0.3 < sum(not row.codes for row in shipped) / len(shipped) < 0.4
    assert sum("blind" in row.coders for row in shipped) >= 1500


def test_genres_of_the_transfer_split_are_in_no_other(shipped):
    transfer = {row.genre for row in shipped if row.where.startswith(f"{LABELS / 'transfer.jsonl'}:")}
    assert transfer
    assert not transfer & {row.genre for row in shipped if row.split == "train"}
    assert len(transfer) + len({row.genre for row in shipped if row.split == "train"}) == len({row.genre for row in shipped})


def test_real_labels(book):
    roles = {role: read_standoff(book, role=role) for role in ("train", "validation", "test")}
    assert len(roles["train"]) >= 3600
    assert all(len(label.coders) >= 2 for label in roles["train"])
    assert len({label.document for label in roles["test"]}) >= 12
    assert all(len(label.coders) == 3 for label in roles["test"] + roles["validation"])


@pytest.mark.parametrize(("config", "splits"), [(None, 3), ("transfer", 1), ("documents", 3)])
def test_datasets_load_offline(tmp_path, monkeypatch, config, splits):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    loaded = datasets.load_dataset(str(LABELS), config, cache_dir=str(tmp_path))
    assert len(loaded) == splits
    for split in loaded.values():
        assert split.num_rows > 0
        assert {"frames", "poles", "coders"} <= set(split.column_names)
        assert ("text" in split.column_names) == (config != "documents")


@pytest.mark.filterwarnings("ignore")  # of the library's own dependencies
def test_croissant_is_valid():
    dataset = mlcroissant.Dataset(jsonld=str(LABELS / "croissant.json"))
    assert not dataset.metadata.issues.errors
    assert {record_set.name for record_set in dataset.metadata.record_sets} == {"train", "validation", "test", "transfer"}


def test_results_speak_of_what_ships(shipped):
    results = json.loads((ROOT / "benchmarks" / "results" / "quality.json").read_text())["results"]
    hashes = {row["system"]: row.get("model_hash") for row in results}
    assert {name: hashes[name] for name in shipped_models()} == {name: load_model(name).hash for name in shipped_models()}
    assert hashes["wordlist"] == load_model(ROOT / "benchmarks" / "wordlist").hash
    tests = labels_hash([row for row in shipped if row.where.startswith(f"{LABELS / 'test.jsonl'}:")])
    assert {row["sets"]["written test"]["labels"] for row in results} == {tests}
    curve = json.loads((ROOT / "benchmarks" / "results" / "learning-curve.json").read_text())
    assert len(curve["points"]) >= 11
    for name in shipped_models():
        for batch in ("first", "second"):
            run = json.loads((ROOT / "benchmarks" / "results" / f"behaviour-{name}-{batch}.json").read_text())
            assert run["model_hash"] == load_model(name).hash
    context = json.loads((ROOT / "benchmarks" / "results" / "context.json").read_text())
    assert context["models"] == {name: load_model(name).hash for name in shipped_models()}
    assert f"base {load_model('base').hash}" in (ROOT / "benchmarks" / "results" / "errors.html").read_text(encoding="utf-8")


def test_soft_labels_are_of_the_training_rows(shipped, book):
    rows = [row for row in shipped if row.split == "train"]
    soft = read_soft_labels(LABELS / "soft-labels.csv", rows, book)
    assert np.isfinite(soft).mean() > 0.99


def test_models_were_made_from_the_labels_that_ship(shipped, book):
    for name in shipped_models():
        model = load_model(name)
        assert model.codebook.hash == book.hash
        assert model.about["labels"]["written"] == sum(row.split == "train" for row in shipped)
        assert model.about["labels"]["real"] > 8000
        assert model.about["quality"]["sentences"] == sum(row.split == "test" for row in shipped)


def test_resources_are_those_of_the_clone():
    assert resource("labels", "codebook.toml") == LABELS / "codebook.toml"
    (document,) = read(str(ROOT / "examples" / "speech.txt"))
    assert isinstance(document, Document)
