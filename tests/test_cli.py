"""The command line as a user sees it: real files, real processes where it matters, one line for each mistake."""

import csv
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from migclass.cli import main

SPEECH = str(ROOT / "examples" / "speech.txt")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments, input=None):
        return CliRunner().invoke(main, [str(a) for a in arguments], input=input)

    return call


def rows(result):
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_score_writes_jsonl_into_a_pipe(run):
    found = rows(run("score", SPEECH))
    assert found[0]["text"] == "STATEMENT BY THE REGIONAL DIRECTOR"
    text = Path(SPEECH).read_text(encoding="utf-8")
    assert all(" ".join(text[row["start"] : row["end"]].split()).replace("- ", "") for row in found)
    assert {code for row in found for code in row["frames"]} >= {"development", "security", "rights", "labour", "climate"}


def test_score_several_files_with_meta_and_saved_text(run, tmp_path):
    (tmp_path / "a.txt").write_text("The border is closed.")
    (tmp_path / "b.md").write_text("# Wages\n\nWages rose.")
    (tmp_path / "meta.csv").write_text("file,year\na.txt,1999\nb.md,2001\n")
    found = rows(run("score", "a.txt", "b.md", "--meta", "meta.csv", "--save-text", "texts"))
    assert [(row["document"], row["year"]) for row in found] == [("a.txt", "1999"), ("b.md", "2001"), ("b.md", "2001")]
    saved = (tmp_path / "texts" / "b.md.txt").read_text()
    assert saved[found[2]["start"] : found[2]["end"]] == "Wages rose."


def test_score_from_standard_input_and_tables(run, tmp_path):
    assert [row["document"] for row in rows(run("score", "-", input="The border is closed. Wages rose."))] == ["-", "-"]
    (tmp_path / "t.csv").write_text("body,year\nOne. Two.,1999\n")
    assert len(rows(run("score", "t.csv", "--text-column", "body"))) == 2
    (row,) = rows(run("score", "t.csv", "--text-column", "body", "--sentences"))
    assert (row["text"], row["year"]) == ("One. Two.", "1999")


@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet", "table"])
def test_score_into_a_file(run, tmp_path, format_):
    path = tmp_path / f"tags.{format_}"
    result = run("score", SPEECH, "--format", format_, "-o", path)
    assert (result.exit_code, result.stdout) == (0, "")
    before = path.read_bytes()
    assert before
    again = run("score", SPEECH, "--format", format_, "-o", path)
    assert again.exit_code == 1
    assert "exists already" in again.stderr
    assert run("score", SPEECH, "--format", format_, "-o", path, "--force").exit_code == 0
    assert path.read_bytes() == before


def test_the_format_follows_the_suffix(run, tmp_path):
    assert run("score", SPEECH, "-o", "tags.csv").exit_code == 0
    assert len(list(csv.DictReader(io.StringIO((tmp_path / "tags.csv").read_text())))) > 20


def test_explain_adds_up(run):
    result = run("explain", "The border was closed and wages rose.", "--code", "security")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith("security: 0.")
    probability = float(lines[0].split()[1].rstrip(","))
    total = sum(float(line.split()[-1]) for line in lines[2:])
    assert abs(1 / (1 + 2.718281828**-total) - probability) < 0.02
    assert run("explain", "The border was closed.").stdout.startswith("security: ")


def test_behaviour(run, tmp_path):
    (tmp_path / "cases.toml").write_text('[[case]]\nid = "a"\ncapability = "trial"\n[[case.sentence]]\ntext = "Hello."\nhas = ["climate"]\n')
    result = run("evaluate", "--behaviour", "cases.toml", "--faults")
    assert result.exit_code == 0, result.stderr
    assert "trial" in result.stdout
    assert "a: lacks climate: Hello." in result.stdout
    data = json.loads(run("evaluate", "--behaviour", "cases.toml", "--format", "json").stdout)
    assert data["passed"] == {"trial": [0, 1]}


def test_another_language_gets_a_warning(run, tmp_path):
    (tmp_path / "a.txt").write_text("Die Grenze bleibt geschlossen, und die Verfahren dauern Jahre, sagte der Minister.")
    result = run("score", "a.txt")
    assert result.exit_code == 0
    assert "a.txt: looks like German (de)" in result.stderr


