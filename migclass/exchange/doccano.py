"""doccano, text classification with several labels: JSONL to import, a file of label types beside it, and its export as JSONL."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from migclass.codebook import Codebook
from migclass.exchange.sentences import ROW, Answer, Task, chosen, unpack
from migclass.files import check_free, replacing
from migclass.labels import read_lines

_LABELS = ".labels.json"


def write(tasks: Sequence[Task], codebook: Codebook, path: Path, *, force: bool) -> list[Path]:
    """Write sentences to import, and the label types beside them."""
    labels = path.with_suffix(_LABELS)
    check_free(path, force=force)
    with replacing(labels, force=force) as file:
        file.write(json.dumps([{"text": code, "prefix_key": None, "suffix_key": None} for code in codebook.codes], indent=1).encode())
    with replacing(path, force=force) as file:
        for task in tasks:
            row = {"text": task.text, "label": [], "sentence_id": task.id, "before": task.before, "after": task.after, ROW: task.row}
            file.write((json.dumps(row, ensure_ascii=False) + "\n").encode())
    return [path, labels]


def read(path: Path, codebook: Codebook, *, empty_is_none: bool, encoding: str) -> Iterator[Answer]:
    """Yield the answers of an export, one file a coder.

    doccano writes sentences that nobody opened like those without labels, so these count as judged only with ``empty_is_none``.
    """
    del encoding  # JSON is UTF-8
    for where, row in read_lines(path):
        sent, asked = unpack(row.get(ROW), row.get("text"), codebook, where)
        codes = chosen(row.get("label", []), asked, where)
        yield Answer(sent, where, "", asked if codes or empty_is_none else (), codes, _comment(row))


def _comment(row: dict[str, Any]) -> str:
    return "; ".join(str(comment) for comment in row.get("Comments") or [])
