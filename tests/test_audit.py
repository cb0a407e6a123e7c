"""Every kind of offence is planted once, and found; a safe table has no findings."""

import io

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from small_tables import cells, firms, rules, several

from nldtib.errors import SchemaError, UnprotectedError
from nldtib.gate import audit, protect
from nldtib.gate.audit.attacks import Hit
from nldtib.gate.audit.attacks import attacked as attacked_in
from nldtib.gate.audit.parts import Part
from nldtib.gate.audit.unions import Target
from nldtib.gate.audit.world import World

DIMENSIONS = {"domain": ["air", "land", "sea"], "size": ["large", "small"]}
WANTED = rules(DIMENSIONS)
EMPTY = dict.fromkeys(("value", "low", "high", "cv", "n"), np.nan) | {"grade": ""}


def survey() -> pd.DataFrame:
    """Air, large is one company of 100; land has small sums, sea large ones; two years."""
    sums = {
        ("air", "large"): [100],
        ("air", "small"): [30] * 4,
        ("land", "large"): [20] * 4,
        ("land", "small"): [25] * 4,
        ("sea", "large"): [900] * 4,
        ("sea", "small"): [800] * 4,
    }
    rows = [
        row
        for (domain, size), turnovers in sums.items()
        for row in several(turnovers, domain=domain, size=size)
    ]
    both = pd.concat([firms(rows, 2023), firms(rows, 2025)], ignore_index=True)
    return both.assign(export=both["turnover"] / 5)


def protected(contributions: pd.DataFrame, wanted: protect.Rules = WANTED) -> pd.DataFrame:
    table = cells(
        contributions,
        wanted,
        ("crossed", "turnover export export_share", ("domain", "size")),
        ("by_domain", "turnover turnover_share turnover_change", ("domain",)),
    )
    return protect.tables(table, contributions, wanted).cells


def closed(table: pd.DataFrame, *places: str) -> pd.DataFrame:
    """Return the table published whole, but for these places, in all years and variables."""
    table = table.assign(status="published", sign="")
    for column in ("value", "low", "high", "cv", "n"):
        table[column] = table[column].astype(float)
    hide = table["key"].str.split(":").str[1].isin(places)
    table.loc[hide, [*EMPTY, "status", "sign"]] = [*EMPTY.values(), "suppressed", "."]
    return table


def attacks(found: pd.DataFrame) -> set[tuple[str, str]]:
    """Return place and kind of attack of all findings."""
    return set(zip(found["place"], found["kind"], strict=True))


def crossed(sums: dict[tuple[str, str], list[float]], *hidden: str, weight: float = 1.0) -> set:
    """Return the attacks on turnover by domain and size with these cells hidden by hand."""
    contributions = firms(
        row
        for (domain, size), turnovers in sums.items()
        for row in several(turnovers, domain=domain, size=size)
    )
    contributions["weight"] = contributions["weight"].where(contributions["turnover"] > 2, weight)
    table = cells(contributions, WANTED, ("crossed", "turnover", ("domain", "size")))
    return attacks(audit.tables(closed(table, *hidden), contributions, WANTED))


def test_protected_tables_have_no_findings():
    found = audit.tables(protected(survey()), survey(), WANTED)

    assert found.empty
    assert list(found.columns) == [
        *("kind", "table", "variable", "reference_year", "place", "attacker", "reason")
    ]


def test_tables_read_back_from_a_file_are_audited_alike():
    written = protected(survey()).to_csv(index=False)
    read_back = pd.read_csv(io.StringIO(written))

    assert audit.tables(read_back, survey(), WANTED).empty
    read_back.loc[read_back["status"] == "suppressed", "value"] = 1.0
    assert set(audit.tables(read_back, survey(), WANTED)["kind"]) == {"value"}


def test_nothing_to_publish_is_nothing_to_find():
    nothing = protected(survey()).iloc[:0]

    assert audit.tables(nothing, survey(), WANTED).empty
    assert protect.tables(nothing, survey(), WANTED).cells.empty


def test_a_published_primary_is_found_and_not_quoted():
    contributions = survey()
    table = protected(contributions)
    key = "turnover:domain=air,size=large:2025"
    row = table["key"] == key
    table.loc[row, ["value", "status", "sign"]] = [100.0, "published", ""]
    found = audit.tables(table, contributions, WANTED)

    assert ("domain=air,size=large", "published") in attacks(found)
    assert set(found["reference_year"]) == {2025}
    assert "100" not in found.to_csv()


def test_a_secondary_that_is_given_back_is_found():
    contributions = survey()
    pattern = protected(contributions)
    secondaries = pattern["key"][
        (pattern["status"] == "suppressed")
        & (pattern["variable"] == "turnover")
        & ~pattern["key"].str.contains("domain=air,size=large")
    ].unique()
    whole = cells(contributions, WANTED, ("crossed", "turnover", ("domain", "size")))
    truth = whole.set_index("key")["value"]

    assert len(secondaries) == 6
    for key in secondaries:
        table = pattern.copy()
        row = table["key"] == key
        table.loc[row, ["status", "sign"]] = ["published", ""]
        table.loc[row, "value"] = truth[key]
        assert ("domain=air,size=large", "exact") in attacks(
            audit.tables(table, contributions, WANTED)
        )


