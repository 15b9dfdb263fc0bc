"""Tags -> one self-contained page: what the text says, where, and how far to trust that."""

import base64
import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from migclass.errors import DocumentError, ModelError
from migclass.prose import sentence_lines
from migclass.reports import tables
from migclass.reports.answers import answers
from migclass.reports.charts import BALANCE, FEW, FILTERS, few
from migclass.reports.passages import passages
from migclass.reports.text import names_of_documents, shown_text, strips
from migclass.reports.trust import trust
from migclass.tagfiles import TaggedSentences
from migclass.tagging import Tagger


def report(tags: TaggedSentences, *, by: Sequence[str] = (), tagger: Tagger | None = None, title: str = "") -> str:
    """Return a report on tagged sentences as one HTML page that loads nothing.

    Lines that are no sentences (`migclass.prose`) are shown without tags and count nowhere.

    Args:
        tags: the tagged sentences.
        by: columns whose values are compared: own columns of the tags, or ``document``. Without any, documents are, if there are several.
        tagger: what tagged them. Without it the page can't say which words drove a tag, nor how well such tags were measured.
        title: of the page; by default the name of the document, or how many there are.

    Raises:
        DocumentError: there is no sentence, or no such column.
        ModelError: the tagger is not what tagged them.
    """
    if not len(tags):
        raise DocumentError("no sentence to report on; expected tags of at least one")
    if tagger and tagger.model.mark != tags.model:
        raise ModelError(f"the tags were made by '{tags.model}', and the tagger is '{tagger.model.mark}'; give the one that made them, or none")
    names = names_of_documents(tags)
    counts = sentence_lines(tags.rows.column("text").to_pylist())
    marked = replace(tags, tagged=tags.tagged & counts[:, None], unsure=tags.unsure & counts[:, None])
    counted = marked.take(np.flatnonzero(counts))
    text = shown_text(marked, names, counts, tagger)
    style, script = _asset("report.css"), _asset("report.js")
    return _environment().get_template("page.html").render(
        title=title or (next(iter(names.values())) if len(names) == 1 else f"{len(names)} documents"),
        tags=tags,
        names=names,
        counted=len(counted),
        answers=answers(counted, by, names),
        passages=passages(marked, names, shown=text.sentences),
        trust=trust(counted, names, tagger),
        text=text,
        strips=strips(counted, names),
        balance_scale=BALANCE,
        least=FEW,
        tables=tables,
        style=style,
        script=script,
        hashes={"style": _hash(style), "script": _hash(script)},
    )  # fmt: skip


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__name__), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= FILTERS
    environment.tests |= {"isnan": math.isnan, "few": few}
    return environment


def _asset(name: str) -> str:
    """Return the text of a file that goes into the page as it is."""
    return (files(__name__) / "templates" / name).read_text(encoding="utf-8")


def _hash(source: str) -> str:
    """Return what a content security policy knows a style or script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
