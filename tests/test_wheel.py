"""The wheel carries model, codebook and labels, and works from any folder without the repository."""

import json
import os
import subprocess
import sys
import zipfile

import pytest
from conftest import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The unpacked wheel, as pip would lay it out."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def run(site, cwd, *arguments):
    environment = os.environ | {"PYTHONPATH": str(site)}
    done = subprocess.run([sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_resources_are_those_of_the_wheel(installed, tmp_path):
    code = "import migclass, migclass.resources as r; print(migclass.__file__); print(r.resource('labels', 'codebook.toml'))"
    for line in run(installed, tmp_path, "-c", code).splitlines():
        assert line.startswith(str(installed))


def test_scoring_and_labels_work_from_any_folder(installed, tmp_path):
    (tmp_path / "page.txt").write_text("Remittances now exceed aid to the region three times over.")
    (row,) = [json.loads(line) for line in run(installed, tmp_path, "-m", "migclass", "score", "page.txt").splitlines()]
    assert row["frames"] == ["development"]
    run(installed, tmp_path, "-m", "migclass", "labels", "init", "mine")
    assert "coded for" in run(installed, tmp_path, "-m", "migclass", "labels", "codebook", "mine/codebook.toml")
    assert "sentences" in run(installed, tmp_path, "-m", "migclass", "labels", "stats")


def test_a_report_can_be_written_from_any_folder(installed, tmp_path):
    (tmp_path / "page.txt").write_text("Remittances now exceed aid to the region three times over.")
    run(installed, tmp_path, "-m", "migclass", "report", "page.txt", "-o", "page.html")
    assert "Remittances now exceed" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_training_can_begin_from_any_folder(installed, tmp_path):
    code = (
        "from migclass.codebook import load_codebook; from migclass.training import gather, prevalence\n"
        "book = load_codebook(); rows = gather(['default'], book).train\n"
        "print(len(rows), prevalence(rows, book))"
    )
    assert int(run(installed, tmp_path, "-c", code).split()[0]) > 8000
