"""``migclass train``: labels -> model folder."""

import os

import click

from migclass.files import check_apart, check_free
from migclass.model import check_place, save_model
from migclass.recipes import RECIPES
from migclass.training import DEFAULT_RECIPE, UNJUDGED, UNKNOWN
from migclass.training import train as train_model


def _shares(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, float]:
    try:
        return {code: float(share) for code, share in (one.split("=") for one in given)}
    except ValueError:
        raise click.BadParameter("expected a code, = and a number, such as health=0.1") from None


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
@click.option(
    "--unjudged", type=click.Choice(UNJUDGED), default=UNKNOWN, show_default=True,
    help="What shipped sentences say of a code that the shipped codebook lacks: nothing, or that they do not carry it. "
    "Choose negative only for a topic that texts on migration hardly ever touch.",
)  # fmt: skip
@click.option(
    "--share", "shares", multiple=True, metavar="CODE=SHARE", callback=_shares,
    help="The share of sentences that will carry a code where you score, such as health=0.1; may be repeated. "
    "[default: that of the sentences judged for it]",
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
    unjudged: str,
    shares: dict[str, float],
    encoder: str | None,
    soft_labels: str | None,
    write_soft_labels: str | None,
    seed: int,
    name: str | None,
    force: bool,
) -> None:
    """Train a model on labelled sentences and write its folder.

    A label file has a JSON object a line with text, frames and poles; more fields are allowed. The split train is learnt
    from, validation corrects probabilities, test is measured on. A row is judged for the codes in its field coded, or
    for all; a shipped row, for those that the shipped codebook has and yours does not redefine. A code is learnt from the
    sentences that were judged for it, and expected to be as frequent as it is there: if you chose sentences that have it, say with
    --share how frequent it is where you score. The same labels, platform
    and versions give the same bytes.
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
        unjudged=unjudged,
        shares=shares,
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
