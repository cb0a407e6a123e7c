"""Who answered: every unit of the frame gets one status, and nobody gets lost.

Statuses follow AAPOR (2023), Standard Definitions, in words of our own: `answered`, `out_of_scope`
(answered, and does not belong), `not_usable` (began, but left every key figure open), `silent`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

STATUSES = ("answered", "out_of_scope", "not_usable", "silent")


def status(
    frame: pd.DataFrame, records: pd.DataFrame, least_answered: Sequence[str]
) -> pd.DataFrame:
    """Give every unit of the frame its response status.

    Parameters
    ----------
    frame
        One row per unit.
    records
        One row per respondent and reference year, before imputation.
    least_answered
        Variables of which at least one must be answered for some year.

    Returns
    -------
    DataFrame
        RESPONSE, one row per unit of the frame in its order: unit, status.
    """
    answered = records[list(least_answered)].notna().any(axis=1).groupby(records["unit"]).any()
    in_scope = records.groupby("unit")["in_scope"].first()
    units = frame["unit"]
    responded = units.isin(in_scope.index)
    outside = responded & ~units.map(in_scope).fillna(True).astype(bool)
    usable = units.map(answered).fillna(False).astype(bool)
    statuses = np.select(
        [outside, responded & usable, responded],
        STATUSES[1:2] + STATUSES[:1] + STATUSES[2:3],
        "silent",
    )
    return pd.DataFrame({"unit": units, "status": statuses})


def ladder(response: pd.DataFrame, group: pd.Series) -> pd.DataFrame:
    """Count the statuses per group and in total.

    Parameters
    ----------
    response
        As `status` gives it.
    group
        The group of each unit, in the same row order.

    Returns
    -------
    DataFrame
        One row per group, and `total`: approached, one column per status, and rate (percent of
        the approached with a usable answer).
    """
    counts = pd.crosstab(group.to_numpy(), response["status"].to_numpy())
    counts = counts.reindex(columns=list(STATUSES), fill_value=0)
    counts.loc["total"] = counts.sum()
    counts.insert(0, "approached", counts.sum(axis=1))
    counts["rate"] = 100 * counts["answered"] / counts["approached"]
    return counts.rename_axis("group").rename_axis(None, axis=1).reset_index()
