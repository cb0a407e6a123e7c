"""What readers meet: numbers, tables, charts and sentences, and nothing that is hidden."""

import ast
import dataclasses
import os
import re
import string
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import editions
import nbformat
import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from nldtib.codebook import Label
from nldtib.errors import InputError, ParameterError
from nldtib.pages import cells, present
from nldtib.pages.cells import Edition
from nldtib.pages.present import changes, charts, figures, numbers, timelines, words

PROJECT = Path(__file__).resolve().parents[1]
PAGES = tuple(words.entries("sentences"))
NOTEBOOKS = sorted(path for path in (PROJECT / "notebooks").glob("*.ipynb") if path.stem in PAGES)
LANGUAGES = ("nl", "en")
SPACE, MINUS = "\u00a0", "\u2212"
TRUTH = editions.truth()

each_language = pytest.mark.parametrize("language", LANGUAGES)
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def opened(
    outputs: Path, survey_round: int = 2026, language: str = "nl", name: str = "first"
) -> Edition:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NLDTIB_OUTPUTS", str(outputs))
        return cells.read(survey_round, name, language=language)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("outputs")
    editions.write(folder)
    editions.write(folder, editions.truth(2024, seed=7), 2024)
    return folder


@pytest.fixture(scope="module")
def edition(outputs) -> Edition:
    return opened(outputs)


@pytest.fixture
def made(tmp_path) -> Callable[..., Edition]:
    """Return a function that makes an edition from figures, with other settings of its run."""

    def make(figures: pd.DataFrame = TRUTH, language: str = "nl", **run: object) -> Edition:
        editions.write(tmp_path, figures, **run)
        return opened(tmp_path, language=language)

    return make


def changed(key: str, **values: object) -> pd.DataFrame:
    """Return the figures with other values under one key."""
    result = TRUTH.copy()
    for name, value in values.items():
        result.loc[result["key"] == key, name] = value
    return result


def everything(edition: Edition) -> Iterator[str]:
    """Yield all that present can say of an edition."""
    yield present.masthead(edition).data
    for page in PAGES:
        yield present.sentences(edition, page).data
    yield present.key_figures(edition, edition.tables["key_figures"].variables).data
    for table in edition.tables.values():
        if not table.by:
            yield present.table(edition, table.name).data
            continue
        for variable in table.variables:
            yield present.table(edition, table.name, variable).data
        if len(table.by) == 1:
            yield present.bars(edition, table.name, variable).data
    for variable in ("organisations", "turnover_defence", "defence_share", "fte_rd_defence"):
        yield present.series(edition, variable).data
    yield present.revision(edition, *edition.tables["key_figures"].variables).data
    keys = edition.cells.drop_duplicates("key")
    hidden = keys[keys["status"] != "published"]
    for key in (*keys["key"][::20], *hidden["key"][:20]):
        yield present.passport(edition, key).data
    yield present.quality(edition).data
    yield present.facts(edition).data
    yield present.topics(edition).data
    yield present.account(edition).data
    yield present.certainty(edition).data
    yield present.colophon(edition).data


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def plain(html: str) -> str:
    return soup(html).get_text().replace(SPACE, " ").replace("\u2060", "")


# Numbers, worked by hand


@pytest.mark.parametrize(
    ("value", "unit", "nl", "en"),
    [
        (7_700_000, "keur", "€ 7,7 miljard", "€7.7 billion"),
        (7_650_000, "keur", "€ 7,7 miljard", "€7.7 billion"),
        (9_637_421, "keur", "€ 9,6 miljard", "€9.6 billion"),
        (57_412_300, "keur", "€ 57,4 miljard", "€57.4 billion"),
        (1_000_000, "keur", "€ 1,0 miljard", "€1.0 billion"),
        (999_600, "keur", "€ 1,0 miljard", "€1.0 billion"),
        (999_400, "keur", "€ 999 miljoen", "€999 million"),
        (12_345, "keur", "€ 12 miljoen", "€12 million"),
        (9_960, "keur", "€ 10 miljoen", "€10 million"),
        (9_940, "keur", "€ 9,9 miljoen", "€9.9 million"),
        (999.6, "keur", "€ 1,0 miljoen", "€1.0 million"),
        (850, "keur", "€ 850.000", "€850,000"),
        (0, "keur", "€ 0", "€0"),
        (-0.0, "keur", "€ 0", "€0"),
        (-7_700_000, "keur", f"€ {MINUS}7,7 miljard", f"€{MINUS}7.7 billion"),
        (14.9, "percent", "14,9 %", "14.9%"),
        (14.95, "percent", "15,0 %", "15.0%"),
        (-0.04, "percent", "0,0 %", "0.0%"),
        (0, "percent", "0,0 %", "0.0%"),
        (100, "percent", "100,0 %", "100.0%"),
        (22_453, "fte", "22.453 fte", "22,453 fte"),
        (0.4, "fte", "0 fte", "0 fte"),
        (-0.4, "fte", "0 fte", "0 fte"),
        (1_050, "organisations", "1.050 organisaties", "1,050 organisations"),
    ],
)
def test_a_figure_is_said_as_readers_write_it(value, unit, nl, en):
    scale = numbers.of_one(value, unit)

    assert numbers.said(value, scale, "nl").replace(SPACE, " ") == nl
    assert numbers.said(value, scale, "en").replace(SPACE, " ") == en


