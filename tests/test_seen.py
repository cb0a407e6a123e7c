"""What the files of an edition show for a cell is what was published, and nothing where hidden."""

import json

import openpyxl
import pandas as pd
import pytest

from nldtib import rounds
from nldtib.gate.audit import seen

COLUMNS = ["key", "status", "value", "low", "high", "cv", "n"]
OPEN = "turnover_defence:military_domain=land:2025"
LARGER = "turnover_defence:military_domain=maritime:2025"
SHUT = "turnover_defence:military_domain=security:2025"
ALSO_SHUT = "turnover_defence:size_class=25-100:2025"


@pytest.fixture
def folder(tmp_path):
    """Return an edition of two published and two hidden cells, without pages."""
    rows = [
        (OPEN, "published", 1_234_567.8, 1_000_000.0, 1_500_000.0, 0.1, 40),
        (LARGER, "published", 2_469_135.6, 2_000_000.0, 3_000_000.0, 0.1, 50),
        (SHUT, "suppressed", None, None, None, None, None),
        (ALSO_SHUT, "unreliable", None, None, None, None, None),
    ]
    pd.DataFrame(rows, columns=COLUMNS).to_csv(tmp_path / "cells.csv", index=False)
    return tmp_path


def found_in(folder, content: str, name: str = "size.html") -> list[str]:
    (folder / name).write_text(content, encoding="utf-8")
    found = seen.search(folder, [], rounds.read_codebook(2026, rounds.project_root()))
    assert set(found["file"]) <= {name}
    return found["kind"].tolist()


def cell(key: str, part: str, text: str, language: str = "nl") -> str:
    return f'<html lang="{language}"><td data-key="{key}" data-part="{part}">{text}</td></html>'


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        (cell(OPEN, "value", "1.235"), []),
        (cell(OPEN, "value", "1,235", "en"), []),
        (cell(OPEN, "value", "1.236"), ["other"]),
        (cell(OPEN, "interval", "1.000 \u2013 1.500"), []),
        (cell(OPEN, "interval", "1.000 \u2013 1.501"), ["other"]),
        (cell(OPEN, "n", "40"), []),
        (cell(OPEN, "n", "41"), ["other"]),
        (cell(SHUT, "value", ". niet getoond"), []),
        (cell(SHUT, "value", "690"), ["shown"]),
        (cell(SHUT, "interval", "600 \u2013 700"), ["shown"]),
        (cell(SHUT, "n", "2"), ["shown"]),
        (cell("turnover_defence:province=GR:2025", "value", "1"), ["unknown"]),
        (f'<strong data-key="{OPEN}">\u20ac 1,2 miljard</strong>', []),
        (f'<strong data-key="{OPEN}">\u20ac 1,3 miljard</strong>', ["other"]),
        (f'<a data-key="{ALSO_SHUT}">25 tot 100 2025: niet getoond</a>', []),
        (f'<a data-key="{ALSO_SHUT}">25 tot 100 2025: 17</a>', ["shown"]),
        (f'<details data-key="{SHUT}"><summary>2025</summary>n 282</details>', []),
        (f'<details data-key="{SHUT}"><summary>2025: 3</summary></details>', ["shown"]),
    ],
)
def test_a_page_says_what_was_published(folder, content, kinds):
    assert found_in(folder, content) == kinds


@pytest.mark.parametrize(
    ("of", "inside", "kinds"),
    [
        (OPEN, '<td data-part="value">1.235</td><td data-part="n">40</td>', []),
        (OPEN, '<td data-part="value">1.235</td><td data-part="n">41</td>', ["other"]),
        (OPEN, f'<td data-key="{LARGER}" data-part="value">2.469</td>', []),
        (OPEN, "<td>41</td>", []),
        (SHUT, '<td><span data-part="interval">600</span></td>', ["shown"]),
        (SHUT, '<td data-part="value">. niet getoond</td>', []),
    ],
)
def test_parts_of_a_row_stand_for_the_cell_of_the_row(folder, of, inside, kinds):
    table = f'<table><tr data-of="{of}">{inside}</tr><tr><td data-part="n">7</td></tr></table>'
    assert found_in(folder, table) == kinds


