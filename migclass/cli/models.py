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
        means = {m["name"]: m["f1"] for m in model.about.get("quality", {}).get("means", [])}
        quality = ", ".join(f"{group} {f1:.2f}" for group, f1 in means.items())
        kind = f"{model.about.get('recipe', '')}" + " (default)" * (name == DEFAULT)
        rows.append([name, kind, f"{size:.1f} MB", f"{labels.get('written', 0)} + {labels.get('real', 0)}", model.hash, quality])
    print_table(["name", "recipe", "size", "written + real", "hash", "F1, written test"], rows, left=2)
