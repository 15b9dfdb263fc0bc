"""Labels that are likely wrong: decisions that a model disputes which learnt from all passages but theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from migclass.codebook import Codebook
from migclass.decisions import log_odds
from migclass.errors import LabelError
from migclass.labels import LabelledSentence, targets
from migclass.recipes import RECIPES, Say, Settings

# Fine-tuning an encoder for each fold takes hours, and shipped soft labels have seen the sentences.
RECIPES_THAT_DOUBT = ("ngram", "static")


@dataclass(frozen=True)
class Doubt:
    """A label that looks wrong: whether ``row`` was given ``code``, and the probability that a model gives it which has not seen the passage."""

    row: LabelledSentence
    code: str
    given: bool
    probability: float

    def __str__(self) -> str:
        return f"{'has' if self.given else 'lacks'} '{self.code}', which is {self.probability:.2f} probable"


def find_doubts(
    rows: Sequence[LabelledSentence],
    codebook: Codebook,
    n: int = 50,
    *,
    recipe: str = "static",
    jobs: int | None = None,
    say: Say = lambda message: None,
) -> list[Doubt]:
    """Return the n labels that are most likely wrong, the likeliest first.

    A model is trained on all passages but some, which it then scores, until all are scored. What stands first is a reason to
    read a sentence again, not an answer.

    Args:
        rows: labelled sentences of several passages; a code that a row was not judged for is left out.
        codebook: the codes.
        n: how many.
        recipe: how to train, one of RECIPES_THAT_DOUBT.
        jobs: processes.
        say: called with lines about progress.

    Raises:
        LabelError: there are fewer than two passages, so that none can be held out.
    """
    if len({row.passage for row in rows}) < 2:
        raise LabelError("all sentences are of one passage; at least two are needed, so that a model can judge what it has not seen")
    Y = targets(rows, codebook)
    held_out = RECIPES[recipe](rows, codebook, Settings(jobs=jobs, say=say)).held_out
    places = zip(*np.unravel_index(rank_doubts(Y, held_out)[:n], Y.shape), strict=True)
    return [Doubt(rows[i], codebook.codes[j], bool(Y[i, j]), float(held_out[i, j])) for i, j in places]


def rank_doubts(Y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the flat places of labels, the likeliest errors first; those of a code that no row has, or every row, are left out.

    They are ranked by the log-odds against the label. For codes given, half the log-odds of their share are added, which are below
    0 for a rare code: a model is rarely sure of one, so that codes left out would hardly come up (benchmarks/label_errors.py).

    Args:
        Y: the labels, shape (n, k): 1, 0, nan where nobody judged.
        probabilities: of a model that has not seen them, shape (n, k), nan where there are none.

    >>> rank_doubts(np.array([[1, 1], [0, 0]]), np.array([[0.9, 0.1], [0.1, 0.2]])).tolist()
    [1, 3, 2, 0]
    """
    judged = ~np.isnan(Y + probabilities)
    share = np.where(judged, Y, 0).sum(axis=0) / np.maximum(judged.sum(axis=0), 1)
    against = np.where(Y > 0, log_odds(share) / 2 - log_odds(probabilities), log_odds(probabilities))
    ranked = judged & (share > 0) & (share < 1)
    order = np.argsort(-against, axis=None, kind="stable")
    return order[ranked.ravel()[order]]
