"""Figures in the form that charts show them: places on a scale in per cent of its width, and words for the reader."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from migclass.profiles import Figure

# Ends of a scale of shares, the first that holds all is taken.
_ENDS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
_THIN = "\u202f"
_MINUS = "\u2212"
# Colours that the style sheet has for frames, and its classes for the first and the second pole of a tension.
COLOURS = 8
SIDES = ("side-a", "side-b")
# Sentences below which a figure is next to nothing, whatever its interval.
FEW = 10


class Scale(NamedTuple):
    """A scale from ``low`` to ``high``; ``whole`` says that its numbers are shares, which are shown in per cent."""

    low: float
    high: float
    whole: bool = True

    @property
    def ticks(self) -> list[float]:
        """Values along the scale: quarters of one of shares, ends and middle of one of balances."""
        parts = 4 if self.whole else 2
        return [self.low + (self.high - self.low) * i / parts for i in range(parts + 1)]

    def at(self, value: float) -> float:
        """Return the place of a value in per cent of the width."""
        return round(100 * (min(max(value, self.low), self.high) - self.low) / (self.high - self.low), 2)

    def say(self, value: float) -> str:
        """Return a value in words."""
        return percent(value) if self.whole else signed(value)


class Row(NamedTuple):
    """A row of a chart: its name, its figure, and the number of its colour."""

    name: str
    figure: Figure
    colour: int = 0


def few(figure: Figure) -> bool:
    """Return whether a figure rests on so few sentences that it is drawn as an outline."""
    return figure.n < FEW


SHARE, BALANCE = Scale(0, 1), Scale(-1, 1, whole=False)


def share_scale(figures: Sequence[Figure]) -> Scale:
    """Return a scale from 0 that holds all figures and their intervals."""
    most = max((value for figure in figures for value in (figure.value, figure.high) if not math.isnan(value)), default=0)
    return Scale(0, next(end for end in _ENDS if most <= end or end == _ENDS[-1]))


def percent(value: float) -> str:
    """Return a share in per cent.

    >>> percent(0.304).split(), percent(0.004).split(), percent(float("nan"))
    (['30', '%'], ['0.4', '%'], '–')
    """
    if math.isnan(value):
        return "–"
    if 0.995 <= value < 1:
        return f">{_THIN}99{_THIN}%"
    digits = 1 if 0 < value < 0.0095 else 0
    return f"{100 * value:.{digits}f}{_THIN}%"


def signed(value: float) -> str:
    """Return a balance with its sign.

    >>> signed(0.25), signed(1.0), signed(0.001)
    ('+0.25', '+1', '0')
    """
    if math.isnan(value):
        return "–"
    rounded = round(value, 2)
    return f"{rounded:+.{2 if rounded % 1 else 0}f}".replace("-", _MINUS) if rounded else "0"


def interval(figure: Figure, scale: Scale = SHARE) -> str:
    """Return the interval of a figure in words, nothing where there is none."""
    return "" if math.isnan(figure.low) else f"{scale.say(figure.low)} to {scale.say(figure.high)}"


def shorter(text: str, most: int = 420) -> str:
    """Return a text cut at a blank where it is longer than ``most`` characters."""
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"


FILTERS = {"percent": percent, "signed": signed, "interval": interval, "shorter": shorter}
