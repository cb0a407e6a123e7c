"""The editing desk: what it puts first, what it shows, and that a decision is written once."""

import bs4
import pandas as pd
import pytest

from nldtib import produce, rounds
from nldtib.errors import InputError
from nldtib.records import synthetic
from nldtib.workbench import edit


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twin")
    synthetic.write(folder, 2026)
    return rounds.read(folder / "2026")


@pytest.fixture
def this_round(twin):
    """Give every test decisions of its own."""
    path = twin.folder / "decisions.csv"
    before = path.read_bytes()
    yield twin
    path.write_bytes(before)


@pytest.fixture(scope="module")
def desk(twin):
    return edit.opened(twin, "nl")


def parsed(desk, item) -> bs4.BeautifulSoup:
    return bs4.BeautifulSoup(edit.card(desk, item), "html.parser")


def test_the_undecided_unit_error_comes_first_on_three_lists(desk):
    (unit,) = set(desk.edits.suspects["unit"])

    for name in ("scores", "unit_errors"):
        assert edit.worklist(desk, name)[0].unit == unit
    assert unit in {item.unit for item in edit.worklist(desk, "hard")}
    assert len(edit.worklist(desk, "scores")) == desk.this_round.parameters.edit.scores.shown


def test_a_card_shows_the_answers_beside_register_and_findings(desk):
    item = edit.worklist(desk, "unit_errors")[0]
    page = parsed(desk, item)

    heads = [cell.get_text() for cell in page.select("thead th")]
    rows = [cell.get_text() for cell in page.select("tbody th")]
    assert heads == ["Variabele", "2023", "2024", "2025"]
    assert {"Totale omzet", "Register: werknemers", "Register: omzet (x € 1.000)"} <= set(rows)
    assert all(cell["scope"] in ("row", "col") for cell in page.select("th"))
    assert len(page.select("td.chosen")) == 1
    told = page.select_one("ul").get_text()
    assert "vergelijkingen wijzen op een factor 1.000" in told
    assert "omzet per fte is aannemelijk (hard)" in told


def test_a_name_is_text_and_never_markup(desk):
    frame = desk.gathered.known.frame
    item = edit.worklist(desk, "scores")[0]
    before = frame["name"].copy()
    frame.loc[frame["unit"] == item.unit, "name"] = "<script>alert(1)</script>"

    page = parsed(desk, item)
    frame["name"] = before

    assert page.select("script") == []
    assert "<script>" in page.select_one("caption").get_text()


def test_a_decision_is_appended_and_the_answer_leaves_the_list(this_round):
    desk = edit.opened(this_round, "nl")
    path = this_round.folder / "decisions.csv"
    before, item = path.read_text("utf-8"), edit.worklist(desk, "unit_errors")[0]
    row = desk.edits.suspects.iloc[0]

    after = edit.decided(desk, item, f"{row['new']:.0f}", "whole euros", "analyst 2")

    written = path.read_text("utf-8")
    assert written.startswith(before)
    line = pd.read_csv(path, dtype=str, keep_default_na=False).iloc[-1]
    assert line[["unit", "variable", "year"]].tolist() == [item.unit, item.variable, str(item.year)]
    assert float(line["old"]) == row["old"] and float(line["new"]) == row["new"]
    assert item not in edit.worklist(after, "unit_errors")
    # What was written is what a run of the round applies.
    changes = produce.prepare(this_round).edits.changes
    mine = changes[(changes["unit"] == item.unit) & (changes["variable"] == item.variable)]
    assert "corrected" in mine.loc[mine["reference_year"] == item.year, "origin"].tolist()


def test_a_confirmed_answer_stays_as_it_is_and_leaves_the_lists(this_round):
    desk = edit.opened(this_round, "en")
    item = edit.worklist(desk, "scores")[0]
    value = desk.edits.decided.set_index(["unit", "reference_year"])[item.variable]

    after = edit.decided(desk, item, None, "checked by telephone", "analyst 2")

    now = after.edits.records.set_index(["unit", "reference_year"])[item.variable]
    assert now[item.unit, item.year] == value[item.unit, item.year]
    assert item not in edit.worklist(after, "scores")
    assert "confirmed" in parsed(after, item).select_one("table").get_text()


@pytest.mark.parametrize(
    ("new", "reason", "who", "sentence"),
    [
        ("1.528", "whole euros", "analyst", "1528 of 12.5"),
        ("=1+1", "whole euros", "analyst", "1528 of 12.5"),
        ("1528", " ", "analyst", "lack a unit, variable, reason"),
        ("1528", "whole euros", "", "lack a unit, variable, reason"),
    ],
)
def test_a_decision_that_cannot_stand_is_not_written(this_round, desk, new, reason, who, sentence):
    before = (this_round.folder / "decisions.csv").read_bytes()

    with pytest.raises(InputError, match=sentence):
        edit.decided(desk, edit.worklist(desk, "scores")[0], new, reason, who)

    assert (this_round.folder / "decisions.csv").read_bytes() == before


# --- the app


def widgets(app) -> dict:
    found, waiting = {}, [app]
    while waiting:
        one = waiting.pop(0)
        waiting += list(getattr(one, "children", ()))
        if getattr(one, "description", ""):
            found[one.description] = one
    return found


def test_every_control_has_a_name_and_the_app_walks_through_a_list(this_round):
    app = edit.panel(this_round)
    controls = widgets(app)

    assert list(controls) == [
        "Werklijst",
        "Antwoord",
        "Nieuwe waarde",
        "Reden",
        "Wie besluit",
        "Leg de nieuwe waarde vast",
        "Bevestig het antwoord",
    ]
    controls["Werklijst"].value = "unit_errors"
    first = controls["Antwoord"].value
    controls["Reden"].value, controls["Wie besluit"].value = "hele euro's", "analist 2"
    controls["Nieuwe waarde"].value = "1"
    controls["Leg de nieuwe waarde vast"].click()

    assert "Vastgelegd in decisions.csv" in app.children[-1].value
    assert 'role="status"' in app.children[-1].value
    assert controls["Antwoord"].value != first
    assert controls["Nieuwe waarde"].value == ""
    assert controls["Reden"].value == "hele euro's"


def test_a_refusal_is_one_sentence_in_the_app(this_round):
    app = edit.panel(this_round)

    widgets(app)["Bevestig het antwoord"].click()

    assert 'role="alert"' in app.children[-1].value
    assert "Complete decisions.csv" in app.children[-1].value


def test_a_round_that_cannot_be_opened_is_one_sentence(tmp_path):
    app = edit.panel(tmp_path / "1999")

    assert widgets(app) == {}
    assert "There is no round" in app.children[-1].value
