"""Recipes: ways from labelled sentences to something that scores. Each is a function; `migclass train --recipe` takes its name."""

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from migclass.calibration import decide, grouped_folds, stack
from migclass.classifiers import FrameClassifier
from migclass.codebook import Codebook
from migclass.decisions import Decision
from migclass.encoder import Encoder
from migclass.errors import LabelError
from migclass.labels import LabelledSentence, targets
from migclass.resources import resource
from migclass.scorers import Scorer
from migclass.vectors import WordVectors, load_vectors

Say = Callable[[str], None]
# Each fold of an encoder takes minutes.
_ENCODER_FOLDS = 4


@dataclass(frozen=True)
class Settings:
    """What a recipe may be told: shares of codes in real text, processes, the encoder to start from, soft labels, a seed."""

    prevalence: Sequence[float] | None = None
    jobs: int | None = None
    encoder: str | None = None
    soft_labels: str | Path | None = None
    seed: int = 0
    say: Say = field(default=lambda message: None)


# Options that mean something to one recipe only.
OPTIONS = {"encoder": "encoder", "seed": "encoder", "soft_labels": "distilled"}


@dataclass(frozen=True)
class Fitted:
    """What a recipe gives: a scorer, how to read it, what it said of training sentences that it had not seen, and its options.

    ``held_out`` holds probabilities as frequent as in the training sentences, shape (n, k), nan where nothing was held out;
    ``held_out_tags`` says which codes were tagged there by the decision's thresholds. ``packages`` are those besides
    migclass's own that it was made with.
    """

    scorer: Scorer
    decision: Decision
    held_out: np.ndarray
    held_out_tags: np.ndarray
    parameters: dict[str, Any]
    packages: tuple[str, ...] = ()


def ngram(rows: Sequence[LabelledSentence], codebook: Codebook, settings: Settings) -> Fitted:
    """Words, word pairs and parts of words, counted, with the codebook's cue words; one logistic regression a code."""
    return _linear(rows, codebook, settings)


def static(rows: Sequence[LabelledSentence], codebook: Codebook, settings: Settings) -> Fitted:
    """`ngram` and, beside its counts, vectors that a sentence encoder gives single words; all of it ends in a weight a word."""
    return _linear(rows, codebook, settings, vectors=load_vectors())


def distilled(rows: Sequence[LabelledSentence], codebook: Codebook, settings: Settings) -> Fitted:
    """The shape of `static`, fitted to what an ensemble of encoder and counts says of each sentence (Hinton et al. 2015).

    Its soft labels were made out of fold; a sentence without them counts by its label.
    """
    source = Path(settings.soft_labels) if settings.soft_labels else resource("labels", "soft-labels.csv")
    soft = read_soft_labels(source, rows, codebook)
    settings.say(f"{np.isfinite(soft).any(axis=1).sum()} of {len(rows)} sentences have soft labels")
    fitted = _linear(rows, codebook, settings, soft=soft, vectors=load_vectors())
    return replace(fitted, parameters=fitted.parameters | {"soft_labels": hashlib.sha256(source.read_bytes()).hexdigest()[:16]})


def encoder(rows: Sequence[LabelledSentence], codebook: Codebook, settings: Settings) -> Fitted:
    """A fine-tuned sentence encoder beside `ngram`; their log-odds are added with weights chosen out of fold."""
    from migclass.finetuning import Schedule, finetune

    plan = Schedule(seed=settings.seed)
    Y, texts, passages = targets(rows, codebook), [row.text for row in rows], [row.passage for row in rows]
    counted = _classifier(codebook, settings).fit(texts, Y, groups=passages, say=settings.say)
    folds = grouped_folds(len(rows), passages, _ENCODER_FOLDS)
    tuned = finetune(texts, Y, folds, start=settings.encoder, schedule=plan, jobs=settings.jobs, say=settings.say)
    mix, bias = stack(tuned.held_out, counted.held_out_, Y)
    logits = tuned.held_out * mix[0] + counted.held_out_ * mix[1] + bias
    decision = decide(logits, Y, settings.prevalence)
    scorer = Encoder(tuned.network, tuned.tokenizer, counted.linear_, mix, bias, plan.longest)
    parameters = {"start": settings.encoder or "all-MiniLM-L6-v2", "folds": _ENCODER_FOLDS} | asdict(plan)
    packages = ("torch", "transformers", "onnx", "onnxruntime")
    return Fitted(scorer, decision, *_held_out(logits, Y, decision, settings), parameters, packages)


