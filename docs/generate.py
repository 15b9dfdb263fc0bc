"""Everything in the documentation that can be generated: command reference, tables, the learning curve's picture, Croissant.

    python docs/generate.py            # write
    python docs/generate.py --check    # fail where something is stale

Generated text stands between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

import csv
import hashlib
import json
import re
import shlex
import subprocess
import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from statistics import mean, median
from typing import Any

import click

from migclass.agreement import agreement
from migclass.cards import model_card, quality_table, trust
from migclass.cli import main as command_line
from migclass.codebook import Codebook, load_codebook
from migclass.labels import SPLITS, LabelledSentence, read_labels
from migclass.model import DEFAULT, PICTURE, find_model, load_model, shipped_models
from migclass.plots import quality_picture
from migclass.standoff import ROLES, as_rows, read_standoff

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
WRITTEN = (*SPLITS, "transfer")


def commands() -> str:
    """Return the help of every command."""
    parts = []

    def walk(command: click.Command, name: str, parent: click.Context | None) -> None:
        context = click.Context(command, info_name=name, parent=parent, terminal_width=100, max_content_width=100, help_option_names=["-h", "--help"])
        parts.append(f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n")
        if isinstance(command, click.Group):
            for child in command.list_commands(context):
                walk(command.get_command(context, child), child, context)

    walk(command_line, "migclass", None)
    return "\n".join(parts)


def table(head: list[str], rows: list[list[object]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(map(str, row))} |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def label_counts(rows: list[LabelledSentence], book: Codebook) -> str:
    """Return how many sentences carry each code, by split."""
    groups = {name: read_labels(ROOT / "labels" / f"{name}.jsonl", codebook=book) for name in WRITTEN}
    body: list[list[object]] = [["sentences", len(rows), *(len(g) for g in groups.values()), len({r.genre for r in rows})]]
    body.append(["passages", len({r.passage for r in rows}), *(len({r.passage for r in g}) for g in groups.values()), ""])
    empty = [sum(not r.codes for r in g) for g in (rows, *groups.values())]
    body.append(["no code", *empty, ""])
    for code in book.codes:
        counts = [sum(code in r.codes for r in g) for g in (rows, *groups.values())]
        body.append([f"`{code}`", *counts, len({r.genre for r in rows if code in r.codes})])
    return table(["", "all", *groups, "genres"], body)


def standoff_counts(book: Codebook) -> str:
    """Return how many real sentences carry each code, by role."""
    labels = {role: read_standoff(book, role=role) for role in ROLES}
    body: list[list[object]] = [["sentences", *(len(own) for own in labels.values())]]
    body.append(["documents", *(len({label.document for label in own}) for own in labels.values())])
    body.append(["no code", *(sum(not (label.frames + label.poles) for label in own) for own in labels.values())])
    for code in book.codes:
        body.append([f"`{code}`", *(sum(code in label.frames + label.poles for label in own) for own in labels.values())])
    return table(["", *ROLES], body)


def agreements(rows: list[LabelledSentence], book: Codebook) -> str:
    """Return the agreement of coders on written and on real sentences, by code."""
    sets = {"written": rows} | {f"real, {role}": as_rows(read_standoff(book, role=role)) for role in ROLES}
    found = {name: agreement(own, book) for name, own in sets.items()}
    body: list[list[object]] = [
        ["sentences", *(result.sentences for result in found.values())],
        ["coders", *(", ".join(r.coders) for r in found.values())],
    ]
    for name, ids in (("frames", book.frame_ids), ("poles", book.pole_ids)):
        body.append([f"**mean F1, {name}**", *(f"**{result.mean_f1(ids):.2f}**" for result in found.values())])
    for j, code in enumerate(book.codes):
        cells = [f"{c.alpha:.2f} / {c.f1:.2f}" if c.positives >= 8 else f"({c.positives})" for c in (result.codes[j] for result in found.values())]
        body.append([f"`{code}`", *cells])
    return table(["alpha / F1 of pairs", *found], body)


def grid() -> str:
    """Return the plan as it was carried out: passages by genre and decade, by region and stance."""
    with (ROOT / "labels" / "passages.csv").open(encoding="utf-8") as file:
        passages = list(csv.DictReader(file))
    decades = sorted({p["decade"] for p in passages if p["decade"]})
    genres = Counter(p["genre"] for p in passages)
    body: list[list[object]] = []
    for genre, total in sorted(genres.items(), key=lambda item: (-item[1], item[0])):
        own = Counter(p["decade"] for p in passages if p["genre"] == genre)
        body.append([genre, total, *(own[d] or "" for d in decades)])
    stances = Counter(p["stance"] or "not noted" for p in passages)
    regions = {p["region"] for p in passages if p["region"]}
    speakers = {p["speaker"] for p in passages if p["speaker"]}
    lines = [table(["genre", "passages", *decades], body), ""]
    lines.append("Stance: " + ", ".join(f"{stance} {count}" for stance, count in stances.most_common()) + ".")
    lines.append(f"Regions named: {len(regions)}; speakers named: {len(speakers)}.")
    lines.append("Single sentences of the oldest batch (350 rows, literary register) have a genre, but no place in the rest of the grid.")
    return "\n".join(lines)


def judge() -> str:
    """Return how often a blind judge told written sentences from real ones."""
    body: list[list[object]] = []
    for played in json.loads((RESULTS / "blind-judge.json").read_text(encoding="utf-8"))["rounds"]:
        right = sum((row["answer"] == "real") == row["real"] for row in played["answers"])
        body.append([played["written half"], len(played["answers"]), right, f"{right / len(played['answers']):.1%}"])
    return table(["written half", "sentences", "told rightly", "share"], body)


REAL = "real development set"


@cache
def measured() -> dict[str, Any]:
    """Return what benchmarks/quality.py found."""
    return json.loads((RESULTS / "quality.json").read_text(encoding="utf-8"))


def interval(mean: dict[str, Any]) -> str:
    """Return a mean F1 with its interval."""
    return f"{mean['f1']:.3f} ({mean['low']:.3f}–{mean['high']:.3f})"


@cache
def other_coder() -> dict[str, float]:
    """Return the mean F1 of pairs of coders on the four documents of the development set."""
    book = load_codebook()
    said = agreement(as_rows(read_standoff(book, role="validation")), book)
    return {"frames": said.mean_f1(book.frame_ids), "poles": said.mean_f1(book.pole_ids)}


def quality() -> str:
    """Return the means of every system, a table a test set."""
    results, coder = measured()["results"], other_coder()
    names = sorted({name for result in results for name in result["sets"]}, key=lambda name: (name != REAL, name))
    parts = []
    for name in names:
        own = [result for result in results if name in result["sets"]]
        first = own[0]["sets"][name]
        body: list[list[object]] = []
        for result in sorted(own, key=lambda r: -r["sets"][name]["means"][0]["f1"]):
            means = result["sets"][name]["means"]
            body.append([result["system"], *(interval(m) for m in means), *(f"{m['average_precision']:.3f}" for m in means)])
        if name == REAL:
            body.insert(0, ["another coder (four documents)", *(f"{coder[m]:.2f}" for m in ("frames", "poles")), "", ""])
        counts = ", ".join(f"{m['codes']} {m['name']}" for m in first["means"])
        parts.append(f"#### {name[0].upper() + name[1:]}: {first['sentences']} sentences, {counts}\n")
        parts.append(table(["", "frames F1", "poles F1", "frames av. prec.", "poles av. prec."], body) + "\n")
    return "\n".join(parts).rstrip()


def costs() -> str:
    """Return what each system is and costs."""
    body: list[list[object]] = []
    for result in measured()["results"]:
        seconds = result.get("train_seconds")
        speed = f"{result['sentences_per_second']:,}" if "sentences_per_second" in result else ""
        body.append([result["system"], result["recipe"], result.get("megabytes", ""), speed, "" if seconds is None else seconds])
    return table(["", "what it is", "MB", "sentences a second", "training, s"], body)


def differences() -> str:
    """Return by how much our models are above the other systems on the real development set."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for d in measured()["differences"]:
        if d["set"] == REAL:
            found.setdefault((d["system"], d["against"]), {})[d["mean"]] = f"{d['f1']:+.3f} ({d['low']:+.3f} to {d['high']:+.3f})"
    return table(["", "against", "frames", "poles"], [[*pair, cells.get("frames", ""), cells.get("poles", "")] for pair, cells in found.items()])


