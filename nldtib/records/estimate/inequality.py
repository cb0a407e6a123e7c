"""How unevenly an amount is spread over units; errors come from replicate weights.

Source: Lerman and Yitzhaki (1989), Journal of Econometrics 42, 43-47 (weighted Gini coefficient);
Gastwirth (1972), Review of Economics and Statistics 54, 306-316 (Lorenz curve and shares).
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from nldtib.errors import ParameterError
from nldtib.records.estimate import domains, intervals, resampled, variance
from nldtib.records.estimate.domains import By, Where
from nldtib.records.estimate.results import LEVEL, names_of, tidy
from nldtib.records.estimate.variance import Spread
from nldtib.schema import Survey

DECILES = tuple(round(0.1 * step, 1) for step in range(1, 10))


def gini(
    survey: Survey,
    variable: str | Sequence[str],
    by: By = None,
    where: Where = None,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Estimate the Gini coefficient of each variable: 0 if all units are alike, towards 1 if not.

    Returns
    -------
    DataFrame
        As `total`; the interval is built on the logit. A domain without any amount has none.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `total`; also when a variable has negative values, or there are no replicates.
    """
    return _by_replicates(survey, variable, _gini, by, where, level)


def top_share(
    survey: Survey,
    variable: str | Sequence[str],
    p: float = 0.2,
    by: By = None,
    where: Where = None,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Estimate the part of the total that the largest units hold, p of all units (0.2 is 20 %).

    Returns
    -------
    DataFrame
        As `gini`, with column `p`.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `gini`; also when p is not between 0 and 1.
    """
    _check(p)

    def held(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return 1 - _lorenz(values, weights, 1 - p)

    return _by_replicates(survey, variable, held, by, where, level).assign(p=p)


def lorenz(
    survey: Survey,
    variable: str | Sequence[str],
    p: float | Sequence[float] = DECILES,
    by: By = None,
    where: Where = None,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Estimate the Lorenz curve: the part of the total that the smallest p of all units hold.

    Returns
    -------
    DataFrame
        As `gini`, one row per share in column `p`.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `gini`; also when a share is not between 0 and 1.
    """
    found = []
    for one in [p] if np.ndim(p) == 0 else p:
        _check(one)

        def held(values: np.ndarray, weights: np.ndarray, one: float = one) -> np.ndarray:
            return _lorenz(values, weights, one)

        found.append(_by_replicates(survey, variable, held, by, where, level).assign(p=one))
    return pd.concat(found, ignore_index=True)


def _check(p: float) -> None:
    if not 0 < p < 1:
        raise ParameterError(f"A share of the units lies between 0 and 1, not at {p}.")


def _by_replicates(
    survey: Survey,
    variable: str | Sequence[str],
    statistic: Callable[[np.ndarray, np.ndarray], np.ndarray],
    by: By,
    where: Where,
    level: float,
) -> pd.DataFrame:
    replicates = resampled.of(survey)
    names, layout = names_of(variable), domains.split(survey, by, where)
    weights = np.column_stack([survey.weight.to_numpy(float), replicates.weights])
    weights = weights if layout.rows is None else weights[layout.rows]
    domain = layout.domain_of_row()
    thetas = np.empty((len(names), layout.size, weights.shape[1]))
    for k, name in enumerate(names):
        domains.values(survey, name, layout)
        values = survey.records[name].to_numpy(float)
        values = values if layout.rows is None else values[layout.rows]
        if (values < 0).any():
            raise ParameterError(f"{name} has negative values, so it has no shares.")
        order = np.argsort(values, kind="stable")
        for d in range(layout.size):
            rows = order[domain[order] == d]
            with np.errstate(divide="ignore", invalid="ignore"):
                thetas[k, d] = statistic(values[rows], weights[rows]) if len(rows) else np.nan
    estimates = thetas[:, :, 0]
    se = resampled.standard_error(thetas[:, :, 1:], estimates, replicates)
    degrees = np.full(layout.size, resampled.degrees(replicates))
    spread = Spread(np.where(variance.unknown(layout), np.nan, se), degrees, degrees, estimates)
    df = np.broadcast_to(degrees, estimates.shape)
    n = np.broadcast_to(layout.respondents, estimates.shape)
    limits = intervals.share_interval(estimates, spread.se, df, n, level)
    return tidy(names, layout, estimates, spread, limits, df, level)


def _gini(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the coefficient of sorted values (n) under each column of weights (n x R)."""
    below = np.cumsum(weights, axis=0) - weights / 2
    whole, amount = weights.sum(axis=0), values @ weights
    return 2 * (values @ (weights * below)) / (whole * amount) - 1


def _lorenz(values: np.ndarray, weights: np.ndarray, p: float) -> np.ndarray:
    """Return what the smallest p hold, under each column; the unit at the edge counts in part."""
    reached = np.cumsum(weights, axis=0)
    edge = p * reached[-1]
    place = np.minimum((reached < edge).sum(axis=0), len(values) - 1)
    columns = np.arange(weights.shape[1])
    held = np.cumsum(values[:, None] * weights, axis=0)
    beyond = reached[place, columns] - edge
    return (held[place, columns] - beyond * values[place]) / held[-1]