BIG = {("sea", "large"): [900] * 4, ("sea", "small"): [800] * 4}


def test_two_hidden_in_every_line_may_still_be_too_close_from_above():
    # The company of 100 may rise only as far as land, large falls: by 4, where 10 is asked.
    found = crossed(
        {("air", "large"): [100], ("land", "large"): [1] * 4, **BIG},
        "domain=air",
        "domain=air,size=large",
        "domain=land",
        "domain=land,size=large",
    )

    assert ("domain=air,size=large", "upper") in found
    assert {attack for _, attack in found} == {"upper", "union"}


def test_two_hidden_in_every_line_may_still_be_too_close_from_below():
    # It falls only when air, small rises, so when land, small falls: by 4, where 10 is asked.
    found = crossed(
        {
            ("air", "large"): [100],
            ("air", "small"): [60] * 4,
            ("land", "large"): [70] * 4,
            ("land", "small"): [1] * 4,
            **BIG,
        },
        *(f"domain={d},size={s}" for d in ("air", "land") for s in ("large", "small")),
    )

    assert found == {("domain=air,size=large", "lower")}


def test_a_partner_that_is_large_by_its_weight_alone_is_no_cover():
    # Weighted, land, large is 120; as observed, which its interval tells, it is 4.
    sums = {("air", "large"): [100], ("land", "large"): [1] * 4, **BIG}
    hidden = ("domain=air", "domain=air,size=large", "domain=land", "domain=land,size=large")

    assert ("domain=air,size=large", "upper") in crossed(sums, *hidden, weight=30.0)


def test_the_units_outside_an_overlapping_code_are_attacked():
    rows = several([40] * 9, **{"area.sensors": 1}) + several([70], **{"area.sensors": 0})
    contributions = firms(rows)
    wanted = rules({"area": ["sensors"]}, overlapping=["area"])
    table = closed(cells(contributions, wanted, ("by_area", "turnover", ("area",))))

    found = audit.tables(table, contributions, wanted)
    assert attacks(found) == {("area!=sensors", "exact")}
    assert audit.tables(closed(table, "area=sensors"), contributions, wanted).empty


def test_units_that_a_table_forgets_are_attacked():
    rows = [*several([40] * 5, domain="air"), {"domain": None, "turnover": 70}]
    contributions = firms(rows)
    table = closed(cells(contributions, WANTED, ("by_domain", "turnover", ("domain",))))

    assert attacks(audit.tables(table, contributions, WANTED)) == {("domain=", "exact")}


def test_a_ratio_with_a_hidden_numerator_is_found():
    contributions = survey()
    table = protected(contributions)
    row = table["key"] == "export_share:domain=air,size=large:2025"
    table.loc[row, ["value", "status", "sign"]] = [20.0, "published", ""]

    assert attacks(audit.tables(table, contributions, WANTED)) == {
        ("domain=air,size=large", "derived")
    }


def test_a_change_at_few_units_is_found():
    contributions = survey()
    later = contributions["reference_year"] == 2025
    newcomers = later & ~contributions["unit"].isin(["u0001", "u0002"])
    contributions.loc[newcomers, "unit"] = "new " + contributions["unit"][newcomers]
    table = protected(contributions)
    assert audit.tables(table, contributions, WANTED).empty

    for place, reason in (("total", "few units"), ("domain=sea", "no unit")):
        planted = table.copy()
        row = table["key"] == f"turnover_change:{place}:2025"
        assert set(table["status"][row]) == {"suppressed"}, reason
        planted.loc[row, ["value", "status", "sign"]] = [0.0, "published", ""]
        assert attacks(audit.tables(planted, contributions, WANTED)) == {(place, "published")}


@pytest.mark.parametrize("column", ["value", "low", "high", "cv", "grade"])
def test_a_figure_left_in_a_hidden_cell_is_found(column):
    contributions = survey()
    table = protected(contributions)
    row = (table["key"] == "turnover:domain=air,size=large:2025") & (table["table"] == "crossed")
    table.loc[row, column] = "A" if column == "grade" else 0.1

    found = attacks(audit.tables(table, contributions, WANTED))
    assert ("domain=air,size=large", "value") in found


def test_a_cell_that_two_tables_give_differently_is_found():
    contributions = survey()
    table = protected(contributions)
    row = (table["key"] == "turnover:domain=sea:2025") & (table["table"] == "by_domain")
    other = table.copy()
    other.loc[row, "value"] += 0.2
    hidden = table.copy()
    hidden.loc[row, [*EMPTY, "status", "sign"]] = [*EMPTY.values(), "suppressed", "."]

    for planted in (other, hidden):
        assert ("domain=sea", "repeated") in attacks(audit.tables(planted, contributions, WANTED))


