"""Gaps are filled along a chain, each filled value is listed, no answer is ever altered."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nldtib.codebook import Codebook, Dimension, Item, Label, Variable
from nldtib.errors import InputError, ParameterError
from nldtib.records import impute, load
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


# --- the chain is data


def accounts(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit", "variable", "year", "value", "source"])


def test_an_annual_account_fills_a_gap_where_the_chain_says_so_and_keeps_its_source():
    table = records(turnover=[None, None, 200, 220, 300, 330])
    noted = accounts(
        ("a", "turnover", 2024, 90.0, "account of 2024"), ("b", "turnover", 2024, 7, "")
    )
    chain = choices(methods_of={"turnover": ["accounts", "other_year", "stratum_ratio"]})

    edited = impute.fill(table, pd.Series("one", table.index), book(), chain, noted)

    changes = edited.changes.set_index("reference_year")
    assert edited.records["turnover"].tolist()[:3] == [90.0, 27.5 * 10, 200.0]
    assert changes["rule"].to_dict() == {2024: "accounts", 2025: "stratum_ratio"}
    assert changes.loc[2024, ["who", "new"]].tolist() == ["account of 2024", 90.0]


def test_an_account_is_passed_over_where_the_chain_leaves_it_out():
    table = records(turnover=[None, None, 200, 220, 300, 330])
    noted = accounts(("a", "turnover", 2024, 90.0, "account of 2024"))

    edited = impute.fill(table, pd.Series("one", table.index), book(), choices(), noted)

    assert set(edited.changes["rule"]) == {"stratum_ratio"}


def test_the_nearest_neighbour_of_the_same_stratum_gives_its_ratio():
    table = records(defence=[None, None, 20, 22, 90, 99], employees=[10, 10, 11, 11, 500, 500])
    chain = choices(methods=("nearest_neighbour",))
    one, two = pd.Series("one", table.index), pd.Series(["x", "x", "y", "y", "x", "x"])

    near = impute.fill(table, one, book(), chain).records["defence"]
    own = impute.fill(table, two, book(), chain).records["defence"]

    assert near.tolist()[:2] == pytest.approx([100 * 20 / 200, 110 * 22 / 220])
    assert own.tolist()[:2] == pytest.approx([100 * 90 / 300, 110 * 99 / 330])


def test_a_chain_for_what_is_not_imputed_is_refused_with_the_closest_name():
    table = records()
    wrong = choices(methods_of={"turnovr": ["other_year"]})

    with pytest.raises(ParameterError, match="turnovr, which is no amount.*Closest: turnover"):
        impute.fill(table, pd.Series("one", table.index), book(), wrong)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("unit,variable,year,value\na,t,2024,1\n", "lacks the column source"),
        ("unit,variable,year,value,source\na,t,2024,1,\n", "1 of 1 rows of accounts.csv lack"),
        ("unit,variable,year,value,source\na,t,24,1,x\n", "1 have no year of four digits"),
        ("unit,variable,year,value,source\na,t,2024,many,x\n", "are empty or no number"),
        (
            "unit,variable,year,value,source\na,t,2024,1,x\na,t,2024,2,x\n",
            "1 rows of accounts.csv repeat",
        ),
    ],
)
def test_an_account_that_cannot_be_read_is_refused(tmp_path, text, sentence):
    path = tmp_path / "accounts.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match=sentence):
        load.accounts(path)


def test_no_accounts_are_no_fault(tmp_path):
    assert load.accounts(tmp_path / "accounts.csv") is None


def test_of_a_question_answered_in_part_the_answers_stay():
    marks = {"customer.x": [1.0, 1, 0, 0, 0, 0], "customer.y": [np.nan, np.nan, 1, 1, 1, 1]}
    dimension = Dimension("customer", WORD, (Item("x", WORD), Item("y", WORD)), overlapping=True)
    asked = Codebook(WORD, {}, book().variables, {"customer": dimension})
    table = records(**marks)

    edited = impute.fill(table, pd.Series("one", table.index), asked, choices())

    assert edited.records.loc[0, ["customer.x", "customer.y"]].tolist() == [1.0, 1.0]
