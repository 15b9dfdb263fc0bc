"""``migclass report``: tags or documents -> one page to read."""

from itertools import chain

import click
import pyarrow as pa

from migclass.cli.project import model_option, open_tagger, project_models
from migclass.documents import check_readable, read_meta
from migclass.engines import score_documents
from migclass.errors import DocumentError, ModelError
from migclass.files import check_apart, check_free, replacing
from migclass.inputs import Inputs
from migclass.model import find_model, model_hash, shipped_models
from migclass.reports import report as write_report
from migclass.tagfiles import TaggedSentences, as_arrays, is_tags, read_tags
from migclass.tagging import Tagger, load


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="TAGS|FILE...")
@click.option("-o", "--output", required=True, metavar="HTML", help="The page to write.")
@click.option("--by", metavar="COLUMN,...", help="Compare the values of these columns. [default: documents, if there are several]")
@click.option("--title", default="", metavar="TEXT", help="Of the page. [default: the document's name]")
@model_option("What scores documents. Of tags, what made them, where it neither ships nor is the default.")
@click.option("--meta", metavar="CSV", help="For documents, a table whose first column is a file name; its other columns join the tags.")
@click.option("--force", is_flag=True, help="Replace the file of --output if it is there.")
def report(files: tuple[str, ...], output: str, by: str | None, title: str, model: str | None, meta: str | None, force: bool) -> None:
    """Write one page on what texts say, where, and how far to trust that.

    TAGS are files that `migclass score` wrote as jsonl, csv or parquet; any other FILE is a document and is scored first, all of
    one kind or all of the other. The page is a single file that loads nothing and can be sent and printed. A column year or date
    gives a part on time, a column title names documents.
    """
    check_readable(files)
    check_apart([*files, meta], output)
    check_free(output, force=force)
    kinds = {is_tags(path) for path in files}
    if len(kinds) > 1:
        raise click.UsageError("some files are tags and some are documents; give either, or score the documents first")
    tags, tagger = _read(files, model, meta) if kinds == {True} else _score(files, model, meta)
    page = write_report(tags, by=[name.strip() for name in by.split(",")] if by else (), tagger=tagger, title=title)
    with replacing(output, force=force) as file:
        file.write(page.encode("utf-8", "replace"))


def _read(files: tuple[str, ...], model: str | None, meta: str | None) -> tuple[TaggedSentences, Tagger | None]:
    """Return tags with the tagger that made them, if it can be found."""
    if meta:
        raise click.UsageError("--meta goes with documents; tags have their columns from `migclass score --meta`")
    named = [find_model(model)] if model else []
    tags = read_tags(files, models=named or project_models())
    candidates = named or chain(map(find_model, shipped_models()), project_models())
    digest = tags.model.rsplit(" ", 1)[-1]
    made = next((folder for folder in candidates if model_hash(folder) == digest), None)
    if named and not made:
        raise ModelError(f"{model}: has the hash {model_hash(named[0])}, and the tags carry {digest}; name the model that made them")
    return tags, load(made) if made else None


def _score(files: tuple[str, ...], model: str | None, meta: str | None) -> tuple[TaggedSentences, Tagger]:
    tagger = open_tagger(model)
    inputs = Inputs(files, meta=read_meta(meta, files) if meta else {})
    batches = list(score_documents(tagger, inputs.batches()))
    if not sum(map(len, batches)):
        raise DocumentError(f"{', '.join(files)}: no sentence in it; expected text")
    table = pa.concat_tables([pa.table(batch) for batch in batches], promote_options="permissive")
    return as_arrays(table, tagger.model.codebook), tagger
