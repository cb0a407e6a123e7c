"""Differences, and other functions of several totals, with the covariance between them kept.

Source: Särndal, Swensson and Wretman (1992), section 5.5 (linearisation of smooth functions).
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from nldtib.errors import ParameterError
from nldtib.records.estimate import domains, intervals, resampled, variance
from nldtib.records.estimate.domains import By, Layout, Where
from nldtib.records.estimate.results import LEVEL, MOST_DEGREES, names_of, tidy
from nldtib.records.estimate.variance import Spread
from nldtib.schema import Survey

STATISTICS = ("total", "mean")
# Relative step of the numerical slope: halves the digits between rounding and curvature.
STEP = 1e-5


def contrast_of_domains(
    survey: Survey,
    variable: str,
    coefficients: Mapping[object, float],
    by: By,
    where: Where = None,
    statistic: str = "total",
    level: float = LEVEL,
    most_degrees: float = MOST_DEGREES,
    lonely: str = "adjust",
) -> pd.DataFrame:
    """Estimate a weighted sum of the totals or means of domains: a difference, for {a: 1, b: -1}.

    Parameters
    ----------
    coefficients
        A number per label of `by`; domains that are not named do not count.
    statistic
        `total` or `mean`.

    Returns
    -------
    DataFrame
        One row, as `total`; `domain` spells the contrast, the interval is a plain t interval.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `total`; also when a label or the statistic is unknown.
    """
    _check(statistic)
    layout = domains.split(survey, by, where, lonely)
    strange = [label for label in coefficients if label not in layout.labels]
    if strange:
        raise ParameterError(f"{len(strange)} labels of the contrast are no domain of {by}.")
    column = domains.values(survey, variable, layout)
    estimates, scores = _scores(survey, layout, column, statistic)
    factor = np.array([float(coefficients.get(label, 0.0)) for label in layout.labels])
    score = np.zeros(len(layout.design.weight))
    for domain in np.flatnonzero(factor):
        score += factor[domain] * layout.dense(scores, domain)
    spread = variance.of_scores(layout.design, score[None, :], lonely)
    whole = domains.of_rows(survey, None, domains.inside(survey, where), lonely)
    label = " ".join(f"{number:+g} {name}" for name, number in coefficients.items())
    table = _plain([variable], whole, np.array([[estimates @ factor]]), spread, level, most_degrees)
    return table.assign(domain=label)


def contrast_of_variables(
    survey: Survey,
    coefficients: Mapping[str, float],
    by: By = None,
    where: Where = None,
    statistic: str = "total",
    level: float = LEVEL,
    most_degrees: float = MOST_DEGREES,
    lonely: str = "adjust",
) -> pd.DataFrame:
    """Estimate a weighted sum of the totals or means of variables, in every domain of `by`.

    Returns
    -------
    DataFrame
        As `total`; `variable` spells the contrast, the interval is a plain t interval.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `total`; also when the statistic is unknown.
    """
    _check(statistic)
    layout = domains.split(survey, by, where, lonely)
    names = names_of(tuple(coefficients))
    column = sum(float(coefficients[name]) * domains.values(survey, name, layout) for name in names)
    estimates, scores = _scores(survey, layout, column, statistic)
    spread = variance.of_domains(layout, [scores], lonely)
    label = " ".join(f"{coefficients[name]:+g} {name}" for name in names)
    return _plain([label], layout, estimates[None, :], spread, level, most_degrees)


def function_of_totals(
    survey: Survey,
    variables: Sequence[str],
    function: Callable[..., float],
    by: By = None,
    where: Where = None,
    level: float = LEVEL,
    most_degrees: float = MOST_DEGREES,
    lonely: str = "adjust",
    errors: str = "linearised",
) -> pd.DataFrame:
    """Estimate a smooth function of the totals of several variables, in every domain of `by`.

    Parameters
    ----------
    function
        Takes one total (a number or an array) per variable, in their order, as in
        `lambda old, new: new / old - 1`.

    Returns
    -------
    DataFrame
        As `total`; `variable` names the variables, the interval is a plain t interval.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `total`.
    """
    names, layout = names_of(variables), domains.split(survey, by, where, lonely)
    columns = [domains.values(survey, name, layout) for name in names]
    weight = layout.weight
    totals = np.array([layout.totals(column * weight) for column in columns])
    with np.errstate(divide="ignore", invalid="ignore"):
        estimates = np.asarray(function(*totals), dtype=float)
        slopes = np.nan_to_num(_slopes(function, totals))
    score = sum(
        slope[layout.domain] * column for slope, column in zip(slopes, columns, strict=True)
    )
    spread = variance.of_domains(layout, [score], lonely)
    if resampled.checked(errors):
        spread = resampled.instead(
            spread, survey, layout, columns, estimates[None, :], lambda t: function(*t)[None]
        )
    label = f"function of {', '.join(names)}"
    return _plain([label], layout, estimates[None, :], spread, level, most_degrees)


def covariance(
    survey: Survey, variables: Sequence[str], where: Where = None, lonely: str = "adjust"
) -> pd.DataFrame:
    """Return the covariance and correlation between the estimated totals of variables.

    Returns
    -------
    DataFrame
        One row per pair: variable, other, covariance (in the product of the units), correlation.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `total`.
    """
    names, layout = names_of(variables), domains.split(survey, None, where, lonely)
    scores = np.array([layout.dense(domains.values(survey, name, layout), 0) for name in names])
    found = variance.covariance(layout.design, scores, lonely)
    spread = np.sqrt(np.diag(found))
    with np.errstate(divide="ignore", invalid="ignore"):
        alike = found / np.outer(spread, spread)
    return pd.DataFrame(
        {
            "variable": np.repeat(names, len(names)),
            "other": names * len(names),
            "covariance": found.ravel(),
            "correlation": alike.ravel(),
        }
    )


def _check(statistic: str) -> None:
    if statistic not in STATISTICS:
        raise ParameterError(
            f"Unknown statistic {statistic!r} for a contrast. Known: {', '.join(STATISTICS)}."
        )


def _scores(
    survey: Survey, layout: Layout, column: np.ndarray, statistic: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the estimate of each domain (D), and its scores per place (P)."""
    weight = layout.weight
    totals = layout.totals(column * weight)
    if statistic == "total":
        return totals, column
    ones = layout.collect(np.ones(len(survey.records)))
    size = layout.totals(ones * weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = totals / size
        scores = (column - np.nan_to_num(means)[layout.domain] * ones) / size[layout.domain]
    return means, scores


def _slopes(function: Callable[..., float], totals: np.ndarray) -> np.ndarray:
    slopes = np.empty_like(totals)
    for k, total in enumerate(totals):
        step = STEP * np.where(total != 0, np.abs(total), 1.0)
        up, down = totals.copy(), totals.copy()
        up[k], down[k] = total + step, total - step
        slopes[k] = (np.asarray(function(*up)) - np.asarray(function(*down))) / (2 * step)
    return slopes


def _plain(
    names: list[str],
    layout: Layout,
    estimates: np.ndarray,
    spread: Spread,
    level: float,
    most_degrees: float,
) -> pd.DataFrame:
    df = np.minimum(spread.degrees, most_degrees)
    limits = intervals.plain(estimates, spread.se, df, level)
    return tidy(names, layout, estimates, spread, limits, df, level)
