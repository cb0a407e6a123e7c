"""Dots on lines: a value per row, beside another or within its interval, and where all is alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nldtib.pages.cells import Edition
from nldtib.pages.present import drawing, numbers
from nldtib.pages.present.markup import Safe

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW = 0.3  # inches
BELOW = 0.34  # inches, for the scale
SEEN = 0.25  # on the scale
ROOM = 0.06  # of the span, free on both sides


@dataclass(frozen=True)
class Dot:
    """One row: the value, the value before if there is one, and the ends of a line through it.

    `reach` is a broad, pale band behind the line.
    """

    label: str
    value: float
    before: float | None = None
    ends: tuple[float, float] | None = None
    reach: tuple[float, float] | None = None


def drawn(
    edition: Edition,
    rows: Sequence[Dot],
    at: float,
    name: str,
    alternative: str,
    marks: Sequence[float] = (),
    log: bool = False,
) -> Safe:
    """Draw rows of dots from top to bottom.

    Parameters
    ----------
    at
        Where a row says that nothing differs; drawn as a line.
    marks
        Further values that are drawn as thin dashed lines.
    log
        Whether the scale is one of ratios.
    """
    height = ROW * len(rows) + BELOW
    figure, axes = drawing.canvas(height)
    left = drawing.text_width(figure, [row.label for row in rows], drawing.FONT_SIZE) + 0.03
    axes.set_position((left, BELOW / height, 0.97 - left, 1 - BELOW / height))
    if log:
        axes.set_xscale("log")
    axes.set_xlim(_limits(rows, (at, *marks), log))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    _scale(edition, axes, at, log)
    axes.axvline(at, color=drawing.INK, linewidth=1, zorder=1)
    for mark in marks:
        axes.axvline(mark, color=drawing.MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    for place, row in enumerate(rows):
        _row(axes, place, row)
    return drawing.svg(figure, name, alternative)


def _row(axes: "Axes", place: int, row: Dot) -> None:
    if row.reach is not None:
        low, high = row.reach
        # A band without width is still seen.
        axes.hlines(place, low - SEEN, high + SEEN, color=drawing.BAR, linewidth=9, zorder=2)
    if row.ends is not None:
        axes.hlines(place, *row.ends, color=drawing.INK, linewidth=1.4, zorder=3)
    if row.before is not None:
        axes.hlines(place, row.before, row.value, color=drawing.MUTED, linewidth=1, zorder=2)
        look = {"markerfacecolor": "#ffffff", "markeredgecolor": drawing.MUTED}
        axes.plot([row.before], [place], "o", markersize=6.5, markeredgewidth=1.4, zorder=4, **look)
    look = {"markerfacecolor": drawing.STRONG, "markeredgecolor": drawing.STRONG}
    axes.plot([row.value], [place], "o", markersize=6.5, zorder=5, **look)
    drawing.left_of(axes, place, row.label)


def _limits(rows: Sequence[Dot], fixed: Sequence[float], log: bool) -> tuple[float, float]:
    ends = [*fixed]
    for row in rows:
        ends += [row.value, *(row.ends or ()), *(row.reach or ())]
        ends += [] if row.before is None else [row.before]
    low, high = min(ends), max(ends)
    if log:
        room = (high / low) ** ROOM
        return low / room, high * room
    room = ROOM * (high - low or 1.0)
    return low - room, high + room


def _scale(edition: Edition, axes: "Axes", at: float, log: bool) -> None:
    from matplotlib.ticker import LogLocator, MaxNLocator

    low, high = axes.get_xlim()
    locator = LogLocator(base=10, subs=(1.0, 3.0)) if log else MaxNLocator(7, steps=[1, 2, 5, 10])
    ticks = [tick for tick in locator.tick_values(low, high) if low <= tick <= high]
    for tick in {*ticks, at}:
        decimals = next((d for d in (0, 1) if round(float(tick), d) == round(float(tick), 9)), 2)
        if tick != at:
            axes.axvline(tick, color=drawing.RULE, linewidth=0.8, zorder=0)
        axes.annotate(
            numbers.number(float(tick), decimals, edition.language),
            (tick, 0),
            (0, -6),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=drawing.NOTE_SIZE,
            color=drawing.MUTED,
            annotation_clip=False,
        )
