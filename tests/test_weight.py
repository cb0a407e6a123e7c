"""Weights meet the counts that the frame knows, or say which they miss."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nldtib.errors import ConvergenceError, InputError, ParameterError
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


def test_totals_that_no_weights_can_meet_are_named():
    survey = weight.design(respondents(), frame_of_twelve())

    with pytest.raises(ConvergenceError, match="missed 1 of 1 totals.*mod_business=2"):
        weight.calibrate(survey, {"mod_business": {2: 5}})


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
