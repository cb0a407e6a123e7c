"""How far an estimate may be off: standard errors, degrees of freedom, and skew-aware limits.

The arguments for these limits, and how often they hold in simulation, stand in METHODS.md.
"""

import numpy as np
from scipy import special, stats


def effective_degrees(
    variances: np.ndarray, squares: np.ndarray, fourths: np.ndarray, respondents: np.ndarray
) -> np.ndarray:
    """Return the degrees of freedom that the skewness of the scores leaves (K x D).

    They follow the kurtosis of the weighted scores within strata: the variance of a variance
    estimate from skewed values is larger than the normal theory says.

    Parameters
    ----------
    variances
        What each stratum adds to the variance (K x H x D).
    squares, fourths
        Sums of squares and of fourth powers around the stratum mean (K x H x D).
    respondents
        Respondents per stratum (H x 1).
    """
    n = respondents
    second = squares / n
    with np.errstate(divide="ignore", invalid="ignore"):
        kurtosis = np.where(second**2 > 0, fourths / n / second**2, 3.0)
        noise = np.maximum((kurtosis - 3) / n + 2 / np.maximum(n - 1, 1), 1e-12)
        variance = variances.sum(axis=1)
        df = 2 * variance**2 / (variances**2 * noise).sum(axis=1)
    return np.where(variance > 0, np.maximum(df, 1.0), np.inf)


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


def korn_graubard(
    shares: np.ndarray, se: np.ndarray, df: np.ndarray, n: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return limits for shares: Clopper-Pearson with the effective number of respondents.

    Source: Korn and Graubard (1998), Survey Methodology 24, 193-201.
    """
    tail = (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        size = shares * (1 - shares) / se**2
        size = size * (special.stdtrit(n - 1.0, tail) / special.stdtrit(df, tail)) ** 2
        low = stats.beta.ppf(tail, size * shares, size * (1 - shares) + 1)
        high = stats.beta.ppf(1 - tail, size * shares + 1, size * (1 - shares))
    return low, high


def ratio_interval(
    estimates: np.ndarray, se: np.ndarray, df: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return limits for ratios: on the log where the ratio is positive, else plain."""
    reach = margin(se, df, level)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        factor = np.exp(reach / estimates)
        low, high = estimates / factor, estimates * factor
    usable = (estimates > 0) & np.isfinite(high)
    return np.where(usable, low, estimates - reach), np.where(usable, high, estimates + reach)


def plain(
    estimates: np.ndarray, se: np.ndarray, df: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the limits of the ordinary t interval, that other packages give."""
    reach = margin(se, df, level)
    return estimates - reach, estimates + reach


def margin(se: np.ndarray, df: np.ndarray, level: float) -> np.ndarray:
    """Return the half width of the plain t interval; without spread it is 0, unknown if that is."""
    # Few degrees of freedom differ, and the t quantile is costly.
    known, place = np.unique(np.asarray(df, dtype=float), return_inverse=True)
    with np.errstate(invalid="ignore"):
        reach = np.where(known > 0, special.stdtrit(known, (1 + level) / 2), np.nan)
    return np.where(np.equal(se, 0), 0.0, reach[place].reshape(np.shape(df)) * se)
