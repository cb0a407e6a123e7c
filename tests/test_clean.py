"""Answers become records: tied to the frame, one per unit, nothing corrected and nothing lost."""

import numpy as np
import pandas as pd
import pytest

from nldtib import codebook, rounds
from nldtib.errors import InputError
from nldtib.records import clean

BOOK = codebook.read(rounds.project_root() / "parameters" / "2026" / "codebook.yml", [2024, 2025])


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": ["a", "b", "c"],
            "name": ["Aa", "Bb", "Cc"],
            "kvk": ["00000001", "00000002", "00000003"],
            "holding": ["h1", "h1", "h3"],
            "organisation_type": "company",
            "employees": [10.0, 300.0, 60.0],
            "postcode": "1234 AB",
            "province": "NB",
            "military_domain": ["land", "land", "security"],
            "mod_business": [1, 0, 1],
            "known_large": 0,
        }
    )


def answers(*rows) -> pd.DataFrame:
    """Each row: respondent, variable, value, and optionally year and status."""
    full = [(*row, None, "ok")[:5] if len(row) == 3 else (*row, "ok")[:5] for row in rows]
    table = pd.DataFrame(full, columns=["respondent_id", "variable", "value", "year", "status"])
    return table.assign(raw="", note="", year=table["year"].astype("Int64"))


def records(*rows) -> pd.DataFrame:
    linked = clean.link(answers(("1", "kvk", "00000001"), *rows), frame(), "kvk")
    return clean.records(linked.table, frame(), BOOK, [2024, 2025])


def test_responses_are_tied_to_the_frame_and_strangers_are_counted():
    linked = clean.link(
        answers(("1", "kvk", "00000002"), ("2", "kvk", "99999999"), ("3", "opm", "no number")),
        frame(),
        "kvk",
    )

    assert linked.table["unit"].unique().tolist() == ["b"]
    assert (linked.received, linked.strangers, linked.duplicates) == (3, 2, 0)


def test_of_two_responses_of_one_unit_the_complete_one_counts():
    linked = clean.link(
        answers(
            ("1", "kvk", "00000001"),
            ("1", "_submitted", "1"),
            ("1", "opm", "whole"),
            ("2", "kvk", "00000001"),
            ("2", "_submitted", "0"),
            ("2", "opm", "part"),
        ),
        frame(),
        "kvk",
    )

    assert linked.duplicates == 1
    assert "whole" in set(linked.table["value"]) and "part" not in set(linked.table["value"])


def test_an_export_of_another_round_is_refused():
    with pytest.raises(InputError, match="None of 1 responses"):
        clean.link(answers(("1", "kvk", "99999999")), frame(), "kvk")


def test_a_record_holds_one_year_and_a_gap_stays_a_gap():
    table = records(("1", "fin_DEF", "1200", 2024), ("1", "fin_DEF", "", 2025, "missing"))

    assert table["reference_year"].tolist() == [2024, 2025]
    assert table["turnover_defence"].tolist()[0] == 1200.0
    assert np.isnan(table["turnover_defence"].tolist()[1])


def test_an_ambiguous_answer_counts_as_missing():
    table = records(("1", "fin_DEF", "1.234", 2024, "ambiguous"))

    assert table["turnover_defence"].isna().all()


def test_a_question_without_years_holds_for_all_of_them():
    table = records(("1", "octrooi", "Y"), ("1", "nldgeb_SEN", "1"), ("1", "nldgeb_QUA", "0"))

    assert table["patent_holders"].tolist() == [1.0, 1.0]
    assert table["nld_area.sensors"].tolist() == [1.0, 1.0]
    assert table["nld_area.quantum"].tolist() == [0.0, 0.0]
    assert table["nld_area.space"].isna().all()


def test_the_domain_with_the_largest_part_of_turnover_wins_over_the_frame():
    answered = records(("1", "domsplit_ZEE", "60"), ("1", "domsplit_LAN", "40"))
    silent = records()

    assert answered["military_domain"].tolist() == ["maritime", "maritime"]
    assert silent["military_domain"].tolist() == ["land", "land"]


def test_the_frame_gives_holding_size_class_and_province():
    table = records(("1", "rol", "3"))

    assert table.loc[0, ["holding", "size_class", "province", "chain_position"]].tolist() == [
        "h1",
        "lt25",
        "NB",
        "tier2",
    ]


def test_only_a_plain_no_takes_an_organisation_out_of_scope():
    assert records(("1", "sector", "N"))["in_scope"].tolist() == [False, False]
    assert records()["in_scope"].tolist() == [True, True]


def test_derived_variables_follow_their_formula_and_are_zero_out_of_scope():
    table = records(("1", "sector", "N"))
    numbers = {"turnover_total": 100.0, "turnover_defence": 50.0, "export_percent": 20.0}
    inside = clean.derived(table.assign(in_scope=True, **numbers), BOOK)
    outside = clean.derived(table.assign(**numbers), BOOK)

    assert inside["export_defence"].tolist() == [10.0, 10.0]
    assert inside["dependence"].tolist() == ["high", "high"]
    assert inside["organisations"].tolist() == [1.0, 1.0]
    assert outside["export_defence"].tolist() == [0.0, 0.0]
    assert outside["organisations"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("employees", "code"), [(0, "lt25"), (24.9, "lt25"), (25, "25-100"), (2500, "ge2500")]
)
def test_a_size_class_starts_at_its_lower_bound(employees, code):
    assert clean.size_class(frame().assign(employees=float(employees)), BOOK).iloc[0] == code


# --- what is divided, routed and laid out in rows -----------------------------------------------


def test_what_is_left_open_in_an_answered_division_is_none():
    table = records(("1", "rdfund_EIG", "70"), ("1", "rdfund_EU", "30"))
    silent = records(("1", "rdfund_EIG", "", None, "missing"))

    assert table["rd_ministry_percent"].tolist() == [0.0, 0.0]
    assert table["rd_eu_percent"].tolist() == [30.0, 30.0]
    assert silent["rd_ministry_percent"].isna().all()


def test_whoever_routing_passes_by_has_none_and_who_did_not_answer_stays_open():
    passed_by = records(("1", "finbron_NON", "0"))
    unknown = records(("1", "opm", "x"))
    asked = records(("1", "finbron_NON", "1"), ("1", "finwaar_NOD", "1"))
    no = records(("1", "afhank", "N"))

    assert passed_by["finance_none_reason.no_need"].eq(0).all()
    assert unknown["finance_none_reason.no_need"].isna().all()
    assert asked["finance_none_reason.no_need"].eq(1).all()
    assert no["dependent_input.chips"].eq(0).all()


def test_a_row_with_one_answer_gives_the_tie_and_its_form():
    table = records(("1", "partner_TNO", "2"), ("1", "partner_NLR", "0"))

    assert table["cooperation.tno_joint"].eq(1).all()
    assert table["cooperation.tno_people"].eq(0).all()
    assert table["knowledge_partner.tno"].eq(1).all()
    assert table["knowledge_partner.nlr"].eq(0).all()
    assert table["knowledge_partner.marin"].isna().all()
