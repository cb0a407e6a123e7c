"""The plan is filled: every margin and place is there, with its key, precision and grade."""

from dataclasses import replace

import pandas as pd
import pytest

from nldtib.codebook import Codebook, Dimension, Item, Label, Variable
from nldtib.errors import ParameterError
from nldtib.records import tabulate
from nldtib.rounds import Grades, Interval, Table
from nldtib.schema import CHANGES, Survey

WORD = Label("", "")
LIMITS = Grades(
    {"A": 0.05, "B": 0.10, "C": 0.2, "D": 0.3, "E": 0.5},
    {"A": 0.1, "B": 0.2, "C": 0.3, "D": 0.4, "E": 0.5},
    {"A": 30, "B": 20, "C": 10, "D": 5, "E": 2},
    0.1,
)

# Of 2024 nobody knows the public figure.
FACTORS = {"percent_of_all": {2025: 0.1}, "indirect": {2024: 0.5, 2025: 0.5}}


def codes(*names: str) -> tuple[Item, ...]:
    return tuple(Item(name, Label(name, name)) for name in names)


BOOK = Codebook(
    WORD,
    {},
    {
        "organisations": Variable("organisations", WORD, "organisations", formula="1"),
        "turnover": Variable("turnover", WORD, "keur", answer="t"),
        "doubled": Variable("doubled", WORD, "keur", formula="turnover * 2"),
        "share": Variable("share", WORD, "percent", "share", numerator="organisations"),
        "per_head": Variable(
            "per_head",
            WORD,
            "keur_per_fte",
            "ratio",
            numerator="turnover",
            denominator="organisations",
        ),
        "weight": Variable(
            "weight", WORD, "percent", "scaled", numerator="turnover", factor="percent_of_all"
        ),
        "indirect": Variable(
            "indirect", WORD, "keur", "model", numerator="turnover", factor="indirect"
        ),
        "growth": Variable("growth", WORD, "percent", "change", numerator="turnover"),
    },
    {
        "domain": Dimension("domain", WORD, codes("sea", "land", "air")),
        "size": Dimension("size", WORD, codes("small", "large")),
        "area": Dimension("area", WORD, codes("sensors"), overlapping=True),
    },
)


def source(imputed: pd.DataFrame | None = None) -> tabulate.Source:
    """Four of eight units, in two years; nobody in the air, one of four works on sensors."""
    year = pd.DataFrame(
        {
            "unit": ["a", "b", "c", "d"],
            "in_scope": True,
            "domain": ["sea", "sea", "land", "land"],
            "size": ["small", "large", "small", "large"],
            "area.sensors": [1.0, 0, 0, 0],
            "organisations": 1.0,
            "turnover": [10.0, 20.0, 30.0, 40.0],
        }
    )
    later = year.assign(turnover=year["turnover"] * 1.5)
    records = pd.concat(
        [year.assign(reference_year=2024), later.assign(reference_year=2025)], ignore_index=True
    )
    records["doubled"] = records["turnover"] * 2
    rows = records.index
    survey = Survey(records, pd.Series(2.0, rows), pd.Series("one", rows), pd.Series({"one": 8.0}))
    nothing = pd.DataFrame(columns=CHANGES)
    filled = nothing if imputed is None else imputed
    certainty = pd.Series(records["unit"] == "d").astype(int)
    return tabulate.Source(
        survey, filled, certainty, BOOK, [2024, 2025], Interval(0.95, 6.0, 10), LIMITS, FACTORS
    )


def plan(variables: str, by: str = "", years: str = "last") -> list[Table]:
    return [Table("t", "size", tuple(variables.split()), tuple(by.split()), years, WORD)]


def by_key(cells: pd.DataFrame, column: str = "value") -> dict:
    return dict(zip(cells["key"], cells[column], strict=True))


def test_a_table_holds_its_margin_and_every_place_even_an_empty_one():
    cells = tabulate.cells(source(), plan("turnover", "domain"))

    assert by_key(cells) == {
        "turnover:total:2025": 300.0,
        "turnover:domain=sea:2025": 90.0,
        "turnover:domain=land:2025": 210.0,
        "turnover:domain=air:2025": 0.0,
    }
    assert by_key(cells, "status")["turnover:domain=air:2025"] == "unreliable"
    assert set(cells["size"]) == {"total"}


def test_a_table_by_two_dimensions_holds_both_margins():
    cells = tabulate.cells(source(), plan("organisations", "domain size"))

    values = by_key(cells)
    assert len(values) == 1 + 3 + 2 + 6
    assert values["organisations:domain=sea,size=small:2025"] == 2.0
    assert values["organisations:size=large:2025"] == 4.0


def test_a_figure_in_two_tables_is_the_same_to_the_last_bit():
    several = plan("turnover doubled", "domain") + plan("turnover", "size")

    cells = tabulate.cells(source(), several)

    total = cells[cells["key"] == "turnover:total:2025"]
    assert len(total) == 2
    assert total[["value", "low", "high", "cv"]].nunique().eq(1).all()


def test_all_years_or_only_the_last():
    assert set(tabulate.cells(source(), plan("turnover", years="all"))["reference_year"]) == {
        2024,
        2025,
    }
    assert set(tabulate.cells(source(), plan("turnover"))["reference_year"]) == {2025}


def test_shares_and_changes_are_percentages():
    cells = tabulate.cells(source(), plan("share", "domain") + plan("growth"))

    values = by_key(cells)
    assert values["share:domain=sea:2025"] == 50.0
    assert values["growth:total:2025"] == pytest.approx(50.0)
    assert "share:total:2025" not in values


