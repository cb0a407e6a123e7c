"""Gaps are filled along a chain, each filled value is listed, no answer is ever altered."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nldtib.codebook import Codebook, Label, Variable
from nldtib.errors import ParameterError
from nldtib.records import impute
from nldtib.rounds import Imputation

WORD = Label("", "")


def book() -> Codebook:
    variables = {
        "turnover": Variable("turnover", WORD, "keur", answer="t"),
        "defence": Variable("defence", WORD, "keur", answer="d"),
        "export": Variable("export", WORD, "percent", answer="e"),
    }
    return Codebook(WORD, {}, variables, {})


def choices(methods=("other_year", "stratum_ratio"), fewest=1, methods_of=None) -> Imputation:
    return Imputation(
        list(methods),
        {"turnover": "employees", "defence": "turnover"},
        "defence",
        {"defence": "turnover"},
        fewest,
        methods_of or {},
    )


def records(**columns) -> pd.DataFrame:
    """Three units of ten employees each, in two years."""
    table = pd.DataFrame(
        {
            "unit": ["a", "a", "b", "b", "c", "c"],
            "reference_year": [2024, 2025] * 3,
            "in_scope": True,
            "employees": 10.0,
            "turnover": [100.0, 110.0, 200.0, 220.0, 300.0, 330.0],
            "defence": [10.0, 11.0, 20.0, 22.0, 30.0, 33.0],
            "export": [50.0] * 6,
        }
    )
    return table.assign(**columns)


def filled(table: pd.DataFrame, **chosen) -> tuple[pd.DataFrame, pd.DataFrame]:
    edited = impute.fill(table, pd.Series("one", table.index), book(), choices(**chosen))
    return edited.records, edited.changes


def test_another_year_of_the_same_unit_is_carried_along_with_the_growth_of_its_stratum():
    table, changes = filled(records(turnover=[100.0, None, 200, 220, 300, 330]))

    assert table.loc[1, "turnover"] == pytest.approx(110.0)  # 550 / 500 is ten percent
    assert changes[["unit", "reference_year", "variable", "rule"]].values.tolist() == [
        ["a", 2025, "turnover", "other_year"]
    ]


def test_a_unit_silent_on_all_years_gets_the_ratio_of_its_stratum():
    table, changes = filled(records(defence=[None, None, 20, 22, 30, 33]))

    assert table.loc[[0, 1], "defence"].tolist() == pytest.approx([10.0, 11.0])  # 50/500, 55/550
    assert set(changes["rule"]) == {"stratum_ratio"}


def test_a_percentage_gets_the_mean_weighted_by_its_amount():
    table, _ = filled(records(export=[None, None, 0, 0, 50, 50]))

    assert table.loc[0, "export"] == pytest.approx(30.0)  # 30 of 20 + 30 at 50 percent


def test_too_few_donors_in_the_stratum_means_all_strata_together():
    table = records(defence=[None, None, 20, 22, 90, 99])
    stratum = pd.Series(["small", "small", "small", "small", "large", "large"])

    edited = impute.fill(table, stratum, book(), choices(fewest=2))

    assert edited.records.loc[0, "defence"] == pytest.approx(100 * 110 / 500)


def test_a_filled_part_stays_within_its_whole():
    table, _ = filled(records(defence=[None, None, 190, 220, 290, 330], turnover=[1.0, 1] * 3))

    assert (table["defence"][:2] <= table["turnover"][:2]).all()


def test_units_out_of_scope_are_left_alone():
    inside = [False, False, True, True, True, True]

    table, changes = filled(records(in_scope=inside, defence=[None, None, 20, 22, 30, 33]))

    assert table["defence"].isna().tolist() == [True, True, False, False, False, False]
    assert changes.empty


def test_an_unknown_method_is_refused():
    with pytest.raises(ParameterError, match="Unknown imputation method crystal_ball"):
        filled(records(), methods=("crystal_ball",))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=6, max_size=6), st.integers(0, 10_000))
def test_no_answer_is_altered_and_every_filled_value_is_listed(gaps, seed):
    if all(gaps):
        gaps[0] = False
    values = np.random.default_rng(seed).lognormal(3, 1, 6)
    before = records(defence=np.minimum(values, 90.0))
    before.loc[gaps, "defence"] = np.nan

    table, changes = filled(before)

    answered = before["defence"].notna()
    assert table.loc[answered, "defence"].equals(before.loc[answered, "defence"])
    assert table["defence"].notna().all() and (table["defence"] >= 0).all()
    assert len(changes) == sum(gaps)
