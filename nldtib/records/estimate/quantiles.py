"""Quantiles of a variable, with Woodruff's interval.

Source: Woodruff (1952), Journal of the American Statistical Association 47, 635-646; Korn and
Graubard (1998), Survey Methodology 24, 193-201 (interval `beta`); Hyndman and Fan (1996), The
American Statistician 50, 361-365 (rules hf1 to hf9, weighted as in R's survey package).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from nldtib.errors import ParameterError
from nldtib.records.estimate import domains, intervals, resampled, variance
from nldtib.records.estimate.domains import By, Layout, Where
from nldtib.records.estimate.ranks import checked_rule, quantile_of, quantiles_by_replicate
from nldtib.records.estimate.results import COLUMNS, DETAIL, LEVEL, names_of, with_keys
from nldtib.schema import Survey

INTERVALS = ("mean", "xlogit", "beta")


def quantile(
    survey: Survey,
    variable: str | Sequence[str],
    p: float | Sequence[float] = 0.5,
    by: By = None,
    where: Where = None,
    level: float = LEVEL,
    interval: str = "mean",
    rule: str = "math",
    lonely: str = "adjust",
    errors: str = "linearised",
) -> pd.DataFrame:
    """Estimate quantiles of `variable` by domain, with Woodruff's interval.

    Parameters
    ----------
    variable
        One numeric column or several, in any unit of measure.
    p
        One share between 0 and 1 or several.
    interval
        How the share below the quantile is bounded: `mean` (plain t), `xlogit` (on the logit) or
        `beta` (Korn and Graubard).
    rule
        `math` takes the smallest value whose weighted distribution function reaches p; others are
        names of `ranks.RULES`.
    survey, by, where, level, lonely, errors
        As in `total`; with `replicates` the interval is the plain t interval.

    Returns
    -------
    DataFrame
        As `total`, with column `p` at the end; `se` is the width of the interval over twice the t
        quantile. A limit of the share beyond 0 or 1 takes the smallest or largest value.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `total`; also when p is not between 0 and 1, or an interval or rule is unknown.
    """
    shares = [float(p)] if np.ndim(p) == 0 else [float(one) for one in p]
    for one in shares:
        if not 0 < one < 1:
            raise ParameterError(f"A quantile lies between 0 and 1, not at {one}.")
    if interval not in INTERVALS:
        raise ParameterError(
            f"Unknown interval {interval!r} for a quantile. Known: {', '.join(INTERVALS)}."
        )
    if not 0 < level < 1:
        raise ParameterError(f"A level of confidence lies between 0 and 1, not at {level}.")
    checked_rule(rule)
    by_replicates = resampled.checked(errors)
    found = []
    for name in names_of(variable):
        values, layout = _rows(survey, name, by, where, lonely)
        for one in shares:
            if by_replicates:
                table = _resampled(survey, values, layout, one, level, rule)
            else:
                table = _woodruff(values, layout, one, level, interval, rule, lonely)
            found.append(_tidy(table, layout, name, one))
    return pd.concat(found, ignore_index=True)


def _rows(
    survey: Survey, name: str, by: By, where: Where, lonely: str
) -> tuple[np.ndarray, Layout]:
    """Return the value of each counted row, and where it counts."""
    layout = domains.split(survey, by, where, lonely)
    domains.values(survey, name, layout)
    values = pd.to_numeric(survey.records[name]).to_numpy(float, na_value=np.nan)
    return (values if layout.rows is None else values[layout.rows]), layout


def _woodruff(
    values: np.ndarray,
    layout: Layout,
    p: float,
    level: float,
    interval: str,
    rule: str,
    lonely: str,
) -> pd.DataFrame:
    domain = layout.domain_of_row()
    weight = layout.row_weight()
    members = [np.flatnonzero(domain == d) for d in range(layout.size)]
    at = [quantile_of(values[rows], weight[rows], p, rule) for rows in members]
    below = layout.collect_counted((values <= np.array(at)[domain]).astype(float))
    size = layout.collect_counted(np.ones(len(values)))
    reached, count = layout.totals(below * layout.weight), layout.totals(size * layout.weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        share, per = reached / count, 1 / count
    scores = (below - share[layout.domain] * size) * per[layout.domain]
    spread = variance.of_domains(layout, [scores], lonely)
    se, df = spread.se[0], spread.plain_degrees.astype(float)
    low, high = _bounds(share, se, df, layout.respondents, level, interval)
    limits = [
        [
            quantile_of(values[rows], weight[rows], edge, rule)
            for rows, edge in zip(members, side, strict=True)
        ]
        for side in (low, high)
    ]
    limits = np.where(np.isnan(low), np.nan, np.array(limits))
    reach = special.stdtrit(np.where(df > 0, df, np.nan), (1 + level) / 2)
    return pd.DataFrame(
        {
            "estimate": at,
            "se": (limits[1] - limits[0]) / (2 * reach),
            "low": limits[0],
            "high": limits[1],
            "df": df,
        }
    )


def _bounds(
    share: np.ndarray, se: np.ndarray, df: np.ndarray, n: np.ndarray, level: float, interval: str
) -> tuple[np.ndarray, np.ndarray]:
    reach = intervals.margin(se, df, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        if interval == "mean":
            low, high = share - reach, share + reach
        elif interval == "xlogit":
            spread = reach / (share * (1 - share))
            centre = special.logit(share)
            low, high = special.expit(centre - spread), special.expit(centre + spread)
        else:
            low, high = intervals.korn_graubard(share, se, df, n, level)
    # A share of exactly 1 (or 0) has no spread on these scales: all that is known is the value.
    low, high = np.where(np.isnan(low), share, low), np.where(np.isnan(high), share, high)
    unknown = np.isnan(reach)
    low, high = np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def _resampled(
    survey: Survey, values: np.ndarray, layout: Layout, p: float, level: float, rule: str
) -> pd.DataFrame:
    replicates = resampled.of(survey)
    weights = replicates.weights if layout.rows is None else replicates.weights[layout.rows]
    domain, weight = layout.domain_of_row(), layout.row_weight()
    at, thetas = [], []
    for d in range(layout.size):
        rows = np.flatnonzero(domain == d)
        at.append(quantile_of(values[rows], weight[rows], p, rule))
        thetas.append(quantiles_by_replicate(values[rows], weights[rows], p, rule))
    estimates = np.array(at)
    se = resampled.standard_error(np.array(thetas), estimates, replicates)
    se = np.where(variance.unknown(layout), np.nan, se)
    df = np.full(layout.size, resampled.degrees(replicates))
    low, high = intervals.plain(estimates, se, df, level)
    return pd.DataFrame({"estimate": estimates, "se": se, "low": low, "high": high, "df": df})


def _tidy(table: pd.DataFrame, layout: Layout, name: str, p: float) -> pd.DataFrame:
    table = table.assign(domain=layout.labels, variable=name, n=layout.respondents)
    table["cv"] = table["se"] / table["estimate"].where(table["estimate"] != 0).abs()
    table["plain_low"], table["plain_high"], table["plain_df"] = (
        table["low"],
        table["high"],
        table["df"],
    )
    table = table[[*COLUMNS, *DETAIL]].assign(p=p)
    return with_keys(table, layout)
