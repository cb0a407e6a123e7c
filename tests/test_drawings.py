"""Small charts side by side, the map of tiles and the lines: what is hidden is nowhere in them."""

import re
from pathlib import Path

import editions
import pytest
from bs4 import BeautifulSoup
from test_present import opened

from nldtib.errors import ParameterError
from nldtib.pages import present
from nldtib.pages.present.tiles import SHADES, limits

TRUTH = editions.truth()
HIDDEN = [
    "organisations:growth_expectation=fall,military_domain=land:2025",
    "fte_defence:province=ZE:2025",
    "fte_defence:province=DR:2025",
    "organisations:cooperation=tno_joint:2025",
]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("drawings")
    editions.write(folder, editions.hidden(TRUTH, HIDDEN))
    return folder


def drawing(html) -> BeautifulSoup:
    return BeautifulSoup(html.data, "html.parser").select_one("figure svg")


def test_small_charts_have_a_panel_per_code_and_say_the_largest_of_each(outputs):
    shown = present.multiples(
        opened(outputs), "growth_expectation_by_military_domain", "organisations"
    )

    title = drawing(shown).title.get_text()

    assert all(
        f"{name}: het grootst is" in title
        for name in ("Maritiem", "Lucht en ruimte", "Land", "Veiligheid")
    )
    assert "Niet getoonde cijfers: 1." in title
    marked = {
        one["data-key"]: one.get_text().strip() for one in drawing(shown).select("[data-key]")
    }
    assert len(marked) == 5 * 4
    assert [key for key, text in marked.items() if text == "niet getoond"] == [HIDDEN[0]]


def test_small_charts_take_two_breakdowns(outputs):
    with pytest.raises(ParameterError, match=r"has 1 dimension\(s\)"):
        present.multiples(opened(outputs), "turnover_by_military_domain", "organisations")


def test_every_province_has_a_tile_and_hidden_ones_look_alike(outputs):
    shown = drawing(present.tiles(opened(outputs), "organisations_by_province", "fte_defence"))

    marked = {one["data-key"]: one.get_text() for one in shown.select("[data-key]")}

    assert len(marked) == 12
    hidden = [text for key, text in marked.items() if key in HIDDEN]
    assert [text.strip() for text in hidden] == ["niet getoond", "niet getoond"]
    shaded = [path for path in shown.select("path") if _fill(path) in SHADES]
    # Ten tiles that are shown, and the key.
    assert len(shaded) == 10 + len(SHADES)


def _fill(path) -> str:
    return re.sub(r".*fill: (#\w+).*", r"\1", path.get("style", ""))


def test_a_breakdown_without_a_map_is_refused(outputs):
    with pytest.raises(ParameterError, match="There is no map of tiles for military_domain"):
        present.tiles(opened(outputs), "turnover_by_military_domain", "organisations")


@pytest.mark.parametrize(
    ("values", "expected"),
    [([8.0, 3.0], [2, 4, 6, 8]), ([224.0], [100, 200, 300, 400]), ([], [0.25, 0.5, 0.75, 1.0])],
)
def test_classes_of_a_map_have_round_limits(values, expected):
    assert limits(values) == expected


def test_a_hidden_link_is_a_thin_dashed_line(outputs):
    shown = drawing(present.links(opened(outputs), "organisations_by_cooperation", "organisations"))

    dashed = [path for path in shown.select("path") if "stroke-dasharray" in path.get("style", "")]

    assert len(dashed) == 1 and "stroke-width: 0.8" in dashed[0]["style"]
    assert "Niet getoond: TNO: gezamenlijk onderzoek." in shown.title.get_text()


def test_links_need_codes_that_tie_two_things(outputs):
    with pytest.raises(ParameterError, match="do not tie two things together"):
        present.links(opened(outputs), "organisations_by_customer", "organisations")


def test_pieces_shown_together_keep_their_order(outputs):
    edition = opened(outputs)
    first, second = present.certainty(edition), present.colophon(edition)

    assert present.together(first, second).data == first.data + second.data
