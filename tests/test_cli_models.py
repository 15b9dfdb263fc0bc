"""`migclass models`: list, compare, promote, and the project file that the other commands read."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

import migclass
from migclass.cli import main
from migclass.cli.project import Project
from migclass.errors import ProjectError
from migclass.model import load_model

SAID = "The clinic vaccinated women this week. Guards stopped workers at the border."


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder, as on a narrow terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments, code=0, input=None):
        done = CliRunner().invoke(main, [str(a) for a in arguments], input=input)
        assert done.exit_code == code, done.output
        return done.stderr if code else done.stdout

    return call


@pytest.fixture
def project(run, tmp_path, tiny_folder):
    """A folder with a model and labels of its own, in which the model is promoted."""
    shutil.copytree(tiny_folder, tmp_path / "models" / "tiny")
    run("models", "promote", "models/tiny")
    return tmp_path


def tagged_by(run, *options):
    return json.loads(run("score", "-", *options, input=SAID).splitlines()[0])["model"]


def test_models_are_listed(run, monkeypatch):
    assert run("models") == run("models", "list")
    assert max(map(len, run("models").splitlines())) <= 80
    monkeypatch.setenv("COLUMNS", "120")
    assert [line.split("  ")[0] for line in run("models").splitlines()][1:3] == ["base (default)", "encoder"]


def test_the_list_has_the_model_of_the_project(run, project, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    assert [line.split("  ")[0] for line in run("models").splitlines()][1:4] == ["base", "encoder", "models/tiny (default)"]
    run("models", "promote", "encoder")
    assert [line.split("  ")[0] for line in run("models").splitlines()][1:3] == ["base", "encoder (default)"]
    assert "models/tiny" not in run("models")


def test_a_comparison_at_eighty_columns(run, tiny_folder, tiny_labels):
    text = run("models", "compare", "base", tiny_folder, "--labels", tiny_labels / "labels.jsonl", "--changed", "2")
    assert max(map(len, text.splitlines())) <= 80
    assert "41 sentences in 41 blocks" in text
    assert "only in B  pos." in text
    assert "define these in other words: security." in text
    assert "and no sentence here has them: development, rights" in text


def test_as_many_changes_are_shown_as_asked_for(run, tmp_path, tiny_folder, small_labels):
    lines = small_labels.read_text(encoding="utf-8").splitlines()[:300]
    (tmp_path / "some.jsonl").write_text("\n".join(lines), encoding="utf-8")
    command = ["models", "compare", tiny_folder, "base", "--labels", "some.jsonl"]
    text = run(*command, "--changed", "3")
    assert max(map(len, text.splitlines())) <= 80
    data = json.loads(run(*command, "--format", "json"))
    for verdict, mended in (("mended", True), ("broken", False)):
        own = [change for change in data["changes"] if change["mended"] == mended]
        shown = text.split(f"{verdict}: {len(own)}, the most telling first\n")[1].split("\n\n")[0]
        assert shown.count("\nsecurity") == 3
        assert all(" ".join(change["text"].split())[:15] in " ".join(shown.split()) for change in own[:3])
    assert "the most telling" not in run(*command, "--changed", "0")


def test_json_of_a_comparison_has_everything(run, tiny_folder, tiny_labels):
    text = run("models", "compare", "base", tiny_folder, "--labels", tiny_labels / "labels.jsonl", "--format", "json")
    data = json.loads(text)
    assert "NaN" not in text
    assert [own["about"]["model"] for own in (data["first"], data["second"])] == ["base", "tiny"]
    assert (data["only_second"], data["redefined"]) == (["health"], ["security"])
    assert [own["name"] for own in data["differences"]["codes"]] == ["security"]


def test_learnt_labels_are_warned_of(run, tmp_path, tiny_folder, tiny_labels):
    labels = (tiny_labels / "labels.jsonl").read_text(encoding="utf-8")
    (tmp_path / "test.jsonl").write_text(labels.replace('"poles"', '"split": "test", "poles"'), encoding="utf-8")
    warned = [CliRunner().invoke(main, ["models", "compare", "base", str(tiny_folder), "--labels", path]).stderr
              for path in (str(tiny_labels / "labels.jsonl"), "test.jsonl")]  # fmt: skip
    assert "41 of 41 sentences are of the split train" in warned[0]
    assert warned[1] == ""


def test_commands_use_the_promoted_model_in_the_folder_and_below(run, project, tiny, monkeypatch):
    assert (project / "migclass.toml").read_text() == 'model = "models/tiny"\n'
    assert tagged_by(run) == tiny.mark
    assert tagged_by(run, "--model", "base") == load_model("base").mark
    assert "health: " in run("explain", SAID)
    assert "default: models/tiny, by migclass.toml" in " ".join(run("score", "--help").split())
    (project / "texts").mkdir()
    monkeypatch.chdir(project / "texts")
    assert tagged_by(run) == tiny.mark
    assert "default: models/tiny, by ../migclass.toml" in " ".join(run("score", "--help").split())
    run("models", "promote", "base")
    assert not (project / "texts" / "migclass.toml").exists()
    assert tagged_by(run) == load_model("base").mark
    assert (project / "migclass.toml").read_text() == 'model = "base"\n'


def test_the_library_reads_no_project_file(project):
    assert migclass.load().model.name == "base"


def test_tags_of_the_promoted_model_are_read_by_its_codebook(run, project, tiny):
    (project / "page.txt").write_text(SAID * 3, encoding="utf-8")
    run("score", "page.txt", "-o", "tags.csv")
    assert json.loads(run("profile", "tags.csv", "--format", "json"))["codebook"] == tiny.codebook.hash
    assert "health" in run("audit", "plan", "tags.csv")
    run("audit", "draw", "tags.csv", "-n", 4, "-o", "sheet.csv")
    run("report", "tags.csv", "-o", "page.html")
    assert "not at hand" not in (project / "page.html").read_text(encoding="utf-8")
    run("models", "promote", "base")
    assert "no codebook at hand has the hash" in run("profile", "tags.csv", code=1)
    assert json.loads(run("profile", "tags.csv", "--codebook", "models/tiny/codebook.toml", "--format", "json"))["codebook"] == tiny.codebook.hash


@pytest.mark.parametrize("command", [["profile"], ["profile", "--claim", "security.share > 0.1"], ["report", "-o", "x"], ["audit", "plan"],
                                     ["audit", "draw", "-o", "x.csv"], ["audit", "estimate"]], ids=" ".join)  # fmt: skip
def test_tags_of_two_models_are_never_counted_together(run, project, command):
    for path, model in (("a.csv", "base"), ("b.csv", "models/tiny")):
        run("score", "-", "--model", model, "-o", path, input=SAID)
    files = ["a.csv", "b.csv"] + ["a.csv"] * (command[-1] == "estimate")
    said = run(*command, *files, code=1)
    assert said.startswith("Error: b.csv: tagged by the model 'tiny ")
    assert len(said.splitlines()) == 1
    assert not list(project.glob("x*"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# ours\n",
        'model = "base"\n',
        "model='base'  # for now\r\nother = 1\r\n",
        '# model = "old"\nnote = """\nmodel = "no"\n"""\n"model"  = "base"\n[train]\nmodel = "theirs"\n',
        '[train]\nmodel = "theirs"\n',
        "other = 1",
    ],
)
def test_only_the_models_line_changes(run, tmp_path, tiny_folder, text):
    (tmp_path / "migclass.toml").write_bytes(text.encode())
    shutil.copytree(tiny_folder, tmp_path / 'models "of ours" é')
    run("models", "promote", 'models "of ours" é')
    after = (tmp_path / "migclass.toml").read_bytes().decode()
    value = r'"models \"of ours\" é"'
    replaced = {text.replace(old, value, 1) for old in ('"base"', "'base'")} - {text}
    assert after in (replaced or {f"model = {value}\n{text}"})
    assert tagged_by(run).startswith("tiny ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model = \n", "migclass.toml: not TOML: Invalid value (at line 1"),
        ("other = 1\nmodel = 3\n", "migclass.toml:2: 'model' is 3; expected a model folder or the name of"),
        ('\n\nmodel = "models/gone"\n', "migclass.toml:3: 'model' is 'models/gone', and there is no such model; expected a model folder, seen"),
        ('model = ""\n', "migclass.toml:1: 'model' is '', and there is no such model"),
        ("model = '''\nx'''\n", "migclass.toml:1: 'model' is 'x', and there is no such model"),
        (b"model = '\xff'", "migclass.toml: byte 9 is not UTF-8"),
    ],
)
def test_a_broken_project_file_is_one_clear_line(run, tmp_path, text, message):
    (tmp_path / "migclass.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    said = run("score", "-", input=SAID, code=1)
    assert said.startswith(f"Error: {message}")
    assert len(said.splitlines()) == 1
    assert tagged_by(run, "--model", "base")
    assert "--model" in run("score", "--help")


@pytest.mark.parametrize("text", ["model = \n", "model = 3\n", "model = '''\nx'''\n", "a = nan\n", b"\xff"])
def test_a_project_file_that_cannot_be_changed_stays(run, tmp_path, text):
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "migclass.toml").write_bytes(data)
    said = run("models", "promote", "encoder", code=1)
    assert said.startswith("Error: migclass.toml: ") or said.startswith("Error: migclass.toml:1: ")
    assert (tmp_path / "migclass.toml").read_bytes() == data


def test_a_line_that_names_what_is_gone_can_be_set_right(run, tmp_path):
    (tmp_path / "migclass.toml").write_text('model = "gone"\n')
    run("models", "promote", "base")
    assert tagged_by(run).startswith("base ")


def test_a_name_that_toml_cannot_hold(tmp_path):
    (tmp_path / "\udcff").mkdir()
    with pytest.raises(ProjectError, match="can't be changed without harm"):
        Project(tmp_path / "migclass.toml").with_model(tmp_path / "\udcff")


def test_a_damaged_model_is_never_promoted(run, project):
    before = (project / "migclass.toml").read_bytes()
    broken = shutil.copytree(project / "models" / "tiny", project / "models" / "broken")
    (broken / "words.txt").write_text("nothing\n")
    assert "is not the file that model.json speaks of" in run("models", "promote", "models/broken", code=1)
    assert "no such model" in run("models", "promote", "magic", code=1)
    assert (project / "migclass.toml").read_bytes() == before


def test_a_promotion_says_what_it_did(run, project):
    done = CliRunner().invoke(main, ["models", "promote", "models/tiny"])
    first, second = done.stderr.splitlines()
    assert (done.stdout, done.exit_code) == ("", 0)
    assert first.startswith("migclass.toml: the default is now models/tiny (tiny ")
    assert first.endswith("; it was models/tiny")
    assert second.endswith(": models/tiny/README.md")


def test_the_card_says_how_the_model_compares_with_the_one_before(run, project, tiny, tiny_labels):
    card = project / "models" / "tiny" / "README.md"
    plain = card.read_text(encoding="utf-8")
    labels = tiny_labels / "labels.jsonl"
    assert "is the default already" in run("models", "promote", "models/tiny", "--labels", labels, code=2)
    for _ in range(2):
        run("models", "promote", "base")
        run("models", "promote", "models/tiny", "--labels", labels)
    text = card.read_text(encoding="utf-8")
    assert text.startswith(plain.rstrip())
    assert text.count("## Beside the model that it replaced") == 1
    assert "That was `base`" in text
    assert "| `health` | 16 | – | 1.00 | – | – |" in text
    assert load_model(project / "models" / "tiny").hash == tiny.hash
    assert "--split goes with --labels only" in run("models", "promote", "models/tiny", "--split", "test", code=2)
    run("models", "promote", "base")
    assert "no sentence to measure on" in run("models", "promote", "models/tiny", "--labels", labels, "--split", "test", code=1)
    assert "base ships; compare it with" in run("models", "promote", "base", "--labels", labels, code=2)


def test_a_file_outside_its_folder_is_named_from_there(run, project, monkeypatch):
    (project / "other").mkdir()
    (project / "other" / "migclass.toml").touch()
    monkeypatch.chdir(project / "other")
    run("models", "promote", "../models/tiny")
    assert (project / "other" / "migclass.toml").read_text() == 'model = "../models/tiny"\n'
    assert tagged_by(run).startswith("tiny ")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("import migclass.cli", {"tomllib", "migclass.cli.project"}),
        ("import migclass.cli.models", {"sklearn"}),
        ("import migclass.cli.score", {"sklearn"}),
    ],
)
def test_what_is_not_needed_is_not_waited_for(tmp_path, line, names):
    code = f"import sys; {line}; print(sorted({names} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
