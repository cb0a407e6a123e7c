"""The page of facts: every figure with sentences to copy, and what was asked in the House."""

import dataclasses
import re
from pathlib import Path

import editions
import pytest
from bs4 import BeautifulSoup
from test_present import opened

from nldtib.pages import present
from nldtib.pages.export import gates, page
from nldtib.pages.present import figures, lookup, numbers

TRUTH = editions.truth()
SPACE = "\u00a0"


def plain(element) -> str:
    return element.get_text().replace(SPACE, " ")


HIDDEN = ["turnover_defence:military_domain=land:2025", "fte_defence:total:2023"]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("facts")
    editions.write(folder, editions.hidden(TRUTH, HIDDEN))
    return folder


@pytest.fixture(autouse=True)
def in_full(monkeypatch) -> None:
    """Tell all figures of the made edition in full; it has more than a real one."""
    monkeypatch.setattr(lookup, "MOST_TOLD", 5_000)


def shown(outputs: Path, language: str = "nl") -> BeautifulSoup:
    return BeautifulSoup(present.facts(opened(outputs, language=language)).data, "html.parser")


def by_key(soup: BeautifulSoup) -> dict[str, object]:
    found = soup.select("section > details[data-key]")
    assert len({one["data-key"] for one in found}) == len(found)
    return {one["data-key"]: one for one in found}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_published_figure_is_a_fact_with_a_sentence_in_each_language(outputs, language):
    edition = opened(outputs, language=language)
    cells = edition.cells.drop_duplicates("key")

    told = by_key(shown(outputs, language))

    parts = [name for name, about in edition.codebook.variables.items() if about.is_part]
    published = cells[(cells["status"] == "published") & ~cells["variable"].isin(parts)]
    crossed = published["key"].str.contains(lookup.CROSSED)
    assert set(told) == set(published.loc[~crossed, "key"])
    other = {"nl": "en", "en": "nl"}[language]
    for fact in told.values():
        sentences = [line for line in fact.find_all("p") if "NLDTIB" in line.get_text()]
        assert [line.get("lang") for line in sentences] == [None, other]


def test_a_figure_of_two_breakdowns_is_one_line_and_is_searched_as_well(outputs):
    line = shown(outputs).select_one(
        'section > p[data-key="organisations:military_domain=land,size_class=lt25:2025"]'
    )

    assert re.search(r"Land, tot 25.*, 2025: [0-9.]+ organisaties \(n = \d+; graad", plain(line))


def test_a_fact_says_figure_interval_and_base_as_in_the_cells(outputs):
    fact = by_key(shown(outputs))["export_share:military_domain=maritime:2025"]
    cell = TRUTH[TRUTH["key"] == fact["data-key"]].iloc[0]

    said = fact.get_text(" ").replace(SPACE, " ")

    low, high = (numbers.number(cell[end], 1, "nl") for end in ("low", "high"))
    value = numbers.number(cell["value"], 1, "nl")
    assert f"naar schatting {value} % van de defensieomzet" in said
    assert f"(95 %-interval {low} tot {high} %;" in said


def test_an_amount_names_its_base_as_well(outputs):
    said = by_key(shown(outputs))["turnover_defence:total:2025"].get_text()

    assert "basis: Nederlandse vestigingen" in said and "base: Dutch establishments" in said


def test_what_is_not_shown_is_listed_without_a_figure(outputs):
    soup = shown(outputs)

    line = soup.select_one("#facts-turnover_defence").parent.select_one(".legend").get_text()

    assert line == "Niet getoond: Land in 2025."


def test_of_very_many_figures_only_the_last_year_has_sentences_and_the_page_says_so(
    outputs, monkeypatch
):
    monkeypatch.setattr(lookup, "MOST_TOLD", 10)
    soup = shown(outputs)

    told = by_key(soup)

    assert "bij eerdere jaren staan in annex.xlsx." in soup.get_text()
    assert {key.rsplit(":", 1)[1] for key in told} == {"2025"}
    assert all("NLDTIB" in fact.get_text() for fact in told.values())
    line = soup.select_one('section > p[data-key="turnover_defence:total:2024"]')
    assert re.search(r"totaal, 2024: € [\d,]+ miljard \(n = \d+; graad [A-E]\)", plain(line))


