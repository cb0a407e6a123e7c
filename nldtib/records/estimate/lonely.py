"""What to do about the variance of a stratum in which one unit answered, out of several.

It has no spread of its own. The rules `adjust`, `average`, `certainty` and `remove` are those of
R's survey package, so that figures can be compared; `collapse` is the classical one.

Source: Wolter (2007), Introduction to Variance Estimation, section 2.5 (collapsed strata);
Lumley (2010), Complex Surveys, section 3.2 and appendix on `survey.lonely.psu`.
"""

import numpy as np

from nldtib.errors import ParameterError
from nldtib.records.weight import Units, collapsed

RULES = {
    "adjust": "its value is compared with zero, which is large and so careful",
    "adjust_domains": "as adjust, also where only the domain leaves one unit in a stratum",
    "average": "it gets the mean variance of the other strata",
    "average_domains": "as average, also where only the domain leaves one unit in a stratum",
    "certainty": "it adds no variance, as if it stood for itself alone",
    "remove": "it is left out of the variance",
    "collapse": "it is joined with the next stratum, whose spread includes the difference",
}


def checked(rule: str) -> str:
    """Return the rule, or refuse a name that is none.

    Raises
    ------
    ParameterError
        The rule is unknown.
    """
    if rule not in RULES:
        raise ParameterError(
            f"Unknown rule {rule!r} for strata with one respondent. Known: {', '.join(RULES)}."
        )
    return rule


def treated(design: Units, rule: str) -> Units:
    """Return the design as the variance is to see it: `collapse` joins strata, others do not."""
    return collapsed(design) if checked(rule) == "collapse" else design


def variances(
    design: Units, squares: np.ndarray, sums: np.ndarray, inside: np.ndarray, rule: str
) -> np.ndarray:
    """Return the variance that each stratum adds (K x H x D), after the rule for lonely strata.

    Parameters
    ----------
    squares, sums
        Sum of squares of the weighted scores around their stratum mean, and their sum (K x H x D).
    inside
        Units with rows in each stratum and domain (H x D).
    """
    n = design.respondents[:, None]
    unseen = np.where(design.fraction_unseen < 1e-7, 0.0, design.fraction_unseen)[:, None]
    result = unseen * n / np.maximum(n - 1, 1) * squares
    lonely = np.broadcast_to((n == 1) & (unseen > 0), inside.shape)
    if rule.endswith("_domains"):
        lonely = lonely | ((inside == 1) & (unseen > 0))
    if not lonely.any() or rule == "collapse":
        return result
    if rule.startswith("adjust"):
        return np.where(lonely, unseen * n / np.maximum(n - 1, 1) * sums**2, result)
    if not rule.startswith("average"):
        return np.where(lonely, 0.0, result)
    present = inside > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = present.sum(axis=0) / (present & ~lonely).sum(axis=0)
        return np.where(lonely, 0.0, result) * rise
