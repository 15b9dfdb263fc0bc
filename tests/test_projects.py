"""A new project folder."""

import re

import pytest
from click.testing import CliRunner

from migclass.cli import main
from migclass.codebook import load_codebook
from migclass.errors import LabelError, OutputError
from migclass.labels import read_labels
from migclass.projects import start_project


def test_a_new_folder_extends_the_shipped_codebook(tmp_path, book):
    folder = start_project(tmp_path / "a" / "mine")
    assert {path.name for path in folder.iterdir()} == {"codebook.toml", "labels.jsonl", "README.md"}
    assert load_codebook(folder / "codebook.toml") == book
    with pytest.raises(LabelError, match=r"labels\.jsonl: no labelled sentence in it yet"):
        read_labels(folder / "labels.jsonl", codebook=book)


def test_the_example_becomes_valid_without_its_signs(tmp_path, book):
    path = start_project(tmp_path) / "codebook.toml"
    path.write_text(re.sub(r"^#(?=\S)", "", path.read_text(encoding="utf-8"), flags=re.M), encoding="utf-8")
    mine = load_codebook(path)
    assert (len(mine.frames), len(mine.tensions)) == (len(book.frames) + 1, len(book.tensions) + 1)
    assert (len(mine.decisions), len(mine.examples)) == (len(book.decisions) + 1, len(book.examples) + 1)
    assert mine.title != book.title
    assert all(code.cues for code in mine.entries)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"is not empty \(notes\.txt is in it\)"):
        start_project(tmp_path)
    with pytest.raises(OutputError, match="a file is in the way"):
        start_project(tmp_path / "notes.txt")
    with pytest.raises(OutputError, match="a file is in the way"):
        start_project(tmp_path / "notes.txt" / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_command_says_what_comes_next(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["labels", "init", "mine"])
    assert (done.exit_code, done.stdout) == (0, "")
    assert "mine/codebook.toml" in done.stderr
    again = CliRunner().invoke(main, ["labels", "init", "mine"])
    assert again.exit_code == 1
    assert again.stderr.startswith("Error: mine: is not empty")


def test_lines_of_the_readme_that_need_a_codebook_and_labels_run(tmp_path, monkeypatch, small_labels):
    monkeypatch.chdir(start_project(tmp_path))
    (tmp_path / "labels.jsonl").write_bytes(small_labels.read_bytes())
    commands = re.findall(r"^    migclass (labels (?:codebook|check|stats) [^O\n]*)$", (tmp_path / "README.md").read_text(), flags=re.M)
    assert len(commands) == 3
    for command in commands:
        done = CliRunner().invoke(main, command.split())
        assert done.exit_code == 0, done.stderr
