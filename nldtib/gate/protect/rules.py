"""Which cells are sensitive in themselves, and how wide the doubt about them must stay."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.codebook import Dimension, Variable
from nldtib.errors import ParameterError

COUNTED = "organisations"
# The narrowest doubt that is worth the name, as a share of the largest contribution.
LEAST_DOUBT = 0.001


@dataclass(frozen=True)
class Rules:
    """The confidential rule for cells, with the codebook that says what a cell is made of.

    fewest_holdings
        A cell needs at least this many holdings with a contribution other than zero.
    p_percent
        Nobody may come closer to a contribution than this percentage of it.
    variables, dimensions
        Those of the codebook, by name.
    """

    fewest_holdings: int
    p_percent: float
    variables: Mapping[str, Variable]
    dimensions: Mapping[str, Dimension]


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


def known_sum(facts: pd.DataFrame) -> pd.Series:
    """Return the smaller of the weighted estimate and the sum of the respondents, per place.

    A published interval `O + U exp(+-t se / U)` lets a reader solve for O, the sum of the
    respondents, so that sum must be safe as well; weights then give no cover.
    """
    return facts[["weighted", "observed"]].min(axis=1)


def sensitive(
    facts: pd.DataFrame, unit_of_measure: str, smallest: float, rules: Rules
) -> pd.DataFrame:
    """Judge every place of one variable in one reference year by itself.

    A place is `few` when fewer than `fewest_holdings` holdings contribute more than zero, also
    when all respondents there contribute zero. It is `dominated` when S - x1 - x2 < p/100 x1, with
    x1 and x2 the two largest holdings as observed and S the `known_sum`; counts are never
    dominated.

    Parameters
    ----------
    facts
        One row per place with respondents: weighted, observed, holdings (with a contribution),
        largest, second; in the unit of the variable.
    unit_of_measure
        Of the variable; `organisations` marks a count.
    smallest
        The smallest contribution of a holding above zero; it measures the doubt about a zero.
    rules
        The confidential rule.

    Returns
    -------
    The sensitive places, same index:
        reason  few or dominated
        level   how far from the value the doubt must reach, above it and, down to zero, below
                it; in the unit of the variable, above zero

    Source
    ------
    Hundepool et al., Handbook on Statistical Disclosure Control, 2nd ed., chapter 4 (p % rule,
    sampling weights, upper protection level); Cox (1981). The level of a `few` cell, at least
    p/100 x1 and for counts one organisation, is our choice: the Handbook asks for any doubt.
    """
    share = rules.p_percent / 100
    counted = unit_of_measure == COUNTED
    largest = facts["largest"]
    rest = known_sum(facts) - largest - facts["second"]
    few = (facts["holdings"] < rules.fewest_holdings) | (facts["holdings"] == 0)
    dominated = (rest < share * largest) & ~few & (not counted)

    level = np.maximum(share * largest - rest, LEAST_DOUBT * largest)
    level = level.where(~few, np.maximum(level, share * largest))
    level = level.where(facts["holdings"] > 0, share * smallest)
    if counted:
        level = level.clip(lower=1.0)
    reason = np.where(few, "few", "dominated")
    found = pd.DataFrame({"reason": reason, "level": level}, index=facts.index)
    return found[few | dominated]