@pytest.mark.parametrize(
    ("value", "unit", "nl", "en"),
    [
        (24.549, "percent", "+24,5 %", "+24.5%"),
        (-3.25, "percent", f"{MINUS}3,3 %", f"{MINUS}3.3%"),
        (0.04, "percent", "0,0 %", "0.0%"),
        (-0.04, "percent", "0,0 %", "0.0%"),
        (0.4, "points", "+0,4 procentpunt", "+0.4 percentage points"),
        (-1.25, "points", f"{MINUS}1,3 procentpunt", f"{MINUS}1.3 percentage points"),
    ],
)
def test_a_change_shows_its_sign_and_its_kind(value, unit, nl, en):
    assert numbers.signed(value, unit, "nl").replace(SPACE, " ") == nl
    assert numbers.signed(value, unit, "en").replace(SPACE, " ") == en


@pytest.mark.parametrize(
    ("low", "high", "largest", "unit", "nl"),
    [
        (8_900_000, 10_790_000, 10_790_000, "keur", "8.900 – 10.790"),
        (2_345, 12_345, 999_000, "keur", "2,3 – 12,3"),
        (2_345, 9_345, 9_345, "keur", "2.345 – 9.345"),
        (9.8, 13.25, 99, "percent", "9,8 – 13,3"),
        (-0.9, 1.7, 99, "percent", f"{MINUS}0,9 tot 1,7"),
        (24_100, 29_600, 29_600, "fte", "24.100 – 29.600"),
    ],
)
def test_an_interval_is_printed_in_the_scale_of_its_table(low, high, largest, unit, nl):
    scale = numbers.of_many([low, high, largest], unit)

    printed = numbers.interval(low, high, scale, "nl")

    assert printed.replace(SPACE, " ").replace("\u2060", "") == nl


@given(st.floats(-1e12, 1e12), st.sampled_from(["keur", "percent", "fte", "organisations"]))
def test_no_figure_is_minus_nothing(value, unit):
    for language in LANGUAGES:
        said = numbers.said(value, numbers.of_one(value, unit), language)
        assert MINUS not in said or re.search("[1-9]", said)


@pytest.mark.parametrize(
    ("several", "nl", "en"),
    [
        ([2025], "2025", "2025"),
        ([2022, 2023], "2022 en 2023", "2022 and 2023"),
        ([2023, 2024, 2025], "2023–2025", "2023–2025"),
        ([2019, 2022, 2023], "2019, 2022 en 2023", "2019, 2022 and 2023"),
    ],
)
def test_years_are_a_span_only_when_none_is_missing(several, nl, en):
    assert numbers.years(several, "nl").replace("\u2060", "") == nl
    assert numbers.years(several, "en").replace("\u2060", "") == en


def test_a_date_is_written_in_full():
    assert numbers.date("2026-11-23", "nl") == "23 november 2026"
    assert numbers.date("2026-11-23", "en") == "23 November 2026"


# Traps of what was published before


def test_growth_is_computed_from_unrounded_figures(made):
    figures = changed("turnover_defence:total:2023", value=4_654_000.0)
    last = figures["key"] == "turnover_defence:total:2025"
    figures.loc[last, "value"] = 7_746_000.0

    said = plain(present.key_figures(made(figures), ["turnover_defence"]).data)

    assert "€ 7,7 miljard" in said
    assert "+66,4 % sinds 2023" in said  # 7.7 / 4.7 would give 63.8, the report printed 62


