"""What left the room stays a fact: the ledger, and editions that are decided together with it."""

import pandas as pd
import pytest
from small_tables import cells, firms, rules, several

from nldtib.errors import InputError, UnprotectedError
from nldtib.gate import ledger, protect

DOMAINS = {"domain": ["air", "land", "sea"]}
PLAN = ("by_domain", "turnover", ("domain",))


def companies() -> list[dict]:
    return [row for code in DOMAINS["domain"] for row in several([40, 50, 60, 45], domain=code)]


def released(folder, contributions, edition="draft", recipients=()) -> pd.DataFrame:
    """Protect a table with all that the folder remembers, note it there, and return its cells."""
    wanted = rules(DOMAINS)
    table = cells(contributions, wanted, PLAN)
    about = ledger.about([contributions.to_csv().encode()])
    known = ledger.read([folder]).before(edition, about)
    found = protect.tables(table, contributions, wanted, known)
    if not ledger.read([folder]).holds(edition, about):
        ledger.add(folder, "2026", edition, about, found.cells, contributions, recipients)
    return found.cells.set_index("key")


def test_one_late_respondent_is_not_told_by_two_editions(tmp_path):
    late = several([70], domain="air")
    first = released(tmp_path, firms(companies()))
    second = released(tmp_path, firms(companies() + late), "first")

    assert set(first["status"]) == {"published"}
    hidden = set(second.index[second["status"] == "suppressed"])
    assert hidden == {"turnover:total:2025", "turnover:domain=air:2025"}
    alone = released(tmp_path / "elsewhere", firms(companies() + late), "first")
    assert set(alone["status"]) == {"published"}


def test_many_late_respondents_are_a_revision_that_passes(tmp_path):
    released(tmp_path, firms(companies()))
    second = released(
        tmp_path, firms(companies() + several([70, 60, 65, 55], domain="air")), "first"
    )

    assert set(second["status"]) == {"published"}


def test_the_same_edition_again_is_the_same_and_adds_no_line(tmp_path):
    contributions = firms(companies() + several([5], domain="air"))
    one = released(tmp_path, contributions)
    other = released(tmp_path, contributions)

    pd.testing.assert_frame_equal(one, other)
    assert len(ledger.read([tmp_path]).releases) == 1


def test_a_draft_that_was_never_shown_counts_no_more_once_that_is_signed(tmp_path):
    released(tmp_path, firms(companies()), recipients=["a reader"])
    path = tmp_path / ledger.WITHDRAWN
    path.write_text("number,who,date,reason\n1,,2026-11-24,never sent\n", encoding="utf-8")
    with pytest.raises(InputError, match="Sign it"):
        ledger.withdraw(tmp_path)
    path.write_text("number,who,date,reason\n1,An,2026-11-24,never sent\n", encoding="utf-8")

    assert ledger.withdraw(tmp_path) == 1 and ledger.withdraw(tmp_path) == 0
    assert ledger.read([tmp_path]).releases == ()
    entries = (tmp_path / ledger.FOLDER / ledger.ENTRIES).read_text(encoding="utf-8")
    assert "a reader" in entries and "An 2026-11-24: never sent" in entries


@pytest.mark.parametrize("harm", ["line", "table", "list"])
def test_a_ledger_that_was_changed_is_not_believed(tmp_path, harm):
    released(tmp_path, firms(companies()))
    folder = tmp_path / ledger.FOLDER
    entries = folder / ledger.ENTRIES
    if harm == "line":
        entries.write_text(entries.read_text("utf-8").replace("draft", "other"), "utf-8")
    elif harm == "list":
        entries.unlink()
    else:
        table = next(path for path in folder.iterdir() if path.name != ledger.ENTRIES)
        table.write_text(table.read_text("utf-8") + "one more\n", "utf-8")

    with pytest.raises(UnprotectedError, match="cannot be trusted"):
        ledger.read([tmp_path])


def test_a_waiver_opens_what_its_holding_would_close():
    contributions = firms(several([40] * 4, domain="air") + several([900, 9, 9, 9], domain="land"))
    wanted = rules({"domain": ["air", "land"]})
    table = cells(contributions, wanted, PLAN)
    closed = protect.tables(table, contributions, wanted).cells
    waived = protect.Waiver("u0004", "An", "2026-11-24", "turnover")
    opened = protect.tables(
        table,
        contributions,
        protect.Rules(3, 10.0, wanted.variables, wanted.dimensions, 0, 100.0, (waived,)),
    ).cells

    assert "suppressed" in set(closed["status"])
    assert set(opened["status"]) == {"published"}
