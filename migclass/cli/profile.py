"""``migclass profile``: tags -> shares and balances with intervals."""

import os
from pathlib import Path

import click

from migclass.claims import check_claims
from migclass.cli.claims import format_claims
from migclass.cli.figures import format_profile
from migclass.cli.project import read_tags_here
from migclass.files import check_apart, check_free, replacing
from migclass.profiles import Profile
from migclass.profiles import profile as make_profile
from migclass.tagfiles import TaggedSentences

_PICTURES = (".png", ".svg")


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="TAGS...")
@click.option("--by", metavar="COLUMN[,COLUMN]", help="Figures for each value of these columns of the tags, or for each document.")
@click.option("--codebook", metavar="TOML", help="The codebook of the tags, where it is neither one that ships nor the default model's.")
@click.option("--format", "format_", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True, help="Output format.")
@click.option("--plot", metavar="PNG|SVG", help="Draw the figures as well, and write the numbers beside, as .csv.")
@click.option("--claim", "claims", multiple=True, metavar="CLAIM", help="Say how robust a claim is instead; may be repeated.")
@click.option("--texts-again", is_flag=True, help="With --claim, tag the sentences again with the other models that ship.")
@click.option("-o", "--output", metavar="PATH", help="Write to this file instead of standard output.")
@click.option("--force", is_flag=True, help="Replace the files of --output and --plot if they are there.")
@click.option("--draws", type=click.IntRange(min=1), default=1000, show_default=True, metavar="N", help="Draws of the bootstrap.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N", help="The same seed gives the same draws.")
def profile(
    files: tuple[str, ...],
    by: str | None,
    codebook: str | None,
    format_: str,
    plot: str | None,
    claims: tuple[str, ...],
    texts_again: bool,
    output: str | None,
    force: bool,
    draws: int,
    seed: int,
) -> None:
    """Say how often TAGS carry each frame and pole, and which side of each tension they take.

    TAGS are files that `migclass score` wrote as jsonl, csv or parquet. Intervals are 95 %, by bootstrap over
    documents; over blocks of sentences where there is one document only. Headings, navigation and references count nowhere.

    A CLAIM is "CODE.share[SELECTION] > CODE.share[SELECTION]" or "TENSION.balance[SELECTION] < 0.2"; engaged and contested are
    counted like balance. SELECTION is a value of the column of --by or a range of its numbers (2016: or :2015 or 2010:2015);
    without one, all sentences count. Printed is in which share of specifications the claim holds, where thresholds,
    documents and models are varied.
    """
    _check_together(by, plot, claims, texts_again)
    written = [path for path in (output, plot, plot and _beside(plot)) if path]
    for path in written:
        check_apart([*files, codebook], path)
        check_free(path, force=force)
    if len({os.path.realpath(path) for path in written}) < len(written):
        raise click.UsageError(f"{output}: --plot writes it as well; name another file for --output")
    columns = [name.strip() for name in by.split(",")] if by else []
    tags = read_tags_here(files, codebook).only_sentences()
    if claims:
        checked = check_claims(claims, tags, by="".join(columns), draws=draws, seed=seed, models=texts_again)
        text = format_claims(checked, format_)
    else:
        found = make_profile(tags, by=columns, draws=draws, seed=seed)
        text = format_profile(found, tags, format_)
        if plot:
            _plot(found, tags, plot, force=force)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text, force=force)


def _check_together(by: str | None, plot: str | None, claims: tuple[str, ...], texts_again: bool) -> None:
    """Refuse options that would be ignored."""
    if claims and plot:
        raise click.UsageError("--claim and --plot do not go together; give one of them")
    if claims and by and "," in by:
        raise click.UsageError("--claim selects by one column; name one with --by")
    if texts_again and not claims:
        raise click.UsageError("--texts-again goes with --claim only")
    if plot and Path(plot).suffix.lower() not in _PICTURES:
        raise click.UsageError(f"{plot}: a picture is {' or '.join(_PICTURES)}; name it so")


def _beside(plot: str) -> str:
    """Return the file for the numbers behind a picture."""
    return str(Path(plot).with_suffix(".csv"))


def _plot(found: Profile, tags: TaggedSentences, path: str, *, force: bool) -> None:
    from migclass.pictures import draw_profile

    _write(_beside(path), found.as_csv(), force=force)
    with replacing(path, force=force) as file:
        draw_profile(found, tags.codebook, file, kind=Path(path).suffix.lower().lstrip("."))


def _write(path: str, text: str, *, force: bool) -> None:
    with replacing(path, force=force) as file:
        file.write(text.encode())
