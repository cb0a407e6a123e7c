"""Every page of an edition, opened in a real browser with the network off.

Each page is visited once per way of reading it; the tests look at what the visits found.
"""

import io
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import browser
import pypdf
import pytest
from browser import NARROW, Opened, needs_chromium, opened, violations
from bs4 import BeautifulSoup
from conftest import REPORT_NOTEBOOKS, project, reread, speaking

from nldtib import report
from nldtib.pages.export import themes

pytestmark = [needs_chromium, pytest.mark.browser]
MOST_OVERHEAD = 18_000
MOST_PAGE, MOST_EDITION = 600_000, 5_000_000
UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"
POLICY = "document.querySelector('meta[http-equiv=Content-Security-Policy]').content"
LINKS = "[...document.querySelectorAll('a[href]')].map(one => one.getAttribute('href'))"
# WCAG 2.2, 2.5.8: at least 24 by 24, or so far apart that circles of 24 do not meet, or in a line
# of text. Links in sentences, lists and navigation are in lines; what stands alone is measured.
# Hundreds of facts and rows are made by one line of code; the rules look at the first of them.
FEWER = """document.querySelectorAll('section > [data-key]')
    .forEach((one, place) => place < 20 || one.remove())
document.querySelectorAll('tbody')
    .forEach(body => [...body.children].slice(10).forEach(one => one.remove()))"""
BOX = "document.querySelector('#search')?.style.setProperty('display', '{}')"
TARGETS = """[...document.querySelectorAll('summary, input, button')]
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 24)
    .map(one => one.textContent)"""


@dataclass
class Visit:
    """What one page showed: at a desk, on the narrowest screen, on paper, without scripts."""

    file: Path
    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    language: str = ""
    policy: str = ""
    banner: str = ""
    links: list[str] = field(default_factory=list)
    axe: dict[str, list[str]] = field(default_factory=dict)
    focus: list[str] = field(default_factory=list)
    skipped_to: bool = False
    width: int = 0
    small: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with browser.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def small_edition(tmp_path_factory) -> Path:
    """Make an edition of fixture notebooks in both languages."""
    root = tmp_path_factory.mktemp("small") / "project"
    this_round = project(root, {"summary": "plain", "size": "plain"})
    speaking(root, "[nl, en]")
    return report.edition(reread(this_round), "first").parent


@pytest.fixture(scope="module", params=["small_edition", "demo_edition"])
def visits(request, chromium) -> list[Visit]:
    """Visit all pages: first those of fixture notebooks, then those of the report itself."""
    files = sorted(request.getfixturevalue(request.param).glob("*.html"))
    assert len(files) > 2
    return [visit(chromium, file) for file in files]


def visit(chromium: object, file: Path) -> Visit:
    seen = Visit(file)
    with opened(chromium, file) as found:
        _at_a_desk(found, seen)
    with opened(chromium, file, NARROW) as found:
        found.page.evaluate(UNFOLD)
        seen.width = found.page.evaluate("document.documentElement.scrollWidth")
        seen.small = found.page.evaluate(TARGETS)
        found.page.evaluate(FEWER)
        found.page.evaluate(UNFOLD.replace("true", "false"))
        seen.axe["narrow"] = violations(found)
    with opened(chromium, file, javascript=False) as found:
        seen.texts.append(found.page.inner_text("body"))
    return seen


def _at_a_desk(found: Opened, seen: Visit) -> None:
    page = found.page
    seen.language = page.evaluate("document.documentElement.lang")
    seen.policy, seen.links = page.evaluate(POLICY), page.evaluate(LINKS)
    seen.banner = page.locator(".banner").inner_text()
    page.keyboard.press("Tab")
    seen.focus = [page.evaluate("document.activeElement.getAttribute('href')")]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    # A page of text alone has nothing to stop at before its foot.
    seen.skipped_to = page.evaluate("!document.activeElement.closest('header, body > nav')")
    for _ in range(4):
        page.keyboard.press("Tab")
        seen.focus.append(page.evaluate("getComputedStyle(document.activeElement).outlineWidth"))
    page.evaluate(BOX.format("none"))
    seen.texts.append(page.inner_text("body"))
    page.evaluate(BOX.format(""))
    page.evaluate(FEWER)
    page.emulate_media(media="print")
    seen.axe["print"] = violations(found)
    seen.printed = [
        name for name in ("nav", "h1", ".skip") if page.locator(name).first.is_visible()
    ]
    page.emulate_media(media="screen")
    page.evaluate(UNFOLD)
    seen.axe["unfolded"] = violations(found)
    seen.asked, seen.errors = found.asked, found.errors


