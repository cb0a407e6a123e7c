"""Diagnostics of response, worked out by hand on few units."""

import numpy as np
import pandas as pd
import pytest

from nldtib.records import diagnose


def frame() -> tuple[pd.DataFrame, pd.Series]:
    """Eight units: of four with work for the ministry three answer, of the others one."""
    about = pd.DataFrame({"mod_business": [1] * 4 + [0] * 4}, index=list("abcdefgh"))
    responded = pd.Series([1, 1, 1, 0, 1, 0, 0, 0], about.index).astype(bool)
    return about, responded


def test_the_odds_of_an_answer_are_those_counted():
    about, responded = frame()

    model = diagnose.propensity(about, responded, 0.95)

    assert model.terms.loc["mod_business", "odds_ratio"] == pytest.approx((3 / 1) / (1 / 3))
    assert model.terms.loc["mod_business", "low"] < 1 < model.terms.loc["mod_business", "high"]
    assert model.chance.to_dict() == pytest.approx(
        dict.fromkeys("abcd", 0.75) | dict.fromkeys("efgh", 0.25)
    )
    spread = np.sqrt(8 * 0.25**2 / 7)
    assert model.r_indicator == pytest.approx(1 - 2 * spread)


def test_a_level_in_which_all_answered_joins_the_most_frequent():
    about = pd.DataFrame({"kind": ["small"] * 6 + ["large"] * 2}, dtype=object)
    responded = pd.Series([True, False, False, True, False, False, True, True])

    model = diagnose.propensity(about.assign(flag=[1, 0] * 4), responded, 0.95)

    assert list(model.terms.index) == ["flag"]


def test_weighting_takes_out_an_imbalance():
    """Three of four respondents work for the ministry, of the frame half: 25 points, sd 50."""
    about, _ = frame()
    weights = pd.Series({"a": 4 / 3, "b": 4 / 3, "c": 4 / 3, "e": 4.0})

    result = diagnose.balance(about, weights).loc["mod_business"]

    assert result["before"] == pytest.approx(50)
    assert result["after"] == pytest.approx(0)


def answers() -> diagnose.Answers:
    """One take-all unit of two, and three of six others; turnover is ten times employees."""
    register = pd.DataFrame(
        {
            "stratum": ["top"] * 2 + ["rest"] * 6,
            "certainty": [1] * 2 + [0] * 6,
            "employees": [100.0, 90, 1, 2, 3, 4, 5, 6],
            "group": ["x", "x", "x", "x", "y", "y", "y", "y"],
            "chance": [0.5, 0.5, 0.5, 0.5, 0.25, 0.5, 0.5, 0.5],
        },
        index=list("ABcdefgh"),
    )
    values = pd.DataFrame({"turnover": [1000.0, 10, 20, 30]}, index=list("Acde"))
    return diagnose.Answers(values, register, pd.Series([2.0, 3, 1, 2], index=list("Acde")))


def test_rival_treatments_by_hand():
    totals = diagnose.rivals(answers()).loc["turnover"]

    assert totals["calibrated"] == 2000 + 30 + 20 + 60
    assert totals["expansion"] == 2000 + 2 * 60
    # One over the chance, brought to the six units of the stratum: 2, 2 and 4 times 6/8.
    assert totals["propensity"] == pytest.approx(2000 + 0.75 * (2 * 10 + 2 * 20 + 4 * 30))
    # Group x has two units and two respondents, y four and one.
    assert totals["poststratified"] == pytest.approx(2000 + 10 + 20 + 4 * 30)
    # The silent have 4, 5 and 6 employees.
    assert totals["lognormal"] == pytest.approx(2000 + 60 + 150)


def test_a_band_tells_no_rival():
    totals = pd.DataFrame({"one": {"t": 123456.0}, "other": {"t": 98765.0}})

    assert diagnose.band(totals).loc["t"].tolist() == [99000.0, 120000.0]


def test_what_the_largest_answer_carries():
    """Of 100 the largest carries 60; had it been silent, its two peers would count half more."""
    weighted = pd.DataFrame({"turnover": [60.0, 20, 10, 10]}, index=list("abcd"))
    stratum = pd.Series(["one", "one", "one", "two"], weighted.index)

    result = diagnose.sensitivity(weighted, stratum).loc["turnover"]

    assert result["largest"] == pytest.approx(0.6)
    assert result["three_largest"] == pytest.approx(0.9)
    assert result["without_largest"] == pytest.approx((40 + 30 / 2) / 100 - 1)


def test_the_largest_of_a_stratum_of_its_own_has_nobody_to_stand_in():
    weighted = pd.DataFrame({"turnover": [60.0, 20]}, index=list("ab"))

    result = diagnose.sensitivity(weighted, pd.Series(["one", "two"], weighted.index))

    assert np.isnan(result.loc["turnover", "without_largest"])


def test_places_keep_the_whole_design():
    weighted = pd.DataFrame({"turnover": [60.0, 20, 10]}, index=list("abc"))
    stratum = pd.Series("one", weighted.index)
    places = pd.DataFrame({"domain": ["sea", "land", "sea"]}, index=weighted.index)

    table = diagnose.by_place(weighted, stratum, places, ["domain"]).set_index("place")

    assert list(table.index) == ["total", "domain=land", "domain=sea"]
    assert table.loc["domain=sea", "largest"] == pytest.approx(60 / 70)
    # Two others remain in the stratum, one of them at sea.
    assert table.loc["domain=sea", "without_largest"] == pytest.approx((10 + 10 / 2) / 70 - 1)
