"""The tutorial, run from an empty folder. Instead of all shipped labels it learns from a few, so that it takes seconds."""

import csv
import re
import shlex
import shutil
from pathlib import Path

from click.testing import CliRunner
from conftest import ROOT

from migclass.cli import main
from migclass.codebook import load_codebook
from migclass.labels import read_labels

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
HEALTH = ROOT / "examples" / "health"


def code(sheet):
    """Do what the page asks of its reader: say of each sentence whether it is about health."""
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["health"] = str(int(bool(re.search("clinic|hospital|vaccin|nurse|doctor|birth|depress", row["sentence"].lower()))))
    with sheet.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_the_tutorial_runs_from_an_empty_folder(tmp_path, monkeypatch, small_labels):
    monkeypatch.chdir(tmp_path)
    printed = {}
    for line in "".join(re.findall(r"```sh\n(.*?)```", PAGE, flags=re.S)).splitlines():
        if line.startswith("migclass labels import"):
            code(Path("sheet.csv"))
        done = CliRunner().invoke(main, shlex.split(line.replace("--labels default", f"--labels {small_labels}"))[1:])
        assert done.exit_code == 0, f"{line}\n{done.output}"
        printed[line] = done.stdout
        if line == "migclass labels init health":
            monkeypatch.chdir(tmp_path / "health")
            shutil.copytree(HEALTH, Path(), dirs_exist_ok=True)
    coded = read_labels("coded.jsonl", codebook=load_codebook("codebook.toml"))
    assert len(coded) == 20
    assert all(row.coded == ("health",) and row.coders.keys() == {"anna"} for row in coded)
    assert "only in B" in printed["migclass models compare base models/mine --labels labels.jsonl --split test"]
    assert 'model = "models/mine"' in Path("migclass.toml").read_text(encoding="utf-8")
    assert "Beside the model that it replaced" in Path("models/mine/README.md").read_text(encoding="utf-8")
    assert "tagged by mine " in " ".join(printed["migclass profile tags.parquet"].split())
