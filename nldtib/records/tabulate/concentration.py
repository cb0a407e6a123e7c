"""What the largest units hold of an amount, as a ratio of two totals."""

from dataclasses import replace

import numpy as np
import pandas as pd

from nldtib.codebook import Variable
from nldtib.records import estimate
from nldtib.schema import Survey

HELD = "held by the largest"


def top_share(
    survey: Survey, variable: Variable, counted: pd.Series, precision: tuple[float, float]
) -> pd.DataFrame:
    """Estimate the share of the numerator that the largest units hold, weighted.

    With Q the amount of the unit at the edge, the largest p of all units hold the sum over all
    units of max(x - Q, 0) + p Q. That is a total, of which Q moves neither the value nor, to the
    first order, the spread, so the share is a ratio of totals.

    Source
    ------
    Kovacevic and Binder (1997), Journal of Official Statistics 13, 41-58 (estimating equations for
    Lorenz ordinates).
    """
    amount = survey.records[variable.numerator].to_numpy(float)
    edge = _edge(amount, np.where(counted, survey.weight, 0.0), variable.largest)
    held = np.maximum(amount - edge, 0.0) + variable.largest * edge
    marked = replace(survey, records=survey.records.assign(**{HELD: held}))
    return estimate.ratio(marked, HELD, variable.numerator, None, counted, *precision)


def _edge(amount: np.ndarray, weight: np.ndarray, largest: float) -> float:
    order = np.argsort(-amount, kind="stable")
    reached = np.cumsum(weight[order])
    place = int(np.searchsorted(reached, largest * reached[-1]))
    return float(amount[order][min(place, len(order) - 1)])
