"""The design seen per unit, as variances need it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.errors import ParameterError
from nldtib.schema import CalibrationModel, Survey


@dataclass(frozen=True)
class Units:
    """The design seen per unit: n units in H strata.

    weight (n), stratum_of (n, numbers 0..H-1), respondents and fraction_unseen (H), the row of the
    records at which each unit starts (n), the unit of each row, and the calibration per unit.
    """

    weight: np.ndarray
    stratum_of: np.ndarray
    respondents: np.ndarray
    fraction_unseen: np.ndarray
    first_row: np.ndarray
    unit_of_row: np.ndarray
    calibration: CalibrationModel | None

    def summed(self, rows: np.ndarray) -> np.ndarray:
        """Sum an array over rows (rows x K) to one over units (n x K)."""
        if len(self.first_row) == len(rows):
            return rows
        return _grouped_sum(rows, self.unit_of_row, len(self.first_row))

    def stratum_sums(self, units: np.ndarray) -> np.ndarray:
        """Sum an array over units (n x K) to one over strata (H x K)."""
        return _grouped_sum(units, self.stratum_of, len(self.respondents))

    def stratum_means(self, units: np.ndarray) -> np.ndarray:
        """Return, per unit, what its value is compared with: the mean of its stratum.

        A stratum with one respondent has no spread of its own; its value is compared with zero
        instead, which is large and so careful (R's survey package, lonely.psu="adjust").
        """
        means = self.stratum_sums(units) / self.respondents[:, None]
        means[self.respondents == 1] = 0.0
        return means[self.stratum_of]

    def residuals(self, scores: np.ndarray) -> np.ndarray:
        """Take out of the scores (n x K) what the calibration totals explain."""
        model = self.calibration
        if model is None:
            return scores
        design_weight = self.weight / model.factors
        root = np.sqrt(design_weight)[:, None]
        slopes, *_ = np.linalg.lstsq(model.auxiliaries * root, scores * root, rcond=None)
        return scores - model.auxiliaries @ slopes


def units_of(survey: Survey) -> Units:
    """Return the design per unit, after checking that it can carry an estimate.

    Raises
    ------
    ParameterError
        Weights are missing, zero or negative, a unit has two weights or strata, or a stratum has
        more respondents than units.
    """
    records = survey.records
    weights = survey.weight.reindex(records.index).to_numpy(float)
    bad = int((~(weights > 0) | np.isinf(weights)).sum())
    if bad:
        raise ParameterError(
            f"{bad} of {len(weights)} weights are missing, infinite or not above 0."
        )
    if "unit" in records:
        unit_of_row, _ = pd.factorize(records["unit"])
    else:
        unit_of_row = np.arange(len(records))
    _, first_row = np.unique(unit_of_row, return_index=True)
    labels = survey.stratum.reindex(records.index)
    stratum_of_row = labels.map({name: i for i, name in enumerate(survey.population.index)})
    if stratum_of_row.isna().any():
        raise ParameterError(
            f"{int(stratum_of_row.isna().sum())} records lie in a stratum without population count."
        )
    stratum_of_row = stratum_of_row.to_numpy(int)
    if (weights != weights[first_row][unit_of_row]).any() or (
        stratum_of_row != stratum_of_row[first_row][unit_of_row]
    ).any():
        raise ParameterError("The rows of one unit should share one weight and one stratum.")
    stratum_of = stratum_of_row[first_row]
    n = np.bincount(stratum_of, minlength=len(survey.population)).astype(float)
    population = survey.population.to_numpy(float)
    if (n > population).any():
        raise ParameterError(
            f"{int((n > population).sum())} strata have more respondents than units (n_h > N_h)."
        )
    present = n > 0
    position = np.cumsum(present) - 1
    return Units(
        weights[first_row],
        position[stratum_of],
        n[present],
        1 - n[present] / population[present],
        first_row,
        unit_of_row,
        survey.calibration,
    )


def _grouped_sum(values: np.ndarray, groups: np.ndarray, size: int) -> np.ndarray:
    """Sum the rows of `values` (m x K) within groups; the sparse product beats a loop over K."""
    order = np.argsort(groups, kind="stable")
    edges = np.searchsorted(groups[order], np.arange(size))
    return np.add.reduceat(values[order], edges, axis=0)
