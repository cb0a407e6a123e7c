"""Every page of an edition, opened in a real browser with the network off."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import browser
import pytest
from browser import DESKTOP, NARROW, needs_chromium, opened, violations
from bs4 import BeautifulSoup
from conftest import REPORT_NOTEBOOKS, project, reread, speaking

from nldtib import report

pytestmark = [needs_chromium, pytest.mark.browser]
MOST_OVERHEAD = 15_000


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
def pages(request) -> list[Path]:
    """Return all pages: first those of fixture notebooks, then those of the report itself."""
    found = sorted(request.getfixturevalue(request.param).glob("*.html"))
    assert len(found) > 2
    return found


def test_every_page_opens_without_asking_for_anything(chromium, pages):
    for file in pages:
        with opened(chromium, file) as found:
            assert (file.name, found.asked, found.errors) == (file.name, [], [])


@pytest.mark.parametrize("width", [DESKTOP, NARROW])
def test_axe_finds_nothing_on_any_page(chromium, pages, width):
    found = {}
    for file in pages:
        with opened(chromium, file, width) as page:
            found[file.name] = violations(page)

    assert found == {file.name: [] for file in pages}


def test_axe_finds_nothing_when_everything_is_unfolded(chromium, pages):
    found = {}
    for file in pages:
        with opened(chromium, file) as page:
            page.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            found[file.name] = violations(page)

    assert found == {file.name: [] for file in pages}


def test_axe_is_able_to_find_something(chromium, small_edition, tmp_path):
    page = (small_edition / "size.html").read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(page.replace('lang="nl"', "").replace("aria-label=", "data-no="), "utf-8")

    with opened(chromium, broken) as found:
        rules = {line.split(":")[0] for line in violations(found)}

    assert {"html-has-lang", "svg-img-alt"} <= rules


def test_no_page_is_wider_than_the_narrowest_screen(chromium, pages):
    widths = {}
    for file in pages:
        with opened(chromium, file, NARROW) as found:
            found.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            widths[file.name] = found.page.evaluate("document.documentElement.scrollWidth")

    assert widths == {file.name: NARROW for file in pages}


def test_the_keyboard_reaches_the_skip_link_first_and_jumps_to_the_content(chromium, pages):
    for file in pages:
        with opened(chromium, file) as found:
            found.page.keyboard.press("Tab")
            focused = "document.activeElement.getAttribute('href')"
            assert found.page.evaluate(focused) == "#content", file.name
            box = found.page.locator(".skip").bounding_box()
            assert box["x"] >= 0 and box["y"] >= 0
            found.page.keyboard.press("Enter")
            found.page.keyboard.press("Tab")
            inside = "!!document.activeElement.closest('main')"
            assert found.page.evaluate(inside), file.name


def test_focus_can_be_seen_wherever_the_keyboard_goes(chromium, pages):
    for file in pages:
        with opened(chromium, file) as found:
            for _ in range(6):
                found.page.keyboard.press("Tab")
                outline = "getComputedStyle(document.activeElement).outlineWidth"
                assert found.page.evaluate(outline) == "3px", file.name


def test_every_page_says_its_language_and_forbids_what_it_does_not_need(chromium, pages):
    policy = "document.querySelector('meta[http-equiv=Content-Security-Policy]').content"
    for file in pages:
        with opened(chromium, file) as found:
            language = found.page.evaluate("document.documentElement.lang")
            assert language == ("en" if file.name.endswith(".en.html") else "nl")
            assert found.page.evaluate(policy).startswith("default-src 'none'")


def test_a_planted_script_does_not_run(chromium, small_edition, tmp_path):
    page = (small_edition / "size.html").read_text(encoding="utf-8")
    planted = tmp_path / "planted.html"
    planted.write_text(page.replace("</main>", "<script>document.title='x'</script></main>"))

    with opened(chromium, planted) as found:
        assert found.page.title() != "x"
        assert "Content Security Policy" in found.errors[0]


def test_every_page_reads_the_same_without_javascript(chromium, pages):
    for file in pages:
        with opened(chromium, file) as with_it, opened(chromium, file, javascript=False) as without:
            assert without.page.inner_text("body") == with_it.page.inner_text("body")


def test_links_of_a_page_lead_somewhere(chromium, pages):
    for file in pages:
        with opened(chromium, file) as found:
            links = "[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))"
            for address in found.page.evaluate(links):
                name = address.partition("#")[0]
                assert not name or (file.parent / name).is_file(), (file.name, address)


def test_a_page_adds_little_to_what_its_notebook_shows(pages):
    for file in pages:
        raw = file.read_bytes()
        soup = BeautifulSoup(raw, "html.parser")
        shown = soup.select("main > .text, main .output")
        content = sum(len(part.encode_contents()) for part in shown)
        assert file.name.startswith("index") or content > 0
        assert len(raw) - content < MOST_OVERHEAD, file.name


def test_a_page_can_be_printed(chromium, pages):
    for file in pages:
        with opened(chromium, file) as found:
            found.page.emulate_media(media="print")
            assert not found.page.locator("nav").first.is_visible()
            assert found.page.locator("h1").is_visible()
            assert len(found.page.screenshot(full_page=True)) > 5_000
            assert found.page.pdf().startswith(b"%PDF")


def test_every_page_of_an_invented_edition_says_so(chromium, pages):
    for file in pages:
        with opened(chromium, file) as found:
            said = found.page.locator(".banner").inner_text()
            assert re.match("Fictief|Invented", said), file.name


def test_code_is_folded_away_and_can_be_opened_with_the_keyboard(chromium, small_edition):
    with opened(chromium, small_edition / "size.html") as found:
        code = found.page.locator("details.code").first
        assert not code.locator("pre").is_visible()
        code.locator("summary").focus()
        found.page.keyboard.press("Enter")
        assert code.locator("pre").is_visible()


def test_the_demo_edition_has_a_page_for_every_notebook_in_both_languages(demo_edition):
    made = {path.stem for path in demo_edition.glob("*.html")}
    names = {"index", *(path.stem for path in REPORT_NOTEBOOKS)}
    assert made == names | {f"{name}.en" for name in names}


def test_chromium_is_the_one_of_this_machine():
    assert shutil.which(browser.CHROMIUM)
