"""Documentation is run or generated, and fails when it is stale."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT

ENGINES = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
ANSWERS = (ROOT / "docs" / "answers.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.S)


def test_generated_pages_are_fresh():
    done = subprocess.run([sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_python_of_the_readme_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    for block in blocks("python"):
        block = block.replace('open("examples/speech.txt", encoding="utf-8").read()', '__import__("pathlib").Path("examples/speech.txt").read_text()')
        exec(compile(block, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "('security', 'rights')" in printed
    assert len(printed.splitlines()) > 20


def test_python_of_the_page_on_answers_runs(straits, monkeypatch, capsys):
    monkeypatch.chdir(straits.parent)
    (code,) = re.findall(r"```python\n(.*?)```", ANSWERS, flags=re.S)
    exec(compile(code, "docs/answers.md", "exec"), {})
    assert "('Migration Office', '2014')" in capsys.readouterr().out


def test_commands_of_the_readme_are_those_that_the_page_on_answers_runs():
    (block,) = (block for block in blocks("sh") if "examples/straits" in block)
    assert all(f"```sh\n{line}\n```" in ANSWERS for line in block.strip().splitlines())


@pytest.mark.parametrize("engine", ["pandas", "datasets", *(pytest.param(name, marks=pytest.mark.extras) for name in ("Polars", "DuckDB", "Spark"))])
def test_examples_of_engines_print_what_they_say(engine, monkeypatch, capsys):
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    first, *sections = ENGINES.split("\n## ")
    space = {}
    for part in (first, next(section for section in sections if section.startswith(f"{engine}\n"))):
        code, output = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", part, flags=re.S).groups()
        exec(compile(code, "docs/engines.md", "exec"), space)
        assert capsys.readouterr().out == output


def test_output_in_the_readme_is_what_comes_out():
    done = subprocess.run(
        [sys.executable, "-m", "migclass", "score", "examples/speech.txt", "--format", "table"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    def cells(text):
        return re.sub(r"\s+", " ", text)

    for row in re.split(r"\n(?=\d+ )", blocks("text")[0].strip()):
        lines = [line for line in row.split("\n") if line.strip()]
        for line in lines:
            parts = [part for part in re.split(r"\s{2,}", line.strip()) if part]
            for part in parts:
                assert cells(part) in cells(done.stdout), part


@pytest.mark.parametrize("page", ["README.md", "labels/README.md", "benchmarks/README.md", "docs/answers.md", "docs/coding.md", "docs/tutorial.md"])
def test_links_point_to_files(page):
    for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (ROOT / page).parent.joinpath(target).exists(), target


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "labels/README.md",
        "benchmarks/README.md",
        "docs/answers.md",
        "docs/cli.md",
        "docs/coding.md",
        "docs/engines.md",
        "models/base/README.md",
        "models/encoder/README.md",
    ],
)
def test_nothing_is_left_to_fill_in(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert not re.search(r"TODO|FIXME|XXX|nan\b", text)
