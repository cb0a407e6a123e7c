"""What an earlier round expected, scored by what a later one measured; and pictures of quality."""

import dataclasses
import re

import editions
import pytest
from bs4 import BeautifulSoup
from test_present import opened

from nldtib.pages import present
from nldtib.pages.present import scoring

OUTCOME = "turnover_defence_change:total:2025"
SPACE = "\u00a0"


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """Return a round that measured 21 % (10.25 to 44 %) in two years, after one that expected."""
    folder = tmp_path_factory.mktemp("scored")
    figures = editions.truth()
    measured = {"value": 21.0, "low": 10.25, "high": 44.0}
    for name, value in measured.items():
        figures.loc[figures["key"] == OUTCOME, name] = value
    editions.write(folder, figures)
    before = editions.truth(2024, seed=7)
    hidden = ["organisations_share:growth_expectation=large_fall:2023"]
    editions.write(folder, editions.hidden(before, hidden), 2024)
    return folder


def shown(edition) -> BeautifulSoup:
    return BeautifulSoup(present.scored(edition).data, "html.parser")


def said(element) -> str:
    return " ".join(element.get_text().replace(SPACE, " ").split())


def test_growth_of_two_years_is_told_by_the_year():
    # 1.1 times 1.1 is 1.21, and 1.05 times 1.05 is 1.1025.
    assert scoring.yearly(21.0, 2) == pytest.approx(10.0)
    assert scoring.yearly(10.25, 2) == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("low", "high", "classes"),
    [
        (5, 20, ["rise", "large_rise"]),
        (11, 20, ["large_rise"]),
        (1, 9, ["rise"]),
        (-2, 3, ["fall", "same", "rise"]),
        (-30, -11, ["large_fall"]),
    ],
)
def test_an_interval_reaches_into_the_classes_that_it_meets(low, high, classes):
    limits = scoring._asked()[0]["classes"]
    assert [name for name, ends in limits.items() if scoring.reaches(low, high, *ends)] == classes


def test_what_came_true_is_said_with_both_bases(expected):
    edition = opened(expected)
    lines = [said(line) for line in shown(edition).select("p.sentences")]

    assert "met +21,0 % van de defensieomzet in het eerste jaar" in lines[0]
    assert "ofwel +10,0 % per jaar (95 %-interval 5,0 tot 20,0 %)" in lines[0]
    assert re.search(r"‘stijging \(tot 10 %\)’ \([\d,]+ % van alle organisaties\)", lines[0])
    assert "verwachtte als ‘meer’ (" in lines[1]
    assert "telt organisaties" in said(shown(edition).select_one(".note"))


def test_the_chart_marks_the_classes_that_came_true_and_hides_what_was_hidden(expected):
    chart = shown(opened(expected)).select("figure")[0]
    texts = [said(one) for one in chart.svg.find_all("text")]

    assert texts.count("gemeten hier") == 2 and texts.count("niet getoond") == 1
    assert said(chart.svg.title).startswith("Verwachte groei van de defensieomzet, zoals gevraagd")


def test_an_outcome_that_is_not_shown_scores_nothing(expected, tmp_path):
    editions.write(tmp_path, editions.hidden(editions.truth(), [OUTCOME]))
    editions.write(tmp_path, editions.truth(2024), 2024)
    page = shown(opened(tmp_path))

    assert "is niet te zeggen" in said(page.select_one("p.sentences"))
    assert "gemeten hier" not in said(page.select("figure")[0])


def test_nothing_is_shown_where_no_round_came_before(expected):
    alone = dataclasses.replace(opened(expected), earlier=())

    assert present.scored(alone).data == ""


@pytest.mark.parametrize(
    ("topic", "measures", "seen"),
    [
        ("balance", {"before": (-12.5, 3.0), "after": (0.5, 1.5)}, ["land", "(−12,5)", "(1,5)"]),
        (
            "propensity",
            {"odds_ratio": (0.25, 2.0), "low": (0.1, 1.5), "high": (0.6, 3.0)},
            ["land", "0,3 keer"],
        ),
    ],
)
def test_a_picture_of_quality_says_what_is_furthest_from_even(expected, topic, measures, seen):
    rows = [
        (topic, item, name, two[place])
        for name, two in measures.items()
        for place, item in enumerate(("land", "maritime"))
    ]
    edition = opened(expected)
    quality = type(edition.quality)(rows, columns=["topic", "item", "measure", "value"])
    page = BeautifulSoup(
        present.quality(dataclasses.replace(edition, quality=quality)).data, "html.parser"
    )
    (chart,) = page.select("figure")

    for words in seen:
        assert words.lower() in said(chart.svg.title).lower()
    assert len(chart.find_next("details").select("tbody tr")) == 2


def test_rival_totals_are_drawn_beside_the_published_one(expected):
    edition = opened(expected)
    total = edition.cells.set_index("key").loc["fte_defence:total:2025"].iloc[0]["value"]
    rows = [
        ("rivals", "fte_defence", "lowest_total", 0.9 * total),
        ("rivals", "fte_defence", "highest_total", 1.3 * total),
    ]
    quality = type(edition.quality)(rows, columns=["topic", "item", "measure", "value"])
    page = present.quality(dataclasses.replace(edition, quality=quality)).data

    assert re.search(r"een andere behandeling van Defensie-fte: 130,0", page)
