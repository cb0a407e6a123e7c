"""Protect all tables of an edition together: rules for single cells, then what hides them.

Each total of one reference year is one system over all tables. Cells that are sensitive in
themselves are hidden; further cells are hidden until no sensitive one follows from the rest; what
is derived from a hidden cell is hidden with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib import schema
from nldtib.errors import InputError, MissingValuesError, SchemaError, UnprotectedError
from nldtib.gate.protect import derived, secondary, system
from nldtib.gate.protect.derived import Cell
from nldtib.gate.protect.rules import Rules, refuse_impossible, sensitive
from nldtib.gate.protect.system import Place, System

__all__ = ["Pattern", "Rules", "tables"]

TO_DECIDE = ""
DECIDED_BEFORE = ("unreliable", "not_applicable")
HIDDEN_SIGN = "."
FIGURES = ("value", "low", "high", "cv")
COUNTS = "organisations"
# Values may come rounded to whole units of measure.
ROUNDING = 0.5


@dataclass(frozen=True)
class Pattern:
    """What may be published, and why the rest may not.

    cells
        The rows that came in, in their order, with status and sign; value, low, high, cv, grade
        and n are empty unless the status is published, and n also where it would tell a hidden
        number of organisations.
    reasons
        Confidential, never crosses the wall: table, key, reason (few, dominated, secondary,
        derived, unreliable), one row per hidden cell.
    """

    cells: pd.DataFrame
    reasons: pd.DataFrame


def tables(cells: pd.DataFrame, contributions: pd.DataFrame, rules: Rules) -> Pattern:
    """Decide for every cell of every table whether it may be published.

    Parameters
    ----------
    cells
        One row per table, place, reference year and variable (`schema.CELLS` and one column per
        dimension, `total` for the margin). Status is empty, `unreliable` or `not_applicable`.
        The value of a total is the weighted sum of its contributions.
    contributions
        One row per respondent and reference year: unit, holding, weight, dimensions, variables.
        Non-negative.
    rules
        The confidential rule and the codebook.

    Returns
    -------
    The pattern; the same input in any order gives the same one.

    Raises
    ------
    UnprotectedError
        A place cannot be protected, a derived cell lacks a component, a value does not follow from
        the contributions, or the solver failed. The message names the table.
    InputError, MissingValuesError, SchemaError, ParameterError
        The contributions, cells or rules are not what the contract says.

    Source
    ------
    Handbook on Statistical Disclosure Control, 2nd ed., chapter 4; `rules` and `secondary` say
    what was taken from it.
    """
    schema.check(cells, schema.CELLS, "protect")
    schema.check(contributions, schema.CONTRIBUTIONS, "protect")
    refuse_impossible(rules)
    named = _named(cells, rules)
    _refuse_contributions(contributions, named, rules)
    contributions = contributions.sort_values(["reference_year", "unit"], kind="stable")
    first_year = int(named["reference_year"].min()) if len(named) else 0

    hidden: dict[Cell, str] = {}
    totals = named[named["statistic"] == "total"]
    for (variable, year), part in totals.groupby(["variable", "reference_year"], sort=True):
        rows = contributions[contributions["reference_year"] == year]
        for place, reason in _decide(variable, part, rows, rules).items():
            hidden[variable, int(year), place] = reason
    shown = {cell: cell not in hidden and open_ for cell, open_ in _open(totals).items()}
    for row in named[named["statistic"] != "total"].itertuples():
        cell = (row.variable, int(row.reference_year), row.place)
        reason = derived.reason_to_hide(cell, row.table, first_year, shown, contributions, rules)
        if reason:
            hidden[cell] = reason
    return _pattern(cells, named, hidden)


def _named(cells: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return the cells with their place and statistic, after refusing what cannot be placed."""
    unknown = sorted(set(cells["variable"]) - set(rules.variables))
    if unknown:
        raise UnprotectedError(
            f"{len(unknown)} variable(s) of the tables are not in the codebook: "
            f"{', '.join(unknown)}. Without a definition a cell cannot be judged."
        )
    status = cells["status"].astype(object).where(cells["status"].notna(), TO_DECIDE)
    strange = ~status.isin([TO_DECIDE, *DECIDED_BEFORE])
    if strange.any():
        raise UnprotectedError(
            f"{int(strange.sum())} cell(s) come in with a status other than empty, unreliable or "
            "not_applicable. Only protect decides what is published."
        )
    dimensions = sorted(name for name in rules.dimensions if name in cells)
    codes = cells[dimensions].astype(str)
    places = [
        tuple(
            (name, code) for name, code in zip(dimensions, row, strict=True) if code != schema.TOTAL
        )
        for row in codes.itertuples(index=False)
    ]
    statistic = cells["variable"].map({name: v.statistic for name, v in rules.variables.items()})
    named = cells.assign(status=status, place=places, statistic=statistic).reset_index(drop=True)
    twice = named.duplicated(["table", "variable", "reference_year", "place"])
    if twice.any():
        raise SchemaError(
            f"{int(twice.sum())} cell(s) stand twice in one table, the first in "
            f"{named['table'][twice].iloc[0]}. A cell has one row per table."
        )
    # One cell in two tables has one status; in the order of the words, unreliable comes last.
    cell = named.groupby(["variable", "reference_year", "place"], sort=False)
    return named.assign(status=cell["status"].transform("max"))


