"""An interval tells how far answers lie apart, so few answers have none: gate, audit and pages."""

import dataclasses

import editions
import numpy as np
import pandas as pd
import pytest
from small_tables import cells, firms, rules, several

from nldtib.gate import audit, protect
from nldtib.pages import cells as edition_files
from nldtib.pages import present
from nldtib.pages.present import figures, passports

DOMAINS = {"domain": ["air", "land"]}
PLAN = ("by_domain", "turnover export organisations export_share", ("domain",))
WANTED = dataclasses.replace(rules(DOMAINS), fewest_for_interval=10)
SPREAD = ["low", "high", "cv"]


def companies(air: int = 9, exporters: int = 12):
    """Return companies of much the same size; land has 12, of which some export."""
    rows = several([50.0] * air, domain="air") + several([50.0] * 12, domain="land")
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
    assert shown[["value", "n"]].notna().all(axis=None) and (shown["grade"] == "A").all()
    assert (shown[SPREAD].isna().any(axis=1) == shown[SPREAD].isna().all(axis=1)).all()
    return set(shown["key"][shown["low"].isna()])


def test_amounts_of_nine_have_no_interval_and_counts_have():
    air = {f"{name}:domain=air:2025" for name in ("turnover", "export", "export_share")}

    assert without(companies(air=9)) == air
    assert without(companies(air=10)) == set()


def test_an_answer_of_nought_does_not_count():
    land = {f"{name}:domain=land:2025" for name in ("export", "export_share")}

    assert without(companies(air=10, exporters=9)) == land


def test_a_change_over_nine_who_answered_twice_has_no_interval():
    now, before = companies(air=12), companies(air=9).assign(reference_year=2023)
    both = pd.concat([now, before], ignore_index=True)
    table = cells(both, WANTED, ("by_domain", "turnover turnover_change", ("domain",)))
    table["n"] = table["n"].where(table["key"] != "turnover_change:domain=air:2025", 9)
    found = protect.tables(table, both, WANTED).cells

    shown = found["status"] == "published"
    assert set(found["key"][shown & found["low"].isna()]) == {
        "turnover:domain=air:2023",
        "turnover_change:domain=air:2025",
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