def test_the_interval_of_a_change_is_shown_only_with_the_change_that_it_belongs_to(edition, made):
    with_interval = present.key_figures(edition, ["turnover_defence"]).data
    assert re.search(r"\+24,5 % sinds 2023 \(17,4 – 32,9\)", plain(with_interval))

    key = "turnover_defence_change:total:2025"
    other = made(changed(key, value=26.0, low=20.0, high=33.0))
    assert "(20,0" not in plain(present.key_figures(other, ["turnover_defence"]).data)


def test_what_was_asked_once_is_said_not_to_change(edition):
    said = plain(present.key_figures(edition, ["organisations"]).data)

    assert "één keer geteld, voor alle jaren" in said
    assert "sinds 2023" not in said


def test_a_percentage_changes_in_points(edition):
    said = plain(present.key_figures(edition, ["rd_intensity"]).data)

    assert "procentpunt sinds 2023" in said
    assert "% sinds" not in said


@each_language
def test_every_percentage_names_its_base(outputs, language):
    edition = opened(outputs, language=language)
    shares = [
        v
        for v in edition.codebook.variables.values()
        if v.statistic != "total" and v.unit_of_measure == "percent"
    ]

    for variable in shares:
        base = variable.base.in_language(language)
        assert base
        figure = figures.total(edition, variable.name)
        if figure.shown:
            assert figures.said(edition, figure).endswith(f" {base}")
        for table in edition.tables.values():
            if variable.name in table.variables:
                shown = soup(present.table(edition, table.name, variable.name).data)
                assert base in shown.caption.get_text() + shown.tbody.th.get_text()


def test_the_contradicted_row_is_not_drawn(edition):
    said = plain(present.series(edition, "fte_defence").data)

    assert "15.770" in said and "19.247" in said
    assert not any(wrong in said for wrong in ("14.230", "14.753", "18.200", "21.560"))


def test_nothing_is_computed_across_the_break(edition):
    before, after = timelines.around_break(edition)
    assert (before, after) == (2017, 2019)
    assert all(year >= after for one in (edition, *edition.earlier) for year in one.years)

    said = "".join(present.series(edition, name).data for name in ("turnover_defence", "fte_rd"))
    assert "%" not in re.sub(r"95[^%]?%", "", said)  # no growth at all is printed beside a series


def test_no_line_is_drawn_across_the_break(edition):
    for variable in ("organisations", "turnover_defence", "defence_share", "fte_rd_defence"):
        drawn = soup(present.series(edition, variable).data).svg
        left, right = span(drawn.find(id=re.compile("break$")))
        drawn_lines = drawn.find_all(id=re.compile("-line-"))

        assert len(drawn_lines) == 4
        for line in drawn_lines:
            start, end = span(line)
            assert end < left or start > right, line["id"]


def test_a_piece_that_would_cross_the_break_is_cut(edition):
    (before, _, *_) = timelines.pieces(edition, "turnover_defence")
    later = dataclasses.replace(before.points[-1], year=2019)
    across = dataclasses.replace(before, points=(*before.points, later))

    runs = timelines.segments(edition, across)

    assert [[point.year for point in run] for run in runs] == [[2006, 2010, 2014, 2017], [2019]]


def test_a_hidden_year_interrupts_the_line(made):
    key = "turnover_defence:total:2024"
    edition = made(editions.hidden(TRUTH, [key]))
    piece = timelines.pieces(edition, "turnover_defence")[-1]

    assert [len(run) for run in timelines.segments(edition, piece)] == [1, 1]
    said = present.series(edition, "turnover_defence").data
    assert "Fictief: ronde 2026, niet getoond: 2024." in plain(said)


def span(group) -> tuple[float, float]:
    """Return the leftmost and rightmost place of the first path in a group of a drawing."""
    places = re.findall(r"[ML]([\d.]+) [\d.]+", group.path["d"])
    return min(map(float, places)), max(map(float, places))


def test_invented_and_published_figures_look_and_read_apart(edition, made):
    pieces = timelines.pieces(edition, "turnover_defence")
    assert [(piece.kind, piece.invented) for piece in pieces] == [
        ("before_2019", False),
        ("from_2019", False),
        ("earlier", True),
        ("this", True),
    ]
    assert "fictief zijn de rondes 2024 en 2026" in plain(
        present.series(edition, "turnover_defence").data
    )
    real = present.series(made(invented=False), "turnover_defence").data
    assert "fictief" not in plain(real).lower()