def test_a_band_says_of_what_it_is_one(outputs):
    said = by_key(shown(outputs))["organisations:size_class=lt25:2025"].get_text(" ")

    assert "(tot 25 werknemers)" in said and "(below 25 employees)" in said


# What the House asked


def test_every_topic_has_figures_or_says_why_not(outputs):
    topics = opened(outputs).topics

    assert list(topics["number"]) == [str(number) for number in range(1, 32)]
    for row in topics.to_dict("records"):
        assert row["nl"].endswith("?") and row["en"].endswith("?") and row["source"]
        assert bool(row["limit_nl"]) == bool(row["limit_en"])
        assert row["figures"] or row["limit_nl"], row["number"]


def test_every_figure_of_a_topic_is_one_of_the_plan(outputs):
    edition = opened(outputs)
    keys = {key for cell in edition.topics["figures"] for key in cell.split()}

    planned = {key.rpartition(":")[0] for key in edition.cells["key"]}

    assert len(keys) > 30
    assert keys - planned == set()


def test_a_topic_links_to_its_figures_and_never_to_a_hidden_one(outputs):
    edition = opened(outputs)
    topics = BeautifulSoup(present.topics(edition).data, "html.parser")
    anchors = {tag["id"] for tag in shown(outputs).select("[id]")}

    links = {link["href"][1:] for link in topics.select("a")}

    assert links <= anchors
    assert len(topics.select("ol > li")) == 31
    for tag in topics.select("[data-key]"):
        name, _, year = tag["data-key"].split(":")
        figure = figures.by_key(edition, tag["data-key"], name, int(year))
        assert (tag.name == "a") == figure.shown


# The one script


def fit(script: str) -> str:
    return (
        '<!doctype html><html lang="nl"><head><title>Feiten</title></head><body><h1>Feiten</h1>'
        f"<script>{script}</script></body></html>"
    )


def test_the_search_box_is_the_only_script_that_passes_the_gates(tmp_path):
    gates.refuse_unfit({"facts.html": fit(page.script())}, (), tmp_path, 9_000, page.script())
    for other in (page.script() + " ", "document.title='x'"):
        with pytest.raises(gates.RunError, match="an active element, script"):
            gates.refuse_unfit({"facts.html": fit(other)}, (), tmp_path, 9_000, page.script())


def test_the_policy_names_the_script_by_its_hash_and_only_where_it_is():
    from test_export import about

    with_box = page.Sheet("facts", "nl", '<h1>Feiten</h1><div id="search"></div>')
    without = page.Sheet("size", "nl", "<h1>Omvang</h1>")
    sheets = [with_box, without]

    told = page.page(with_box, sheets, about())

    (script,) = re.findall(r"<script>(.*?)</script>", told, re.DOTALL)
    assert f"script-src '{page.hashed(script)}'" in told
    assert "script" not in page.page(without, sheets, about())


def test_a_hash_is_that_of_the_policy_standard():
    # SHA-256 of no text at all, in base 64.
    assert page.hashed("") == "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


# An earlier round


def test_what_a_round_did_not_ask_is_said_and_nothing_stops(outputs):
    edition = opened(outputs)
    book = dataclasses.replace(
        edition.codebook, not_asked=frozenset({"patent_holders", "patent_share"})
    )
    earlier = dataclasses.replace(
        edition, codebook=book, left_out=frozenset({"organisations_by_activity"})
    )
    said = "Dit is in ronde 2026 niet gevraagd."

    assert said in present.bars(earlier, "organisations_by_activity", "organisations").data
    assert said in present.passport(earlier, "patent_share:total").data
    lines = BeautifulSoup(present.sentences(earlier, "knowledge").data, "html.parser").find_all("p")
    assert [line.get_text() == said for line in lines] == [False, False, True]
