"""A codebook against an older one: what changed, and which labelled sentences need to be coded again for it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np

from migclass.codebook import Code, Codebook, Rule
from migclass.features import cue_hits, cue_pattern, tokenize
from migclass.labels import LabelledSentence

ADDED, REMOVED, RENAMED, REDEFINED, RULE, CUES = "added", "removed", "renamed?", "redefined", "rule changed", "cues changed"
# What to do with labels after a change.
TODO = {
    ADDED: "code every sentence for it",
    REMOVED: "take it out of the labels",
    RENAMED: "write the new id, if it means the same",
    REDEFINED: "code again what has it and near misses",
    RULE: "code again what has these and near misses",
    CUES: "nothing to code; train again",
}
_EVERY = "read every sentence again"
# Definitions are taken for the same under another id from this likeness on.
_ALIKE = 0.8


@dataclass(frozen=True)
class Revision:
    """A change of a codebook: its kind, what it is of, the codes concerned (old and new ids), and what to do with labels."""

    kind: str
    subject: str
    codes: tuple[str, ...]

    @property
    def todo(self) -> str:
        """What to do with labels."""
        return _EVERY if self.kind == RULE and not self.codes else TODO[self.kind]


@dataclass(frozen=True)
class Affected:
    """Sentences to look at after a change, and how many of them have one of its codes."""

    sentences: int
    carrying: int


def revise(old: Codebook, new: Codebook) -> tuple[Revision, ...]:
    """Return what changed from one codebook to another that labels depend on: codes, then rules, then cues."""
    return (*_codes(old, new), *_rules(old, new), *_cues(old, new))


def _codes(old: Codebook, new: Codebook) -> Iterator[Revision]:
    gone, come = [[c for c in a.entries if c.id not in b.column] for a, b in ((old, new), (new, old))]
    for code in gone:
        heir = next((other for other in come if _renamed(code, other, old, new)), None)
        if heir:
            come.remove(heir)
            yield Revision(RENAMED, f"{code.id} -> {heir.id}", (code.id, heir.id))
        else:
            yield Revision(REMOVED, code.id, (code.id,))
    yield from (Revision(ADDED, code.id, (code.id,)) for code in come)
    yield from (Revision(REDEFINED, code, (code,)) for code in new.codes if code in old.column and old.meanings[code] != new.meanings[code])


def _renamed(one: Code, other: Code, old: Codebook, new: Codebook) -> bool:
    same_kind = (one.id in old.frame_ids) == (other.id in new.frame_ids)
    return same_kind and SequenceMatcher(None, one.coded, other.coded).ratio() >= _ALIKE


def _rules(old: Codebook, new: Codebook) -> Iterator[Revision]:
    before, after = ({rule.title: rule for rule in (*book.rules, *book.pole_rules, *book.decisions)} for book in (old, new))
    for title in dict.fromkeys([*before, *after]):
        versions = [rules[title] for rules in (before, after) if title in rules]
        if before.get(title) != after.get(title):
            yield Revision(RULE, title, _named(versions, (*old.entries, *new.entries)))


def _named(rules: Sequence[Rule], codes: Sequence[Code]) -> tuple[str, ...]:
    """Return the ids of codes whose id or name stands in rules."""
    text = " ".join(f"{rule.title} {rule.text}" for rule in rules).lower()
    names = {code.id: (code.id, code.id.replace("_", " "), code.name.lower()) for code in codes}
    return tuple(id_ for id_, forms in names.items() if any(re.search(rf"\b{re.escape(form)}\b", text) for form in forms if form))


def _cues(old: Codebook, new: Codebook) -> Iterator[Revision]:
    before = {code.id: code.cues for code in old.entries}
    return (Revision(CUES, code.id, (code.id,)) for code in new.entries if before.get(code.id, code.cues) != code.cues)


def either(old: Codebook, new: Codebook) -> Codebook:
    """Return a codebook with the codes of both, to read labels with of which some are coded anew already; old meanings hold."""
    frames = tuple(frame for frame in new.frames if frame.id not in old.frame_ids)
    tensions = tuple(tension for tension in new.tensions if not {pole.id for pole in tension.poles} <= set(old.pole_ids))
    return replace(old, frames=frames + old.frames, tensions=tensions + old.tensions)


def affected(revisions: Sequence[Revision], rows: Sequence[LabelledSentence], old: Codebook, new: Codebook) -> list[Affected]:
    """Return how many labelled sentences each change concerns.

    After a new definition or rule these are the sentences with a code of it, and near misses: those to which a coder gave it, or
    in which a cue of it stands.
    """
    near = _near(rows, old, new)
    found = []
    for revision in revisions:
        has = np.array([any(code in row.codes for code in revision.codes) for row in rows], bool)
        chosen = _chosen(revision, rows, has, near)
        found.append(Affected(int(chosen.sum()), int((chosen & has).sum())))
    return found


def _chosen(revision: Revision, rows: Sequence[LabelledSentence], has: np.ndarray, near: dict[str, np.ndarray]) -> np.ndarray:
    """Return which rows to look at, shape (n,)."""
    if revision.kind == ADDED:
        return ~has & ~np.array([revision.codes[0] in (row.coded or ()) for row in rows], bool)
    if revision.kind == CUES:
        return np.zeros(len(rows), bool)
    if revision.todo == _EVERY:
        return np.ones(len(rows), bool)
    if revision.kind in (REDEFINED, RULE):
        return np.logical_or.reduce([has, *(near[code] for code in revision.codes)])
    return has


def _near(rows: Sequence[LabelledSentence], old: Codebook, new: Codebook) -> dict[str, np.ndarray]:
    """Return for each code which rows a coder gave it or a cue of it stands in, shape (n,)."""
    cues: dict[str, tuple[str, ...]] = {}
    for code in (*old.entries, *new.entries):
        cues[code.id] = cues.get(code.id, ()) + code.cues
    tokens = tokenize([row.text for row in rows])
    hits = cue_hits(tokens.words, [cue_pattern(words) for words in cues.values()])
    near = {}
    for j, id_ in enumerate(cues):
        near[id_] = np.array([any(id_ in said for said in row.coders.values()) for row in rows], bool)
        near[id_][tokens.rows[hits[tokens.ids, j]]] = True
    return near