def test_published_figures_keep_the_digits_of_their_source(edition):
    export = plain(present.series(edition, "export_defence").data)
    turnover = soup(present.series(edition, "turnover_defence").data)

    assert "3,33" in export and "1,58" in export
    values = {row.th.get_text(): row.td.get_text() for row in turnover.tbody.find_all("tr")[:8]}
    assert values["2006"] == "3,0" and values["2021"] == "4,7"


def test_amounts_of_one_table_have_the_same_decimals(made):
    figures = TRUTH.copy()
    for name, value in (("rd_own", 663_400.0), ("rd_ministry", 43_230.0), ("rd_defence", 1.4e6)):
        figures.loc[figures["key"] == f"{name}:total:2025", ["value", "low", "high"]] = value

    page = soup(present.table(made(figures), "rd_funding").data)

    said = {row.th.get_text(): row.td.get_text() for row in page.tbody.find_all("tr")}
    assert said["R&D uit eigen middelen (miljoen euro)"] == "663"
    assert said["R&D betaald door Nederlandse ministeries (miljoen euro)"] == "43"
    assert said["R&D-uitgaven defensie (miljoen euro)"] == "1.400"


def test_notes_on_sources_are_in_the_language_of_the_page(outputs):
    nl, en = (present.colophon(opened(outputs, language=one)).data for one in LANGUAGES)

    assert "noemt de editie van 2016" in nl and "quotes" not in nl
    assert "quotes the edition of 2016" in en and "noemt" not in en


def test_a_number_of_respondents_that_is_hidden_alone_is_said_not_to_be_shown(made):
    key, before = (f"fte_defence:military_domain=land:{year}" for year in (2025, 2023))
    figures = TRUTH.copy()
    figures.loc[figures["key"].isin([key, before]), "n"] = None
    edition = made(figures)

    row = soup(present.table(edition, "turnover_by_military_domain", "fte_defence").data)
    said = row.select_one(f'[data-of="{key}"] [data-part="n"]')
    assert said.get_text() == "niet getoond"
    passport = plain(present.passport(edition, key).data).replace("\u00a0", " ")
    assert "n = niet getoond" in passport
    older = soup(present.facts(edition).data).select_one(f'[data-key="{before}"]')
    assert "n = niet getoond" in older.get_text().replace("\u00a0", " ")


# Nothing hidden is told


def printings(value: float) -> set[str]:
    """Return how a figure might be printed by one who knew it, where no chance prints the same."""
    printed = {
        numbers.number(value / divisor, decimals, language)
        for divisor in (1.0, 1e3, 1e6, 1e-3)
        for decimals in (0, 1, 2, 3)
        for language in LANGUAGES
    } | {f"{value / divisor:.{decimals}f}" for divisor in (1.0, 1e3) for decimals in (0, 1)}
    return {text for text in printed if len(re.sub(r"\D", "", text)) >= 7}


@settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(data=st.data())
def test_a_hidden_value_is_nowhere(tmp_path_factory, data):
    # Figures this large are printed with seven digits or more.
    figures = editions.truth(seed=data.draw(st.integers(0, 9)), size=1e6)
    large = figures[figures["unit_of_measure"] != "percent"]
    keys = sorted(set(large["key"]))
    suppressed = data.draw(st.sets(st.sampled_from(keys), min_size=40, max_size=120))
    unreliable = data.draw(st.sets(st.sampled_from(keys), max_size=20)) - suppressed
    secret = large[large["key"].isin(suppressed | unreliable)]
    outputs = tmp_path_factory.mktemp("hidden")
    editions.write(outputs, editions.hidden(figures, suppressed, unreliable))

    language = data.draw(st.sampled_from(LANGUAGES))
    told = "\n".join(everything(opened(outputs, language=language)))

    values = {one for name in ("value", "low", "high") for one in secret[name]}
    leaks = {text for value in values for text in printings(value) if text in told}
    assert all(printings(value) for value in values)
    assert leaks == set()


def test_a_value_that_is_shown_would_be_found_by_that_search(tmp_path):
    figures = editions.truth(size=1e6)
    editions.write(tmp_path, figures)
    (value,) = figures.loc[figures["key"] == "fte_defence:military_domain=land:2025", "value"]

    told = present.table(opened(tmp_path), "turnover_by_military_domain", "fte_defence").data

    assert any(text in told for text in printings(value))


def test_a_hidden_figure_is_a_sign_with_words_in_a_table(edition):
    shown = soup(present.table(edition, "turnover_by_military_domain", "turnover_defence").data)
    row = next(r for r in shown.tbody.find_all("tr") if r.th.get_text() == "Veiligheid")

    assert [cell.get_text() for cell in row.find_all("td")[:4]] == [". niet getoond"] * 4
    assert row.td.find("span", class_="sr").get_text() == " niet getoond"
    assert "nooit nul" in shown.find("p", class_="legend").get_text()


