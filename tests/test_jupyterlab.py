"""The workbench in JupyterLab itself: by keyboard alone, with a name for every control, offline."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import browser
import lab
import pytest
from conftest import PROJECT, command

from nldtib import produce, rounds
from nldtib.pages.present import numbers
from nldtib.records import estimate
from nldtib.schema import Survey

pytestmark = [browser.needs_chromium, pytest.mark.browser, pytest.mark.slow]

NOTEBOOK = "notebooks/workbench/explore.ipynb"
DESK = "notebooks/workbench/edit.ipynb"
BENCH = "notebooks/workbench/weighting.ipynb"
CONTROLS = ["Variabele", "Uitsplitsing", "Verslagjaar", "Maat"]
PATIENCE = 60_000  # milliseconds


@dataclass
class Explorer:
    """The notebook in the browser after Run All Cells, and the round that it shows."""

    page: object
    survey: Survey
    notebook: Path
    server: lab.Lab
    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def panel(self) -> object:
        return self.page.locator(".nldtib-explore")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def reads(self, caption: str) -> None:
        """Wait until the table is the one of this caption."""
        self.panel.locator("caption").get_by_text(caption, exact=True).wait_for(timeout=PATIENCE)

    def rows(self) -> list[list[str]]:
        """Return the body of the table, one list of texts per row."""
        rows = self.panel.locator("tbody tr").all()
        return [row.locator("th, td").all_inner_texts() for row in rows]

    def focused(self) -> str:
        """Return the label of the control that has the focus."""
        return self.page.evaluate("document.activeElement.labels?.[0]?.textContent ?? ''")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """Lay out a project with the invented round and this notebook."""
    root = tmp_path_factory.mktemp("lab") / "project"
    shutil.copytree(PROJECT / "parameters", root / "parameters")
    (root / NOTEBOOK).parent.mkdir(parents=True)
    for notebook in (NOTEBOOK, DESK, BENCH):
        shutil.copyfile(PROJECT / notebook, root / notebook)
    command(root, "demo")
    return root


@pytest.fixture(scope="module")
def explorer(project) -> Iterator[Explorer]:
    with contextlib.chdir(project):
        survey = produce.prepare(rounds.read()).survey
    with browser.chromium() as chromium, lab.running(project, project.parent / "home") as server:
        context = chromium.new_context(viewport={"width": 1280, "height": 1400})
        opened = Explorer(context.new_page(), survey, project / NOTEBOOK, server)
        opened.page.on("request", lambda request: opened.asked.append(request.url))
        opened.page.on("pageerror", lambda error: opened.errors.append(str(error)))
        _run_all_cells(opened.page, server.address(NOTEBOOK))
        opened.reads("Totale omzet, totaal, 2025")
        yield opened
        context.close()
    assert left_behind(server) == []


def _run_all_cells(page: object, address: str) -> None:
    page.goto(address)
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=PATIENCE)
    # Before the kernel is there JupyterLab would ask which kernel to use.
    page.get_by_text("(ipykernel) | Idle").wait_for(timeout=PATIENCE)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def left_behind(server: lab.Lab) -> list[str]:
    """Return what is still there of a server that should have ended."""
    found = [f"kernel {name}" for name in server.kernels()]
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.process.pid, 0)
        found.append("a process of its group")
    return found


def at_the_start(explorer: Explorer) -> Explorer:
    """Go back, by keyboard, to the first choice in every list, with the focus on the first."""
    explorer.panel.get_by_label("Variabele").focus()
    explorer.press("Home", "Tab", "Home", "Tab", "End", "Tab", "Home")
    explorer.reads("Totale omzet, totaal, 2025")
    explorer.panel.get_by_label("Variabele").focus()
    return explorer


def in_scope(survey: Survey, year: int) -> object:
    return survey.records["in_scope"] & (survey.records["reference_year"] == year)


def test_the_panel_opens_with_a_warning_and_four_named_lists_in_reading_order(explorer):
    at_the_start(explorer)
    lists = explorer.panel.get_by_role("combobox").all()

    assert [one.get_attribute("id") for one in lists] == [
        explorer.panel.get_by_role("combobox", name=name, exact=True).get_attribute("id")
        for name in CONTROLS
    ]
    assert explorer.panel.inner_text().startswith("Vertrouwelijk: onbeveiligde cijfers")
    assert explorer.panel.locator("button, input, textarea, [tabindex]").count() == 0


def test_a_variable_and_a_breakdown_chosen_by_keyboard_give_the_figures_of_estimate(explorer):
    at_the_start(explorer)
    wanted = estimate.total(
        explorer.survey,
        "turnover_defence",
        "military_domain",
        in_scope(explorer.survey, 2025),
    ).set_index("domain")

    explorer.press("ArrowDown")
    explorer.reads("Defensieomzet, totaal, 2025")
    (whole,) = explorer.rows()
    explorer.press("Tab", "ArrowDown")
    explorer.reads("Defensieomzet, totaal, 2025, naar militair domein")

    total = estimate.total(
        explorer.survey, "turnover_defence", where=in_scope(explorer.survey, 2025)
    )
    assert whole[:2] == [
        "Alle organisaties",
        numbers.number(total["estimate"].item() / 1000, 1, "nl"),
    ]
    assert [row[0] for row in explorer.rows()] == [
        "Maritiem",
        "Lucht en ruimte",
        "Land",
        "Veiligheid",
    ]
    for row, code in zip(
        explorer.rows(), ["maritime", "air_space", "land", "security"], strict=True
    ):
        assert row[1] == numbers.number(wanted.loc[code, "estimate"] / 1000, 1, "nl")
        assert row[4] == str(wanted.loc[code, "n"])
    chart = explorer.panel.get_by_role("img")
    described = chart.locator("title").text_content()
    drawn = chart.locator("text").all_text_contents()
    assert described.startswith("Staafdiagram van defensieomzet, totaal, 2025, naar militair")
    assert [row[1] for row in explorer.rows() if row[1] not in drawn] == []


def test_tab_goes_through_the_lists_in_order_and_letters_stay_inside(explorer):
    at_the_start(explorer)

    # Outside a panel that keeps its keys, these two letters delete the cell.
    explorer.press("d", "d")
    explorer.reads("Defensie-fte, totaal, 2025")
    passed = [explorer.focused()]
    for _ in CONTROLS[1:]:
        explorer.press("Tab")
        passed.append(explorer.focused())
    explorer.press("End")
    explorer.reads("Defensie-fte, verandering sinds 2023, 2025")

    assert passed == CONTROLS
    assert explorer.page.locator(".jp-Notebook .jp-Cell").count() == 3


def test_a_list_offers_only_what_exists_for_the_variable(explorer):
    at_the_start(explorer)

    explorer.panel.get_by_label("Variabele").focus()
    explorer.page.keyboard.type("Defensie-aandeel")
    explorer.reads("Defensie-aandeel, verhouding, 2025")

    assert explorer.panel.get_by_label("Maat").locator("option").all_inner_texts() == ["verhouding"]


def test_axe_finds_nothing_in_the_panel(explorer):
    from axe_playwright_python.sync_playwright import Axe

    at_the_start(explorer)
    explorer.press("Tab", "End")
    explorer.reads("Totale omzet, totaal, 2025, naar kennispartner")
    rules = {"type": "tag", "values": list(browser.RULES)}
    # JupyterLab's body has no height and hides what overflows, so that axe would take everything
    # inside for invisible and look at no colour.
    explorer.page.add_style_tag(content="body { overflow: visible !important }")

    response = Axe().run(explorer.page, ".nldtib-explore", {"runOnly": rules}).response

    assert [(rule["id"], rule["nodes"]) for rule in response["violations"]] == []
    passed = {rule["id"]: [node["html"] for node in rule["nodes"]] for rule in response["passes"]}
    assert {"select-name", "svg-img-alt", "scope-attr-valid"} <= passed.keys()
    coloured = " ".join(passed["color-contrast"])
    for seen in ("confidential", "invented", "widget-label", "status", "caption", "td", "note"):
        assert seen in coloured, f"axe did not look at the colour of {seen}"


def test_a_decision_is_recorded_by_keyboard_alone_and_axe_finds_nothing(explorer, project):
    from axe_playwright_python.sync_playwright import Axe

    page = explorer.page.context.new_page()
    _run_all_cells(page, explorer.server.address(DESK))
    desk = page.locator(".nldtib-edit")
    desk.locator("caption").wait_for(timeout=PATIENCE)
    before = (project / "data/demo/2026/decisions.csv").read_text("utf-8")

    # Outside a panel that keeps its keys, two letters d delete the cell.
    desk.get_by_label("Werklijst").focus()
    for words in ("", "", "1528", "ddd hele euro's", "analist 2"):
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    desk.get_by_role("status").get_by_text("Vastgelegd").wait_for(timeout=PATIENCE)

    after = (project / "data/demo/2026/decisions.csv").read_text("utf-8")
    assert after.startswith(before)
    assert "1528,ddd hele euro's,analist 2," in after.removeprefix(before)
    assert page.locator(".jp-Notebook .jp-Cell").count() == 3
    page.add_style_tag(content="body { overflow: visible !important }")
    rules = {"type": "tag", "values": list(browser.RULES)}
    response = Axe().run(page, ".nldtib-edit", {"runOnly": rules}).response
    page.close()
    assert [(rule["id"], rule["nodes"]) for rule in response["violations"]] == []
    passed = {rule["id"] for rule in response["passes"]}
    assert {"select-name", "label", "button-name", "color-contrast"} <= passed


def test_a_weighting_is_tried_by_keyboard_alone_and_axe_finds_nothing(explorer):
    from axe_playwright_python.sync_playwright import Axe

    page = explorer.page.context.new_page()
    _run_all_cells(page, explorer.server.address(BENCH))
    bench = page.locator(".nldtib-weighting")
    bench.get_by_text("Dit is de keuze van de ronde").wait_for(timeout=PATIENCE)

    bench.get_by_label("Provincie").focus()
    page.keyboard.press("Space")
    bench.get_by_label("Laagste factor").focus()
    for words in ("0.2", "5", "10"):
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    bench.get_by_text("Provincie: Zeeland").wait_for(timeout=PATIENCE)

    assert "bounds: [0.2, 5.0]" in bench.locator("pre").inner_text()
    page.add_style_tag(content="body { overflow: visible !important }")
    rules = {"type": "tag", "values": list(browser.RULES)}
    response = Axe().run(page, ".nldtib-weighting", {"runOnly": rules}).response
    page.close()
    assert [(rule["id"], rule["nodes"]) for rule in response["violations"]] == []
    passed = {rule["id"] for rule in response["passes"]}
    assert {"select-name", "label", "button-name", "color-contrast"} <= passed


def test_what_is_saved_of_the_notebook_holds_no_figure(explorer):
    at_the_start(explorer)
    (whole,) = explorer.rows()
    before = explorer.notebook.stat().st_mtime_ns

    explorer.page.get_by_role("menuitem", name="File", exact=True).click()
    explorer.page.locator(".lm-Menu-itemLabel").get_by_text("Save Notebook", exact=True).click()
    explorer.page.wait_for_function(
        "() => !document.querySelector('.jp-mod-dirty')", timeout=PATIENCE
    )

    saved = explorer.notebook.read_text(encoding="utf-8")
    assert explorer.notebook.stat().st_mtime_ns > before
    assert json.loads(saved)["cells"][2]["outputs"], "the panel was saved without its place"
    assert whole[1] not in saved
    assert "Alle organisaties" not in saved


def test_nothing_is_asked_of_the_world_outside(explorer):
    places = {urlsplit(address).hostname for address in explorer.asked if ":" in address}

    assert explorer.errors == []
    assert places - {None} == {"127.0.0.1"}
