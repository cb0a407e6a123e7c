"""The design seen per unit, as variances need it."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from nldtib.errors import ParameterError
from nldtib.schema import CalibrationModel, Survey


@dataclass(frozen=True)
class Units:
    """The design seen per unit: n units in H strata.

    weight (n), stratum_of (n, numbers 0..H-1), respondents and population (H), the row of the
    records at which each unit starts (n), the unit of each row, and the calibration per unit.
    """

    weight: np.ndarray
    stratum_of: np.ndarray
    respondents: np.ndarray
    population: np.ndarray
    first_row: np.ndarray
    unit_of_row: np.ndarray
    calibration: CalibrationModel | None

    @property
    def fraction_unseen(self) -> np.ndarray:
        """Return the part of each stratum that did not answer (H)."""
        return 1 - self.respondents / self.population

    def residuals(self, scores: np.ndarray) -> np.ndarray:
        """Take out of the scores (K x n) what the calibration totals explain."""
        model = self.calibration
        if model is None:
            return scores
        leverage = self.weight / model.factors
        if model.working_variance is not None:
            leverage = leverage / model.working_variance
        root = np.sqrt(leverage)
        slopes, *_ = np.linalg.lstsq(
            model.auxiliaries * root[:, None], (scores * root).T, rcond=None
        )
        return scores - (model.auxiliaries @ slopes).T


def units_of(survey: Survey) -> Units:
    """Return the design per unit, after checking that it can carry an estimate.

    Raises
    ------
    ParameterError
        There are no records, weights are missing, infinite, zero or negative, a unit has two
        weights or strata, a stratum has no population count, more respondents than units or
        units without respondents, or the population counts have a column per stage.
    """
    weights = _weights(survey)
    unit_of_row, first_row = _unit_of_row(survey.records)
    stratum_of_row = _stratum_of_row(survey)
    if len(first_row) < len(weights):
        uneven = (weights != weights[first_row][unit_of_row]) | (
            stratum_of_row != stratum_of_row[first_row][unit_of_row]
        )
        if uneven.any():
            raise ParameterError(
                f"{len(np.unique(unit_of_row[uneven]))} unit(s) have rows with different weights "
                "or strata. The rows of one unit should share one weight and one stratum."
            )
    stratum_of = stratum_of_row[first_row]
    population = survey.population.to_numpy(float)
    n = np.bincount(stratum_of, minlength=len(population)).astype(float)
    _check_strata(n, population)
    present = n > 0
    position = np.cumsum(present) - 1
    return Units(
        weights[first_row],
        position[stratum_of],
        n[present],
        population[present],
        first_row,
        unit_of_row,
        survey.calibration,
    )


def collapsed(design: Units) -> Units:
    """Return the design with strata joined until none has one respondent out of several.

    Such a stratum joins the next one in the order of the population counts (the last one joins the
    one before it); strata that answered in full are passed over.

    Raises
    ------
    ParameterError
        There is no other stratum to join.
    """
    open_strata = np.flatnonzero(design.fraction_unseen > 0)
    alone = open_strata[design.respondents[open_strata] == 1]
    if not len(alone):
        return design
    if len(open_strata) == 1:
        raise ParameterError(
            "The only stratum that did not answer in full has one respondent, so there is nothing "
            "to collapse it with."
        )
    group = np.arange(len(design.respondents))
    for place in np.searchsorted(open_strata, alone):
        other = place + 1 if place + 1 < len(open_strata) else place - 1
        old, new = group[open_strata[place]], group[open_strata[other]]
        group[group == old] = new
    _, group = np.unique(group, return_inverse=True)
    return replace(
        design,
        stratum_of=group[design.stratum_of],
        respondents=np.bincount(group, design.respondents),
        population=np.bincount(group, design.population),
    )


def _weights(survey: Survey) -> np.ndarray:
    index = survey.records.index
    if len(index) == 0:
        raise ParameterError("The survey has no records, so there is nothing to estimate from.")
    weights = survey.weight
    if not weights.index.equals(index):
        weights = weights.reindex(index)
    weights = weights.to_numpy(float)
    bad = int((~(weights > 0) | np.isinf(weights)).sum())
    if bad:
        raise ParameterError(
            f"{bad} of {len(weights)} weights are missing, infinite or not above 0. "
            "A respondent stands at least for itself."
        )
    return weights


def _unit_of_row(records: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(len(records))
    if "unit" not in records:
        return rows, rows
    unit_of_row, known = pd.factorize(records["unit"])
    if (unit_of_row < 0).any():
        raise ParameterError(f"{int((unit_of_row < 0).sum())} records have no unit.")
    if len(known) == len(records):
        return rows, rows
    first_row = np.empty(len(known), dtype=int)
    first_row[unit_of_row[::-1]] = rows[::-1]
    return unit_of_row, first_row


def _stratum_of_row(survey: Survey) -> np.ndarray:
    if isinstance(survey.population, pd.DataFrame):
        raise ParameterError(
            f"The population counts have {survey.population.shape[1]} columns. Designs of two or "
            "more stages are not offered: give the number of units by stratum."
        )
    labels = survey.stratum
    if not labels.index.equals(survey.records.index):
        labels = labels.reindex(survey.records.index)
    if not survey.population.index.is_unique:
        raise ParameterError("The population counts name a stratum twice.")
    codes, known = pd.factorize(labels)
    places = survey.population.index.get_indexer(known)
    lost = int((codes < 0).sum() + np.isin(codes, np.flatnonzero(places < 0)).sum())
    if lost:
        raise ParameterError(f"{lost} records lie in a stratum without population count.")
    return places[codes]


def _check_strata(n: np.ndarray, population: np.ndarray) -> None:
    if np.isnan(population).any():
        raise ParameterError(
            f"{int(np.isnan(population).sum())} of {len(population)} strata have no count (N_h)."
        )
    if (n > population * (1 + 1e-9)).any():
        raise ParameterError(
            f"{int((n > population * (1 + 1e-9)).sum())} of {len(n)} strata have more respondents "
            "than units (n_h > N_h). Check the frame against the answers."
        )
    if ((n == 0) & (population > 0)).any():
        raise ParameterError(
            f"{int(((n == 0) & (population > 0)).sum())} of {len(n)} strata have units but no "
            "respondent, so nobody stands for them. Merge strata, or follow up."
        )
