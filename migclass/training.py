"""Labels -> model: gather what may be learnt from, fit, measure, write the card."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from migclass import labels as label_files
from migclass.cards import model_card
from migclass.classifiers import FrameClassifier
from migclass.codebook import Codebook, load_codebook
from migclass.errors import LabelError, ModelError
from migclass.evaluation import Evaluation, evaluate
from migclass.labels import WRITTEN, LabelledSentence, read_labels, targets
from migclass.model import Model
from migclass.standoff import Resolution, read_copies, read_standoff, resolve
from migclass.tagging import Tagger

_FEW = 10
_RARER = 1 / 6
Say = Callable[[str], None]


@dataclass(frozen=True)
class Material:
    """What a model learns from: training sentences, and sentences kept for measuring it."""

    train: tuple[LabelledSentence, ...]
    test: tuple[LabelledSentence, ...]
    resolution: Resolution | None


def ngram(rows: Sequence[LabelledSentence], codebook: Codebook, prevalence: np.ndarray | None, *, jobs: int | None) -> FrameClassifier:
    """Recipe: word, word-pair and part-of-word counts with the codebook's cues, one logistic regression a code."""
    cues = [code.cues for code in codebook.entries]
    shares = None if prevalence is None else [float(share) for share in prevalence]
    classifier = FrameClassifier(cues, prevalence=shares, n_jobs=jobs)
    return classifier.fit([row.text for row in rows], targets(rows, codebook), groups=[row.passage for row in rows])


RECIPES = {"ngram": ngram}
DEFAULT_RECIPE = "ngram"


def train(
    sources: Sequence[str | Path] = (label_files.DEFAULT,),
    *,
    codebook: str | Path | None = None,
    recipe: str = DEFAULT_RECIPE,
    documents: Sequence[str | Path] = (),
    name: str = "mine",
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
        jobs: threads.
        say: called with lines about progress and warnings.

    Raises:
        LabelError: a label row is broken or may not be learnt from.
        ModelError: there is no such recipe, nothing to learn from, or a code that no sentence carries.
    """
    if recipe not in RECIPES:
        raise ModelError(f"{recipe}: no such recipe; expected one of {', '.join(RECIPES)}")
    book = load_codebook(codebook)
    material = gather(sources, book, documents)
    _check_positives(material.train, book, say)
    say(f"training on {len(material.train)} sentences with recipe {recipe}")
    classifier = RECIPES[recipe](material.train, book, prevalence(material.train, book), jobs=jobs)
    model = Model(classifier.linear_, book, _about(name, recipe, classifier, material))
    quality = evaluate_rows(Tagger(model), material.test) if material.test else None
    about = model.about | ({"quality": quality.as_dict()} if quality else {})
    return Model(model.linear, book, about, model_card(about, book))


def gather(sources: Sequence[str | Path], codebook: Codebook, documents: Sequence[str | Path] = ()) -> Material:
    """Read what a model may learn from and what it is measured on.

    From the labels that ship, the split train is learnt from and test measured on. From a user's file, every row is
    learnt from. Rows of real documents are refused: their text comes through stand-off labels of the role train.
    """
    learnt: list[LabelledSentence] = []
    measured: list[LabelledSentence] = []
    for source in sources:
        rows = read_labels(source, codebook=codebook)
        if str(source) == label_files.DEFAULT:
            learnt += [row for row in rows if row.split == "train"]
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
    return Material(tuple(learnt), tuple(measured), resolution)


def prevalence(rows: Sequence[LabelledSentence], codebook: Codebook) -> np.ndarray | None:
    """Return the share of real sentences that carry each code, from the stand-off labels that ship, shape (k,).

    Written sentences are balanced over codes and real ones are not, so probabilities and thresholds are set for other
    shares. The real sentences at hand are heavy on enforcement and nearly silent on some codes, so none counts as rarer than
    a sixth of its share in the training rows. A code that the stand-off labels don't know keeps its share there. None
    for a codebook that lacks some of the codes that ship.
    """
    shipped = load_codebook().codes
    known = np.isin(codebook.codes, shipped)
    if known.sum() < len(shipped):
        return None
    real = read_standoff(codebook, role="train")
    written = np.nanmean(targets(rows, codebook), axis=0)
    counts = np.zeros(len(codebook.codes))
    for label in real:
        counts[[codebook.column[code] for code in (*label.frames, *label.poles)]] += 1
    return np.where(known, np.maximum(counts / len(real), written * _RARER), written)


def evaluate_rows(tagger: Tagger, rows: Sequence[LabelledSentence], about: dict[str, Any] | None = None) -> Evaluation:
    """Score labelled sentences with a tagger and compare; means are over its frames and over its poles."""
    book = tagger.model.codebook
    return evaluate(
        targets(rows, book),
        tagger.predict_proba([row.text for row in rows]),
        tagger.model.linear.decision.threshold,
        codes=book.codes,
        groups={"frames": book.frame_ids, "poles": book.pole_ids},
        documents=[row.passage for row in rows],
        about={"model": tagger.model.name, "model_hash": tagger.model.hash, "codebook": book.hash, "labels": labels_hash(rows)} | (about or {}),
    )


def labels_hash(rows: Sequence[LabelledSentence]) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of rows, whatever their order."""
    lines = sorted(f"{row.text}\t{','.join(sorted(row.codes))}\t{row.coded}" for row in rows)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()[:16]


def _check_positives(rows: Sequence[LabelledSentence], codebook: Codebook, say: Say) -> None:
    positives = np.nansum(targets(rows, codebook), axis=0).astype(int)
    for code, count in zip(codebook.codes, positives, strict=True):
        if count == 0:
            raise ModelError(f"'{code}': no training sentence carries it; add some, or take it out of the codebook")
        if count < _FEW:
            say(f"warning: only {count} training sentences carry '{code}'; expect it to be found badly (at least {_FEW}, better 100)")


def _about(name: str, recipe: str, classifier: FrameClassifier, material: Material) -> dict[str, Any]:
    real = len(material.resolution.sentences) if material.resolution else 0
    parameters = {k: v for k, v in classifier.get_params().items() if k not in ("cues", "n_jobs", "prevalence")}
    shares = classifier.prevalence
    return {
        "name": name,
        "recipe": recipe,
        "parameters": parameters,
        "labels": {"hash": labels_hash(material.train), "written": len(material.train) - real, "real": real},
        "prevalence": None if shares is None else [round(share, 4) for share in shares],
        "versions": {package: version(package) for package in ("migclass", "numpy", "scikit-learn", "scipy")},
    }
