"""Weights meet the counts that the frame knows, or say which they miss."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nldtib.errors import ConvergenceError, InputError, MissingValuesError, ParameterError
from nldtib.records import weight


def frame_of_twelve() -> pd.DataFrame:
    """Six small and six large units; four of each size do business with the ministry."""
    return pd.DataFrame(
        {
            "unit": [f"u{i}" for i in range(12)],
            "stratum": ["small"] * 6 + ["large"] * 6,
            "mod_business": [1, 1, 1, 1, 0, 0] * 2,
            "employees": [5.0] * 6 + [50.0] * 6,
        }
    )


def respondents(numbers=(0, 1, 4, 6, 7, 10)) -> pd.DataFrame:
    return frame_of_twelve().iloc[list(numbers)].reset_index(drop=True)


def test_a_respondent_stands_for_its_share_of_the_stratum():
    survey = weight.design(respondents(), frame_of_twelve())

    assert survey.weight.tolist() == [2.0] * 6
    assert survey.population.to_dict() == {"large": 6.0, "small": 6.0}


@pytest.mark.parametrize("distance", ["linear", "raking", "logit"])
def test_calibrated_weights_reproduce_every_total(distance):
    frame = frame_of_twelve()
    survey = weight.design(respondents(), frame)
    totals = {
        "stratum": frame["stratum"].value_counts(),
        "mod_business": frame["mod_business"].value_counts(),
        "employees": 330.0,
    }

    weights = weight.calibrate(survey, totals, distance, (0.2, 5.0)).weight

    assert weights.sum() == pytest.approx(12)
    for code, count in totals["mod_business"].items():
        assert weights[respondents()["mod_business"] == code].sum() == pytest.approx(count)
    assert (weights * respondents()["employees"]).sum() == pytest.approx(330.0)


@settings(max_examples=50, deadline=None)
@given(st.integers(5, 200), st.integers(0, 10_000), st.floats(0.8, 1.25))
def test_calibration_meets_a_random_total_or_refuses(n, seed, factor):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"unit": range(2 * n), "stratum": "all", "size": rng.lognormal(2, 1, 2 * n)}
    )
    survey = weight.design(frame.iloc[:n].reset_index(drop=True), frame)
    wanted = factor * float((survey.weight * survey.records["size"]).sum())

    try:
        weights = weight.calibrate(survey, {"size": wanted}, "raking").weight
    except ConvergenceError:
        return
    assert (weights > 0).all()
    assert float((weights * survey.records["size"]).sum()) == pytest.approx(wanted)


def test_fixed_units_keep_their_weight():
    frame = frame_of_twelve()
    survey = weight.design(respondents(), frame)
    fixed = survey.stratum == "large"
    small = frame[frame["stratum"] == "small"]

    weights = weight.calibrate(
        survey, {"mod_business": small["mod_business"].value_counts()}, fixed=fixed
    ).weight

    assert (weights[fixed] == 2.0).all()
    assert weights[~fixed].sum() == pytest.approx(6)


def test_totals_that_no_weights_can_meet_are_named_with_how_far_off_they_stay():
    survey = weight.design(respondents(), frame_of_twelve())

    with pytest.raises(ConvergenceError, match=r"missed 1 of 1 totals: mod_business=2 \(100.0 %"):
        weight.calibrate(survey, {"mod_business": {2: 5}})
    # Three small respondents of weight 2, at most times 1.5, make 9 of the 18 asked for.
    with pytest.raises(ConvergenceError, match=r"stratum=small \(50.0 % too low\)"):
        weight.calibrate(survey, {"stratum": {"small": 18.0, "large": 6.0}}, bounds=(0.5, 1.5))


def test_margins_that_contradict_each_other_are_refused():
    survey = weight.design(respondents(), frame_of_twelve())
    totals = {"stratum": {"small": 6, "large": 6}, "mod_business": {0: 4, 1: 9}}

    with pytest.raises(ConvergenceError, match="missed.*at fault: mod_business is inconsistent"):
        weight.calibrate(survey, totals)


def test_a_template_counts_and_sums_the_frame_and_is_taken_as_it_is():
    frame = frame_of_twelve()
    table = weight.template(
        frame, {"counts": ["stratum", ("stratum", "mod_business")], "amounts": ["employees"]}
    )

    assert table.set_index("code")["total"].loc["small"] == 6
    assert dict(zip(table["code"], table["total"], strict=True))[("large", 1)] == 4
    assert table.loc[table["margin"] == "employees", "total"].item() == 330
    weights = weight.calibrate(weight.design(respondents(), frame), table).weight
    assert (weights * respondents()["employees"]).sum() == pytest.approx(330)


def test_post_stratification_is_calibration_to_one_crossed_margin():
    frame, records = frame_of_twelve(), respondents()
    cells = frame.groupby(["stratum", "mod_business"]).size()
    weights = weight.calibrate(
        weight.design(records, frame), {("stratum", "mod_business"): cells}
    ).weight

    # Four units with business over two respondents, two without over one.
    assert weights.tolist() == pytest.approx([2.0] * 6)


def test_the_ratio_estimator_is_calibration_with_a_working_variance():
    frame, records = frame_of_twelve(), respondents()
    survey = weight.design(records, frame)

    ratio = weight.calibrate(survey, {"employees": 363.0}, working_variance="employees").weight

    assert ratio.tolist() == pytest.approx([2.2] * 6)


def test_totals_are_held_against_the_answers_before_weights_move():
    survey = weight.design(respondents(), frame_of_twelve())
    totals = {
        "stratum": {"small": 6, "large": 6, "medium": 3},
        "mod_business": {1: 8},
        "colour": {"red": 1},
        "employees": -5.0,
    }
    found = weight.check_totals(survey, totals).set_index(["margin", "problem"])["size"]

    assert found.to_dict() == {
        ("stratum", "impossible"): 3.0,
        ("mod_business", "missing"): 2.0,
        ("colour", "unknown"): 1.0,
        ("employees", "impossible"): -5.0,
    }
    apart = {"stratum": {"small": 6, "large": 6}, "mod_business": {0: 4, 1: 9}}
    assert weight.check_totals(survey, apart)["problem"].tolist() == ["inconsistent"]
    fine = weight.template(frame_of_twelve(), {"counts": ["stratum"], "amounts": ["employees"]})
    assert weight.check_totals(survey, fine).empty


def test_totals_without_a_number_gaps_and_a_second_calibration_are_refused():
    survey = weight.design(respondents(), frame_of_twelve())
    with pytest.raises(ParameterError, match="missing or infinite: employees"):
        weight.calibrate(survey, {"employees": np.nan})
    gaps = weight.design(respondents().assign(size=[1.0, None, 2, 3, 4, 5]), frame_of_twelve())
    with pytest.raises(MissingValuesError, match="size is missing for 1 of 6"):
        weight.calibrate(gaps, {"size": 3.0})
    with pytest.raises(ParameterError, match="calibrated before"):
        weight.calibrate(weight.calibrate(survey, {"employees": 330.0}), {"employees": 330.0})


def by_size(**units: int) -> pd.DataFrame:
    """Put so many units in each stratum; the large ones are certain."""
    rows = [(f"{name}{i}", name) for name, count in units.items() for i in range(count)]
    table = pd.DataFrame(rows, columns=["unit", "stratum"])
    return table.assign(certainty=table["stratum"].isin(["large", "known"]).astype(int))


def merged_names(table: pd.DataFrame, answered: set[str], fewest: int = 3) -> dict:
    table = weight.merged(table, answered, ["small", "middle", "large"], fewest)
    return table.groupby("stratum")["unit"].size().to_dict()


def test_a_stratum_with_too_few_respondents_joins_the_next_smaller_one():
    table = by_size(small=9, middle=6, large=4, known=1)
    answered = {"small0", "small1", "small2", "middle0", "middle1", "middle2", "large0", "known0"}

    assert merged_names(table, answered) == {"known": 1, "middle": 10, "small": 9}
    joined = weight.merged(table, answered, ["small", "middle", "large"], 3).set_index("unit")
    assert joined["certainty"].groupby(joined["stratum"]).max().to_dict() == {
        "known": 1,
        "middle": 0,
        "small": 0,
    }


def test_merging_goes_on_until_all_stand_firm_and_the_smallest_goes_up():
    table = by_size(small=9, middle=6, large=4)

    assert merged_names(table, {"small0", "small1", "small2", "large0"}) == {"small": 19}
    assert merged_names(table, {"middle0", "middle1", "middle2", "small0"}) == {"middle": 19}
    assert merged_names(table, {"small0"}) == {"small": 19}


def test_strata_with_enough_respondents_stay_as_they_are():
    table = by_size(small=9, middle=6, large=4)

    assert merged_names(table, set(table["unit"])) == {"large": 4, "middle": 6, "small": 9}


def test_a_stratum_without_respondents_is_refused():
    with pytest.raises(InputError, match="1 stratum or strata have no respondent: large"):
        weight.design(respondents((0, 1, 4)), frame_of_twelve())


def test_a_respondent_that_is_not_on_the_frame_is_refused():
    stranger = respondents().assign(unit="elsewhere")

    with pytest.raises(InputError, match="not on the frame"):
        weight.design(stranger, frame_of_twelve())


def test_unknown_distances_and_loose_bounds_are_refused():
    survey = weight.design(respondents(), frame_of_twelve())

    with pytest.raises(ParameterError, match="Unknown calibration distance"):
        weight.calibrate(survey, {"employees": 330.0}, "chi")
    with pytest.raises(ParameterError, match="enclose 1"):
        weight.calibrate(survey, {"employees": 330.0}, bounds=(1.5, 3.0))