def of_model(name: str) -> dict[str, Any]:
    """Return what was found of a model that ships."""
    return next(result for result in measured()["results"] if result["system"] == name)


def quality_by_code() -> str:
    """Return the figures of the models that ship on the real development set, by code."""
    parts = [f"#### {name}\n\n" + "\n".join(quality_table(of_model(name)["sets"][REAL])) for name in shipped_models()]
    return "\n\n".join(parts)


def behaviour(*names: str) -> str:
    """Return the pass rates of models on the cases of behaviour."""
    runs = {(name, batch): json.loads((RESULTS / f"behaviour-{name}-{batch}.json").read_text(encoding="utf-8"))["passed"]
            for name in names for batch in ("first", "second")}  # fmt: skip
    body: list[list[object]] = []
    for capability in dict.fromkeys(capability for run in runs.values() for capability in run):
        body.append(
            [capability, *(f"{run[capability][0]} of {run[capability][1]} ({run[capability][0] / run[capability][1]:.0%})" for run in runs.values())]
        )
    return table(["capability", *(f"{name}, {batch} batch" for name, batch in runs)], body)


def card(name: str) -> str:
    """Return the card of a model that ships, with what it does on real text."""
    model, real = load_model(name), of_model(name)["sets"][REAL]
    said = [
        f"On the real development set, {real['sentences']} sentences of real documents that no model was trained on but by which options were",
        "chosen (the looks that decided something are listed in `benchmarks/README.md`):\n",
        *quality_table(real),
        "\n![Reliability, and F1 of what is kept](quality.svg)\n",
        *trust(real),
        "\nCases of behaviour:\n",
        behaviour(name),
    ]
    return model_card(model.about, model.codebook, real="\n".join(said))


