"""The one engine behind every calibration: Newton's method for many sets of weights at once.

Source: Deville and Särndal (1992), section 2.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from nldtib.records.weight.distance import Distance

STEPS = 60
HALVINGS = 12
# Columns of the auxiliaries that others give to within this share carry no total of their own.
ALIKE = 1e-9
# So much of its trace keeps the slopes of a replicate solvable where a group has dropped out.
RIDGE = 1e-13


@dataclass(frozen=True)
class Problem:
    """Totals to meet: auxiliaries (n x p, independent columns), totals (p), working variance."""

    auxiliaries: np.ndarray
    totals: np.ndarray
    working_variance: np.ndarray | None

    def pull(self, multipliers: np.ndarray) -> np.ndarray:
        """Return how hard each set of multipliers (R x p) pulls at each unit (R x n)."""
        pull = multipliers @ self.auxiliaries.T
        return pull if self.working_variance is None else pull / self.working_variance


def independent(auxiliaries: np.ndarray, leverage: np.ndarray) -> np.ndarray:
    """Return the numbers of columns that none of the others give, most telling first kept."""
    weighted = auxiliaries * np.sqrt(leverage)[:, None]
    size = np.sqrt((weighted**2).sum(axis=0))
    r, order = linalg.qr(weighted / np.where(size > 0, size, 1.0), mode="r", pivoting=True)
    diagonal = np.abs(np.diag(r))
    return np.sort(order[: int((diagonal > ALIKE * max(diagonal.max(initial=0.0), 1e-300)).sum())])


def solve(
    start: np.ndarray, problem: Problem, distance: Distance, tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors that make each set of weights meet the totals, and whether they do.

    Parameters
    ----------
    start
        R sets of weights of n units (R x n).
    tolerance
        Largest miss allowed, relative to the total (or to 1 where the total is smaller).

    Returns
    -------
    tuple
        Factors (R x n) and, per set, whether every total is met.
    """
    x = problem.auxiliaries
    scale = np.maximum(np.abs(problem.totals), 1.0)
    below = x if problem.working_variance is None else x / problem.working_variance[:, None]
    products = (x[:, :, None] * below[:, None, :]).reshape(len(x), -1)
    multipliers = np.zeros((len(start), x.shape[1]))
    factors, slopes = distance(problem.pull(multipliers))
    off = problem.totals - (start * factors) @ x
    miss = np.abs(off / scale).max(axis=1, initial=0.0)
    for _ in range(STEPS):
        busy = np.flatnonzero(miss >= tolerance)
        if not len(busy):
            break
        hessian = ((start[busy] * slopes[busy]) @ products).reshape(len(busy), *x.shape[1:], -1)
        step = _steps(hessian, off[busy])
        for _ in range(HALVINGS):
            tried = distance(problem.pull(multipliers[busy] + step))
            gap = problem.totals - (start[busy] * tried[0]) @ x
            better = np.linalg.norm(gap / scale, axis=1) < np.linalg.norm(off[busy] / scale, axis=1)
            done = busy[better]
            multipliers[done] += step[better]
            factors[done], slopes[done] = tried[0][better], tried[1][better]
            off[done] = gap[better]
            miss[done] = np.abs(gap[better] / scale).max(axis=1)
            busy, step = busy[~better], step[~better] / 2
            if not len(busy):
                break
        # What no shorter step improves will not improve: give it up.
        miss[busy] = -miss[busy]
    miss = np.abs(miss)
    return factors, miss < tolerance


def _steps(hessian: np.ndarray, off: np.ndarray) -> np.ndarray:
    size = hessian.shape[-1]
    trace = np.trace(hessian, axis1=1, axis2=2) / max(size, 1)
    hessian = hessian + (RIDGE * trace + 1e-300)[:, None, None] * np.eye(size)
    try:
        return np.linalg.solve(hessian, off[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        return (np.linalg.pinv(hessian) @ off[:, :, None])[:, :, 0]
