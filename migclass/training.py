"""Labels -> model: gather what may be learnt from, fit, measure, write the card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from migclass.calibration import sharpened
from migclass.cards import model_card
from migclass.codebook import DEFAULT, Codebook, load_codebook
from migclass.errors import LabelError, ModelError
from migclass.evaluation import Evaluation, evaluate, held_out_scores
from migclass.files import replacing
from migclass.labels import SPLITS, TRAIN, WRITTEN, LabelledSentence, labels_hash, read_labels, targets
from migclass.model import Model
from migclass.plots import quality_picture
from migclass.recipes import OPTIONS, RECIPES, Fitted, Say, Settings, soft_label_table
from migclass.standoff import Resolution, read_copies, read_standoff, resolve
from migclass.tagging import Tagger

_FEW = 10
DEFAULT_RECIPE = "static"
# What shipped sentences say of a code that the shipped codebook lacks: nothing, or that they do not carry it.
UNKNOWN, NEGATIVE = "unknown", "negative"
UNJUDGED = (UNKNOWN, NEGATIVE)


@dataclass(frozen=True)
class Material:
    """What a model learns from: training sentences, sentences kept for calibrating it and for measuring it.

    ``own`` holds the places (file and line) of those that are the user's own.
    """

    train: tuple[LabelledSentence, ...]
    validation: tuple[LabelledSentence, ...]
    test: tuple[LabelledSentence, ...]
    resolution: Resolution | None = None
    own: frozenset[str] = frozenset()

    def own_of(self, rows: Sequence[LabelledSentence]) -> list[int]:
        """Return the numbers of those rows that are the user's own."""
        return [i for i, row in enumerate(rows) if row.where in self.own]


