"""Protect all tables of an edition together, and together with all that was published before.

Cells that are sensitive in themselves are hidden; further cells are hidden until no sensitive one
follows from the rest, for readers outside and for the holdings themselves; what is derived from a
hidden cell is hidden with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.errors import UnprotectedError
from nldtib.gate.ledger import Ledger
from nldtib.gate.protect import advice, bands, derived, door, plan, precision
from nldtib.gate.protect.budget import Budget
from nldtib.gate.protect.forced import Forced
from nldtib.gate.protect.pattern import decide
from nldtib.gate.protect.rules import Rules, Waiver, refuse_impossible
from nldtib.gate.protect.system import Cell

__all__ = ["Budget", "Forced", "Pattern", "Rules", "Waiver", "tables"]

HIDDEN_SIGN = "."
INTERVAL = ("low", "high", "cv")
# A grade is a band of the cv; where that is withheld all have the last one.
LAST_GRADE = "E"
# Values may come rounded to whole units of measure.
ROUNDING = 0.5
NOTHING_RELEASED, NOTHING_FORCED = Ledger(), Forced()


@dataclass(frozen=True)
class Pattern:
    """What may be published, and why the rest may not.

    cells
        The rows that came in, in their order, with status and sign; value, low, high, cv, grade
        and n are empty unless the status is published, n also where it would tell a hidden
        number of organisations, and low, high and cv where an amount has few answers; its grade
        is then E. A share of the largest is a band: value its middle, low and high its ends.
    reasons
        Confidential, never crosses the wall: table, key, reason (few, dominated, revision, forced,
        secondary, not proven, derived, unreliable), one row per hidden cell.
    advice
        Sentences for the analyst, without a value: tables that had better be coarser.
    """

    cells: pd.DataFrame
    reasons: pd.DataFrame
    advice: tuple[str, ...]


def tables(
    cells: pd.DataFrame,
    contributions: pd.DataFrame,
    rules: Rules,
    ledger: Ledger = NOTHING_RELEASED,
    forced: Forced = NOTHING_FORCED,
) -> Pattern:
    """Decide for every cell of every table whether it may be published.

    Parameters
    ----------
    cells
        One row per table, place, reference year and variable (`schema.CELLS` and one column per
        dimension, `total` for the margin). Status is empty, `unreliable` or `not_applicable`.
        The value of a total is the weighted sum of its contributions.
    contributions
        One row per respondent and reference year: unit, holding, weight, dimensions, variables,
        and for a variable with imputed values a column `imputed.<variable>` of 0 and 1.
        Non-negative.
    rules
        The confidential rule and the codebook.
    ledger
        What left the room before: it is known, and old less new is a table like any other.
    forced
        Cells that a person opened or closed.

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
    refuse_impossible(rules)
    named = door.named(cells, rules)
    totals = named[named["statistic"] == "total"]
    door.refuse_contributions(contributions, set(totals["variable"]))
    whole = plan.assemble(named, contributions, rules, ledger)
    _refuse_other_figures(totals, whole)
    hidden = decide(whole, named, rules, forced)
    shown = {
        cell: cell not in hidden and open_ for cell, open_ in _open(totals, whole, hidden).items()
    }
    hidden |= derived.hidden(named, shown, contributions, rules)
    hidden |= bands.hidden(named, whole, shown, contributions, rules)
    respondents = plan.counts_all(rules, contributions)
    precise = ~precision.withheld(named, whole, hidden, rules)
    precise |= (named["statistic"] == bands.TOP_SHARE).to_numpy()
    pattern = _pattern(cells, bands.told(named, rules), hidden, respondents, precise)
    return Pattern(*pattern, advice.coarser(named, hidden))


def _refuse_other_figures(totals: pd.DataFrame, whole: plan.Plan) -> None:
    weighted = whole.system.weighted()
    expected = {cell: weighted[position] for cell, position in whole.now.items()}
    for table, part in totals.groupby("table", sort=True):
        keys = list(plan.keys(part))
        wanted = np.array([expected.get(key, 0.0) for key in keys])
        value = part["value"].to_numpy(float)
        there = np.array([key in expected for key in keys], dtype=bool)
        silent = np.isnan(value) & ((part["status"] != door.TO_DECIDE).to_numpy() | ~there)
        other = ~silent & ~(np.abs(value - wanted) <= ROUNDING + 1e-6 * np.abs(wanted))
        if other.any():
            raise UnprotectedError(
                f"In table {table}, {int(other.sum())} value(s) of "
                f"{part['variable'].to_numpy()[other][0]} are not the weighted sum of the "
                "contributions. Estimate and protect from the same records."
            )


def _open(totals: pd.DataFrame, whole: plan.Plan, hidden: Mapping[Cell, str]) -> dict[Cell, bool]:
    """Return for each cell of a total whether it has a value and no status yet."""
    decided = (totals["status"] == door.TO_DECIDE) & totals["value"].notna()
    return dict(zip(plan.keys(totals), decided.tolist(), strict=True))


def _pattern(
    cells: pd.DataFrame,
    named: pd.DataFrame,
    hidden: Mapping[Cell, str],
    respondents: str,
    precise: np.ndarray,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    keys = list(plan.keys(named))
    reason = pd.Series([hidden.get(key, "") for key in keys], index=named.index, dtype=object)
    status = named["status"].where(
        named["status"] != door.TO_DECIDE, np.where(reason != "", "suppressed", "published")
    )
    status = status.where((status != "published") | named["value"].notna(), "not_applicable")
    reason = reason.where((status != "unreliable") | (reason != ""), "unreliable")
    closed = status.isin(["suppressed", "unreliable"])
    published = status == "published"
    counted = [(respondents, year, place) not in hidden for _, year, place in keys]
    grades = named["grade"].astype(object)
    grades = grades.mask(~precise & grades.fillna("").ne(""), LAST_GRADE)
    decided = named[list(cells.columns)].assign(
        n=named["n"].astype("Int64").where(published & np.array(counted, dtype=bool)),
        status=status.astype(str),
        # Any other sign tells about the value, so it goes where the value goes.
        sign=np.where(closed, HIDDEN_SIGN, named["sign"].fillna("").where(published, "")),
        grade=grades.where(published, "").astype(str),
        value=named["value"].where(published, np.nan),
        **{name: named[name].where(published & precise, np.nan) for name in INTERVAL},
    )
    why = named.assign(reason=reason.astype(str))[["table", "key", "reason"]]
    decided = precision.rounded(decided.set_axis(cells.index, axis="index"))
    return decided, why[closed].reset_index(drop=True)
