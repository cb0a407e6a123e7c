"""Strata, weights, and their calibration to counts that the frame knows.

Everyone on the frame is invited, so what is random is who answers. Inside a stratum answering is
taken to be at random: a respondent stands for N_h / n_h units, and a stratum in which everyone
answered adds no uncertainty. Calibration then makes the weights reproduce known counts.

Source: Särndal and Lundström (2005), Estimation in Surveys with Nonresponse, chapters 6 and 7;
Deville and Särndal (1992), Journal of the American Statistical Association 87, 376-382.
"""

from nldtib.records.weight.calibration import calibrate, factors_of
from nldtib.records.weight.diagnostics import summary
from nldtib.records.weight.grouping import design, merged, strata
from nldtib.records.weight.margins import check_totals, template
from nldtib.records.weight.replication import bootstrap, jackknife
from nldtib.records.weight.units import Units, collapsed, units_of

__all__ = [
    "Units",
    "bootstrap",
    "calibrate",
    "check_totals",
    "collapsed",
    "design",
    "factors_of",
    "jackknife",
    "merged",
    "strata",
    "summary",
    "template",
    "units_of",
]