def headline() -> str:
    """Return the figures of the models that ship in a small table, beside what another coder would reach."""
    coder, body = other_coder(), []
    for name in shipped_models():
        found = of_model(name)
        scores = [f"{m['f1']:.2f} ({m['low']:.2f}–{m['high']:.2f})" for m in found["sets"][REAL]["means"]]
        body.append([f"`{name}`" + " (default)" * (name == DEFAULT), *scores, found["megabytes"], f"{found['sentences_per_second']:,}"])
    body.append(["another coder (four of the documents)", f"{coder['frames']:.2f}", f"{coder['poles']:.2f}", "", ""])
    count = of_model(DEFAULT)["sets"][REAL]["sentences"]
    lines = [
        f"On the real development set, {count} sentences that no model was trained on but by which options were chosen (macro F1, 95 % interval):\n"
    ]
    return "\n".join(lines) + "\n" + table(["model", "frames", "poles", "MB", "sentences a second"], body)


def prevalence() -> str:
    """Return how thresholds fare under each way to say how frequent codes are."""
    results = json.loads((RESULTS / "prevalence.json").read_text(encoding="utf-8"))["policies"]
    return table(["thresholds set as if codes were as frequent", "collections left out", "mean F1"],
                 [[name, row["collections"], f"{row['mean F1']:.3f}"] for name, row in results.items()])  # fmt: skip


def context() -> str:
    """Return what a sentence's neighbours give each model."""
    results = json.loads((RESULTS / "context.json").read_text(encoding="utf-8"))["results"]
    body: list[list[object]] = []
    for name, row in results.items():
        gains = [f"{row['gained'][m][0]:+.3f} ({row['gained'][m][1]:+.3f} to {row['gained'][m][2]:+.3f})" for m in ("frames", "poles")]
        body.append([name, *(f"{row['F1'][m]:.3f}" for m in ("frames", "poles")), *gains])
    return table(["", "frames F1", "poles F1", "frames gained", "poles gained"], body)


def curve() -> str:
    """Return the learning curve as a table."""
    points = json.loads((RESULTS / "learning-curve.json").read_text(encoding="utf-8"))["points"]
    body: list[list[object]] = []
    for point in points:
        scores = [point["scores"][name] for name in ("real development set", "written test")]
        body.append([point["written"], point["real"], *(f"{s[k]:.3f}" for s in scores for k in ("frames F1", "poles F1"))])
    return table(["written", "real", "frames, real", "poles, real", "frames, written", "poles, written"], body)


def speed() -> dict[str, Any]:
    """Return the measured speed."""
    return json.loads((RESULTS / "speed.json").read_text(encoding="utf-8"))


