"""Move weights as little as possible so that they reproduce known totals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from nldtib.errors import ConvergenceError, ParameterError
from nldtib.records.weight.units import units_of
from nldtib.schema import CalibrationModel, Survey

STEPS = 100
TOLERANCE = 1e-9


def calibrate(
    survey: Survey,
    totals: Mapping[str, float | Mapping | pd.Series],
    distance: str = "linear",
    bounds: Sequence[float] = (0.0, np.inf),
    fixed: pd.Series | None = None,
) -> Survey:
    """Move the weights as little as possible so that they reproduce known totals.

    Parameters
    ----------
    survey
        As `design` makes it.
    totals
        By column of the records: a number (total of a numeric column) or a count per code. With
        `fixed` the totals are those of the units that are not fixed.
    distance
        `linear`, `raking` or `logit`; logit needs finite bounds.
    bounds
        Lowest and highest factor by which a weight may be multiplied.
    fixed
        True for rows whose weight is not to move (take-all strata).

    Raises
    ------
    ParameterError
        A column or distance is unknown, or the bounds do not enclose 1.
    ConvergenceError
        No weights within the bounds meet the totals; the message names those missed.
    """
    units = units_of(survey)
    rows = survey.records.iloc[units.first_row]
    free = (
        ~fixed.reindex(rows.index).to_numpy(bool) if fixed is not None else np.ones(len(rows), bool)
    )
    auxiliaries, wanted, names = _auxiliaries(rows, totals)
    auxiliaries = auxiliaries * free[:, None]
    factors = _solve(units.weight, auxiliaries, wanted, names, distance, tuple(bounds))
    factors = np.where(free, factors, 1.0)
    model = CalibrationModel(auxiliaries, wanted, names, factors)
    weights = (units.weight * factors)[units.unit_of_row]
    return replace(survey, weight=pd.Series(weights, index=survey.records.index), calibration=model)


def _solve(
    start: np.ndarray,
    auxiliaries: np.ndarray,
    wanted: np.ndarray,
    names: tuple[str, ...],
    distance: str,
    bounds: tuple[float, float],
) -> np.ndarray:
    factor_of = _distance(distance, bounds)
    scale = np.maximum(np.abs(wanted), 1.0)
    multipliers = np.zeros(auxiliaries.shape[1])
    factors = np.ones(len(start))
    for _ in range(STEPS):
        missed = wanted - auxiliaries.T @ (start * factors)
        if (np.abs(missed) / scale).max(initial=0.0) < TOLERANCE:
            return factors
        _, slope = factor_of(auxiliaries @ multipliers)
        hessian = (auxiliaries * (start * slope)[:, None]).T @ auxiliaries
        step, *_ = np.linalg.lstsq(hessian, missed, rcond=1e-10)
        # Halving keeps Newton from jumping over the solution where bounds bend the curve.
        for _ in range(20):
            factors, _ = factor_of(auxiliaries @ (multipliers + step))
            now = wanted - auxiliaries.T @ (start * factors)
            if np.isfinite(factors).all() and np.linalg.norm(now / scale) < np.linalg.norm(
                missed / scale
            ):
                break
            step = step / 2
        multipliers = multipliers + step
    missed = np.abs(wanted - auxiliaries.T @ (start * factors)) / scale
    bad = [name for name, gap in zip(names, missed, strict=True) if gap >= TOLERANCE]
    raise ConvergenceError(
        f"Calibration missed {len(bad)} of {len(names)} totals after {STEPS} steps: "
        f"{', '.join(bad[:5])} (worst by {100 * missed.max():.1f} %). "
        'Wider bounds or fewer totals may help: round.yml, "calibration".'
    )


def _distance(
    name: str, bounds: tuple[float, float]
) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    low, high = bounds
    if not low < 1 < high:
        raise ParameterError(f"Bounds of calibration enclose 1, unlike {low} to {high}.")

    def linear(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.clip(1 + u, low, high), ((1 + u >= low) & (1 + u <= high)).astype(float)

    def raking(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        raw = np.exp(np.clip(u, -50, 50))
        return np.clip(raw, low, high), raw * ((raw >= low) & (raw <= high))

    def logit(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        a = (high - low) / ((1 - low) * (high - 1))
        e = np.exp(np.clip(a * u, -50, 50))
        bottom = (high - 1) + (1 - low) * e
        factor = (low * (high - 1) + high * (1 - low) * e) / bottom
        return factor, (factor - low) * (high - factor) * a / (high - low)

    known = {"linear": linear, "raking": raking, "logit": logit}
    if name not in known:
        raise ParameterError(f"Unknown calibration distance {name}. Known: {', '.join(known)}.")
    if name == "logit" and not np.isfinite([low, high]).all():
        raise ParameterError("The logit distance needs two finite bounds, as in (0.5, 2).")
    return known[name]


def _auxiliaries(
    rows: pd.DataFrame, totals: Mapping[str, float | Mapping | pd.Series]
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    columns, wanted, names = [], [], []
    for column, value in totals.items():
        if column not in rows:
            raise ParameterError(f"The records have no column {column} to calibrate on.")
        if not isinstance(value, Mapping | pd.Series):
            columns.append(rows[column].to_numpy(float))
            wanted.append(float(value))
            names.append(column)
            continue
        for code, count in value.items():
            columns.append((rows[column] == code).to_numpy(float))
            wanted.append(float(count))
            names.append(f"{column}={code}")
    return np.column_stack(columns), np.array(wanted), tuple(names)
