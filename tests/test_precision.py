"""An interval tells how far answers lie apart, so few answers have none: gate, audit and pages."""

import dataclasses

import editions
import numpy as np
import pandas as pd
import pytest
from small_tables import cells, firms, rules, several

from nldtib.errors import UnprotectedError
from nldtib.gate import audit, ledger, protect
from nldtib.pages import cells as edition_files
from nldtib.pages import present
from nldtib.pages.present import figures, passports

DOMAINS = {"domain": ["air", "land", "sea"]}
PLAN = ("by_domain", "turnover export organisations export_share", ("domain",))
WANTED = dataclasses.replace(rules(DOMAINS), fewest_for_interval=10)
SPREAD = ["low", "high", "cv"]


def companies(air: int = 9, exporters: int = 12):
    """Return companies of much the same size; land has 12, of which some export, and sea 20."""
    sizes = {"air": air, "land": 12, "sea": 20}
    rows = [row for name, count in sizes.items() for row in several([50.0] * count, domain=name)]
    found = firms(rows).assign(export=10.0)
    found["unit"] = found["domain"] + found.groupby("domain").cumcount().astype(str)
    found["holding"] = found["unit"]
    land = found["domain"] == "land"
    found.loc[found.index[land][exporters:], "export"] = 0.0
    return found


def without(contributions) -> set[str]:
    """Return keys that are published without interval."""
    found = protect.tables(cells(contributions, WANTED, PLAN), contributions, WANTED).cells
    assert audit.tables(found, contributions, WANTED).empty
    shown = found[found["status"] == "published"]
    assert shown[["value", "n"]].notna().all(axis=None)
    assert (shown["grade"] == shown["low"].isna().map({True: "E", False: "A"})).all()
    assert (shown[SPREAD].isna().any(axis=1) == shown[SPREAD].isna().all(axis=1)).all()
    return set(shown["key"][shown["low"].isna()])


def keys(*domains: str, of: str = "turnover export export_share") -> set[str]:
    return {f"{name}:domain={domain}:2025" for name in of.split() for domain in domains}


def test_amounts_of_nine_have_no_interval_and_counts_have():
    # Land goes with air: it has the fewest answers of those that would tell by subtraction.
    assert without(companies(air=9)) == keys("air", "land")
    assert without(companies(air=10)) == set()


def test_a_grade_of_few_answers_tells_their_spread_and_is_found():
    contributions = companies(air=9)
    ours = protect.tables(cells(contributions, WANTED, PLAN), contributions, WANTED).cells
    air = ours["key"] == "turnover:domain=air:2025"
    assert ours.loc[air, "grade"].item() == "E"

    ours.loc[air, "grade"] = "D"
    assert audit.tables(ours, contributions, WANTED)["kind"].tolist() == ["spread"]


def test_the_end_of_a_grade_bounds_the_largest_of_three_answers():
    answers = np.array([60.0, 30, 30])
    assert answers.std(ddof=1) / answers.mean() / np.sqrt(3) == pytest.approx(0.25)
    # Who gave 30 knows that the others make 90; a cv of at most 0.25 leaves 60 at most.
    first = np.arange(45.0, 90.5, 0.5)
    spread = np.std([first, 90 - first, np.full_like(first, 30)], axis=0, ddof=1)

    assert first[spread / 40 / np.sqrt(3) <= 0.25 + 1e-9].max() == 60


def test_an_answer_of_nought_does_not_count():
    found = without(companies(air=10, exporters=9))

    assert found == keys("air", "land", of="export export_share")


def test_a_change_over_nine_who_answered_twice_has_no_interval():
    now, before = companies(air=12), companies(air=9).assign(reference_year=2023)
    both = pd.concat([now, before], ignore_index=True)
    table = cells(both, WANTED, ("by_domain", "turnover turnover_change", ("domain",)))
    table["n"] = table["n"].where(table["key"] != "turnover_change:domain=air:2025", 9)
    found = protect.tables(table, both, WANTED).cells

    shown = found["status"] == "published"
    assert set(found["key"][shown & found["low"].isna()]) == {
        "turnover:domain=air:2023",
        "turnover:domain=land:2023",
        "turnover_change:domain=air:2025",
        "turnover_change:domain=land:2025",
    }
    assert audit.tables(found, both, WANTED).empty


