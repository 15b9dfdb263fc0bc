"""Claims about profiles, such as ``CODE.share[2016:] > CODE.share[:2015]``, and in how many ways of counting they hold."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from migclass.codebook import Codebook
from migclass.decisions import log_odds
from migclass.errors import ClaimError
from migclass.model import Model, load_model, shipped_models
from migclass.profiles import BALANCE, CONTESTED, ENGAGED, SENTENCES, Counts, by_document, column_values, count, draw, in_blocks, ratio
from migclass.tagfiles import TaggedSentences

# What is added to the log-odds of every threshold.
SHIFTS = (-0.5, 0.0, 0.5)
_MEASURES = {"share": SENTENCES, BALANCE: BALANCE, ENGAGED: ENGAGED, CONTESTED: CONTESTED}
_TERM = re.compile(r"(\w+)\.(\w+)(?:\[([^\[\]]*)\])?")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_RANGE = re.compile(rf"({_NUMBER.pattern})?:({_NUMBER.pattern})?")
_FORM = "CODE.share[SELECTION] > CODE.share[SELECTION] or TENSION.balance[SELECTION] < NUMBER"


@dataclass(frozen=True)
class Term:
    """One side of a claim: the share of a frame or pole, or the balance, engaged or contested share of a tension, among some sentences.

    ``selection`` is a value of the column that makes groups, a range of numbers such as ``2016:``, ``:2015`` and ``2010:2015`` (both ends
    belong to it), or nothing for all sentences.
    """

    code: str
    measure: str
    selection: str = ""


@dataclass(frozen=True)
class Claim:
    """That one side is more than the other, or less; the second may be a number."""

    left: Term
    more: bool
    right: Term | float

    @property
    def terms(self) -> tuple[Term, ...]:
        """The sides that are counted."""
        return (self.left, self.right) if isinstance(self.right, Term) else (self.left,)


@dataclass(frozen=True)
class Trial:
    """In how many specifications of one kind a claim holds; ``undefined`` are those where a side had nothing to count."""

    varied: str
    specifications: int
    holds: int
    undefined: int


@dataclass(frozen=True)
class Robustness:
    """A claim with its two sides as tagged, and in how many specifications it holds, by what was varied; last all at once."""

    claim: str
    left: float
    right: float
    trials: tuple[Trial, ...]
    notes: tuple[str, ...]


def parse_claim(text: str, book: Codebook) -> Claim:
    r"""Read a claim.

    >>> from migclass.codebook import parse_codebook
    >>> book = parse_codebook('title = "x"\nversion = 1\n[[frame]]\nid = "health"\ncoded = "health"')
    >>> parse_claim("health.share[2016:] > 0.2", book)
    Claim(left=Term(code='health', measure='sentences', selection='2016:'), more=True, right=0.2)

    Raises:
        ClaimError: it has another form, or names a code or a measure that there is not.
    """
    sides = [side.strip() for side in re.split("[<>]", text)]
    if len(sides) != 2:
        raise ClaimError(f"'{text}': {len(sides) - 1} signs < or >; expected one, as in {_FORM}")
    left, right = sides
    return Claim(_term(left, text, book), ">" in text, float(right) if _NUMBER.fullmatch(right) else _term(right, text, book))


def _term(side: str, text: str, book: Codebook) -> Term:
    found = _TERM.fullmatch(side)
    if not found or found[2] not in _MEASURES:
        raise ClaimError(f"'{text}': '{side}' can't be read; expected {_FORM}; what can be counted is {', '.join(_MEASURES)}")
    known = book.codes if _MEASURES[found[2]] == SENTENCES else tuple(tension.id for tension in book.tensions)
    if found[1] not in known:
        raise ClaimError(f"'{text}': '{found[1]}' has no {found[2]}; expected one of {', '.join(known)}")
    return Term(found[1], _MEASURES[found[2]], (found[3] or "").strip())


def check_claims(
    texts: Sequence[str], tags: TaggedSentences, *, by: str = "", draws: int = 1000, seed: int = 0, models: bool = False
) -> tuple[Robustness, ...]:
    """Say of each claim in how many specifications it holds.

    What is varied, each alone and then all at once: the thresholds, moved by SHIFTS in log-odds, where the model of the tags ships; the model, if
    asked for; the documents, by leaving each out in turn and by drawing as many with replacement (of one document, blocks of sentences).

    Args:
        texts: the claims.
        tags: the tagged sentences.
        by: the column that selections speak of.
        draws: how many draws.
        seed: of the draws, which are the same for all thresholds and models.
        models: whether to tag the sentences again with each other model that ships.

    Raises:
        ClaimError: a claim can't be read, or selects nothing.
        ModelError: a model that ships can't be loaded.
    """
    claims = [parse_claim(text, tags.codebook) for text in texts]
    terms = list(dict.fromkeys(term for claim in claims for term in claim.terms))
    rows = [_selected(tags, by, term.selection) for term in terms]
    readings, notes = _read(tags, models)
    counted = [_count(reading, terms, rows, draws, seed) for reading in readings]
    return tuple(_check(text, claim, terms, counted, notes) for text, claim in zip(texts, claims, strict=True))


def _selected(tags: TaggedSentences, by: str, selection: str) -> np.ndarray:
    """Return which sentences a selection holds, bool of shape (n,)."""
    if not selection:
        return np.ones(len(tags), bool)
    if not by:
        raise ClaimError(f"[{selection}] selects from no column; name one with --by")
    names, numbers = column_values(tags, by)
    bounds = None if selection in names else _RANGE.fullmatch(selection)
    kept = np.array([_within(name, bounds) if bounds else name == selection for name in names])
    if not kept.any():
        raise ClaimError(f"[{selection}] selects nothing in column '{by}'; its values are {', '.join(names[:10])}{' …' * (len(names) > 10)}")
    return kept[numbers]


def _within(name: str, bounds: re.Match[str]) -> bool:
    if not _NUMBER.fullmatch(name):
        return False
    low, high = bounds[1] or "-inf", bounds[2] or "inf"
    return float(low) <= float(name) <= float(high)


class _Reading(NamedTuple):
    """The tags as one model and one shift of its thresholds has them."""

    model: str
    shift: float
    tags: TaggedSentences


def _read(tags: TaggedSentences, models: bool) -> tuple[list[_Reading], tuple[str, ...]]:
    """Return the tags as they are, then as other thresholds and models have them; and notes on what is not varied."""
    readings, notes = [_Reading(tags.model, 0.0, tags)], []
    if own := _own_model(tags):
        readings += [reading for reading in _shifted(tags, tags.scores, own) if reading.shift]
    else:
        notes.append(f"thresholds are not varied: {tags.model}, which made the tags, does not ship")
    if not models:
        notes.append("models are not varied: --texts-again tags the sentences with the others that ship")
    for model in map(load_model, shipped_models() if models else ()):
        if model.codebook.hash != tags.codebook.hash:
            notes.append(f"{model.name} is left out: it has another codebook")
        elif model.mark != tags.model:
            readings += _shifted(tags, model.probabilities(tags.rows.column("text").combine_chunks()), model)
    return readings, tuple(notes)


def _own_model(tags: TaggedSentences) -> Model | None:
    """Return the model that made the tags, if it ships."""
    name = tags.model.rpartition(" ")[0]
    model = load_model(name) if name in shipped_models() else None
    return model if model and model.mark == tags.model else None


def _shifted(tags: TaggedSentences, probabilities: np.ndarray, model: Model) -> Iterator[_Reading]:
    """Yield the tags that a model's probabilities give at each shift of its thresholds."""
    odds, threshold = log_odds(probabilities), log_odds(model.decision.threshold)
    for shift in SHIFTS:
        yield _Reading(model.mark, shift, replace(tags, tagged=odds >= threshold + shift))


