"""A workbook that a screen reader can walk through: cover, contents, notes, a table a sheet.

Every table starts in the first column, is marked as a table with one row of heads, and has no
merged, empty or hidden cells; what stands above it says what it is. All text is written as text,
so that no label can become a formula.

Source
------
Government Statistical Service (UK), Releasing statistics in spreadsheets: checklist.
"""

import datetime
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from nldtib.pages.annex.rows import Row
from nldtib.pages.cells import Edition
from nldtib.pages.present import drawing, figures, numbers, panels, passports, words

WIDEST, NARROWEST = 60, 9  # characters
MEASURED = ("value", "low", "high", "n")


@dataclass(frozen=True)
class Sheet:
    """One sheet: its tab, the lines above the table, and the table with its heads."""

    tab: str
    title: str
    lines: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def book(edition: Edition, told: Sequence[Row]) -> bytes:
    """Return the workbook of an edition in its language; same figures, same bytes."""
    raw = io.BytesIO()
    choices = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    file = xlsxwriter.Workbook(raw, choices)
    published = datetime.date.fromisoformat(str(edition.run["published_on"]))
    title = _phrase(edition, "title", _named(edition))
    file.set_properties(
        {
            "title": title,
            "author": words.entries("annex.citation")["author"],
            # Not the time of the run: two runs give the same bytes.
            "created": datetime.datetime.combine(published, datetime.time()),
        }
    )
    looks = {
        "title": file.add_format({"bold": True, "font_size": 14}),
        "head": file.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
        "text": file.add_format({"text_wrap": True, "valign": "top"}),
        "number": file.add_format({"num_format": "#,##0.0", "valign": "top"}),
        "whole": file.add_format({"num_format": "#,##0", "valign": "top"}),
        "link": file.add_format({"font_color": drawing.STRONG, "underline": 1, "valign": "top"}),
    }
    _cover(file, edition, title, looks)
    tables = [_table(edition, told, name, place) for place, name in enumerate(edition.tables, 1)]
    sheets = [_notes(edition), *tables, _codebook(edition)]
    _contents(file, edition, sheets, looks)
    for place, sheet in enumerate(sheets):
        _write(file.add_worksheet(sheet.tab), sheet, looks, f"table_{place}")
    file.close()
    return raw.getvalue()


def _cover(
    file: xlsxwriter.Workbook, edition: Edition, title: str, looks: Mapping[str, object]
) -> None:
    sheet = file.add_worksheet(_text(edition, "cover"))
    sheet.set_column(0, 0, 100)
    sheet.hide_gridlines(2)
    published = {"published": numbers.date(str(edition.run["published_on"]), edition.language)}
    years = {"years": figures.year_words(edition, edition.years)}
    lines = [
        _phrase(edition, "about", years),
        *(_text(edition, name) for name in _warnings(edition)),
        _phrase(edition, "published", published),
        _phrase(edition, "answered", panels.response(edition)),
        _phrase(edition, "origin", {"origin": passports.origin(edition)}),
    ]
    sheet.write_string(0, 0, title, looks["title"])
    for place, line in enumerate(lines, 1):
        sheet.write_string(place, 0, line, looks["text"])


def _warnings(edition: Edition) -> list[str]:
    kinds = [("invented", edition.invented), ("analyst", edition.audience == "analyst")]
    return [name for name, holds in kinds if holds]


def _contents(
    file: xlsxwriter.Workbook,
    edition: Edition,
    sheets: Sequence[Sheet],
    looks: Mapping[str, object],
) -> None:
    heads = (_text(edition, "sheet"), _text(edition, "what"))
    rows = tuple((one.tab, one.title) for one in sheets)
    contents = Sheet(_text(edition, "contents"), _text(edition, "contents"), (), heads, rows)
    written = file.add_worksheet(contents.tab)
    first = _write(written, contents, looks, "contents")
    for place, one in enumerate(sheets):
        address = f"internal:'{one.tab}'!A1"
        written.write_url(first + place, 0, address, looks["link"], one.tab)


def _table(edition: Edition, told: Sequence[Row], name: str, place: int) -> Sheet:
    plan, language = edition.tables[name], edition.language
    named = ("variable", "place")
    columns = ("reference_year", "unit_of_measure", *MEASURED, "grade")
    heads = [words.text(language, f"annex.columns.{one}_{language}") for one in named]
    heads += [words.text(language, f"annex.columns.{one}") for one in columns]
    told_of = (f"base_{language}", f"sentence_{language}", "key")
    heads += [words.text(language, f"annex.columns.{one}") for one in told_of]
    own = [row for row in told if name in str(row["tables"]).split()]
    rows = tuple(
        (
            *(row[f"{one}_{language}"] for one in named),
            *(_entry(edition, row, one) for one in columns),
            *(row[one] for one in told_of),
        )
        for row in own
    )
    return Sheet(
        _phrase(edition, "table", {"number": place}),
        plan.label.in_language(language),
        (_one(edition), _source(edition)),
        tuple(heads),
        rows,
    )


