"""``migclass models list``: what ships, and the project's own."""

from pathlib import Path

import click

from migclass.cli.project import find_project
from migclass.cli.tables import print_table
from migclass.model import DEFAULT, find_model, load_model, shipped_models


@click.command("list")
def list_models() -> None:
    """List the models that ship and the project's own.

    Of each: recipe, size, training sentences and measured quality.
    """
    project = find_project()
    own, shipped = project.find_model(), {name: find_model(name) for name in shipped_models()}
    folders = shipped | ({str(project.model): own} if own and own not in shipped.values() else {})
    default = own or shipped[DEFAULT]
    rows = [_row(name + " (default)" * (folder == default), folder) for name, folder in folders.items()]
    print_table(["name", "recipe", "MB", "written", "real", "hash", "F1 frames", "poles"], rows, left=2)
    click.echo("written, real: training sentences; F1: on written sentences of the split test.")


def _row(name: str, folder: Path) -> list[str]:
    model = load_model(folder)
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    labels = model.about.get("labels", {})
    means = {m["name"]: f"{m['f1']:.2f}" for m in model.about.get("quality", {}).get("means", [])}
    counts = [str(labels.get(kind, 0)) for kind in ("written", "real")]
    return [name, str(model.about.get("recipe", "")), f"{size:.1f}", *counts, model.hash, *means.values()]
