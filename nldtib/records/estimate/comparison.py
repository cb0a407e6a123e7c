"""The two standard errors of one figure side by side: a check on both."""

import numpy as np
import pandas as pd

from nldtib.errors import ParameterError
from nldtib.records.estimate.domains import By, Where
from nldtib.records.estimate.quantiles import quantile
from nldtib.records.estimate.smooth import change, mean, ratio, share, total
from nldtib.schema import Survey

STATISTICS = {
    "total": total,
    "mean": mean,
    "ratio": ratio,
    "share": share,
    "change": change,
    "quantile": quantile,
}
LIMIT = 0.15


def side_by_side(
    survey: Survey,
    statistic: str,
    *arguments: object,
    by: By = None,
    where: Where = None,
    limit: float = LIMIT,
) -> pd.DataFrame:
    """Give the linearised and the replicate standard error of a statistic, and flag differences.

    Parameters
    ----------
    survey
        With replicates.
    statistic, arguments
        A name of `STATISTICS` and what it takes after the survey, as in
        `side_by_side(survey, "ratio", "export", "turnover", by="province")`.
    limit
        Relative difference from which the two are said to differ.

    Returns
    -------
    DataFrame
        domain, variable, estimate, se, se_replicates, difference (of the second relative to the
        first), differs (True beyond the limit), n.

    Raises
    ------
    ParameterError
        The statistic is not offered, or as the statistic itself says.
    """
    if statistic not in STATISTICS:
        raise ParameterError(
            f"The statistic {statistic!r} is not offered. Offered: {', '.join(STATISTICS)}."
        )
    ask = STATISTICS[statistic]
    table = ask(survey, *arguments, by=by, where=where)
    other = ask(survey, *arguments, by=by, where=where, errors="replicates")["se"]
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = (other - table["se"]) / table["se"].where(table["se"] > 0)
    found = table[["domain", "variable", "estimate", "se"]].assign(
        se_replicates=other, difference=difference
    )
    # Where one of the two is exactly 0 the other has to be so too.
    apart = (found["se"] == 0) & (found["se_replicates"] > 0)
    found["differs"] = (found["difference"].abs() > limit) | apart
    return found.assign(n=table["n"])
