"""Labels -> model: gather what may be learnt from, fit, measure, write the card."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from migclass import labels as label_files
from migclass.calibration import sharpened
from migclass.cards import model_card
from migclass.codebook import Codebook, load_codebook
from migclass.errors import LabelError, ModelError
from migclass.evaluation import Evaluation, evaluate
from migclass.files import replacing
from migclass.labels import WRITTEN, LabelledSentence, labels_hash, read_labels, targets
from migclass.model import Model
from migclass.plots import quality_picture
from migclass.recipes import OPTIONS, RECIPES, Fitted, Say, Settings, soft_label_table
from migclass.standoff import Resolution, read_copies, read_standoff, resolve
from migclass.tagging import Tagger

_FEW = 10


@dataclass(frozen=True)
class Material:
    """What a model learns from: training sentences, sentences kept for calibrating it and for measuring it."""

    train: tuple[LabelledSentence, ...]
    validation: tuple[LabelledSentence, ...]
    test: tuple[LabelledSentence, ...]
    resolution: Resolution | None


DEFAULT_RECIPE = "static"


def train(
    sources: Sequence[str | Path] = (label_files.DEFAULT,),
    *,
    codebook: str | Path | None = None,
    recipe: str = DEFAULT_RECIPE,
    documents: Sequence[str | Path] = (),
    name: str = "mine",
    encoder: str | None = None,
    soft_labels: str | Path | None = None,
    write_soft_labels: str | Path | None = None,
    force: bool = False,
    seed: int = 0,
    jobs: int | None = None,
    say: Say = lambda message: None,
) -> Model:
    """Train a model on labelled sentences; the same labels, versions and platform give the same bytes.

    Args:
        sources: label files, folders of them, or ``default`` for the labels that ship.
        codebook: path of a codebook; the one that ships by default.
        recipe: one of RECIPES.
        documents: the user's copies of real documents, whose stand-off labels then count as training sentences.
        name: the name that tags carry.
        encoder: for the recipe encoder, the folder or hub name of the sentence encoder to start from.
        soft_labels: for the recipe distilled, the teachers' probabilities by row id; those that ship by default.
        write_soft_labels: where to write what the model said of training sentences out of fold.
        force: replace the file of ``write_soft_labels`` if it is there.
        seed: of the recipe encoder.
        jobs: processes.
        say: called with lines about progress and warnings.

    Raises:
        LabelError: a label row is broken or may not be learnt from.
        ModelError: there is no such recipe, nothing to learn from, or a code that no sentence carries.
    """
    if recipe not in RECIPES:
        raise ModelError(f"{recipe}: no such recipe; expected one of {', '.join(RECIPES)}")
    given = {"encoder": encoder is not None, "soft_labels": soft_labels is not None, "seed": seed != 0}
    if idle := next((option for option, needed in OPTIONS.items() if given[option] and needed != recipe), None):
        raise ModelError(f"{idle.replace('_', '-')} goes with the recipe {OPTIONS[idle]}, and the recipe is {recipe}; leave it out")
    if seed < 0:
        raise ModelError(f"seed is {seed}; expected 0 or more")
    book = load_codebook(codebook)
    material = gather(sources, book, documents)
    _check_positives(material.train, book, say)
    settings = Settings(prevalence(material.train, book), jobs, encoder, soft_labels, seed, say)
    fitted = RECIPES[recipe](material.train, book, settings)
    if write_soft_labels:
        with replacing(write_soft_labels, force=force) as file:
            file.write(soft_label_table(fitted, material.train, book).encode())
    decision = fitted.decision
    if material.validation:
        logits = fitted.scorer.logits([row.text for row in material.validation])
        decision = sharpened(decision, logits, targets(material.validation, book))
    model = Model(fitted.scorer, decision, book, _about(name, recipe, fitted, material, settings))
    quality = evaluate_rows(Tagger(model), material.test) if material.test else None
    if quality is None:
        return replace(model, card=model_card(model.about, book))
    about = model.about | {"quality": quality.as_dict()}
    return replace(model, about=about, card=model_card(about, book), picture=quality_picture(about["quality"]))


def gather(sources: Sequence[str | Path], codebook: Codebook, documents: Sequence[str | Path] = ()) -> Material:
    """Read what a model may learn from and what it is measured on.

    From the labels that ship, the split train is learnt from, probabilities are corrected by validation, and test is
    measured on. From a user's file, every row is
    learnt from. Rows of real documents are refused: their text comes through stand-off labels of the role train.
    """
    learnt: list[LabelledSentence] = []
    kept: list[LabelledSentence] = []
    measured: list[LabelledSentence] = []
    for source in sources:
        rows = read_labels(source, codebook=codebook)
        if str(source) == label_files.DEFAULT:
            learnt += [row for row in rows if row.split == "train"]
            kept += [row for row in rows if row.split == "validation"]
            measured += [row for row in rows if row.split == "test"]
            continue
        for row in rows:
            if row.split != "train":
                raise LabelError(f"{row.where}: split is '{row.split}', training reads only 'train'; leave the row out")
            if row.source not in ("", WRITTEN):
                raise LabelError(
                    f"{row.where}: source is '{row.source}', a real document; training reads written rows, your own (without source), "
                    "and stand-off labels of the role train (--documents)"
                )
        learnt += rows
    resolution = resolve(read_standoff(codebook, role="train"), read_copies(documents)) if documents else None
    if resolution:
        learnt += resolution.sentences
    if not learnt:
        raise ModelError(f"{', '.join(map(str, sources))}: no training sentence in it; expected rows of the split train")
    return Material(tuple(learnt), tuple(kept), tuple(measured), resolution)


def prevalence(rows: Sequence[LabelledSentence], codebook: Codebook) -> list[float] | None:
    """Return the share of written (or a user's own) sentences that carry each code, None where no real ones stand beside them.

    How frequent codes are in the texts that will be scored is not known. The real training sentences at hand are heavy on
    enforcement and nearly silent on some codes; the written ones were planned to hold something of everything. Which
    shares serve best was chosen by leaving out one collection of real sentences at a time (benchmarks/prevalence.py).
    """
    written = [row for row in rows if row.source in ("", WRITTEN)]
    if len(written) in (0, len(rows)):
        return None
    Y = targets(written, codebook)
    judged = np.maximum((~np.isnan(Y)).sum(axis=0), 1)
    # No code is so rare that it may not be expected at all.
    return [float(share) for share in np.maximum(np.nansum(Y, axis=0), 1) / judged]


def evaluate_rows(tagger: Tagger, rows: Sequence[LabelledSentence], about: dict[str, Any] | None = None) -> Evaluation:
    """Score labelled sentences with a tagger and compare; means are over its frames and over its poles."""
    book = tagger.model.codebook
    return evaluate(
        targets(rows, book),
        tagger.predict_proba([row.text for row in rows]),
        tagger.model.decision.threshold,
        codes=book.codes,
        groups={"frames": book.frame_ids, "poles": book.pole_ids},
        documents=[row.passage for row in rows],
        about={"model": tagger.model.name, "model_hash": tagger.model.hash, "codebook": book.hash, "labels": labels_hash(rows)} | (about or {}),
    )


def _check_positives(rows: Sequence[LabelledSentence], codebook: Codebook, say: Say) -> None:
    positives = np.nansum(targets(rows, codebook), axis=0).astype(int)
    for code, count in zip(codebook.codes, positives, strict=True):
        if count == 0:
            raise ModelError(f"'{code}': no training sentence carries it; add some, or take it out of the codebook")
        if count < _FEW:
            say(f"warning: only {count} training sentences carry '{code}'; expect it to be found badly (at least {_FEW}, better 100)")


def _about(name: str, recipe: str, fitted: Fitted, material: Material, settings: Settings) -> dict[str, Any]:
    real = len(material.resolution.sentences) if material.resolution else 0
    shares = settings.prevalence
    return {
        "name": name,
        "recipe": recipe,
        "parameters": fitted.parameters,
        "labels": {"hash": labels_hash(material.train), "written": len(material.train) - real, "real": real},
        "prevalence": None if shares is None else [round(share, 4) for share in shares],
        "versions": {package: version(package) for package in ("migclass", "numpy", "scikit-learn", "scipy", *fitted.packages)},
    }
