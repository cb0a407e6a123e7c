"""Which part of the units is of a kind, and what the design costs against a simple sample.

Source: Korn and Graubard (1998), Survey Methodology 24, 193-201 (interval `beta`); Kish (1965),
Survey Sampling, section 8.2 (design effects).
"""

import numpy as np
import pandas as pd

from nldtib.errors import MissingValuesError, ParameterError
from nldtib.records.estimate import domains, intervals, variance
from nldtib.records.estimate.domains import By, Where
from nldtib.records.estimate.results import LEVEL, names_of, tidy
from nldtib.records.estimate.smooth import mean, total
from nldtib.schema import Survey

INTERVALS = ("logit", "beta", "mean")
STATISTICS = {"total": total, "mean": mean}


def proportion(
    survey: Survey,
    column: str,
    by: By = None,
    where: Where = None,
    level: float = LEVEL,
    interval: str = "logit",
    lonely: str = "adjust",
) -> pd.DataFrame:
    """Estimate the part of the records that carries each code of a column, by domain.

    Parameters
    ----------
    column
        Any column: its codes are counted.
    interval
        `logit`, `beta` (Korn and Graubard) or `mean` (plain t). A proportion of exactly 0 or 1
        takes the Clopper-Pearson limits under the first two.
    survey, by, where, level, lonely
        As in `total`.

    Returns
    -------
    DataFrame
        As `total`, with one `variable` per code, `column=code`; estimates lie between 0 and 1.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `total`; also when the interval is unknown.
    """
    if interval not in INTERVALS:
        raise ParameterError(
            f"Unknown interval {interval!r} for a proportion. Known: {', '.join(INTERVALS)}."
        )
    layout = domains.split(survey, by, where, lonely)
    codes = domains.column(survey, column)
    counted = codes if layout.rows is None else codes.iloc[layout.rows]
    gaps = int(counted.isna().sum())
    if gaps:
        raise MissingValuesError(column, gaps, len(counted))
    labels = sorted(counted.unique(), key=str)
    parts = [layout.collect((codes == label).to_numpy(float)) for label in labels]
    ones = layout.collect(np.ones(len(codes)))
    size = layout.totals(ones * layout.weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimates = np.array([layout.totals(part * layout.weight) for part in parts]) / size
        scores = [
            (part - np.nan_to_num(share)[layout.domain] * ones) / size[layout.domain]
            for part, share in zip(parts, estimates, strict=True)
        ]
    spread = variance.of_domains(layout, scores, lonely)
    df = np.broadcast_to(spread.plain_degrees.astype(float), estimates.shape)
    n = np.broadcast_to(layout.respondents, estimates.shape)
    limits = _limits(estimates, spread.se, df, n, level, interval)
    names = [f"{column}={label}" for label in labels]
    return tidy(names, layout, estimates, spread, limits, df, level)


def design_effect(
    survey: Survey,
    variables: str | list[str],
    by: By = None,
    where: Where = None,
    statistic: str = "total",
    lonely: str = "adjust",
) -> pd.DataFrame:
    """Compare the variance with that of a simple random sample of the same number of respondents.

    Returns
    -------
    DataFrame
        domain, variable, deff_wor (against sampling without replacement from as many units as the
        weights add up to) and deff_wr (with replacement); missing where there is nothing to
        compare with, as in a domain that answered in full.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `total`; also when the statistic is neither total nor mean.
    """
    if statistic not in STATISTICS:
        raise ParameterError(
            f"Unknown statistic {statistic!r} for a design effect. Known: {', '.join(STATISTICS)}."
        )
    names = names_of(variables)
    table = STATISTICS[statistic](survey, names, by, where, lonely=lonely)
    layout = domains.split(survey, by, where, lonely)
    weight, domain = layout.row_weight(), layout.domain_of_row()
    population = np.bincount(domain, weight, layout.size)
    n = layout.respondents
    rows = []
    for name in names:
        domains.values(survey, name, layout)
        values = survey.records[name].to_numpy(float)
        values = values if layout.rows is None else values[layout.rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            centre = np.bincount(domain, weight * values, layout.size) / population
            squares = np.bincount(domain, weight * (values - centre[domain]) ** 2, layout.size)
            rows.append(squares / population * n / (n - 1) / n)
    simple = np.array(rows) * (population**2 if statistic == "total" else 1.0)
    squared = table["se"].to_numpy().reshape(simple.shape) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        wor = squared / (simple * (population - n) / population)
        wr = squared / simple
    found = table[["domain", "variable"]].assign(deff_wor=wor.ravel(), deff_wr=wr.ravel())
    return found.where(found.notna() & ~found.isin([np.inf]), np.nan)


def _limits(
    shares: np.ndarray, se: np.ndarray, df: np.ndarray, n: np.ndarray, level: float, interval: str
) -> tuple[np.ndarray, np.ndarray]:
    if interval == "mean":
        return intervals.plain(shares, se, df, level)
    low, high = intervals.share_interval(shares, se, df, n, level)
    if interval == "beta":
        middle = (shares > 0) & (shares < 1)
        beta = intervals.korn_graubard(shares, se, df, n, level)
        low, high = np.where(middle, beta[0], low), np.where(middle, beta[1], high)
    return low, high