def test_a_sign_that_does_not_occur_is_not_explained(made):
    shown = present.table(made(), "turnover_by_military_domain", "turnover_defence").data

    assert "niet getoond" not in shown


@each_language
def test_a_sentence_with_a_hidden_figure_stands(tmp_path, language):
    hidden = editions.hidden(TRUTH, TRUTH["key"])
    editions.write(tmp_path, hidden)
    edition = opened(tmp_path, language=language)
    said = {"nl": "niet getoond", "en": "not shown"}[language]

    for page in ("summary", "size", "structure", "knowledge"):
        lines = soup(present.sentences(edition, page).data).find_all("p")
        assert len(lines) == 3
        assert all(said in line.get_text() for line in lines[:2])
        assert all(line.get_text().endswith(".") for line in lines)
    assert said in plain(present.key_figures(edition, ["turnover_defence"]).data)


def test_an_edition_that_hides_all_can_still_be_shown(made):
    edition = made(editions.hidden(TRUTH, TRUTH["key"]))

    told = "".join(everything(edition))

    assert "Geen enkel cijfer wordt getoond." in told
    assert "nan" not in soup(told).get_text().lower().split()


def test_hidden_bars_come_last_in_the_order_of_the_codebook_and_all_look_alike(made):
    places = ("tier3", "oem", "services")
    keys = [f"turnover_defence:chain_position={place}:2025" for place in places]
    edition = made(editions.hidden(TRUTH, keys[:2], keys[2:]))

    rows = charts.ordered(edition, "turnover_by_chain_position", "turnover_defence")

    shown = [row.figure.value for row in rows if row.figure.shown]
    assert shown == sorted(shown, reverse=True)
    assert [row.label for row in rows[4:]] == [
        "OEM of integrator",
        "Tier 3",
        "Diensten en engineering",
    ]
    drawn = soup(present.bars(edition, "turnover_by_chain_position", "turnover_defence").data).svg
    hatched = drawn.find_all(lambda tag: tag.name == "path" and "url(#" in tag.get("style", ""))
    assert len({tuple(pairwise(span(tag.parent)))[0][1] for tag in hatched}) == 1
    assert len(hatched) == 3


def test_classes_with_a_natural_order_keep_it(edition):
    rows = charts.ordered(edition, "turnover_by_size_class", "turnover_defence")

    assert [row.label for row in rows][:3] == ["tot 25", "25 tot 100", "100 tot 250"]
    assert not rows[-1].figure.shown


# Words for those who do not see a chart


def test_the_alternative_text_says_what_one_sees(edition):
    drawn = soup(present.bars(edition, "turnover_by_military_domain", "turnover_defence").data).svg

    said = drawn.title.get_text().replace(SPACE, " ")
    assert drawn["aria-labelledby"] == drawn.title["id"]
    assert said.startswith("Staafdiagram van defensieomzet per militair domein, 2025.")
    assert "Het grootst is Maritiem met € 4,4 miljard, het kleinst Land met € 3,0 miljard." in said
    assert said.endswith("Niet getoond: Lucht en ruimte, Veiligheid.")


@each_language
def test_the_alternative_text_of_a_series_tells_every_line_and_the_break(outputs, language):
    edition = opened(outputs, language=language)

    said = soup(present.series(edition, "turnover_defence").data).svg.title.get_text()

    for year in ("2006", "2017", "2019", "2023", "2025"):
        assert year in said
    assert {"nl": "gebroken", "en": "broken"}[language] in said


# HTML


@pytest.fixture(scope="module")
def told(outputs) -> Mapping[str, str]:
    return {one: "\n".join(everything(opened(outputs, language=one))) for one in LANGUAGES}


@each_language
def test_every_table_has_a_caption_heads_with_scope_and_even_rows(told, language):
    tables = soup(told[language]).find_all("table")
    assert len(tables) > 40

    for table in tables:
        assert table.caption.b.get_text().strip()
        assert all(head["scope"] in ("col", "row") for head in table.find_all("th"))
        assert all(head.get_text().strip() for head in table.find_all("th"))
        assert all(cell.get_text().strip() for cell in table.tbody.find_all("td"))
        assert len({len(row.find_all(["th", "td"])) for row in table.find_all("tr")}) == 1
        region = table.parent
        assert (region["role"], region["tabindex"]) == ("region", "0")
        assert table.caption.b.get_text() in region["aria-label"]


