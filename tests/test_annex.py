"""Files beside the pages: the same figures, hidden ones without value, and nothing that runs."""

import csv
import dataclasses
import io
import json
import zipfile
from pathlib import Path

import editions
import openpyxl
import pandas as pd
import pytest
import yaml

from nldtib.codebook import Label
from nldtib.pages import annex, cells
from nldtib.pages.annex import rows, tabular, workbook

ROOT = Path(__file__).resolve().parents[1]
TRUTH = editions.truth()
HIDDEN = ["turnover_defence:military_domain=land:2025", "organisations:province=GR:2025"]
LANGUAGES = ("nl", "en")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = editions.write(
        tmp_path_factory.mktemp("annex"), editions.hidden(TRUTH, HIDDEN[:1], HIDDEN[1:])
    )
    annex.write(made, ROOT, LANGUAGES)
    return made


@pytest.fixture(scope="module")
def book(folder) -> openpyxl.Workbook:
    return openpyxl.load_workbook(folder / "annex.xlsx")


def told(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "figures.csv", dtype=str, keep_default_na=False).set_index("key")


def test_all_files_are_written_and_again_the_same(folder, tmp_path):
    again = editions.write(tmp_path, editions.hidden(TRUTH, HIDDEN[:1], HIDDEN[1:]))
    annex.write(again, ROOT, LANGUAGES)

    assert set(annex.names(LANGUAGES)) >= {"annex.xlsx", "annex.en.xlsx", "figures.csv"}
    for name in annex.names(LANGUAGES):
        assert (folder / name).read_bytes() == (again / name).read_bytes(), name


def test_figures_are_those_of_the_cells(folder):
    found, whole = told(folder), cells.at(folder, ROOT).cells.drop_duplicates("key")

    assert list(found.index) == list(whole["key"])
    for row in whole.to_dict("records"):
        said = found.loc[row["key"]]
        assert said["status"] == row["status"]
        for name in ("value", "low", "high", "cv"):
            assert said[name] == ("" if pd.isna(row[name]) else f"{row[name]:.10g}")


@pytest.mark.parametrize("key", HIDDEN)
def test_a_hidden_figure_has_no_number_in_any_file(folder, book, key):
    found = told(folder).loc[key]
    assert [found[name] for name in ("value", "low", "high", "cv")] == [""] * 4
    together = json.loads((folder / "figures.json").read_text("utf-8"))
    (one,) = [figure for figure in together["figures"] if figure["key"] == key]
    assert set(one) <= {"key", "status", "grade", "n"}

    lines = [row for sheet in book for row in sheet.iter_rows(values_only=True) if key in row]
    assert lines
    # The number of respondents is no secret unless the gate hid it too.
    for line in lines:
        assert [entry for entry in line if isinstance(entry, int | float)] == [int(found["n"])]
        assert line.count("[niet getoond]") >= 3
        assert any("niet getoond (NLDTIB-enquête 2026)" in str(entry) for entry in line)


def test_what_all_figures_of_a_variable_share_stands_once_and_is_found_by_its_name(folder):
    whole = {
        name: pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in ("figures", "variables", "places")
    }
    about = whole["variables"].set_index("variable").loc["defence_share"]

    assert about["base_nl"] == "van de totale omzet" and about["base_en"] == "of total turnover"
    assert about["definition_en"] and about["method_en"] and about["imputed_percent"]
    assert set(whole["figures"]["variable"]) == set(whole["variables"]["variable"])
    named = whole["figures"]["place"].str.split(",").explode()
    assert set(named) == set(whole["places"]["place"])
    for table, key in (("variables", "variable"), ("places", "place"), ("figures", "key")):
        assert whole[table][key].is_unique
    assert (whole["figures"].nunique() > 1).all(), "a column says the same of every figure"


def test_one_file_holds_all_three_and_the_edition(folder):
    together = json.loads((folder / "figures.json").read_text("utf-8"))
    (share,) = [one for one in together["figures"] if one["key"] == "defence_share:total:2025"]
    edition = together["edition"]

    assert (
        share["grade"]
        and share["n"]
        and share["value"]
        == pytest.approx(TRUTH.set_index("key")["value"].loc[share["key"]].iloc[0])
    )
    assert together["variables"]["defence_share"]["base_en"] == "of total turnover"
    assert together["places"]["military_domain=land"] == {"place_nl": "Land", "place_en": "Land"}
    assert (edition["approached"], edition["answered"], edition["level"]) == (1050, 286, 0.95)
    assert edition["vintage"] == "2026-first" and len(edition["input_fingerprint"]) == 64
    assert edition["invented"] is True


