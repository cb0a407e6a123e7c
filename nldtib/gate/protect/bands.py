"""What the largest hold, told as a band: wide enough, of enough holdings, and no way round it.

No group of so many units holds more than as many of the largest do, so a band says of every hidden
cell how much it can be at most. A curve through the ends of all bands does so for groups of any
size: what the largest hold grows ever slower with their number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.errors import UnprotectedError
from nldtib.gate.protect import derived, plan
from nldtib.gate.protect.rules import WEIGHTED, Rules, judge
from nldtib.gate.protect.shares import Shares
from nldtib.gate.protect.system import AGAIN, EVERYTHING, Cell
from nldtib.schema import BAND

TOP_SHARE = "top_share"
# A band may bind no hidden cell closer than so many times the widest doubt that is asked.
ROOM = 2.0
# Sums of floats differ in their last digits.
SAME = 1e-6
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Largest:
    """The largest units and all others: what each holding has of the amount in either."""

    shares: Shares
    part: float
    holdings: int


def ends(value: float, band: float) -> tuple[float, float]:
    """Return the band that a percentage lies in."""
    low = min(np.floor(value / band) * band, 100 - band)
    return float(low), float(low + band)


def hidden(
    named: pd.DataFrame,
    whole: plan.Plan,
    shown: Mapping[Cell, bool],
    contributions: pd.DataFrame,
    rules: Rules,
) -> dict[Cell, str]:
    """Return why a share of the largest is hidden: `few`, `dominated` or `derived`.

    The largest must be `fewest_in_top` holdings, and the primary rules hold for them and for the
    others. With its band every hidden cell of the amount must be able to rise and to fall by twice
    the widest doubt that is asked of any.

    Parameters
    ----------
    named
        All cells, with place and statistic.
    whole
        The system of which the cells are hidden.
    shown
        For every cell of a total: whether it is published.
    contributions
        All reference years.

    Raises
    ------
    UnprotectedError
        The share is broken down, or is not that of the contributions.
    """
    reasons: dict[Cell, str] = {}
    told = named[(named["statistic"] == TOP_SHARE) & (named["status"] == "")]
    points: dict[tuple[str, int], list[Point]] = {}
    for (name, year, place), value in zip(plan.keys(told), told["value"], strict=True):
        about = rules.variables[name]
        if not shown.get((about.numerator, year, place), False):
            reasons[name, year, place] = derived.DERIVED
            continue
        if place != EVERYTHING:
            raise UnprotectedError(f"{name} is broken down. Show it for all units together only.")
        rows = contributions[contributions["reference_year"] == year].reset_index(drop=True)
        found = largest(rows, about.numerator, about.largest)
        if not abs(100 * found.part - value) <= SAME * 100:
            raise UnprotectedError(f"{name} of {year} is not that of the contributions.")
        reason = _sensitive(found, rules)
        if reason:
            reasons[name, year, place] = reason
            continue
        low, high = ends(value, rules.band)
        points.setdefault((about.numerator, year), []).append((about.largest, low, high))
    for (numerator, year), several in points.items():
        if not _leaves_room(numerator, year, several, whole, shown, rules):
            of = told[told["variable"].map(lambda n: rules.variables[n].numerator) == numerator]
            cells = [cell for cell in plan.keys(of) if cell[1] == year]
            reasons |= {cell: derived.DERIVED for cell in cells if cell not in reasons}
    return reasons


def largest(rows: pd.DataFrame, name: str, share: float) -> Largest:
    """Return who the largest units are; the unit at the edge is among both in part."""
    amount, weight = rows[name].to_numpy(float), rows["weight"].to_numpy(float)
    order = np.argsort(-amount, kind="stable")
    reached = np.cumsum(weight[order])
    inside = np.zeros(len(rows))
    inside[order] = np.clip(share * reached[-1] - (reached - weight[order]), 0.0, weight[order])
    part = np.divide(inside, weight, out=np.zeros(len(rows)), where=weight > 0)
    holding = pd.factorize(rows["holding"].astype(str), sort=True)[0]
    flag = f"{plan.IMPUTED}{name}"
    answered = np.where(rows[flag] > 0, 0.0, amount) if flag in rows else amount
    columns = []
    for cell, of in enumerate((part, 1 - part)):
        here = of > 0
        sums = [one[here] * of[here] for one in (amount, amount * weight, answered)]
        columns.append((np.full(here.sum(), cell), holding[here], *sums))
    cell, who, *sums = (np.concatenate(column) for column in zip(*columns, strict=True))
    shares = Shares(cell, who, *sums, np.zeros(len(cell), dtype=bool)).grouped(cell)
    above = (shares.cell == 0) & (shares.observed > 0)
    total = (amount * weight).sum()
    return Largest(shares, float((amount * inside).sum() / total) if total else 0.0, above.sum())


def highest(share: float, points: Sequence[Point]) -> float:
    """Return the largest part, in percent, that a share of all units can hold, given bands.

    A curve of which the slope only falls lies above the line through two of its points between
    them, and below it beyond them.
    """
    every = sorted([(0.0, 0.0, 0.0), *points, (1.0, 100.0, 100.0)])
    best = min([100.0, *(high for at, _, high in every if at >= share)])
    for number, (one, low_one, high_one) in enumerate(every):
        for other, low_other, high_other in every[number + 1 :]:
            if share >= other:
                slope = (high_other - low_one) / (other - one)
                best = min(best, high_other + slope * (share - other))
            elif share <= one:
                slope = (low_other - high_one) / (other - one)
                best = min(best, high_one - slope * (one - share))
    return best


def _sensitive(found: Largest, rules: Rules) -> str:
    if found.holdings < rules.fewest_in_top:
        return "few"
    nothing = np.zeros(2, dtype=bool)
    judged = judge(found.shares, np.ones(2), nothing, rules).reason
    return str(next((reason for reason in judged if reason), ""))


def _leaves_room(
    numerator: str,
    year: int,
    points: Sequence[Point],
    whole: plan.Plan,
    shown: Mapping[Cell, bool],
    rules: Rules,
) -> bool:
    """Return whether every hidden cell may still rise and fall far enough under these bands."""
    system, weighted = whole.system, whole.system.weighted()
    level = judge(system.shares, system.smallest, whole.counted, rules).level[:, WEIGHTED]
    mine = {cell: i for cell, i in whole.now.items() if cell[:2] == (numerator, year)}
    asked = ROOM * max((level[i] for i in mine.values()), default=0.0)
    total = weighted[mine[numerator, year, EVERYTHING]]
    counts = {cell[2]: i for cell, i in whole.now.items() if cell[:2] == (whole.respondents, year)}
    for cell, position in mine.items():
        if shown.get(cell, False) or any(code == AGAIN for _, code in cell[2]):
            continue
        share = weighted[counts[cell[2]]] / weighted[counts[EVERYTHING]]
        most, least = highest(share, points) / 100, 1 - highest(1 - share, points) / 100
        value = weighted[position]
        # That a part is at most the whole, and no less than nothing, is known without bands.
        too_low = most < 1 and most * total < value + asked
        too_high = least > 0 and value - least * total < min(asked, value)
        if too_low or too_high:
            return False
    return True


def told(named: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return the cells with a band in the place of each share of the largest, and its sign."""
    rows = (named["statistic"] == TOP_SHARE) & named["value"].notna()
    if not rows.any():
        return named
    both = [ends(value, rules.band) for value in named["value"][rows]]
    low, high = (pd.Series(side, named.index[rows]) for side in zip(*both, strict=True))
    middle = (low + high) / 2
    columns = {"value": middle, "low": low, "high": high, "cv": np.nan}
    changed = {
        name: named[name].where(~rows, pd.Series(column, named.index[rows]))
        for name, column in columns.items()
    }
    signs = named["sign"].fillna("").where(~rows, named["sign"].fillna("") + BAND)
    return named.assign(**changed, sign=signs)
