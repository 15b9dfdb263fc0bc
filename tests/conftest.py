"""What several tests share: a small trained model, the shipped codebook, and the real sentences where they are to be had."""

import json
import os
from pathlib import Path

import pytest

from migclass.codebook import load_codebook
from migclass.labels import read_labels
from migclass.model import save_model
from migclass.tagging import Tagger
from migclass.training import train

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def book():
    return load_codebook()


@pytest.fixture(scope="session")
def rows(book):
    """The shipped validation split: small, with every code in it."""
    return read_labels(ROOT / "labels" / "validation.jsonl", codebook=book)


@pytest.fixture(scope="session")
def small_labels(tmp_path_factory, rows):
    """A user's label file, made from the validation split."""
    from dataclasses import replace

    from migclass.labels import as_json

    path = tmp_path_factory.mktemp("labels") / "small.jsonl"
    path.write_text("".join(as_json(replace(row, split="train", source="")) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def small_model(small_labels):
    return train([small_labels], name="small")


@pytest.fixture(scope="session")
def tagger(small_model):
    return Tagger(small_model)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory, small_model):
    return save_model(small_model, tmp_path_factory.mktemp("models") / "small")


TINY = """
title = "Two frames"
version = 1
[[frame]]
id = "security"
coded = "borders"
[[frame]]
id = "health"
coded = "the health of people who move"
"""


@pytest.fixture(scope="session")
def tiny_labels(tmp_path_factory):
    """A folder with a codebook of two frames, one of them not shipped, and labels for it."""
    people = ["arrivals", "children", "workers", "women"]
    said = {
        "health": [f"The clinic {verb} {who} this week." for verb in ("treated", "vaccinated", "examined", "referred") for who in people],
        "security": [f"Guards {verb} {who} at the border." for verb in ("stopped", "searched", "detained", "returned") for who in people],
        "": [f"The {what} was adjourned until {when}." for what in ("meeting", "session", "debate") for when in ("Monday", "noon", "May")],
    }
    rows = [{"text": text, "frames": [frame] * bool(frame), "poles": []} for frame, texts in said.items() for text in texts]
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "codebook.toml").write_text(TINY, encoding="utf-8")
    (folder / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def tiny(tiny_labels):
    return train([tiny_labels / "labels.jsonl"], codebook=tiny_labels / "codebook.toml", recipe="ngram", name="tiny")


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory, tiny):
    """The folder of a model with a codebook of its own."""
    return save_model(tiny, tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def straits(tmp_path_factory):
    """The tags of the six documents in examples/straits, by the shipped default model."""
    from click.testing import CliRunner

    from migclass.cli import main

    folder, path = ROOT / "examples" / "straits", tmp_path_factory.mktemp("straits") / "tags.parquet"
    done = CliRunner().invoke(main, ["score", *map(str, sorted(folder.glob("*.txt"))), "--meta", str(folder / "meta.csv"), "-o", str(path)])
    assert done.exit_code == 0, done.stderr
    return path


@pytest.fixture(scope="session")
def real():
    """The folder of real documents; MIGCLASS_REAL names it, else ../shared/real is looked for."""
    folder = Path(os.environ.get("MIGCLASS_REAL", ROOT.parent / "shared" / "real"))
    if not (folder / "validation.jsonl").is_file():
        pytest.skip(f"no real documents in {folder}; name another folder with MIGCLASS_REAL")
    return folder
