import json
import shutil

import numpy as np
import pytest

from migclass.errors import ModelError
from migclass.model import find_model, load_model, save_model, shipped_models

TEXTS = ["They closed the border and sent people back.", "Remittances pay for schools.", "The meeting was adjourned."]


@pytest.fixture
def folder(model_folder, tmp_path):
    return shutil.copytree(model_folder, tmp_path / "copy")


def test_a_loaded_model_is_the_saved_one(small_model, model_folder):
    loaded = load_model(model_folder)
    assert loaded.hash == small_model.hash
    assert loaded.about == json.loads(json.dumps(small_model.about))
    assert loaded.card == small_model.card
    np.testing.assert_array_equal(loaded.probabilities(TEXTS), small_model.probabilities(TEXTS))


def test_a_folder_holds_plain_files_only(model_folder):
    assert {path.name for path in model_folder.iterdir()} == {
        "README.md",
        "arrays.safetensors",
        "codebook.toml",
        "model.json",
        "ngrams.txt",
        "words.txt",
    }
    assert (model_folder / "README.md").read_text().startswith("---\n")


@pytest.mark.parametrize("name", ["arrays.safetensors", "words.txt", "ngrams.txt", "codebook.toml"])
def test_a_changed_or_missing_file_is_noticed(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(ModelError, match=f"{name}: is not the file"):
        load_model(folder)
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"no {name} in it"):
        load_model(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no JSON"),
        (b"\x80\x04pickle", "is no JSON"),
        (b"[]", "says no format"),
        (b"{}", "says no format"),
        (b'{"format": 99}', "format 99; this version reads format 2"),
        (b'{"format": 2}', "scorer None; expected one of linear, encoder"),
        (b'{"format": 2, "scorer": "linear"}', "is not the file"),
        (b'{"format": 2, "scorer": "linear", "files": []}', "is not the file"),
    ],
)
def test_a_damaged_manifest(folder, content, message):
    (folder / "model.json").write_bytes(content)
    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_a_manifest_that_contradicts_its_files(folder):
    manifest = json.loads((folder / "model.json").read_text())
    for broken in ({"settings": {}}, {"settings": {"ngram_range": [1]}}, {"settings": {"ngram_range": "x"}}, {"about": 3}):
        (folder / "model.json").write_text(json.dumps(manifest | broken))
        with pytest.raises(ModelError, match="damaged model folder"):
            load_model(folder)


def test_foreign_folders_and_unknown_names(tmp_path):
    with pytest.raises(ModelError, match="no such model"):
        load_model("no-such-model")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"no model\.json in it"):
        load_model(tmp_path)
    assert find_model(tmp_path) == tmp_path


def test_nothing_is_overwritten_without_force(small_model, folder, tmp_path):
    with pytest.raises(ModelError, match="exists already"):
        save_model(small_model, folder)
    assert save_model(small_model, folder, force=True) == folder
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter1.txt").write_text("mine")
    with pytest.raises(ModelError, match="no model folder"):
        save_model(small_model, other, force=True)
    assert (other / "chapter1.txt").read_text() == "mine"
    (folder / "labels.jsonl").write_text("mine")
    with pytest.raises(ModelError, match=r"holds labels\.jsonl beside the model, which would be lost"):
        save_model(small_model, folder, force=True)
    assert (folder / "labels.jsonl").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"copy", "thesis"}


def test_a_folder_that_cannot_be_made(small_model, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="can't be made, since"):
        save_model(small_model, tmp_path / "file" / "model")


def test_what_ships_loads():
    assert shipped_models() == ("base", "encoder")
    for name in shipped_models():
        assert load_model(name).name == name
