"""The figures of a report: shares of frames, balances of tensions, the same by group and by year, and in a few words."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from migclass.arrow import strings
from migclass.codebook import Codebook, Tension
from migclass.profiles import BALANCE, CONTESTED, DOCUMENTS, ENGAGED, NONE, SENTENCES, Figure, Profile, profile
from migclass.reports.charts import Row, Scale, share_scale
from migclass.tagfiles import TaggedSentences

# Columns that say when a text was spoken or written.
_DATES = ("year", "date")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
# Groups that a chart has room for.
_MOST_GROUPS = 24
# Sentences that take part in a tension before anything is said of it in words.
_LEAST_ENGAGED = 20


@dataclass(frozen=True)
class Compared:
    """A profile by groups, with the names of the groups as the reader is to see them."""

    profile: Profile
    names: dict[tuple[str, ...], str]

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The groups that are shown."""
        return self.profile.groups[:_MOST_GROUPS]

    @property
    def left_out(self) -> int:
        """How many groups there is no room for."""
        return max(0, len(self.profile.groups) - _MOST_GROUPS)

    def rows(self, measure: str, code: str, *, colour: int = 0) -> list[Row]:
        """Return a figure of each group."""
        return [Row(self.names[group], self.profile.figure(measure, code, group=group), colour) for group in self.groups]

    def scale(self, measure: str, codes: Sequence[str]) -> Scale:
        """Return a scale that holds the shares of several codes in all groups."""
        return share_scale([self.profile.figure(measure, code, group=group) for code in codes for group in self.groups])


@dataclass(frozen=True)
class Answers:
    """What a text says, in figures; ``groups`` and ``years`` are None where there is nothing to compare."""

    codebook: Codebook
    whole: Profile
    groups: Compared | None
    years: Compared | None

    @cached_property
    def frames(self) -> list[Row]:
        """The share of sentences of each frame, commonest first."""
        rows = [Row(frame.name, self.whole.figure(SENTENCES, frame.id), i) for i, frame in enumerate(self.codebook.frames)]
        return sorted(rows, key=lambda row: -row.figure.value)

    @property
    def frame_scale(self) -> Scale:
        """A scale for them."""
        return share_scale([row.figure for row in self.frames])

    def documents(self, code: str) -> Figure:
        """Return the share of documents that have a code."""
        return self.whole.figure(DOCUMENTS, code)

    def balance(self, tension: Tension) -> Figure:
        """Return to which pole the text leans."""
        return self.whole.figure(BALANCE, tension.id)

    def engaged(self, tension: Tension) -> Figure:
        """Return the share of sentences that take part in a tension."""
        return self.whole.figure(ENGAGED, tension.id)

    def contested(self, tension: Tension) -> Figure:
        """Return the share of those where both poles meet."""
        return self.whole.figure(CONTESTED, tension.id)

    @property
    def leanings(self) -> list[tuple[str, str, Figure]]:
        """The pole, the other pole and the balance of each tension that leans for sure, strongest first."""
        found = []
        for tension in self.codebook.tensions:
            figure = self.balance(tension)
            if self._said_enough(tension) and figure.low * figure.high > 0:
                pole, other = tension.poles[::-1] if figure.value > 0 else tension.poles
                found.append((pole.name, other.name, figure))
        return sorted(found, key=lambda item: -abs(item[2].value))

    @property
    def disputes(self) -> list[tuple[Tension, Figure]]:
        """The tensions whose poles meet, those where they do so most first."""
        found = [(tension, self.contested(tension)) for tension in self.codebook.tensions if self._said_enough(tension)]
        return sorted((item for item in found if item[1].value > 0), key=lambda item: -item[1].value)

    def _said_enough(self, tension: Tension) -> bool:
        return self.contested(tension).n >= _LEAST_ENGAGED and not math.isnan(self.balance(tension).value)


def answers(tags: TaggedSentences, by: Sequence[str], names: Mapping[str, str]) -> Answers:
    """Return the figures of a report; arguments as `migclass.reports.report`, ``names`` says what documents are called."""
    compared = tuple(by) or (("document",) if len(names) > 1 else ())
    return Answers(tags.codebook, profile(tags), _compare(tags, compared, names) if compared else None, _by_year(tags))


def _compare(tags: TaggedSentences, by: tuple[str, ...], names: Mapping[str, str]) -> Compared:
    found = profile(tags, by=by)
    in_words = [[names[value] if column == "document" else value for column, value in zip(by, group, strict=True)] for group in found.groups]
    return Compared(found, {group: ", ".join(words) for group, words in zip(found.groups, in_words, strict=True)})


def _by_year(tags: TaggedSentences) -> Compared | None:
    """Return the profile by year if there is a column of dates with more than one year in it."""
    column = next((name for name in tags.own_columns if name.lower() in _DATES), None)
    if column is None:
        return None
    found = [_YEAR.search(str(value)) for value in tags.rows.column(column).to_pylist()]
    years = strings([year.group() if year else NONE for year in found])
    if len(set(years.to_pylist()) - {NONE}) < 2:
        return None
    place = tags.rows.schema.get_field_index(column)
    dated = profile(replace(tags, rows=tags.rows.set_column(place, column, years)), by=(column,))
    kept = Profile(dated.by, tuple(figure for figure in dated.figures if figure.group != (NONE,)), dated.note)
    return Compared(kept, {group: group[0] for group in kept.groups})