@pytest.mark.parametrize(("column", "value"), [("status", ""), ("status", "open"), ("sign", ".")])
def test_a_status_or_sign_that_nobody_decided_is_found(column, value):
    contributions = survey()
    table = protected(contributions)
    row = table["key"] == "export:domain=sea,size=small:2025"
    table.loc[row, column] = value

    assert ("domain=sea,size=small", "status") in attacks(
        audit.tables(table, contributions, WANTED)
    )


def test_respondents_that_tell_a_hidden_number_are_found():
    contributions = survey()
    table = protected(contributions)
    row = table["key"] == "turnover:domain=air,size=large:2025"
    assert table.loc[row, "status"].eq("suppressed").all()
    table.loc[row, "n"] = 1

    assert ("domain=air,size=large", "value") in attacks(audit.tables(table, contributions, WANTED))


def test_a_figure_of_other_records_is_found():
    contributions = survey()
    table = protected(contributions)
    row = table["key"] == "export:domain=sea,size=small:2025"
    table.loc[row, "value"] += 5

    assert attacks(audit.tables(table, contributions, WANTED)) == {
        ("domain=sea,size=small", "inconsistent")
    }


def test_a_key_that_names_another_cell_than_its_columns_is_found():
    contributions = survey()
    table = protected(contributions)
    row = (table["key"] == "export:domain=sea,size=small:2025") & (table["table"] == "crossed")
    table.loc[row, "size"] = "large"

    assert attacks(audit.tables(table, contributions, WANTED)) == {
        ("domain=sea,size=small", "inconsistent")
    }


@pytest.mark.parametrize(
    ("sums", "room"),
    [([-1.0, 1.0], [5.0, np.nan]), ([-1.0, np.inf], [5.0, 5.0]), ([-1.0, 1.0], [0.0, -5.0])],
)
def test_a_solver_without_an_answer_is_a_finding(sums, room):
    assert [hit.kind for hit in attacked(sums, room)] == ["solver"]


def test_two_equal_partners_hide_each_other():
    assert attacked([-1.0, 1.0], [5.0, 5.0]) == []


def attacked(sums: list[float], room: list[float]) -> list[Hit]:
    """Attack the first of two hidden spots that one equation ties, as an outsider."""
    nobody = sparse.csr_array((2, 0))
    part = Part(np.arange(2), sparse.csr_array(np.array([sums])), np.array(room), nobody)
    spots = (("turnover", frozenset({"domain=air"})), ("turnover", frozenset({"domain=sea"})))
    world = World(spots, nobody, nobody, nobody, np.zeros(2, dtype=bool), (), (), ())
    return list(attacked_in(world, part, Target(0, 1.0, 0.0, -1, False)))


def test_what_cannot_be_audited_is_refused():
    contributions = survey()
    table = protected(contributions)

    with pytest.raises(UnprotectedError, match="1 contribution"):
        worse = contributions.astype({"turnover": float})
        worse.loc[3, "turnover"] = -4711
        audit.tables(table, worse, WANTED)
    with pytest.raises(UnprotectedError, match="no holding"):
        audit.tables(table, contributions.assign(holding=None), WANTED)
    with pytest.raises(UnprotectedError, match="key"):
        audit.tables(table.assign(key="turnover"), contributions, WANTED)
    with pytest.raises(UnprotectedError, match="codebook"):
        audit.tables(table.assign(variable="turnovre"), contributions, WANTED)
    for nothing in ({"p": 0.0}, {"p": np.nan}, {"fewest": 0}):
        with pytest.raises(UnprotectedError, match="protects nothing"):
            audit.tables(table, contributions, rules(DIMENSIONS, **nothing))
    with pytest.raises(SchemaError):
        audit.tables(table.drop(columns="grade"), contributions, WANTED)
    with pytest.raises(SchemaError):
        audit.tables(table, contributions.drop(columns="size"), WANTED)


def test_an_imputed_value_covers_nobody():
    # With 30 imputed the others leave 6 behind 100 and 40: less than a tenth of 100.
    rows = several([100.0, 40, 30, 5, 1], domain="air") + several([60.0] * 5, domain="land")
    contributions = firms(rows)
    imputed = [0, 0, 1, 0, 0, *[0] * 5]
    wanted = rules({"domain": ["air", "land"]})
    table = cells(contributions, wanted, ("by_domain", "turnover", ("domain",)))
    open_table = protect.tables(table, contributions, wanted).cells
    flagged = contributions.assign(**{"imputed.turnover": imputed})

    assert audit.tables(open_table, contributions, wanted).empty
    found = audit.tables(open_table, flagged, wanted)
    assert set(zip(found["kind"], found["place"], strict=True)) == {("published", "domain=air")}
