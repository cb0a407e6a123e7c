"""Contrasts, unevenness, lonely strata and bad input, against figures worked by hand."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nldtib.errors import MissingValuesError, NldtibError, ParameterError
from nldtib.records import estimate, weight
from nldtib.schema import Survey


def four_of_eight(turnover=(10.0, 20.0, 30.0, 40.0)) -> Survey:
    """Two strata of four companies, of which two answered; every respondent counts twice."""
    records = pd.DataFrame(
        {
            "domain": ["air", "air", "sea", "sea"],
            "kind": ["x", "y", "x", "y"],
            "turnover": turnover,
            "staff": [1.0, 1, 2, 2],
        }
    )
    stratum = pd.Series(["small", "small", "large", "large"])
    return Survey(records, pd.Series([2.0] * 4), stratum, pd.Series({"small": 4.0, "large": 4.0}))


def three_strata_one_alone() -> Survey:
    """Two, one and two respondents; every stratum holds four companies."""
    records = pd.DataFrame({"turnover": [1.0, 3.0, 10.0, 20.0, 40.0]})
    stratum = np.array(["a", "a", "b", "c", "c"])
    return Survey(records, np.array([2.0, 2, 4, 2, 2]), stratum, {"a": 4, "b": 4, "c": 4})


def forty(seed: int = 1) -> Survey:
    rng = np.random.default_rng(seed)
    records = pd.DataFrame({"turnover": rng.lognormal(2, 1, 40), "place": ["n", "s"] * 20})
    return Survey(records, np.full(40, 5.0), np.repeat(["a", "b"], 20), {"a": 100, "b": 100})


def test_several_columns_cross_to_one_domain_per_combination():
    crossed = estimate.total(four_of_eight(), "turnover", by=["domain", "kind"])

    assert crossed["domain"].tolist() == ["air;x", "air;y", "sea;x", "sea;y"]
    assert crossed["estimate"].tolist() == [20.0, 40.0, 60.0, 80.0]
    assert crossed[["domain_of_domain", "kind"]].to_numpy().tolist()[2] == ["sea", "x"]


def test_means_and_ratios_take_several_variables():
    survey = four_of_eight()

    assert estimate.mean(survey, ["turnover", "staff"])["estimate"].tolist() == [25.0, 1.5]
    ratios = estimate.ratio(survey, ["turnover", "staff"], "staff")
    assert ratios["variable"].tolist() == ["turnover/staff", "staff/staff"]
    with pytest.raises(ParameterError, match="2 numerators do not pair with 3"):
        estimate.ratio(survey, ["turnover", "staff"], ["staff"] * 3)


def test_the_plain_interval_stands_beside_ours():
    total = estimate.total(four_of_eight(), "turnover").iloc[0]

    # Four respondents less two strata; the variance of each stratum is 4 * 4 * (1 - 1/2) / 2 * 50.
    assert total["plain_df"] == 2
    assert total["plain_high"] - total["estimate"] == pytest.approx(4.302653 * 20.0)
    assert total["plain_low"] == pytest.approx(2 * 200 - total["plain_high"])


def test_the_difference_of_two_domains_keeps_their_covariance():
    survey = four_of_eight()
    apart = estimate.contrast_of_domains(survey, "turnover", {"y": 1, "x": -1}, "kind").iloc[0]

    # Scores are -10, 20 and -30, 40, twice each: spreads of 30 and 70 inside the strata.
    assert apart["estimate"] == 40.0
    assert apart["se"] == pytest.approx((0.5 * 2 * 2 * (2 * 15**2 + 2 * 35**2) * 2) ** 0.5)
    assert apart["domain"] == "+1 y -1 x"
    with pytest.raises(ParameterError, match="1 labels of the contrast"):
        estimate.contrast_of_domains(survey, "turnover", {"z": 1}, "kind")


def test_contrasts_of_variables_and_functions_agree_with_the_plain_statistics():
    survey = forty()
    survey = replace(survey, records=survey.records.assign(old=survey.records["turnover"] ** 0.9))

    same = estimate.contrast_of_variables(survey, {"turnover": 1}, "place", statistic="mean")
    mean = estimate.mean(survey, "turnover", "place")
    assert same["se"].tolist() == pytest.approx(mean["se"].tolist(), rel=1e-12)
    ratio = estimate.ratio(survey, "turnover", "old", "place")
    quotient = estimate.function_of_totals(
        survey, ["turnover", "old"], lambda new, old: new / old, "place"
    )
    assert quotient["se"].tolist() == pytest.approx(ratio["se"].tolist(), rel=1e-8)
    found = estimate.covariance(survey, ["turnover", "old"])
    assert found["covariance"][0] == pytest.approx(
        estimate.total(survey, "turnover")["se"].item() ** 2
    )
    assert 0.9 < found["correlation"][1] < 1


def test_a_simple_sample_has_a_design_effect_of_one():
    survey = forty()
    simple = Survey(survey.records, survey.weight, np.repeat("all", 40), {"all": 200})

    found = estimate.design_effect(simple, "turnover").iloc[0]

    assert found["deff_wor"] == pytest.approx(1.0)
    assert found["deff_wr"] == pytest.approx(0.8)


def test_proportions_stay_between_nought_and_one():
    survey = forty()
    for interval in ("logit", "beta"):
        found = estimate.proportion(survey, "place", interval=interval)
        assert found["variable"].tolist() == ["place=n", "place=s"]
        assert found["estimate"].tolist() == [0.5, 0.5]
        assert ((found["low"] > 0.3) & (found["high"] < 0.7)).all()
        whole = estimate.proportion(survey, "place", where=survey.records["place"] == "n")
        assert (whole["estimate"].item(), whole["high"].item()) == (1.0, 1.0)


def test_unevenness_as_worked_by_hand():
    records = pd.DataFrame({"turnover": [1.0, 1.0, 2.0, 6.0]})
    survey = Survey(records, np.full(4, 2.0), np.repeat("all", 4), {"all": 8})
    survey = weight.bootstrap(survey, seed=1, replicates=100)

    # Gini: the mean difference over all pairs of units, over twice the mean of 2.5.
    gini = estimate.gini(survey, "turnover").iloc[0]
    pairs = np.abs(records["turnover"].to_numpy()[:, None] - records["turnover"].to_numpy()).mean()
    assert gini["estimate"] == pytest.approx(pairs / (2 * 2.5))
    assert gini["low"] < gini["estimate"] < gini["high"]
    assert estimate.top_share(survey, "turnover", 0.25)["estimate"].item() == pytest.approx(0.6)
    assert estimate.top_share(survey, "turnover", 0.125)["estimate"].item() == pytest.approx(0.3)
    curve = estimate.lorenz(survey, "turnover", [0.25, 0.5, 0.75])
    assert curve["estimate"].tolist() == pytest.approx([0.1, 0.2, 0.4])


def test_unevenness_needs_replicates_and_no_negative_amounts():
    with pytest.raises(ParameterError, match=re.escape("weight.bootstrap(survey, seed=)")):
        estimate.gini(forty(), "turnover")
    survey = weight.bootstrap(four_of_eight((-1.0, 2, 3, 4)), seed=1, replicates=9)
    with pytest.raises(ParameterError, match="negative"):
        estimate.top_share(survey, "turnover")
    with pytest.raises(ParameterError, match="between 0 and 1"):
        estimate.top_share(survey, "staff", 20)


def test_two_standard_errors_side_by_side_are_flagged_beyond_the_limit():
    survey = weight.bootstrap(forty(), seed=1, replicates=400)

    alike = estimate.side_by_side(survey, "mean", "turnover", by="place")
    assert alike["difference"].abs().max() < 0.15
    assert not alike["differs"].any()
    strict = estimate.side_by_side(survey, "mean", "turnover", by="place", limit=1e-6)
    assert strict["differs"].all()
    worn = replace(survey.replicates, scale=survey.replicates.scale * 4)
    doubled = estimate.side_by_side(replace(survey, replicates=worn), "total", "turnover")
    assert doubled["differs"].all()


def test_quantiles_by_replicates_lie_where_woodruff_says():
    survey = weight.bootstrap(forty(3), seed=1, replicates=400)
    both = [
        estimate.quantile(survey, "turnover", [0.25, 0.5], errors=errors)
        for errors in ("linearised", "replicates")
    ]

    assert both[0]["estimate"].tolist() == both[1]["estimate"].tolist()
    assert both[0]["p"].tolist() == [0.25, 0.5]
    assert both[1]["se"].to_numpy() == pytest.approx(both[0]["se"].to_numpy(), rel=0.6)


@pytest.mark.parametrize(
    ("rule", "variance"),
    [
        # Strata a and c: 0.5 * 2 * (sum of squares of 2, 6 and 40, 80 around their means).
        ("remove", 8 + 800),
        ("certainty", 8 + 800),
        ("average", (8 + 800) * 3 / 2),
        # Stratum b: 0.75 of its total of 40, squared.
        ("adjust", 8 + 800 + 0.75 * 1600),
        # Joined with c: 40, 40 and 80 of 3 out of 8.
        ("collapse", 8 + (1 - 3 / 8) * 3 / 2 * (2 * (40 / 3) ** 2 + (80 / 3) ** 2)),
    ],
)
def test_a_stratum_with_one_respondent_follows_the_named_rule(rule, variance):
    total = estimate.total(three_strata_one_alone(), "turnover", lonely=rule).iloc[0]

    assert total["se"] ** 2 == pytest.approx(variance)


def test_an_unknown_rule_for_lonely_strata_is_refused():
    with pytest.raises(ParameterError, match="Unknown rule 'fail'.*collapse"):
        estimate.total(three_strata_one_alone(), "turnover", lonely="fail")


def test_one_respondent_that_stands_for_others_has_no_standard_error():
    survey = four_of_eight()
    survey.records["domain"] = ["air", "sea", "sea", "sea"]

    for ask in (estimate.total, estimate.mean, estimate.share):
        found = ask(survey, "turnover", by="domain").set_index("domain")
        assert found.loc["air", "estimate"] > 0
        assert found.loc["air", ["se", "cv", "low", "high", "df"]].isna().all()
        assert found.loc["sea", ["se", "cv", "low", "high", "df"]].notna().all()
    full = Survey(survey.records, np.ones(4), survey.stratum, survey.population / 2)
    known = estimate.total(full, "turnover", by="domain").set_index("domain")
    assert known.loc["air", ["se", "low", "high"]].tolist() == [0.0, 10.0, 10.0]


def broken(**changes: object) -> Survey:
    return replace(four_of_eight(), **changes)


@pytest.mark.parametrize(
    ("survey", "sentence"),
    [
        (broken(population=pd.Series({"small": 4.0, "large": 4.0, "huge": 3.0})), "no respondent"),
        (broken(population=pd.Series({"small": 4.0, "large": np.nan})), "have no count"),
        (broken(population=pd.Series({"small": 4.0})), "without population count"),
        (broken(population=pd.Series([1.0, 4.0], ["small", "large"])), "n_h > N_h"),
        (broken(weight=np.array([2.0, 2, 2, -1])), "1 of 4 weights"),
        (broken(records=pd.DataFrame({"turnover": []}), weight=[], stratum=[]), "no records"),
        (broken(records=four_of_eight().records.assign(unit=list("aabc"))), None),
        (broken(records=four_of_eight().records.assign(unit=[1, 2, 2, 3])), "1 unit.s. have rows"),
        (broken(records=four_of_eight().records.assign(turnover=list("1x2y"))), "not a number"),
        (broken(records=four_of_eight().records.assign(turnover=[1, 2, -np.inf, np.inf])), "infin"),
        (broken(records=four_of_eight().records.drop(columns="turnover")), "no column turnover"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(survey, sentence):
    if sentence is None:
        assert estimate.total(survey, "turnover")["estimate"].item() == 200.0
        return
    with pytest.raises(NldtibError, match=sentence) as refusal:
        estimate.total(survey, "turnover")
    assert str(refusal.value).endswith(".")


def test_odd_requests_are_refused_in_a_sentence():
    survey = four_of_eight()
    for ask, sentence in (
        (lambda: estimate.total(survey, []), "No variable"),
        (lambda: estimate.total(survey, "turnover", level=95), "level of confidence"),
        (lambda: estimate.total(survey, "turnover", by="colour"), "no column colour"),
        (lambda: estimate.total(survey, "turnover", where=[True]), "covers 1 rows, not 4"),
        (lambda: estimate.quantile(survey, "turnover", 50), "between 0 and 1"),
        (lambda: estimate.quantile(survey, "turnover", rule="hf10"), "Unknown rule 'hf10'"),
        (lambda: estimate.contrast_of_variables(survey, {"staff": 1}, statistic="median"), "Unkn"),
        (lambda: estimate.design_effect(survey, "staff", statistic="ratio"), "Unknown statistic"),
    ):
        with pytest.raises(ParameterError, match=sentence):
            ask()
    gap = pd.Series([True, None, True, True])
    with pytest.raises(MissingValuesError, match="`where` is missing for 1 of 4"):
        estimate.total(survey, "turnover", where=gap)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.01, 1e6), min_size=4, max_size=4), st.floats(1e-3, 1e3))
def test_shares_and_ratios_do_not_depend_on_the_unit_of_measure(turnover, factor):
    one, other = four_of_eight(turnover), four_of_eight(np.array(turnover) * factor)

    for ask in (
        lambda survey: estimate.share(survey, "turnover", "domain"),
        lambda survey: estimate.ratio(survey, "turnover", "turnover", "kind"),
    ):
        for column in ("estimate", "se"):
            assert ask(one)[column].to_numpy() == pytest.approx(
                ask(other)[column].to_numpy(), rel=1e-6, abs=1e-9
            )
