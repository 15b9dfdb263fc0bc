"""The whole corridor with a codebook of one's own: adding a frame is a change of data only."""

import json

import pytest
from click.testing import CliRunner
from conftest import ROOT

from migclass.cli import main

HEALTH = """
[[frame]]
id = "health"
coded = "the health of people who move: clinics, vaccination, disease"
cues = ["clinic*", "vaccin*", "disease*"]
"""
VERBS = ["treated", "vaccinated", "examined", "referred", "admitted", "screened for disease"]
PEOPLE = ["new arrivals", "children in the camp", "farm workers", "women at the border post"]


@pytest.fixture
def project(tmp_path, small_labels, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shipped = (ROOT / "labels" / "codebook.toml").read_text(encoding="utf-8")
    (tmp_path / "codebook.toml").write_text(shipped + HEALTH, encoding="utf-8")
    health = [{"text": f"The clinic {verb} {people} this week.", "frames": ["health"], "poles": []} for verb in VERBS for people in PEOPLE]
    (tmp_path / "health.jsonl").write_text("".join(json.dumps(row) + "\n" for row in health), encoding="utf-8")
    (tmp_path / "report.txt").write_text("The mobile clinic vaccinated two hundred children. The meeting was adjourned.")
    return small_labels


def test_a_new_frame_from_codebook_to_tags(project):
    run = CliRunner()
    done = run.invoke(main, ["train", "--codebook", "codebook.toml", "--labels", str(project), "--labels", "health.jsonl", "--output", "mine"])
    assert done.exit_code == 0, done.stderr
    done = run.invoke(main, ["score", "report.txt", "--model", "mine"])
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert "health" in first["frames"]
    assert first["model"].startswith("mine ")
    assert second["frames"] == []
    assert list(second["scores"])[5] == "health"
    done = run.invoke(main, ["evaluate", "--model", "mine", "--labels", "health.jsonl", "--format", "json"])
    scores = {row["code"]: row for row in json.loads(done.stdout)["codes"]}
    assert scores["health"]["f1"] > 0.9
    assert run.invoke(main, ["labels", "codebook", "codebook.toml"]).stdout.count("`health`") == 1
