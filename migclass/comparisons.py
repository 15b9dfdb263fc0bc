"""Two models on the same labelled sentences: the scores of both, how far they differ, and which sentences changed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from migclass.codebook import Codebook
from migclass.decisions import log_odds
from migclass.errors import CodebookError
from migclass.evaluation import Difference, Evaluation, compare, evaluate
from migclass.labels import LabelledSentence, targets
from migclass.tagging import Tagger
from migclass.training import measured_on


@dataclass(frozen=True)
class Change:
    """A sentence that one of two models gives a code and the other does not.

    ``added`` says that it is the second that tags it, ``mended`` that the second has it right, by the label. ``first`` and ``second``
    are the probabilities.
    """

    code: str
    mended: bool
    added: bool
    first: float
    second: float
    id: str
    text: str


@dataclass(frozen=True)
class Comparison:
    """Two models on the same labelled sentences.

    ``first`` and ``second`` measure each on all of its own codes; their means are over the codes that both have. ``codes`` and ``means`` are by
    how much the second's F1 is above the first's, of each shared code with enough positives and of the means over them. ``redefined``
    are shared codes that the two codebooks define in other words. ``changes`` has the most telling first: those farthest apart, counted
    from both thresholds in log-odds.
    """

    first: Evaluation
    second: Evaluation
    codes: tuple[Difference, ...]
    means: tuple[Difference, ...]
    redefined: tuple[str, ...]
    changes: tuple[Change, ...]

    @property
    def only_first(self) -> tuple[str, ...]:
        """The ids of the codes that only the first model has."""
        return _without(self.first, self.second)

    @property
    def only_second(self) -> tuple[str, ...]:
        """The ids of the codes that only the second model has."""
        return _without(self.second, self.first)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data for JSON; what can't be said without positives is None."""
        differences = {"codes": [asdict(found) for found in self.codes], "means": [asdict(found) for found in self.means]}
        alone = {"only_first": list(self.only_first), "only_second": list(self.only_second), "redefined": list(self.redefined)}
        data = {"first": self.first.as_dict(), "second": self.second.as_dict(), "differences": differences} | alone
        return data | {"changes": [asdict(change) for change in self.changes]}


def _without(one: Evaluation, other: Evaluation) -> tuple[str, ...]:
    others = {score.code for score in other.codes}
    return tuple(score.code for score in one.codes if score.code not in others)


class _Reading(NamedTuple):
    """A model's evaluation, and of the shared codes probabilities, tags (bool), and log-odds counted from thresholds, of shape (n, shared)."""

    evaluation: Evaluation
    probabilities: np.ndarray
    tagged: np.ndarray
    margin: np.ndarray


def compare_models(first: Tagger, second: Tagger, rows: Sequence[LabelledSentence]) -> Comparison:
    """Measure two models on the same labelled sentences, and say by how much and where the second differs from the first.

    They may have different codebooks: only the codes that both have are compared. A code that was not judged in a row counts nowhere. Intervals
    are 95 %, over the same draws of blocks for both models.

    Args:
        first: the model to compare with.
        second: the model in question.
        rows: labelled sentences, read by the codebook of either or by `joined_codebook` of both.

    Raises:
        CodebookError: the two codebooks can't be joined, or share no code.
    """
    books = first.model.codebook, second.model.codebook
    book, shared = joined_codebook(*books), [code for code in first.codes if code in second.codes]
    if not shared:
        raise CodebookError("the codebooks of the two models have no code in common; compare models that share some")
    groups: dict[str, Sequence[str]] = {"frames": [c for c in shared if c in book.frame_ids], "poles": [c for c in shared if c in book.pole_ids]}
    before, after = (_read(tagger, rows, book, shared, groups) for tagger in (first, second))
    truth, documents = _columns(targets(rows, book), book, shared), [row.passage for row in rows]
    gained = partial(compare, truth, after.tagged, before.tagged, codes=shared, documents=documents)
    differences = gained(groups={code: [code] for code in shared}), gained(groups=groups)
    changes = _changes(rows, shared, truth, before, after)
    return Comparison(before.evaluation, after.evaluation, *differences, _redefined(*books), changes)


def joined_codebook(first: Codebook, second: Codebook) -> Codebook:
    """Return a codebook with the codes of both, to read labels by: either itself where it has all codes of the other.

    Raises:
        CodebookError: they pair one pole with different others.
    """
    if set(second.codes) <= set(first.codes):
        return first
    if set(first.codes) <= set(second.codes):
        return second
    frames = [frame for frame in second.frames if frame.id not in first.column]
    tensions = [tension for tension in second.tensions if not any(pole.id in first.column for pole in tension.poles)]
    book = replace(first, frames=(*first.frames, *frames), tensions=(*first.tensions, *tensions), source=first.source + second.source)
    if left := next((code for code in second.codes if code not in book.column), None):
        raise CodebookError(f"'{left}': its tension has other poles in the other codebook; compare models that pair their poles alike")
    return book


def _redefined(first: Codebook, second: Codebook) -> tuple[str, ...]:
    same = first.shared(second)
    return tuple(code for code in first.codes if code in second.column and code not in same)


def _read(tagger: Tagger, rows: Sequence[LabelledSentence], book: Codebook, shared: Sequence[str], groups: dict[str, Sequence[str]]) -> _Reading:
    probabilities, threshold = tagger.predict_proba([row.text for row in rows]), tagger.model.decision.threshold
    Y, about = _columns(targets(rows, book), book, tagger.codes), measured_on(tagger, rows)
    documents = [row.passage for row in rows]
    evaluation = evaluate(Y, probabilities, threshold, codes=tagger.codes, groups=groups, documents=documents, about=about)
    own = tagger.model.codebook
    p, least = _columns(probabilities, own, shared), _columns(threshold, own, shared)
    return _Reading(evaluation, p, p >= least, log_odds(p) - log_odds(least))


def _columns(values: np.ndarray, book: Codebook, codes: Sequence[str]) -> np.ndarray:
    """Return the columns of some codes; the last axis of ``values`` has one for each code of the codebook."""
    return values[..., [book.column[code] for code in codes]]


def _changes(rows: Sequence[LabelledSentence], codes: Sequence[str], truth: np.ndarray, before: _Reading, after: _Reading) -> tuple[Change, ...]:
    where = np.argwhere((before.tagged != after.tagged) & ~np.isnan(truth))
    apart = np.abs(after.margin - before.margin)[tuple(where.T)]
    found = []
    for i, j in where[np.argsort(-apart, kind="stable")].tolist():
        added, labelled = bool(after.tagged[i, j]), bool(truth[i, j] > 0)
        chances = float(before.probabilities[i, j]), float(after.probabilities[i, j])
        found.append(Change(codes[j], added == labelled, added, *chances, rows[i].id, rows[i].text))
    return tuple(found)
