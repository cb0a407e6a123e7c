"""Make drawn figures add up to known totals, without breaking what holds for each unit.

Three ways, all deterministic. Amounts are scaled between bounds. Parts of a whole are bent: the
odds of every share are multiplied by one factor, so that a part stays between nothing and its
whole, no part stays no part, all stays all, and the order of units is kept. Whole numbers and
percentages are then rounded so that the sum is met: by largest remainders, and by small steps in
one decimal.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

from nldtib.errors import ConvergenceError

# Range of the logarithm of a factor or power that is searched.
FARTHEST = 8.0


def scaled(
    values: np.ndarray, total: float, low: np.ndarray | float, high: np.ndarray | float = np.inf
) -> np.ndarray:
    """Multiply all values by one factor and cut them to their bounds, so that they sum to `total`.

    Raises
    ------
    ConvergenceError
        The bounds leave no room for the total.
    """
    proportional = values * (total / values.sum())

    def sized(log_factor: float) -> np.ndarray:
        return np.clip(np.exp(log_factor) * proportional, low, high)

    return sized(solved(lambda x: sized(x).sum() - total))


def bent(shares: np.ndarray, wholes: np.ndarray, total: float, least: float = 0.0) -> np.ndarray:
    """Multiply the odds of all shares (0 to 1) by one factor, so that the parts sum to `total`.

    Parameters
    ----------
    shares, wholes
        One value per unit; a part is a share of its whole.
    total
        Sum of the parts.
    least
        Smallest part of a unit whose share is above 0, where its whole allows it.

    Raises
    ------
    ConvergenceError
        No factor gives the total.
    """
    lowest = np.where(shares > 0, np.minimum(least, wholes), 0.0)

    def parts(log_factor: float) -> np.ndarray:
        moved = np.exp(log_factor) * shares
        return np.maximum(wholes * moved / (1 - shares + moved), lowest)

    return parts(solved(lambda x: parts(x).sum() - total))


def rounded(values: np.ndarray, total: float) -> np.ndarray:
    """Round to whole numbers that sum to `total`, the largest remainders going up.

    A value below a whole number never passes it, so a part stays within a whole that was rounded
    before it. `total` is a whole number, and the sum of the values up to rounding noise.
    """
    down = np.floor(values + 1e-7)
    short = int(round(total - down.sum()))
    up = np.argsort(-(values - down), kind="stable")[:short]
    down[up] += 1
    return down


def nudged(percents: np.ndarray, bases: np.ndarray, total: float) -> np.ndarray:
    """Move percentages by tenths, from the largest base down, until sum(bases * percents) fits.

    A base moves when a tenth of its percentage fits in what is left, so few percentages move. With
    bases of all sizes, what is left in the end is below a tenth of a percent of the smallest. A
    percentage stays within 0 and 100, and one of 0 stays 0.
    """
    percents = percents.copy()
    left = total - float(bases @ percents) / 100
    for unit in np.argsort(-bases, kind="stable"):
        tenth = bases[unit] / 1000
        now = percents[unit]
        if now <= 0 or abs(left) < tenth:
            continue
        steps = min(max(round(left / tenth), -round(now * 10) + 1), round((100 - now) * 10))
        percents[unit] = round(now + steps / 10, 1)
        left -= steps * tenth
    return percents


def solved(gap: Callable[[float], float], farthest: float = FARTHEST) -> float:
    """Return where the monotone `gap` is 0, between minus and plus `farthest`.

    Raises
    ------
    ConvergenceError
        It is 0 nowhere in the range searched.
    """
    first, last = gap(-farthest), gap(farthest)
    if not np.isfinite([first, last]).all() or first * last > 0:
        raise ConvergenceError(
            "The invented population cannot meet a total of parameters/synthetic.yml: its bounds "
            "leave no room. Bring totals, rates and bounds closer together."
        )
    return brentq(gap, -farthest, farthest, xtol=1e-12, rtol=1e-14, maxiter=200)
