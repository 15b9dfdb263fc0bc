"""Prodigy, the interface `choice`: tasks with options, and what `prodigy db-out` writes."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from migclass.codebook import Codebook
from migclass.exchange.sentences import ROW, Answer, Task, chosen, unpack
from migclass.files import replacing
from migclass.labels import read_lines

# Fields in which the interface text_input leaves a comment, by our name and by its default.
_COMMENTS = ("comment", "user_input")
# Who works without a named session is called by date and time.
_CLOCK = re.compile(r"\d{4}-\d\d-\d\d(_\d\d-\d\d-\d\d)?")


def write(tasks: Sequence[Task], codebook: Codebook, path: Path, *, force: bool) -> list[Path]:
    """Write tasks; the sentence's context stands in their ``meta``."""
    options = [{"id": code.id, "text": code.name} for code in codebook.entries]
    with replacing(path, force=force) as file:
        for task in tasks:
            meta = {name: text for name, text in (("id", task.id), ("before", task.before), ("after", task.after)) if text}
            row = {"text": task.text, "options": options, "config": {"choice_style": "multiple"}, "meta": meta, ROW: task.row}
            file.write((json.dumps(row, ensure_ascii=False) + "\n").encode())
    return [path]


def read(path: Path, codebook: Codebook, *, empty_is_none: bool, encoding: str) -> Iterator[Answer]:
    """Yield the answers: what was accepted is judged, what was rejected or ignored is not."""
    del empty_is_none, encoding  # an answer says by itself that the sentence was looked at, and JSON is UTF-8
    for where, row in read_lines(path):
        sent, asked = unpack(row.get(ROW), row.get("text"), codebook, where)
        codes = chosen(row.get("accept", []), asked, where)
        judged = (asked, codes) if row.get("answer") == "accept" else ((), ())
        yield Answer(sent, where, _coder(row), *judged, next((str(row[name]) for name in _COMMENTS if row.get(name)), ""))


def _coder(row: dict[str, Any]) -> str:
    name = str(row.get("_annotator_id") or row.get("_session_id") or "")
    return "" if _CLOCK.fullmatch(name) else name