def test_the_metadata_describes_every_column_of_every_table(folder):
    metadata = json.loads((folder / "figures.csv-metadata.json").read_text("utf-8"))

    assert metadata["@context"][0] == "http://www.w3.org/ns/csvw"
    assert [one["url"] for one in metadata["tables"]] == [
        "figures.csv",
        "variables.csv",
        "places.csv",
    ]
    for table in metadata["tables"]:
        described = table["tableSchema"]["columns"]
        found = pd.read_csv(folder / table["url"], dtype=str, keep_default_na=False)
        assert [column["name"] for column in described] == list(found.columns)
        assert found[table["tableSchema"]["primaryKey"]].is_unique
        assert all(column["titles"]["nl"] and column["dc:description"] for column in described)
        for column in described:
            entries = [entry for entry in found[column["name"]] if entry]
            if column["datatype"] == "integer":
                assert all(entry.isdigit() for entry in entries), column["name"]
            if column["datatype"] == "number":
                assert [float(entry) for entry in entries], column["name"]
            if column["required"]:
                assert len(entries) == len(found)
    (link,) = metadata["tables"][0]["tableSchema"]["foreignKeys"]
    assert link["reference"] == {"resource": "variables.csv", "columnReference": "variable"}


def test_a_citation_says_what_edition_is_meant(folder):
    cited = yaml.safe_load((folder / "CITATION.cff").read_text("utf-8"))

    assert cited["cff-version"] == "1.2.0" and cited["authors"][0]["name"]
    assert (cited["version"], cited["date-released"]) == ("2026-first", "2026-11-23")
    assert cited["abstract"].startswith("Invented")


# The workbook, by the checklist for accessible spreadsheets


def test_a_workbook_opens_with_cover_contents_and_notes_and_has_a_table_a_sheet(folder, book):
    edition = cells.at(folder, ROOT)
    assert book.sheetnames[:3] == ["Voorblad", "Inhoud", "Toelichting"]
    assert book.sheetnames[-1] == "Codeboek"
    assert len(book.sheetnames) == len(edition.tables) + 4
    assert book.active.title == "Voorblad" and book.properties.title.startswith("NLDTIB 2026")
    for sheet in book.worksheets[1:]:
        assert len(sheet.tables) == 1, sheet.title
        assert not sheet.merged_cells.ranges
        assert sheet["A1"].value and sheet.sheet_state == "visible"
        (table,) = sheet.tables.values()
        inside = sheet[table.ref]
        assert all(cell.value not in (None, "") for row in inside for cell in row), sheet.title
        assert len({cell.value for cell in inside[0]}) == len(inside[0])


def test_the_contents_lead_to_every_sheet(book):
    links = {
        cell.value: cell.hyperlink.location
        for (cell,) in book["Inhoud"]["A3:A500"]
        if cell.hyperlink
    }

    assert list(links) == book.sheetnames[2:]
    assert all(where == f"'{name}'!A1" for name, where in links.items())


def test_every_number_of_the_workbook_is_a_number(folder, book):
    sheet = book[book.sheetnames[3]]
    (table,) = sheet.tables.values()
    heads, *lines = sheet[table.ref]
    place = [cell.value for cell in heads].index("Schatting")

    found = [line[place].value for line in lines]

    assert found and all(isinstance(one, int | float) for one in found)


def test_the_english_workbook_speaks_english(folder):
    english = openpyxl.load_workbook(folder / "annex.en.xlsx")

    assert english.sheetnames[:3] == ["Cover", "Contents", "Notes"]
    assert english["Cover"]["A1"].value == "NLDTIB 2026, first edition: all tables"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_label_becomes_a_formula(folder, start):
    hostile = f'{start}HYPERLINK("http://example.org")'
    edition = cells.at(folder, ROOT)
    label = Label(hostile, hostile)
    variables = {
        name: dataclasses.replace(one, label=label, base=label)
        for name, one in edition.codebook.variables.items()
    }
    changed = dataclasses.replace(
        edition, codebook=dataclasses.replace(edition.codebook, variables=variables)
    )
    spoken = {one: dataclasses.replace(changed, language=one) for one in LANGUAGES}

    figures = rows.figures(spoken)

    made = tabular.files(spoken, figures)
    lines = csv.reader(io.StringIO(made["variables.csv"].decode()))
    entries = {entry for line in lines for entry in line if "HYPERLINK" in entry}
    assert entries and not any(entry.startswith(start) for entry in entries)
    raw = zipfile.ZipFile(io.BytesIO(workbook.book(spoken["nl"], figures)))
    sheets = "".join(raw.read(name).decode() for name in raw.namelist() if "sheets/sheet" in name)
    assert "<f>" not in sheets and "HYPERLINK" not in sheets
