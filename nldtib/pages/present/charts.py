"""Bars with their intervals; what is not shown is hatched, has no length, and comes last."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from IPython.display import HTML

from nldtib.pages.cells import Edition
from nldtib.pages.present import asked, drawing, figures, grid, numbers, tables, words
from nldtib.pages.present.figures import Figure
from nldtib.pages.present.markup import Safe, joined
from nldtib.pages.present.numbers import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW = 0.36  # inches
HATCHED = 0.09  # share of the axis, the same for every hidden figure


@dataclass(frozen=True)
class Bar:
    """One row of a chart: a label, and a figure that may be hidden."""

    label: str
    figure: Figure


@asked.or_said
def bars(edition: Edition, name: str, variable: str) -> HTML:
    """Show one variable of a table by one dimension, in the last reference year.

    Bars go from large to small, but classes with a natural order keep it. The table of all
    plotted numbers follows, folded.

    Raises
    ------
    ParameterError
        The plan has no such table, the table no such variable, or it has not one dimension.
    InputError
        The edition holds no figures of this table.
    """
    plan = figures.plan(edition, name)
    rows = ordered(edition, name, variable)
    about = figures.variable(edition, variable)
    scale = figures.scale([row.figure for row in rows], about.unit_of_measure)
    title = f"{tables.title(edition, plan, variable)}, {edition.years[-1]}"
    seen = alternative(edition, title, rows)
    drawn = _drawn(edition, rows, scale, f"bars-{name}-{variable}", seen)
    chart = grid.chart(
        edition, title, detail(edition, rows, scale), drawn, notes(edition, plan.by, rows)
    )
    below = grid.folded(edition, "chart.numbers", tables.content(edition, name, variable))
    return HTML(joined([chart, below]))


def ordered(edition: Edition, name: str, variable: str) -> list[Bar]:
    """Return the bars from top to bottom: shown ones first, hidden ones in the codebook's order.

    Raises
    ------
    ParameterError
        The table has not one dimension.
    """
    dimension = figures.only_dimension(edition, name)
    found = figures.of_table(edition, name, variable)
    rows = [
        Bar(label, figures.at(found, (code,), edition.years[-1]))
        for code, label in figures.codes(edition, dimension)
    ]
    natural = bool(edition.codebook.dimensions[dimension].bands_of)
    if natural:
        return rows
    shown = [row for row in rows if row.figure.shown]
    hidden = [row for row in rows if not row.figure.shown]
    return sorted(shown, key=lambda row: -row.figure.value) + hidden


def alternative(edition: Edition, title: str, rows: Sequence[Bar], kind: str = "chart.alt") -> str:
    """Return in words what one sees: the largest, the smallest, and what is hidden.

    `kind` is the text that opens it, naming the sort of drawing.
    """
    language = edition.language
    shown = sorted((r for r in rows if r.figure.shown), key=lambda row: -row.figure.value)
    hidden = [row.label for row in rows if not row.figure.shown]
    lines = [words.phrase(language, kind, {"title": figures.in_sentence(title)})]
    if shown:
        values = {
            "most": shown[0].label,
            "most_value": figures.said(edition, shown[0].figure),
            "least": shown[-1].label,
            "least_value": figures.said(edition, shown[-1].figure),
        }
        key = "chart.alt_extremes" if len(shown) > 1 else "chart.alt_one"
        lines.append(words.phrase(language, key, values))
    else:
        lines.append(words.text(language, "chart.alt_none"))
    if hidden:
        lines.append(words.phrase(language, "chart.alt_hidden", {"hidden": ", ".join(hidden)}))
    return " ".join(lines)


def notes(edition: Edition, by: Sequence[str], rows: Sequence[Bar]) -> list[str]:
    """Return what a reader of a chart must know: hatching, overlap, source."""
    hidden = any(row.figure.status in figures.HIDDEN for row in rows)
    lines = [words.text(edition.language, "chart.hatched")] if hidden else []
    if any(row.figure.shown and not row.figure.has_interval for row in rows):
        without = {"reason": figures.no_interval(edition)}
        lines.append(words.phrase(edition.language, "chart.without_whisker", without))
    if any(edition.codebook.dimensions[name].overlapping for name in by):
        lines.append(words.text(edition.language, "legend.overlapping"))
    return [*lines, grid.source(edition)]


def detail(edition: Edition, rows: Sequence[Bar], scale: Scale) -> str:
    """Return the unit of a chart, and what bar and whisker stand for."""
    whiskers = any(row.figure.has_interval for row in rows)
    name = rows[0].figure.variable.name
    values = {"unit": figures.unit(edition, scale, name), "level": figures.level(edition)}
    key = "chart.bars" if whiskers else "chart.no_interval"
    return words.phrase(edition.language, key, values)


def _drawn(
    edition: Edition, rows: Sequence[Bar], scale: Scale, name: str, alternative: str
) -> Safe:
    figure, axes = drawing.canvas(ROW * len(rows) + 0.1)
    left = drawing.text_width(figure, [row.label for row in rows], drawing.FONT_SIZE) + 0.02
    shown = [numbers.bare(r.figure.value, scale, edition.language) for r in rows if r.figure.shown]
    right = drawing.text_width(figure, shown, drawing.FONT_SIZE, "bold") + 0.03
    axes.set_position((left, 0, max(1 - left - right, 0.2), 1))
    draw(axes, edition, rows, scale, span(rows, scale))
    named(axes, rows)
    return drawing.svg(figure, name, alternative)


def draw(
    axes: "Axes",
    edition: Edition,
    rows: Sequence[Bar],
    scale: Scale,
    limits: tuple[float, float],
) -> None:
    """Draw bars from top to bottom with whisker and number; hidden ones hatched, all alike.

    Parameters
    ----------
    limits
        Both ends of the axis, in units of the scale.
    """
    import seaborn

    low, high = limits
    values = [row.figure.value / scale.divisor if row.figure.shown else 0.0 for row in rows]
    places = list(range(len(rows)))
    looks = {"errorbar": None, "color": drawing.BAR, "saturation": 1, "width": 0.66}
    seaborn.barplot(x=values, y=places, orient="h", order=places, ax=axes, **looks)
    axes.set_xlim(low, high)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    for place, (row, value) in enumerate(zip(rows, values, strict=True)):
        if row.figure.shown:
            _whisker(axes, place, row.figure, scale)
            label = numbers.bare(row.figure.value, scale, edition.language)
        else:
            width = HATCHED * (high - low)
            axes.barh(place, width, 0.66, facecolor="none", edgecolor=drawing.MUTED, hatch="////")
            label = figures.not_shown(edition, row.figure)
        _label(axes, place, _end(row.figure, value, scale, high - low), label, row.figure)
    axes.axvline(0, color=drawing.INK, linewidth=1)


def named(axes: "Axes", rows: Sequence[Bar]) -> None:
    """Write the label of each bar left of the axis."""
    for place, row in enumerate(rows):
        drawing.left_of(axes, place, row.label)


def span(rows: Sequence[Bar], scale: Scale) -> tuple[float, float]:
    """Return the ends of an axis that holds zero, every bar and every whisker."""
    shown = [row.figure for row in rows if row.figure.shown]
    ends = [0.0, *(one.value / scale.divisor for one in shown)]
    for one in shown:
        if one.has_interval:
            ends += [one.low / scale.divisor, one.high / scale.divisor]
    return min(ends), max(ends) if max(ends) > min(ends) else min(ends) + 1.0


def _whisker(axes: "Axes", place: int, figure: Figure, scale: Scale) -> None:
    if not figure.has_interval:
        return
    value = figure.value / scale.divisor
    below, above = value - figure.low / scale.divisor, figure.high / scale.divisor - value
    axes.errorbar(
        value,
        place,
        xerr=[[max(below, 0.0)], [max(above, 0.0)]],
        fmt="none",
        ecolor=drawing.INK,
        elinewidth=1.4,
        capsize=4,
        capthick=1.4,
    )


def _end(figure: Figure, value: float, scale: Scale, span: float) -> float:
    if not figure.shown:
        return HATCHED * span
    return max(value, figure.high / scale.divisor if figure.has_interval else value, 0.0)


def _label(axes: "Axes", place: int, end: float, label: str, figure: Figure) -> None:
    shown = figure.shown
    text = axes.annotate(
        label,
        (end, place),
        (7, 0),
        textcoords="offset points",
        va="center",
        fontsize=drawing.FONT_SIZE if shown else drawing.NOTE_SIZE,
        fontweight="bold" if shown else "normal",
        color=drawing.INK if shown else drawing.MUTED,
        annotation_clip=False,
    )
    text.set_gid(figure.key)
