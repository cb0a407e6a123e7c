"""Editions for analysts: unprotected, beside the records, and never under outputs/."""

import io
import json
import shutil

import browser
import pandas as pd
import pytest
from conftest import round_at, write_edition

from nldtib import __main__ as commands
from nldtib import produce, report, rounds
from nldtib.errors import NldtibError, ParameterError, UnprotectedError
from nldtib.records import synthetic


def quietly(this_round, **choices):
    return report.edition(this_round, "first", progress=io.StringIO(), **choices)


@pytest.fixture
def invented(small_project):
    """Lay out an invented round with an edition for analysts that has no figure yet."""
    this_round = small_project(size="plain", summary="plain")
    write_edition(this_round.folder / "analyst" / "first", audience="analyst")
    return this_round


def banner_of(page) -> tuple[str, list[int], list[int]]:
    banner = page.locator(".banner.confidential")
    colours = banner.evaluate(
        "one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
    )
    back, front = ([int(part) for part in text[4:-1].split(",")] for text in colours)
    return banner.inner_text(), back, front


@browser.needs_chromium
def test_every_page_stands_under_a_red_banner_and_only_beside_the_records(invented):
    root = invented.root
    choices = root / "parameters" / "2026" / "round.yml"
    choices.write_text(choices.read_text("utf-8").replace("languages: [nl]", "languages: [nl, en]"))
    before = {path: path.read_bytes() for path in (root / "outputs").rglob("*.*") if path.is_file()}

    index = quietly(round_at(root, invented.folder), audience="analyst")

    assert index.parent == root / "data" / "demo" / "2026" / "analyst" / "first"
    pages = sorted(index.parent.glob("*.html"))
    assert len(pages) == 8  # index, accessibility and two notebooks, in two languages
    for path in pages:
        word = "Confidential" if path.name.endswith(".en.html") else "Vertrouwelijk"
        assert f'<p class="banner confidential">{word}: ' in path.read_text(encoding="utf-8")
    with browser.chromium() as chromium, browser.opened(chromium, pages[-1]) as one:
        words, (red, green, blue), front = banner_of(one.page)
    assert words.startswith("Vertrouwelijk")
    assert red > 100 > 60 > max(green, blue) and front == [255, 255, 255]
    after = {path: path.read_bytes() for path in (root / "outputs").rglob("*.*") if path.is_file()}
    assert {path: text for path, text in after.items() if path in before} == before
    assert {path.name for path in set(after) - set(before)} <= {".lock"}


def test_figures_for_analysts_are_refused_as_a_public_edition(invented):
    with (
        pytest.raises(UnprotectedError, match="for the audience analyst, not for public"),
        report.construction(invented, "second") as site,
    ):
        write_edition(site.folder, edition="second", audience="analyst")

    assert not (invented.root / "outputs" / "2026" / "second").exists()


def test_public_figures_are_no_edition_for_analysts(invented):
    write_edition(invented.folder / "analyst" / "first", audience="public")

    with pytest.raises(UnprotectedError, match="for the audience public, not for analyst"):
        quietly(invented, audience="analyst")


@pytest.mark.parametrize("run", [report.edition, lambda one, name: produced_again(one, name)])
def test_a_copy_under_outputs_stops_every_run(invented, run):
    copy = invented.root / "outputs" / "2026" / "copied"
    shutil.copytree(invented.folder / "analyst" / "first", copy)

    with pytest.raises(UnprotectedError, match="outputs/2026/copied holds an edition for analysts"):
        run(invented, "first")


def produced_again(this_round, name):
    with report.construction(this_round, name) as site:
        write_edition(site.folder)


def test_a_copy_that_calls_itself_public_lacks_a_certificate(invented):
    beside = invented.folder / "analyst" / "first"
    produce.audit.withhold(beside)
    copy = invented.root / "outputs" / "2026" / "copied"
    shutil.copytree(beside, copy)
    run = json.loads((copy / "run.json").read_text("utf-8"))
    (copy / "run.json").write_text(json.dumps({**run, "audience": "public", "edition": "copied"}))

    with pytest.raises(UnprotectedError, match="no valid certificate"):
        report.edition(invented, "copied", progress=io.StringIO())


def test_records_under_outputs_have_no_edition_for_analysts(invented):
    inside = invented.root / "outputs" / "demo" / "2026"
    inside.mkdir(parents=True)

    with pytest.raises(ParameterError, match="can never hold unprotected figures"):
        quietly(round_at(invented.root, inside), audience="analyst")


def test_a_notebook_finds_the_invented_edition_and_prefers_the_real_one(invented):
    root, name = invented.root, ("2026", "first", "analyst")
    assert rounds.edition_folder(root, *name) == invented.folder / "analyst" / "first"

    real = root / "data" / "rounds" / "2026" / "analyst" / "first"
    real.mkdir(parents=True)
    assert rounds.edition_folder(root, *name) == real


def test_nobody_can_be_sent_an_edition_for_analysts():
    words = ["produce", "--edition", "first", "--audience", "analyst", "--to", "someone"]

    with pytest.raises(SystemExit) as ended:
        commands.main(words)

    assert ended.value.code == commands.MISUSED


def test_all_that_anyone_answered_is_open_and_nothing_is_noted(tmp_path):
    synthetic.write(tmp_path, 2026)
    this_round = rounds.read(tmp_path / "2026")
    produced = produce.edition(this_round, "first", audience="analyst")
    folder = tmp_path / "2026" / "analyst" / "first"
    produce.write(produced, this_round, folder)
    produce.release(produced, this_round)

    cells = produced.cells
    assert set(cells["status"]) == {"published", "not_applicable"}
    assert (cells["status"].eq("published") == (cells["n"].gt(0) & cells["value"].notna())).all()
    assert cells.loc[cells["grade"] == "F", "value"].notna().any()
    assert json.loads((folder / "audit.json").read_text("utf-8"))["audited"] is False
    assert not (this_round.folder / "disclosure").exists()
    with pytest.raises(NldtibError, match="no valid certificate"):
        produce.audit.refuse_unfit(folder, [], this_round.codebook, tmp_path / "withheld.csv", "")
    assert pd.read_csv(folder / "cells.csv")["value"].notna().sum() == cells["value"].notna().sum()
