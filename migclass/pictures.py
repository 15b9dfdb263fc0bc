"""Profiles as pictures for papers, PNG or SVG. Needs the extra ``plot``."""

from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

from migclass.codebook import Codebook
from migclass.errors import OutputError
from migclass.profiles import BALANCE, SENTENCES, Figure, Profile

try:
    import matplotlib as mpl
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture
except ImportError as error:
    raise OutputError(f"a picture needs {error.name or error}, which is not installed; get it with pip install 'migclass[plot]'") from None

_COLOUR, _FAINT = "#1b6ca8", "#cccccc"
_INTERVAL: dict[str, Any] = {"ecolor": "#222222", "capsize": 2.5, "elinewidth": 1.2}
# Inches: the width of a picture, the height of a row in it, and of what stands around the rows of a group.
_WIDTH, _ROW, _AROUND = 9.0, 0.3, 0.9
_DPI = 200
# More groups than a page can hold, or a file its pixels.
_MOST = 60


def draw_profile(found: Profile, book: Codebook, file: BinaryIO, *, kind: str) -> None:
    """Draw shares of frames as bars and balances of tensions between their poles, with intervals; a row of panels a group.

    Args:
        found: the profile.
        book: the codebook of its tags.
        file: where to write.
        kind: ``png`` or ``svg``.

    Raises:
        OutputError: there are too many groups for a picture.
    """
    if len(found.groups) > _MOST:
        raise OutputError(f"{len(found.groups)} groups are too many for a picture, which holds {_MOST}; group by another column")
    height = max(len(book.frames), len(book.tensions)) * _ROW + _AROUND
    picture = Picture(figsize=(_WIDTH, len(found.groups) * height), layout="constrained")
    panels = picture.subplots(len(found.groups), 2, squeeze=False, sharex="col")
    for group, (left, right) in zip(found.groups, panels, strict=True):
        _draw_frames(left, [found.figure(SENTENCES, id_, group=group) for id_ in book.frame_ids])
        _draw_tensions(right, [found.figure(BALANCE, tension.id, group=group) for tension in book.tensions], book)
        left.set_title(", ".join(group), loc="left", fontweight="bold", fontsize="medium")
    # Panels share their axis, whose end is known when all are drawn.
    panels[-1, 0].set_xlim(left=0)
    panels[-1, 0].set_xlabel("share of sentences, %")
    panels[-1, 1].set_xlabel("balance")
    # Without a date and random names the same figures give the same file.
    with mpl.rc_context({"svg.hashsalt": "migclass"}):
        picture.savefig(file, format=kind, dpi=_DPI, metadata={"Date": None} if kind == "svg" else {"Software": None})


def _draw_frames(axes: Axes, figures: list[Figure]) -> None:
    places = range(len(figures))
    shares = np.array([100 * figure.value for figure in figures])
    axes.barh(places, shares, height=0.6, color=_COLOUR, alpha=0.6)
    axes.errorbar(shares, places, xerr=100 * _errors(figures), fmt="none", **_INTERVAL)
    _name_rows(axes, [figure.code for figure in figures])


def _draw_tensions(axes: Axes, figures: list[Figure], book: Codebook) -> None:
    places = range(len(figures))
    axes.axvline(0, color=_FAINT, zorder=0)
    axes.errorbar([figure.value for figure in figures], places, xerr=_errors(figures), fmt="o", color=_COLOUR, **_INTERVAL)
    _name_rows(axes, [tension.poles[0].id for tension in book.tensions])
    across = axes.secondary_yaxis("right")
    across.set_yticks(places, [tension.poles[1].id for tension in book.tensions])
    across.tick_params(length=0)
    across.spines["right"].set_visible(False)
    axes.set_xlim(-1.05, 1.05)


def _errors(figures: list[Figure]) -> np.ndarray:
    """Return how far each interval reaches below and above its figure, shape (2, figures); 0 where there is none."""
    reach = [(figure.value - figure.low, figure.high - figure.value) for figure in figures]
    return np.nan_to_num(np.array(reach).reshape(-1, 2).T).clip(min=0)


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelbottom=True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