def told(visits: list[Visit], what: Callable[[Visit], object]) -> dict[str, object]:
    return {one.file.name: what(one) for one in visits}


def every(visits: list[Visit], value: object) -> dict[str, object]:
    return {one.file.name: value for one in visits}


def test_every_page_opens_without_asking_for_anything(visits):
    assert told(visits, lambda one: (one.asked, one.errors)) == every(visits, ([], []))


@pytest.mark.parametrize("how", ["unfolded", "narrow", "print"])
def test_axe_finds_nothing_on_any_page(visits, how):
    assert told(visits, lambda one: one.axe[how]) == every(visits, [])


def test_no_page_is_wider_than_the_narrowest_screen(visits):
    assert told(visits, lambda one: one.width) == every(visits, NARROW)


def test_what_is_to_be_touched_is_large_enough(visits):
    assert told(visits, lambda one: one.small) == every(visits, [])


def test_the_keyboard_reaches_the_skip_link_first_and_jumps_to_the_content(visits):
    assert told(visits, lambda one: (one.focus[0], one.skipped_to)) == every(
        visits, ("#content", True)
    )


def test_focus_can_be_seen_wherever_the_keyboard_goes(visits):
    assert told(visits, lambda one: set(one.focus[1:])) == every(visits, {"3px"})


def test_every_page_says_its_language_and_forbids_what_it_does_not_need(visits):
    for one in visits:
        assert one.language == ("en" if one.file.name.endswith(".en.html") else "nl")
        assert one.policy.startswith("default-src 'none'")
        assert ("script-src" in one.policy) == one.file.name.startswith("facts")


def test_every_page_reads_the_same_without_javascript(visits):
    for one in visits:
        assert one.texts[0] == one.texts[1], one.file.name


def test_links_of_a_page_lead_somewhere(visits):
    for one in visits:
        for address in one.links:
            name = address.partition("#")[0]
            assert not name or (one.file.parent / name).is_file(), (one.file.name, address)


def test_a_page_can_be_printed_without_what_is_for_screens(visits):
    assert told(visits, lambda one: one.printed) == every(visits, ["h1"])


def test_every_page_of_an_invented_edition_says_so(visits):
    for one in visits:
        assert re.match("Fictief|Invented", one.banner), one.file.name


def test_a_page_adds_little_to_what_its_notebook_shows(visits):
    for one in visits:
        raw = one.file.read_bytes()
        shown = BeautifulSoup(raw, "html.parser").select("main > .text, main .output")
        content = sum(len(part.encode_contents()) for part in shown)
        assert content or not (one.file.parent / f"{one.file.stem}.ipynb").exists()
        assert len(raw) - content < MOST_OVERHEAD, one.file.name


def test_pages_and_edition_are_light(visits, tmp_path):
    folder = visits[0].file.parent
    assert max(one.file.stat().st_size for one in visits) < MOST_PAGE
    # Every file counts: pages, workbooks, and tables for programs.
    assert sum(path.stat().st_size for path in folder.iterdir()) < MOST_EDITION
    archive = shutil.make_archive(str(tmp_path / "edition"), "zip", folder)
    assert Path(archive).stat().st_size < MOST_EDITION / 4


# What one page in particular does


def test_axe_is_able_to_find_something(chromium, small_edition, tmp_path):
    page = (small_edition / "size.html").read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(page.replace('lang="nl"', "").replace("aria-label=", "data-no="), "utf-8")

    with opened(chromium, broken) as found:
        rules = {line.split(":")[0] for line in violations(found)}

    assert {"html-has-lang", "svg-img-alt"} <= rules


