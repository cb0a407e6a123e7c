"""Replicate weights: what the weights would have been, had other units answered.

Calibration is redone in every replicate, so that the spread of replicates contains what
calibration takes away. A stratum that answered in full has factor exactly 1 in every replicate.

Source: Rao, Wu and Yue (1992), Survey Methodology 18, 209-217 (rescaled bootstrap); Canty and
Davison (1999), The Statistician 48, 379-391 (finite populations, calibration redone);
Wolter (2007), section 4.5 (stratified jackknife).
"""

from dataclasses import replace

import numpy as np

from nldtib.errors import ConvergenceError, ParameterError
from nldtib.records.weight.calibration import factors_of
from nldtib.records.weight.units import Units, collapsed, units_of
from nldtib.schema import Replicates, Survey

REPLICATES = 500
TOLERANCE = 1e-6
# So many resampled units are drawn at a time.
BLOCK = 4_000_000
# What a replicate falls back on when its bounds allow no solution, and the lowest factor then.
WITHOUT_BOUNDS = {"raking": 0.0, "linear": -np.inf}


def bootstrap(
    survey: Survey, seed: int, replicates: int = REPLICATES, tolerance: float = TOLERANCE
) -> Survey:
    """Give the survey bootstrap replicates of its weights.

    In every stratum n_h - 1 of the n_h respondents are drawn with replacement; a unit drawn m times
    has the factor 1 + sqrt(1 - n_h / N_h) (m n_h / (n_h - 1) - 1). So the mean factor is 1, the
    variance of a total is that of the linearisation, and only the part of a stratum that did not
    answer is uncertain: the factor is 1 where everyone did. A stratum with one respondent out of
    several joins the next one.

    Parameters
    ----------
    survey
        As `design` or `calibrate` gives it.
    seed
        Where the draws start, from the parameters of the round.
    replicates
        Number of replicates (R).
    tolerance
        Relative miss of a calibration total that a replicate is allowed.

    Returns
    -------
    Survey
        With `replicates`: R columns of weights, scale 1/(R - 1) around their mean.

    Raises
    ------
    ParameterError
        Fewer than two replicates are asked for, or the design cannot carry an estimate.
    ConvergenceError
        In some replicates no weights meet the calibration totals.
    """
    if replicates < 2:
        raise ParameterError(f"A bootstrap takes at least 2 replicates, not {replicates}.")
    units = units_of(survey)
    drawn = _resampled(collapsed(units), np.random.default_rng(seed), replicates)
    weights, relaxed = _recalibrated(units, drawn, tolerance)
    degrees = min(replicates - 1, len(units.weight) - len(units.respondents))
    found = Replicates(
        _per_row(weights, units),
        1 / (replicates - 1),
        np.ones(replicates),
        degrees=float(degrees),
        relaxed=relaxed,
    )
    return replace(survey, replicates=found)


def jackknife(survey: Survey, centre: str = "mean", tolerance: float = TOLERANCE) -> Survey:
    """Give the survey one replicate per unit that stands for others: the weights without it.

    The other respondents of its stratum take over its weight. Strata that answered in full have no
    replicate, since nobody there stands for others; a stratum with one respondent out of several
    joins the next one.

    Parameters
    ----------
    survey
        As `design` or `calibrate` gives it.
    centre
        `mean` (of the replicates) or `estimate`: what distances are taken to.
    tolerance
        Relative miss of a calibration total that a replicate is allowed.

    Raises
    ------
    ParameterError
        The centre is unknown, or every stratum answered in full.
    ConvergenceError
        In some replicates no weights meet the calibration totals.
    """
    if centre not in ("mean", "estimate"):
        raise ParameterError(f"Unknown centre {centre!r} of replicates. Known: mean, estimate.")
    units = units_of(survey)
    design = collapsed(units)
    left_out = np.flatnonzero((design.fraction_unseen > 0)[design.stratum_of])
    if not len(left_out):
        raise ParameterError("Every stratum answered in full, so there is nothing to resample.")
    stratum = design.stratum_of[left_out]
    n = design.respondents[stratum]
    same = design.stratum_of[None, :] == stratum[:, None]
    factors = np.where(same, (n / (n - 1))[:, None], 1.0)
    factors[np.arange(len(left_out)), left_out] = 0.0
    weights, relaxed = _recalibrated(units, factors, tolerance)
    found = Replicates(
        _per_row(weights, units),
        1.0,
        design.fraction_unseen[stratum] * (n - 1) / n,
        centre,
        float(len(units.weight) - len(units.respondents)),
        relaxed,
    )
    return replace(survey, replicates=found)


def _resampled(design: Units, rng: np.random.Generator, replicates: int) -> np.ndarray:
    """Return the bootstrap factors of each unit (R x n)."""
    order = np.argsort(design.stratum_of, kind="stable")
    n = design.respondents.astype(int)
    # A unit of a stratum that answered in full is never drawn: its factor is 1 whatever happens.
    draws = np.where(design.fraction_unseen > 0, n - 1, 0)
    first = np.repeat(np.cumsum(n) - n, draws)
    size = np.repeat(n, draws)
    units, stratum = len(order), design.stratum_of[order]
    stretch = np.sqrt(design.fraction_unseen) * n / np.maximum(n - 1, 1)
    base, stretch = 1 - np.sqrt(design.fraction_unseen)[stratum], stretch[stratum]
    factors = np.empty((replicates, units))
    step = max(BLOCK // units, 1)
    for start in range(0, replicates, step):
        rows = min(step, replicates - start)
        place = (rng.random((rows, len(size))) * size).astype(np.int64)
        place += first
        place += np.arange(rows)[:, None] * units
        times = np.bincount(place.ravel(), minlength=rows * units).reshape(rows, units)
        factors[start : start + rows, order] = base + stretch * times
    return factors


def _recalibrated(units: Units, factors: np.ndarray, tolerance: float) -> tuple[np.ndarray, int]:
    """Return the weights of each replicate (R x n), and in how many the bounds had to be left.

    Where no weights within the bounds meet the totals, raking without bounds is taken, and the
    linear distance where not even positive weights meet them.
    """
    model = units.calibration
    if model is None:
        factors *= units.weight
        return factors, 0
    factors *= units.weight / model.factors
    moved, met = factors_of(factors, units, model, tolerance)
    relaxed = int((~met).sum())
    for distance, lowest in WITHOUT_BOUNDS.items():
        lost = np.flatnonzero(~met)
        if len(lost):
            free = replace(model, distance=distance, bounds=(lowest, np.inf))
            moved[lost], met[lost] = factors_of(factors[lost], units, free, tolerance)
    if not met.all():
        raise ConvergenceError(
            f"In {int((~met).sum())} of {len(met)} replicates no weights meet the calibration "
            "totals, since a group had too few respondents. Merge groups or take fewer totals."
        )
    factors *= moved
    return factors, relaxed


def _per_row(weights: np.ndarray, units: Units) -> np.ndarray:
    columns = weights.T
    if len(units.first_row) == len(units.unit_of_row):
        return columns
    return columns[units.unit_of_row]