def speed_ratios() -> str:
    """Return how fast we are beside others, and what was measured in figures."""
    found = speed()
    ratios: list[list[object]] = []
    for name, ratio in found["ratios"].items():
        goal = f"at least {ratio['target']:g}" if "target" in ratio else f"at most {ratio['limit']:g}" if "limit" in ratio else ""
        ratios.append([name, f"**{ratio['median']:.3g}**", f"{ratio['low']:.3g} to {ratio['high']:.3g}", goal])
    rates = [[name, *_spread(rate)] for name, rate in found["sentences_per_second"].items()]
    about = found["about"]
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    parts = [
        table(["ratio", "median of runs", "spread", "should be"], ratios),
        table(["one thread", "sentences a second", "spread"], rates),
        f"Model {about['model']}; {about['cores']} cores, {about['machine']}; {versions}.",
    ]
    return "\n\n".join(parts)


def _spread(rate: dict[str, float]) -> tuple[str, str]:
    return f"{rate['median']:,.0f}", f"{rate['low']:,.0f} to {rate['high']:,.0f}"


def speed_budget() -> str:
    """Return where the default model spends its time, from Arrow to tags, and what stands around it, from documents to Parquet."""
    stages = {"from Arrow to tags": speed()["microseconds"], "from documents to Parquet, one process": speed()["document_microseconds"]}
    return "\n\n".join(_budget(*item) for item in stages.items())


def _budget(name: str, spent: dict[str, float]) -> str:
    rows = [[stage, f"{own:.2f}", f"{own / spent['all']:.0%}"] for stage, own in spent.items()]
    return table([name, "microseconds a sentence", "share"], rows)


def speed_growth() -> str:
    """Return growth with input, documents from end to end with memory, and cold start."""
    found = speed()
    growth = [[f"{p['sentences']:,}", f"{p['distinct_words']:,}", *_spread(p["per_second"])] for p in found["growth"]]
    many = json.loads((RESULTS / "speed-many.json").read_text(encoding="utf-8"))
    points = [*found["documents"], *many["documents"]]
    documents = [[f"{p['sentences']:,}", p["jobs"], f"{p['characters_per_second']['median'] / 1e6:.3g}", p["megabytes"]] for p in points]
    cores = [f"{name}, {many['documents'][-1]['sentences']:,} sentences: **{ratio['median']:.3g}**." for name, ratio in many["ratios"].items()]
    starts = [[f"`{name}`", f"{s['median']:.2f}", f"{s['low']:.2f} to {s['high']:.2f}"] for name, s in found["cold_seconds"].items()]
    parts = [
        table(["sentences", "distinct words", "sentences a second", "spread"], growth),
        table(["sentences in documents", "processes", "million characters a second, to Parquet on disk", "memory at most, MB"], documents),
        *(text[:1].upper() + text[1:] for text in cores),
        table(["cold start", "seconds", "spread"], starts),
    ]
    return "\n\n".join(parts)


def draw_speed(path: Path) -> None:
    """Draw sentences a second by system, and time by number of sentences."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    found = speed()
    rates, growth = found["sentences_per_second"], found["growth"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    left.barh(list(rates)[::-1], [rate["median"] for rate in rates.values()][::-1], color="#1b6ca8")
    left.set(title="one thread", xlabel="sentences a second", xscale="log")
    right.plot([p["sentences"] for p in growth], [p["sentences"] / p["per_second"]["median"] for p in growth], "o-", color="#1b6ca8")
    right.set(title="default model, one thread", xlabel="sentences", ylabel="seconds", xscale="log", yscale="log")
    right.grid(alpha=0.3)
    figure.savefig(path, dpi=130, metadata={"Software": None})
    plt.close(figure)


def draw_curve(path: Path) -> None:
    """Draw the learning curve."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    points = json.loads((RESULTS / "learning-curve.json").read_text(encoding="utf-8"))["points"]
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharex=True, layout="constrained")
    for axis, kind in zip(axes, ("frames", "poles"), strict=True):
        for real, style in ((False, "o--"), (True, "o-")):
            own = [p for p in points if bool(p["real"]) == real and p["written"]]
            values = [p["scores"]["real development set"][f"{kind} F1"] for p in own]
            axis.plot([p["written"] for p in own], values, style, color="#1b6ca8", label="with real sentences" if real else "written only")
        axis.set(title=f"{kind}, real development set", xlabel="written training sentences", ylabel="macro F1", ylim=(0, 0.8))
        axis.set_xscale("log", base=2)
        axis.set_xticks([p["written"] for p in own], [str(p["written"]) for p in own], rotation=45)
        axis.grid(alpha=0.3)
    axes[0].legend(frameon=False)
    figure.savefig(path, dpi=130, metadata={"Software": None})
    plt.close(figure)