def test_a_planted_script_does_not_run(chromium, small_edition, tmp_path):
    page = (small_edition / "size.html").read_text(encoding="utf-8")
    planted = tmp_path / "planted.html"
    planted.write_text(page.replace("</main>", "<script>document.title='x'</script></main>"))

    with opened(chromium, planted) as found:
        assert found.page.title() != "x"
        assert "Content Security Policy" in found.errors[0]


def test_the_theme_of_the_ministry_is_as_accessible(chromium, demo_edition, tmp_path):
    for name in ("summary.html", "trends.html"):
        text = (demo_edition / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(themes.themed(text, "ministry"), encoding="utf-8")
        with opened(chromium, tmp_path / name) as found:
            found.page.evaluate(UNFOLD)
            assert violations(found) == []


def test_code_is_folded_away_and_can_be_opened_with_the_keyboard(chromium, small_edition):
    with opened(chromium, small_edition / "size.html") as found:
        code = found.page.locator("details.code").first
        assert not code.locator("pre").is_visible()
        code.locator("summary").focus()
        found.page.keyboard.press("Enter")
        assert code.locator("pre").is_visible()


def test_a_page_becomes_a_printed_document(chromium, small_edition):
    with opened(chromium, small_edition / "size.html") as found:
        assert found.page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("name", ["summary.html", "summary.en.html"])
def test_the_summary_is_two_printed_pages(chromium, demo_edition, name):
    with opened(chromium, demo_edition / name) as found:
        printed = pypdf.PdfReader(io.BytesIO(found.page.pdf(prefer_css_page_size=True)))

    assert len(printed.pages) == 2


SHOWN = "[...document.querySelectorAll('section > [data-key]')].filter(o => !o.hidden)"


def test_facts_are_searched_while_typing_and_in_any_order(chromium, demo_edition):
    with opened(chromium, demo_edition / "facts.html") as found:
        page = found.page
        every = page.evaluate(f"{SHOWN}.length")
        page.get_by_label("Zoek een cijfer").focus()
        page.keyboard.type("maritiem 2025 DEFENSIE-EXPORT")
        keys = page.evaluate(f"{SHOWN}.map(one => one.dataset.key)")

        assert keys == ["export_defence:military_domain=maritime:2025"]
        assert page.get_by_role("status").inner_text() == "1 cijfers gevonden"
        assert violations(found) == []
        page.get_by_label("Zoek een cijfer").fill("")
        assert page.evaluate(f"{SHOWN}.length") == every


def test_facts_of_every_year_are_printed_and_what_is_folded_away_is_not(chromium, demo_edition):
    with opened(chromium, demo_edition / "facts.html") as found:
        found.page.emulate_media(media="print")
        printed = found.page.inner_text("main").replace("\u00a0", " ")

    assert "totaal, 2025: € 9,7 miljard (n = " in printed
    assert "totaal, 2023: € 7,5 miljard (n = " in printed
    assert "Voor een antwoord" not in printed and "Definitie" not in printed.split("\n")


def test_without_scripts_there_is_no_box_that_does_nothing(chromium, demo_edition):
    with opened(chromium, demo_edition / "facts.html", javascript=False) as found:
        assert found.page.locator("input").count() == 0
        fact = found.page.locator("section > details[data-key]").first
        fact.locator("summary").focus()
        found.page.keyboard.press("Enter")
        assert fact.locator("p").first.is_visible()


def test_the_demo_edition_has_a_page_for_every_notebook_in_both_languages(demo_edition):
    made = {path.stem for path in demo_edition.glob("*.html")}
    names = {"index", "accessibility", *(path.stem for path in REPORT_NOTEBOOKS)}
    assert made == names | {f"{name}.en" for name in names}


def test_a_percentage_is_written_as_its_language_writes_it(small_edition):
    nl, en = ((small_edition / f"index{end}.html").read_text("utf-8") for end in ("", ".en"))

    assert "<dd>95\u00a0%</dd>" in nl
    assert "<dd>95%</dd>" in en


def test_chromium_is_the_one_of_this_machine():
    assert shutil.which(browser.CHROMIUM)
