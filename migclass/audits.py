"""Which sentences to code by hand, and what follows from them: shares and balances that hold whatever the model's errors."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil, nan
from typing import Any, NamedTuple

import numpy as np

from migclass.codebook import Codebook
from migclass.corrections import LEAST_CODED, LEAST_DOCUMENTS, Shares, correct, is_sample, plain_shares
from migclass.errors import LabelError
from migclass.profiles import BALANCE, group_sentences, without_nan
from migclass.tagfiles import TaggedSentences

SHARE = "share"
# Sentences of each group are ranked by the largest share that they have in what the machine expects of a code, and cut into bands:
# what share of the sentences is in each, from the least promising, and what share of the sample is drawn from it.
_BANDS = np.array([0.60, 0.25, 0.10, 0.05])
_DRAWN = np.array([0.40, 0.25, 0.20, 0.15])
# How far the rows of a sheet may be from standing for all sentences, as a share of these.
_SLACK = 1e-3
_TINY = 1e-12
_NORMAL = 1.96
# Numbers of sentences that a plan looks at.
_LOOKS = 2000
# A plan reckons with more positives than the least, so that chance rarely leaves a code below it.
_PLANNED = 1.5 * LEAST_CODED


@dataclass(frozen=True)
class Audit:
    """n sentences to code, in an order that makes the first of them a sample as well.

    ``rows`` are their places in the tags, ``probability`` the chance that each had to be drawn, ``stratum`` what it was drawn from, all of shape
    (n,). ``coded``, shape (n, k), is 1, 0, or nan where nobody judged yet.
    """

    rows: np.ndarray
    probability: np.ndarray
    stratum: np.ndarray
    coded: np.ndarray


def draw_audit(tags: TaggedSentences, n: int = 200, *, by: Sequence[str] = (), seed: int = 0) -> Audit:
    """Draw sentences to code.

    They are spread over groups, scores and documents: codes that are rare get more positives than in a plain sample, small groups more sentences.

    Args:
        tags: the tagged sentences.
        n: how many; all of them if there are fewer.
        by: columns whose values make groups that will be estimated apart.
        seed: the same seed draws the same sentences.

    Raises:
        DocumentError: there is no such column.
        LabelError: n is too small for so many groups.
    """
    names, group = group_sentences(tags, by)
    if n < len(names) * len(_BANDS):
        what = f"{n} sentences can't be spread over {len(names)} groups"
        raise LabelError(f"{what}; draw at least {len(names) * len(_BANDS)}, and some hundred for useful intervals")
    generator = np.random.default_rng(seed)
    rows, probability, stratum = draw_rows(tags.scores, group, n, generator)
    order = generator.permutation(len(rows))
    return Audit(rows[order], probability[order], stratum[order], np.full((len(rows), len(tags.codebook.codes)), np.nan))


def draw_rows(scores: np.ndarray, group: np.ndarray, n: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw n of N sentences: their places, the chance that each had, its stratum, all of shape (n,).

    Strata are bands of scores (N, k) within each group, numbered (N,); in each, every so-manieth sentence is drawn from a random start, in order.
    """
    strata, stratum, sizes = np.unique(group * len(_BANDS) + _bands(scores, group), return_inverse=True, return_counts=True)
    groups = np.bincount(group)[strata // len(_BANDS)]
    counts = _allocate(n, np.sqrt(groups) * _DRAWN[strata % len(_BANDS)], sizes)
    members = np.split(np.argsort(stratum, kind="stable"), np.cumsum(sizes)[:-1])
    drawn = [own[_every(len(own), count, generator)] for own, count in zip(members, counts, strict=True)]
    return np.concatenate(drawn), np.repeat(counts / sizes, counts), np.repeat(strata, counts)


def _bands(scores: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the band of each sentence within its group, shape (n,)."""
    promise = (scores / np.maximum(scores.sum(axis=0), _TINY)).max(axis=1)
    order, sizes = np.lexsort((promise, group)), np.bincount(group)
    rank = np.empty(len(group))
    rank[order] = np.arange(len(group)) - (np.cumsum(sizes) - sizes)[group[order]]
    return np.searchsorted(np.cumsum(_BANDS)[:-1], (rank + 0.5) / sizes[group])


def _allocate(n: int, wanted: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return how many to draw of each stratum: as wanted, at least one and at most all, n together."""
    target = n * wanted / wanted.sum()
    counts = np.clip(np.floor(target).astype(np.int64), 1, sizes)
    for _ in range(max(0, min(n, int(sizes.sum())) - counts.sum())):
        counts[np.argmax(np.where(counts < sizes, target - counts, -np.inf))] += 1
    for _ in range(max(0, counts.sum() - n)):
        counts[np.argmax(np.where(counts > 1, counts - target, -np.inf))] -= 1
    return counts


def _every(size: int, count: int, generator: np.random.Generator) -> np.ndarray:
    return ((np.arange(count) + generator.random()) * (size / count)).astype(np.int64)


class Interval(NamedTuple):
    """An estimate with the ends of its 95 % interval; all nan where it was refused."""

    value: float
    low: float
    high: float


REFUSED = Interval(nan, nan, nan)


@dataclass(frozen=True)
class AuditedShare:
    """The share of sentences with a code, or the balance of a tension, in one group.

    ``code`` is a frame, a pole or a tension; ``measure`` is SHARE or BALANCE, which is (B - A) / (A + B). ``coded`` sentences were judged;
    ``positives`` of these have the code, or the rarer of both poles. ``naive`` is by the machine's tags, ``audit`` by the coded sentences alone,
    ``corrected`` by both. ``refusal`` says why there is no estimate; empty where there is one.
    """

    group: tuple[str, ...]
    code: str
    measure: str
    coded: int
    positives: int
    naive: float
    audit: Interval
    corrected: Interval
    refusal: str


@dataclass(frozen=True)
class AuditReport:
    """Shares and balances, groups in order. ``note`` says what intervals rest on."""

    by: tuple[str, ...]
    shares: tuple[AuditedShare, ...]
    note: str

    def as_rows(self) -> list[dict[str, Any]]:
        """Return a dict a share, as plain data for CSV and JSON; None where there is no estimate."""
        return [dict(zip(self.by, share.group, strict=True)) | _as_row(share) for share in self.shares]


def _as_row(share: AuditedShare) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(share, name) for name in ("code", "measure", "coded", "positives", "naive")}
    for name, interval in (("audit", share.audit), ("corrected", share.corrected)):
        row |= {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return without_nan(row) | {"refusal": share.refusal}


def estimate_audit(tags: TaggedSentences, audit: Audit, *, by: Sequence[str] = ()) -> AuditReport:
    """Return shares and balances set right by the coded sentences of an audit, each with a 95 % interval.

    See `migclass.corrections.correct` for the estimator. A code with too few coded sentences is refused: no interval for it could be believed.

    Args:
        tags: the tags that the audit was drawn from, or another model's of the same sentences.
        audit: with its sentences coded; those that are not are left out.
        by: columns whose values make groups; best those that it was drawn by.

    Raises:
        DocumentError: there is no such column.
        LabelError: no sentence is coded, or the audit was drawn from other sentences.
    """
    _check_whole(tags, audit)
    names, group = group_sentences(tags, by)
    shares: list[AuditedShare] = []
    samples = []
    for i, name in enumerate(names):
        part, documents = _part(tags, audit, group == i)
        samples.append(documents)
        shares += [replace(share, group=name) for share in estimate(codebook=tags.codebook, **part)]
    return AuditReport(tuple(by), tuple(shares), _note(samples))


def _check_whole(tags: TaggedSentences, audit: Audit) -> None:
    stood_for = float(np.sum(1 / audit.probability))
    if abs(stood_for - len(tags)) > _SLACK * len(tags):
        what = f"the audit's rows stand for {stood_for:,.0f} sentences, and the tags hold {len(tags):,}"
        raise LabelError(f"{what}; give the tags that it was drawn from, and every row of its sheet")
    if np.isnan(audit.coded).all():
        raise LabelError("no sentence of the audit is coded yet; fill in 1 or 0")


def _part(tags: TaggedSentences, audit: Audit, there: np.ndarray) -> tuple[dict[str, np.ndarray], bool]:
    """Return the arrays of one group, whose sentences are marked, and whether its documents stand for others."""
    own, place = there[audit.rows], np.cumsum(there) - 1
    document = np.unique(tags.document[there], return_inverse=True)[1]
    arrays = {"scores": tags.scores[there].astype(np.float64), "tagged": tags.tagged[there], "document": document}
    drawn = {"rows": place[audit.rows[own]], "probability": audit.probability[own], "coded": audit.coded[own]}
    return arrays | drawn, is_sample(document)


def _note(samples: Sequence[bool]) -> str:
    few = f"fewer than {LEAST_DOCUMENTS} documents, so intervals are for these documents and say nothing of others"
    if all(samples):
        return "intervals are for texts like these, of which the documents are a sample"
    return few if not any(samples) else f"intervals are for texts like these; in groups with {few}"


class Count(NamedTuple):
    """How many sentences were coded for a code, how many of these have it, and why that is too little; empty where it is enough."""

    coded: int
    positives: int
    refusal: str


def count(coded: np.ndarray, code: str) -> Count:
    """Count the sentences that were coded for a code: 1, 0, or nan, shape (n,)."""
    judged, positives = int((~np.isnan(coded)).sum()), int(np.nansum(coded))
    if positives < LEAST_CODED:
        return Count(judged, positives, f"too few: {positives} of {judged} coded sentences have '{code}', {LEAST_CODED} are needed")
    if judged - positives < LEAST_CODED:
        return Count(judged, positives, f"too few: {judged - positives} of {judged} coded sentences lack '{code}', {LEAST_CODED} are needed")
    return Count(judged, positives, "")


def estimate(
    *, codebook: Codebook, scores: np.ndarray, tagged: np.ndarray, document: np.ndarray, rows: np.ndarray, probability: np.ndarray, coded: np.ndarray
) -> list[AuditedShare]:
    """Return the shares of all codes, then the balances of all tensions, from arrays as `migclass.corrections.correct` takes them."""
    found = correct(scores=scores, tagged=tagged, document=document, rows=rows, probability=probability, coded=coded)
    counts = [count(coded[:, j], code) for j, code in enumerate(codebook.codes)]
    kinds = (found.naive, found.audit, found.corrected)
    shares = _present(SHARE, codebook.codes, counts, *kinds)
    if not codebook.tensions:
        return shares
    sides = [[codebook.column[pole.id] for pole in tension.poles] for tension in codebook.tensions]
    rarer = [min((counts[a], counts[b]), key=lambda own: own.positives) for a, b in sides]
    first, second = np.array(sides).T
    return shares + _present(BALANCE, [tension.id for tension in codebook.tensions], rarer, *(kind.of_second(first, second) for kind in kinds))


def _present(measure: str, names: Sequence[str], counts: Sequence[Count], naive: Shares, audit: Shares, corrected: Shares) -> list[AuditedShare]:
    """Return shares as such, or as balances; those that are refused without their estimates."""
    plain = _scaled(measure, naive.share)
    estimates = [_intervals(measure, kind) for kind in (audit, corrected)]
    found = []
    for j, (name, own) in enumerate(zip(names, counts, strict=True)):
        by_audit, by_both = (REFUSED if own.refusal else kind[j] for kind in estimates)
        found.append(AuditedShare((), name, measure, own.coded, own.positives, float(plain[j]), by_audit, by_both, own.refusal))
    return found


def _intervals(measure: str, shares: Shares) -> list[Interval]:
    rows = np.transpose([_scaled(measure, values) for values in (np.clip(shares.share, 0, 1), *shares.interval())])
    return [Interval(*row) for row in rows.tolist()]


def _scaled(measure: str, shares: np.ndarray) -> np.ndarray:
    """Return shares as they are, or those of a second pole in both as balances, from -1 to 1."""
    return 2 * shares - 1 if measure == BALANCE else shares


@dataclass(frozen=True)
class Plan:
    """How many sentences to code for one code: for the margin, and for enough positives; None where no number is enough.

    ``share`` is what is expected of the code.
    """

    code: str
    share: float
    for_margin: int | None
    for_positives: int | None

    @property
    def needed(self) -> int | None:
        """How many to code for both."""
        return None if self.for_margin is None or self.for_positives is None else max(self.for_margin, self.for_positives)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return asdict(self) | {"needed": self.needed}


def plan_audit(tags: TaggedSentences, *, margin: float = 0.03, pilot: Audit | None = None) -> tuple[Plan, ...]:
    """Say for each code how many sentences to draw and code, so that the 95 % interval of its share reaches ``margin`` to both sides.

    What is not coded yet is taken from the probabilities that the model gives, as if they were right; for codes with enough positives in a
    ``pilot``, from its coded sentences.

    Raises:
        LabelError: the pilot was drawn from other sentences, or none of it is coded.
    """
    outlook = _look_out(tags.scores.astype(np.float64), tags.document)
    if pilot is not None:
        outlook = _learn(outlook, tags, pilot)
    narrow = _NORMAL * np.sqrt(outlook.drawn + outlook.kept) <= margin
    many = outlook.positives >= _PLANNED
    return tuple(
        Plan(code, float(outlook.share[j]), _first(outlook.n, narrow[:, j]), _first(outlook.n, many[:, j]))
        for j, code in enumerate(tags.codebook.codes)
    )


class _Outlook(NamedTuple):
    """What is expected of k codes if so many sentences are coded.

    ``share``, shape (k,); ``n``, shape (x,), numbers of sentences; ``positives`` among these and the variance that comes from drawing them, shape
    (x, k); the variance that stays even if all are coded, shape (k,).
    """

    share: np.ndarray
    n: np.ndarray
    positives: np.ndarray
    drawn: np.ndarray
    kept: np.ndarray


def _look_out(scores: np.ndarray, document: np.ndarray) -> _Outlook:
    """Return what is expected if scores (N, k) are right, for numbers of sentences from few to all N."""
    band = _bands(scores, np.zeros(len(scores), np.int64))
    sizes = np.maximum(np.bincount(band, minlength=len(_BANDS)), _TINY)
    expected, spread = (np.array([values[band == h].sum(axis=0) for h in range(len(_BANDS))]) for values in (scores, scores * (1 - scores)))
    asked = np.geomspace(1, len(scores) / _DRAWN.min(), _LOOKS)
    shares = np.minimum(asked[:, None] * _DRAWN / sizes, 1)
    if is_sample(document):
        drawn, kept = (1 / shares) @ spread, plain_shares(scores, document).variance
    else:
        drawn, kept = (1 / shares - 1) @ spread, np.zeros(scores.shape[1])
    return _Outlook(scores.mean(axis=0), shares @ sizes, shares @ expected, drawn / len(scores) ** 2, kept)


def _learn(outlook: _Outlook, tags: TaggedSentences, pilot: Audit) -> _Outlook:
    """Return the outlook, scaled to what a pilot shows of codes with enough positives."""
    _check_whole(tags, pilot)
    arrays, _ = _part(tags, pilot, np.ones(len(tags), bool))
    found = correct(**arrays).corrected
    at = min(np.searchsorted(outlook.n, (~np.isnan(pilot.coded)).any(axis=1).sum()), len(outlook.n) - 1)
    enough = np.array([not count(pilot.coded[:, j], code).refusal for j, code in enumerate(tags.codebook.codes)])
    more_positives = np.nansum(pilot.coded, axis=0) / np.maximum(outlook.positives[at], _TINY)
    more_variance = np.maximum(found.variance - outlook.kept, 0) / np.maximum(outlook.drawn[at], _TINY)
    return outlook._replace(
        share=np.where(enough, found.share, outlook.share),
        positives=outlook.positives * np.where(enough, more_positives, 1),
        drawn=outlook.drawn * np.where(enough, more_variance, 1),
    )


def _first(n: np.ndarray, enough: np.ndarray) -> int | None:
    """Return the least number that is enough, or None."""
    return ceil(round(n[np.argmax(enough)], 6)) if enough.any() else None
