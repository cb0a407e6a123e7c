"""Lines through the years: apart for every source, with a band where the series is broken."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nldtib.pages.cells import Edition
from nldtib.pages.present import drawing, numbers, timelines, words
from nldtib.pages.present.markup import Safe
from nldtib.pages.present.numbers import Scale
from nldtib.pages.present.timelines import Piece, Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 3.5  # inches
LEFT, RIGHT, BELOW, ABOVE, GAP = 0.075, 0.075, 0.09, 0.16, 0.03  # shares of the drawing
BAND = 0.42  # years between the break and the nearest points
WIDER = 1.5  # a year of our rounds against a published one
APART = 0.13  # years by which rounds stand beside each other
PUBLISHED = ("before_2019", "from_2019")
MARKS = {"before_2019": "o", "from_2019": "o", "earlier": "s", "this": "D"}
OFFSETS = {
    ("left", "center"): (8, 0),
    ("left", "top"): (-5, -9),
    ("left", "bottom"): (-5, 9),
    ("right", "top"): (5, -9),
    ("right", "bottom"): (5, 9),
}  # points


def drawn(
    edition: Edition, several: Sequence[Piece], scale: Scale, name: str, alternative: str
) -> Safe:
    """Draw all pieces: published ones left with the break between them, rounds right."""
    figure, _ = drawing.canvas(HEIGHT)
    top = _top(several, scale)
    published = [piece for piece in several if piece.kind in PUBLISHED]
    rounds = [piece for piece in several if piece.kind not in PUBLISHED]
    # What others published and what was measured here stand apart on one scale of values.
    spans = [_span(panel) for panel in (published, rounds) if panel]
    room = [high - low for low, high in spans]
    room[-1] *= WIDER
    left = LEFT
    for panel, (low, high), share in zip(
        filter(None, (published, rounds)), spans, room, strict=True
    ):
        width = (1 - LEFT - RIGHT - GAP * (len(spans) - 1)) * share / sum(room)
        axes = figure.add_axes((left, BELOW, width, 1 - BELOW - ABOVE))
        _frame(axes, panel, (low, high), top)
        if left == LEFT:
            _values(edition, axes, top)
        if panel is published:
            _break(edition, axes, panel, top)
        for place, piece in enumerate(panel):
            apart = 0.0 if panel is published else (place - (len(panel) - 1) / 2) * 2 * APART
            _line(edition, axes, piece, scale, apart)
        _heads(axes, panel, top, len(rounds))
        left += width + GAP
    return drawing.svg(figure, name, alternative)


def _span(panel: Sequence[Piece]) -> tuple[float, float]:
    years = [point.year for piece in panel for point in piece.points]
    return min(years) - 0.7, max(years) + 0.7


def _top(several: Sequence[Piece], scale: Scale) -> float:
    shown = [point.figure for piece in several for point in piece.shown]
    ends = [one.high if one.has_interval else one.value for one in shown]
    return max((end / scale.divisor for end in ends), default=1.0) * 1.12 or 1.0


def _frame(axes: "Axes", panel: Sequence[Piece], span: tuple[float, float], top: float) -> None:
    axes.set_axis_off()
    axes.set_xlim(span)
    axes.set_ylim(0, top)
    for tick in _ticks(top):
        axes.axhline(tick, color=drawing.RULE if tick else drawing.INK, linewidth=0.9, zorder=0)
    apart = 2 if panel[0].kind in PUBLISHED else 1
    for year in _labelled(sorted({point.year for piece in panel for point in piece.points}), apart):
        _word(axes, str(year), (year, 0), (0, -6), "data", "center", "top")


def _values(edition: Edition, axes: "Axes", top: float) -> None:
    ticks = _ticks(top)
    decimals = next((d for d in (0, 1) if all(round(t, d) == t for t in ticks)), 2)
    for tick in ticks:
        digits = numbers.number(tick, decimals, edition.language)
        _word(axes, digits, (0, tick), (-6, 0), ("axes fraction", "data"), "right", "center")


def _ticks(top: float) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    found = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(0, top)
    return [round(float(tick), 10) for tick in found if 0 <= tick <= top]


def _labelled(years: Sequence[int], apart: int) -> list[int]:
    kept = [years[-1]]
    for year in reversed(years[:-1]):
        if kept[-1] - year >= apart:
            kept.append(year)
    return kept


def _break(edition: Edition, axes: "Axes", panel: Sequence[Piece], top: float) -> None:
    before, after = timelines.around_break(edition)
    years = [point.year for piece in panel for point in piece.points]
    if min(years) <= before and max(years) >= after:
        band = axes.axvspan(before + BAND, after - BAND, color=drawing.WASH, linewidth=0, zorder=1)
        band.set_gid("break")
        middle = ((before + after) / 2, top / 2)
        label = words.text(edition.language, "series.break")
        _word(axes, label, middle, (0, 0), "data", "center", "center", rotation=90)


def _heads(axes: "Axes", panel: Sequence[Piece], top: float, lines: int) -> None:
    """Name what others published above its years, and rounds by their marks above the panel."""
    if panel[0].kind in PUBLISHED:
        for piece in panel:
            years = [point.year for point in piece.points]
            middle = ((years[0] + years[-1]) / 2, top)
            _word(axes, piece.name, middle, (0, 6), "data", "center", "bottom")
        return
    handles = [axes.plot([], [], label=piece.name, **_look(piece))[0] for piece in panel]
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        frameon=False,
        fontsize=drawing.NOTE_SIZE,
        labelcolor=drawing.INK,
        handlelength=2.4,
        borderaxespad=0,
        borderpad=0.2,
    )


def _line(edition: Edition, axes: "Axes", piece: Piece, scale: Scale, apart: float) -> None:
    look = _look(piece)
    for number, run in enumerate(timelines.segments(edition, piece)):
        values = [point.figure.value / scale.divisor for point in run]
        (line,) = axes.plot([point.year + apart for point in run], values, **look)
        line.set_gid(f"line-{piece.kind}-{run[0].year}-{run[-1].year}-{number}")
    for point in piece.shown:
        if point.figure.has_interval:
            ends = (point.figure.low / scale.divisor, point.figure.high / scale.divisor)
            axes.vlines(point.year + apart, *ends, color=look["color"], linewidth=1.4, zorder=2)
    _ends(edition, axes, piece, scale, apart)


def _ends(edition: Edition, axes: "Axes", piece: Piece, scale: Scale, apart: float) -> None:
    """Print the first and the last value; of this round only the last, of earlier ones none."""
    if piece.kind == "earlier" or not piece.shown:
        return
    first, last = piece.shown[0], piece.shown[-1]
    if piece.kind == "this":
        _value(edition, axes, last, scale, apart, ("left", "center"))
        return
    _value(edition, axes, first, scale, apart, ("left", _free_side(piece.shown[:2])))
    if last is not first:
        _value(edition, axes, last, scale, apart, ("right", _free_side(piece.shown[:-3:-1])))


def _free_side(two: Sequence[Point]) -> str:
    """Return on which side of the first of two points the line between them does not run."""
    rises = len(two) > 1 and two[1].figure.value > two[0].figure.value
    return "top" if rises else "bottom"


def _value(
    edition: Edition,
    axes: "Axes",
    point: Point,
    scale: Scale,
    apart: float,
    align: tuple[str, str],
) -> None:
    digits = numbers.bare(point.figure.value, scale, edition.language)
    place = (point.year + apart, point.figure.value / scale.divisor)
    offset = OFFSETS[align]
    _word(axes, digits, place, offset, "data", *align, weight="bold")


def _look(piece: Piece) -> dict[str, object]:
    published = piece.kind in PUBLISHED
    color = drawing.INK if published else drawing.MUTED
    if piece.kind == "this":
        color = drawing.ACCENT if piece.invented else drawing.STRONG
    return {
        "color": color,
        "marker": MARKS[piece.kind],
        "markersize": 6.5 if published else 6,
        "markerfacecolor": "#ffffff" if published else color,
        "markeredgecolor": color,
        "markeredgewidth": 1.4,
        "linewidth": 1.6,
        "linestyle": (0, (3, 2)) if piece.invented else "solid",
        "zorder": 3,
    }


def _word(
    axes: "Axes",
    text: str,
    place: tuple[float, float],
    offset: tuple[float, float],
    coordinates: str | tuple[str, str],
    across: str,
    down: str,
    weight: str = "normal",
    rotation: float = 0,
) -> None:
    axes.annotate(
        text,
        place,
        offset,
        xycoords=coordinates,
        textcoords="offset points",
        ha=across,
        va=down,
        fontsize=drawing.NOTE_SIZE,
        fontweight=weight,
        rotation=rotation,
        color=drawing.INK if weight == "bold" else drawing.MUTED,
        annotation_clip=False,
    )