def _refuse_contributions(contributions: pd.DataFrame, named: pd.DataFrame, rules: Rules) -> None:
    variables = sorted(set(named["variable"][named["statistic"] == "total"]))
    schema.check(contributions, tuple(variables), "protect")
    for column in ("unit", "holding", "weight"):
        absent = int(contributions[column].isna().sum())
        if absent:
            raise InputError(
                f"{absent} contribution(s) have no {column}. Every respondent needs one; a unit "
                "that stands alone is its own holding."
            )
    for column in variables:
        absent = int(contributions[column].isna().sum())
        if absent:
            raise MissingValuesError(column, absent, len(contributions))
    for column in ("weight", *variables):
        number = contributions[column].to_numpy(float)
        wrong = int((~np.isfinite(number) | (number < 0)).sum())
        if wrong:
            raise InputError(
                f"{column} has {wrong} contribution(s) that are negative or no number. The p % "
                "rule holds for contributions of zero and more: edit them first."
            )
    twice = int(contributions.duplicated(["unit", "reference_year"]).sum())
    if twice:
        raise InputError(
            f"{twice} contribution(s) repeat a unit and reference year. Give one row for each."
        )


def _decide(
    variable: str, part: pd.DataFrame, rows: pd.DataFrame, rules: Rules
) -> Mapping[Place, str]:
    """Return why each place of one system is hidden; places in no table included."""
    whole = system.build(variable, part["place"], rows, rules.dimensions)
    _refuse_other_figures(part, whole)
    unit_of_measure = rules.variables[variable].unit_of_measure
    levels = sensitive(whole.facts, unit_of_measure, whole.smallest, rules)
    status = dict(zip(part["place"], part["status"], strict=True))
    beforehand = np.array([status.get(place, "unlisted") != TO_DECIDE for place in whole.places])
    beforehand[levels.index] = True
    try:
        added = secondary.hide(whole, beforehand, levels["level"])
    except UnprotectedError as problem:
        raise UnprotectedError(
            f"{variable} cannot be protected in table {', '.join(sorted(set(part['table'])))}: "
            f"{problem}. Merge codes there, or drop the table."
        ) from None
    reasons = {place: "unreliable" for place, known in status.items() if known == "unreliable"}
    reasons |= {whole.places[position]: "secondary" for position in added}
    reasons |= {whole.places[number]: reason for number, reason in levels["reason"].items()}
    return reasons


def _refuse_other_figures(part: pd.DataFrame, whole: System) -> None:
    weighted = dict(zip(whole.places, whole.facts["weighted"], strict=True))
    expected = part["place"].map(lambda place: weighted.get(place, 0.0)).astype(float)
    value = part["value"].astype(float)
    silent = value.isna() & ((part["status"] != TO_DECIDE) | ~part["place"].isin(list(weighted)))
    other = ~silent & ~((value - expected).abs() <= ROUNDING + 1e-6 * expected.abs())
    if other.any():
        raise UnprotectedError(
            f"In table {part['table'][other].iloc[0]}, {int(other.sum())} value(s) of "
            f"{part['variable'].iloc[0]} are not the weighted sum of the contributions. "
            "Estimate and protect from the same records."
        )


def _open(totals: pd.DataFrame) -> dict[Cell, bool]:
    """Return for each cell of a total whether it has a value and no status yet."""
    return {
        (row.variable, int(row.reference_year), row.place): row.status == TO_DECIDE
        and not pd.isna(row.value)
        for row in totals.itertuples()
    }


def _at_hidden_counts(named: pd.DataFrame, status: pd.Series) -> pd.Series:
    """Mark cells whose number of respondents would tell a hidden number of organisations.

    Where everybody answered, respondents and organisations are the same people.
    """
    counts = (named["unit_of_measure"] == COUNTS) & (named["statistic"] == "total")
    where = ["reference_year", "place"]
    hidden = named.loc[counts & (status == "suppressed"), where].itertuples(index=False)
    closed = {tuple(cell) for cell in hidden}
    cells = named[where].itertuples(index=False)
    return pd.Series([tuple(cell) in closed for cell in cells], index=named.index)


def _pattern(cells: pd.DataFrame, named: pd.DataFrame, hidden: Mapping[Cell, str]) -> Pattern:
    keys = zip(named["variable"], named["reference_year"].astype(int), named["place"], strict=True)
    reason = pd.Series([hidden.get(key, "") for key in keys], index=named.index, dtype=object)
    status = named["status"].where(
        named["status"] != TO_DECIDE, np.where(reason != "", "suppressed", "published")
    )
    status = status.where((status != "published") | named["value"].notna(), "not_applicable")
    reason = reason.where((status != "unreliable") | (reason != ""), "unreliable")
    closed = status.isin(["suppressed", "unreliable"])
    published = status == "published"
    shown = published & ~_at_hidden_counts(named, status)
    decided = named[list(cells.columns)].assign(
        n=named["n"].astype("Int64").where(shown),
        status=status.astype(str),
        # Any other sign tells about the value, so it goes where the value goes.
        sign=np.where(closed, HIDDEN_SIGN, named["sign"].fillna("").where(published, "")),
        grade=named["grade"].astype(object).where(published, "").astype(str),
        **{name: named[name].where(published, np.nan) for name in FIGURES},
    )
    why = named.assign(reason=reason.astype(str))[["table", "key", "reason"]]
    return Pattern(
        cells=decided.set_axis(cells.index, axis="index"),
        reasons=why[closed].reset_index(drop=True),
    )
