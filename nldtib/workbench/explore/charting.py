"""Horizontal bars with a whisker for the interval."""

import math
import zlib
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from nldtib.pages.present import drawing, numbers
from nldtib.pages.present.markup import Safe
from nldtib.workbench.explore import views, words
from nldtib.workbench.explore.views import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, AXIS = 0.34, 0.75  # inches
LONGEST = 2.0  # whiskers run out of view beyond this many times the longest bar


def chart(view: View) -> "Figure":
    """Draw one bar per group from top to bottom, with its interval and its estimate in digits.

    A group without estimate has no bar. The axis holds zero; a whisker that would dwarf all bars
    is cut at the edge and ends in an arrow.
    """
    divisor = views.scale(view).divisor
    ends = view.found[["estimate", "low", "high"]].to_numpy(float) / divisor
    labels = views.groups(view)
    digits = [_digits(view, value) for value in view.found["estimate"]]
    figure, axes = drawing.canvas(ROW * len(ends) + AXIS)
    left = drawing.text_width(figure, labels, drawing.FONT_SIZE) + 0.02
    right = drawing.text_width(figure, digits, drawing.FONT_SIZE, "bold") + 0.04
    below = AXIS / figure.get_figheight()
    axes.set_position((left, below, max(1 - left - right, 0.2), 1 - below))
    span = _span(ends)
    cut = _bars(axes, ends, span)
    _rows(axes, labels, digits)
    _axis(axes, view, cut)
    return figure


def picture(view: View) -> Safe:
    """Return the chart as inline SVG with a text alternative."""
    alternative = views.alternative(view)
    name = f"explore-{zlib.crc32(alternative.encode()):08x}"
    return drawing.svg(chart(view), name, alternative)


def _digits(view: View, value: float) -> str:
    if not math.isfinite(value):
        return words.text(view.language, "none")
    return numbers.bare(value, views.scale(view), view.language)


def _span(ends: np.ndarray) -> tuple[float, float]:
    longest = np.abs(ends[:, 0])[np.isfinite(ends[:, 0])].max(initial=0.0)
    known = ends[np.isfinite(ends)].clip(-LONGEST * longest, LONGEST * longest)
    low, high = known.min(initial=0.0), known.max(initial=0.0)
    return (low, high) if high > low else (0.0, 1.0)


def _bars(axes: "Axes", ends: np.ndarray, span: tuple[float, float]) -> bool:
    """Draw bars and whiskers, and return whether a whisker was cut."""
    places, (estimates, low, high) = np.arange(len(ends)), ends.T
    axes.barh(places, np.nan_to_num(estimates), 0.66, color=drawing.BAR)
    axes.hlines(places, low.clip(*span), high.clip(*span), color=drawing.INK, linewidth=1.4)
    over, under = high > span[1], low < span[0]
    for x, rows, marker in (
        (low, ~under, "|"),
        (high, ~over, "|"),
        (low.clip(*span), under, "<"),
        (high.clip(*span), over, ">"),
    ):
        axes.plot(x[rows], places[rows], marker, color=drawing.INK, markersize=7, clip_on=False)
    axes.axvline(0, color=drawing.INK, linewidth=1)
    axes.set_xlim(*span)
    axes.set_ylim(len(places) - 0.5, -0.5)
    return bool((over | under).any())


def _rows(axes: "Axes", labels: list[str], digits: list[str]) -> None:
    for place, (label, said) in enumerate(zip(labels, digits, strict=True)):
        for text, x, offset, align, weight in (
            (label, 0, -8, "right", "normal"),
            (said, 1, 10, "left", "bold"),
        ):
            axes.annotate(
                text,
                (x, place),
                (offset, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                ha=align,
                va="center",
                fontsize=drawing.FONT_SIZE,
                fontweight=weight,
                color=drawing.INK,
                parse_math=False,
            )


def _axis(axes: "Axes", view: View, cut: bool) -> None:
    language = view.language
    values = {"unit": views.unit(view), "interval": views.interval_name(view)}
    line = words.phrase(language, "chart.axis", values)
    if cut:
        line = f"{line} · {words.text(language, 'chart.cut')}"
    axes.set_axis_on()
    axes.spines[:].set_visible(False)
    axes.spines["bottom"].set_visible(True)
    axes.yaxis.set_visible(False)
    axes.locator_params(axis="x", nbins=6)
    axes.xaxis.set_major_formatter(lambda value, _: _tick(value, view))
    axes.tick_params(labelsize=drawing.NOTE_SIZE, colors=drawing.MUTED)
    axes.set_xlabel(line, fontsize=drawing.NOTE_SIZE, color=drawing.MUTED)


def _tick(value: float, view: View) -> str:
    # As many decimals as the place of the tick has: one would print 0.25 as 0.3.
    decimals = -Decimal(str(round(value, 6))).normalize().as_tuple().exponent
    return numbers.number(value, max(decimals, 0), view.language)
