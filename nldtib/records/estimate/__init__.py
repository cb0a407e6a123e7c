"""Totals, means, ratios, shares, changes and quantiles, each with its standard error and interval.

Every estimate is linearised: one score per unit, summed over that unit's rows, of which the spread
within strata gives the variance. Domains keep the full design: rows outside count as zero.

Sources: Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, sections 3.7, 5.5
(linearisation), 5.6 (ratio), 6.5 and 7.9 (calibration residuals), 10.3 (domains); Woodruff (1952)
for quantiles.
The intervals of totals are our own and are argued in METHODS.md, "Intervals".
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from nldtib.errors import ParameterError
from nldtib.records import weight
from nldtib.records.estimate import domains as domain
from nldtib.records.estimate import intervals
from nldtib.records.estimate.domains import Domains
from nldtib.schema import Survey

LEVEL = 0.95
MOST_DEGREES = 6.0
COLUMNS = ["domain", "variable", "estimate", "se", "cv", "low", "high", "df", "n"]


def total(
    survey: Survey,
    variables: str | Sequence[str],
    by: str | None = None,
    where: str | pd.Series | None = None,
    level: float = LEVEL,
    most_degrees: float = MOST_DEGREES,
) -> pd.DataFrame:
    """Estimate the population total of each variable in every domain of `by`.

    Parameters
    ----------
    survey
        n rows of records with weights; see `schema.Survey`.
    variables
        Numeric columns without gaps inside the domain, in any unit of measure.
    by
        A column with D labels, or None for the whole population (one domain, `all`).
    where
        A 0/1 column, or a boolean series over the rows: rows outside count as zero.
    level
        Confidence level of the interval.
    most_degrees
        The most degrees of freedom granted to a skewed total.

    Returns
    -------
    DataFrame
        D rows per variable: domain, variable, estimate, se, cv (a share), low, high, df, n
        (respondents in the domain). The unit is that of the variable.

    Raises
    ------
    MissingValuesError
        A variable has item nonresponse inside the domain.
    ParameterError
        A column is unknown or not finite, or the rows mix reference years.
    """
    names = [variables] if isinstance(variables, str) else list(variables)
    domains = domain.split(survey, by, where)
    units = weight.units_of(survey)
    values = np.column_stack([domain.values(survey, name, domains) for name in names])
    parts = values[:, :, None] * domains.members[:, None, :]
    parts = parts.reshape(len(values), -1)
    scores = units.summed(parts)
    estimates = units.weight @ scores
    se, df = intervals.spread(units, scores)
    low, high = intervals.skewed_interval(
        estimates, scores.sum(axis=0), se, df, level, most_degrees
    )
    negative = (scores < 0).any(axis=0)
    plain = intervals.margin(se, df, level)
    low, high = (
        np.where(negative, estimates - plain, low),
        np.where(negative, estimates + plain, high),
    )
    frames = len(names), len(domains.labels)
    return _tidy(names, domains, estimates, se, low, high, np.minimum(df, most_degrees), frames)


def mean(
    survey: Survey,
    variable: str,
    by: str | None = None,
    where: str | pd.Series | None = None,
    level: float = LEVEL,
    most_degrees: float = MOST_DEGREES,
) -> pd.DataFrame:
    """Estimate the mean of `variable` per unit of the population, by domain.

    A mean is the ratio of a total to a count; see `ratio` for what goes in and comes out.
    """
    survey = replace(survey, records=survey.records.assign(**{"one per unit": 1.0}))
    result = ratio(survey, variable, "one per unit", by, where, level, most_degrees)
    return result.assign(variable=variable)


def ratio(
    survey: Survey,
    numerator: str,
    denominator: str,
    by: str | None = None,
    where: str | pd.Series | None = None,
    level: float = LEVEL,
    most_degrees: float = MOST_DEGREES,
) -> pd.DataFrame:
    """Estimate the ratio of two totals, by domain; the interval is built on the log of the ratio.

    Returns
    -------
    DataFrame
        As `total`; `variable` reads `numerator/denominator`, estimates are plain ratios
        (0.15 is 15 %). A domain whose denominator is estimated at zero has no estimate.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `total`.
    """
    domains = domain.split(survey, by, where)
    units = weight.units_of(survey)
    tops = units.summed(domain.values(survey, numerator, domains)[:, None] * domains.members)
    bottoms = units.summed(domain.values(survey, denominator, domains)[:, None] * domains.members)
    return _ratio(f"{numerator}/{denominator}", tops, bottoms, units, domains, level, most_degrees)


def share(
    survey: Survey,
    variable: str,
    by: str,
    where: str | pd.Series | None = None,
    level: float = LEVEL,
    most_degrees: float = MOST_DEGREES,
) -> pd.DataFrame:
    """Estimate the part of the total of `variable` that lies in each domain of `by`.

    The interval is built on the logit of the share. A share of exactly 0 or 1 has no spread of its
    own and takes the Clopper-Pearson limits for the number of respondents (Korn and Graubard 1998).

    Returns
    -------
    DataFrame
        As `total`; estimates are shares between 0 and 1.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `total`; also when the variable has negative values.
    """
    domains = domain.split(survey, by, where)
    units = weight.units_of(survey)
    values = domain.values(survey, variable, domains)
    if (values < 0).any():
        raise ParameterError(f"{variable} has negative values, so it has no shares.")
    parts = units.summed(values[:, None] * domains.members)
    whole = units.summed((values * domains.members.any(axis=1))[:, None])
    everyone = np.full(len(domains.labels), domains.respondents.sum())
    result = _ratio(variable, parts, whole, units, domains, level, most_degrees)
    low, high = intervals.share_interval(
        result["estimate"].to_numpy(),
        result["se"].to_numpy(),
        result["df"].to_numpy(),
        everyone,
        level,
    )
    return result.assign(low=low, high=high)


def change(
    survey: Survey,
    variable: str,
    first: int,
    last: int,
    by: str | None = None,
    where: str | pd.Series | None = None,
    level: float = LEVEL,
    most_degrees: float = MOST_DEGREES,
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
    years = survey.records["reference_year"]
    for year in (first, last):
        if not (years == year).any():
            raise ParameterError(f"The records have no reference year {year}.")
    inside = domain.inside(survey, where)
    units = weight.units_of(survey)
    early = domain.split(survey, by, inside & (years == first))
    late = domain.split(survey, by, inside & (years == last))
    if early.labels != late.labels:
        raise ParameterError(f"The domains of {by} differ between {first} and {last}.")
    tops = units.summed(domain.values(survey, variable, late)[:, None] * late.members)
    bottoms = units.summed(domain.values(survey, variable, early)[:, None] * early.members)
    result = _ratio(variable, tops, bottoms, units, late, level, most_degrees)
    for column in ("estimate", "low", "high"):
        result[column] -= 1.0
    return result


def quantile(
    survey: Survey,
    variable: str,
    p: float = 0.5,
    by: str | None = None,
    where: str | pd.Series | None = None,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Estimate the p-quantile of `variable` by domain, with Woodruff's interval.

    The estimate is the smallest value whose weighted distribution function reaches p.

    Returns
    -------
    DataFrame
        As `total`; `se` is the width of the interval over twice the t quantile.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `total`; also when p is not between 0 and 1.

    Source
    ------
    Woodruff (1952), Journal of the American Statistical Association 47, 635-646.
    """
    if not 0 < p < 1:
        raise ParameterError(f"A quantile lies between 0 and 1, not at {p}.")
    domains = domain.split(survey, by, where)
    units = weight.units_of(survey)
    values = domain.values(survey, variable, domains)
    rows = []
    for members, label, n in zip(
        domains.members.T, domains.labels, domains.respondents, strict=True
    ):
        rows.append(_quantile(survey, units, values, members, p, level) | {"domain": label, "n": n})
    result = pd.DataFrame(rows).assign(variable=variable)
    result["cv"] = result["se"] / result["estimate"].where(result["estimate"] != 0)
    return result[COLUMNS]


