"""What is said beside the figures on how far they may be trusted, and what only analysts see."""

import numpy as np
import pandas as pd

from nldtib.produce.counts import Prepared
from nldtib.records import coverage, diagnose, tabulate
from nldtib.rounds import Parameters

ALL = "total"


def measures(
    prepared: Prepared, source: tabulate.Source, cells: pd.DataFrame, choices: Parameters
) -> dict[str, pd.DataFrame]:
    """Return the measures of response, rival treatments and frame coverage, by topic.

    Rival totals are a band, and stand only where the figure itself is published.
    """
    about = _about(prepared, choices)
    responded = prepared.gathered.response.set_index("unit")["status"].isin(
        ["answered", "out_of_scope"]
    )
    responded = responded.reindex(about.index)
    model = diagnose.propensity(about, responded, choices.interval.level)
    weights = _per_unit(prepared.survey.records["unit"], prepared.survey.weight)
    topics = {
        "representativity": pd.DataFrame({"r_indicator": {ALL: round(model.r_indicator, 3)}}),
        "propensity": model.terms.round(3),
        "balance": diagnose.balance(about, weights).round(2),
        "rivals": _rivals(prepared, source, cells, choices, model.chance),
    }
    seed, level = choices.seed, choices.interval.level
    missed = coverage.missed(prepared.frame, choices.frame_coverage, level, seed)
    if missed:
        topics["frame_coverage"] = _missed(missed)
    return topics


def sensitivity(prepared: Prepared, source: tabulate.Source) -> pd.DataFrame:
    """Return how much of each total of the last year its largest answers carry. Confidential."""
    records, book = prepared.survey.records, source.book
    rows = records["reference_year"] == source.reference_years[-1]
    names = [v.name for v in book.variables.values() if v.statistic == "total"]
    partitions = [d.name for d in book.dimensions.values() if not d.overlapping]
    units = records.loc[rows, "unit"]
    weighted = records.loc[rows, names].mul(prepared.survey.weight[rows], axis=0).set_axis(units)
    stratum = prepared.survey.stratum[rows].set_axis(units)
    places = records.loc[rows, partitions].set_axis(units)
    return diagnose.by_place(weighted, stratum, places, partitions)


def _about(prepared: Prepared, choices: Parameters) -> pd.DataFrame:
    frame = prepared.frame.assign(size_class=prepared.size_class.astype(object))
    about = frame.set_index("unit")[choices.diagnosis.covariates]
    texts = about.select_dtypes(exclude="number").astype(object)
    return about.assign(**texts.replace("", np.nan).fillna("unknown"))


def _rivals(
    prepared: Prepared,
    source: tabulate.Source,
    cells: pd.DataFrame,
    choices: Parameters,
    chance: pd.Series,
) -> pd.DataFrame:
    records, year = prepared.survey.records, source.reference_years[-1]
    published = set(cells.loc[cells["status"] == "published", "key"])
    wanted = [n for n in choices.diagnosis.rival_totals if f"{n}:{ALL}:{year}" in published]
    rows = records["reference_year"] == year
    frame = prepared.frame.set_index("unit")
    register = pd.DataFrame(
        {
            "stratum": prepared.gathered.strata["stratum"],
            "certainty": prepared.gathered.strata["certainty"],
            "employees": frame["employees"],
            "group": _about(prepared, choices)[choices.diagnosis.group],
            "chance": chance,
        }
    )
    weights = _per_unit(records["unit"], prepared.survey.weight)
    values = records[rows].set_index("unit")[wanted]
    return diagnose.band(diagnose.rivals(diagnose.Answers(values, register, weights)))


def _missed(missed: coverage.Missed) -> pd.DataFrame:
    measured = {
        "lists": len(missed.lists),
        "listed": missed.listed,
        "unlisted": missed.unlisted,
        "missed": round(missed.missed),
        "missed_low": round(missed.low),
        "missed_high": round(missed.high),
    }
    return pd.DataFrame(measured, index=[ALL])


def _per_unit(units: pd.Series, values: pd.Series) -> pd.Series:
    first = ~units.duplicated()
    return pd.Series(values[first].to_numpy(), units[first])