@each_language
def test_every_drawing_has_a_name_real_text_and_ids_of_its_own(told, language):
    page = soup(told[language])
    names = [tag["id"] for tag in page.select("[id]")]
    drawings = [one for one in page.find_all("svg") if one.get("aria-hidden") != "true"]

    assert len(names) == len(set(names))
    assert len(drawings) > 15
    for drawing in drawings:
        assert drawing["role"] == "img"
        assert page.find(id=drawing["aria-labelledby"]).get_text()
        assert drawing.find("text") and not drawing.find("style")
    used = set(re.findall(r"url\(#([^)]+)\)", told[language]))
    used |= {tag["href"][1:] for tag in page.find_all(["use", "a"]) if tag["href"][0] == "#"}
    assert used <= set(names)


@each_language
def test_no_template_is_left_unfilled(told, language):
    assert not re.search(r"\{\w*\}|None\b|\bnan\b", soup(told[language]).get_text())


def test_labels_are_escaped_wherever_they_are_shown(made):
    hostile = "<script>alert('1')</script> & \"R&D\" {year}"
    edition = made(editions.hidden(TRUTH, editions.SUPPRESSED))
    label = Label(hostile, hostile)
    book = edition.codebook
    variables = {
        name: dataclasses.replace(one, label=label, base=label, definition=label)
        for name, one in book.variables.items()
    }
    dimensions = {
        name: dataclasses.replace(
            one,
            label=label,
            codes=tuple(dataclasses.replace(item, label=label) for item in one.codes),
        )
        for name, one in book.dimensions.items()
    }
    tables = {name: dataclasses.replace(one, label=label) for name, one in edition.tables.items()}
    book = dataclasses.replace(book, variables=variables, dimensions=dimensions)
    account = edition.account.assign(step=hostile, reason=hostile)
    quality = edition.quality.assign(
        item=edition.quality["item"] + hostile, measure=edition.quality["measure"] + hostile
    )
    edition = dataclasses.replace(
        edition, codebook=book, tables=tables, account=account, quality=quality
    )

    told = "".join(everything(edition))

    assert not soup(told).find("script")
    assert "<script" not in told.lower()
    assert "&lt;script&gt;" in told


def test_the_same_edition_gives_the_same_bytes(outputs, told):
    assert "\n".join(everything(opened(outputs))) == told["nl"]


def test_another_process_gives_the_same_bytes(outputs):
    program = (
        "import hashlib, sys; from nldtib.pages import cells, present;"
        "one = cells.read(2026, 'first');"
        "text = present.bars(one, 'turnover_by_chain_position', 'turnover_defence').data"
        " + present.series(one, 'fte_defence').data + present.colophon(one).data;"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "NLDTIB_OUTPUTS": str(outputs), "PYTHONHASHSEED": seed},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(digests) == 1


def test_no_time_of_day_and_no_path_is_told(told):
    said = soup(told["nl"]).get_text()

    assert not re.search(r"\b\d{1,2}:\d{2}\b", said)
    assert str(PROJECT) not in told["nl"]


# The overlap year


def test_a_revision_shows_old_new_and_difference(made, tmp_path):
    old = editions.truth(2024)
    old.loc[old["key"] == "turnover_defence:total:2023", "value"] = 7_000_000.0
    editions.write(tmp_path, old, 2024)
    edition = made(changed("turnover_defence:total:2023", value=7_700_400.0))

    (row,) = soup(present.revision(edition, "turnover_defence").data).tbody.find_all("tr")

    cells = [cell.get_text().replace(SPACE, " ") for cell in row.find_all("td")]
    assert cells == ["2023", "7.000", "7.700", "+700", "+10,0 %"]


def test_a_revision_of_a_percentage_is_in_points_alone(edition):
    (row,) = soup(present.revision(edition, "defence_share").data).tbody.find_all("tr")

    *_, difference, relative = (cell.get_text() for cell in row.find_all("td"))
    assert difference.endswith("procentpunt")
    assert relative == "n.v.t."


def test_a_revision_of_a_hidden_figure_tells_nothing(made, tmp_path):
    key = "turnover_defence:total:2023"
    editions.write(tmp_path, editions.hidden(editions.truth(2024), [key]), 2024)

    (row,) = soup(present.revision(made(), "turnover_defence").data).tbody.find_all("tr")

    _, old, _, difference, relative = (cell.get_text() for cell in row.find_all("td"))
    assert old == difference == relative == ". niet getoond"


