"""Which figures keep no interval: a sum and a spread of few answers tell the answers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nldtib.gate.protect import plan
from nldtib.gate.protect.derived import components
from nldtib.gate.protect.rules import COUNTED, Rules
from nldtib.gate.protect.system import Cell


def withheld(named: pd.DataFrame, whole: plan.Plan, rules: Rules) -> np.ndarray:
    """Return per row whether low, high and cv stay empty.

    An interval gives the sum of squares of the answers, and with the sum that is two equations:
    who gave one of three answers has the other two. Answers are all one where organisations are
    counted, so counts and what is made of counts alone keep theirs.

    Parameters
    ----------
    named
        All cells, with place and statistic.
    whole
        The system that says how many holdings contribute more than zero to each cell.
    rules
        `fewest_for_interval` is the smallest number of answers with an interval; respondents and
        holdings above zero must both reach it, in every cell that a figure is made of.

    Source
    ------
    METHODS.md section 10; rules of thumb for research output ask for ten units as well.
    """
    answers = _answers(whole)
    first_year = int(named["reference_year"].min()) if len(named) else 0
    n = pd.to_numeric(named["n"], errors="coerce").fillna(0).to_numpy(float)
    found = np.zeros(len(named), dtype=bool)
    rows = zip(plan.keys(named), named["statistic"], n, strict=True)
    for number, (cell, statistic, respondents) in enumerate(rows):
        parts = (cell,) if statistic == "total" else components(cell, first_year, rules)
        amounts = [p for p in parts if rules.variables[p[0]].unit_of_measure != COUNTED]
        fewest = min([respondents, *(answers.get(part, 0) for part in amounts)])
        found[number] = bool(amounts) and fewest < rules.fewest_for_interval
    return found


def _answers(whole: plan.Plan) -> Mapping[Cell, int]:
    shares = whole.system.shares
    above = np.bincount(shares.cell, shares.observed > 0, minlength=len(whole.system.cells))
    return {cell: int(above[position]) for cell, position in whole.now.items()}
