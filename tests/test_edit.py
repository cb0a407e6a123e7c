"""Edit rules find what is wrong, decisions mend it, and every changed value is listed."""

import pandas as pd
import pytest

from nldtib import codebook, rounds
from nldtib.errors import InputError, ParameterError
from nldtib.records import edit
from nldtib.records.edit import Rule

PARAMETERS = rounds.project_root() / "parameters" / "2026"
WITHIN = Rule("within", "part <= whole", "a part is within its whole", "hard", ("part",))
JUMP = Rule("jump", "part / part_year_before <= 5", "few grow fivefold", "soft", ())


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

    edited = edit.empty(records(), findings, (WITHIN, JUMP))

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
        "- {name: r, expression: turnover_defense <= 1, reason: because, severity: hard}\n",
    )

    with pytest.raises(InputError, match="turnover_defense. Closest: turnover_defence"):
        edit.read_rules(path, book())


@pytest.mark.parametrize(
    "expression", ["__import__('os').system('true')", "fte_total.mean()", "[fte_total][0]", "a b"]
)
def test_a_rule_that_does_more_than_compare_is_refused(tmp_path, expression):
    path = rules_file(
        tmp_path, f'- {{name: r, expression: "{expression}", reason: b, severity: hard}}\n'
    )

    with pytest.raises((InputError, ParameterError), match="Edit rule r"):
        edit.read_rules(path, book())
