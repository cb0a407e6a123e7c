"""The table that every estimate comes in."""

import numpy as np
import pandas as pd

from nldtib.errors import ParameterError
from nldtib.records.estimate import intervals
from nldtib.records.estimate.domains import Layout
from nldtib.records.estimate.variance import Spread

LEVEL = 0.95
# As in round.yml of 2026; METHODS.md, "Intervals", says why.
MOST_DEGREES = 5.0
COLUMNS = ["domain", "variable", "estimate", "se", "cv", "low", "high", "df", "n"]
DETAIL = ["plain_low", "plain_high", "plain_df"]


def names_of(variables: str | list | tuple) -> list[str]:
    """Return one name or several as a list.

    Raises
    ------
    ParameterError
        There is no name.
    """
    names = [variables] if isinstance(variables, str) else list(variables)
    if not names:
        raise ParameterError("No variable was named, so there is nothing to estimate.")
    return names


def tidy(
    names: list[str],
    layout: Layout,
    estimates: np.ndarray,
    spread: Spread,
    limits: tuple[np.ndarray, np.ndarray],
    df: np.ndarray,
    level: float,
    respondents: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return the table of K x D estimates: the contract's columns, the plain t interval, the keys.

    Raises
    ------
    ParameterError
        The level of confidence is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ParameterError(f"A level of confidence lies between 0 and 1, not at {level}.")
    shape = estimates.shape
    se = spread.se
    # An interval that is not known has no degrees of freedom either.
    known = ~np.isnan(se)
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(estimates != 0, se / np.abs(estimates), np.nan)
    plain_low, plain_high = intervals.plain(estimates, se, spread.plain_degrees, level)
    plain_df = np.broadcast_to(spread.plain_degrees, shape)
    n = layout.respondents if respondents is None else respondents
    result = {
        "domain": list(layout.labels) * shape[0],
        "variable": np.repeat(np.array(names, dtype=object), shape[1]),
        "estimate": estimates.ravel(),
        "se": se.ravel(),
        "cv": cv.ravel(),
        "low": limits[0].ravel(),
        "high": limits[1].ravel(),
        "df": np.where(known, df, np.nan).ravel(),
        "n": np.broadcast_to(n, shape).ravel(),
        "plain_low": plain_low.ravel(),
        "plain_high": plain_high.ravel(),
        "plain_df": plain_df.ravel(),
    }
    table = pd.DataFrame(result)
    return with_keys(table, layout, shape[0])


def with_keys(table: pd.DataFrame, layout: Layout, times: int = 1) -> pd.DataFrame:
    """Add the columns that the domains were crossed from, for a table of `times` by D rows."""
    if layout.keys is None:
        return table
    keys = pd.concat([layout.keys] * times, ignore_index=True)
    return pd.concat(
        [table, keys.rename(columns=lambda name: f"{name}_of_domain" if name in table else name)],
        axis=1,
    )
