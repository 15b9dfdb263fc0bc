"""The tables behind the charts of a report: rows of cells in words."""

from collections.abc import Sequence

from migclass.codebook import Codebook
from migclass.profiles import BALANCE, CONTESTED, ENGAGED, SENTENCES, Figure
from migclass.reports import charts
from migclass.reports.answers import Answers, Compared
from migclass.reports.charts import SHARE, Scale, interval, percent, signed
from migclass.reports.text import Strip
from migclass.reports.trust import Trust

Rows = list[tuple[str, ...]]


def frames(answers: Answers, trust: Trust) -> Rows:
    """Return the share of sentences and of documents of each frame, and how well it was measured."""
    rows: Rows = []
    for row in answers.frames:
        label, documents = trust.by_code.get(row.figure.code), answers.documents(row.figure.code)
        shares = percent(row.figure.value), interval(row.figure), f"{percent(documents.value)} of {documents.n}"
        rows.append((row.name, *shares, f"{label.f1:.2f}" if label else "–"))
    return rows


def tensions(answers: Answers, book: Codebook) -> Rows:
    """Return the balance of each tension, how many take part, and how often its poles meet."""
    rows: Rows = []
    for tension in book.tensions:
        balance = answers.balance(tension)
        shares = percent(answers.engaged(tension).value), percent(answers.contested(tension).value)
        rows.append((f"{tension.poles[0].name} or {tension.poles[1].name}", signed(balance.value), interval(balance, charts.BALANCE), *shares))
    return rows


def compared(found: Compared, book: Codebook) -> Rows:
    """Return the share of each frame and the figures of each tension, by group."""
    rows: Rows = []
    for group in found.groups:
        name = found.names[group]
        rows += [(name, f.name, *_cells(found.profile.figure(SENTENCES, f.id, group=group), SHARE)) for f in book.frames]
        for tension in book.tensions:
            poles = f"{tension.poles[0].name} or {tension.poles[1].name}"
            for measure, scale in ((BALANCE, charts.BALANCE), (ENGAGED, SHARE), (CONTESTED, SHARE)):
                rows.append((name, f"{poles}: {measure}", *_cells(found.profile.figure(measure, tension.id, group=group), scale)))
    return rows


def _cells(figure: Figure, scale: Scale) -> tuple[str, ...]:
    return scale.say(figure.value), interval(figure, scale), f"{figure.n:,}"


def places(strips: Sequence[Strip], book: Codebook) -> Rows:
    """Return the share of each frame in fifths of each document."""
    return [(strip.name, frame.name, *map(percent, shares)) for strip in strips for frame, shares in zip(book.frames, strip.fifths, strict=True)]


def labels(trust: Trust, book: Codebook) -> Rows:
    """Return how well each label was measured."""
    return [
        (book.entries[book.column[label.code]].name, f"{label.f1:.2f}", f"{label.low:.2f} to {label.high:.2f}", f"{label.positives:,}")
        for label in trust.labels
    ]


def likeness(trust: Trust) -> Rows:
    """Return what is compared between this text and the kinds of text that the model was measured on."""
    rows: Rows = []
    for item in trust.likeness:
        say = percent if item.share else "{:.1f}".format
        rows.append((item.name, *map(say, (item.value, item.low, item.high)), "far outside" if item.beyond else "near or within"))
    return rows