def drawing(lengths: dict[str, float], said: str = "Staafdiagram") -> str:
    """Return a bar chart as our pages draw it: a frame, and per key a bar and a number."""
    parts = []
    for place, (key, length) in enumerate(lengths.items()):
        top, bottom = 30 * place + 5, 30 * place + 25
        parts.append(f'<path d="M 90 {top} L {90 + length} {top} L {90 + length} {bottom} z"/>')
        text = "niet getoond" if key in (SHUT, ALSO_SHUT) else ""
        parts.append(f'<g data-key="{key}"><text y="{30 * place + 15}">{text}</text></g>')
    frame = '<path d="M 0 0 L 500 0 L 500 400 L 0 400 z"/>'
    return f"<svg><title>{said}</title>{frame}{''.join(parts)}</svg>"


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        (drawing({LARGER: 200, OPEN: 100, SHUT: 40, ALSO_SHUT: 40}), []),
        (drawing({LARGER: 200, OPEN: 110, SHUT: 40, ALSO_SHUT: 40}), ["other"]),
        (drawing({LARGER: 200, OPEN: 100, SHUT: 40, ALSO_SHUT: 60}), ["shown"]),
        (drawing({LARGER: 200, SHUT: 40}, "Niet getoond: Veiligheid"), []),
        (drawing({LARGER: 200, SHUT: 40}, "Het kleinst Veiligheid met \u20ac 690"), ["shown"]),
    ],
)
def test_a_drawing_tells_no_more_than_its_numbers(folder, content, kinds):
    assert found_in(folder, content) == kinds


@pytest.mark.parametrize(
    ("change", "kinds"),
    [({}, []), ({"value": "690"}, ["shown"]), ({"n": "2"}, ["shown"]), ({"key": "x"}, ["unknown"])],
)
def test_files_for_programs_say_what_was_published(folder, change, kinds):
    row = dict.fromkeys(COLUMNS, "") | {"key": SHUT, "status": "suppressed"} | change
    text = ",".join(COLUMNS) + "\n" + ",".join(row[name] for name in COLUMNS) + "\n"

    assert found_in(folder, text, "figures.csv") == kinds
    (folder / "figures.csv").unlink()
    assert found_in(folder, json.dumps({"figures": [row]}), "figures.json") == kinds


def test_another_number_than_was_published_is_found_in_a_file(folder):
    good = f"key,value,n\n{OPEN},1234567.8,40\n"

    assert found_in(folder, good, "figures.csv") == []
    assert found_in(folder, good.replace("567", "568"), "figures.csv") == ["other"]


def test_a_number_in_the_row_of_a_hidden_cell_is_found_in_a_workbook(folder):
    book = openpyxl.Workbook()
    book.active.append(["Veiligheid", 2025, "niet getoond", SHUT])
    book.save(folder / "annex.xlsx")
    codebook = rounds.read_codebook(2026, rounds.project_root())
    assert seen.search(folder, [], codebook).empty

    book.active.append(["Veiligheid", 2025, 690.5, SHUT])
    book.save(folder / "annex.xlsx")
    found = seen.search(folder, [], codebook)
    assert found.to_dict("records") == [{"kind": "shown", "file": "annex.xlsx", "count": 1}]


def test_a_page_may_repeat_what_an_earlier_edition_published(folder, tmp_path_factory):
    earlier = tmp_path_factory.mktemp("earlier")
    cells = pd.read_csv(folder / "cells.csv")
    cells.loc[cells["key"] == SHUT, ["status", "value"]] = ["published", 690_000.0]
    cells.to_csv(earlier / "cells.csv", index=False)
    (folder / "trends.html").write_text(cell(SHUT, "value", "690"), encoding="utf-8")
    codebook = rounds.read_codebook(2026, rounds.project_root())

    assert seen.search(folder, [earlier], codebook).empty
    assert seen.search(folder, [], codebook)["kind"].tolist() == ["shown"]
