"""Fourteen ways in which earlier figures were misread or misprinted; none can happen here.

Each test names the trap. What was printed stays in data/reference/ as it was printed.
"""

import re
from pathlib import Path

import editions
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from test_present import opened

from nldtib.pages import present
from nldtib.pages.cells import Edition
from nldtib.pages.present import changes, charts, figures, passports, telling

TRUTH = editions.truth()
PUBLISHED = Path(__file__).resolve().parents[1] / "data" / "reference" / "published.csv"


@pytest.fixture(scope="module")
def edition(tmp_path_factory) -> Edition:
    folder = tmp_path_factory.mktemp("traps")
    editions.write(folder, TRUTH)
    return opened(folder)


@pytest.fixture(scope="module")
def printed() -> pd.DataFrame:
    return pd.read_csv(PUBLISHED).query("code == 'total' and edition == 2024")


def plain(html: str) -> str:
    text = BeautifulSoup(html, "html.parser").get_text()
    return text.replace("\u00a0", " ").replace("\u2060", "")


def sentences(edition: Edition) -> dict[str, str]:
    """Return the sentence to copy of every figure, by its key."""
    found = {}
    for row in edition.cells.drop_duplicates("key").to_dict("records"):
        figure = figures.of_row(row, figures.variable(edition, row["variable"]))
        said = passports.sentence(edition, figure, row["key"].split(":")[1])
        found[row["key"]] = said.replace("\u00a0", " ")
    return found


def test_1_jobs_in_research_are_not_printed_as_defence_jobs(printed):
    jobs = printed[printed["reference_year"] == 2006].set_index("variable")["value"]

    assert (jobs["fte_defence"], jobs["fte_rd"]) == (15770, 14230)


def test_2_the_first_point_keeps_its_year_in_every_table_and_chart(edition):
    for variable in ("turnover_defence", "defence_share", "export_defence"):
        shown = BeautifulSoup(present.series(edition, variable).data, "html.parser")
        years = [row.th.get_text() for row in shown.tbody.find_all("tr")]
        assert years[0] == "2006" and years == sorted(years)
        assert "2006" in [text.get_text() for text in shown.svg.find_all("text")]


def test_3_growth_comes_from_unrounded_figures():
    about = editions.rounds.read_codebook(2026, editions.ROOT).variables["turnover_defence"]
    first, last = (
        figures.Figure(about, year, "published", value)
        for year, value in ((2021, 4_654_000.0), (2023, 7_746_000.0))
    )

    # Both round to the printed 4.7 and 7.7, which would give 63.8.
    assert changes.between(first, last).size == pytest.approx(66.4, abs=0.05)


def test_4_a_figure_is_rounded_once_and_alike_in_sentence_table_and_fact(edition):
    for variable in ("defence_share", "export_share", "rd_intensity", "turnover_defence"):
        said = figures.said(edition, figures.total(edition, variable)).replace("\u00a0", " ")
        assert said in plain(telling.told(edition, f"{{{variable}}}"))
        assert said in sentences(edition)[f"{variable}:total:2025"]
        assert said in plain(present.passport(edition, f"{variable}:total").data)


def test_5_an_export_share_names_defence_turnover_as_its_base(edition):
    said = sentences(edition)["export_share:total:2025"]

    assert re.search(r"\d+,\d % van de defensieomzet", said)
    assert "helft" not in said


def test_6_a_share_of_organisations_cannot_be_read_as_growth(edition):
    for key, said in sentences(edition).items():
        about = figures.variable(edition, key.split(":")[0])
        if about.statistic == "share":
            assert f"% {about.base.nl}" in said, key
            assert about.base.nl.startswith("van ")
        assert "groei" not in said


def test_7_every_percentage_names_the_base_that_it_was_divided_by(edition):
    for key, said in sentences(edition).items():
        about = figures.variable(edition, key.split(":")[0])
        if about.unit_of_measure == "percent":
            assert about.base.nl and said.count(about.base.nl) == 1, key
    # 38 % of defence jobs was once quoted as 38 % of turnover.
    jobs = figures.variable(edition, "fte_defence_share")
    assert jobs.denominator == "fte_total" and jobs.base.nl == "van het totaal fte"


def test_8_a_printed_share_agrees_with_its_parts(printed):
    values = printed.pivot_table(index="reference_year", columns="variable", values="value")
    export = 100 * values["export_defence"] / values["turnover_defence"]
    # The European table, whose shares do not follow from its own parts, is not among our figures.
    assert ((export - values["export_share"]).abs().dropna() < 1.5).all()
    assert not pd.read_csv(PUBLISHED)["variable"].str.contains("europe").any()


def test_9_a_year_has_one_share_with_its_source(printed):
    shares = printed[printed["variable"] == "defence_share"]

    assert not shares.duplicated("reference_year").any()
    assert shares.set_index("reference_year").loc[2021, "value"] == 10.6
    assert shares["source"].notna().all()


def test_10_groups_that_overlap_have_no_sum_and_say_so(edition):
    for plan in edition.tables.values():
        if len(plan.by) == 1 and edition.codebook.dimensions[plan.by[0]].overlapping:
            shown = BeautifulSoup(present.table(edition, plan.name).data, "html.parser")
            heads = [row.th.get_text() for row in shown.tbody.find_all("tr")]
            assert "Totaal" not in heads
            assert "tellen niet op" in shown.select_one(".legend").get_text()


def test_11_every_sentence_names_the_year_that_its_figure_describes(edition):
    for key, said in sentences(edition).items():
        about = figures.variable(edition, key.split(":")[0])
        year = key.rpartition(":")[2]
        period = f"van 2023 tot {year}" if about.statistic == "change" else f"in {year}"
        assert f" {period}: " in said, key


def test_12_what_a_page_says_in_words_is_what_its_chart_shows(edition):
    table, variable = "turnover_by_chain_position", "turnover_defence"
    largest = plain(telling.told(edition, f"{{largest:{table}/{variable}}}"))
    label, _, value = largest.rstrip(")").partition(" (")

    seen = charts.alternative(edition, "x", charts.ordered(edition, table, variable))

    assert f"Het grootst is {label} met {value}" in seen.replace("\u00a0", " ")


def test_13_an_estimate_is_called_one_and_no_forecast_is_among_the_figures(edition):
    published = pd.read_csv(PUBLISHED)
    turnover = published[published["variable"] == "turnover_defence"]

    assert 2024 not in set(turnover["reference_year"])  # 9.3 bn for 2024 was a forecast
    assert set(published["certainty"]) <= {"exact", "inferred", "secondary", "derived"}
    assert all("naar schatting" in said for said in sentences(edition).values())


def test_14_population_approached_and_answered_are_kept_apart(edition, printed):
    counted = printed[printed["variable"] == "organisations"].set_index("reference_year")
    assert counted.loc[[2014, 2017], "note"].str.contains("surveyed").all()

    said = plain(present.masthead(edition).data)
    assert "286 van 1.050 benaderde organisaties gaven een bruikbaar antwoord" in said
    assert figures.variable(edition, "organisations").base.nl == "populatie"


def test_every_trap_has_its_test():
    numbers = [int(name.split("_")[1]) for name in globals() if re.match(r"test_\d", name)]

    assert numbers == list(range(1, 15))
