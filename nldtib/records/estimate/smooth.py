"""Totals, means, ratios, shares and changes: what depends smoothly on totals."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nldtib.errors import ParameterError
from nldtib.records.estimate import domains, intervals, resampled, variance
from nldtib.records.estimate.domains import By, Layout, Where
from nldtib.records.estimate.results import LEVEL, MOST_DEGREES, names_of, tidy
from nldtib.records.estimate.variance import Spread
from nldtib.schema import Survey

Names = str | Sequence[str]


def total(
    survey: Survey,
    variables: Names,
    by: By = None,
    where: Where = None,
    level: float = LEVEL,
    most_degrees: float = MOST_DEGREES,
    lonely: str = "adjust",
    errors: str = "linearised",
) -> pd.DataFrame:
    """Estimate the population total of each variable in every domain of `by`.

    Parameters
    ----------
    survey
        n rows of records with weights; see `schema.Survey`.
    variables
        Numeric columns without gaps inside the domain, in any unit of measure.
    by
        A column with D labels, several columns that are crossed, or None for the whole population
        (one domain, `all`).
    where
        A 0/1 column, or booleans over the rows: rows outside count as zero.
    level
        Confidence level of the interval.
    most_degrees
        The most degrees of freedom granted to a skewed total.
    lonely
        What to do about strata with one respondent out of several: a name of `lonely.RULES`.
    errors
        `linearised`, or `replicates` to take the standard errors from the replicate weights.

    Returns
    -------
    DataFrame
        D rows per variable: domain, variable, estimate, se, cv (a share), low, high, df, n
        (respondents in the domain), then the plain t interval (plain_low, plain_high, plain_df)
        and, for several columns in `by`, one column for each. The unit is that of the variable.
        A domain with one respondent that stands for others has no standard error and no interval.

    Raises
    ------
    MissingValuesError
        A variable has item nonresponse inside the domain.
    ParameterError
        A column is unknown or not finite, the rows mix reference years, or the design cannot
        carry an estimate (see `weight.units_of`).
    """
    names, layout = names_of(variables), domains.split(survey, by, where, lonely)
    columns = domains.several(survey, names, layout)
    spread = variance.of_domains(layout, columns, lonely)
    estimates = spread.totals
    observed = layout.sums(columns) if spread.observed is None else spread.observed
    if resampled.checked(errors):
        spread = resampled.instead(spread, survey, layout, columns, estimates, _as_it_is)
    low, high = intervals.skewed_interval(
        estimates, observed, spread.se, spread.degrees, level, most_degrees
    )
    if min(column.min(initial=0.0) for column in columns) < 0:
        negative = layout.sums([(column < 0).astype(float) for column in columns]) > 0
        plain = intervals.plain(estimates, spread.se, spread.degrees, level)
        low, high = np.where(negative, plain[0], low), np.where(negative, plain[1], high)
    df = np.minimum(spread.degrees, most_degrees)
    return tidy(names, layout, estimates, spread, (low, high), df, level)


def mean(
    survey: Survey,
    variable: Names,
    by: By = None,
    where: Where = None,
    level: float = LEVEL,
    most_degrees: float = MOST_DEGREES,
    lonely: str = "adjust",
    errors: str = "linearised",
) -> pd.DataFrame:
    """Estimate the mean of each variable per record of the population, by domain.

    A mean is the ratio of a total to a count; see `ratio` for what goes in and comes out.
    """
    names, layout = names_of(variable), domains.split(survey, by, where, lonely)
    ones = layout.collect(np.ones(len(survey.records)))
    tops = [domains.values(survey, name, layout) for name in names]
    pairs = names, tops, [ones] * len(tops)
    return _ratios(survey, layout, pairs, level, most_degrees, lonely, errors)


def ratio(
    survey: Survey,
    numerator: Names,
    denominator: Names,
    by: By = None,
    where: Where = None,
    level: float = LEVEL,
    most_degrees: float = MOST_DEGREES,
    lonely: str = "adjust",
    errors: str = "linearised",
) -> pd.DataFrame:
    """Estimate the ratio of two totals, by domain; the interval is built on the log of the ratio.

    Parameters
    ----------
    numerator, denominator
        Numeric columns; several numerators may share one denominator, or each have its own.
    survey, by, where, level, most_degrees, lonely, errors
        As in `total`.

    Returns
    -------
    DataFrame
        As `total`; `variable` reads `numerator/denominator`, estimates are plain ratios
        (0.15 is 15 %). A domain whose denominator is estimated at zero has no estimate.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `total`; also when numerators and denominators do not pair.
    """
    above, below = names_of(numerator), names_of(denominator)
    if len(below) == 1:
        below = below * len(above)
    if len(above) != len(below):
        raise ParameterError(f"{len(above)} numerators do not pair with {len(below)} denominators.")
    layout = domains.split(survey, by, where, lonely)
    names = [f"{top}/{bottom}" for top, bottom in zip(above, below, strict=True)]
    tops = [domains.values(survey, name, layout) for name in above]
    bottoms = [domains.values(survey, name, layout) for name in below]
    pairs = names, tops, bottoms
    return _ratios(survey, layout, pairs, level, most_degrees, lonely, errors)


def share(
    survey: Survey,
    variable: Names,
    by: By,
    where: Where = None,
    level: float = LEVEL,
    most_degrees: float = MOST_DEGREES,
    lonely: str = "adjust",
    errors: str = "linearised",
) -> pd.DataFrame:
    """Estimate the part of the total of each variable that lies in each domain of `by`.

    The interval is built on the logit of the share. A share of exactly 0 or 1 has no spread of its
    own and takes the Clopper-Pearson limits for the number of respondents (Korn and Graubard 1998).

    Returns
    -------
    DataFrame
        As `total`; estimates are shares between 0 and 1.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `total`; also when a variable has negative values.
    """
    names, layout = names_of(variable), domains.split(survey, by, where, lonely)
    columns = [domains.values(survey, name, layout) for name in names]
    for name, column in zip(names, columns, strict=True):
        if (column < 0).any():
            raise ParameterError(f"{name} has negative values, so it has no shares.")
    weight = layout.weight
    parts = np.array([layout.totals(column * weight) for column in columns])
    estimates = _shares(parts)
    scores = _share_scores(layout, columns, estimates, parts.sum(axis=1))
    found = variance.of_scores(layout.design, scores, lonely)
    se = found.se.reshape(estimates.shape)
    spread = Spread(
        np.where(variance.unknown(layout), np.nan, se),
        found.degrees.reshape(estimates.shape),
        np.full(layout.size, found.plain_degrees[0]),
        estimates,
    )
    if resampled.checked(errors):
        spread = resampled.instead(spread, survey, layout, columns, estimates, _shares)
    df = np.minimum(spread.degrees, most_degrees)
    everyone = np.full(estimates.shape, layout.respondents.sum())
    limits = intervals.share_interval(estimates, spread.se, df, everyone, level)
    return tidy(names, layout, estimates, spread, limits, df, level)


def change(
    survey: Survey,
    variable: Names,
    first: int,
    last: int,
    by: By = None,
    where: Where = None,
    level: float = LEVEL,
    most_degrees: float = MOST_DEGREES,
    lonely: str = "adjust",
    errors: str = "linearised",
) -> pd.DataFrame:
    """Estimate the relative change of a total between two reference years, on the same respondents.

    Both years are weighted alike, so what a respondent reports twice cancels in the spread.

    Returns
    -------
    DataFrame
        As `total`; 0.12 is a growth of 12 %, `cv` is relative to the ratio of the two years.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `total`; also when a year is absent from the records.
    """
    years = domains.column(survey, "reference_year").to_numpy()
    for year in (first, last):
        if not (years == year).any():
            raise ParameterError(f"The records have no reference year {year}.")
    counted = domains.inside(survey, where) & ((years == first) | (years == last))
    layout = domains.of_rows(survey, by, counted, lonely)
    early, late = [layout.collect((years == year).astype(float)) for year in (first, last)]
    differ = (layout.totals(early) > 0) != (layout.totals(late) > 0)
    if differ.any() and not domains.declared(survey, layout):
        raise ParameterError(f"The domains of {by} differ between {first} and {last}.")
    names, ends = names_of(variable), ([], [])
    for name in names:
        for year, columns in zip((last, first), ends, strict=True):
            columns.append(domains.values(survey, name, layout, years == year))
    result = _ratios(
        survey,
        layout,
        (names, *ends),
        level,
        most_degrees,
        lonely,
        errors,
        layout.totals(late).astype(int),
    )
    for column in ("estimate", "low", "high", "plain_low", "plain_high"):
        result[column] -= 1.0
    return result


def _ratios(
    survey: Survey,
    layout: Layout,
    pairs: tuple[list[str], list[np.ndarray], list[np.ndarray]],
    level: float,
    most_degrees: float,
    lonely: str,
    errors: str,
    respondents: np.ndarray | None = None,
) -> pd.DataFrame:
    names, tops, bottoms = pairs
    weight = layout.weight
    above, below = (
        np.array([layout.totals(column * weight) for column in side]) for side in (tops, bottoms)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        estimates = np.where(below != 0, above / below, np.nan)
    known = np.nan_to_num(estimates)
    over = np.divide(1.0, below, out=np.zeros_like(below), where=below != 0)
    scores = (
        (top - known[k][layout.domain] * bottom) * over[k][layout.domain]
        for k, (top, bottom) in enumerate(zip(tops, bottoms, strict=True))
    )
    spread = variance.of_domains(layout, scores, lonely)
    if resampled.checked(errors):
        spread = resampled.instead(spread, survey, layout, tops + bottoms, estimates, _quotients)
    df = np.minimum(spread.degrees, most_degrees)
    limits = intervals.ratio_interval(estimates, spread.se, df, level)
    return tidy(names, layout, estimates, spread, limits, df, level, respondents)


def _as_it_is(totals: np.ndarray) -> np.ndarray:
    return totals


def _quotients(totals: np.ndarray) -> np.ndarray:
    half = len(totals) // 2
    return totals[:half] / totals[half:]


def _shares(totals: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return totals / totals.sum(axis=1, keepdims=True)


def _share_scores(
    layout: Layout, columns: list[np.ndarray], shares: np.ndarray, wholes: np.ndarray
) -> np.ndarray:
    units = len(layout.design.weight)
    scores = np.zeros((len(columns), layout.size, units))
    for k, column in enumerate(columns):
        if wholes[k] == 0:
            continue
        for domain in range(layout.size):
            scores[k, domain] = layout.dense(column, domain)
        whole = scores[k].sum(axis=0)
        scores[k] = (scores[k] - shares[k][:, None] * whole) / wholes[k]
    return scores.reshape(-1, units)