MISTAKES = [
    (["score", "none.txt"], 1, "none.txt: no such file"),
    (["score", "empty.txt"], 1, "empty.txt: no text in it"),
    (["score", "binary.txt"], 1, "looks like a binary file"),
    (["score", "latin.txt"], 1, "line 1: byte 0xfc is not utf-8"),
    (["score", "table.csv"], 1, "no column 'text'"),
    (["score", "good.txt", "--model", "magic"], 1, "magic: no such model"),
    (["score", "good.txt", "--model", "foreign"], 1, "no model.json in it"),
    (["score", "good.txt", "--model", "damaged"], 1, "is not the file that model.json speaks of"),
    (["score", "good.txt", "--meta", "table.csv"], 1, "no row for 'good.txt'"),
    (["score", "good.txt", "-o", "no/where.csv"], 1, "can't be written"),
    (["score", "good.txt", "none.txt", "-o", "tags.csv"], 1, "none.txt: no such file"),
    (["score", "good.txt", "empty.txt", "-o", "tags.csv"], 1, "empty.txt: no text in it"),
    (["score", "good.txt", "--engine", "spark", "-o", "tags"], 1, "good.txt: is no Parquet"),
    (["score", "-", "--engine", "spark", "-o", "tags"], 1, "-: is no Parquet"),
    (["score", "folder", "--engine", "spark", "-o", "good.txt"], 1, "good.txt: exists already"),
    (["score", "folder", "--engine", "spark", "--force", "-o", "good.txt"], 1, "good.txt: is no folder that Spark wrote"),
    (["score", "folder", "--engine", "spark", "--force", "-o", "foreign"], 1, "foreign: is no folder that Spark wrote"),
    (["score", "folder", "--engine", "spark"], 2, "--engine spark needs --output"),
    (["score", "folder", "--engine", "spark", "-o", "tags", "--format", "csv"], 2, "--format does not go with --engine spark"),
    (["score", "good.txt", "-o", "tags.xml"], 2, "tags.xml: no format is known by this suffix; use one of .jsonl"),
    (["score", "good.txt", "--resume"], 2, "--resume needs files to read and an --output to write"),
    (["score", "-", "--resume", "-o", "tags.csv"], 2, "--resume needs files to read"),
    (["score", "good.txt", "--jobs", "0"], 2, "--jobs"),
    (["score", "good.txt", "years.csv", "--format", "csv"], 1, "column 'year' is in some documents only"),
    (["score", "years.csv", "years.jsonl", "--format", "parquet"], 1, "column 'year' holds string in one file and int64 in another"),
    (["score", "good.txt", "taken.csv"], 1, "taken.csv: has a column 'frames', which tags use"),
    (["score", "good.txt", "code.csv", "--format", "csv"], 1, "column 'security' is in some"),
    (["score", "code.csv", "--format", "csv"], 1, "named 'security', like a code"),
    (["score"], 2, "Missing argument"),
    (["score", "good.txt", "--format", "xml"], 2, "'xml' is not one of"),
    (["sing"], 2, "No such command 'sing'"),
    (["train", "--output", "m", "--labels", "none.jsonl"], 1, "no such file or folder"),
    (["train", "--output", "m", "--labels", "labels.jsonl"], 1, "labels.jsonl:1: unknown id 'health'"),
    (["train", "--output", "m", "--codebook", "double.toml"], 1, "the id 'a' is used 2 times"),
    (["train", "--output", "m", "--documents", "foreign"], 1, "no documents in it"),
    (["train", "--output", "foreign"], 1, "exists already"),
    (["train", "--output", "good.txt/m"], 1, "is a file"),
    (["train"], 2, "Missing option '--output'"),
    (["evaluate", "--labels", "labels.jsonl"], 1, "labels.jsonl:1: unknown id 'health'"),
    (["evaluate", "--labels", "blank.jsonl"], 1, "blank.jsonl: no labelled sentence in it yet"),
    (["evaluate", "--labels", "single.jsonl", "--split", "test"], 1, "no sentence to measure on"),
    (["evaluate", "--documents", "foreign", "--split", "test"], 2, "--documents and --split do not go together"),
    (["evaluate", "--behaviour", "foreign", "--labels", "default"], 2, "--behaviour and --labels do not go together"),
    (["evaluate", "--role", "train"], 2, "--role goes with --documents only"),
    (["evaluate", "--behaviour", "foreign"], 1, "no .toml file in it"),
    (["explain", "The border.", "--code", "borders"], 2, "borders: no code of this model"),
    (["explain", "The border.", "--model", "magic"], 1, "magic: no such model"),
    (["train", "--output", "m", "--recipe", "distilled", "--soft-labels", "none.csv"], 1, "none.csv: can't be read"),
    (["train", "--output", "m", "--recipe", "distilled", "--soft-labels", "table.csv"], 1, "table.csv: no column 'id'"),
    (["labels", "codebook", "double.toml"], 1, "the id 'a' is used 2 times"),
    (["labels", "stats", "none"], 1, "no such file or folder"),
    (["labels", "agreement", "single.jsonl"], 1, "no row has two coders"),
    (["labels", "resolve", "foreign"], 1, "no documents in it"),
]


