"""Label Studio: tasks with the labelling configuration that shows them, and its exports as JSON and JSON-MIN."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from xml.etree import ElementTree

from migclass.codebook import Code, Codebook
from migclass.decoding import read_bytes
from migclass.errors import LabelError
from migclass.exchange.sentences import ROW, Answer, Task, chosen, unpack
from migclass.files import check_free, replacing
from migclass.workbooks import as_text

_FRAMES, _COMMENT = "frames", "comment"
_CONFIG = ".config.xml"


def write(tasks: Sequence[Task], codebook: Codebook, path: Path, *, force: bool) -> list[Path]:
    """Write tasks to import, and the labelling configuration beside them."""
    config = path.with_suffix(_CONFIG)
    check_free(path, force=force)
    with replacing(config, force=force) as file:
        file.write(labelling_config(codebook).encode())
    with replacing(path, force=force) as file:
        data = [{"sentence_id": task.id, "before": task.before, "text": task.text, "after": task.after, ROW: task.row} for task in tasks]
        file.write(json.dumps([{"data": own} for own in data], ensure_ascii=False, indent=1).encode())
    return [path, config]


def labelling_config(codebook: Codebook) -> str:
    """Return the labelling configuration (XML): the sentence in its context, a group of choices for the frames and for each tension, a comment."""
    view = ElementTree.Element("View")
    for name, value in (("before", "$before"), ("text", "$text"), ("after", "$after")):
        ElementTree.SubElement(view, "Text", name=name, value=value)
    for name, title, codes in _groups(codebook):
        ElementTree.SubElement(view, "Header", value=title)
        choices = ElementTree.SubElement(view, "Choices", name=name, toName="text", choice="multiple")
        for code in codes:
            ElementTree.SubElement(choices, "Choice", value=code.id, hint=code.coded)
    ElementTree.SubElement(view, "TextArea", name=_COMMENT, toName="text", placeholder="Comment", rows="2", maxSubmissions="1")
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def _groups(codebook: Codebook) -> Iterator[tuple[str, str, Sequence[Code]]]:
    if codebook.frames:
        yield _FRAMES, "Frames", codebook.frames
    yield from ((tension.id, tension.question, tension.poles) for tension in codebook.tensions)


class _Annotation(NamedTuple):
    """What one coder did with a task."""

    coder: str
    choices: list[str]
    comment: str
    skipped: bool


def read(path: Path, codebook: Codebook, *, empty_is_none: bool, encoding: str) -> Iterator[Answer]:
    """Yield the answers of an export; a skipped annotation judges nothing, one without choices judges that there is none."""
    del empty_is_none, encoding  # an annotation says by itself that the sentence was looked at, and JSON is UTF-8
    for n, task in enumerate(_read_json(path), 1):
        where = f"{path}: task {n}"
        try:
            data = task.get("data", task)
            packed, shown, annotations = data.get(ROW), data.get("text"), _annotations(task, codebook)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise LabelError(f"{where}: not as Label Studio writes it; expected its export as JSON or JSON-MIN") from None
        sent, asked = unpack(packed, shown, codebook, where)
        if not annotations:
            yield Answer(sent, where)
        for own in annotations:
            codes = chosen(own.choices, asked, where)
            yield Answer(sent, where, own.coder, *(((), ()) if own.skipped else (asked, codes)), own.comment)


def _read_json(path: Path) -> list[Any]:
    try:
        tasks = json.loads(read_bytes(path, error=LabelError).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise LabelError(f"{path}: not JSON ({str(error).splitlines()[0]}); expected Label Studio's export as JSON") from None
    if not isinstance(tasks, list):
        raise LabelError(f"{path}: a JSON {type(tasks).__name__}; expected Label Studio's export as JSON, a list of tasks")
    return tasks


def _annotations(task: dict[str, Any], codebook: Codebook) -> list[_Annotation]:
    """Return the annotations of a task of JSON, or the one that a row of JSON-MIN is; none of a task that nobody opened."""
    if "data" in task:
        return [_whole(own) for own in task.get("annotations", [])]
    return [_flat(task, codebook)] if "annotation_id" in task else []


def _whole(annotation: dict[str, Any]) -> _Annotation:
    parts = [SimpleNamespace(**part) for part in annotation["result"]]
    choices = [code for part in parts if part.type == "choices" for code in part.value["choices"]]
    comment = "; ".join(line for part in parts if part.type == "textarea" for line in part.value["text"])
    return _Annotation(_name(annotation["completed_by"]), choices, comment, bool(annotation.get("was_cancelled")))


def _flat(row: dict[str, Any], codebook: Codebook) -> _Annotation:
    # One choice stands there as such, several as {"choices": [...]}; so do lines of text.
    choices = [code for name, _, _ in _groups(codebook) for code in _listed(row.get(name, []), "choices")]
    return _Annotation(_name(row["annotator"]), choices, "; ".join(_listed(row.get(_COMMENT, []), "text")), skipped=False)


def _listed(value: Any, key: str) -> list[str]:
    value = value[key] if isinstance(value, dict) else value
    return [value] if isinstance(value, str) else list(value)


def _name(user: Any) -> str:
    """Return a user's e-mail address where the export has it, else the number."""
    return as_text(user["email"] if isinstance(user, dict) else user)