@pytest.mark.parametrize("column", SPREAD)
def test_a_spread_that_is_left_is_found(column):
    contributions = companies()
    table = cells(contributions, WANTED, PLAN)
    ours = protect.tables(table, contributions, WANTED).cells
    row = ours["key"] == "turnover:domain=air:2025"
    ours.loc[row, column] = table.loc[row, column]

    found = audit.tables(ours, contributions, WANTED)

    assert set(found["kind"]) == {"spread"} and set(found["place"]) == {"domain=air"}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", "geen interval: te weinig antwoorden boven nul"),
        ("en", "no interval: too few answers above zero"),
    ],
)
def test_pages_say_why_there_is_no_interval(tmp_path, monkeypatch, language, said):
    monkeypatch.setenv("NLDTIB_OUTPUTS", str(tmp_path))
    truth = editions.truth()
    key = "turnover_defence:military_domain=land:2025"
    truth.loc[truth["key"] == key, SPREAD] = np.nan
    editions.write(tmp_path, truth)
    edition = edition_files.read(2026, "first", language=language)

    page = present.bars(edition, "turnover_by_military_domain", "turnover_defence").data
    assert f": {said}" in page and f">{said}</td>" in page
    assert said in present.passport(edition, key).data
    figure = figures.by_key(edition, key, "turnover_defence", 2025)
    sentence = passports.sentence(edition, figure, "military_domain=land")
    assert f"({said};" in sentence or f"({said})" in sentence


def test_the_spread_of_three_follows_from_the_margin_and_the_others(monkeypatch):
    contributions = companies(air=3)
    contributions.loc[contributions["domain"] == "air", "turnover"] = [50.0, 40, 30]
    by_domain = contributions["turnover"].groupby(contributions["domain"])
    squares = by_domain.agg(lambda answers: (answers**2).sum())
    # What a reader has of air by subtraction is what its own interval would tell.
    rest = (contributions["turnover"] ** 2).sum() - squares["land"] - squares["sea"]
    assert rest == squares["air"] == 5000

    assert without(contributions) == keys("air", "land")
    monkeypatch.setattr(protect.precision.spreads, "closed", lambda *_: set())
    table = cells(contributions, WANTED, PLAN)
    ours = protect.tables(table, contributions, WANTED).cells
    found = audit.tables(ours, contributions, WANTED)
    assert set(found["kind"]) == {"spread"} and set(found["place"]) == {"domain=air"}


def crossed(**sizes: list[int]) -> pd.DataFrame:
    """Return companies by domain and province: so many in the north, so many in the south."""
    rows = [
        row
        for domain, counts in sizes.items()
        for province, count in zip(("north", "south"), counts, strict=True)
        for row in several([50.0] * count, domain=domain, province=province)
    ]
    return firms(rows).assign(export=10.0)


TWO_WAYS = dataclasses.replace(
    rules({"domain": ["air", "land"], "province": ["north", "south"]}), fewest_for_interval=10
)


@pytest.mark.parametrize(
    ("sizes", "withheld"),
    [
        # The north has eight, so the south goes, and what is in it.
        ({"air": [4, 30], "land": [4, 30]}, 6),
        # Seven in a corner: what is taken from its row must not come back through its column.
        ({"air": [7, 30], "land": [30, 30]}, 4),
    ],
)
def test_no_spread_of_few_follows_in_two_directions(monkeypatch, sizes, withheld):
    contributions = crossed(**sizes)
    table = cells(contributions, TWO_WAYS, ("both", "turnover", ("domain", "province")))

    ours = protect.tables(table, contributions, TWO_WAYS).cells

    assert (ours["low"].isna() & (ours["status"] == "published")).sum() == withheld
    assert audit.tables(ours, contributions, TWO_WAYS).empty
    again = ours["low"].isna() & (ours["n"] >= 10)
    for number in ours.index[again]:
        told = ours.copy()
        told.loc[number, SPREAD] = table.loc[number, SPREAD]
        assert set(audit.tables(told, contributions, TWO_WAYS)["kind"]) == {"spread"}


def test_an_interval_of_an_earlier_edition_stays_told():
    contributions = companies(air=9)
    table = cells(contributions, WANTED, PLAN)
    ours = protect.tables(table, contributions, WANTED).cells
    told = dataclasses.replace(WANTED, fewest_for_interval=0)
    before = protect.tables(table, contributions, told).cells
    air = before["key"].isin(keys("air"))
    before.loc[air, SPREAD] = np.nan
    released = ledger.Ledger((ledger.Release(None, before, contributions),))

    found = audit.tables(ours, contributions, WANTED, released)

    assert set(found["kind"]) == {"spread"} and set(found["place"]) == {"domain=air"}
    with pytest.raises(UnprotectedError, match="published before"):
        protect.tables(table, contributions, WANTED, released)
