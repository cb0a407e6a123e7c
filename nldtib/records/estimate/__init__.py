"""Totals, means, ratios, shares, changes and quantiles, each with its standard error and interval.

Every estimate is linearised: one score per unit, summed over that unit's rows, of which the spread
within strata gives the variance. Domains keep the full design: rows outside count as zero.

Sources: Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, sections 3.7, 5.5
(linearisation), 5.6 (ratio), 6.5 and 7.9 (calibration residuals), 10.3 (domains); Woodruff (1952)
for quantiles.
The intervals of totals are our own and are argued in METHODS.md, "Intervals".
"""

from nldtib.records.estimate.comparison import side_by_side
from nldtib.records.estimate.contrasts import (
    contrast_of_domains,
    contrast_of_variables,
    covariance,
    function_of_totals,
)
from nldtib.records.estimate.inequality import gini, lorenz, top_share
from nldtib.records.estimate.proportions import design_effect, proportion
from nldtib.records.estimate.quantiles import quantile
from nldtib.records.estimate.results import COLUMNS, DETAIL, LEVEL, MOST_DEGREES
from nldtib.records.estimate.smooth import change, mean, ratio, share, total

__all__ = [
    "COLUMNS",
    "DETAIL",
    "LEVEL",
    "MOST_DEGREES",
    "change",
    "contrast_of_domains",
    "contrast_of_variables",
    "covariance",
    "design_effect",
    "function_of_totals",
    "gini",
    "lorenz",
    "mean",
    "proportion",
    "quantile",
    "ratio",
    "share",
    "side_by_side",
    "top_share",
    "total",
]