def _entry(edition: Edition, row: Row, name: str) -> object:
    if name in MEASURED and row[name] is None:
        kind = "not_applicable" if row["status"] == "not_applicable" else "not_shown"
        return words.text(edition.language, f"annex.notes.{kind}.sign")
    if name == "grade" and not row[name]:
        return words.text(edition.language, "annex.notes.not_shown.sign")
    if name == "reference_year":
        # As text: a year has no mark between thousands and is never added up.
        return str(row[name])
    if name == "unit_of_measure":
        return words.text_or(edition.language, f"annex.units.{row[name]}", str(row[name]))
    return row[name]


def _notes(edition: Edition) -> Sheet:
    language = edition.language
    level = {"level": figures.level(edition)}
    rows = tuple(
        (entry["sign"][language], entry[language].format_map(level))
        for entry in words.entries("annex.notes").values()
    )
    title = _text(edition, "notes")
    heads = (_text(edition, "note"), _text(edition, "meaning"))
    return Sheet(title, title, (), heads, rows)


def _codebook(edition: Edition) -> Sheet:
    language = edition.language
    used = dict.fromkeys(edition.cells["variable"])
    rows = tuple(
        (
            about.name,
            about.label.in_language(language),
            words.text_or(language, f"annex.units.{about.unit_of_measure}", about.unit_of_measure),
            about.base.in_language(language),
            about.definition.in_language(language),
            passports.method(edition, about),
        )
        for about in edition.codebook.variables.values()
        if about.name in used
    )
    heads = (
        words.text(language, "annex.columns.variable"),
        _text(edition, "figure"),
        words.text(language, "annex.columns.unit_of_measure"),
        *(_text(edition, name) for name in ("base", "definition", "method")),
    )
    title = _text(edition, "codebook")
    return Sheet(title, title, (_one(edition),), heads, rows)


def _write(sheet: Worksheet, content: Sheet, looks: Mapping[str, object], name: str) -> int:
    """Write one sheet and return the row in which its table begins, below the heads."""
    sheet.write_string(0, 0, content.title, looks["title"])
    for place, line in enumerate(content.lines, 1):
        sheet.write_string(place, 0, line)
    top = len(content.lines) + 1
    # A table without rows is not one to Excel; its heads then stand alone.
    if content.rows:
        heads = [{"header": head, "header_format": looks["head"]} for head in content.heads]
        size = (top + len(content.rows), len(content.heads) - 1)
        look = {"name": name, "columns": heads, "style": "Table Style Light 1"}
        sheet.add_table(top, 0, *size, {**look, "autofilter": len(content.rows) > 10})
    for place, head in enumerate(content.heads):
        sheet.write_string(top, place, head, looks["head"])
        entries = [head, *(str(row[place]) for row in content.rows)]
        width = min(max(map(len, entries)) + 2, WIDEST)
        sheet.set_column(place, place, max(width, NARROWEST))
    for down, row in enumerate(content.rows, top + 1):
        for across, entry in enumerate(row):
            _put(sheet, down, across, entry, looks)
    sheet.freeze_panes(top + 1, 1)
    return top + 1


def _put(
    sheet: Worksheet, down: int, across: int, entry: object, looks: Mapping[str, object]
) -> None:
    if isinstance(entry, float):
        sheet.write_number(down, across, entry, looks["number"])
    elif isinstance(entry, int):
        sheet.write_number(down, across, entry, looks["whole"])
    else:
        sheet.write_string(down, across, str(entry), looks["text"])


def _one(edition: Edition) -> str:
    return _phrase(edition, "one", {"notes": _text(edition, "notes")})


def _source(edition: Edition) -> str:
    warnings = [_text(edition, name) for name in _warnings(edition)]
    return " ".join([_phrase(edition, "source", _named(edition)) + ".", *warnings])


def _named(edition: Edition) -> dict[str, object]:
    return {"round": edition.survey_round, "edition": figures.edition_name(edition)}


def _text(edition: Edition, name: str) -> str:
    return words.text(edition.language, f"annex.book.{name}")


def _phrase(edition: Edition, name: str, values: Mapping[str, object]) -> str:
    return words.phrase(edition.language, f"annex.book.{name}", values)
