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
    tagger = migclass.load("{name}"){needs}

## What it was made from

Recipe `{recipe}` with {parameters}. Learnt from {written} written sentences and {real} sentences of real documents
(labels `{labels}`{own}). The labels that ship with migclass were written and coded by a language model to the codebook; no
person has coded them yet. Thresholds were set on held-out folds{prevalence}; probabilities were then
corrected by sentences of the split validation, if there were any.

## How good it is

{quality}
{out_of_fold}
## Limits

English only. One sentence at a time: what a pronoun stands for, irony and the context of a passage are not seen. Shares of
machine tags are biased by the errors above; check a sample by hand before you publish a share.
"""

_BESIDE = "## Beside the model that it replaced"


def model_card(about: dict[str, Any], codebook: Codebook, *, real: str = "") -> str:
    """Return the card of a model; ``real`` is what is known of it on real text, in Markdown."""
    return _CARD.format(
        name=about["name"],
        needs="  # needs: pip install 'migclass[encoder]'" if about["recipe"] == "encoder" else "",
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
        own=_own(about, "train"),
        prevalence=_frequent(about),
        out_of_fold=_out_of_fold(about.get("out_of_fold")),
        quality="\n\n".join(part for part in (real, _quality(about, pictured=not real)) if part),
    )


def _frequent(about: dict[str, Any]) -> str:
    """Say how frequent codes were taken to be, where that is not as in the training sentences."""
    said = [f"`{code}` were carried by {share:.0%} of sentences" for code, share in about.get("shares", {}).items()]
    if about["labels"]["real"]:
        said.insert(0, "codes were as frequent as in the written sentences")
    return ", as if " + " and ".join(said) if said else ""


def _own(about: dict[str, Any], split: str) -> str:
    """Say how many sentences of a split are the user's own, if any."""
    count = about["labels"].get("own", {}).get(split, 0)
    return f"; {count} of them the user's own" if count else ""


def _quality(about: dict[str, Any], *, pictured: bool) -> str:
    quality = about.get("quality")
    if quality is None:
        return "Not measured: the labels held no sentences of the split test. Run `migclass evaluate`."
    own = _own(about, "test")
    lines = [
        f"Measured on {quality['sentences']} written sentences of the split test{own}, which it has not seen. Real text is harder; the figures for",
        "the models that ship are in `benchmarks/README.md`. F1 with 95 % intervals by bootstrap over blocks of text.",
        "",
    ]
    picture = ["", "![Reliability, and F1 of what is kept](quality.svg)", "", *trust(quality)] if pictured else []
    return "\n".join([*lines, *quality_table(quality), *picture])


def _out_of_fold(found: dict[str, Any] | None) -> str:
    """Return the section on a user's own sentences, empty where there were none."""
    if found is None:
        return ""
    lines = [
        "",
        "## Out of fold on own sentences",
        "",
        f"The {found['sentences']} training sentences ({found['passages']} passages) of the user's own files, each scored by a model that had not",
        "seen its passage. Thresholds were chosen on these scores, so F1 is a little flattered, and most so for codes with few positives. Only",
        "sentences that were judged for a code count; a code is as frequent there as it is among those. 95 % intervals by bootstrap over passages.",
        "",
        "| code | judged | positives | F1 | 95 % interval | average precision | 95 % interval |",
        "|---|---|---|---|---|---|---|",
        *(_held_out_row(code) for code in found["codes"]),
        "",
    ]
    return "\n".join(lines)


def _held_out_row(c: dict[str, Any]) -> str:
    spread = _interval(c["average_precision_low"], c["average_precision_high"])
    cells = (f"`{c['code']}`", str(c["judged"]), str(c["positives"]), _figure(c["f1"]), _interval(c["low"], c["high"]))
    return "| " + " | ".join([*cells, _figure(c["average_precision"]), spread]) + " |"


def with_comparison(card: str, found: dict[str, Any]) -> str:
    """Return a card that ends with what a comparison found, in place of the comparison that it may have ended with.

    Args:
        card: the card of the comparison's second model.
        found: the comparison as plain data.
    """
    first, second = found["first"], found["second"]
    lines = [
        _BESIDE,
        "",
        f"That was `{first['about']['model']}` (hash `{first['about']['model_hash']}`). F1 of both on {second['sentences']} labelled sentences",
        f"(labels `{second['about']['labels']}`), and by how much this model's is above the other's, with a 95 % interval.",
        "",
        "| code | positives | before | now | difference | 95 % interval |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([card.split(_BESIDE, maxsplit=1)[0].rstrip(), "", *lines, *_compared_rows(found)]) + "\n"


def _compared_rows(found: dict[str, Any]) -> list[str]:
    gained = {d["name"]: f"{d['f1']:+.2f} | {d['low']:+.2f} to {d['high']:+.2f}" for d in found["differences"]["codes"]}
    before = {c["code"]: f"{c['f1']:.2f}" for c in found["first"]["codes"] if c["positives"]}
    means = [
        f"| **{one['name']}** ({one['codes']} codes) | | {one['f1']:.2f} | {other['f1']:.2f} | {d['f1']:+.2f} | {d['low']:+.2f} to {d['high']:+.2f} |"
        for one, other, d in zip(found["first"]["means"], found["second"]["means"], found["differences"]["means"], strict=True)
    ]
    codes = [
        f"| `{c['code']}` | {c['positives']} | {before.get(c['code'], '–')} | {c['f1']:.2f} | {gained.get(c['code'], '– | –')} |"
        for c in found["second"]["codes"] if c["positives"]
    ]  # fmt: skip
    return means + codes


def trust(quality: dict[str, Any]) -> list[str]:
    """Return lines that say how far probabilities can be believed, and what setting the unsure aside gives."""
    kept = {c["share"]: c["f1"] for c in quality["coverage"]["poles"]} if "poles" in quality["coverage"] else {}
    lines = ["Left: of the decisions with this probability, the share that is true. Right: micro F1 when the decisions nearest to their"]
    lines.append("thresholds are set aside; `unsure` marks the nearest.")
    if kept:
        lines.append(f"For poles it is {kept[1.0]:.2f} over all decisions, {kept[0.98]:.2f} without 2 % of them, {kept[0.95]:.2f} without 5 %.")
    return lines


def quality_table(quality: dict[str, Any]) -> list[str]:
    """Return the lines of a Markdown table of an evaluation."""
    head = ["| code | positives | precision | recall | F1 | 95 % interval | average precision | Brier skill | calibration slope |"]
    head.append("|---|---|---|---|---|---|---|---|---|")
    means = [
        f"| **{m['name']}** ({m['codes']} codes) | | | | **{m['f1']:.2f}** | {m['low']:.2f}–{m['high']:.2f} | {m['average_precision']:.2f} | | |"
        for m in quality["means"]
    ]
    return head + means + [_row(c) for c in quality["codes"]]


def _row(c: dict[str, Any]) -> str:
    cells: Sequence[str] = (
        f"`{c['code']}`",
        str(c["positives"]),
        *(_figure(c[name]) for name in ("precision", "recall", "f1")),
        _interval(c["low"], c["high"]),
        *(_figure(c[name]) for name in ("average_precision", "brier_skill", "calibration_slope")),
    )
    return "| " + " | ".join(cells) + " |"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _interval(low: float | None, high: float | None) -> str:
    return "–" if low is None else f"{_figure(low)}–{_figure(high)}"