@pytest.fixture
def mess(tmp_path, model_folder):
    (tmp_path / "good.txt").write_text("The border is closed.")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "binary.txt").write_bytes(b"\x7fELF\x00\x01")
    (tmp_path / "latin.txt").write_bytes("Grüße".encode("latin-1"))
    (tmp_path / "table.csv").write_text("body\nx\n")
    (tmp_path / "years.csv").write_text("text,year\nx,1999\n")
    (tmp_path / "years.jsonl").write_text('{"text": "x", "year": 1999}\n')
    (tmp_path / "taken.csv").write_text("text,frames\nx,y\n")
    (tmp_path / "code.csv").write_text("text,security\nx,y\n")
    (tmp_path / "labels.jsonl").write_text('{"text": "x", "frames": ["health"], "poles": []}\n')
    (tmp_path / "single.jsonl").write_text('{"text": "x", "frames": [], "poles": []}\n')
    (tmp_path / "blank.jsonl").write_text("\n")
    frame = '[[frame]]\nid = "a"\ncoded = "x"\n'
    (tmp_path / "double.toml").write_text('title = "x"\nversion = 1\n' + frame * 2)
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "weights.bin").write_bytes(b"\0")
    damaged = shutil.copytree(model_folder, tmp_path / "damaged")
    (damaged / "words.txt").write_text("nothing\n")


@pytest.mark.parametrize(("arguments", "code", "message"), MISTAKES, ids=lambda v: "-".join(v) if isinstance(v, list) else "")
def test_mistakes_get_one_clear_line_and_leave_nothing_behind(run, mess, tmp_path, arguments, code, message):
    before = sorted(tmp_path.rglob("*"))
    result = run(*arguments)
    assert result.exit_code == code
    assert message in result.stderr
    if code == 1:
        *progress, line = result.stderr.splitlines()
        assert line.startswith("Error: ")
        assert not progress or arguments[0] == "train"
    assert result.stdout == ""
    assert sorted(tmp_path.rglob("*")) == before


