"""From edited records to weighted ones, as a run makes them and as the weighting panel tries."""

import pandas as pd

from nldtib.errors import InputError
from nldtib.produce import editing
from nldtib.produce.editing import Edits
from nldtib.records import clean, impute, weight
from nldtib.rounds import Round
from nldtib.schema import Edited, Survey


def imputed(this_round: Round, edits: Edits, frame: pd.DataFrame, strata: pd.DataFrame) -> Edited:
    """Fill what was left open; the ratios of a stratum follow the strata that are given.

    Raises
    ------
    NldtibError
        A value cannot be filled, or the file of annual accounts does not fit.
    """
    stratum = edits.records["unit"].map(strata["stratum"])
    choices, book = this_round.parameters.imputation, this_round.codebook
    return impute.fill(edits.records, stratum, book, choices, editing.accounts(this_round, frame))


def weighted(
    this_round: Round, records: pd.DataFrame, frame: pd.DataFrame, strata: pd.DataFrame
) -> Survey:
    """Weight complete records by stratum, and calibrate to what the frame knows.

    Raises
    ------
    InputError
        The frame lacks a column to calibrate on, or a stratum has no respondent.
    ConvergenceError
        No weights within the bounds meet the totals.
    """
    choices = this_round.parameters.calibration
    records = clean.derived(records, this_round.codebook)
    about = register(frame, strata)
    for name in (*choices.counts, *choices.amounts):
        if name not in about:
            raise InputError(f"The frame has no column {name} to calibrate on. Mend round.yml.")
        records[f"frame.{name}"] = records["unit"].map(about[name])
    survey = weight.design(records, strata.reset_index())
    model = {"counts": choices.counts, "amounts": choices.amounts}
    totals = weight.template(about[about["certainty"] == 0], model)
    totals["margin"] = "frame." + totals["margin"]
    fixed = records["unit"].map(about["certainty"]) == 1
    return weight.calibrate(survey, totals, choices.distance, choices.bounds, fixed)


def register(frame: pd.DataFrame, strata: pd.DataFrame) -> pd.DataFrame:
    """Return what is known of every unit before it answers: frame, stratum, certainty."""
    return frame.set_index("unit").join(strata)