def test_an_overlapping_place_is_a_part_of_all():
    cells = tabulate.cells(source(), plan("organisations share", "area"))

    values = by_key(cells)
    assert values["organisations:area=sensors:2025"] == 2.0
    assert values["share:area=sensors:2025"] == 25.0
    assert by_key(cells, "n")["organisations:area=sensors:2025"] == 1


def test_an_overlapping_dimension_crossed_with_a_partition_adds_up_over_the_partition():
    values = by_key(tabulate.cells(source(), plan("turnover", "area domain")))

    # Only unit a, of weight two, works on sensors; it is at sea.
    assert values["turnover:area=sensors,domain=sea:2025"] == 30.0
    assert values["turnover:area=sensors,domain=land:2025"] == 0.0
    assert values["turnover:area=sensors:2025"] == 30.0
    assert values["turnover:domain=sea:2025"] == 90.0


def test_two_overlapping_dimensions_are_not_crossed():
    book = replace(BOOK, dimensions=BOOK.dimensions | {"size": BOOK.dimensions["area"]})
    records = source().survey.records.assign(**{"size.sensors": 0.0})
    made = replace(source(), book=book, survey=replace(source().survey, records=records))

    with pytest.raises(ParameterError, match="which both overlap"):
        tabulate.cells(made, plan("turnover", "area size"))


def test_the_change_of_an_overlapping_place_is_that_of_its_own_respondents():
    made = source()
    records = made.survey.records
    grown = records["turnover"].where(records["unit"] != "a", 10.0)
    survey = replace(made.survey, records=records.assign(turnover=grown))

    cells = tabulate.cells(replace(made, survey=survey), plan("growth", "area"))

    assert by_key(cells)["growth:area=sensors:2025"] == pytest.approx(0.0)
    assert by_key(cells)["growth:total:2025"] > 40.0


def test_the_imputed_part_lowers_the_grade_also_of_what_is_made_of_it():
    filled = pd.DataFrame([("d", 2025, "turnover")], columns=CHANGES[:3])

    one = by_key(tabulate.cells(source(), plan("doubled")), "grade")["doubled:total:2025"]
    other = by_key(tabulate.cells(source(filled), plan("doubled")), "grade")["doubled:total:2025"]

    assert (one, other) == ("E", "E")
    amounts = tabulate.weighted_amounts(source(filled))
    last = source().survey.records["reference_year"] == 2025
    part = amounts.filled.loc[last, "doubled"].sum() / amounts.every.loc[last, "doubled"].sum()
    assert part == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("cv", "imputed", "n", "wanted"),
    [
        (0.01, 0.0, 100, "A"),
        (0.05, 0.0, 100, "A"),
        (0.051, 0.0, 100, "B"),
        (0.01, 0.35, 100, "D"),
        (0.01, 0.0, 5, "D"),
        (0.6, 0.0, 100, "F"),
        (0.01, 0.51, 100, "F"),
        (0.01, 0.0, 1, "F"),
    ],
)
def test_a_grade_is_the_worst_of_three(cv, imputed, n, wanted):
    assert tabulate.grade(cv, imputed, n, LIMITS) == wanted


def test_the_rule_of_the_grades_can_be_printed():
    printed = tabulate.rule(LIMITS)

    assert list(printed.index) == list("ABCDE")
    assert printed.loc["B"].to_dict() == {
        "cv_at_most": 10.0,
        "imputed_at_most": 20.0,
        "respondents_at_least": 20.0,
    }
    worst = printed.loc["E"] / [100, 100, 1]
    assert tabulate.grade(*worst, LIMITS) == "E"


def test_a_figure_that_rests_on_one_answer_is_marked():
    """Of 300 the largest answer outside the take-all stratum, 45 weighted by 2, carries 30 %."""
    made = source()
    marks = by_key(tabulate.cells(made, plan("turnover share growth", "domain")), "sign")

    assert marks["turnover:total:2025"] == "f"
    assert marks["growth:total:2025"] == "f"

    lenient = replace(made, grades=replace(LIMITS, fragile=0.3))
    marks = by_key(tabulate.cells(lenient, plan("turnover", "domain")), "sign")
    assert marks["turnover:total:2025"] == ""
    # At sea b carries 60 of 90, on land c 90 of 210; d is a take-all unit and marks nothing.
    assert (marks["turnover:domain=sea:2025"], marks["turnover:domain=land:2025"]) == ("f", "f")
    assert marks["turnover:domain=air:2025"] == ""


def test_a_take_all_unit_marks_no_figure():
    made = source()
    certain = replace(made, certainty=pd.Series(1, made.survey.records.index))

    marks = by_key(tabulate.cells(certain, plan("turnover", "domain")), "sign")

    assert set(marks.values()) == {""}


def test_a_scaled_figure_is_its_total_times_the_factor_of_the_year():
    cells = tabulate.cells(source(), plan("turnover weight per_head", years="all"))

    values, status = by_key(cells), by_key(cells, "status")
    assert values["weight:total:2025"] == pytest.approx(0.1 * 300)
    assert by_key(cells, "high")["weight:total:2025"] == pytest.approx(
        0.1 * by_key(cells, "high")["turnover:total:2025"]
    )
    assert values["per_head:total:2025"] == pytest.approx(300 / 8)
    assert status["weight:total:2024"] == "not_applicable"
    assert by_key(cells, "grade")["weight:total:2024"] == ""


def test_what_is_modelled_bears_a_sign_of_its_own():
    signs = by_key(tabulate.cells(source(), plan("turnover indirect")), "sign")

    assert (signs["turnover:total:2025"], signs["indirect:total:2025"]) == ("f", "fm")
