"""Estimates and standard errors equal those of R's survey package on real designs."""

import csv
import json
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from nldtib.records import estimate, weight
from nldtib.schema import Survey

ORACLE = Path(__file__).resolve().parents[1].parent / "shared" / "oracle" / "survey"
pytestmark = pytest.mark.skipif(
    not ORACLE.is_dir(), reason="the reference numbers of R are not beside this project"
)
PLAIN = ["api_strat", "api_post_sch", "mu_takeall", "mu_lonely_adjust"]
CALIBRATED = [
    f"{data}_cal{kind}"
    for data, kinds in {"api": ["", "m"], "mu": [""]}.items()
    for kind in [
        f"{k}_{d}{b}"
        for k in kinds
        for d, b in [
            ("linear", ""),
            ("raking", ""),
            ("logit", ""),
            ("linear", "_bounded"),
            ("raking", "_bounded"),
        ]
    ]
]
DESIGNS = {
    "apistrat.csv": ("stype", "pw", "fpc"),
    "mu284_takeall.csv": ("size", "w", "N_h"),
    "mu284_lonely.csv": ("cell", "w", "N_h"),
}


@cache
def cases() -> dict:
    listed = json.loads((ORACLE / "cases.json").read_text(encoding="utf-8"))
    return {case["case"]: case for case in listed}


@cache
def expected() -> dict:
    with (ORACLE / "expected.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return {
        (r["case"], r["estimator"], r["domain"], r["variable"], r["statistic"]): float(r["value"])
        for r in rows
        if r["value"] not in ("", "NA")
    }


def survey_of(case: str) -> Survey:
    stratum, weights, size = DESIGNS[cases()[case]["input"]]
    records = pd.read_csv(ORACLE / cases()[case]["input"])
    population = records.groupby(stratum)[size].first().astype(float)
    survey = Survey(records, records[weights].astype(float), records[stratum], population)
    if case == "api_post_sch":
        counts = {"Yes": expected_count("Yes"), "No": expected_count("No")}
        return weight.calibrate(survey, {"sch_wide": counts})
    if "calibration" not in cases()[case]:
        return survey
    recipe = cases()[case]["calibration"]
    bounds = tuple(float(limit) for limit in recipe["bounds"])
    return weight.calibrate(
        with_indicators(survey, recipe["totals"]), recipe["totals"], recipe["distance"], bounds
    )


def expected_count(answer: str) -> float:
    return float(sum(w for w, school in sch_wide_weights() if school == answer))


def sch_wide_weights() -> list[tuple[float, str]]:
    weights = pd.read_csv(ORACLE / "weights_api_post_sch.csv")
    records = pd.read_csv(ORACLE / "apistrat.csv")
    return list(zip(weights.iloc[:, -1], records["sch_wide"], strict=True))


def with_indicators(survey: Survey, totals: dict) -> Survey:
    """Add the columns that R's model matrix names: (Intercept), stypeH, sch_wideYes ..."""
    records = survey.records.copy()
    for name in totals:
        if name == "(Intercept)":
            records[name] = 1.0
        elif name not in records:
            column = max((c for c in records if name.startswith(c)), key=len)
            records[name] = (records[column].astype(str) == name[len(column) :]).astype(float)
    return Survey(records, survey.weight, survey.stratum, survey.population)


def estimated(survey: Survey, estimator: str, variable: str, domain: str) -> pd.Series:
    by, label = (None, "all") if domain == "all" else domain.split("=")
    if estimator == "ratio":
        result = estimate.ratio(survey, *variable.split("/"), by=by)
    else:
        result = getattr(estimate, estimator)(survey, variable, by=by)
    return result.set_index(result["domain"].astype(str)).loc[label]


@pytest.mark.parametrize("case", PLAIN + CALIBRATED)
def test_estimates_and_standard_errors_equal_those_of_r(case):
    survey = survey_of(case)
    wanted = {
        key: value
        for key, value in expected().items()
        if key[0] == case
        and key[1] in ("total", "mean", "ratio")
        and key[4] in ("estimate", "se")
        and ";" not in key[2]
        and key[3].split("/")[0] in survey.records
    }
    assert len(wanted) >= 8
    for (_, estimator, domain, variable, statistic), value in wanted.items():
        ours = estimated(survey, estimator, variable, domain)[statistic]
        assert ours == pytest.approx(value, rel=1e-5, abs=1e-6), (estimator, domain, variable)


@pytest.mark.parametrize("case", CALIBRATED)
def test_calibrated_weights_equal_those_of_r(case):
    theirs = pd.read_csv(ORACLE / f"weights_{case}.csv").iloc[:, -1]

    assert survey_of(case).weight.to_numpy() == pytest.approx(theirs.to_numpy(), rel=1e-5)


@pytest.mark.parametrize(
    ("case", "first", "last"), [("api_change", "api99", "api00"), ("mu_change", "P75", "P85")]
)
def test_change_on_the_same_respondents_equals_that_of_r(case, first, last):
    stratum, weights, size = DESIGNS[cases()[case]["input"]]
    wide = pd.read_csv(ORACLE / cases()[case]["input"]).reset_index(names="unit")
    years = [wide.assign(reference_year=y, value=wide[c]) for y, c in ((1, first), (2, last))]
    records = pd.concat(years, ignore_index=True)
    population = wide.groupby(stratum)[size].first().astype(float)
    survey = Survey(records, records[weights].astype(float), records[stratum], population)

    ours = estimate.change(survey, "value", 1, 2).iloc[0]

    name = f"pct_change({last}/{first}-1)"
    for statistic in ("estimate", "se"):
        theirs = expected()[(case, "contrast", "all", name, statistic)]
        assert ours[statistic] == pytest.approx(theirs, rel=1e-6)