def test_spark_without_its_extra(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    result = run("score", "folder", "--engine", "spark", "-o", "tags")
    assert (result.exit_code, result.stderr.splitlines()) == (
        1,
        ["Error: this engine needs pyspark, which is not installed; get it with pip install 'migclass[spark]'"],
    )


def test_codebook_page(run, book):
    result = run("labels", "codebook")
    assert result.exit_code == 0
    assert all(f"`{code}`" in result.stdout for code in book.codes)


def test_stats_check_and_agreement(run, tmp_path):
    labels = [{"text": f"Sentence {w} of it.", "id": w, "frames": ["rights"], "poles": [], "coders": {"A": ["rights"], "B": []}} for w in "abc"]
    (tmp_path / "l.jsonl").write_text("".join(json.dumps(row) + "\n" for row in labels))
    assert "rights" in run("labels", "stats", "l.jsonl").stdout
    result = run("labels", "check", "l.jsonl")
    assert (result.exit_code, result.stderr) == (0, "3 rows, no problems\n")
    assert "Most disputed" in run("labels", "agreement", "l.jsonl").stdout
    (tmp_path / "l.jsonl").write_text(json.dumps(labels[0]) + "\n" + json.dumps(labels[0]) + "\n")
    result = run("labels", "check", "l.jsonl")
    assert result.exit_code == 1
    assert "l.jsonl:2: id 'a' is that of" in result.stdout


def test_evaluate_prints_a_table_and_json(run, small_labels):
    table = run("evaluate", "--labels", small_labels)
    assert table.exit_code == 0
    assert "positives" in table.stdout
    assert max(map(len, table.stdout.splitlines())) <= 80
    found = json.loads(run("evaluate", "--labels", small_labels, "--format", "json").stdout)
    assert {mean["name"] for mean in found["means"]} == {"frames", "poles"}


def test_models_lists_what_ships(run):
    result = run("models")
    assert result.exit_code == 0
    assert "base" in result.stdout


def test_resolve_counts(run, tmp_path):
    (tmp_path / "copy.txt").write_text("Nothing that anyone has coded.")
    result = run("labels", "resolve", "copy.txt")
    assert result.exit_code == 0
    assert "all documents" in result.stdout


def test_help_and_version(run):
    assert "score" in run("--help").stdout
    assert run("--version").stdout.startswith("migclass 0.")
    assert "Usage" in run("score", "-h").stdout


def test_real_process_with_a_closed_pipe_and_narrow_terminal():
    environment = os.environ | {"COLUMNS": "80"}
    command = f"{sys.executable} -m migclass score {SPEECH} --format table | head -3"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment, check=False)
    assert "sentence" in done.stdout
    assert "Traceback" not in done.stderr


def test_an_input_is_never_the_output(run, tmp_path):
    (tmp_path / "a.txt").write_text("The border is closed.")
    result = run("score", "a.txt", "-o", "a.txt", "--force")
    assert (result.exit_code, (tmp_path / "a.txt").read_text()) == (1, "The border is closed.")
    assert "is read as well" in result.stderr
    assert run("score", "a.txt", "-o", ".", "--force").exit_code == 1
    assert "can't be made" in run("score", "a.txt", "--save-text", "a.txt").stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["score", "a.txt", "--meta", "years.csv", "-o", "years.csv"],
        ["report", "a.txt", "--meta", "years.csv", "-o", "years.csv"],
        ["profile", "years.csv", "--codebook", "book.toml", "-o", "book.toml"],
        ["audit", "draw", "years.csv", "--codebook", "book.toml", "-o", "book.toml"],
        ["train", "--output", "m", "--labels", "years.csv", "--write-soft-labels", "years.csv"],
        ["train", "--output", "m", "--codebook", "book.toml", "--write-soft-labels", "book.toml"],
        ["score", "a", "a.txt", "--save-text", "."],
    ],
    ids=" ".join,
)
def test_nothing_that_is_read_is_replaced(run, tmp_path, arguments):
    texts = {"a": "The border.", "a.txt": "Wages rose.", "years.csv": "file,year\na.txt,1999\n", "book.toml": "x = 1\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    result = run(*arguments, "--force")
    assert result.exit_code == 1
    assert "is read as well" in result.stderr, result.stderr
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == texts


def test_two_outputs_have_two_names(run, tmp_path):
    assert run("score", SPEECH, "-o", "tags.csv").exit_code == 0
    result = run("profile", "tags.csv", "--plot", "p.png", "-o", "p.csv")
    assert result.exit_code == 2
    assert "p.csv: --plot writes it as well" in result.stderr


def test_texts_that_are_saved_already_are_no_hindrance_and_others_are_kept(run, tmp_path):
    (tmp_path / "a.txt").write_text("The border is closed.")
    saved = tmp_path / "texts" / "a.txt.txt"
    for _ in range(2):
        assert run("score", "a.txt", "--save-text", "texts").exit_code == 0
        assert saved.read_text() == "The border is closed."
    saved.write_text("mine")
    for _ in range(2):
        assert "exists already" in run("score", "a.txt", "--save-text", "texts", "--resume", "-o", "tags.csv").stderr
        assert saved.read_text() == "mine"


def test_texts_of_files_of_one_name_are_both_saved(run, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.txt").write_text(f"From {folder}.")
    names = ["a_x.txt", ".x.txt", "x.txt"]
    for name in names:
        (tmp_path / name).write_text("Another.")
    assert run("score", "a/x.txt", "b/x.txt", *names, "./x.txt", tmp_path / "x.txt", "--save-text", "texts").exit_code == 0
    assert len(list((tmp_path / "texts").glob("[!.]*"))) == 7


def test_a_text_file_with_a_number_sign_has_lines(run, tmp_path):
    (tmp_path / "z#1.txt").write_text("One.\nTwo.\n")
    assert len(rows(run("score", "z#1.txt", "--sentences"))) == 2


def test_json_of_an_evaluation_is_strict(run, small_labels, tmp_path):
    (tmp_path / "one.jsonl").write_text('{"text": "Wages rose.", "frames": [], "poles": []}\n')
    found = run("evaluate", "--labels", "one.jsonl", "--format", "json").stdout
    assert "NaN" not in found
    assert json.loads(found)["sentences"] == 1


@pytest.fixture
def table(tmp_path):
    """A table whose few long sentences fill eight batches."""
    lines = [json.dumps({"text": f"Sentence {i} says " + "that the border is closed, " * 800}) + "\n" for i in range(400)]
    (tmp_path / "long.jsonl").write_text("".join(lines))
    return "long.jsonl"


def test_any_number_of_jobs_gives_the_same_bytes(run, tmp_path, model_folder, table):
    for output, jobs in (("a.jsonl", 1), ("b.jsonl", 2)):
        assert run("score", table, SPEECH, "--sentences", "--model", model_folder, "-o", output, "--jobs", jobs).exit_code == 0
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def kill(*arguments, parts):
    """Start a command, kill it some moment after so many parts of its output are there, and return its exit code."""
    process = subprocess.Popen([sys.executable, "-m", "migclass", *map(str, arguments)], stderr=subprocess.DEVNULL)
    while process.poll() is None and len(list(Path(f"{arguments[-1]}.parts").glob("*.arrow"))) < parts:
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.05))
    process.kill()
    return process.wait()


