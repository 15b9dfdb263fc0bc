"""How far to trust the tags of a text: how well the model was measured, and whether the text is like what it was measured on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any

import numpy as np

from migclass.codebook import Codebook
from migclass.errors import DocumentError, ModelError
from migclass.evaluation import Evaluation
from migclass.labels import labels_hash, read_labels
from migclass.languages import foreign_language
from migclass.tagfiles import TaggedSentences
from migclass.tagging import Tagger

# Sentences of a kind of text, and of the text at hand, before their averages say anything.
_LEAST = 30
# A text is unlike what was measured when its average is outside the range of the kinds of text there, widened by this share of it
# on both sides since they are not all that there are, by more than so many standard errors.
_WIDER = 0.5
_ERRORS = 2
# Documents whose language is looked at, and how much of each.
_LANGUAGES = 50
_SENTENCES = 40
# A label whose F1 is below this is more often wrong than a reader would think.
_WEAK = 0.6

_UNKNOWN, _LENGTH, _SILENT = "words that the model does not know", "words in a sentence", "sentences without any tag"


@dataclass(frozen=True)
class Likeness:
    """An average of this text, and the lowest and the highest that a kind of text has among those the model was measured on.

    ``beyond`` says that the text lies well outside of them, by more than chance explains. Few unknown words are never too few.
    """

    name: str
    value: float
    low: float
    high: float
    beyond: bool

    @property
    def share(self) -> bool:
        """Whether it is a share."""
        return self.name != _LENGTH


@dataclass(frozen=True)
class Label:
    """How well a code was measured: its F1 with interval, on so many sentences that have it."""

    code: str
    f1: float
    low: float
    high: float
    positives: int

    @property
    def weak(self) -> bool:
        """Whether one should not rely on it."""
        return self.f1 < _WEAK


@dataclass(frozen=True)
class Trust:
    """What is known of the model's quality and of this text's likeness to what it was measured on.

    ``quality`` is what the model says about itself, empty where the model is not at hand; ``written`` says that it was
    measured on the shipped split test. ``unsure`` is the share of tags that are too
    near their thresholds, ``unknown`` that of words that the model does not know.
    """

    quality: dict[str, Any]
    labels: tuple[Label, ...]
    written: bool
    likeness: tuple[Likeness, ...]
    unknown: float | None
    unsure: float
    warnings: tuple[str, ...]

    @cached_property
    def by_code(self) -> dict[str, Label]:
        """The quality of each code that was measured, by its id."""
        return {label.code: label for label in self.labels}

    @property
    def weak(self) -> list[str]:
        """The ids of the codes that one should not rely on."""
        return [label.code for label in self.labels if label.weak]


def trust(tags: TaggedSentences, names: Mapping[str, str], tagger: Tagger | None) -> Trust:
    """Return how far the tags of a text can be trusted; ``tagger`` is what tagged them, if it is at hand."""
    quality = _quality(tagger) if tagger else {}
    texts = tags.rows.column("text").to_pylist()
    here = _averaged(tagger, texts, np.asarray(tags.tagged.any(axis=1))) if tagger else {}
    kinds = _kinds(tagger, quality) if tagger else []
    likeness = _likeness(here, kinds) if len(texts) >= _LEAST else ()
    return Trust(
        quality=quality,
        labels=tuple(_labels(quality, tags.codebook)),
        written=bool(kinds),
        likeness=likeness,
        unknown=float(here[_UNKNOWN].mean()) if here else None,
        unsure=float((tags.tagged & tags.unsure).sum() / max(tags.tagged.sum(), 1)),
        warnings=tuple(_warnings(tags, names, tagger, likeness)),
    )


def _quality(tagger: Tagger) -> dict[str, Any]:
    """Return how well a model was measured, as plain data; nothing where it was not."""
    if not (quality := tagger.model.about.get("quality")):
        return {}
    try:
        return Evaluation.from_dict(quality).as_dict()
    except DocumentError as error:
        raise ModelError(f"{tagger.model.name}: quality in its model.json: {error}") from None


def _labels(quality: dict[str, Any], book: Codebook) -> Iterator[Label]:
    for measured in quality.get("codes", ()):
        if measured["code"] in book.column and measured["f1"] is not None:
            yield Label(*(measured[name] for name in ("code", "f1", "low", "high", "positives")))


def _warnings(tags: TaggedSentences, names: Mapping[str, str], tagger: Tagger | None, likeness: Sequence[Likeness]) -> Iterator[str]:
    if tagger is None:
        yield "The model that made these tags is not at hand, so nothing can be said of how well it was measured."
    for name, language in _foreign(tags, names):
        yield f"{name} looks like {language}. The model reads English only; these tags mean nothing."
    if len(tags) < _LEAST:
        yield f"There are only {len(tags)} sentences: too few for shares to mean much, or to tell whether the model knows such texts."
    if beyond := [item for item in likeness if item.beyond]:
        what = " and ".join(f"{'more' if item.value > item.high else 'fewer'} {item.name}" for item in beyond)
        yield f"This text is unlike anything the model was measured on: it has {what} than any kind of text there. Quality here may be lower."


def _foreign(tags: TaggedSentences, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    firsts = np.unique(tags.document, return_index=True)[1][:_LANGUAGES]
    for first in firsts.tolist():
        name = names[tags.rows.column("document")[first].as_py()]
        end = first + int((tags.document[first : first + _SENTENCES] == tags.document[first]).sum())
        if language := foreign_language(" ".join(tags.rows.column("text")[first:end].to_pylist())):
            yield name, language


_Averaged = dict[str, np.ndarray]


def _averaged(tagger: Tagger, texts: list[str], tagged: np.ndarray) -> _Averaged:
    """Return what is compared between texts, a value a sentence."""
    lengths = np.array([len(text.split()) for text in texts], float)
    return {_UNKNOWN: tagger.model.scorer.unknown_words(texts), _LENGTH: lengths, _SILENT: (~tagged).astype(float)}


def _kinds(tagger: Tagger, quality: dict[str, Any]) -> list[_Averaged]:
    """Return what is compared of each kind of text in the shipped split test; nothing if the model was measured on other labels."""
    rows = read_labels(codebook=tagger.model.codebook, split="test") if quality else []
    if not rows or quality.get("about", {}).get("labels") != labels_hash(rows):
        return []
    genre = attrgetter("genre")
    kinds = (list(group) for _, group in groupby(sorted(rows, key=genre), key=genre))
    return [_averaged(tagger, [row.text for row in kind], np.array([bool(row.codes) for row in kind])) for kind in kinds if len(kind) >= _LEAST]


def _likeness(here: _Averaged, kinds: list[_Averaged]) -> tuple[Likeness, ...]:
    """Return how a text compares with kinds of text."""
    return tuple(_compare(name, values, [float(kind[name].mean()) for kind in kinds]) for name, values in here.items() if kinds)


def _compare(name: str, values: np.ndarray, averages: list[float]) -> Likeness:
    mean, error = float(values.mean()), _ERRORS * float(values.std()) / len(values) ** 0.5
    low, high = min(averages), max(averages)
    room = _WIDER * (high - low) + error
    return Likeness(name, mean, low, high, mean > high + room or (mean < low - room and name != _UNKNOWN))
