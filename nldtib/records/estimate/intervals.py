"""How far an estimate may be off: standard errors, degrees of freedom, and skew-aware limits.

The arguments for these limits, and how often they hold in simulation, stand in METHODS.md.
"""

import numpy as np
from scipy import stats

from nldtib.records import weight


def spread(units: weight.Units, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the standard error and the effective degrees of freedom of each column of scores.

    The degrees of freedom follow the kurtosis of the weighted scores within strata: the variance
    of a variance estimate from skewed values is larger than the normal theory says.
    """
    spread = units.residuals(scores) * units.weight[:, None]
    centred = spread - units.stratum_means(spread)
    # Fourth powers of very small or large scores would leave the range of floats.
    scale = np.abs(centred).max(axis=0, initial=0.0)
    centred = centred / np.where(scale > 0, scale, 1.0)
    squares = units.stratum_sums(centred**2)
    n = units.respondents[:, None]
    fpc = units.fraction_unseen[:, None]
    variances = fpc * n / np.maximum(n - 1, 1) * squares
    variance = variances.sum(axis=0)
    second = squares / n
    with np.errstate(divide="ignore", invalid="ignore"):
        kurtosis = np.where(second**2 > 0, units.stratum_sums(centred**4) / n / second**2, 3.0)
        noise = np.maximum((kurtosis - 3) / n + 2 / np.maximum(n - 1, 1), 1e-12)
        df = 2 * variance**2 / (variances**2 * noise).sum(axis=0)
    df = np.where(variance > 0, np.maximum(df, 1.0), np.inf)
    return np.sqrt(variance) * scale, df


def skewed_interval(
    estimates: np.ndarray,
    observed: np.ndarray,
    se: np.ndarray,
    df: np.ndarray,
    level: float,
    most_degrees: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return limits for non-negative totals: what was seen is a floor, the rest is skewed."""
    unseen = estimates - observed
    reach = margin(se, np.minimum(df, most_degrees), level)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        factor = np.exp(reach / unseen)
        low, high = observed + unseen / factor, observed + unseen * factor
    usable = (unseen > 0) & np.isfinite(high)
    return np.where(usable, low, estimates - reach), np.where(usable, high, estimates + reach)


def share_interval(
    shares: np.ndarray, se: np.ndarray, df: np.ndarray, n: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return limits for shares: on the logit, or Clopper-Pearson where all or none answered so."""
    tail = (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(shares / (1 - shares))
        reach = margin(se, df, level) / (shares * (1 - shares))
        low = 1 / (1 + np.exp(-(centre - reach)))
        high = 1 / (1 + np.exp(-(centre + reach)))
    low = np.where(shares >= 1, stats.beta.ppf(tail, n, 1), np.where(shares <= 0, 0.0, low))
    high = np.where(shares <= 0, stats.beta.ppf(1 - tail, 1, n), np.where(shares >= 1, 1.0, high))
    return low, high


def margin(se: np.ndarray, df: np.ndarray, level: float) -> np.ndarray:
    """Return the half width of the plain t interval."""
    return np.where(se > 0, stats.t.ppf((1 + level) / 2, df) * se, 0.0)
