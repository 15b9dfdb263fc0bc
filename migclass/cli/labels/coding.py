"""What labels hold: check, stats, agreement, resolve."""

from collections import Counter
from pathlib import Path

import click
import numpy as np

from migclass.agreement import Agreement
from migclass.agreement import agreement as compare_coders
from migclass.cli.tables import print_table
from migclass.codebook import Codebook, load_codebook
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
@click.option("--coder", "coders", multiple=True, metavar="NAME", help="Compare only these, however few sentences they coded; may be repeated.")
def agreement(source: str, codebook: str | None, standoff: str | None, coders: tuple[str, ...]) -> None:
    """Compare coders: Krippendorff's alpha, F1 of pairs ('another coder'), each coder against the others, the most disputed sentences.

    Any number of coders; a sentence need not be coded by all. Who coded less than half as many of the sentences that have several
    coders as the coder with most is left out, unless named with --coder.
    """
    book = load_codebook(codebook)
    rows = as_rows(read_standoff(book, role=standoff)) if standoff else read_labels(source, codebook=book)
    if unknown := sorted(set(coders) - {coder for row in rows for coder in row.coders}):
        raise click.UsageError(f"--coder {unknown[0]}: no coder of these rows")
    result = compare_coders(rows, book, coders=coders)
    if result is None:
        raise LabelError(f"{source}: no row has two coders; 'coders' must hold at least two lists of ids")
    _print_codes(result, book)
    _print_coders(result)
    left_out = f" Left out, since they coded few: {', '.join(result.left_out)}." if result.left_out and not coders else ""
    click.echo(f"{result.sentences} sentences coded by two or more of {', '.join(result.coders)}.{left_out} Most disputed:")
    for row, quarrels in result.disputed:
        codes = "; ".join(f"{coder}: {', '.join(said) or '-'}" for coder, said in row.coders.items())
        click.echo(f"  {quarrels} codes  {row.id}  {row.text[:90]}  [{codes}]")


def _print_codes(result: Agreement, book: Codebook) -> None:
    lines = [[c.code, str(c.positives), _figure(c.alpha), f"{_figure(c.low)}-{_figure(c.high)}", _figure(c.f1)] for c in result.codes]
    for name, ids in (("frames", book.frame_ids), ("poles", book.pole_ids)):
        lines.append([f"mean of {name}", "", "", "", _figure(result.mean_f1(ids))])
    print_table(["code", "positives", "alpha", "95 % interval", "another coder"], lines)
    click.echo()


def _print_coders(result: Agreement) -> None:
    """Print each coder against the others, and where there are more than two, each pair."""
    lines = [[c.coder, str(c.sentences), f"{c.codes_each:.2f}", _figure(c.f1), _figure(c.alpha_without)] for c in result.by_coder]
    lines.append(["all", str(result.sentences), "", "", _figure(result.alpha)])
    print_table(["coder", "sentences", "codes each", "F1 with the others", "mean alpha without"], lines)
    click.echo()
    if len(result.coders) > 2:
        print_table(["pair", "sentences", "F1"], [[f"{p.first} and {p.second}", str(p.sentences), _figure(p.f1)] for p in result.pairs])
        click.echo()


def _figure(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}"


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