def _quantile(
    survey: Survey,
    units: weight.Units,
    values: np.ndarray,
    members: np.ndarray,
    p: float,
    level: float,
) -> dict:
    if not members.any():
        return dict.fromkeys(("estimate", "low", "high", "se", "df"), np.nan)
    row_weight = survey.weight.to_numpy() * members
    order = np.argsort(values, kind="stable")
    order = order[members[order] > 0]
    cumulative = np.cumsum(row_weight[order]) / row_weight.sum()

    def at(share: float) -> float:
        place = np.searchsorted(cumulative, share - 1e-12)
        return float(values[order[min(place, len(order) - 1)]])

    estimate = at(p)
    below = units.summed(((values <= estimate) * members)[:, None])
    size = units.summed(members[:, None])
    se, df = intervals.spread(units, (below - p * size) / row_weight.sum())
    t = stats.t.ppf((1 + level) / 2, max(int(members.sum()) - 1, 1))
    low, high = at(max(p - t * se[0], 0.0)), at(min(p + t * se[0], 1.0))
    return {
        "estimate": estimate,
        "low": low,
        "high": high,
        "se": (high - low) / (2 * t),
        "df": df[0],
    }


def _ratio(
    name: str,
    tops: np.ndarray,
    bottoms: np.ndarray,
    units: weight.Units,
    domains: Domains,
    level: float,
    most_degrees: float,
) -> pd.DataFrame:
    top, bottom = units.weight @ tops, units.weight @ bottoms
    with np.errstate(divide="ignore", invalid="ignore"):
        estimates = np.where(bottom > 0, top / bottom, np.nan)
        scores = np.where(bottom > 0, (tops - estimates * bottoms) / bottom, 0.0)
        se, df = intervals.spread(units, scores)
        df = np.minimum(df, most_degrees)
        factor = np.exp(intervals.margin(se, df, level) / estimates)
        low = np.where(estimates > 0, estimates / factor, estimates)
        high = np.where(estimates > 0, estimates * factor, estimates)
    frames = 1, len(domains.labels)
    return _tidy([name], domains, estimates, se, low, high, df, frames)


def _tidy(
    names: list[str],
    domains: Domains,
    estimates: np.ndarray,
    se: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    df: np.ndarray,
    frames: tuple[int, int],
) -> pd.DataFrame:
    variables, labels = frames
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(estimates != 0, se / np.abs(estimates), np.nan)
    return pd.DataFrame(
        {
            "domain": domains.labels * variables,
            "variable": np.repeat(names, labels),
            "estimate": estimates,
            "se": se,
            "cv": cv,
            "low": low,
            "high": high,
            "df": df,
            "n": np.tile(domains.respondents, variables),
        }
    )[COLUMNS]
