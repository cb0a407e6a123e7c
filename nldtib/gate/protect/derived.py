"""Ratios, shares and changes: they say what they are made of, so they share its fate."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nldtib.errors import UnprotectedError
from nldtib.gate.protect.rules import Rules, sensitive
from nldtib.gate.protect.system import EVERYTHING, Place, build

Cell = tuple[str, int, Place]


def components(cell: Cell, first_year: int, rules: Rules) -> tuple[Cell, ...]:
    """Return the cells that a derived cell is made of.

    A ratio needs numerator and denominator at its place, a share its numerator there and in the
    grand total, a change its numerator in the first and the last reference year.
    """
    name, year, place = cell
    variable = rules.variables[name]
    if variable.statistic == "ratio":
        return (variable.numerator, year, place), (variable.denominator, year, place)
    if variable.statistic == "share":
        return (variable.numerator, year, place), (variable.numerator, year, EVERYTHING)
    return (variable.numerator, first_year, place), (variable.numerator, year, place)


def reason_to_hide(
    cell: Cell,
    table: str,
    first_year: int,
    shown: Mapping[Cell, bool],
    contributions: pd.DataFrame,
    rules: Rules,
) -> str:
    """Return `derived`, `few`, `dominated`, or nothing when the cell may be published.

    A change is taken over the units that answered for both years, so the primary rules must
    also hold for those units alone.

    Parameters
    ----------
    cell, table
        The derived cell, and the table that asks for it.
    first_year
        The earliest reference year of the tables, from which a change is taken.
    shown
        For every cell of a total: whether it is published.
    contributions
        All reference years.

    Raises
    ------
    UnprotectedError
        A component stands in no table, so nobody decided whether it may be known.
    """
    name, year, place = cell
    parts = components(cell, first_year, rules)
    for part in parts:
        if part not in shown:
            raise UnprotectedError(_missing(table, name, part))
    if not all(shown[part] for part in parts):
        return "derived"
    if rules.variables[name].statistic != "change":
        return ""
    years = contributions["reference_year"]
    both = set(contributions["unit"][years == first_year])
    both &= set(contributions["unit"][years == year])
    panel = contributions[contributions["unit"].isin(both)]
    reasons = (_primary(part, panel, rules) for part in parts)
    return next(filter(None, reasons), "")


def _primary(part: Cell, panel: pd.DataFrame, rules: Rules) -> str:
    name, year, place = part
    rows = panel[panel["reference_year"] == year]
    if rows.empty:
        return "few"
    system = build(name, [place], rows, rules.dimensions)
    unit_of_measure = rules.variables[name].unit_of_measure
    found = sensitive(system.facts, unit_of_measure, system.smallest, rules)
    reasons = np.full(len(system.places), "", dtype=object)
    reasons[found.index] = found["reason"]
    return dict(zip(system.places, reasons, strict=True)).get(place, "few")


def _missing(table: str, name: str, part: Cell) -> str:
    component, year, place = part
    by = " and ".join(dimension for dimension, _ in place) or "nothing (a margin)"
    return (
        f"Table {table} shows {name}, but no table shows its component {component} by {by} for "
        f"{year}. Add a row to tables.csv with {component} by {by}, or drop {name} there."
    )
