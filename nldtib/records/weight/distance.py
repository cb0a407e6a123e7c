"""How weights may move: factors as functions of the pull that the totals exert.

Source: Deville and Särndal (1992), Journal of the American Statistical Association 87, 376-382,
section 2, cases 1 (linear), 2 (raking), 6 (logit) and 7 (truncated linear).
"""

from collections.abc import Callable

import numpy as np

from nldtib.errors import ParameterError

Distance = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
# The exponential of more than this is no factor that anyone would accept.
STEEPEST = 50.0


def named(name: str, bounds: tuple[float, float]) -> Distance:
    """Return the function that gives the factors, and their slopes, for a pull of any shape.

    Raises
    ------
    ParameterError
        The name is unknown, or the bounds do not enclose 1 or do not suit the distance.
    """
    low, high = bounds
    if not low < 1 < high:
        raise ParameterError(f"Bounds of calibration enclose 1, unlike {low} to {high}.")

    def linear(pull: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        raw = 1 + pull
        return np.clip(raw, low, high), ((raw >= low) & (raw <= high)).astype(float)

    def raking(pull: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        raw = np.exp(np.clip(pull, -STEEPEST, STEEPEST))
        if low <= 0 and high == np.inf:
            return raw, raw
        return np.clip(raw, low, high), raw * ((raw >= low) & (raw <= high))

    def logit(pull: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        a = (high - low) / ((1 - low) * (high - 1))
        e = np.exp(np.clip(a * pull, -STEEPEST, STEEPEST))
        factor = (low * (high - 1) + high * (1 - low) * e) / ((high - 1) + (1 - low) * e)
        return factor, (factor - low) * (high - factor) * a / (high - low)

    known = {"linear": linear, "raking": raking, "logit": logit}
    if name not in known:
        raise ParameterError(f"Unknown calibration distance {name!r}. Known: {', '.join(known)}.")
    if name == "logit" and not np.isfinite([low, high]).all():
        raise ParameterError("The logit distance needs two finite bounds, as in (0.5, 2).")
    return known[name]
