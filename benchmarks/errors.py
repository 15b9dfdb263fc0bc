"""What the default model gets wrong on the written test and transfer sets, as a page: each error with the words that drove it.

python benchmarks/errors.py            # writes results/errors.html
"""

import html
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from migclass.codebook import load_codebook
from migclass.labels import LabelledSentence, read_labels
from migclass.resources import resource
from migclass.tagging import Explanation, Tagger, load

PAGE = Path(__file__).parent / "results" / "errors.html"
SETS = {"written test": "test.jsonl", "transfer": "transfer.jsonl"}
# Words that move the log-odds by less are left plain.
LEAST = 0.25
HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Errors of the default model</title>
<style>
body {font: 15px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; color: #222}
h2 {margin-top: 2.5rem; border-bottom: 1px solid #ccc} h3 {margin: 1.2rem 0 .3rem; font-size: 1rem}
li {margin: .5rem 0} small {color: #666} b {font-weight: 400; border-radius: 2px} summary {cursor: pointer}
table {border-collapse: collapse} td, th {padding: .1rem .8rem .1rem 0; text-align: right} td:first-child {text-align: left}
</style>
"""


def errors(tagger: Tagger, rows: Iterable[LabelledSentence]) -> Iterator[tuple[str, bool, float, LabelledSentence, Explanation]]:
    """Yield code, whether it was tagged wrongly (else missed), probability, row and explanation."""
    for row in rows:
        found = tagger.explain(row.text)
        tagged = {*found.tags.frames, *found.tags.poles}
        for code in tagger.codes:
            if (code in tagged) != (code in row.codes):
                yield code, code in tagged, found.tags.scores[code], row, found


def item(code: int, probability: float, row: LabelledSentence, found: Explanation) -> str:
    """Return an error as a list item, its words coloured by what they add (blue) or take away (red)."""
    words = [shade(word, float(added)) for word, added in zip(found.words, found.contributions[:, code], strict=True)]
    labels = ", ".join(row.codes) or "nothing"
    where = f"{html.escape(row.genre)} · {html.escape(row.id)}"
    return f"<li>{' '.join(words)} <small>p {probability:.2f} · labelled {html.escape(labels)} · {where}</small>"


def shade(word: str, added: float) -> str:
    """Return a word with a background for its contribution."""
    if abs(added) < LEAST:
        return html.escape(word)
    colour = "27,108,168" if added > 0 else "196,60,46"
    return f'<b style="background:rgba({colour},{min(abs(added) / 3, 0.7):.2f})" title="{added:+.2f}">{html.escape(word)}</b>'


def page() -> str:
    """Return the whole page."""
    tagger, book = load(), load_codebook()
    parts = [HEAD, f"<h1>Errors of the default model</h1><p>Model <code>{tagger.model.name} {tagger.model.hash}</code>, trained on labels"]
    parts.append(
        f"<code>{tagger.model.about['labels']['hash']}</code>. Words are as the model reads them; blue speaks for the code, red against it.</p>"
    )
    for title, file in SETS.items():
        rows = read_labels(resource("labels", file), codebook=book)
        found = list(errors(tagger, rows))
        parts.append(f"<h2>{title}: {len(rows)} sentences, {len(found)} errors</h2>")
        for column, code in enumerate(book.codes):
            own = [error for error in found if error[0] == code]
            positives = sum(code in row.codes for row in rows)
            for wrongly, name in ((True, "tagged, but not labelled"), (False, "labelled, but not tagged")):
                listed = sorted(
                    (e for e in own if e[1] == wrongly), key=lambda e: -abs(e[2] - float(np.float32(tagger.model.decision.threshold[column])))
                )
                parts.append(f"<details><summary><code>{code}</code> {name}: {len(listed)} ({positives} labelled)</summary><ul>")
                parts += [item(column, p, row, why) for _, _, p, row, why in listed]
                parts.append("</ul></details>")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
