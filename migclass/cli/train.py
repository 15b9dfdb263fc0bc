"""``migclass train``: labels -> model folder."""

import os

import click

from migclass.files import check_apart, check_free
from migclass.model import check_place, save_model
from migclass.recipes import RECIPES
from migclass.training import DEFAULT_RECIPE
from migclass.training import train as train_model


@click.command()
@click.option(
    "--labels", "sources", multiple=True, default=["default"], show_default=True, metavar="default|PATH",
    help="Label file, folder of label files, or the labels that ship; may be given several times.",
)  # fmt: skip
@click.option("--output", required=True, metavar="DIR", help="The model folder to write.")
@click.option("--codebook", metavar="TOML", help="A codebook of your own. [default: the shipped one]")
@click.option("--recipe", type=click.Choice(sorted(RECIPES)), default=DEFAULT_RECIPE, show_default=True, help="How to train.")
@click.option(
    "--documents", multiple=True, metavar="DIR|FILE",
    help="Your copies of real documents; their stand-off labels of the role train are learnt from as well.",
)  # fmt: skip
@click.option("--encoder", metavar="DIR|NAME", help="For the recipe encoder, the sentence encoder to start from. [default: all-MiniLM-L6-v2]")
@click.option("--soft-labels", metavar="CSV", help="For the recipe distilled, the teachers' probabilities. [default: those that ship]")
@click.option("--write-soft-labels", metavar="CSV", help="Write what the model says of training sentences that it had not seen.")
@click.option("--seed", default=0, show_default=True, help="Of the recipe encoder.")
@click.option("--name", metavar="NAME", help="The model's name in tags. [default: the folder's name]")
@click.option("--force", is_flag=True, help="Replace the model folder and the file of --write-soft-labels if they are there.")
def train(
    sources: tuple[str, ...],
    output: str,
    codebook: str | None,
    recipe: str,
    documents: tuple[str, ...],
    encoder: str | None,
    soft_labels: str | None,
    write_soft_labels: str | None,
    seed: int,
    name: str | None,
    force: bool,
) -> None:
    """Train a model on labelled sentences and write its folder.

    A label file has a JSON object a line with text, frames and poles; more fields are allowed. The same labels,
    platform and versions give the same bytes.
    """
    check_place(output, force=force)
    check_apart([*sources, *documents, codebook, soft_labels], write_soft_labels)
    if write_soft_labels:
        check_free(write_soft_labels, force=force)
    model = train_model(
        sources,
        codebook=codebook,
        recipe=recipe,
        documents=documents,
        encoder=encoder,
        soft_labels=soft_labels,
        write_soft_labels=write_soft_labels,
        force=force,
        seed=seed,
        name=name or os.path.basename(os.path.abspath(output)),
        jobs=os.cpu_count(),
        say=lambda message: click.echo(message, err=True),
    )
    folder = save_model(model, output, force=force)
    click.echo(f"{folder}: written; try it with: migclass score --model {folder} FILE", err=True)
