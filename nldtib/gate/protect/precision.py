"""Which figures keep no interval: a sum and a spread of few answers tell the answers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nldtib.gate.protect import plan, spreads
from nldtib.gate.protect.derived import components
from nldtib.gate.protect.door import TO_DECIDE
from nldtib.gate.protect.rules import COUNTED, Rules
from nldtib.gate.protect.system import Cell

INTERVAL = ["low", "high", "cv"]
# Decimals by unit of measure; those of a weighted sum would tell single answers.
DECIMALS = {"keur": 0, "organisations": 4, "fte": 1}
OTHER_DECIMALS, CV_DECIMALS = 2, 4


def withheld(
    named: pd.DataFrame, whole: plan.Plan, hidden: Mapping[Cell, str], rules: Rules
) -> np.ndarray:
    """Return per row whether low, high and cv stay empty.

    An interval gives the sum of squares of the answers, and with the sum that is two equations:
    who gave one of three answers has the other two. Answers are all one where organisations are
    counted, so counts and what is made of counts alone keep theirs. What has no interval must not
    have one by subtraction either, so others lose theirs with it.

    Parameters
    ----------
    named
        All cells, with place and statistic.
    whole
        The system that says how many holdings contribute more than zero to each cell.
    hidden
        Why cells are hidden; what is hidden shows no interval.
    rules
        `fewest_for_interval` is the smallest number of answers with an interval; respondents and
        holdings above zero must both reach it, in every cell that a figure is made of.

    Source
    ------
    METHODS.md section 10; rules of thumb for research output ask for ten units as well.
    """
    found = _of_few(named, whole, rules)
    totals = named["statistic"] == "total"
    shown = totals & (named["status"] == TO_DECIDE) & named[INTERVAL].notna().any(axis=1) & ~found
    open_cells = set(plan.keys(named[shown])) - set(hidden)
    told = {whole.now[cell] for cell in open_cells if cell in whole.now}
    cells = whole.system.cells
    sums = spreads.of(whole, rules)
    closed = spreads.closed(sums, told, lambda one: f"{cells[one][0]} of {cells[one][1]}")
    lost = {cell for cell, position in whole.now.items() if position in closed}
    parts = _amounts(named, rules)
    return found | np.array([not lost.isdisjoint(some) for some in parts], dtype=bool)


def _of_few(named: pd.DataFrame, whole: plan.Plan, rules: Rules) -> np.ndarray:
    answers = _answers(whole)
    n = pd.to_numeric(named["n"], errors="coerce").fillna(0).to_numpy(float)
    fewest = [
        min([respondents, *(answers.get(part, 0) for part in amounts)])
        if amounts
        else rules.fewest_for_interval
        for respondents, amounts in zip(n, _amounts(named, rules), strict=True)
    ]
    return np.array(fewest, dtype=float) < rules.fewest_for_interval


def _amounts(named: pd.DataFrame, rules: Rules) -> list[list[Cell]]:
    """Return the amounts that each row is made of."""
    first_year = int(named["reference_year"].min()) if len(named) else 0
    found = []
    for cell, statistic in zip(plan.keys(named), named["statistic"], strict=True):
        parts = (cell,) if statistic == "total" else components(cell, first_year, rules)
        found.append([p for p in parts if rules.variables[p[0]].unit_of_measure != COUNTED])
    return found


def _answers(whole: plan.Plan) -> Mapping[Cell, int]:
    shares = whole.system.shares
    above = np.bincount(shares.cell, shares.observed > 0, minlength=len(whole.system.cells))
    return {cell: int(above[position]) for cell, position in whole.now.items()}


def rounded(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with value, low, high and cv in as many decimals as are told.

    Answers are whole numbers where nobody asked for decimals, and certainty units weigh 1. With the
    weight of the one other unit of a sum, the decimals of the sum tell what that unit answered.
    """
    decimals = cells["unit_of_measure"].map(DECIMALS).fillna(OTHER_DECIMALS).to_numpy(int)
    columns = {"cv": cells["cv"].astype(float).round(CV_DECIMALS)}
    for name in ("value", "low", "high"):
        figure = cells[name].to_numpy(float)
        columns[name] = np.round(figure * 10.0**decimals) / 10.0**decimals
    return cells.assign(**columns)