def coverage() -> str:
    """Return how often intervals of audits hold the truth, a row for each size of documents and number of coded sentences."""
    found = json.loads((RESULTS / "coverage.json").read_text(encoding="utf-8"))
    body: list[list[object]] = []
    for kind, poles in (("share", 1), ("balance", 2)):
        cells = [cell for cell in found["cells"] if len(cell["prevalence"]) == poles]
        for documents, sentences, coded in dict.fromkeys((cell["documents"], cell["sentences"], cell["coded"]) for cell in cells):
            own = [cell for cell in cells if (cell["documents"], cell["sentences"], cell["coded"]) == (documents, sentences, coded)]
            body.append([kind, f"{documents:,} of {sentences:,}", coded, *_covered(own)])
    head = [
        "",
        "documents of so many sentences",
        "coded",
        "cells",
        "refused",
        "coverage, least",
        "median",
        "most",
        "naive, median",
        "width, of audit only",
    ]
    draws = f"{found['draws']:,} draws a cell, numpy {found['numpy']}."
    return table(head, body) + "\n\n" + draws


def _covered(cells: list[dict[str, Any]]) -> list[object]:
    """Return how many cells there are, how many are refused in most draws, and what came of the others."""
    given = [cell for cell in cells if cell["refused"] <= 0.5]
    covered = [cell["covered"] for cell in given]
    spread = [f"{100 * value:.1f} %" for value in (min(covered), median(covered), max(covered), median(cell["naive"] for cell in given))]
    return [len(cells), len(cells) - len(given), *spread, f"{median(cell['width'] / cell['audit_width'] for cell in given):.0%}"]


def coverage_refused() -> str:
    """Return which shares are refused: by prevalence and number of coded sentences, the share of draws."""
    cells = [cell for cell in json.loads((RESULTS / "coverage.json").read_text(encoding="utf-8"))["cells"] if len(cell["prevalence"]) == 1]
    counts = sorted({cell["coded"] for cell in cells})
    body: list[list[object]] = []
    for prevalence in sorted({cell["prevalence"][0] for cell in cells}):
        own = [[cell for cell in cells if cell["prevalence"] == [prevalence] and cell["coded"] == coded] for coded in counts]
        worst = max(cell["wrong"] for group in own for cell in group)
        body.append([f"{prevalence:.0%}", *(f"{mean(cell['refused'] for cell in group):.0%}" for group in own), f"{100 * worst:.1f} %"])
    return table(["prevalence", *(f"refused, {count} coded" for count in counts), "wrong interval, worst cell"], body)


def suggested() -> str:
    """Return what labels chosen by `migclass labels suggest` give beside as many drawn at random, and how many they save."""
    found = json.loads((RESULTS / "suggest.json").read_text(encoding="utf-8"))
    sizes, scores = found["about"]["sizes"], {"frames": "frames F1", "poles": "poles F1", "positives": "positives of a pole"}
    curves: list[list[object]] = []
    savings: list[list[object]] = []
    for pool, own in found["pools"].items():
        for score, title in scores.items():
            digits = 0 if score == "positives" else 3
            curves += [[f"{pool}: {title}", chooser, *(f"{value:.{digits}f}" for value in own[score][chooser])] for chooser in ("suggest", "random")]
            if score != "positives":
                gain, low, high = own[score]["gain"]
                savings.append([pool, title, f"{gain:+.3f} ({low:+.3f} to {high:+.3f})", "{:.0%} ({:.0%} to {:.0%})".format(*own[score]["saved"])])
    sizes_of = {pool: f"{own['sentences']:,} sentences, a pole in {own['share of a pole']:.1%} of them" for pool, own in found["pools"].items()}
    pools = "; ".join(f"{pool}, {size}" for pool, size in sizes_of.items())
    parts = [
        table(["pool", "", f"gain with {sizes[-1]:,} labels", "labels saved"], savings),
        table(["labels", "chosen", *(f"{size:,}" for size in sizes)], curves),
        f"{found['about']['seeds']} seeds, recipe `{found['about']['recipe']}`. Pools: {pools}.",
    ]
    return "\n\n".join(parts)


