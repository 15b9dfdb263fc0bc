"""``migclass audit``: draw, estimate, plan."""

import csv
import json
import sys
from collections.abc import Callable
from itertools import groupby
from typing import Any

import click
import numpy as np

from migclass.audits import Audit, AuditedShare, AuditReport, Interval, draw_audit, estimate_audit, plan_audit
from migclass.cli.project import read_tags_here
from migclass.cli.tables import print_table
from migclass.corrections import LEAST_CODED
from migclass.files import check_apart, check_free
from migclass.profiles import BALANCE
from migclass.sheets import read_sheet, write_sheet
from migclass.tagfiles import TaggedSentences

_DASH = "–"
_tags = click.argument("files", nargs=-1, required=True, metavar="TAGS...")
_codebook = click.option("--codebook", metavar="TOML", help="The codebook of the tags, where it is neither one that ships nor the default model's.")
_encoding = click.option("--encoding", default="utf-8", show_default=True, metavar="NAME", help="Encoding of a sheet in CSV.")


def _format(*kinds: str) -> Callable[[Any], Any]:
    return click.option("--format", "format_", type=click.Choice(kinds), default="table", show_default=True, help="Output format.")


@click.group()
def audit() -> None:
    """Check tags by hand: draw sentences, estimate what follows, plan how many.

    TAGS are files that `migclass score` wrote as jsonl, csv or parquet. Shares of machine tags are biased by the
    machine's errors; some hundred sentences that a person coded set them right.
    """


@audit.command()
@_tags
@click.option("-n", "count", type=click.IntRange(min=1), default=200, show_default=True, metavar="N", help="Sentences to draw.")
@click.option("--by", metavar="COLUMN[,COLUMN]", help="Columns of the tags whose values will be estimated apart; small groups get more.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N", help="The same seed draws the same sentences.")
@click.option("-o", "--output", required=True, metavar="SHEET", help="The sheet to write: .xlsx or .csv.")
@click.option("--force", is_flag=True, help="Replace the sheet if it is there.")
@_codebook
def draw(files: tuple[str, ...], count: int, by: str | None, seed: int, output: str, force: bool, codebook: str | None) -> None:
    """Draw sentences and write a sheet to code.

    For each sentence write 1 under the codes that it has; empty cells beside count as 0, and one 0 is enough where it has none. A
    column that stays empty counts as not judged. Sentences stand in random order, so that those from the top are a sample too. What
    the machine said is not in the sheet.
    """
    check_apart([*files, codebook], output)
    check_free(output, force=force)
    tags = read_tags_here(files, codebook).only_sentences()
    drawn = draw_audit(tags, count, by=_columns(by), seed=seed)
    write_sheet(output, tags, drawn, force=force)
    documents = len(np.unique(tags.document[drawn.rows]))
    click.echo(f"{output}: {len(drawn.rows)} of {len(tags):,} sentences, from {documents:,} document" + "s" * (documents > 1), err=True)


@audit.command()
@_tags
@click.argument("sheet", metavar="SHEET")
@click.option("--by", metavar="COLUMN[,COLUMN]", help="Estimates for each value of these columns of the tags.")
@_format("table", "csv", "json")
@_encoding
@_codebook
def estimate(files: tuple[str, ...], sheet: str, by: str | None, format_: str, encoding: str, codebook: str | None) -> None:
    """Estimate shares and balances from the tags and a coded sheet.

    Beside each other: naive (the share of machine tags), audit only (the coded sentences, weighted), and corrected (both; the machine's
    probabilities make the interval narrower and can't bias it). Intervals are 95 %.
    """
    tags = read_tags_here(files, codebook).only_sentences()
    found = estimate_audit(tags, _read_coded(sheet, tags, encoding), by=_columns(by))
    {"table": _print, "csv": _print_csv, "json": _print_json}[format_](found)


