"""Move weights as little as possible so that they reproduce known totals."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import optimize

from nldtib.errors import ConvergenceError, ParameterError
from nldtib.records.weight import distance as distances
from nldtib.records.weight import margins, newton
from nldtib.records.weight.margins import Totals
from nldtib.records.weight.units import Units, units_of
from nldtib.schema import CalibrationModel, Survey

TOLERANCE = 1e-9
# How many totals a refusal names.
NAMED = 5


def calibrate(
    survey: Survey,
    totals: Totals,
    distance: str = "linear",
    bounds: Sequence[float] = (0.0, np.inf),
    fixed: pd.Series | str | None = None,
    working_variance: pd.Series | str | None = None,
) -> Survey:
    """Move the weights as little as possible so that they reproduce known totals.

    Post-stratification is calibration to the counts of one (crossed) margin, raking to the counts
    of several by the distance `raking`, and the ratio estimator to one amount with a working
    variance proportional to it.

    Parameters
    ----------
    survey
        As `design` makes it.
    totals
        By column of the records (or tuple of columns, crossed): a number (total of a numeric
        column) or a count per code; or the table of `template`. With `fixed` the totals are those
        of the units that are not fixed.
    distance
        `linear`, `raking` or `logit`; logit needs finite bounds.
    bounds
        Lowest and highest factor by which a weight may be multiplied.
    fixed
        True for rows whose weight is not to move (take-all strata), or a column that says so.
    working_variance
        A positive column: units move the more, the smaller it is. None is 1 for all.

    Raises
    ------
    ParameterError
        A column or distance is unknown, the bounds do not enclose 1, a total is no number, the
        weights were calibrated before, or a weight would end at 0.
    MissingValuesError
        A column to calibrate on has gaps.
    ConvergenceError
        No weights within the bounds meet the totals; the message names those missed, and by how
        much.
    """
    if survey.calibration is not None:
        raise ParameterError(
            "These weights were calibrated before. Calibrate once, to all totals together."
        )
    units = units_of(survey)
    rows = survey.records.iloc[units.first_row]
    free = ~margins.fixed_rows(survey, fixed)[units.first_row]
    columns, wanted, names = margins.auxiliaries(rows, margins.listed(totals))
    variance = _working_variance(rows, working_variance)
    model = CalibrationModel(
        columns * free[:, None],
        wanted,
        names,
        np.ones(len(rows)),
        distance,
        (float(bounds[0]), float(bounds[1])),
        variance,
    )
    factors, met = factors_of(units.weight[None, :], units, model, TOLERANCE)
    if not met.all():
        _refuse(units.weight, factors[0], model, margins.check_totals(survey, totals, fixed))
    _check_weights(units.weight * factors[0], model)
    weights = (units.weight * factors[0])[units.unit_of_row]
    return replace(
        survey,
        weight=pd.Series(weights, index=survey.records.index),
        calibration=replace(model, factors=factors[0]),
    )


def factors_of(
    start: np.ndarray, units: Units, model: CalibrationModel, tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors for R sets of weights (R x n), and whether each meets the totals.

    Totals that others imply are left to them; where they contradict the others, none is met.
    """
    function = distances.named(model.distance, model.bounds)
    kept = newton.independent(model.auxiliaries, units.weight)
    size = np.maximum(np.abs(model.auxiliaries).max(axis=0, initial=0.0), 1e-300)[kept]
    problem = newton.Problem(
        model.auxiliaries[:, kept] / size, model.totals[kept] / size, model.working_variance
    )
    factors, met = newton.solve(start, problem, function, tolerance)
    if len(kept) < len(model.totals):
        scale = np.maximum(np.abs(model.totals), 1.0)
        off = np.abs((start * factors) @ model.auxiliaries - model.totals) / scale
        met = met & (off.max(axis=1) < 100 * tolerance)
    moves = model.auxiliaries.any(axis=1)
    return np.where(moves, factors, 1.0), met


def _working_variance(rows: pd.DataFrame, given: pd.Series | str | None) -> np.ndarray | None:
    if given is None:
        return None
    if isinstance(given, str):
        if given not in rows:
            raise ParameterError(f"The records have no column {given} for the working variance.")
        given = rows[given]
    elif isinstance(given, pd.Series):
        given = given.reindex(rows.index)
    values = np.asarray(given, dtype=float)
    bad = int((~(values > 0) | np.isinf(values)).sum())
    if bad or values.shape != (len(rows),):
        raise ParameterError(f"The working variance is not above 0 for {bad} of {len(rows)} units.")
    return values


def _check_weights(weights: np.ndarray, model: CalibrationModel) -> None:
    bad = int((~(weights > 0) | np.isinf(weights)).sum())
    if bad:
        raise ParameterError(
            f"Calibration would leave {bad} of {len(weights)} weights at 0 or below. "
            "Take bounds above 0, or the distance raking."
        )


def _refuse(
    start: np.ndarray, factors: np.ndarray, model: CalibrationModel, findings: pd.DataFrame
) -> None:
    """Say which totals cannot be met within the bounds, and by how much.

    The weights that come nearest are found by a linear programme: the least sum of relative misses.
    """
    low, high = model.bounds
    scale = np.maximum(np.abs(model.totals), 1.0)
    count, size = len(start), len(model.totals)
    columns = (model.auxiliaries * start[:, None]).T / scale[:, None]
    nearest = optimize.linprog(
        np.concatenate([np.zeros(count), np.ones(2 * size)]),
        A_eq=np.hstack([columns, np.eye(size), -np.eye(size)]),
        b_eq=model.totals / scale,
        bounds=[(low if low > -np.inf else None, high if high < np.inf else None)] * count
        + [(0, None)] * (2 * size),
        method="highs",
    )
    if nearest.status == 0:
        factors = nearest.x[:count]
    off = model.auxiliaries.T @ (start * factors) / scale - model.totals / scale
    bad = np.flatnonzero(np.abs(off) > 1e-7)
    if not len(bad):
        raise ConvergenceError(
            f"Calibration by the distance {model.distance} did not settle, though weights between "
            f"{low} and {high} times the present ones meet all {size} totals. Try another distance."
        )
    worst = bad[np.argsort(-np.abs(off[bad]), kind="stable")]
    named = [
        f"{model.names[i]} ({100 * abs(off[i]):.1f} % too {'low' if off[i] < 0 else 'high'})"
        for i in worst[:NAMED]
    ]
    raise ConvergenceError(
        f"Calibration missed {len(bad)} of {size} totals: {', '.join(named)}. No weights between "
        f"{low} and {high} times the present ones come nearer. {_reason(findings)}"
        'Wider bounds or fewer totals may help: round.yml, "calibration".'
    )


def _reason(findings: pd.DataFrame) -> str:
    """Say what is wrong with the totals themselves, in a sentence or not at all."""
    wrong = findings[findings["problem"].isin(["impossible", "inconsistent"])]
    if wrong.empty:
        return ""
    named = [
        f"{row.margin} is {row.problem}"
        for row in wrong[["margin", "problem"]].drop_duplicates().itertuples()
    ]
    return f"The totals themselves are at fault: {', '.join(named[:NAMED])}. "
