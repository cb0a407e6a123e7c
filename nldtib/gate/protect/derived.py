"""Ratios, shares and changes: they say what they are made of, so they share its fate."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nldtib.errors import UnprotectedError
from nldtib.gate.protect import plan
from nldtib.gate.protect.rules import Rules, judge
from nldtib.gate.protect.system import EVERYTHING, Answers, Cell, build

DERIVED = "derived"


def components(cell: Cell, first_year: int, rules: Rules) -> tuple[Cell, ...]:
    """Return the cells that a derived cell is made of.

    A ratio needs numerator and denominator at its place, a share its numerator there and in the
    grand total, a change its numerator in the first and the last reference year. What is scaled by
    a factor that anyone may know is its numerator in another unit.
    """
    name, year, place = cell
    variable = rules.variables[name]
    if variable.statistic == "ratio":
        return (variable.numerator, year, place), (variable.denominator, year, place)
    if variable.factor or variable.statistic == "top_share":
        return ((variable.numerator, year, place),)
    if variable.statistic == "share":
        return (variable.numerator, year, place), (variable.numerator, year, EVERYTHING)
    return (variable.numerator, first_year, place), (variable.numerator, year, place)


def hidden(
    named: pd.DataFrame, shown: Mapping[Cell, bool], contributions: pd.DataFrame, rules: Rules
) -> dict[Cell, str]:
    """Return why each derived cell is hidden: `derived`, `few` or `dominated`.

    A change is taken over the units that answered for both years. The primary rules must hold for
    those units alone, and for the others alone: a total less those units is theirs.

    Parameters
    ----------
    named
        All cells, with place and statistic.
    shown
        For every cell of a total: whether it is published.
    contributions
        All reference years.

    Raises
    ------
    UnprotectedError
        A component stands in no table, so nobody decided whether it may be known.
    """
    first_year = int(named["reference_year"].min()) if len(named) else 0
    reasons: dict[Cell, str] = {}
    rest = named[named["statistic"] != "total"]
    for cell, table in zip(plan.keys(rest), rest["table"], strict=True):
        parts = components(cell, first_year, rules)
        for part in parts:
            if part not in shown:
                raise UnprotectedError(_missing(table, cell[0], part))
        if not all(shown[part] for part in parts):
            reasons[cell] = DERIVED
        elif rules.variables[cell[0]].statistic == "change":
            found = _apart(parts, contributions, rules)
            if found:
                reasons[cell] = found
    return reasons


def _apart(parts: tuple[Cell, ...], contributions: pd.DataFrame, rules: Rules) -> str:
    """Return why units that answered for both years, or the others, may not be told apart."""
    years = contributions["reference_year"]
    units = [set(contributions["unit"][years == year]) for _, year, _ in parts]
    both = contributions["unit"].isin(units[0] & units[1])
    for cell in parts:
        here = years == cell[1]
        panel = _judged(cell, contributions[here & both], rules)
        others = _judged(cell, contributions[here & ~both], rules)
        if panel is None or panel or others:
            return panel or others or "few"
    return ""


def _judged(cell: Cell, rows: pd.DataFrame, rules: Rules) -> str | None:
    """Return why the units of these rows are sensitive at a place, or None where there are none."""
    if rows.empty:
        return None
    name, year, place = cell
    rows = rows.reset_index(drop=True)
    holding = pd.factorize(rows["holding"], sort=True)[0]
    imputed = (
        {name: rows[f"{plan.IMPUTED}{name}"].to_numpy(float) > 0}
        if (f"{plan.IMPUTED}{name}" in rows)
        else {}
    )
    answers = Answers(year, rows, holding, imputed)
    system = build({name: {place}}, answers, rules.variables, rules.dimensions, {})
    counted = np.full(len(system.cells), plan.counts(name, rules))
    found = judge(system.shares, system.smallest, counted, rules)
    return dict(zip(system.cells, found.reason.tolist(), strict=True)).get(cell)


def _missing(table: str, name: str, part: Cell) -> str:
    component, year, place = part
    by = " and ".join(dimension for dimension, _ in place) or "nothing (a margin)"
    return (
        f"Table {table} shows {name}, but no table shows its component {component} by {by} for "
        f"{year}. Add a row to tables.csv with {component} by {by}, or drop {name} there."
    )
