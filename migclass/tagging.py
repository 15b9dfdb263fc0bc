"""Model + sentences -> scores and tags. Arrow record batch in, Arrow record batch out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from migclass.arrow import numbers, strings
from migclass.features import as_column
from migclass.model import Model, load_model
from migclass.sentences import split_sentences

# The columns that scoring adds, in this order.
TAG_COLUMNS = ("frames", "poles", "unsure", "scores", "model", "codebook")


@dataclass(frozen=True)
class Tags:
    """One tagged sentence.

    ``frames`` and ``poles`` are the codes at or above their thresholds, ``unsure`` those whose probability is too
    near the threshold to rely on, ``scores`` the probability of every code. ``start`` and ``end`` are
    offsets into the document's text, in characters; None where there is no document. ``model`` (name and hash) and
    ``codebook`` (version and hash) are what made the tags.
    """

    text: str
    frames: tuple[str, ...]
    poles: tuple[str, ...]
    unsure: tuple[str, ...]
    scores: dict[str, float]
    start: int | None = None
    end: int | None = None
    model: str = ""
    codebook: str = ""


@dataclass(frozen=True)
class Explanation:
    """What drove the scores of one sentence, in calibrated log-odds.

    ``contributions`` has a row a word and a column a code; ``base`` is what every sentence starts from, shape (k,).
    If ``exact``, the contributions of a column and its base sum to the log-odds of the probability in ``tags.scores``;
    else each says by how much the log-odds fall when the word is left out.
    """

    tags: Tags
    words: tuple[str, ...]
    contributions: np.ndarray
    base: np.ndarray
    exact: bool


class Tagger:
    """Scores sentences with a model.

    >>> tagger = load()
    >>> tags = tagger.tag(["Remittances now exceed aid to the region three times over."])[0]
    >>> tags.frames, tags.poles
    (('development',), ('benefit',))
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    @property
    def codes(self) -> tuple[str, ...]:
        """The ids of the codes, in column order."""
        return self.model.codebook.codes

    def predict_proba(self, sentences: Iterable[str] | pa.Array) -> np.ndarray:
        """Return the calibrated probability of each code in each sentence, float32 of shape (n, k)."""
        return self.model.probabilities(sentences)

    def predict(self, sentences: Iterable[str] | pa.Array) -> np.ndarray:
        """Return which codes reach their thresholds, bool of shape (n, k)."""
        return self.predict_proba(sentences) >= self.model.decision.threshold

    def tag(self, sentences: Iterable[str]) -> list[Tags]:
        """Return the tags of each sentence, in order."""
        texts = as_column(sentences).to_pylist()
        return self._tags(texts, [(None, None)] * len(texts))

    def tag_document(self, text: str) -> list[Tags]:
        """Split a text into sentences and tag each; offsets count characters from the start of ``text``."""
        spans = split_sentences(text)
        return self._tags([span.text for span in spans], [(span.start, span.end) for span in spans])

    def explain(self, sentence: str) -> Explanation:
        """Return what each word of a sentence adds to the log-odds of each code.

        >>> found = load().explain("Remittances pay for schools.")
        >>> found.words, found.contributions.shape, found.exact
        (('remittances', 'pay', 'for', 'schools'), (4, 19), True)
        """
        return self.explain_all([sentence])[0]

    def explain_all(self, sentences: Sequence[str]) -> list[Explanation]:
        """Return what `explain` does of each sentence; of many at once it takes less time."""
        decision, scorer = self.model.decision, self.model.scorer
        base = scorer.logits([""])[0] * decision.scale + decision.offset
        found = zip(self.tag(sentences), scorer.contributions(sentences), strict=True)
        return [Explanation(tags, words, added * decision.scale, base, scorer.exact) for tags, (words, added) in found]

    def _tags(self, texts: Sequence[str], places: Sequence[tuple[int | None, int | None]]) -> list[Tags]:
        if not texts:
            return []
        columns = self.columns(self.predict_proba(texts))
        rows = pa.RecordBatch.from_pydict(columns).to_pylist()
        return [
            Tags(text, tuple(row["frames"]), tuple(row["poles"]), tuple(row["unsure"]), row["scores"], *place, row["model"], row["codebook"])
            for text, row, place in zip(texts, rows, places, strict=True)
        ]

    def score_batch(self, batch: pa.RecordBatch, *, text_column: str = "text") -> pa.RecordBatch:
        """Return the batch with the columns of TAG_COLUMNS added; rows keep their order, columns their names.

        Raises:
            KeyError: there is no column ``text_column``.
            ValueError: the batch has a column of one of these names already.
        """
        if taken := [name for name in TAG_COLUMNS if name in batch.schema.names]:
            raise ValueError(f"the batch has a column '{taken[0]}' already; rename it")
        columns = self.columns(self.predict_proba(as_column(batch.column(text_column))))
        for name, column in columns.items():
            batch = batch.append_column(name, column)
        return batch

    def columns(self, probabilities: np.ndarray) -> dict[str, pa.Array]:
        """Return the tag columns, by name, for probabilities of shape (n, k)."""
        decision, book = self.model.decision, self.model.codebook
        tagged = probabilities >= decision.threshold
        unsure = (probabilities >= decision.low) & (probabilities < decision.high)
        n, frames = len(probabilities), len(book.frames)
        return {
            "frames": _lists(tagged[:, :frames], book.frame_ids),
            "poles": _lists(tagged[:, frames:], book.pole_ids),
            "unsure": _lists(unsure, book.codes),
            "scores": pa.StructArray.from_arrays([numbers(column) for column in np.ascontiguousarray(probabilities.T)], names=list(book.codes)),
            "model": _constant(self.model.mark, n),
            "codebook": _constant(f"v{book.version} {book.hash}", n),
        }


def _lists(marks: np.ndarray, ids: Sequence[str]) -> pa.ListArray:
    """Turn bool marks of shape (n, ids) into a list of ids a row."""
    rows, places = np.nonzero(marks)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(marks)))])
    return pa.ListArray.from_arrays(numbers(offsets.astype(np.int32)), strings(ids).cast(pa.string()).take(numbers(places)))


def _constant(value: Any, n: int) -> pa.Array:
    return pa.repeat(strings([value]).cast(pa.string())[0], n)


def load(name: str | Path | None = None) -> Tagger:
    """Return a tagger with a model: the default, a shipped model by its name, or a model folder.

    Raises:
        ModelError: there is no such model, or the folder is damaged or not ours.
    """
    return Tagger(load_model(name))
