"""Standard errors from replicate weights, which carry the calibration of every resample.

Source: Wolter (2007), Introduction to Variance Estimation, chapters 4 and 5; Rao, Wu and Yue
(1992), Survey Methodology 18, 209-217.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from nldtib.errors import ParameterError
from nldtib.records.estimate.domains import Layout
from nldtib.records.estimate.variance import Spread
from nldtib.schema import Replicates, Survey

LINEARISED, RESAMPLED = "linearised", "replicates"
NEGLIGIBLE = 1e-5


def checked(errors: str) -> bool:
    """Return whether the replicates are asked for, or refuse a name that is no method.

    Raises
    ------
    ParameterError
        The name is neither `linearised` nor `replicates`.
    """
    if errors not in (LINEARISED, RESAMPLED):
        raise ParameterError(
            f"Unknown method {errors!r} for standard errors. Known: {LINEARISED}, {RESAMPLED}."
        )
    return errors == RESAMPLED


def of(survey: Survey) -> Replicates:
    """Return the replicates of a survey, or refuse.

    Raises
    ------
    ParameterError
        There are none, or they do not fit the records.
    """
    replicates = survey.replicates
    if replicates is None:
        raise ParameterError(
            "The survey has no replicate weights. Make them first: weight.bootstrap(survey, seed=)."
        )
    rows, count = replicates.weights.shape
    if rows != len(survey.records) or count != len(replicates.rscales):
        raise ParameterError(
            f"The replicates are {rows} by {count}, for {len(survey.records)} records and "
            f"{len(replicates.rscales)} scales."
        )
    if not np.isfinite(replicates.weights).all():
        raise ParameterError("Some replicate weights are missing or infinite.")
    return replicates


def totals(layout: Layout, columns: Sequence[np.ndarray], replicates: Replicates) -> np.ndarray:
    """Return the totals of columns (per place) by domain and replicate (K x D x R)."""
    weights = replicates.weights
    if len(layout.design.first_row) < len(weights):
        weights = weights[layout.design.first_row]
    stacked = np.array(columns)
    if layout.size == 1:
        alike = len(layout.unit) == len(weights) and (np.diff(layout.unit) == 1).all()
        return (stacked @ (weights if alike else weights[layout.unit]))[:, None, :]
    parts = []
    for domain in range(layout.size):
        inside = np.flatnonzero(layout.domain == domain)
        parts.append(stacked[:, inside] @ weights[layout.unit[inside]])
    return np.stack(parts, axis=1)


def standard_error(thetas: np.ndarray, estimates: np.ndarray, replicates: Replicates) -> np.ndarray:
    """Return the standard errors of estimates from their replicates (... x R)."""
    used = replicates.rscales > 0
    if replicates.centre == "estimate":
        centre = estimates[..., None]
    else:
        centre = thetas[..., used].mean(axis=-1, keepdims=True)
    off = thetas - centre
    return np.sqrt(replicates.scale * ((off * off) @ replicates.rscales))


def degrees(replicates: Replicates) -> float:
    """Return the degrees of freedom of the plain interval: given, or rank of the weights less one.

    A replicate adds to the rank if those before it leave more than `NEGLIGIBLE` of it unexplained.

    Source: the rule of R's survey package for replicate designs (degf).
    """
    if replicates.degrees is not None:
        return replicates.degrees
    rows, count = replicates.weights.shape
    basis = np.empty((min(rows, count), rows))
    rank = 0
    for weights in replicates.weights.T:
        if rank == len(basis):
            break
        rest = weights - (basis[:rank] @ weights) @ basis[:rank]
        rest = rest - (basis[:rank] @ rest) @ basis[:rank]
        size = np.linalg.norm(rest)
        if size > NEGLIGIBLE * np.linalg.norm(weights):
            basis[rank] = rest / size
            rank += 1
    return float(rank - 1)


def instead(
    spread: Spread,
    survey: Survey,
    layout: Layout,
    columns: Sequence[np.ndarray],
    estimates: np.ndarray,
    combine: Callable[[np.ndarray], np.ndarray],
) -> Spread:
    """Return the spread with the standard errors that the replicates give.

    `combine` makes estimates (K x D x R) of totals of the columns; the effective degrees of freedom
    stay those of the scores, since replicates of skewed values are no less skewed.
    """
    replicates = of(survey)
    with np.errstate(divide="ignore", invalid="ignore"):
        thetas = combine(totals(layout, columns, replicates))
    se = standard_error(thetas, estimates, replicates)
    se = np.where(np.isnan(spread.se), np.nan, se)
    return replace(spread, se=se, plain_degrees=np.full(layout.size, degrees(replicates)))
