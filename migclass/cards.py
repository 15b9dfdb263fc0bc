"""The model card: a README with a YAML head, written from what the model says about itself."""

from collections.abc import Sequence
from typing import Any

from migclass.codebook import Codebook

_CARD = """---
language: en
license: apache-2.0
library_name: migclass
pipeline_tag: text-classification
tags: [migration, framing, multi-label]
---
# {name}

A migclass model. It tags English sentences of texts on migration with {frames} frames and {poles} poles of the codebook
*{title}*, version {version} (hash `{hash}`), whose copy is `codebook.toml`.

    import migclass
    tagger = migclass.load("{name}")

## What it was made from

Recipe `{recipe}` with {parameters}. Learnt from {written} written sentences and {real} sentences of real documents
(labels `{labels}`). The labels that ship with migclass were written and coded by a language model to the codebook; no
person has coded them yet. Probabilities and thresholds were set on held-out folds{prevalence}.

## How good it is

{quality}

## Limits

English only. One sentence at a time: what a pronoun stands for, irony and the context of a passage are not seen. Shares of
machine tags are biased by the errors above; check a sample by hand before you publish a share.
"""


def model_card(about: dict[str, Any], codebook: Codebook) -> str:
    """Return the card of a model."""
    return _CARD.format(
        name=about["name"],
        frames=len(codebook.frames),
        poles=len(codebook.pole_ids),
        title=codebook.title,
        version=codebook.version,
        hash=codebook.hash,
        recipe=about["recipe"],
        parameters=", ".join(f"{k}={v}" for k, v in about["parameters"].items()),
        written=about["labels"]["written"],
        real=about["labels"]["real"],
        labels=about["labels"]["hash"],
        prevalence=", as if codes were as frequent as in real text" if about["prevalence"] else "",
        quality=_quality(about.get("quality")),
    )


def _quality(quality: dict[str, Any] | None) -> str:
    if quality is None:
        return "Not measured: the labels held no sentences of the split test. Run `migclass evaluate`."
    lines = [
        f"Measured on {quality['sentences']} written sentences of the split test, which it has not seen. Real text is harder; the figures for",
        "the models that ship are in `benchmarks/README.md`. F1 with 95 % intervals by bootstrap over blocks of text.",
        "",
    ]
    return "\n".join([*lines, *quality_table(quality)])


def quality_table(quality: dict[str, Any]) -> list[str]:
    """Return the lines of a Markdown table of an evaluation."""
    head = ["| code | positives | precision | recall | F1 | 95 % interval | average precision |", "|---|---|---|---|---|---|---|"]
    means = [
        f"| **{m['name']}** ({m['codes']} codes) | | | | **{m['f1']:.2f}** | {m['low']:.2f}–{m['high']:.2f} | {m['average_precision']:.2f} |"
        for m in quality["means"]
    ]
    return head + means + [_row(c) for c in quality["codes"]]


def _row(c: dict[str, Any]) -> str:
    cells: Sequence[str] = (
        f"`{c['code']}`",
        str(c["positives"]),
        f"{c['precision']:.2f}",
        f"{c['recall']:.2f}",
        f"{c['f1']:.2f}",
        f"{c['low']:.2f}–{c['high']:.2f}",
        "–" if c["average_precision"] is None else f"{c['average_precision']:.2f}",
    )
    return "| " + " | ".join(cells) + " |"