@audit.command()
@_tags
@click.option("--margin", type=click.FloatRange(0, 0.5, min_open=True, max_open=True), default=0.03, show_default=True, metavar="SHARE",
              help="How far 95 % intervals may reach to both sides.")  # fmt: skip
@click.option("--code", "codes", multiple=True, metavar="ID", help="Only this code; may be repeated.")
@click.option("--pilot", metavar="SHEET", help="A sheet that is coded already: reckon with what it shows.")
@_format("table", "json")
@_encoding
@_codebook
def plan(files: tuple[str, ...], margin: float, codes: tuple[str, ...], pilot: str | None, format_: str, encoding: str, codebook: str | None) -> None:
    """Say how many sentences to code for intervals of some width.

    Without a pilot the model's probabilities are taken as right: a guess, to be bettered with the first sheet.
    """
    tags = read_tags_here(files, codebook).only_sentences()
    if unknown := sorted(set(codes) - set(tags.codebook.codes)):
        raise click.UsageError(f"--code {unknown[0]}: no code of the codebook; expected one of {', '.join(tags.codebook.codes)}")
    plans = plan_audit(tags, margin=margin, pilot=_read_coded(pilot, tags, encoding) if pilot else None)
    plans = tuple(own for own in plans if own.code in (codes or tags.codebook.codes))
    if format_ == "json":
        click.echo(json.dumps([own.as_dict() for own in plans], indent=1))
        return
    rows = [
        [own.code, f"{100 * own.share:.1f}", *(_DASH if n is None else str(n) for n in (own.for_margin, own.for_positives, own.needed))]
        for own in plans
    ]
    print_table(["code", "expected, %", f"for ±{100 * margin:g} points", "for positives", "to code"], rows)
    click.echo(
        f"{len(tags):,} sentences. For positives: so many that {LEAST_CODED} coded ones very likely have the code. {_DASH}: all would not be enough."
    )


def _columns(by: str | None) -> list[str]:
    return by.split(",") if by else []


def _read_coded(sheet: str, tags: TaggedSentences, encoding: str) -> Audit:
    found = read_sheet(sheet, tags, encoding=encoding)
    done = int((~np.isnan(found.coded)).any(axis=1).sum())
    click.echo(f"{done} of {len(found.rows)} rows are coded" + "; the others are left out" * (done < len(found.rows)), err=True)
    return found


def _print_csv(found: AuditReport) -> None:
    rows = found.as_rows()
    writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _print_json(found: AuditReport) -> None:
    click.echo(json.dumps({"by": list(found.by), "note": found.note, "shares": found.as_rows()}, indent=1, ensure_ascii=False))


def _print(found: AuditReport) -> None:
    for group, shares in groupby(found.shares, key=lambda share: share.group):
        if group:
            click.echo(f"{', '.join(group)}\n")
        for measure, own in groupby(shares, key=lambda share: share.measure):
            title = "balance" if measure == BALANCE else "sentences, %"
            rows = [[share.code, str(share.coded), str(share.positives), *_cells(share)] for share in own]
            print_table([title, "coded", "pos.", "naive", "audit only", "corrected"], rows)
            click.echo()
    click.echo(f"In brackets 95 % intervals; {found.note}.")
    click.echo(
        f"Too few: fewer than {LEAST_CODED} coded sentences have the code, or lack it (pos.: those that have it; for a balance, the rarer pole)."
    )


def _cells(share: AuditedShare) -> list[str]:
    scale, form = (1, "+.2f") if share.measure == BALANCE else (100, ".1f")
    naive = _DASH if np.isnan(share.naive) else f"{share.naive * scale:{form}}"
    return [naive, *([_DASH, "too few"] if share.refusal else [_interval(own, scale, form) for own in (share.audit, share.corrected)])]


def _interval(own: Interval, scale: int, form: str) -> str:
    return f"{own.value * scale:{form}} ({own.low * scale:{form}} to {own.high * scale:{form}})"
