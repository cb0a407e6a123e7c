"""Which cells are sensitive in themselves, and how wide the doubt about them must stay."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nldtib.codebook import Dimension, Variable
from nldtib.errors import ParameterError
from nldtib.gate.protect.budget import Budget
from nldtib.gate.protect.shares import Shares, leading

COUNTED = "organisations"
EVERY_VARIABLE = "all"
# A reader may solve for the sums of the respondents, and for the weighted estimates.
OBSERVED, WEIGHTED = 0, 1
# The narrowest doubt that is worth the name, as a share of the largest contribution.
LEAST_DOUBT = 0.001
# Sums of floats differ in their last digits; a rule that is met to this share is met.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Waiver:
    """A holding that agreed in writing that its figures may be recognised.

    scope
        A variable, or `all`.
    """

    holding: str
    who: str
    date: str
    scope: str


@dataclass(frozen=True)
class Rules:
    """The confidential rule for cells, with the codebook that says what a cell is made of.

    fewest_holdings
        A cell needs at least this many holdings with a contribution other than zero.
    p_percent
        Nobody may come closer to a contribution than this percentage of it.
    variables, dimensions
        Those of the codebook, by name.
    dominant_holdings, k_percent
        The (n,k) rule beside it: so many holdings may not make more than this percentage of a
        cell; 0 holdings for no such rule.
    waivers
        Holdings that need no protection, by variable.
    fewest_for_interval
        An amount that fewer holdings make up keeps no interval; this one is no secret.
    band, fewest_in_top
        What the largest hold is told in bands of so many percentage points, and only if they are
        so many holdings; no secrets either.
    budget
        How much may be solved before a cell counts as not proven; no secret either.
    """

    fewest_holdings: int
    p_percent: float
    variables: Mapping[str, Variable]
    dimensions: Mapping[str, Dimension]
    dominant_holdings: int = 0
    k_percent: float = 100.0
    waivers: tuple[Waiver, ...] = ()
    fewest_for_interval: int = 0
    band: float = 5.0
    fewest_in_top: int = 10
    budget: Budget = Budget()

    def waived(self, variable: str) -> frozenset[str]:
        """Return the holdings whose contributions to `variable` need no protection."""
        return frozenset(
            waiver.holding for waiver in self.waivers if waiver.scope in (variable, EVERY_VARIABLE)
        )


@dataclass(frozen=True)
class Judgement:
    """Per cell: `reason` (few, dominated or nothing), and `level`, 0 where it is not sensitive.

    Level has two columns: how wide the doubt must be about the sum of the respondents, and about
    the weighted estimate.
    """

    reason: np.ndarray
    level: np.ndarray


def refuse_impossible(rules: Rules) -> None:
    """Refuse a rule that would protect nothing.

    Raises
    ------
    ParameterError
        Fewer than one holding, or a percentage that is not above zero.
    """
    if not rules.fewest_holdings >= 1:
        raise ParameterError("fewest_holdings is below 1. Give the smallest number of holdings.")
    if not 0 < rules.p_percent < np.inf:
        raise ParameterError("p_percent should be a percentage above 0. Nothing was protected.")
    if not 0 < rules.band <= 100:
        raise ParameterError("A band should be above 0 and at most 100 percentage points wide.")
    if rules.dominant_holdings < 0 or not 0 < rules.k_percent <= 100:
        raise ParameterError(
            "dominant_holdings should be 0 or more, and k_percent above 0 and at most 100. "
            "Nothing was protected."
        )


def judge(shares: Shares, smallest: np.ndarray, counted: np.ndarray, rules: Rules) -> Judgement:
    """Judge every cell, or every sum of cells, by itself.

    A cell is `few` when fewer than `fewest_holdings` holdings contribute more than zero, also
    when all respondents there contribute zero. It is `dominated` when S - x1 - x2 < p/100 x1, or
    when the largest n exceed k % of S; counts are never dominated. Three sums are tried, and one
    failure is enough: what respondents gave against the smaller of that sum and the estimate
    (intervals give the former away); the same as if every imputed value were known; and weighted
    contributions against the estimate, for readers who know the weights. A holding with a waiver
    may be recognised: x1 is then the largest without, x2 the largest other.

    Parameters
    ----------
    shares
        What each holding contributes to each cell.
    smallest
        Per cell: the smallest contribution of a holding to its variable; it measures the doubt
        about a zero.
    counted
        Per cell: whether it counts organisations.
    rules
        The confidential rule.

    Source
    ------
    Hundepool et al., Handbook on Statistical Disclosure Control, 2nd ed., chapter 4 (p % rule,
    (n,k) rule, sampling weights, waivers, upper protection level); Cox (1981). The level of a
    `few` cell, at least p/100 x1 and for counts one organisation, is our choice: the Handbook
    asks for any doubt.
    """
    cells = len(smallest)
    observed = np.bincount(shares.cell, shares.observed, minlength=cells)
    weighted = np.bincount(shares.cell, shares.weighted, minlength=cells)
    answered = np.bincount(shares.cell, shares.answered, minlength=cells)
    few = np.zeros(cells, dtype=bool)
    short, floor = np.zeros((cells, 2)), np.zeros((cells, 2))
    for world, amount, whole in (
        (OBSERVED, shares.observed, np.minimum(observed, weighted)),
        (OBSERVED, shares.answered, np.minimum(answered, weighted)),
        (WEIGHTED, shares.weighted, weighted),
    ):
        first, missing, holdings = _tried(shares, amount, whole, rules)
        few |= (holdings < rules.fewest_holdings) & ((first > 0) | (holdings == 0))
        short[:, world] = np.maximum(short[:, world], missing)
        floor[:, world] = np.maximum(floor[:, world], first)
    short, floor = np.maximum.accumulate(short, axis=1), np.maximum.accumulate(floor, axis=1)
    present = np.bincount(shares.cell, minlength=cells) > 0
    few &= present
    dominated = (short[:, WEIGHTED] > 0) & ~few & ~counted & present
    share = rules.p_percent / 100
    level = np.maximum(short, LEAST_DOUBT * floor)
    level = np.where(few[:, None], np.maximum(level, share * floor), level)
    empty = few & (floor[:, WEIGHTED] == 0)
    level = np.where(empty[:, None], (share * smallest)[:, None], level)
    level = np.where(counted[:, None], np.maximum(level, 1.0), level)
    sensitive = few | dominated
    reason = np.select([few, dominated], ["few", "dominated"], "")
    return Judgement(reason.astype(object), np.where(sensitive[:, None], level, 0.0))


def _tried(
    shares: Shares, amount: np.ndarray, whole: np.ndarray, rules: Rules
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the largest contribution, what is missing to hide it, and the holdings above zero."""
    cells = len(whole)
    top = leading(shares, amount, cells, max(2, rules.dominant_holdings))
    first, other = _recognised(top.amounts, top.waived, shares, amount, cells)
    missing = rules.p_percent / 100 * first - (whole - first - other)
    if rules.dominant_holdings:
        most = top.amounts[:, : rules.dominant_holdings].sum(axis=1)
        more = 100 / rules.k_percent * most - whole
        missing = np.maximum(missing, np.where(first > 0, more, 0.0))
    return first, np.where(missing > ROUNDING * first, missing, 0.0), top.holdings


def _recognised(
    amounts: np.ndarray, waived: np.ndarray, shares: Shares, amount: np.ndarray, cells: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest contribution that needs protection, and the largest other one."""
    if not shares.waived.any():
        return amounts[:, 0], amounts[:, 1]
    first = np.zeros(cells)
    needy = ~shares.waived
    np.maximum.at(first, shares.cell[needy], amount[needy])
    other = np.where(waived[:, 0], amounts[:, 0], amounts[:, 1])
    return first, other
