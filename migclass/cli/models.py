"""``migclass models``: what ships."""

import click

from migclass.cli.tables import print_table
from migclass.model import DEFAULT, find_model, load_model, shipped_models


@click.command()
def models() -> None:
    """List the models that ship, with recipe, size, labels and measured quality."""
    rows = []
    for name in shipped_models():
        model, folder = load_model(name), find_model(name)
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
        labels = model.about.get("labels", {})
        means = {m["name"]: f"{m['f1']:.2f}" for m in model.about.get("quality", {}).get("means", [])}
        counts = [str(labels.get(kind, 0)) for kind in ("written", "real")]
        names = [name + " (default)" * (name == DEFAULT), str(model.about.get("recipe", ""))]
        rows.append([*names, f"{size:.1f}", *counts, model.hash, *means.values()])
    print_table(["name", "recipe", "MB", "written", "real", "hash", "F1 frames", "poles"], rows, left=2)
    click.echo("written, real: training sentences; F1: on written sentences of the split test.")
