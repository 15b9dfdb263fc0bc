"""The tutorial, run from an empty folder. Instead of all shipped labels it learns from a few, so that it takes seconds."""

import re
import shlex
import shutil

from click.testing import CliRunner
from conftest import ROOT

from migclass.cli import main

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
HEALTH = ROOT / "examples" / "health"


def test_the_tutorial_runs_from_an_empty_folder(tmp_path, monkeypatch, small_labels):
    monkeypatch.chdir(tmp_path)
    for name in ("codebook.toml", "labels.jsonl"):
        shutil.copy(HEALTH / name, tmp_path)
    (tmp_path / "report.txt").write_text(
        "The mobile clinic vaccinated two hundred children before noon. The meeting was adjourned.", encoding="utf-8"
    )
    printed = {}
    for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.S):
        for line in block.splitlines():
            arguments = shlex.split(line.replace("--labels default", f"--labels {small_labels}"))[1:]
            done = CliRunner().invoke(main, arguments)
            assert done.exit_code == 0, f"{line}\n{done.output}"
            printed[line] = done.stdout
    assert "only in B" in printed["migclass models compare base models/mine --labels labels.jsonl --split test"]
    assert 'model = "models/mine"' in (tmp_path / "migclass.toml").read_text(encoding="utf-8")
    assert "Beside the model that it replaced" in (tmp_path / "models" / "mine" / "README.md").read_text(encoding="utf-8")
    assert "tagged by mine " in " ".join(printed["migclass profile tags.parquet"].split())
