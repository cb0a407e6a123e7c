"""A map of tiles: every province as large as the next, coloured by class, with its number."""

import functools
import math
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING

import yaml
from IPython.display import HTML

from nldtib.errors import ParameterError
from nldtib.pages.cells import Edition
from nldtib.pages.present import asked, charts, drawing, figures, grid, numbers, tables, words
from nldtib.pages.present.charts import Bar
from nldtib.pages.present.markup import Safe, joined
from nldtib.pages.present.numbers import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# From light to dark; the last two carry white text.
SHADES = ("#e3ecf5", "#b4cce4", "#3d6c9c", drawing.STRONG)
LIGHT_TEXT_FROM = 2
ROUND_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
TILE, GAP = 1.0, 0.08
INCHES = 1.12  # of one tile


@asked.or_said
def tiles(edition: Edition, name: str, variable: str) -> HTML:
    """Show one variable of a table by one dimension as a map of tiles, in the last year.

    The shades are classes of equal width with round limits. The table of all numbers follows,
    folded.

    Raises
    ------
    ParameterError
        The plan has no such table, the table no such variable, or its dimension has no map.
    InputError
        The edition holds no figures of this table.
    """
    dimension = figures.only_dimension(edition, name)
    places = _places(dimension)
    rows = charts.ordered(edition, name, variable)
    code_of = {label: code for code, label in figures.codes(edition, dimension)}
    scale = figures.scale(
        [row.figure for row in rows], figures.variable(edition, variable).unit_of_measure
    )
    plan = figures.plan(edition, name)
    title = f"{tables.title(edition, plan, variable)}, {edition.years[-1]}"
    seen = charts.alternative(edition, title, rows, "chart.alt_tiles")
    placed = [(row, places[code_of[row.label]]) for row in rows]
    drawn = _drawn(edition, placed, scale, f"tiles-{name}-{variable}", seen)
    unit = figures.unit(edition, scale, variable)
    detail = words.phrase(edition.language, "chart.tiles", {"unit": unit})
    notes = charts.notes(edition, plan.by, rows)
    chart = grid.chart(edition, title, detail, drawn, notes)
    below = grid.folded(edition, "chart.numbers", tables.content(edition, name, variable))
    return HTML(joined([chart, below]))


@functools.cache
def _maps() -> Mapping[str, Mapping[str, Sequence[int]]]:
    text = resources.files(__package__).joinpath("tiles.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def _places(dimension: str) -> Mapping[str, Sequence[int]]:
    if dimension not in _maps():
        raise ParameterError(
            f"There is no map of tiles for {dimension}; there is one for {', '.join(_maps())}."
        )
    return _maps()[dimension]


def limits(values: Sequence[float]) -> list[float]:
    """Return the upper limits of the classes: equal steps of a round size, the last above all."""
    largest = max(values, default=1.0) or 1.0
    rough = largest / len(SHADES)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in ROUND_STEPS if step * power * (1 + 1e-9) >= rough)
    return [step * (number + 1) for number in range(len(SHADES))]


def _drawn(
    edition: Edition,
    placed: Sequence[tuple[Bar, Sequence[int]]],
    scale: Scale,
    name: str,
    alternative: str,
) -> Safe:
    across = max(place[0] for _, place in placed) + 1
    down = max(place[1] for _, place in placed) + 1
    figure, axes = drawing.canvas(INCHES * down)
    axes.set_position((0, 0, INCHES * across / drawing.WIDTH, 1))
    axes.set_xlim(0, across)
    axes.set_ylim(down, 0)
    values = [row.figure.value / scale.divisor for row, _ in placed if row.figure.shown]
    tops = limits(values)
    for row, place in placed:
        _tile(axes, edition, row, place, scale, tops)
    key = figure.add_axes((INCHES * across / drawing.WIDTH + 0.05, 0, 0.3, 1))
    key.set_axis_off()
    _key(key, edition, scale, tops, any(not row.figure.shown for row, _ in placed))
    return drawing.svg(figure, name, alternative)


def _tile(
    axes: "Axes",
    edition: Edition,
    row: Bar,
    place: Sequence[int],
    scale: Scale,
    tops: Sequence[float],
) -> None:
    from matplotlib.patches import Rectangle

    left, top = place
    corner, size = (left + GAP / 2, top + GAP / 2), TILE - GAP
    value = row.figure.value / scale.divisor if row.figure.shown else 0.0
    shade = next((i for i, limit in enumerate(tops) if value <= limit), len(tops) - 1)
    if row.figure.shown:
        axes.add_patch(Rectangle(corner, size, size, facecolor=SHADES[shade], edgecolor="none"))
        text = numbers.bare(row.figure.value, scale, edition.language)
    else:
        hatched = {"facecolor": "none", "edgecolor": drawing.MUTED, "hatch": "//", "linewidth": 0.8}
        axes.add_patch(Rectangle(corner, size, size, **hatched))
        text = figures.not_shown(edition, row.figure)
    light = row.figure.shown and shade >= LIGHT_TEXT_FROM
    ink = "#ffffff" if light else drawing.INK
    middle = left + TILE / 2
    look = {"ha": "center", "va": "center", "color": ink}
    if not row.figure.shown:
        look["bbox"] = {"facecolor": "#ffffff", "edgecolor": "none", "pad": 2}
    axes.text(middle, top + 0.36, row.label, fontsize=drawing.NOTE_SIZE, **look)
    size = drawing.FONT_SIZE + 2 if row.figure.shown else drawing.NOTE_SIZE
    weight = "bold" if row.figure.shown else "normal"
    number = axes.text(middle, top + 0.64, text, fontsize=size, fontweight=weight, **look)
    number.set_gid(row.figure.key)


def _key(axes: "Axes", edition: Edition, scale: Scale, tops: Sequence[float], hidden: bool) -> None:
    from matplotlib.patches import Rectangle

    axes.set_xlim(0, 10)
    axes.set_ylim(12, 0)
    bottoms = [0.0, *tops[:-1]]
    looks = [{"facecolor": shade, "edgecolor": "none"} for shade in SHADES]
    texts = [
        numbers.interval(low * scale.divisor, high * scale.divisor, scale, edition.language)
        for low, high in zip(bottoms, tops, strict=True)
    ]
    if hidden:
        looks.append({"facecolor": "none", "edgecolor": drawing.MUTED, "hatch": "////"})
        texts.append(words.text(edition.language, "signs.not_shown"))
    for place, (look, text) in enumerate(zip(looks, texts, strict=True)):
        axes.add_patch(Rectangle((0, place), 1.4, 0.78, **look))
        axes.text(
            1.9, place + 0.4, text, va="center", fontsize=drawing.NOTE_SIZE, color=drawing.INK
        )