def train(
    sources: Sequence[str | Path] = (DEFAULT,),
    *,
    codebook: str | Path | None = None,
    recipe: str = DEFAULT_RECIPE,
    documents: Sequence[str | Path] = (),
    unjudged: str = UNKNOWN,
    shares: Mapping[str, float] | None = None,
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
        unjudged: what shipped sentences say of a code that the shipped codebook lacks: ``unknown``, nothing; or
            ``negative``, that they do not carry it.
        shares: by code, the share of sentences that are expected to carry it in the texts that will be scored; for other
            codes, that of the sentences that were judged for them.
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
        ModelError: there is no such recipe, nothing to learn from, a code that no judged sentence carries, or that all carry, or a
            share of no code or not between 0 and 1.
    """
    if recipe not in RECIPES:
        raise ModelError(f"{recipe}: no such recipe; expected one of {', '.join(RECIPES)}")
    given = {"encoder": encoder is not None, "soft_labels": soft_labels is not None, "seed": seed != 0}
    if idle := next((option for option, needed in OPTIONS.items() if given[option] and needed != recipe), None):
        raise ModelError(f"{idle.replace('_', '-')} goes with the recipe {OPTIONS[idle]}, and the recipe is {recipe}; leave it out")
    if seed < 0:
        raise ModelError(f"seed is {seed}; expected 0 or more")
    book = load_codebook(codebook)
    _check_shares(shares or {}, book)
    say(f"reading labels: {', '.join(map(str, (*sources, *documents)))}")
    material = gather(sources, book, documents, unjudged=unjudged)
    say(f"{len(material.train)} sentences to learn from, {len(material.validation)} to calibrate by, {len(material.test)} to measure on")
    _check_both_kinds(material.train, book, say)
    settings = Settings(_expected(material.train, book, shares or {}), jobs, encoder, soft_labels, seed, say)
    fitted = RECIPES[recipe](material.train, book, settings)
    if write_soft_labels:
        with replacing(write_soft_labels, force=force) as file:
            file.write(soft_label_table(fitted, material.train, book).encode())
    decision = fitted.decision
    if material.validation:
        logits = fitted.scorer.logits([row.text for row in material.validation])
        decision = sharpened(decision, logits, targets(material.validation, book))
    say("measuring")
    model = Model(fitted.scorer, decision, book, _about(name, recipe, fitted, material, settings, shares) | _out_of_fold(fitted, material, book))
    quality = evaluate_rows(Tagger(model), material.test) if material.test else None
    if quality is None:
        return replace(model, card=model_card(model.about, book))
    about = model.about | {"quality": quality.as_dict()}
    return replace(model, about=about, card=model_card(about, book), picture=quality_picture(about["quality"]))


def gather(sources: Sequence[str | Path], codebook: Codebook, documents: Sequence[str | Path] = (), *, unjudged: str = UNKNOWN) -> Material:
    """Read what a model may learn from and what it is measured on.

    The split train is learnt from, probabilities are corrected by validation, and test is measured on, in the labels
    that ship and in a user's own. Rows of real documents are refused: their text comes through stand-off labels of the
    role train.
    """
    if unjudged not in UNJUDGED:
        raise ModelError(f"unjudged is '{unjudged}'; expected one of {', '.join(UNJUDGED)}")
    parts = [(str(source) != DEFAULT, _read(source, codebook, unjudged)) for source in sources]
    rows = [row for _, part in parts for row in part]
    resolution = resolve(read_standoff(codebook, role="train"), read_copies(documents)) if documents else None
    if resolution:
        rows += _fill_in(resolution.sentences, codebook, unjudged)
    train, validation, test = (tuple(row for row in rows if row.split == split) for split in SPLITS)
    if not train:
        raise ModelError(f"{', '.join(map(str, sources))}: no training sentence in it; expected rows of the split train")
    return Material(train, validation, test, resolution, frozenset(row.where for own, part in parts if own for row in part))


def _read(source: str | Path, codebook: Codebook, unjudged: str) -> list[LabelledSentence]:
    rows = read_labels(source, codebook=codebook)
    if str(source) == DEFAULT:
        return _fill_in(rows, codebook, unjudged)
    if real := next((row for row in rows if row.source not in ("", WRITTEN)), None):
        raise LabelError(
            f"{real.where}: source is '{real.source}', a real document; training reads written rows, your own (without source), "
            "and stand-off labels of the role train (--documents)"
        )
    return rows


def _fill_in(rows: Sequence[LabelledSentence], codebook: Codebook, unjudged: str) -> list[LabelledSentence]:
    """Return shipped rows; if what is not judged is negative, those to learn from do not carry codes that the shipped codebook lacks."""
    lacking = tuple(code for code in codebook.codes if code not in load_codebook().column)
    if unjudged == UNKNOWN or not lacking:
        return list(rows)
    return [replace(row, coded=(*(row.coded or ()), *lacking)) if row.split == TRAIN else row for row in rows]


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


def measured_on(tagger: Tagger, rows: Sequence[LabelledSentence]) -> dict[str, Any]:
    """Return what an evaluation says of the model and the labels that it is of."""
    model = tagger.model
    return {"model": model.name, "model_hash": model.hash, "codebook": model.codebook.hash, "labels": labels_hash(rows)}


def _check_shares(shares: Mapping[str, float], codebook: Codebook) -> None:
    for code, share in shares.items():
        if code not in codebook.column:
            raise ModelError(f"a share is given for '{code}', which the codebook lacks; expected one of {', '.join(codebook.codes)}")
        if not 0 < share < 1:
            raise ModelError(f"the share of '{code}' is {share}; expected a number between 0 and 1, such as 0.1")


def _expected(rows: Sequence[LabelledSentence], codebook: Codebook, shares: Mapping[str, float]) -> list[float] | None:
    """Return how frequent each code is expected to be, None where it is just as in the training sentences."""
    found = prevalence(rows, codebook)
    if not shares:
        return found
    found = found or np.nanmean(targets(rows, codebook), axis=0).tolist()
    return [shares.get(code, share) for code, share in zip(codebook.codes, found, strict=True)]


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
        about=measured_on(tagger, rows) | (about or {}),
    )


def _check_both_kinds(rows: Sequence[LabelledSentence], codebook: Codebook, say: Say) -> None:
    """Refuse a code that has nothing to learn from: nobody judged it, no sentence carries it, or every judged one does."""
    Y = targets(rows, codebook)
    for code, carried, judged in zip(codebook.codes, (Y > 0).sum(axis=0).tolist(), (~np.isnan(Y)).sum(axis=0).tolist(), strict=True):
        if carried == 0:
            raise ModelError(f"'{code}': no training sentence carries it; add some, or take it out of the codebook")
        if carried == judged:
            raise ModelError(
                f"'{code}': all {judged} sentences that were judged for it carry it, so there is nothing to tell it from; add sentences that were "
                "judged and do not carry it (the share at random of migclass labels suggest), or give --unjudged negative if none that ships does"
            )
        if judged < len(rows) / 2:
            say(f"'{code}': learnt from the {judged} sentences that were judged for it; in the other {len(rows) - judged} it is unknown")
        if carried < _FEW:
            say(f"warning: only {carried} training sentences carry '{code}'; expect it to be found badly (at least {_FEW}, better 100)")
        if judged - carried < _FEW:
            say(f"warning: only {judged - carried} sentences were judged for '{code}' and do not carry it; expect it to be tagged too often")


def _about(name: str, recipe: str, fitted: Fitted, material: Material, settings: Settings, shares: Mapping[str, float] | None) -> dict[str, Any]:
    real = len(material.resolution.sentences) if material.resolution else 0
    sides = {"train": material.train, "validation": material.validation, "test": material.test}
    own = {split: len(material.own_of(rows)) for split, rows in sides.items()} if material.own else None
    expected = settings.prevalence
    return {
        "name": name,
        "recipe": recipe,
        "parameters": fitted.parameters,
        "labels": {"hash": labels_hash(material.train), "written": len(material.train) - real, "real": real} | ({"own": own} if own else {}),
        "prevalence": None if expected is None else [round(share, 4) for share in expected],
        **({"shares": dict(shares)} if shares else {}),
        "versions": {package: version(package) for package in ("migclass", "numpy", "scikit-learn", "scipy", *fitted.packages)},
    }


def _out_of_fold(fitted: Fitted, material: Material, codebook: Codebook) -> dict[str, Any]:
    """Return how well codes are found in the user's own training sentences, each scored by a model that had not seen it."""
    own = material.own_of(material.train)
    if not own:
        return {}
    rows = [material.train[i] for i in own]
    scores = held_out_scores(
        targets(rows, codebook),
        fitted.held_out[own],
        fitted.held_out_tags[own],
        codes=codebook.codes,
        documents=[row.passage for row in rows],
    )
    about = {"sentences": len(rows), "passages": len({row.passage for row in rows}), "codes": [score.as_dict() for score in scores]}
    return {"out_of_fold": about}