class _Counted(NamedTuple):
    """What each term comes to in one reading: in all, with each document left out, in each draw; float64 of shape (terms, ways)."""

    model: str
    shift: float
    whole: np.ndarray
    left_out: np.ndarray
    drawn: np.ndarray


def _count(reading: _Reading, terms: Sequence[Term], rows: Sequence[np.ndarray], draws: int, seed: int) -> _Counted:
    counts = count(reading.tags)
    places = [counts.about.index((term.measure, term.code, "")) for term in terms]
    kept = np.stack(rows)
    counts = Counts(tuple(counts.about[place] for place in places), counts.top[places] * kept, counts.bottom[places] * kept)
    documents = by_document(counts, reading.tags.document)
    top, bottom = documents.top.sum(axis=1, keepdims=True), documents.bottom.sum(axis=1, keepdims=True)
    several = documents.times > 1
    left_out = ratio(top - documents.top, bottom - documents.bottom)[:, : documents.times * several]
    drawn = draw(documents if several else in_blocks(counts), draws, np.random.default_rng(seed))
    return _Counted(reading.model, reading.shift, ratio(top, bottom), left_out, drawn)


def _check(text: str, claim: Claim, terms: Sequence[Term], counted: Sequence[_Counted], notes: tuple[str, ...]) -> Robustness:
    own = counted[0]
    several = own.left_out.size > 0
    ways = {
        "thresholds": [c.whole for c in counted if c.model == own.model],
        "models": [c.whole for c in counted if c.shift == 0],
        "one document left out": [own.left_out],
        "documents drawn" if several else "blocks of sentences drawn": [own.drawn],
        "all at once": [c.drawn for c in counted],
    }
    sides = {varied: _sides(claim, terms, np.concatenate(of_kind, axis=1)) for varied, of_kind in ways.items()}
    left, right = _sides(claim, terms, own.whole)[:, 0].tolist()
    # What was not varied is the one specification that stands above.
    trials = tuple(_trial(varied, found, claim.more) for varied, found in sides.items() if found.shape[1] > 1)
    return Robustness(text, left, right, trials, notes)


def _sides(claim: Claim, terms: Sequence[Term], values: np.ndarray) -> np.ndarray:
    """Return both sides of a claim in each way, shape (2, ways)."""
    return np.stack([values[terms.index(side)] if isinstance(side, Term) else np.full(values.shape[1], side) for side in (claim.left, claim.right)])


def _trial(varied: str, sides: np.ndarray, more: bool) -> Trial:
    left, right = sides
    holds = left > right if more else left < right
    return Trial(varied, len(left), int(holds.sum()), int(np.isnan(sides).any(axis=0).sum()))