def test_without_an_earlier_edition_a_real_round_meets_the_printed_figure(made):
    real = plain(present.revision(made(invented=False), "turnover_defence").data)
    assert "Oud: gepubliceerd 2024" in real and "7.700" in real and "afgerond" in real

    invented = plain(present.revision(made(), "turnover_defence").data)
    assert "geen eerdere editie" in invented and "7.700" not in invented


# Passports


def test_a_passport_answers_the_questions_of_a_reader(edition):
    entries = soup(present.passport(edition, "rd_intensity:total").data)
    said = {
        name.get_text(): text.get_text().replace(SPACE, " ")
        for name, text in zip(entries.find_all("dt"), entries.find_all("dd"), strict=True)
    }

    assert said["Cijfer"] == "11,6 % van de defensieomzet"
    assert said["Basis"].startswith("van de defensieomzet; 1.050 organisaties benaderd, 286")
    assert said["Graad"] == "A: zeer nauwkeurig"
    assert said["Zin om over te nemen"].startswith(
        "Fictief: R&D-intensiteit van de NLDTIB in 2025: naar schatting 11,6 % van de defensieomzet"
    )
    assert "7f3a0000" in said["Herkomst"]


def test_a_passport_without_year_is_of_the_last_one(edition):
    key = "turnover_defence:military_domain=land"

    assert present.passport(edition, key).data == present.passport(edition, f"{key}:2025").data


@pytest.mark.parametrize(
    "key",
    [
        "turnover_defense:total",
        "turnover_defence:total:2017",
        "turnover_defence:military_domain=sea",
        "turnover_defence:colour=red:2025",
        "",
    ],
)
def test_a_passport_of_what_is_not_there_is_refused(edition, key):
    with pytest.raises(ParameterError):
        present.passport(edition, key)


# Words


def texts() -> Mapping:
    home = PROJECT / "nldtib" / "pages" / "present"
    found = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in home.glob("*.yml")}
    return {**found.pop("texts"), **found}


def pairs(entry: object, name: str = "") -> Iterator[tuple[str, Mapping]]:
    if isinstance(entry, Mapping) and set(entry) & set(LANGUAGES):
        yield name, entry
    if isinstance(entry, Mapping | list):
        inside = entry.items() if isinstance(entry, Mapping) else enumerate(entry)
        for key, value in inside:
            yield from pairs(value, f"{name}.{key}")


def fields(template: str) -> set[tuple[str, str]]:
    return {(name, spec) for _, name, spec, _ in string.Formatter().parse(template) if name}


def test_every_text_is_there_in_both_languages_with_the_same_fields():
    for name, entry in pairs(texts()):
        assert all(isinstance(entry.get(one), str) and entry[one] for one in LANGUAGES), name
        assert fields(entry["nl"]) == fields(entry["en"]), name


def test_every_page_has_three_sentences():
    assert {page: len(lines) for page, lines in texts()["sentences"].items()} == dict.fromkeys(
        "summary size structure knowledge outlook trends quality facts".split(), 3
    )


def test_every_variable_dimension_code_and_table_has_a_label_in_both_languages():
    raw = yaml.safe_load((PROJECT / "parameters/2026/codebook.yml").read_text("utf-8"))
    named = {**raw["variables"], **raw["dimensions"]}
    for name, entry in raw["dimensions"].items():
        named |= {f"{name}.{item['code']}": item for item in entry["codes"]}

    missing = [name for name, entry in named.items() if not (entry.get("nl") and entry.get("en"))]
    assert missing == []
    plan = pd.read_csv(PROJECT / "parameters/2026/tables.csv")
    assert plan[["nl", "en"]].notna().all(axis=None)


def test_every_edit_rule_of_the_round_has_words():
    rules = yaml.safe_load((PROJECT / "parameters/2026/edits.yml").read_text("utf-8"))

    assert {rule["name"] for rule in rules} <= set(texts()["rules"])


# Refusals


@pytest.mark.parametrize(
    ("ask", "closest"),
    [
        (lambda e: present.table(e, "turnover_by_size"), "turnover_by_size_class"),
        (lambda e: present.table(e, "key_figures", "turnover_defense"), "turnover_defence"),
        (lambda e: present.bars(e, "turnover_by_size_class", "fte_defense"), "fte_defence"),
        (lambda e: present.series(e, "organisation"), "organisations"),
        (lambda e: present.revision(e, "organisation"), "organisations"),
        (lambda e: present.key_figures(e, ["organisation"]), "organisations"),
        (lambda e: present.certainty(e, "turnover_defense"), "turnover_defence"),
        (lambda e: present.sentences(e, "sizes"), "size"),
    ],
)
def test_an_unknown_name_is_refused_with_the_closest_known_one(edition, ask, closest):
    with pytest.raises(ParameterError, match=f"Closest: {closest}"):
        ask(edition)


