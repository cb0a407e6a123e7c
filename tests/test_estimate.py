"""Totals, ratios, shares and changes by domain, against sums worked by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nldtib.errors import MissingValuesError, ParameterError
from nldtib.records import estimate
from nldtib.schema import Survey


def four_of_eight(turnover=(10.0, 20.0, 30.0, 40.0)) -> Survey:
    """Two strata of four companies, of which two answered; every respondent counts twice."""
    records = pd.DataFrame(
        {"domain": ["air", "air", "sea", "sea"], "turnover": turnover, "staff": [1.0, 1, 2, 2]}
    )
    stratum = pd.Series(["small", "small", "large", "large"])
    return Survey(records, pd.Series([2.0] * 4), stratum, pd.Series({"small": 4.0, "large": 4.0}))


def two_years() -> Survey:
    """Three of six companies in one stratum; each grows by exactly ten percent."""
    first = pd.DataFrame({"unit": ["a", "b", "c"], "reference_year": 2023, "turnover": [1.0, 5, 9]})
    last = first.assign(reference_year=2025, turnover=first["turnover"] * 1.1)
    records = pd.concat([first, last], ignore_index=True)
    ones = pd.Series([2.0] * 6)
    return Survey(records, ones, pd.Series(["one"] * 6), pd.Series({"one": 6.0}))


def test_total_by_domain_as_worked_by_hand():
    totals = estimate.total(four_of_eight(), "turnover", by="domain").set_index("domain")

    assert totals["estimate"].to_dict() == {"air": 60.0, "sea": 140.0}
    # Half is unseen; 4 * (1 - 1/2) / 2 * variance * 4: the square root of 4 * 4 / 2 * 0.5 * 50.
    assert totals["se"].to_dict() == pytest.approx({"air": 200**0.5, "sea": 200**0.5})
    assert totals["n"].to_dict() == {"air": 2, "sea": 2}
    assert totals["cv"].to_dict() == pytest.approx({"air": 200**0.5 / 60, "sea": 200**0.5 / 140})


def test_the_interval_of_a_total_never_falls_below_what_was_seen():
    total = estimate.total(four_of_eight((1.0, 1.0, 1.0, 900.0)), "turnover").iloc[0]

    assert 903.0 <= total["low"] < total["estimate"] < total["high"]
    assert total["high"] - total["estimate"] > total["estimate"] - total["low"]


def test_a_stratum_that_answered_in_full_adds_no_uncertainty():
    survey = four_of_eight()
    full = Survey(survey.records, pd.Series([1.0] * 4), survey.stratum, survey.population / 2)

    total = estimate.total(full, "turnover").iloc[0]

    assert (total["estimate"], total["se"], total["low"], total["high"]) == (100.0, 0, 100.0, 100.0)


def test_mean_and_ratio_are_quotients_of_totals():
    survey = four_of_eight()

    assert estimate.mean(survey, "turnover")["estimate"].item() == 25.0
    assert estimate.ratio(survey, "turnover", "staff")["estimate"].item() == pytest.approx(100 / 6)


def test_shares_of_a_partition_add_up_to_one():
    shares = estimate.share(four_of_eight(), "turnover", by="domain").set_index("domain")

    assert shares["estimate"].to_dict() == {"air": 0.3, "sea": 0.7}
    assert ((shares["low"] < shares["estimate"]) & (shares["estimate"] < shares["high"])).all()
    assert (shares["low"] > 0).all() and (shares["high"] < 1).all()


def test_growth_that_all_respondents_share_is_known_exactly():
    growth = estimate.change(two_years(), "turnover", 2023, 2025).iloc[0]

    assert growth["estimate"] == pytest.approx(0.1)
    assert growth["se"] == pytest.approx(0.0, abs=1e-12)


def test_the_median_is_a_value_that_halves_the_weights():
    median = estimate.quantile(four_of_eight((1.0, 2.0, 3.0, 100.0)), "turnover").iloc[0]

    assert median["estimate"] == 2.0
    assert median["low"] <= 2.0 <= median["high"]


def test_a_domain_without_respondents_has_no_median():
    survey = four_of_eight()
    places = survey.records["domain"].astype(pd.CategoricalDtype(["air", "land", "sea"]))
    survey = Survey(
        survey.records.assign(domain=places), survey.weight, survey.stratum, survey.population
    )

    medians = estimate.quantile(survey, "turnover", by="domain").set_index("domain")

    assert medians["estimate"].isna().to_dict() == {"air": False, "land": True, "sea": False}
    assert medians.loc["land", "n"] == 0


@given(st.lists(st.floats(0, 1e9), min_size=4, max_size=4))
def test_a_partition_adds_up_to_the_whole(turnover):
    survey = four_of_eight(turnover)

    whole = estimate.total(survey, "turnover")["estimate"].item()
    parts = estimate.total(survey, "turnover", by="domain")["estimate"].sum()

    assert parts == pytest.approx(whole)


@given(st.lists(st.floats(0, 1e6), min_size=4, max_size=4), st.floats(0.001, 1000))
def test_an_estimate_and_its_error_follow_the_unit_of_measure(turnover, factor):
    one = estimate.total(four_of_eight(turnover), "turnover").iloc[0]
    other = estimate.total(four_of_eight(np.array(turnover) * factor), "turnover").iloc[0]

    for column in ("estimate", "se", "low", "high"):
        assert other[column] == pytest.approx(one[column] * factor, rel=1e-6, abs=1e-6)


def test_rows_outside_the_condition_count_as_zero_and_stay_in_the_design():
    survey = four_of_eight()
    air = survey.records["domain"] == "air"

    by_condition = estimate.total(survey, "turnover", where=air).iloc[0]
    by_domain = estimate.total(survey, "turnover", by="domain").iloc[0]

    assert (
        by_condition[["estimate", "se", "n"]].tolist()
        == by_domain[["estimate", "se", "n"]].tolist()
    )


def test_a_gap_is_counted_and_never_quoted():
    with pytest.raises(MissingValuesError) as refusal:
        estimate.total(four_of_eight((10.0, None, 30.0, 40.0)), "turnover")

    assert "turnover is missing for 1 of 4 records" in str(refusal.value)
    assert "30" not in str(refusal.value)


def test_infinite_values_and_mixed_years_are_refused():
    with pytest.raises(ParameterError, match="infinite"):
        estimate.total(four_of_eight((10.0, np.inf, 30.0, 40.0)), "turnover")
    with pytest.raises(ParameterError, match="2 reference years"):
        estimate.total(two_years(), "turnover")


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_that_is_not_above_zero_is_refused(bad):
    survey = four_of_eight()
    broken = Survey(survey.records, pd.Series([bad, 2, 2, 2]), survey.stratum, survey.population)

    with pytest.raises(ParameterError, match="1 of 4 weights"):
        estimate.total(broken, "turnover")


def test_more_respondents_than_units_are_refused():
    survey = four_of_eight()
    broken = Survey(survey.records, survey.weight, survey.stratum, survey.population * 0.25)

    with pytest.raises(ParameterError, match="more respondents than units"):
        estimate.total(broken, "turnover")
