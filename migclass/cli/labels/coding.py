"""What labels hold: check, stats, agreement, resolve."""

from collections import Counter
from pathlib import Path

import click
import numpy as np

from migclass.agreement import agreement as compare_coders
from migclass.cli.tables import print_table
from migclass.codebook import load_codebook
from migclass.errors import LabelError
from migclass.labels import SPLITS, check_labels, read_labels, repeated_runs, targets
from migclass.resources import resource
from migclass.standoff import KINDS, ROLES, as_rows, read_copies, read_standoff
from migclass.standoff import resolve as resolve_labels

_codebook = click.option("--codebook", metavar="TOML", help="A codebook of your own. [default: the shipped one]")
_source = click.argument("source", default="default", metavar="[default|PATH]")


@click.command()
@_source
@_codebook
@click.option("--against", metavar="PATH", help="Another label file whose sentences must not come near these.")
def check(source: str, codebook: str | None, against: str | None) -> None:
    """Check label files: form, ids, doubles, passages and near-duplicates across splits, marks of templates."""
    book = load_codebook(codebook)
    rows = read_labels(source, codebook=book)
    problems = check_labels(rows, read_labels(against, codebook=book) if against else ())
    for run, times in repeated_runs([row.text for row in rows], fixed_terms()):
        problems.append(f"{source}: the words '{run}' stand in {times} sentences; write them differently, or name a fixed term")
    for problem in problems:
        click.echo(problem)
    if problems:
        raise LabelError(f"{source}: {len(problems)} problems in {len(rows)} rows, a line each above")
    click.echo(f"{len(rows)} rows, no problems", err=True)


def fixed_terms() -> list[str]:
    """Return the terms that may recur in labels: names and formulas of the field, one a line."""
    return resource("labels", "fixed-terms.txt").read_text(encoding="utf-8").split("\n")[:-1]


@click.command()
@_source
@_codebook
def stats(source: str, codebook: str | None) -> None:
    """Count the sentences of each code, split and genre."""
    book = load_codebook(codebook)
    rows = read_labels(source, codebook=book)
    splits = sorted({row.split for row in rows}, key=SPLITS.index)
    Y = targets(rows, book)
    split_of = np.array([row.split for row in rows])
    lines = [["sentences", str(len(rows)), *(str((split_of == s).sum()) for s in splits), ""]]
    lines.append(["passages", str(len({r.passage for r in rows})), *(str(len({r.passage for r in rows if r.split == s})) for s in splits), ""])
    empty = np.nansum(Y, axis=1) == 0
    lines.append(["no code", str(empty.sum()), *(str(empty[split_of == s].sum()) for s in splits), ""])
    for j, code in enumerate(book.codes):
        genres = {row.genre for row, y in zip(rows, Y[:, j], strict=True) if y > 0}
        lines.append([code, str(int(np.nansum(Y[:, j]))), *(str(int(np.nansum(Y[split_of == s, j]))) for s in splits), str(len(genres))])
    print_table(["", "all", *splits, "genres"], lines)
    click.echo()
    print_table(["genre", "sentences"], [[genre or "(none)", str(n)] for genre, n in Counter(r.genre for r in rows).most_common()])


@click.command()
@_source
@_codebook
@click.option("--standoff", type=click.Choice(ROLES), help="Compare the coders of the shipped stand-off labels of this role instead.")
def agreement(source: str, codebook: str | None, standoff: str | None) -> None:
    """Compare coders: Krippendorff's alpha, F1 of pairs ('another coder'), the most disputed sentences."""
    book = load_codebook(codebook)
    rows = as_rows(read_standoff(book, role=standoff)) if standoff else read_labels(source, codebook=book)
    result = compare_coders(rows, book)
    if result is None:
        raise LabelError(f"{source}: no row has two coders; 'coders' must hold at least two lists of ids")
    lines = [[c.code, str(c.positives), f"{c.alpha:.3f}", f"{c.low:.3f}-{c.high:.3f}", f"{c.f1:.3f}"] for c in result.codes]
    for name, ids in (("frames", book.frame_ids), ("poles", book.pole_ids)):
        lines.append([f"mean of {name}", "", "", "", f"{result.mean_f1(ids):.3f}"])
    print_table(["code", "positives", "alpha", "95 % interval", "another coder"], lines)
    click.echo(f"{result.sentences} sentences coded by two or more of {', '.join(result.coders)}. Most disputed:")
    for row, quarrels in result.disputed:
        codes = "; ".join(f"{coder}: {', '.join(said) or '-'}" for coder, said in row.coders.items())
        click.echo(f"  {quarrels} codes  {row.id}  {row.text[:90]}  [{codes}]")


@click.command()
@click.argument("documents", nargs=-1, required=True, metavar="DIR|FILE...")
@click.option("--role", type=click.Choice(ROLES), help="Only the stand-off labels of this role.")
@click.option("--missing", "show", is_flag=True, help="List the labels whose sentences were not found.")
def resolve(documents: tuple[str, ...], role: str | None, show: bool) -> None:
    """Find the sentences of the shipped stand-off labels in your copies of the documents."""
    found = resolve_labels(read_standoff(load_codebook(), role=role), read_copies(documents))
    counts: dict[str, Counter[str]] = {}
    for row, kind in zip(found.sentences, found.kinds, strict=True):
        counts.setdefault(row.passage, Counter())[kind] += 1
    for label in found.missing:
        if label.document in counts:
            counts[label.document]["missing"] += 1
        if show:
            click.echo(f"missing: {Path(label.where).name} {label.document} sentence {label.n}", err=True)
    rows = [[document, *(str(own[kind]) for kind in KINDS)] for document, own in counts.items()]
    rows.append(["all documents", str(found.resolved), str(found.moved), str(len(found.missing))])
    print_table(["document", *KINDS], rows)
