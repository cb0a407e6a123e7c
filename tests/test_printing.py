"""A whole edition on paper: one document of all pages, tagged, with bookmarks."""

import io
import re
from pathlib import Path

import pypdf
import pytest
from browser import needs_chromium
from bs4 import BeautifulSoup
from conftest import run_record

from nldtib import report
from nldtib.errors import InputError, RunError, UnprotectedError
from nldtib.pages.export import page, printing

INSIDE = """<h1>Omvang</h1>
<p>Zie <a href="#drawn">de kaart</a>, <a href="quality.html">kwaliteit</a>,
<a href="quality.html#sure">hoe zeker</a> en <a href="cells.csv">de cijfers</a>.</p>
<svg role="img" aria-labelledby="drawn"><title id="drawn">Land is het grootst.</title>
<path clip-path="url(#clip)"/></svg>"""


@pytest.fixture
def edition(tmp_path) -> Path:
    """Write an edition of three pages in two languages, of which names stand in every page."""
    about = page.Publication(run_record(), ("nl", "en"))
    for language in about.languages:
        names = ("index", "quality", "size")
        sheets = [page.Sheet(name, language, INSIDE) for name in names]
        for sheet in sheets:
            whole = page.page(sheet, sheets, about)
            (tmp_path / about.file(sheet.name, language)).write_text(whole, encoding="utf-8")
    return tmp_path


def document(edition: Path, language: str = "nl") -> BeautifulSoup:
    text = printing.document(edition, run_record(), ("nl", "en"), language)
    return BeautifulSoup(text, "html.parser")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_all_pages_of_a_language_stand_in_one_document_in_the_order_of_the_report(
    edition, language
):
    made = document(edition, language)

    assert made.html["lang"] == language
    assert [part["id"] for part in made.select("main > section")] == ["index", "size", "quality"]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_names_stay_apart_and_links_lead_to_them(edition, language):
    made = document(edition, language)

    names = [tag["id"] for tag in made.select("[id]")]
    assert len(names) == len(set(names))
    links = [link.get("href") for link in made.select("#size a")]
    assert links == ["#size-drawn", "#quality", "#quality-sure", None]
    assert made.select_one("#size svg")["aria-labelledby"] == "size-drawn"
    assert made.select_one("#size path")["clip-path"] == "url(#size-clip)"


def test_when_and_how_busily_it_was_printed_leaves_no_trace():
    once = b"/CreationDate (D:20260101120000+00'00') (node00000007) (node00000012) (node00000007)"
    again = b"/CreationDate (D:20270101130000+00'00') (node00000008) (node00000014) (node00000008)"

    made = [printing._repeatable(one, "2026-11-23") for one in (once, again)]

    assert made[0] == made[1]
    assert made[0] == once.replace(b"20260101120000", b"20261123000000").replace(
        b"07)", b"01)"
    ).replace(b"12)", b"02)")


def test_a_language_without_pages_is_refused(edition):
    for path in edition.glob("*.en.html"):
        path.unlink()

    for language in ("en", "fr"):
        with pytest.raises(InputError, match=f"has no pages in language {language}"):
            document(edition, language)


def test_without_chromium_a_sentence_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(RunError, match="No Chromium was found"):
        printing.printed("<p>x</p>", "2026-11-23")


def test_a_chromium_that_prints_nothing_is_told(monkeypatch, tmp_path):
    silent = tmp_path / "chromium"
    silent.write_text("#!/bin/sh\n", encoding="utf-8")
    silent.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(RunError, match="Chromium ended without printing"):
        printing.printed("<p>x</p>", "2026-11-23")


@needs_chromium
@pytest.mark.browser
def test_the_command_puts_the_same_bytes_beside_the_pages_each_time(small_project):
    this_round = small_project(size="plain")
    report.edition(this_round, "first", progress=io.StringIO())

    place = report.printed(this_round, "first")
    once = place.read_bytes()

    assert place == this_round.root / "outputs" / "2026" / "first" / "nldtib-2026-first.pdf"
    assert report.printed(this_round, "first").read_bytes() == once
    assert b"/CreationDate (D:20261123000000" in once
    assert not list(place.parent.glob("*.part"))


@needs_chromium
@pytest.mark.browser
def test_a_page_that_was_changed_since_it_was_searched_is_not_printed(small_project):
    this_round = small_project(size="plain")
    page = report.edition(this_round, "first", progress=io.StringIO()).parent / "size.html"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("</main>", "<p>iemand@voorbeeld.org</p></main>"), "utf-8")

    with pytest.raises(UnprotectedError, match="1 of kind mail in size.html"):
        report.printed(this_round, "first")
    assert not list(page.parent.glob("*.pdf"))


EDITION = {"nl": "eerste editie", "en": "first edition"}


@needs_chromium
@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_report_prints_tagged_with_language_bookmarks_and_figures(demo_edition, language):
    text = printing.document(demo_edition, run_record(), ("nl", "en"), language)
    printed = pypdf.PdfReader(io.BytesIO(printing.printed(text, "2026-11-23")))
    root = printed.trailer["/Root"]

    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    assert root["/Lang"] == language and printed.metadata.title.endswith(
        f"NLDTIB 2026, {EDITION[language]}"
    )
    whole = BeautifulSoup(text, "html.parser")
    headings = [one.get_text(" ", strip=True) for one in whole("h1")]
    marks = [mark.title for mark in printed.outline if not isinstance(mark, list)]
    assert [re.sub(r"\W", "", mark) for mark in marks] == [
        re.sub(r"\W", "", heading) for heading in headings
    ]
    figure = whole.select_one('#size [data-key="turnover_defence:total:2025"]').get_text()
    told = "".join(one.extract_text() for one in printed.pages)
    assert "".join(figure.split()) in "".join(told.split())
    assert len(printed.pages) > len(headings)
