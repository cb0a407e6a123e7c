"""Strata, weights, and their calibration to counts that the frame knows.

Everyone on the frame is invited, so what is random is who answers. Inside a stratum answering is
taken to be at random: a respondent stands for N_h / n_h units, and a stratum in which everyone
answered adds no uncertainty. Calibration then makes the weights reproduce known counts.

Source: Särndal and Lundström (2005), Estimation in Surveys with Nonresponse, chapters 6 and 7;
Deville and Särndal (1992), Journal of the American Statistical Association 87, 376-382.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from nldtib.errors import ConvergenceError, InputError, ParameterError
from nldtib.schema import CalibrationModel, Survey

STEPS = 100
TOLERANCE = 1e-9


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


def strata(
    frame: pd.DataFrame,
    size_class: pd.Series,
    take_all_employees: float,
    take_all_list: str,
    take_all_types: Sequence[str],
) -> pd.DataFrame:
    """Put every unit of the frame in a stratum.

    Returns
    -------
    DataFrame
        One row per unit of the frame: unit, stratum (`knowledge`, `known_large`, `large` or a size
        class) and certainty (1 for the first three, whose weights calibration never spreads).
    """
    if take_all_list not in frame:
        raise ParameterError(f"The frame has no column {take_all_list}. Mend round.yml, strata.")
    stratum = size_class.astype(str)
    stratum = stratum.mask(frame["employees"] >= take_all_employees, "large")
    # Known suppliers are followed up until they answer; sharing a stratum with units that are
    # merely large would let them stand for others, and nobody is like them.
    stratum = stratum.mask(frame[take_all_list] == 1, "known_large")
    stratum = stratum.mask(frame["organisation_type"].isin(take_all_types), "knowledge")
    certainty = stratum.isin(["knowledge", "known_large", "large"]).astype(int)
    return pd.DataFrame({"unit": frame["unit"], "stratum": stratum, "certainty": certainty})


def design(records: pd.DataFrame, unit_strata: pd.DataFrame) -> Survey:
    """Give every respondent the weight N_h / n_h of its stratum.

    Parameters
    ----------
    records
        One row per respondent (and reference year), with column `unit`.
    unit_strata
        One row per unit of the frame: unit, stratum.

    Raises
    ------
    InputError
        A respondent is not on the frame, or a stratum has units but no respondent.
    """
    population = unit_strata.groupby("stratum")["unit"].nunique().astype(float)
    stratum = records["unit"].map(unit_strata.set_index("unit")["stratum"])
    if stratum.isna().any():
        strangers = records.loc[stratum.isna(), "unit"].nunique()
        raise InputError(f"{strangers} respondent(s) are not on the frame. Add them or drop them.")
    answered = records.groupby(stratum)["unit"].nunique()
    empty = sorted(set(population.index) - set(answered.index))
    if empty:
        raise InputError(
            f"{len(empty)} stratum or strata have no respondent: {', '.join(empty)}. "
            "Merge strata in round.yml, or follow up."
        )
    weights = stratum.map(population / answered).astype(float)
    return Survey(records, weights, stratum, population)


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


def _grouped_sum(values: np.ndarray, groups: np.ndarray, size: int) -> np.ndarray:
    """Sum the rows of `values` (m x K) within groups; the sparse product beats a loop over K."""
    order = np.argsort(groups, kind="stable")
    edges = np.searchsorted(groups[order], np.arange(size))
    return np.add.reduceat(values[order], edges, axis=0)
