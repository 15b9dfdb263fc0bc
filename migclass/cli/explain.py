"""``migclass explain``: which words drove the tags of a sentence."""

import click
import numpy as np

from migclass.cli.project import model_option, open_tagger
from migclass.cli.tables import print_table
from migclass.tagging import Explanation

_SHOWN = 8


@click.command()
@click.argument("sentence")
@model_option()
@click.option("--code", "codes", multiple=True, metavar="CODE", help="Explain this code; may be repeated. [default: tagged and unsure ones]")
def explain(sentence: str, model: str | None, codes: tuple[str, ...]) -> None:
    """Say which words of SENTENCE speak for and against a code, in log-odds.

    For a linear model the figures are exact: with the starting point they sum to the log-odds of the probability. For
    an encoder each says by how much the log-odds fall without the word, and they do not sum.
    """
    tagger = open_tagger(model)
    if unknown := [code for code in codes if code not in tagger.codes]:
        raise click.UsageError(f"{unknown[0]}: no code of this model; expected one of {', '.join(tagger.codes)}")
    found = tagger.explain(sentence)
    tags = found.tags
    for code in codes or dict.fromkeys((*tags.frames, *tags.poles, *tags.unsure)) or [max(tags.scores, key=tags.scores.__getitem__)]:
        _print(found, tagger.codes.index(code), code)


def _print(found: Explanation, column: int, code: str) -> None:
    tags, added = found.tags, found.contributions[:, column]
    state = "unsure" if code in tags.unsure else "tagged" if code in tags.frames + tags.poles else "not tagged"
    click.echo(f"{code}: {tags.scores[code]:.2f}, {state}")
    order = np.argsort(-np.abs(added), kind="stable")
    rows = [[f"  {found.words[i]}", f"{added[i]:+.2f}"] for i in order[:_SHOWN]]
    if found.exact:
        rest = added[order[_SHOWN:]].sum()
        rows += [["  the other words", f"{rest:+.2f}"], ["  any sentence", f"{found.base[column]:+.2f}"]]
    print_table(["", "log-odds" if found.exact else "log-odds lost without it"], rows)