def label_errors() -> str:
    """Return how many planted errors are among the first of the queue, by way to rank it."""
    found = json.loads((RESULTS / "label-errors.json").read_text(encoding="utf-8"))
    planted = found["found"].pop("planted")
    count = {kind: sum(run[0] for run in planted[kind]) for kind in planted}
    last = len(found["first"]) - 1
    body: list[list[object]] = []
    for name, own in found["found"].items():
        hits = [[taken + added for taken, added in zip(*pair, strict=True)] for pair in zip(own["taken"], own["added"], strict=True)]
        cells = []
        for place, first in enumerate(found["first"]):
            each = [run[place] for run in hits]
            recall = sum(each) / sum(count.values())
            cells.append(f"{mean(each) / first:.0%} ({min(each) / first:.0%}–{max(each) / first:.0%}) / {recall:.0%}")
        body.append([name, *cells, *(f"{sum(run[last] for run in own[kind]) / count[kind]:.0%}" for kind in ("taken", "added"))])
    head = ["precision / recall", *(f"first {first}" for first in found["first"]), "of codes taken", "of codes added"]
    seeds = f"{found['seeds']} seeds (in brackets lowest and highest), {sum(count.values()) / found['seeds']:.0f} errors planted in each"
    note = f"The last columns are recall among the first {found['first'][last]}. {seeds}, recipe `{found['recipe']}`."
    return table(head, body) + f"\n\n{note}"


def croissant() -> str:
    """Return Croissant metadata (ML Commons) of the written labels."""
    fields = ["id", "text", "frames", "poles", "passage", "n", "genre", "split", "source", "note"]
    files, sources = [], []
    for name in WRITTEN:
        data = (ROOT / "labels" / f"{name}.jsonl").read_bytes()
        files.append(
            {"@type": "cr:FileObject", "@id": f"{name}.jsonl", "name": f"{name}.jsonl", "contentUrl": f"{name}.jsonl",
             "encodingFormat": "application/jsonlines", "sha256": hashlib.sha256(data).hexdigest()}
        )  # fmt: skip
        columns = []
        for field in fields:
            column = {"@type": "cr:Field", "@id": f"{name}/{field}", "name": field, "dataType": "sc:Integer" if field == "n" else "sc:Text"}
            column["source"] = {"fileObject": {"@id": f"{name}.jsonl"}, "extract": {"column": field}}
            columns.append(column | ({"repeated": True} if field in ("frames", "poles") else {}))
        sources.append({"@type": "cr:RecordSet", "@id": name, "name": name, "field": columns})
    context = {
        "@language": "en", "@vocab": "https://schema.org/", "citeAs": "cr:citeAs", "column": "cr:column", "conformsTo": "dct:conformsTo",

        "cr": "http://mlcommons.org/croissant/", "data": {"@id": "cr:data", "@type": "@json"}, "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "dct": "http://purl.org/dc/terms/", "extract": "cr:extract", "field": "cr:field", "fileObject": "cr:fileObject", "repeated": "cr:repeated",
        "recordSet": "cr:recordSet", "sc": "https://schema.org/", "source": "cr:source", "examples": {"@id": "cr:examples", "@type": "@json"},
        "fileProperty": "cr:fileProperty", "fileSet": "cr:fileSet", "format": "cr:format",
        "includes": "cr:includes", "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath", "key": "cr:key", "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path",
        "references": "cr:references",
        "regex": "cr:regex", "replace": "cr:replace",
        "separator": "cr:separator", "subField": "cr:subField", "transform": "cr:transform", "rai": "http://mlcommons.org/croissant/RAI/",
    }  # fmt: skip
    whole = {
        "@context": context, "@type": "sc:Dataset", "name": "migclass-labels", "conformsTo": "http://mlcommons.org/croissant/1.0",
        "description": "English sentences on migration, labelled by frame and by the poles of seven tensions; written and coded by a language model.",
        "license": "https://creativecommons.org/licenses/by/4.0/", "url": "https://github.com/migclass/migclass", "version": "0.1.0",
        "datePublished": "2026-11-22", "citeAs": "The migclass authors (2026). migclass labels, version 0.1.0.",
        "creator": {"@type": "sc:Organization", "name": "The migclass authors"}, "distribution": files, "recordSet": sources,
    }  # fmt: skip
    return json.dumps(whole, indent=1) + "\n"


