"""How far estimates may be off: one linearisation for everything that depends on totals.

An estimate that depends smoothly on totals varies as the total of its scores does. Scores are
summed per unit, weighted, and compared within strata; the moments that this needs are taken
around the mean of each cell of stratum and domain first, and then moved to the mean of the
stratum, so that no digits are lost and zeros outside the domain need no storing.

Source: Särndal, Swensson and Wretman (1992), sections 3.7, 5.5, 7.9 and 10.3.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nldtib.records.estimate import intervals, lonely
from nldtib.records.estimate.domains import Layout
from nldtib.records.weight import Units

# Scores of calibrated surveys are spread over all units; so many numbers are held at a time.
BLOCK = 2_000_000


@dataclass(frozen=True)
class Spread:
    """Standard errors (K x D), and degrees of freedom of two kinds.

    `degrees` is what the skewness of the scores leaves (K x D); `plain_degrees` is units less
    strata, counted inside the domain (D).
    """

    se: np.ndarray
    degrees: np.ndarray
    plain_degrees: np.ndarray


@dataclass(frozen=True)
class Moments:
    """Sums of scores over `scale` (K), and of their powers around stratum means (K x H x D)."""

    sums: np.ndarray
    squares: np.ndarray
    fourths: np.ndarray
    scale: np.ndarray


def of_domains(layout: Layout, columns: Iterable[np.ndarray], rule: str) -> Spread:
    """Return the spread of totals of scores, each given per place of the layout (P)."""
    design, inside = layout.design, layout.counts()
    if design.calibration is None:
        weight, cell = layout.weight, layout.cell
        moments = _moments((column * weight for column in columns), cell, design, inside)
        found = _spread(design, moments, inside, rule)
    else:
        found = _calibrated(layout, list(columns), rule)
    degrees = inside.sum(axis=0) - (inside > 0).sum(axis=0)
    return Spread(np.where(unknown(layout), np.nan, found.se), found.degrees, degrees)


def unknown(layout: Layout) -> np.ndarray:
    """Return the domains of which the error cannot be known (D booleans).

    One respondent shows no spread; only where its stratum answered in full is the error known: 0.
    """
    inside = layout.counts()
    open_strata = (layout.design.fraction_unseen > 0)[:, None]
    return (inside.sum(axis=0) == 1) & ((inside > 0) & open_strata).any(axis=0)


def of_scores(design: Units, scores: np.ndarray, rule: str) -> Spread:
    """Return the spread of totals of scores that are given for every unit (C x n); D is 1."""
    inside = design.respondents[:, None].astype(int)
    rows = design.residuals(scores) * design.weight
    moments = _moments(iter(rows), design.stratum_of, design, inside)
    found = _spread(design, moments, inside, rule)
    return Spread(found.se, found.degrees, inside.sum(axis=0) - len(inside))


def covariance(design: Units, scores: np.ndarray, rule: str) -> np.ndarray:
    """Return the covariances of totals of scores given for every unit (C x n), as C x C.

    Variances of sums and of single totals give it: cov(a, b) = (V(a+b) - V(a) - V(b)) / 2.
    """
    first, second = np.triu_indices(len(scores))
    both = of_scores(design, scores[first] + scores[second], rule).se[:, 0] ** 2
    alone = of_scores(design, scores, rule).se[:, 0] ** 2
    result = np.empty((len(scores), len(scores)))
    result[first, second] = result[second, first] = (both - alone[first] - alone[second]) / 2
    return result


def _calibrated(layout: Layout, columns: list[np.ndarray], rule: str) -> Spread:
    wanted = [(column, domain) for column in columns for domain in range(layout.size)]
    step = max(BLOCK // len(layout.design.weight), 1)
    found = []
    for start in range(0, len(wanted), step):
        scores = [layout.dense(column, d) for column, d in wanted[start : start + step]]
        found.append(of_scores(layout.design, np.array(scores), rule))
    shape = len(columns), layout.size
    se = np.concatenate([part.se for part in found]).reshape(shape)
    degrees = np.concatenate([part.degrees for part in found]).reshape(shape)
    return Spread(se, degrees, found[0].plain_degrees)


def _moments(
    columns: Iterable[np.ndarray], cell: np.ndarray, design: Units, inside: np.ndarray
) -> Moments:
    strata, domains = inside.shape
    size = strata * domains
    n = np.maximum(inside.ravel(), 1)
    parts, scales = [], []
    for column in columns:
        # Fourth powers of very small or large scores would leave the range of floats.
        top = max(column.max(initial=0.0), -column.min(initial=0.0))
        scale = 2.0 ** np.frexp(top)[1] if top > 0 else 1.0
        column = column / scale
        sums = np.bincount(cell, column, size)
        column -= (sums / n)[cell]
        powers = column * column
        squares = np.bincount(cell, powers, size)
        column *= powers
        cubes = np.bincount(cell, column, size)
        powers *= powers
        parts.append((sums, squares, cubes, np.bincount(cell, powers, size)))
        scales.append(scale)
    taken = np.array(parts).reshape(len(parts), 4, strata, domains)
    return _around_strata(taken, np.array(scales), design, inside)


def _around_strata(
    taken: np.ndarray, scale: np.ndarray, design: Units, inside: np.ndarray
) -> Moments:
    sums, squares, cubes, fourths = np.moveaxis(taken, 1, 0)
    n = design.respondents[:, None]
    mean = np.where(n == 1, 0.0, sums / n)
    off = sums / np.maximum(inside, 1) - mean
    off2, mean2, outside = off * off, mean * mean, n - inside
    around = squares + inside * off2 + outside * mean2
    fourth = fourths + 4 * off * cubes + 6 * off2 * squares
    fourth += inside * off2 * off2 + outside * mean2 * mean2
    return Moments(sums, around, fourth, scale)


def _spread(design: Units, moments: Moments, inside: np.ndarray, rule: str) -> Spread:
    variances = lonely.variances(design, moments.squares, moments.sums, inside, rule)
    degrees = intervals.effective_degrees(
        variances, moments.squares, moments.fourths, design.respondents[:, None]
    )
    se = np.sqrt(variances.sum(axis=1)) * moments.scale[:, None]
    return Spread(se, degrees, np.array([]))
