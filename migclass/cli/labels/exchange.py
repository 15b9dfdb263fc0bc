"""Sentences to coders and back: export, import."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from migclass.codebook import Codebook, load_codebook
from migclass.exchange import FORMATS, export_labels, import_labels
from migclass.exchange.merging import RULES, undecided
from migclass.files import check_apart, check_free
from migclass.labels import LabelledSentence, write_labels

_codebook = click.option("--codebook", metavar="TOML", help="A codebook of your own. [default: the shipped one]")
_force = click.option("--force", is_flag=True, help="Replace files that are there.")


@click.command("export")
@click.argument("source", metavar="default|PATH")
@click.option("--to", required=True, type=click.Choice(FORMATS), help="The tool that the coders have.")
@click.option("-o", "--output", required=True, metavar="FILE", help="The file to write: .csv, .xlsx, .json (label-studio), .jsonl.")
@_codebook
@_force
def export_(source: str, to: str, output: str, codebook: str | None, force: bool) -> None:
    """Write sentences for coders to code.

    PATH holds label rows, coded or not, or rows with nothing but a text (JSONL). Coders see the sentence and its neighbours in the passage; codes
    and notes that it has already travel packed, and come back with `migclass labels import`.
    """
    check_apart([source, codebook], output)
    for path in export_labels(source, output, to=to, codebook=load_codebook(codebook), force=force):
        click.echo(f"{path}: written", err=True)


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", required=True, metavar="LABELS", help="The label file to write (JSONL).")
@click.option("--from", "kind", type=click.Choice(FORMATS), help="The tool that wrote the files. [default: by suffix and rows]")
@click.option("--coder", "names", multiple=True, metavar="[OLD=]NAME",
              help="The file's coder, or another name for a coder; may be repeated. [default: the tool's name, or the file's]")  # fmt: skip
@click.option("--rule", type=click.Choice(RULES), default=RULES[0], show_default=True,
              help="A code applies, or not, if more than half of its coders say so, or all. Else it is unknown.")  # fmt: skip
@click.option(
    "--empty-is-none", is_flag=True, help="All was looked at: empty cells and columns of sheets, doccano's sentences without a label, are a no."
)
@click.option("--encoding", default="utf-8", show_default=True, metavar="NAME", help="Encoding of sheets in CSV.")
@_codebook
@_force
def import_(
    files: tuple[str, ...], output: str, kind: str | None, names: tuple[str, ...], rule: str, empty_is_none: bool, encoding: str,
    codebook: str | None, force: bool,
) -> None:  # fmt: skip
    """Read what coders made of exported sentences, as label rows.

    Several files, of several coders, are put together by sentence. What was not judged is unknown, not negative.
    """
    check_apart([*files, codebook], output)
    check_free(output, force=force)
    book = load_codebook(codebook)
    coders = _coders(names, files)
    rows = import_labels(files, kind=kind, codebook=book, coders=coders, rule=rule, empty_is_none=empty_is_none, encoding=encoding)
    write_labels(output, rows, force=force)
    _summarise(output, rows, book)


def _coders(names: Sequence[str], files: Sequence[str]) -> dict[str, str]:
    coders = {}
    for name in names:
        old, equals, new = name.rpartition("=")
        if not equals and len(files) > 1:
            raise click.UsageError(f"--coder {name}: which of the {len(files)} files? Write --coder OLD={name}, OLD being a file's name or a coder's")
        coders[old if equals else Path(files[0]).stem] = new
    return coders


def _summarise(output: str, rows: Sequence[LabelledSentence], book: Codebook) -> None:
    counts = Counter(coder for row in rows for coder in row.coders)
    said = "; ".join(f"{coder}: {count}" for coder, count in sorted(counts.items()))
    click.echo(f"{output}: {len(rows)} sentences" + (f", coded by {said}" if said else ", none coded"), err=True)
    judged = [row for row in rows if row.coders]
    known = {code for row in judged for code in (book.codes if row.coded is None else (*row.coded, *undecided(row)))}
    if judged and (never := [code for code in book.codes if code not in known]):
        click.echo(f"judged by nobody, so unknown: {', '.join(never)} (--empty-is-none counts what is left empty as a no)", err=True)
    if disputed := sum(len(undecided(row)) for row in rows):
        click.echo(f"coders disagree, so unknown: {disputed} of the codes that they gave", err=True)
