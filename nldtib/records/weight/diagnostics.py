"""What the weights look like: their range, and what their unevenness costs.

Source: Kish (1992), Journal of Official Statistics 8, 183-200.
"""

import numpy as np
import pandas as pd

from nldtib.records.weight.units import units_of
from nldtib.schema import Survey


def summary(survey: Survey) -> pd.DataFrame:
    """Describe the weights of the units, and the factors by which calibration moved them.

    Returns
    -------
    DataFrame
        One row for `weight` and, after calibration, one for `factor`: sum, sum_of_squares,
        smallest, largest and kish (1 plus the squared coefficient of variation: how many times the
        variance of a mean grows through the unevenness alone).
    """
    units = units_of(survey)
    found = {"weight": units.weight}
    if units.calibration is not None:
        found["factor"] = units.calibration.factors
    rows = {name: _described(values) for name, values in found.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def _described(values: np.ndarray) -> dict[str, float]:
    total, squares = values.sum(), (values**2).sum()
    return {
        "sum": total,
        "sum_of_squares": squares,
        "smallest": values.min(),
        "largest": values.max(),
        "kish": len(values) * squares / total**2,
    }
