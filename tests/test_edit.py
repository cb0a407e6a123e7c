"""Edit rules find what is wrong, decisions mend it, and every changed value is listed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nldtib import codebook, rounds
from nldtib.errors import InputError, ParameterError
from nldtib.records import clean, edit, load, synthetic
from nldtib.records.edit import Rule
from nldtib.rounds import Outliers, Scores, UnitError

PARAMETERS = rounds.project_root() / "parameters" / "2026"
WITHIN = Rule("within", "part <= whole", "a part is within its whole", "hard", ("part",), ("part",))
JUMP = Rule("jump", "part / part_year_before <= 5", "few grow fivefold", "soft", ("part",))
NOTHING = edit.decide(pd.DataFrame(columns=["unit", "reference_year"]), pd.DataFrame()).changes


def records() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": ["a", "a", "b", "b", "c", "c"],
            "reference_year": [2024, 2025] * 3,
            "in_scope": [True] * 4 + [False] * 2,
            "part": [1.0, 9.0, 30.0, None, 99.0, 99.0],
            "whole": [10.0, 10.0, 20.0, 20.0, 1.0, 1.0],
        }
    )


def decisions(**changed) -> pd.DataFrame:
    row = {"unit": "b", "variable": "part", "year": "2024", "old": "30", "new": "3"}
    row |= {"reason": "typed a nought too many", "who": "analyst", "date": "2026-02-01"}
    return pd.DataFrame([row | changed])


def rules_file(tmp_path, text: str):
    path = tmp_path / "edits.yml"
    path.write_text(text, encoding="utf-8")
    return path


def book() -> codebook.Codebook:
    return codebook.read(PARAMETERS / "codebook.yml", [2025])


def test_findings_name_rule_unit_and_year():
    findings = edit.confront(records(), (WITHIN, JUMP))

    assert findings.to_dict("records") == [
        {"rule": "within", "severity": "hard", "unit": "b", "reference_year": 2024},
        {"rule": "jump", "severity": "soft", "unit": "a", "reference_year": 2025},
    ]


def test_a_missing_value_is_no_finding_and_neither_is_a_unit_out_of_scope():
    findings = edit.confront(records(), (WITHIN,))

    assert ("b", 2025) not in set(zip(findings["unit"], findings["reference_year"], strict=True))
    assert "c" not in set(findings["unit"])


def test_a_decision_changes_one_value_and_is_listed():
    edited = edit.decide(records(), decisions())

    assert edited.records.loc[2, "part"] == 3.0
    assert edited.records.drop(index=2).equals(records().drop(index=2))
    assert edited.changes.to_dict("records") == [
        {
            "unit": "b",
            "reference_year": 2024,
            "variable": "part",
            "origin": "corrected",
            "rule": "typed a nought too many",
            "old": 30.0,
            "new": 3.0,
            "who": "analyst",
            "date": "2026-02-01",
        }
    ]


def test_a_decision_on_an_answer_that_changed_is_refused():
    with pytest.raises(InputError, match="1 were made on a value that has changed") as refusal:
        edit.decide(records(), decisions(old="31"))

    assert "31" not in str(refusal.value)


@pytest.mark.parametrize("changed", [{"unit": "z"}, {"variable": "nothing"}, {"year": "1999"}])
def test_a_decision_about_nothing_is_refused(changed):
    with pytest.raises(InputError, match="1 of 1 decisions name a unit, variable or year"):
        edit.decide(records(), decisions(**changed))


def test_a_decision_without_reason_is_refused(tmp_path):
    path = tmp_path / "decisions.csv"
    decisions(reason="").to_csv(path, index=False)

    with pytest.raises(InputError, match="1 of 1 decisions lack"):
        edit.read_decisions(path)


def test_what_nobody_decided_becomes_missing_and_is_listed():
    findings = edit.confront(records(), (WITHIN, JUMP))

    edited = edit.empty(records(), findings, (WITHIN, JUMP), NOTHING)

    assert edited.records["part"].isna().tolist() == [False, False, True, True, False, False]
    assert edited.changes["origin"].tolist() == ["emptied"]
    assert edited.records["whole"].tolist() == records()["whole"].tolist()


def test_the_rules_of_the_round_can_be_read():
    rules = edit.read_rules(PARAMETERS / "edits.yml", book())

    assert {rule.severity for rule in rules} == {"hard", "soft"}
    assert all(rule.reason for rule in rules)


def test_a_rule_about_an_unknown_variable_names_the_closest(tmp_path):
    path = rules_file(
        tmp_path,
        "- {name: r, expression: turnover_defense <= 1, reason: b, severity: hard, protects: []}\n",
    )

    with pytest.raises(InputError, match="turnover_defense. Closest: turnover_defence"):
        edit.read_rules(path, book())


@pytest.mark.parametrize(
    "expression", ["__import__('os').system('true')", "fte_total.mean()", "[fte_total][0]", "a b"]
)
def test_a_rule_that_does_more_than_compare_is_refused(tmp_path, expression):
    path = rules_file(
        tmp_path,
        f'- {{name: r, expression: "{expression}", reason: b, severity: hard, protects: []}}\n',
    )

    with pytest.raises((InputError, ParameterError), match="Edit rule r"):
        edit.read_rules(path, book())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{name: r, expression: fte_total > 1, reason: b, severity: soft}", "lacks protects"),
        (
            "{name: r, expression: fte_total > 1, reason: b, severity: mild, protects: []}",
            "neither hard nor soft",
        ),
        (
            "{name: r, expression: fte_total > 1, reason: b, severity: soft, protects: [], "
            "empties: [fte_total]}",
            "is soft and empties",
        ),
        (
            "{name: r, expression: fte_total > 1, reason: b, severity: soft, protects: [fte_toto]}",
            "fte_toto. Closest: fte_total.",
        ),
        (
            "{name: r, expression: customer.mod_nl > customer.mod_ln, reason: b, severity: soft, "
            "protects: []}",
            "customer.mod_ln. Closest: customer.mod_nl.",
        ),
    ],
)
def test_a_rule_that_is_not_whole_is_refused(tmp_path, text, sentence):
    with pytest.raises((InputError, ParameterError), match=sentence):
        edit.read_rules(rules_file(tmp_path, f"- {text}\n"), book())


def test_two_rules_of_one_name_are_refused(tmp_path):
    rule = "- {name: r, expression: fte_total > 1, reason: b, severity: soft, protects: []}\n"

    with pytest.raises(InputError, match="two edit rules called r"):
        edit.read_rules(rules_file(tmp_path, rule + rule), book())


def test_a_rule_may_hold_a_ticked_code_against_an_amount():
    table = records().assign(**{"customer.mod_nl": [1.0, 1, 0, 0, 1, 1]})
    rule = Rule("r", "(part > 5) | (customer.mod_nl == 0)", "b", "soft", ("part",))

    findings = edit.confront(table, (rule,))

    assert findings[["unit", "reference_year"]].values.tolist() == [["a", 2024]]


def test_a_split_that_does_not_add_up_is_found_and_blank_parts_count_as_nought():
    answers = pd.DataFrame(
        [
            ("1", "kvk", "1", "ok"),
            ("1", "domsplit_ZEE", "60", "ok"),
            ("1", "domsplit_LAN", "40", "ok"),
            ("2", "kvk", "2", "ok"),
            ("2", "domsplit_ZEE", "60", "ok"),
            ("3", "kvk", "3", "ok"),
        ],
        columns=["respondent_id", "variable", "value", "status"],
    ).assign(raw="", note="", year=pd.array([None] * 6, dtype="Int64"))
    frame = pd.DataFrame({"unit": ["a", "b", "c"], "kvk": ["1", "2", "3"], "employees": 5.0})
    frame = frame.assign(name="", holding="", organisation_type="company", postcode="")
    frame = frame.assign(province="NB", military_domain="land", mod_business=0, known_large=0)
    rules = edit.read_rules(PARAMETERS / "edits.yml", book())
    rules = tuple(rule for rule in rules if rule.name == "domain_split_adds_up")

    linked = clean.link(answers, frame, "kvk").table
    table = clean.records(linked, frame, book(), [2025])

    assert edit.confront(table, rules)["unit"].tolist() == ["b"]


# --- decisions


def test_a_second_decision_on_one_value_starts_from_the_first():
    both = pd.concat([decisions(), decisions(old="3", new="4")], ignore_index=True)

    assert edit.decide(records(), both).records.loc[2, "part"] == 4.0
    with pytest.raises(InputError, match="2 were made on a value that has changed"):
        edit.decide(records(), both[::-1].assign(old=["3", "5"]))


def test_a_refused_decision_leaves_the_records_as_they_were():
    before = records()
    with pytest.raises(InputError):
        edit.decide(before, pd.concat([decisions(), decisions(unit="z")]))

    assert before.equals(records())


def test_a_confirmed_answer_is_not_emptied():
    decided = edit.decide(records(), decisions(old="30", new="30"))
    findings = edit.confront(decided.records, (WITHIN,))

    edited = edit.empty(decided.records, findings, (WITHIN,), decided.changes)

    assert decided.changes["origin"].tolist() == ["confirmed"]
    assert edited.records.loc[2, "part"] == 30.0 and edited.changes.empty


def test_a_decision_without_year_holds_for_a_question_that_was_asked_once():
    table = records().assign(chain=["oem", "oem", None, None, "x", "x"])

    edited = edit.decide(table, decisions(variable="chain", year="", old="", new="tier1"))

    assert edited.records["chain"].tolist()[2:4] == ["tier1", "tier1"]
    assert len(edited.changes) == 2
    with pytest.raises(InputError, match="1 were made on a value that has changed"):
        edit.decide(table, decisions(year="", old="30", new="3"))


@pytest.mark.parametrize("new", ["three", "inf"])
def test_a_decision_for_a_value_that_cannot_be_is_refused(new):
    with pytest.raises(InputError, match="1 hold a value that the variable cannot have"):
        edit.decide(records(), decisions(new=new))


@pytest.mark.parametrize("changed", [{"who": " "}, {"date": "soon"}, {"date": ""}, {"unit": ""}])
def test_a_decision_without_person_or_date_is_refused(tmp_path, changed):
    path = tmp_path / "decisions.csv"
    decisions(**changed).to_csv(path, index=False)

    with pytest.raises(InputError, match="Complete decisions.csv"):
        edit.read_decisions(path)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6))
def test_a_chain_of_decisions_ends_at_its_last_value(steps):
    values = [30, *steps]
    chain = [decisions(old=str(a), new=str(b)) for a, b in zip(values, values[1:], strict=False)]

    edited = edit.decide(records(), pd.concat(chain, ignore_index=True))

    assert edited.records.loc[2, "part"] == steps[-1]
    assert edited.changes["old"].tolist() == values[:-1]


# --- unit errors


def amounts(**changed) -> pd.DataFrame:
    """Five units of ten fte with a turnover of 100 per fte, in two years."""
    table = pd.DataFrame(
        {
            "unit": np.repeat(list("abcde"), 2),
            "reference_year": [2024, 2025] * 5,
            "in_scope": True,
            "fte": 10.0,
            "turnover": 1000.0,
            "defence": 100.0,
        }
    )
    return table.assign(**changed)


def suspects(table: pd.DataFrame, fewest: int = 1) -> pd.DataFrame:
    beside = {"turnover": ["fte"], "defence": ["fte"]}
    choices = UnitError([1000.0, 1e6, 0.001], beside, 10.0, fewest)
    return edit.unit_errors(table, choices, {"defence": "turnover"})


def test_one_year_in_whole_euros_is_found_with_its_evidence():
    found = suspects(amounts(turnover=[1000.0, 1e6, *[1000.0] * 8]), fewest=2)

    assert found[["unit", "reference_year", "variable"]].values.tolist() == [
        ["a", 2025, "turnover"]
    ]
    row = found.iloc[0]
    assert (row["factor"], row["other_years"], row["fte"], row["agreeing"]) == (1000, 1, 1, 2)
    assert (row["old"], row["new"]) == (1e6, 1000.0)


def test_an_error_in_every_year_is_betrayed_by_staff_alone():
    found = suspects(amounts(turnover=[1e6, 1e6, *[1000.0] * 8]))

    assert found["unit"].tolist() == ["a", "a"]
    assert found["other_years"].isna().all()


def test_a_part_of_a_form_in_euros_agrees_when_only_its_correction_fits():
    table = amounts(turnover=[1e6, 1e6, *[1000.0] * 8], defence=[1e5, 50.0, *[100.0] * 8])

    found = suspects(table)

    assert found.loc[
        found["variable"] == "defence", ["reference_year", "same_form"]
    ].values.tolist() == [[2024, 1.0]]


@pytest.mark.parametrize(("factor", "typed"), [(1e6, 1e9), (0.001, 1.0)])
def test_single_euros_of_millions_and_millions_are_found_too(factor, typed):
    found = suspects(amounts(turnover=[1000.0, typed, *[1000.0] * 8]), fewest=2)

    assert found["factor"].tolist() == [factor]


def test_a_comparison_that_speaks_against_it_acquits():
    # A thousand times the turnover, but as many times the staff: a company that grew, not an error.
    found = suspects(amounts(turnover=[1000.0, 1e6, *[1000.0] * 8], fte=[10.0, 1e4, *[10.0] * 8]))

    assert "turnover" not in set(found["variable"])


def test_findings_of_unit_errors_hold_no_value():
    found = edit.as_findings(suspects(amounts(turnover=[1000.0, 1e6, *[1000.0] * 8])))

    assert found.to_dict("records") == [
        {"rule": "unit_error_turnover", "severity": "soft", "unit": "a", "reference_year": 2025}
    ]


@pytest.fixture(scope="module")
def twins(tmp_path_factory) -> list[tuple]:
    """Lay out both invented rounds before any decision, with what was planted in them."""
    folder = tmp_path_factory.mktemp("twin")
    waves = synthetic.write(folder, 2026)
    found = []
    for name, wave in waves.items():
        this_round = rounds.read(folder / name)
        answers = load.answers(folder / name / "raw" / "responses.csv", this_round.codebook)
        frame = load.frame(folder / name / "raw" / "frame.csv")
        linked = clean.link(answers.table, frame, "kvk")
        years = this_round.parameters.reference_years
        table = clean.records(linked.table, frame, this_round.codebook, years)
        found.append((this_round, table, wave.planted))
    return found


def test_every_planted_unit_error_is_found_and_nothing_else(twins):
    for this_round, table, planted in twins:
        choices = this_round.parameters
        found = edit.unit_errors(table, choices.edit.unit_error, choices.imputation.at_most)

        euros = planted[planted["kind"] == "whole_euros"]
        given = ["unit", "variable", "year"]
        wrong = set(euros.loc[euros["truth"] > 0, given].itertuples(index=False, name=None))
        found = found.rename(columns={"reference_year": "year"})
        told = set(found[given].itertuples(index=False, name=None))
        assert len(told & wrong) / len(wrong) >= 0.95  # recall
        assert len(told & wrong) / len(told) >= 0.95  # precision


# --- selective editing


def scored(table: pd.DataFrame, suspect: pd.DataFrame | None = None) -> pd.DataFrame:
    none = pd.DataFrame(columns=["unit", "reference_year", "variable"])
    weight, stratum = pd.Series(2.0, table.index), pd.Series("one", table.index)
    choices = Scores({"turnover": ["fte"]}, 10)
    return edit.scores(table, weight, stratum, none if suspect is None else suspect, choices)


def test_a_score_is_the_weighted_distance_from_what_is_expected_as_worked_by_hand():
    table = scored(amounts(turnover=[1000.0, 1500.0, *[1000.0] * 8]))

    first = table.iloc[0]
    # Nobody else changed, so 1000 is expected of unit a in 2025; and 1500 in 2024.
    assert (first["unit"], first["expected_from"]) == ("a", "other_year")
    scores = table.set_index(["unit", "reference_year"])["score"]
    assert scores["a", 2025] == pytest.approx(2 * 500 / (2 * 5000))
    assert scores["a", 2024] == pytest.approx(2 * 500 / (2 * 5500))
    assert (scores.drop("a") == 0).all()


def test_what_is_suspect_itself_foretells_nothing():
    table = amounts(turnover=[1e6, 1e6, *[1000.0] * 8])
    suspect = table.loc[[0, 1], ["unit", "reference_year"]].assign(variable="turnover")

    quiet, told = scored(table), scored(table, suspect)

    assert quiet["score"].max() == 0.0
    assert told["expected_from"].tolist()[:2] == ["stratum_ratio", "stratum_ratio"]
    assert told["unit"].tolist()[:2] == ["a", "a"]
    assert told["score"].iloc[0] == pytest.approx((1e6 - 1000) / 5000)


@given(st.lists(st.floats(0.1, 1e6), min_size=5, max_size=5), st.floats(0.5, 2))
def test_an_answer_as_expected_scores_nought(starts, growth):
    values = [value for start in starts for value in (start, start * growth)]

    assert scored(amounts(turnover=values))["score"].max() == pytest.approx(0, abs=1e-9)


def test_the_largest_scores_leave_out_what_was_decided():
    table = scored(amounts(turnover=[1000.0, 1500.0, *[1000.0] * 8]))
    decided = pd.DataFrame(
        [("a", 2025, "turnover")], columns=["unit", "reference_year", "variable"]
    )

    first = edit.largest(table, decided, 1)

    assert first[["unit", "reference_year"]].values.tolist() == [["a", 2024]]


# --- Hidiroglou and Berthelot


def panel(before, after) -> pd.DataFrame:
    units = [f"u{number:03}" for number in range(len(before))]
    years = [
        pd.DataFrame({"unit": units, "reference_year": year, "in_scope": True, "part": values})
        for year, values in ((2024, before), (2025, after))
    ]
    return pd.concat(years, ignore_index=True)


def unlike(table: pd.DataFrame, fewest: int = 5, **changed) -> list[str]:
    choices = {"U": 0.5, "A": 0.05, "C": 4.0} | changed
    return edit.outliers(table, Outliers(["part"], fewest=fewest, **choices))["unit"].tolist()


def test_a_large_change_of_a_large_unit_is_an_outlier_as_worked_by_hand():
    # Ratios 0.9, 0.95, 1, 1.05 and 3 have median 1. Effects: (1 - 1/0.9) * 100^0.5 = -1.11, -0.53,
    # 0, 0.05 * 105^0.5 = 0.51 and 2 * 300^0.5 = 34.6. Quartiles -0.53 and 0.51, so that with C = 4
    # whatever lies below -2.1 or above 2.05 is an outlier.
    assert unlike(panel([100.0] * 5, [90.0, 95, 100, 105, 300])) == ["u004"]
    assert unlike(panel([100.0] * 5, [90.0, 95, 100, 105, 300]), C=2.0) == ["u000", "u004"]


def test_too_few_ratios_tell_nothing():
    assert unlike(panel([100.0] * 5, [90.0, 95, 100, 105, 300]), fewest=6) == []


def test_nought_and_silence_are_no_change():
    assert unlike(panel([0.0, np.nan, *[100.0] * 4], [99.0, 99, 90, 95, 100, 105]), fewest=4) == []


@given(
    st.lists(st.tuples(st.floats(1, 1e4), st.floats(0.2, 5)), min_size=6, max_size=30),
    st.integers(-9, 9),
)
def test_outliers_do_not_depend_on_the_unit_of_measure(pairs, power):
    before = np.array([start for start, _ in pairs])
    after = before * np.array([ratio for _, ratio in pairs])
    # A power of four keeps the square root exact.
    scale = 4.0**power

    assert unlike(panel(before, after)) == unlike(panel(before * scale, after * scale))
