"""``migclass models promote``: which model the commands use in a project."""

from typing import TYPE_CHECKING

import click

from migclass.cards import with_comparison
from migclass.cli.measured import check_together, read_measured, split_option, warn_of_learnt
from migclass.cli.project import find_project
from migclass.files import replacing
from migclass.model import DEFAULT, find_model, shipped_models
from migclass.resources import resource
from migclass.tagging import Tagger, load

if TYPE_CHECKING:
    from migclass.comparisons import Comparison


@click.command()
@click.argument("model", metavar="MODEL")
@click.option("--labels", metavar="default|PATH", help="Compare MODEL with the one that it replaces on these labels, and write that into its card.")
@split_option
def promote(model: str, labels: str | None, split: str | None) -> None:
    """Make MODEL the default of this project: what commands use without --model.

    MODEL is a model folder, or the name of a model that ships. Written is one line in migclass.toml, in this folder or the nearest above it
    that has one; all else in the file stays. Go back with: migclass models promote base
    """
    check_together(needs={"split": "labels"})
    folder, project = find_model(model), find_project()
    if labels and folder.resolve() in [resource("models", name) for name in shipped_models()]:
        raise click.UsageError(f"--labels writes into the model's card, and {model} ships; compare it with: migclass models compare")
    before = project.model or f"{DEFAULT}, which ships"
    tagger, promoted = load(folder), project.with_model(model)
    if labels:
        found = _compare(load(project.find_model()), tagger, labels, split)
        with replacing(folder / "README.md", force=True) as file:
            file.write(with_comparison(tagger.model.card, found.as_dict()).encode())
    promoted.save()
    click.echo(f"{promoted.path}: the default is now {promoted.model} ({tagger.model.mark}); it was {before}", err=True)
    click.echo(f"what it was made from, and how good it is: {folder / 'README.md'}", err=True)


def _compare(before: Tagger, after: Tagger, labels: str, split: str | None) -> "Comparison":
    # scikit-learn comes with it, which a promotion without labels need not wait for.
    from migclass.comparisons import compare_models, joined_codebook

    if before.model.hash == after.model.hash:
        raise click.UsageError(f"--labels compares with the model that is replaced, and {after.model.mark} is the default already")
    rows, _ = read_measured(joined_codebook(before.model.codebook, after.model.codebook), labels, split=split)
    warn_of_learnt(rows)
    return compare_models(before, after, rows)