def test_a_killed_run_goes_on_and_gives_the_same_bytes(run, tmp_path, model_folder, table):
    command = ["score", table, SPEECH, "--sentences", "--model", model_folder]
    codes = [kill(*command, "--resume", "-o", tmp_path / "killed.csv", parts=parts) for parts in (0, 1, 3)]
    assert codes[0] == -signal.SIGKILL
    assert not (tmp_path / "killed.csv").exists()
    kept = sorted((tmp_path / "killed.csv.parts").glob("*.arrow"))
    assert kept
    before = kept[0].stat()
    for kind in ("jsonl", "csv", "parquet"):
        assert run(*command, "-o", f"whole.{kind}").exit_code == 0
        shutil.copytree(tmp_path / "killed.csv.parts", tmp_path / f"resumed.{kind}.parts")
        result = run(*command, "-o", f"resumed.{kind}", "--resume", "--jobs", 1)
        assert result.exit_code == 0, result.stderr
        assert (tmp_path / f"resumed.{kind}").read_bytes() == (tmp_path / f"whole.{kind}").read_bytes()
        assert not (tmp_path / f"resumed.{kind}.parts").exists()
    assert kept[0].stat().st_mtime_ns == before.st_mtime_ns


def test_what_is_resumed_must_be_the_same_run(run, tmp_path, model_folder, table):
    command = ["score", table, "--model", model_folder, "--resume", "-o", "tags.csv"]
    kill(*command[:-1], tmp_path / "tags.csv", parts=1)
    assert "kept from a run with another sentences" in run(*command, "--sentences").stderr


def test_progress_is_shown_on_a_terminal_only(tmp_path, model_folder, table):
    command = [sys.executable, "-m", "migclass", "score", tmp_path / table, "--sentences", "--model", model_folder, "-o", tmp_path / "tags.csv"]
    assert subprocess.run(command, capture_output=True, check=True).stderr == b""
    ours, theirs = os.openpty()
    subprocess.run([*command, "--force"], stderr=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 2**16).decode()
    assert re.search(r"\d+%.* sentences/s", shown), shown
