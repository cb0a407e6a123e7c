"""Groups of two rounds: a series goes on where the concordance allows, and is broken elsewhere."""

import dataclasses

import editions
import pytest
from bs4 import BeautifulSoup
from test_present import opened

from nldtib.pages import present

BASE = ("turnover_by_dis_area", "turnover_by_base_area")


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    folder = tmp_path_factory.mktemp("continued")
    now = editions.truth()
    editions.write(folder, editions.hidden(now, ["turnover_defence:size_class=lt25:2025"]))
    editions.write(folder, editions.truth(2024, seed=7), 2024)
    return opened(folder)


def rows_of(html) -> dict[str, list[str]]:
    page = BeautifulSoup(html.data, "html.parser")
    return {
        row.th.get_text(): [cell.get_text() for cell in row.find_all("td")]
        for row in page.select("tbody tr")
    }


def test_an_area_goes_on_where_it_means_the_same(edition):
    rows = rows_of(present.continued(edition, "turnover_defence", *BASE))

    assert len(rows) == 5
    *_, now, ends, becomes = rows["Robotica en autonome systemen"]
    assert becomes == "Autonome en onbemande systemen"
    value = edition.cells.set_index("key").loc["turnover_defence:base_area=autonomous:2025"]
    assert f"{value['value'] / 1000:,.0f}".replace(",", ".") == now and "–" in ends


def test_a_break_has_a_sign_and_its_reason(edition):
    rows = rows_of(present.continued(edition, "turnover_defence", *BASE))

    assert rows["Cyber"][2:4] == ["b breuk in de reeks"] * 2
    assert rows["Cyber"][4] == "breuk: gaat op in het ruimere Cyber en elektronische oorlogvoering"
    assert rows["Landwapensystemen"][4].startswith(
        "breuk: verdeeld, met andere, over Wapensystemen"
    )
    other = present.continued(edition, "turnover_defence", BASE[0], "turnover_by_nld_area")
    assert rows_of(other)["Cyber"][4] == "breuk: heeft geen tegenhanger"
    assert "b: breuk in de reeks" in other.data


def test_a_list_that_stayed_goes_on_by_its_codes_and_hides_what_is_hidden(edition):
    both = ("turnover_by_size_class",) * 2
    rows = rows_of(present.continued(edition, "turnover_defence", *both))

    assert len(rows) == 6 and all(len(cells) == 4 for cells in rows.values())
    assert rows["tot 25"][2:] == [". niet getoond"] * 2


def test_without_an_earlier_round_nothing_goes_on(edition):
    alone = dataclasses.replace(edition, earlier=(), concordance=None)

    assert "Er is geen eerdere editie" in present.continued(alone, "turnover_defence", *BASE).data
