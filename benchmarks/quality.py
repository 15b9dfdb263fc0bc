"""How good the shipped models and the baselines are, on each test set, in one run.

    python benchmarks/quality.py [--real DIR]

DIR holds the real development set (validation.jsonl); without it, only the written sets are measured. Writes
results/quality.json, from which `python docs/generate.py` makes the tables of benchmarks/README.md.
"""

import json
from importlib.metadata import version
from pathlib import Path

import click

from migclass.labels import read_labels
from migclass.model import shipped_models
from migclass.resources import resource
from migclass.tagging import load
from migclass.training import evaluate_rows

HERE = Path(__file__).parent
RESULT = HERE / "results" / "quality.json"


def test_sets(real: str | None) -> dict[str, Path]:
    """Return the file of each test set, by name."""
    sets = {
        "written test": resource("labels", "test.jsonl"),
        "transfer (genres unseen in training)": resource("labels", "transfer.jsonl"),
    }
    return sets | ({"real development set": Path(real) / "validation.jsonl"} if real else {})


@click.command()
@click.option("--real", help="Folder with validation.jsonl, the real development set.")
def main(real: str | None) -> None:
    """Measure every model on every set and write the figures as a file."""
    results = []
    for model in (HERE / "wordlist", *shipped_models()):
        tagger = load(model)
        for name, path in test_sets(real).items():
            rows = read_labels(path, codebook=tagger.model.codebook)
            results.append({"set": name, **evaluate_rows(tagger, rows).as_dict()})
            click.echo(f"{tagger.model.name}: {name}: {len(rows)} sentences", err=True)
    versions = {package: version(package) for package in ("migclass", "numpy", "scikit-learn")}
    RESULT.write_text(json.dumps({"versions": versions, "results": results}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