# The commands of docs/answers.md, run one after the other in one folder.
ANSWERS = {
    "score": "migclass score examples/straits/*.txt --meta examples/straits/meta.csv -o tags.parquet",
    "profile": "migclass profile tags.parquet --by organisation",
    "claim": 'migclass profile tags.parquet --by year --claim "iom_role.balance[2019:] > iom_role.balance[:2014]"',
}

# Those of docs/coding.md.
CODING = {
    "export": "migclass labels export examples/coding/sentences.jsonl --to csv -o sheet.csv",
    "import": "migclass labels import examples/coding/anna.csv examples/coding/ben.csv -o coded.jsonl",
    "row": "sed -n 3p coded.jsonl",
    "label studio": "migclass labels export examples/coding/sentences.jsonl --to label-studio -o tasks.json",
    "doccano": "migclass labels export examples/coding/sentences.jsonl --to doccano -o sentences.jsonl",
    "prodigy": "migclass labels export examples/coding/sentences.jsonl --to prodigy -o tasks.jsonl",
}


def run_all(commands: dict[str, str]) -> dict[str, str]:
    """Return each command of a page with what it prints."""
    shown = {}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "examples").symlink_to(ROOT / "examples")
        for name, command in commands.items():
            setting = f"export COLUMNS=80 PYTHONPATH={shlex.quote(str(ROOT))}"
            run = f'{setting}; migclass() {{ {shlex.quote(sys.executable)} -m migclass "$@"; }}; {command}'
            printed = subprocess.run(run, shell=True, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True).stdout
            shown[name] = f"```sh\n{command}\n```" + f"\n\n```text\n{printed}```" * bool(printed)
    return shown


def pages() -> dict[Path, str]:
    """Return every generated file with the content it should have."""
    book, rows = load_codebook(), read_labels(codebook=load_codebook())
    blocks = {
        ROOT / "docs" / "cli.md": {"commands": commands()},
        ROOT / "docs" / "answers.md": run_all(ANSWERS),
        ROOT / "docs" / "coding.md": run_all(CODING),
        ROOT / "README.md": {"headline": headline()},
        ROOT / "labels" / "README.md": {
            "counts": label_counts(rows, book), "documents": standoff_counts(book), "agreement": agreements(rows, book), "judge": judge(),
        },
        ROOT / "labels" / "PLAN.md": {"grid": grid()},
        ROOT / "benchmarks" / "README.md": {
            "quality": quality(), "costs": costs(), "differences": differences(), "prevalence": prevalence(), "context": context(),
            "by code": quality_by_code(), "behaviour": behaviour(*shipped_models()), "curve": curve(),
            "speed": speed_ratios(), "budget": speed_budget(), "growth": speed_growth(),
            "coverage": coverage(), "refused": coverage_refused(),
            "suggested": suggested(), "label errors": label_errors(),
        },
    }  # fmt: skip
    made = {path: _filled(path.read_text(encoding="utf-8"), own) for path, own in blocks.items()}
    for name in shipped_models():
        made[find_model(name) / "README.md"] = card(name)
        made[find_model(name) / PICTURE] = quality_picture(of_model(name)["sets"][REAL])
    return made | {ROOT / "labels" / "croissant.json": croissant()}


def _filled(page: str, blocks: dict[str, str]) -> str:
    for name, text in blocks.items():
        mark = f"<!-- generated: {name} -->\n"
        page, times = re.subn(re.escape(mark) + r".*?<!-- end -->", lambda match, m=mark, t=text: f"{m}\n{t}\n\n<!-- end -->", page, flags=re.S)
        if times != 1:
            raise SystemExit(f"no place for '{name}': expected one '{mark.strip()}' ... '<!-- end -->'")
    return page


def main() -> None:
    """Write what is generated, or with --check say what is stale."""
    made = pages()
    stale = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)}: stale; run python docs/generate.py")
        raise SystemExit(bool(stale))
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    draw_curve(RESULTS / "learning-curve.png")
    draw_speed(RESULTS / "speed.png")


if __name__ == "__main__":
    main()
