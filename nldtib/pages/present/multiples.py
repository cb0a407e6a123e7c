"""Small charts side by side on one scale: one variable by two dimensions."""

import textwrap
from collections.abc import Mapping, Sequence

from IPython.display import HTML

from nldtib.errors import ParameterError
from nldtib.pages.cells import Edition
from nldtib.pages.present import asked, charts, drawing, figures, grid, numbers, tables, words
from nldtib.pages.present.charts import Bar
from nldtib.pages.present.figures import Figure, Place
from nldtib.pages.present.markup import Safe, joined
from nldtib.pages.present.numbers import Scale

MOST_ABREAST = 4
HEAD = 0.46  # inches above each row of panels, for two lines
LETTERS = 80  # of the head of a panel, over the whole width
GAP = 0.02  # share of the width between the panels


@asked.or_said
def multiples(edition: Edition, name: str, variable: str) -> HTML:
    """Show one variable of a table by two dimensions: a small bar chart per code of the second.

    All panels share their scale and the order of their bars. The table of all numbers follows,
    folded.

    Raises
    ------
    ParameterError
        The plan has no such table, the table no such variable, or it has not two dimensions.
    InputError
        The edition holds no figures of this table.
    """
    plan = figures.plan(edition, name)
    if len(plan.by) != 2:
        raise ParameterError(
            f"Table {name} has {len(plan.by)} dimension(s); small charts side by side take two."
        )
    found = figures.of_table(edition, name, variable)
    scale = figures.scale(found.values(), figures.variable(edition, variable).unit_of_measure)
    panels = _panels(edition, plan.by, found)
    rows = [row for panel in panels.values() for row in panel]
    title = f"{tables.title(edition, plan, variable)}, {edition.years[-1]}"
    seen = _alternative(edition, title, panels)
    drawn = _drawn(edition, panels, scale, f"multiples-{name}-{variable}", seen)
    detail = charts.detail(edition, rows, scale)
    chart = grid.chart(edition, title, detail, drawn, charts.notes(edition, plan.by, rows))
    below = grid.folded(edition, "chart.numbers", tables.content(edition, name, variable))
    return HTML(joined([chart, below]))


def _panels(
    edition: Edition, by: Sequence[str], found: Mapping[tuple[Place, int], Figure]
) -> dict[str, list[Bar]]:
    """Return the bars of each panel, in the order of the codebook, by the panel's name."""
    down, across = (figures.codes(edition, name) for name in by)
    return {
        label: [Bar(row, figures.at(found, (code, other), edition.years[-1])) for code, row in down]
        for other, label in across
    }


def _alternative(edition: Edition, title: str, panels: Mapping[str, Sequence[Bar]]) -> str:
    """Return in words what is largest in each panel, and how many figures are hidden."""
    language = edition.language
    lines = [words.phrase(language, "chart.alt_multiples", {"title": figures.in_sentence(title)})]
    for name, rows in panels.items():
        shown = [row for row in rows if row.figure.shown]
        values = {"panel": name}
        if shown:
            most = max(shown, key=lambda row: row.figure.value)
            values |= {"most": most.label, "value": figures.said(edition, most.figure)}
        lines.append(words.phrase(language, f"chart.alt_panel{'' if shown else '_none'}", values))
    hidden = sum(not row.figure.shown for rows in panels.values() for row in rows)
    if hidden:
        count = numbers.number(hidden, 0, language)
        lines.append(words.phrase(language, "chart.alt_panels_hidden", {"count": count}))
    return " ".join(lines)


def _drawn(
    edition: Edition,
    panels: Mapping[str, Sequence[Bar]],
    scale: Scale,
    name: str,
    alternative: str,
) -> Safe:
    every = [row for rows in panels.values() for row in rows]
    abreast = 3 if len(panels) % 3 == 0 else min(len(panels), MOST_ABREAST)
    deep = -(-len(panels) // abreast)
    bars = len(next(iter(panels.values())))
    height = charts.ROW * bars + HEAD
    figure, whole = drawing.canvas(height * deep)
    labels = [row.label for row in next(iter(panels.values()))]
    left = drawing.text_width(figure, labels, drawing.FONT_SIZE) + 0.02
    shown = [
        numbers.bare(row.figure.value, scale, edition.language) for row in every if row.figure.shown
    ]
    right = drawing.text_width(figure, shown, drawing.FONT_SIZE, "bold") + 0.015
    wide = (1 - left) / abreast
    limits = charts.span(every, scale)
    for number, (label, rows) in enumerate(panels.items()):
        across, down = number % abreast, number // abreast
        bottom, tall = 1 - (down + 1) / deep, charts.ROW * bars / height / deep
        start = left + across * wide
        axes = figure.add_axes((start, bottom, wide - right - GAP, tall))
        axes.set_axis_off()
        charts.draw(axes, edition, rows, scale, limits)
        if across == 0:
            charts.named(axes, rows)
        whole.text(
            start,
            bottom + tall + 0.04 / height / deep,
            textwrap.fill(label, int(wide * LETTERS)),
            transform=figure.transFigure,
            va="bottom",
            fontsize=drawing.FONT_SIZE,
            fontweight="bold",
            color=drawing.INK,
        )
    return drawing.svg(figure, name, alternative)
