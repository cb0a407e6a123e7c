"""How far estimates may be off: one linearisation for everything that depends on totals.

An estimate that depends smoothly on totals varies as the total of its scores does. Scores are
summed per unit, weighted, and compared within strata; the moments that this needs are taken
around the mean of each cell of stratum and domain first, and then moved to the mean of the
stratum, so that no digits are lost and zeros outside the domain need no storing.

Source: Särndal, Swensson and Wretman (1992), sections 3.7, 5.5, 7.9 and 10.3.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from nldtib.records.estimate import intervals, lonely
from nldtib.records.estimate.domains import Layout
from nldtib.records.weight import Units

# Scores of calibrated surveys are spread over all units; so many numbers are held at a time.
BLOCK = 2_000_000
# So many numbers are worked on at a time otherwise: few enough to stay near the processor.
NEAR = 30_000
PART = 65_536


@dataclass(frozen=True)
class Spread:
    """Standard errors (K x D), and degrees of freedom of two kinds.

    `degrees` is what the skewness of the scores leaves (K x D); `plain_degrees` is units less
    strata, counted inside the domain (D). `totals` are the weighted totals of the scores (K x D),
    and `observed` their plain sums where these come for nothing, else None.
    """

    se: np.ndarray
    degrees: np.ndarray
    plain_degrees: np.ndarray
    totals: np.ndarray
    observed: np.ndarray | None = None


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
        moments = _moments(columns, layout.weight, layout.cell, design, inside)
        found = replace(_spread(design, moments, inside, rule), observed=_observed(design, moments))
    else:
        found = _calibrated(layout, list(columns), rule)
    degrees = inside.sum(axis=0) - (inside > 0).sum(axis=0)
    se = np.where(unknown(layout), np.nan, found.se)
    return replace(found, se=se, plain_degrees=degrees)


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
    rows = design.residuals(scores)
    moments = _moments(rows, design.weight, design.stratum_of, design, inside)
    found = _spread(design, moments, inside, rule)
    totals = (scores @ design.weight)[:, None]
    return Spread(found.se, found.degrees, inside.sum(axis=0) - len(inside), totals)


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


def _observed(design: Units, moments: Moments) -> np.ndarray | None:
    """Return the plain sums (K x D), which strata of even weight give without another pass."""
    even = np.empty(len(design.respondents))
    even[design.stratum_of] = design.weight
    if (even[design.stratum_of] != design.weight).any():
        return None
    return (moments.sums / even[:, None]).sum(axis=1) * moments.scale[:, None]


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
    totals = np.concatenate([part.totals for part in found]).reshape(shape)
    return Spread(se, degrees, found[0].plain_degrees, totals)


def _moments(
    columns: Iterable[np.ndarray],
    weight: np.ndarray,
    cell: np.ndarray,
    design: Units,
    inside: np.ndarray,
) -> Moments:
    n = np.maximum(inside.ravel(), 1)
    if len(cell) > PART:
        found = [_in_parts(column, weight, cell, n) for column in columns]
    else:
        blocks = _blocks(columns, cell, inside.size)
        found = [_stacked(block * weight, at, n) for block, at in blocks]
    *powers, scale = found[0] if len(found) == 1 else map(np.concatenate, zip(*found, strict=True))
    shaped = [part.reshape(-1, *inside.shape) for part in powers]
    return _around_strata(*shaped, scale, design, inside)


def _stacked(block: np.ndarray, at: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return sums of powers of several columns at once around the mean of each cell, and scales."""
    wide = len(block) * len(n)
    scale = _scale(np.maximum(block.max(axis=1, initial=0.0), -block.min(axis=1, initial=0.0)))
    block /= scale[:, None]
    sums = np.bincount(at, block.ravel(), wide).reshape(-1, len(n))
    block -= (sums / n).ravel()[at].reshape(block.shape)
    powers = block * block
    squares = np.bincount(at, powers.ravel(), wide)
    block *= powers
    cubes = np.bincount(at, block.ravel(), wide)
    powers *= powers
    return sums.ravel(), squares, cubes, np.bincount(at, powers.ravel(), wide), scale


def _in_parts(
    column: np.ndarray, weight: np.ndarray, cell: np.ndarray, n: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Return what `_stacked` does for one long column, part by part to stay near the processor."""
    parts = [slice(start, start + PART) for start in range(0, len(cell), PART)]
    sums, top = np.zeros(len(n)), 0.0
    for part in parts:
        scores = column[part] * weight[part]
        top = max(top, scores.max(), -scores.min())
        sums += np.bincount(cell[part], scores, len(n))
    scale = _scale(np.array([top]))
    sums /= scale
    mean, found = sums / n, np.zeros((3, len(n)))
    for part in parts:
        at = cell[part]
        scores = column[part] * weight[part]
        if scale != 1:
            scores /= scale
        scores -= mean[at]
        powers = scores * scores
        found[0] += np.bincount(at, powers, len(n))
        scores *= powers
        found[1] += np.bincount(at, scores, len(n))
        powers *= powers
        found[2] += np.bincount(at, powers, len(n))
    return sums, *found, scale


def _scale(top: np.ndarray) -> np.ndarray:
    """Return 1, or where fourth powers would leave the range of floats the power of two above."""
    extreme = (top > 0) & ((top < 1e-60) | (top > 1e60))
    return np.where(extreme, np.exp2(np.frexp(np.where(extreme, top, 0.5))[1]), 1.0)


def _blocks(
    columns: Iterable[np.ndarray], cell: np.ndarray, size: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield columns stacked, as many as stay near the processor, and the cell of each number."""
    most = max(NEAR // max(len(cell), 1), 1)
    columns = iter(columns)
    at = cell
    while stacked := list(islice(columns, most)):
        if len(at) != len(stacked) * len(cell):
            at = (np.arange(len(stacked))[:, None] * size + cell).ravel()
        yield np.array(stacked), at


def _around_strata(
    sums: np.ndarray,
    squares: np.ndarray,
    cubes: np.ndarray,
    fourths: np.ndarray,
    scale: np.ndarray,
    design: Units,
    inside: np.ndarray,
) -> Moments:
    """Move moments from the mean of each cell to that of its stratum, zeros outside included."""
    n = design.respondents[:, None]
    mean = sums * np.where(n == 1, 0.0, 1 / n)
    off = sums * (1 / np.maximum(inside, 1)) - mean
    mean *= mean
    off2 = off * off
    around = (n - inside) * mean
    fourth = around * mean + fourths
    around += inside * off2
    around += squares
    cubes = cubes * off
    cubes *= 4
    fourth += cubes
    fourth += off2 * (6 * squares + inside * off2)
    return Moments(sums, around, fourth, scale)


def _spread(design: Units, moments: Moments, inside: np.ndarray, rule: str) -> Spread:
    variances = lonely.variances(design, moments.squares, moments.sums, inside, rule)
    degrees = intervals.effective_degrees(
        variances, moments.squares, moments.fourths, design.respondents[:, None]
    )
    se = np.sqrt(variances.sum(axis=1)) * moments.scale[:, None]
    totals = moments.sums.sum(axis=1) * moments.scale[:, None]
    return Spread(se, degrees, np.array([]), totals)