def read_soft_labels(path: Path, rows: Sequence[LabelledSentence], codebook: Codebook) -> np.ndarray:
    """Return the soft labels of rows, by id: probabilities of shape (n, k), nan for a row without.

    The file is CSV with an id and a column a code of the codebook, in any order; of a code that has no column it says nothing.

    Raises:
        LabelError: the file can't be read, has no code, or holds something else than a number from 0 to 1.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            names = table.fieldnames or ()
            if "id" not in names or not set(names) & set(codebook.codes):
                raise LabelError(f"{path}: no column 'id', or none of a code; expected id and a column for each code of the codebook")
            known = {line["id"]: [float(line[code]) if code in names else np.nan for code in codebook.codes] for line in table}
    except OSError as error:
        raise LabelError(f"{path}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise LabelError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    except (ValueError, TypeError) as error:
        raise LabelError(f"{path}: {error}; expected a number from 0 to 1 in every column but id") from None
    nothing = [float("nan")] * len(codebook.codes)
    soft = np.array([known.get(row.id, nothing) for row in rows])
    if not ((soft >= 0) & (soft <= 1) | np.isnan(soft)).all():
        raise LabelError(f"{path}: a number is not from 0 to 1")
    if not np.isfinite(soft).any():
        raise LabelError(f"{path}: holds none of the {len(rows)} training sentences; expected their ids")
    return soft


def soft_label_table(fitted: Fitted, rows: Sequence[LabelledSentence], codebook: Codebook) -> str:
    """Return what a fitted recipe said of its training sentences out of fold, as the CSV that `read_soft_labels` reads."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("id", *codebook.codes))
    writer.writerows((row.id, *(f"{round(float(p), 3):g}" for p in said)) for row, said in zip(rows, fitted.held_out, strict=True) if row.id)
    return table.getvalue()


def _linear(
    rows: Sequence[LabelledSentence],
    codebook: Codebook,
    settings: Settings,
    soft: np.ndarray | None = None,
    vectors: WordVectors | None = None,
) -> Fitted:
    classifier = _classifier(codebook, settings).set_params(vectors=vectors)
    Y = targets(rows, codebook)
    classifier.fit([row.text for row in rows], Y, groups=[row.passage for row in rows], soft=soft, say=settings.say)
    parameters = {k: v for k, v in classifier.get_params().items() if k not in ("cues", "n_jobs", "prevalence", "vectors")}
    decision = classifier.decision_
    return Fitted(classifier.linear_, decision, *_held_out(classifier.held_out_, Y, decision, settings), parameters)


def _held_out(logits: np.ndarray, Y: np.ndarray, decision: Decision, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities as frequent as in Y, and what the decision tags."""
    plain = decision if settings.prevalence is None else decide(logits, Y, None)
    return plain.probabilities(logits), decision.probabilities(logits) >= decision.threshold


def _classifier(codebook: Codebook, settings: Settings) -> FrameClassifier:
    return FrameClassifier([code.cues for code in codebook.entries], prevalence=settings.prevalence, n_jobs=settings.jobs)


RECIPES: dict[str, Callable[[Sequence[LabelledSentence], Codebook, Settings], Fitted]] = {
    "ngram": ngram,
    "static": static,
    "distilled": distilled,
    "encoder": encoder,
}