@pytest.mark.parametrize("name", ["key_figures", "turnover_by_military_domain_and_size"])
def test_bars_take_one_dimension(edition, name):
    with pytest.raises(ParameterError, match="a bar chart takes one"):
        present.bars(edition, name, "organisations")


def test_a_table_of_which_the_edition_holds_nothing_is_refused(made):
    edition = made(TRUTH[TRUTH["table"] != "changes"])

    with pytest.raises(InputError, match="changes"):
        present.table(edition, "changes")


def test_growth_from_nothing_cannot_be_computed(made):
    edition = made(changed("export_defence:total:2023", value=0.0))

    assert "niet te berekenen" in plain(present.key_figures(edition, ["export_defence"]).data)
    assert changes.since_first(edition, "export_defence").size is None


def test_a_figure_below_zero_is_drawn_left_of_the_zero_line(made):
    key = "turnover_defence:military_domain=land:2025"
    edition = made(changed(key, value=-9e5, low=-12e5, high=-5e5))

    said = present.bars(edition, "turnover_by_military_domain", "turnover_defence").data

    assert f"{MINUS}900" in plain(said)


# Notebooks


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


@every_notebook
def test_a_notebook_opens_with_its_question(path):
    first, *others = [
        cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"
    ]

    for text in first.source.split("\n<!-- en -->\n"):
        heading, lead, *_ = (part.strip() for part in text.strip().split("\n\n"))
        assert heading.startswith("# ") and lead.endswith("?")
    headings = [
        line for cell in others for line in cell.source.splitlines() if line.startswith("#")
    ]
    assert all(line.startswith("## ") and line.endswith("?") for line in headings)


@every_notebook
@each_language
def test_a_notebook_runs_and_its_links_lead_somewhere(path, language, outputs, monkeypatch):
    monkeypatch.setenv("NLDTIB_OUTPUTS", str(outputs))
    monkeypatch.chdir(PROJECT / "notebooks")
    names: dict[str, object] = {}
    page = []

    for cell in code_cells(path):
        tree = ast.parse(cell.source)
        if isinstance(tree.body[-1], ast.Expr):
            page.append(eval(cell.source, names).data)
            continue
        exec(cell.source, names)
        if "parameters" in cell.metadata.get("tags", []):
            names["language"] = language

    page = soup("\n".join(page))
    known = {tag["id"] for tag in page.select("[id]")}
    anchors = [a["href"] for a in page.find_all("a")]
    assert all(one[1:] in known for one in anchors if one.startswith("#"))
    regions = [one["aria-label"] for one in page.find_all(role="region")]
    assert len(regions) == len(set(regions))


# The quality report


def test_the_quality_report_keeps_the_order_of_sims(edition):
    heads = [head.get_text() for head in soup(present.quality(edition).data).select("h2")]

    assert [int(head.split()[0]) for head in heads] == list(range(1, 20))


def test_every_rate_is_computed_from_what_was_counted(edition):
    counts = {
        "approached": 400,
        "answered": 90,
        "out_of_scope": 10,
        "silent": 280,
        "not_usable": 20,
    }
    counted = pd.DataFrame(
        [("response", "total", name, float(value)) for name, value in counts.items()],
        columns=cells.QUALITY,
    )

    said = plain(present.quality(dataclasses.replace(edition, quality=counted)).data)

    assert "Geen bruikbaar antwoord gaf 75,0 %" in said
    assert "hoorde 10,0 % niet tot de populatie" in said
    assert "publicatie liggen 327 dagen" in said  # 31 December 2025 to 23 November 2026


def test_a_topic_without_a_description_is_shown_by_its_bare_names(edition):
    row = ("linkage_by_key", "kvk_number", "matched_units", 12.0)
    counted = pd.concat([edition.quality, pd.DataFrame([row], columns=cells.QUALITY)])

    shown = soup(present.quality(dataclasses.replace(edition, quality=counted)).data)

    captions = {table.caption.b.get_text(): table for table in shown.find_all("table")}
    assert captions["linkage by key"].tbody.get_text(" ") == "kvk number 12"
