"""Tables of the plan: figures by place and year, with interval, respondents, grade and signs."""

from collections.abc import Collection, Mapping, Sequence

from IPython.display import HTML

from nldtib.codebook import Variable
from nldtib.pages.cells import Edition
from nldtib.pages.present import asked, figures, grid, numbers, words
from nldtib.pages.present.figures import Figure, Place
from nldtib.pages.present.grid import Cell, Row
from nldtib.pages.present.markup import Safe, element, joined
from nldtib.pages.present.numbers import Scale
from nldtib.rounds import Table
from nldtib.schema import TOTAL

ADDING = ("total", "share")  # statistics of which the parts add up
Figures = Mapping[tuple[Place, int], Figure]


@asked.or_said
def table(edition: Edition, name: str, variable: str | None = None) -> HTML:
    """Show a table of the plan.

    A table without dimension has a row per variable; `variable` leaves one of them. Otherwise
    `variable` (by default the first of the plan) is shown by one or two dimensions.

    Raises
    ------
    ParameterError
        The plan has no such table, or the table has no such variable.
    InputError
        The edition holds no figures of this table.
    """
    return HTML(content(edition, name, variable))


def content(edition: Edition, name: str, variable: str | None = None) -> Safe:
    """Return a table as HTML, to stand alone or below a chart."""
    plan = figures.plan(edition, name)
    if not plan.by:
        told = [name for name in plan.variables if not figures.variable(edition, name).is_part]
        return _by_variable(edition, plan, (variable,) if variable else told)
    chosen = variable or plan.variables[0]
    found = figures.of_table(edition, name, chosen)
    make = _one_way if len(plan.by) == 1 else _two_way
    return make(edition, plan, found)


def title(edition: Edition, plan: Table, variable: str) -> str:
    """Return what a table shows: variable by dimension."""
    by = words.text(edition.language, "by")
    names = [
        figures.in_sentence(edition.codebook.dimensions[name].label.in_language(edition.language))
        for name in plan.by
    ]
    both = f" {words.text(edition.language, 'and')} ".join(names)
    return f"{figures.label(edition, variable)} {by} {both}"


def detail(edition: Edition, scale: Scale, variable: Variable, years: Sequence[int]) -> str:
    """Return unit, years and base, for the second line of a caption."""
    parts = [
        figures.unit(edition, scale, variable.name),
        _year_head(edition, variable, years),
    ]
    base = variable.base.in_language(edition.language)
    if base and scale.unit != "percent":
        parts.append(words.phrase(edition.language, "table.base", {"base": base}))
    return " · ".join(parts)


def rows_of(edition: Edition, plan: Table, found: Figures) -> list[tuple[Place, str, bool]]:
    """Return place, label and whether it is the margin, in the order of the codebook."""
    (dimension,) = plan.by
    rows = [((code,), label, False) for code, label in figures.codes(edition, dimension)]
    if any(place == (TOTAL,) for place, _ in found):
        rows.append(((TOTAL,), _margin(edition, dimension), True))
    return rows


def printed(edition: Edition, figure: Figure, scale: Scale) -> Safe:
    """Return a figure for a table whose head names the unit, or its sign."""
    if not figure.shown:
        return grid.sign(edition, figure)
    if figure.is_band:
        return joined(
            numbers.interval(figure.low, figure.high, figures.BAND_SCALE, edition.language)
        )
    if figure.variable.statistic == "change":
        # A change shows its sign; its unit stands in the head.
        plus = "+" if numbers.rounded(figure.value, scale.decimals) > 0 else ""
        return joined(plus + numbers.bare(figure.value, scale, edition.language))
    return joined(numbers.bare(figure.value, scale, edition.language))


def interval(edition: Edition, figure: Figure, scale: Scale) -> Safe:
    """Return the interval of a figure for a table, or its sign."""
    if figure.shown and not figure.has_interval:
        return joined(figures.without_interval(edition, figure))
    if not figure.shown:
        return grid.sign(edition, figure)
    return joined(numbers.interval(figure.low, figure.high, scale, edition.language))


def respondents(edition: Edition, figure: Figure) -> Safe:
    """Return the number of respondents behind a figure."""
    if figure.n is None and not figure.shown:
        return grid.sign(edition, figure)
    return joined(figures.respondents(edition, figure))


def value(edition: Edition, figure: Figure, scale: Scale) -> Cell:
    """Return the cell of a figure, named by its key so that it can be checked on the page."""
    return Cell(printed(edition, figure, scale), figure.key)


def _precision(edition: Edition, figure: Figure, scale: Scale) -> tuple[Cell, ...]:
    return (
        Cell(interval(edition, figure, scale), figure.key, "interval"),
        Cell(respondents(edition, figure), figure.key, "n"),
        Cell(grid.grade(edition, figure), figure.key, "grade"),
    )


def _heads(edition: Edition, first: Sequence[str], year: str) -> list[str]:
    values = {"interval": figures.level(edition), "year": year}
    return [
        *first,
        words.phrase(edition.language, "table.interval", values).strip(),
        words.text(edition.language, "table.n"),
        words.text(edition.language, "table.grade"),
    ]


