"""`migclass labels suggest` and `errors` as a user sees them."""

import json

import pytest
from click.testing import CliRunner
from conftest import ROOT

from migclass.cli import main
from migclass.labels import read_labels

SPEECH = str(ROOT / "examples" / "speech.txt")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        return CliRunner().invoke(main, ["labels", *map(str, arguments)])

    return call


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_suggest_writes_rows_to_code(run, tmp_path, model_folder, book):
    result = run("suggest", SPEECH, "-n", 10, "-o", "code.jsonl", "--model", model_folder)
    assert result.exit_code == 0, result.stderr
    assert result.stderr.endswith("sentences, 2 of them at random\n")
    rows = lines(tmp_path / "code.jsonl")
    assert len(rows) == 10
    assert all((row["frames"], row["poles"], row["coded"], row["passage"]) == ([], [], [], SPEECH) and row["note"] for row in rows)
    assert all(row.coded == () for row in read_labels(tmp_path / "code.jsonl", codebook=book))
    again = run("suggest", SPEECH, "-n", 10, "-o", "more.jsonl", "--model", model_folder, "--labels", "code.jsonl")
    assert again.exit_code == 0, again.stderr
    assert not {row["id"] for row in lines(tmp_path / "more.jsonl")} & {row["id"] for row in rows}


def test_suggest_keeps_what_is_there(run, tmp_path, model_folder):
    (tmp_path / "code.jsonl").write_text("mine\n")
    result = run("suggest", SPEECH, "-o", "code.jsonl", "--model", model_folder)
    assert result.exit_code == 1
    assert "exists already" in result.stderr
    assert (tmp_path / "code.jsonl").read_text() == "mine\n"
    assert run("suggest", SPEECH, "-o", "code.jsonl", "--model", model_folder, "--force", "--random", 1).exit_code == 0
    assert {row["note"] for row in lines(tmp_path / "code.jsonl")} == {"drawn at random"}
    (tmp_path / "pool.jsonl").write_text('{"text": "The border is closed to all of them."}\n')
    assert "is read as well" in run("suggest", "pool.jsonl", "-o", "pool.jsonl", "--force").stderr


def test_errors_lists_doubts_and_writes_their_rows(run, tmp_path, small_labels, book):
    result = run("errors", small_labels, "-n", 20, "--recipe", "ngram", "-o", "again.jsonl")
    assert result.exit_code == 0, result.stderr
    assert "lacks it" in result.stdout
    assert "has it" in result.stdout
    given = {row["id"]: row for row in lines(small_labels)}
    found = lines(tmp_path / "again.jsonl")
    assert 0 < len(found) <= 20
    assert sum(row["note"].count("probable") for row in found) == 20
    for row in found:
        assert row | {"note": ""} == given[row["id"]] | {"note": ""}
    assert len(read_labels(tmp_path / "again.jsonl", codebook=book)) == len(found)
    assert "is read as well" in run("errors", small_labels, "-o", small_labels, "--force").stderr
