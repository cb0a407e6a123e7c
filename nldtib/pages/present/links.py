"""Who is linked with what: two columns of names and lines between them, thicker for more."""

from collections.abc import Sequence
from dataclasses import dataclass

from IPython.display import HTML

from nldtib.errors import ParameterError
from nldtib.pages.cells import Edition
from nldtib.pages.present import asked, charts, drawing, figures, grid, tables, words
from nldtib.pages.present.charts import Bar
from nldtib.pages.present.markup import Safe, joined

BETWEEN = ": "  # parts the two names in the label of a code
STEP = 0.42  # inches between two names of the longer column
WIDEST = 13.0  # points, the line of the largest figure


@dataclass(frozen=True)
class Link:
    """One line: from a name on the left to a name on the right."""

    left: str
    right: str
    bar: Bar


@asked.or_said
def links(edition: Edition, name: str, variable: str) -> HTML:
    """Show one variable by a dimension whose codes tie two things together, as lines.

    The labels of such a dimension read `institute: form`. A figure that is not shown is a thin
    dashed line, the same for all. The table of all numbers follows, folded.

    Raises
    ------
    ParameterError
        The plan has no such table, the table no such variable, or its labels name no two things.
    InputError
        The edition holds no figures of this table.
    """
    plan = figures.plan(edition, name)
    rows = charts.ordered(edition, name, variable)
    if not all(BETWEEN in row.label for row in rows):
        raise ParameterError(f"The codes of {plan.by[0]} do not tie two things together.")
    several = [Link(*row.label.split(BETWEEN, 1), row) for row in rows]
    title = f"{tables.title(edition, plan, variable)}, {edition.years[-1]}"
    seen = charts.alternative(edition, title, rows, "chart.alt_links")
    order = [label.split(BETWEEN, 1) for _, label in figures.codes(edition, plan.by[0])]
    sides = [list(dict.fromkeys(pair[side] for pair in order)) for side in (0, 1)]
    drawn = _drawn(several, sides, f"links-{name}-{variable}", seen)
    hidden = any(row.figure.status in figures.HIDDEN for row in rows)
    notes = [words.text(edition.language, "chart.dashed")] if hidden else []
    notes += [words.text(edition.language, "legend.overlapping"), grid.source(edition)]
    scale = figures.scale(
        [row.figure for row in rows], figures.variable(edition, variable).unit_of_measure
    )
    unit = figures.unit(edition, scale, variable)
    detail = words.phrase(edition.language, "chart.links", {"unit": unit})
    chart = grid.chart(edition, title, detail, drawn, notes)
    below = grid.folded(edition, "chart.numbers", tables.content(edition, name, variable))
    return HTML(joined([chart, below]))


def _drawn(
    several: Sequence[Link], sides: Sequence[Sequence[str]], name: str, alternative: str
) -> Safe:
    deep = max(map(len, sides))
    figure, axes = drawing.canvas(STEP * deep)
    margins = [drawing.text_width(figure, names, drawing.FONT_SIZE) + 0.025 for names in sides]
    axes.set_position((margins[0], 0, 1 - sum(margins), 1))
    axes.set_xlim(0, 1)
    axes.set_ylim(deep, 0)
    heights = [
        {name: (place + 0.5) * deep / len(names) for place, name in enumerate(names)}
        for names in sides
    ]
    largest = max((one.bar.figure.value for one in several if one.bar.figure.shown), default=1.0)
    # The thinnest last, so that none disappears below a thick one.
    for one in several:
        ends = (heights[0][one.left], heights[1][one.right])
        shown = one.bar.figure.shown
        width = WIDEST * one.bar.figure.value / largest if shown else 0.8
        axes.plot(
            (0, 1),
            ends,
            color=drawing.BAR if shown else drawing.MUTED,
            linewidth=max(width, 0.8),
            linestyle="solid" if shown else (0, (4, 4)),
            solid_capstyle="butt",
            alpha=0.75 if shown else 1.0,
        )
    for side, (names, align) in enumerate(zip(sides, ("right", "left"), strict=True)):
        for text in names:
            axes.annotate(
                text,
                (side, heights[side][text]),
                (8 * (2 * side - 1), 0),
                textcoords="offset points",
                ha=align,
                va="center",
                fontsize=drawing.FONT_SIZE,
                color=drawing.INK,
                annotation_clip=False,
            )
    return drawing.svg(figure, name, alternative)
