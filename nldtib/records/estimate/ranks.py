"""Where a share of the weight lies among sorted values: the rules for quantiles.

Source: Hyndman and Fan (1996), The American Statistician 50, 361-365; Shah and Vaish (2006),
Encyclopedia of Statistical Sciences, "Confidence intervals for quantiles"; weighted as in R's
survey package (documentation of `svyquantile`).
"""

import numpy as np

from nldtib.errors import ParameterError

# hf1 equals `math` and hf2 equals `school`: other names for the same rule.
RULES = (
    "math",
    "school",
    "shahvaish",
    "hf1",
    "hf2",
    "hf3",
    "hf4",
    "hf5",
    "hf6",
    "hf7",
    "hf8",
    "hf9",
)
# Sums of weights are exact to about this share.
CLOSE = 1e-12


def checked_rule(rule: str) -> str:
    """Return the rule, or refuse a name that is none.

    Raises
    ------
    ParameterError
        The rule is unknown.
    """
    if rule not in RULES:
        raise ParameterError(f"Unknown rule {rule!r} for a quantile. Known: {', '.join(RULES)}.")
    return rule


def quantile_of(values: np.ndarray, weight: np.ndarray, p: float, rule: str) -> float:
    """Return the weighted quantile at the share p, or nan without values.

    Parameters
    ----------
    values, weight
        n values and their weights; values of weight zero do not count.
    p
        A share from 0 to 1.
    rule
        A name of `RULES`.
    """
    values, weight = values[weight > 0], weight[weight > 0]
    if not len(values) or np.isnan(p):
        return np.nan
    order = np.argsort(values, kind="stable")
    values, weight = values[order], weight[order]
    if rule == "hf3":
        values, starts = np.unique(values, return_index=True)
        weight = np.add.reduceat(weight, starts)
    cumulative = np.cumsum(weight)
    if rule in ("math", "hf1", "school", "hf2", "hf3", "hf4"):
        return _at_step(values, cumulative / cumulative[-1], p, rule)
    return _between(values, weight, cumulative, p, rule)


def quantiles_by_replicate(
    values: np.ndarray, weights: np.ndarray, p: float, rule: str
) -> np.ndarray:
    """Return the weighted quantile at p under each of R columns of weights (R)."""
    if rule not in ("math", "hf1"):
        return np.array([quantile_of(values, weight, p, rule) for weight in weights.T])
    if not len(values):
        return np.full(weights.shape[1], np.nan)
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order], axis=0)
    place = (cumulative < (p - CLOSE) * cumulative[-1]).sum(axis=0)
    return values[order][np.minimum(place, len(values) - 1)]


def _at_step(values: np.ndarray, reached: np.ndarray, p: float, rule: str) -> float:
    last = len(values) - 1
    up = int(np.searchsorted(reached, p + CLOSE, side="right"))
    low = up - 1
    if low < 0:
        return float(values[0])
    up = min(up, last)
    exact = abs(reached[low] - p) <= CLOSE
    if rule == "hf4":
        width = reached[up] - reached[low]
        part = (p - reached[low]) / width if width > 0 else 0.0
        return float(values[low] * (1 - part) + values[up] * part)
    if exact and rule in ("school", "hf2"):
        return float((values[low] + values[up]) / 2)
    # Rule hf3 stays at the lower value only when its rank, counted from 1, is even.
    stays = exact and (rule != "hf3" or (low + 1) % 2 == 0)
    return float(values[low] if stays else values[up])


def _between(
    values: np.ndarray, weight: np.ndarray, cumulative: np.ndarray, p: float, rule: str
) -> float:
    before, whole, last = cumulative - weight, cumulative[-1], weight[-1]
    if rule == "shahvaish":
        rank = (cumulative / weight.mean() + 0.5 - weight / 2) / (len(values) + 1)
        # With uneven weights these ranks need not rise with the values; they are sorted, as R does.
        order = np.argsort(rank, kind="stable")
        place = int(np.searchsorted(rank[order], p, side="right")) - 1
        return float(values[order][max(place, 0)])
    if rule == "hf7" and len(values) == 1:
        return float(values[0])
    places = {
        "hf5": lambda: (cumulative - weight / 2) / whole,
        "hf6": lambda: cumulative / (whole + last),
        "hf7": lambda: before / cumulative[-2],
        "hf8": lambda: (before / 3 + cumulative * 2 / 3) / (whole + last / 3),
        "hf9": lambda: (before * 3 / 8 + cumulative * 5 / 8) / (whole + last / 4),
    }
    return float(np.interp(p, places[rule](), values))
