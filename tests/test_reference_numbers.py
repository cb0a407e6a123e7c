"""Our numbers for an invented round equal those that R's survey package gives for the same file.

`tests/reference/numbers.R` made `numbers.csv` from `inputs.csv`; neither R nor any other folder is
needed here. The cases are our own: a take-all stratum that calibration leaves alone, knowledge
institutes, and strata cut so fine that one respondent is left.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nldtib.records import estimate, weight
from nldtib.schema import Survey

HERE = Path(__file__).resolve().parent / "reference"
AMOUNTS = ["turnover_total", "turnover_defence", "export_defence", "fte_defence"]
CASES = [
    "stratified",
    *(f"calibrated_{distance}" for distance in ("linear", "raking", "logit")),
    *(f"lonely_{rule}" for rule in ("adjust", "average", "certainty", "remove")),
]


@cache
def numbers() -> pd.DataFrame:
    return pd.read_csv(HERE / "numbers.csv")


def survey_of(case: str) -> Survey:
    records = pd.read_csv(HERE / "inputs.csv")
    stratum, size = records["stratum"], records["N"]
    if case.startswith("lonely"):
        first = records.groupby("stratum").cumcount() == 0
        stratum = stratum + np.where(first, " first", " rest")
        size = records.groupby(stratum)["w"].transform("sum")
    survey = Survey(records, records["w"], stratum, size.groupby(stratum).first())
    if not case.startswith("calibrated"):
        return survey
    free = records["certainty"] == 0
    totals = {
        "mod_business": {0: 545, 1: 524},
        "employees": 1.06 * float((records["w"] * records["employees"])[free].sum()),
    }
    distance = case.removeprefix("calibrated_")
    bounds = {"linear": (-np.inf, np.inf), "raking": (0.0, np.inf), "logit": (0.4, 2.0)}[distance]
    return weight.calibrate(survey, totals, distance, bounds, ~free)


def in_two_years(survey: Survey) -> Survey:
    """Put the amounts of the second year under those of the first, as `change` takes them."""
    records = survey.records.rename(columns={"id": "unit"})
    later = records.assign(turnover_defence=records["turnover_defence_2025"], reference_year=2025)
    both = pd.concat([records.assign(reference_year=2023), later], ignore_index=True)
    weights, stratum = (
        pd.concat([column] * 2, ignore_index=True) for column in (survey.weight, survey.stratum)
    )
    return Survey(both, weights, stratum, survey.population, None, survey.calibration)


def ours(survey: Survey, statistic: str, by: str | None, lonely: str) -> pd.DataFrame:
    if statistic == "change":
        return estimate.change(in_two_years(survey), "turnover_defence", 2023, 2025, lonely=lonely)
    if statistic.startswith("quantile"):
        return estimate.quantile(survey, "turnover_defence", float(statistic.split("@")[1]))
    if statistic == "ratio":
        return estimate.ratio(survey, "turnover_defence", "turnover_total", by, lonely=lonely)
    return getattr(estimate, statistic)(survey, AMOUNTS, by, lonely=lonely)


@pytest.mark.parametrize("case", CASES)
def test_every_number_of_an_invented_round_equals_that_of_r(case):
    survey = survey_of(case)
    lonely = case.removeprefix("lonely_") if case.startswith("lonely") else "adjust"
    wanted = numbers()[numbers()["case"] == case]
    assert len(wanted) >= 32
    exact = 1e-5 if case.startswith("calibrated") else 1e-6
    for (statistic, whole), rows in wanted.groupby(["statistic", wanted["domain"] == "all"]):
        table = ours(survey, statistic, None if whole else "place", lonely)
        table = table.set_index(["domain", "variable"])
        for row in rows.itertuples(index=False):
            found = table.loc[(row.domain, row.variable)]
            assert found["estimate"] == pytest.approx(row.estimate, rel=exact)
            assert found["se"] == pytest.approx(row.se, rel=exact)
            if not np.isnan(row.low):
                assert found["plain_low"] == pytest.approx(row.low, rel=exact)
                assert found["plain_high"] == pytest.approx(row.high, rel=exact)


@pytest.mark.parametrize("distance", ["linear", "raking", "logit"])
def test_units_taken_in_full_keep_their_weight_when_the_others_are_calibrated(distance):
    survey = survey_of(f"calibrated_{distance}")
    certain = survey.records["certainty"] == 1

    assert (survey.weight[certain] == survey.records["w"][certain]).all()
    assert survey.weight[~certain].sum() == pytest.approx(545 + 524)
