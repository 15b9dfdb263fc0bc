"""``migclass labels codebook``: a codebook to read, and what a change of it asks of labels."""

from collections.abc import Sequence

import click

from migclass.cli.tables import print_table
from migclass.codebook import Codebook, as_markdown, load_codebook
from migclass.labels import read_labels
from migclass.revisions import RULE, Revision, affected, either, revise


@click.command()
@click.argument("path", required=False, metavar="[TOML]")
@click.option("--diff", nargs=2, metavar="OLD NEW", help="Say instead what changed from one codebook to another; default is the shipped one.")
@click.option("--labels", "sources", multiple=True, metavar="default|PATH", help="With --diff, count the sentences to code again.")
def codebook(path: str | None, diff: tuple[str, str] | None, sources: tuple[str, ...]) -> None:
    """Print a codebook as a page to read (Markdown), or which labels to code again after a change.

    A near miss is a sentence without the code to which a coder gave it, or in which one of its cues stands.
    """
    if diff and path:
        raise click.UsageError("--diff names both codebooks; leave the other one out")
    if sources and not diff:
        raise click.UsageError("--labels goes with --diff only")
    if diff:
        _print_revisions(load_codebook(diff[0]), load_codebook(diff[1]), sources)
    else:
        click.echo(as_markdown(load_codebook(path)), nl=False)


def _print_revisions(old: Codebook, new: Codebook, sources: Sequence[str]) -> None:
    revisions = revise(old, new)
    if not revisions:
        click.echo("Nothing changed that labels depend on.")
        return
    head, lines = ["change", "of", "to do"], [[revision.kind, _subject(revision), revision.todo] for revision in revisions]
    if not sources:
        print_table(head, lines, left=3)
        return
    rows = [row for source in sources for row in read_labels(source, codebook=either(old, new))]
    counts = affected(revisions, rows, old, new)
    lines = [[*line, str(own.sentences), str(own.carrying)] for line, own in zip(lines, counts, strict=True)]
    print_table([*head, "sentences", "with it"], lines, left=3)
    click.echo(f"Of {len(rows)} labelled sentences. One without the field coded counts as judged for every code, a new one too:")
    click.echo("until it is coded for that, list in this field what it was judged for.")


def _subject(revision: Revision) -> str:
    """Return what changed, of a rule with the codes that it names."""
    return f"{revision.subject}: {', '.join(revision.codes)}" if revision.kind == RULE and revision.codes else revision.subject
