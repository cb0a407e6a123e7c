"""Figures looked up in an edition, with the words that belong to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from nldtib.codebook import Variable, closest
from nldtib.errors import InputError, ParameterError
from nldtib.pages.cells import Edition
from nldtib.pages.present import numbers, words
from nldtib.pages.present.numbers import Scale
from nldtib.rounds import Table
from nldtib.schema import BAND, TOTAL


class NotAskedError(ParameterError):
    """What is asked for is known, but this round did not ask it: a page says so and goes on."""

    def __init__(self, survey_round: int, name: str):
        super().__init__(f"Round {survey_round} did not ask for {name}.")


NOT_SHOWN = "."
HIDDEN = ("suppressed", "unreliable")
Place = tuple[str, ...]
# Ends of a band are whole percentages.
BAND_SCALE = Scale("percent", 1.0, 0)


@dataclass(frozen=True)
class Figure:
    """One cell: an estimate with its precision, or the reason why it is not shown.

    `key` is its name in cells.csv; a figure that stands in no edition has none.
    """

    variable: Variable
    year: int
    status: str
    value: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    grade: str = ""
    n: int | None = None
    sign: str = NOT_SHOWN
    key: str = ""

    @property
    def shown(self) -> bool:
        """Return whether the figure may be printed."""
        return self.status == "published"

    @property
    def is_band(self) -> bool:
        """Return whether low and high are the ends of a band that stands for the figure."""
        return self.shown and BAND in self.sign

    @property
    def has_interval(self) -> bool:
        """Return whether both ends of the interval are known."""
        ends = self.shown and pd.notna(self.low) and pd.notna(self.high)
        return ends and not self.is_band


def plan(edition: Edition, name: str) -> Table:
    """Return a table of the plan by name.

    Raises
    ------
    ParameterError
        The plan has no such table; the message names the closest.
    """
    if name in edition.left_out:
        raise NotAskedError(edition.survey_round, name)
    if name not in edition.tables:
        raise ParameterError(
            f"The plan of round {edition.survey_round} has no table {name}."
            f"{closest(name, edition.tables)}"
        )
    return edition.tables[name]


def variable(edition: Edition, name: str) -> Variable:
    """Return a variable of the codebook by name.

    Raises
    ------
    ParameterError
        The codebook has no such variable; the message names the closest.
    """
    if name in edition.codebook.not_asked:
        raise NotAskedError(edition.survey_round, name)
    if name not in edition.codebook.variables:
        raise ParameterError(
            f"The codebook has no variable {name}.{closest(name, edition.codebook.variables)}"
        )
    return edition.codebook.variables[name]


def of_table(edition: Edition, name: str, variable_name: str) -> dict[tuple[Place, int], Figure]:
    """Return the figures of one variable in one table, by place and reference year.

    A place holds one code per dimension of the table, in the order of the plan.

    Raises
    ------
    ParameterError
        The plan has no such table, or the table has no such variable.
    InputError
        The edition holds no figures of this table.
    """
    table = plan(edition, name)
    if variable_name in edition.codebook.not_asked:
        raise NotAskedError(edition.survey_round, variable_name)
    if variable_name not in table.variables:
        raise ParameterError(
            f"Table {name} has no variable {variable_name}."
            f"{closest(variable_name, table.variables)}"
        )
    cells = edition.cells
    chosen = cells[(cells["table"] == name) & (cells["variable"] == variable_name)]
    if chosen.empty:
        raise InputError(
            f"Edition {edition.name} holds no figures of {variable_name} in table {name}. "
            "Make the edition again with this plan."
        )
    about = variable(edition, variable_name)
    return {
        (tuple(row[dimension] for dimension in table.by), int(row["reference_year"])): of_row(
            row, about
        )
        for row in chosen.to_dict("records")
    }


def only_dimension(edition: Edition, name: str) -> str:
    """Return the dimension of a table that has one.

    Raises
    ------
    ParameterError
        The table has no dimension, or two.
    """
    by = plan(edition, name).by
    if len(by) != 1:
        raise ParameterError(
            f"Table {name} has {len(by)} dimensions; a bar chart takes one. Show it as a table."
        )
    return by[0]


def at(figures: Mapping[tuple[Place, int], Figure], place: Place, year: int) -> Figure:
    """Return one figure; a place of which the edition says nothing is not shown."""
    if (place, year) in figures:
        return figures[place, year]
    return Figure(next(iter(figures.values())).variable, year, "suppressed")


def total(edition: Edition, variable_name: str, year: int | None = None) -> Figure:
    """Return the figure of the whole population, by default of the last reference year.

    Raises
    ------
    ParameterError
        The codebook has no such variable.
    """
    year = year or edition.years[-1]
    return by_key(edition, f"{variable_name}:{TOTAL}:{year}", variable_name, year)


def by_key(edition: Edition, key: str, variable_name: str, year: int) -> Figure:
    """Return the figure under a key of cells.csv; one that is not there is not shown.

    Raises
    ------
    ParameterError
        The codebook has no such variable.
    """
    about = variable(edition, variable_name)
    found = edition.cells[edition.cells["key"] == key]
    if found.empty:
        return Figure(about, year, "suppressed")
    return of_row(found.to_dict("records")[0], about)


def years(table: Table, edition: Edition) -> tuple[int, ...]:
    """Return the reference years that a table shows."""
    return edition.years[-1:] if table.years == "last" else edition.years


def codes(edition: Edition, dimension: str) -> list[tuple[str, str]]:
    """Return code and label of a dimension, in the order of the codebook."""
    return [
        (item.code, item.label.in_language(edition.language))
        for item in edition.codebook.dimensions[dimension].codes
    ]


def label(edition: Edition, variable_name: str) -> str:
    """Return what a variable is called."""
    return variable(edition, variable_name).label.in_language(edition.language)


def base(edition: Edition, variable_name: str) -> str:
    """Return the base of a variable, such as `van de defensieomzet`."""
    return variable(edition, variable_name).base.in_language(edition.language)


def said(edition: Edition, figure: Figure) -> str:
    """Return a figure with unit, and for a percentage its base; or that it is not shown."""
    if not figure.shown:
        return not_shown(edition, figure)
    scale = numbers.of_one(figure.value, figure.variable.unit_of_measure)
    digits = numbers.said(figure.value, scale, edition.language)
    if figure.is_band:
        digits = numbers.said_ends(figure.low, figure.high, BAND_SCALE, edition.language)
    if figure.variable.statistic == "change":
        digits = numbers.signed(figure.value, "percent", edition.language)
    if figure.variable.unit_of_measure != "percent":
        return digits
    return f"{digits} {figure.variable.base.in_language(edition.language)}".strip()


def said_interval(edition: Edition, figure: Figure) -> str:
    """Return the interval of a figure with unit, or that it is not shown."""
    if not figure.has_interval:
        return without_interval(edition, figure)
    scale = numbers.of_one(figure.value, figure.variable.unit_of_measure)
    return numbers.said_interval(figure.low, figure.high, scale, edition.language)


def not_shown(edition: Edition, figure: Figure) -> str:
    """Return the words that stand in the place of a figure."""
    name = "not_applicable" if figure.status == "not_applicable" else "not_shown"
    return words.text(edition.language, f"signs.{name}")


def respondents(edition: Edition, figure: Figure) -> str:
    """Return the number of respondents, or that it is not shown: then it may be hidden alone."""
    if figure.n is None:
        return not_shown(edition, figure)
    return numbers.number(figure.n, 0, edition.language)


def no_interval(edition: Edition) -> str:
    """Return why a published figure has no interval."""
    return words.text(edition.language, "signs.no_interval")


def without_interval(edition: Edition, figure: Figure) -> str:
    """Return the words that stand in the place of an interval."""
    if figure.is_band:
        return words.text(edition.language, "signs.band")
    return no_interval(edition) if figure.shown else not_shown(edition, figure)


def level(edition: Edition) -> str:
    """Return what intervals are called, such as `95 %-interval`."""
    percent = numbers.number(float(edition.run["level"]) * 100, 0, edition.language)
    return words.phrase(edition.language, "interval", {"level": percent})


def scale(figures: Iterable[Figure], unit_of_measure: str) -> Scale:
    """Return the one scale in which published figures of a variable are printed together."""
    values = [end for one in figures if one.shown for end in (one.value, one.low, one.high)]
    return numbers.of_many((end for end in values if pd.notna(end)), unit_of_measure)


def unit(edition: Edition, of: Scale, variable_name: str) -> str:
    """Return the unit of a table column in words; a percentage names its base."""
    name = words.text(edition.language, f"units.{of.unit}.name")
    if of.unit != "percent":
        return name
    return f"{name} {base(edition, variable_name)}".strip()


def in_sentence(label: str) -> str:
    """Return a label as it reads within a sentence: `militair domein`, but `NLD-gebied`."""
    ordinary = len(label) > 1 and label[1].islower()
    return label[0].lower() + label[1:] if ordinary else label


def with_unit(edition: Edition, variable_name: str, of: Scale) -> str:
    """Return what a variable is called with its unit, unless the name says it already."""
    name, measure = label(edition, variable_name), unit(edition, of, variable_name)
    return name if measure.lower() in name.lower() else f"{name} ({measure})"


def edition_name(edition: Edition) -> str:
    """Return the edition in words, such as `eerste editie`."""
    otherwise = words.phrase(edition.language, "edition_named", {"name": edition.name})
    return words.text_or(edition.language, f"editions.{edition.name}", otherwise)


def year_words(edition: Edition, several: Sequence[int]) -> str:
    """Return reference years in words."""
    return numbers.years(several, edition.language)


def of_row(row: Mapping, about: Variable) -> Figure:
    """Return the figure of one row of cells.csv."""
    return Figure(
        variable=about,
        year=int(row["reference_year"]),
        status=str(row["status"]),
        value=float(row["value"]),
        low=float(row["low"]),
        high=float(row["high"]),
        grade=str(row["grade"]),
        n=None if pd.isna(row["n"]) else int(row["n"]),
        sign=str(row["sign"]) or NOT_SHOWN,
        key=str(row["key"]),
    )