def _one_way(edition: Edition, plan: Table, found: Figures) -> Safe:
    years = figures.years(plan, edition)
    about = next(iter(found.values())).variable
    scale = figures.scale(found.values(), about.unit_of_measure)
    rows = []
    for place, label, total in rows_of(edition, plan, found):
        several = [figures.at(found, place, year) for year in years]
        cells = [value(edition, one, scale) for one in several]
        rows.append(Row(label, (*cells, *_precision(edition, several[-1], scale)), total))
    dimension = edition.codebook.dimensions[plan.by[0]]
    first = [dimension.label.in_language(edition.language), *map(str, years)]
    drawn = grid.grid(
        edition,
        title(edition, plan, about.name),
        detail(edition, scale, about, years),
        _heads(edition, first, str(years[-1])),
        rows,
    )
    return joined([drawn, _notes(edition, plan, found)])


def _two_way(edition: Edition, plan: Table, found: Figures) -> Safe:
    year = edition.years[-1]
    about = next(iter(found.values())).variable
    scale = figures.scale(found.values(), about.unit_of_measure)
    down, across = (
        [*figures.codes(edition, name), (TOTAL, _margin(edition, name))] for name in plan.by
    )
    rows = []
    for code, label in down:
        several = [figures.at(found, (code, other), year) for other, _ in across]
        cells = tuple(_crossed(edition, one, scale) for one in several)
        rows.append(Row(label, cells, code == TOTAL))
    first, second = (
        edition.codebook.dimensions[name].label.in_language(edition.language) for name in plan.by
    )
    values = {"dimension": figures.in_sentence(second)}
    columns = words.phrase(edition.language, "table.columns", values)
    head = title(edition, plan, about.name)
    drawn = grid.grid(
        edition,
        head,
        f"{detail(edition, scale, about, [year])} · {columns}",
        [first, *(label for _, label in across)],
        rows,
    )
    level = {"level": figures.level(edition)}
    below = words.phrase(edition.language, "table.crossed", level)
    return joined([drawn, _notes(edition, plan, found, [below])])


def _crossed(edition: Edition, figure: Figure, scale: Scale) -> Cell:
    """Return figure and grade with, in a second line, interval and number of respondents."""
    shown = element("span", printed(edition, figure, scale), {"data-part": "value"})
    if not figure.shown:
        return Cell(shown, figure.key, grid.WHOLE)
    ends = element("span", interval(edition, figure, scale), {"data-part": "interval"})
    n = element("span", respondents(edition, figure), {"data-part": "n"})
    below = element("span", [ends, words.text(edition.language, "table.of"), n], {"class": "ends"})
    return Cell(joined([shown, " ", grid.grade(edition, figure), below]), figure.key, grid.WHOLE)


def _by_variable(edition: Edition, plan: Table, variables: Sequence[str]) -> Safe:
    years, rows = figures.years(plan, edition), []
    tables = {name: figures.of_table(edition, plan.name, name) for name in variables}
    seen = {(name, *key): one for name, found in tables.items() for key, one in found.items()}
    scales = _scales(seen.values())
    for name, found in tables.items():
        scale = scales[figures.variable(edition, name).unit_of_measure]
        several = [figures.at(found, (), year) for year in years]
        cells = [value(edition, one, scale) for one in several]
        head = figures.with_unit(edition, name, scale)
        rows.append(Row(head, (*cells, *_precision(edition, several[-1], scale))))
    changes = all(one.variable.statistic == "change" for one in seen.values())
    last = next(iter(seen.values())).variable
    heads = [_year_head(edition, last, years)] if changes else list(map(str, years))
    first = words.text(edition.language, "table.variable")
    drawn = grid.grid(
        edition,
        plan.label.in_language(edition.language),
        _year_head(edition, last, years) if changes else figures.year_words(edition, years),
        _heads(edition, [first, *heads], "" if changes else str(years[-1])),
        rows,
    )
    return joined([drawn, _notes(edition, plan, seen)])


def _scales(found: Collection[Figure]) -> dict[str, Scale]:
    """Return one scale per unit of measure: amounts below each other have the same decimals."""
    units = dict.fromkeys(one.variable.unit_of_measure for one in found)
    return {
        unit: figures.scale([one for one in found if one.variable.unit_of_measure == unit], unit)
        for unit in units
    }


def _notes(
    edition: Edition, plan: Table, found: Mapping[tuple, Figure], opening: Sequence[str] = ()
) -> Safe:
    keys = ["grades"] if opening else ["n", "grades"]
    if plan.by and any(edition.codebook.dimensions[name].overlapping for name in plan.by):
        keys.append("overlapping")
    elif plan.by and all(one.variable.statistic in ADDING for one in found.values()):
        keys.append("rounding")
    parts = [*opening, *grid.signs(edition, found.values())]
    parts += [words.text(edition.language, f"legend.{key}") for key in keys]
    return grid.legend([*parts, grid.source(edition)])


def _margin(edition: Edition, dimension: str) -> str:
    overlapping = edition.codebook.dimensions[dimension].overlapping
    return words.text(edition.language, "table.all" if overlapping else "table.total")


def _year_head(edition: Edition, variable: Variable, years: Sequence[int]) -> str:
    if variable.statistic == "change":
        return numbers.span(edition.years[0], edition.years[-1])
    return figures.year_words(edition, years)
