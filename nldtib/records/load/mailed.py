"""Workbooks that people made and mailed: titles above, headings over two rows, totals below.

Hidden rows are answers like any other; hidden sheets usually hold older data and are left alone. A
number in a cell is a number; a text beside it is read as it was typed.
"""

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from nldtib.errors import InputError
from nldtib.records.load import spreadsheet
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Grid, coded
from nldtib.records.load.headings import Lookup, bare, plain
from nldtib.records.load.spreadsheet import DATE, FORMULA, FRACTION, INTEGER, NUMBER

TOTAL = re.compile(r"(sub)?tota(al|len|l|ls)\b|som\b|sum\b|gemiddelde\b|average\b", re.IGNORECASE)
IDENTIFIER = ("nr", "nr.", "no", "no.", "nummer", "number", "id", "volgnr", "volgnr.", "respondent")
# How people head the column that holds the name of an organisation.
NAMES = ("bedrijf", "bedrijfsnaam", "organisatie", "organisatienaam", "naam", "naam organisatie")
NAMES += ("naam bedrijf", "company", "company name", "organisation", "name")
NAME = re.compile(r"\bnaam\b|bedrijfsnaam", re.IGNORECASE)
YEAR = re.compile(r"(?:.*\D)?((?:19|20)\d{2})(?:\.0)?")
MOST_TITLE_ROWS = 30


@dataclass(frozen=True)
class Sheet:
    """One sheet: rows of (text, kind), with merged cells filled, and what was found in it."""

    rows: list[list[tuple[str | None, str]]]
    hidden_rows: int
    formulas: int


@dataclass(frozen=True)
class Table:
    """Where the table of a sheet stands: its first row of answers, and what each column holds."""

    first: int
    answers: Mapping[int, Column]
    system: Mapping[int, str]
    unknown: tuple[int, ...]


def read(content: bytes, name: str, columns: Sequence[Column], most_cells: int) -> Grid:
    """Read the visible sheet of a workbook that fits the codebook best.

    Parameters
    ----------
    content
        The bytes of the file.
    name
        How a refusal names the file.
    columns
        What the codebook expects.
    most_cells
        Most cells that all sheets together may have.

    Raises
    ------
    InputError
        The workbook is damaged, too large, or no visible sheet has headings of the codebook.
    """
    visible, hidden = _sheets(content, name, most_cells)
    found = [(sheet, _table(sheet.rows, columns)) for sheet in visible]
    sheet, table = max(found, key=lambda pair: len(pair[1].answers), default=(None, None))
    if sheet is None or table is None or not table.answers:
        raise InputError(
            f"No visible sheet of {name} has headings that the codebook knows. "
            "Is this its codebook?"
        )
    rows, totals, notes = _answers(sheet, table)
    if not rows:
        raise InputError(f"{name} has headings but no answers below them. Mend the workbook.")
    places = [*table.system, *table.answers]
    headings = [*table.system.values(), *(column.heading for column in table.answers.values())]
    cells = {place: [row[place] for row in rows] for place in places}
    letters = ", ".join(get_column_letter(place + 1) for place in table.unknown)
    losses = [
        (totals, "rows of totals were set aside."),
        (notes, "rows of notes were set aside."),
        (sheet.hidden_rows, "hidden rows were read like the others."),
        (hidden, "hidden sheets were not read."),
        (len(visible) - 1, "other sheets were not read."),
        (sheet.formulas, "cells are formulas, read as they were last computed."),
        (len(table.unknown), f"columns are not in the codebook and were set aside: {letters}."),
    ]
    return Grid(
        headings=tuple(headings),
        columns=tuple(coded(text for text, _ in cells[place]) for place in places),
        tool="Workbook made by hand (.xlsx)",
        converted={
            (row, position): kind
            for position, place in enumerate(places)
            for row, (_, kind) in enumerate(cells[place])
            if kind
        },
        whole=False,
        needed=(),
        losses=tuple(f"{count} {words}" for count, words in losses if count),
    )


def _sheets(content: bytes, name: str, most_cells: int) -> tuple[list[Sheet], int]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if _too_many_cells(content, most_cells):
                raise InputError(
                    f"{name} has more than {most_cells:,} cells, too many for a workbook made by "
                    "hand. Is it a survey export?"
                )
            computed = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
            typed = openpyxl.load_workbook(io.BytesIO(content))
            visible = [sheet for sheet in computed.worksheets if sheet.sheet_state == "visible"]
            sheets = [_sheet(sheet, typed[sheet.title]) for sheet in visible]
    except InputError:
        raise
    except Exception:  # openpyxl raises nearly anything on a damaged workbook
        raise spreadsheet.damaged(name) from None
    return sheets, len(computed.worksheets) - len(visible)


def _too_many_cells(content: bytes, most_cells: int) -> bool:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    left = most_cells
    for sheet in book.worksheets:
        # The size that a sheet states for itself may be anything.
        sheet.reset_dimensions()
        rows, width = 0, 0
        for row in sheet.iter_rows(values_only=True):
            rows, width = rows + 1, max(width, len(row))
            if rows * width > left:
                return True
        left -= rows * width
    return False


def _sheet(computed: Worksheet, typed: Worksheet) -> Sheet:
    rows, formulas = [], 0
    for values, cells in zip(computed.iter_rows(values_only=True), typed.iter_rows(), strict=False):
        row = []
        for value, cell in zip(values, cells, strict=False):
            text, kind = _cell(value)
            if cell.data_type == "f":
                formulas += 1
                # A formula that was never computed has no value to read.
                text, kind = (text, kind) if value is not None else (str(cell.value), FORMULA)
            row.append((text, kind))
        rows.append(row)
    for merged in computed.merged_cells.ranges:
        first = rows[merged.min_row - 1][merged.min_col - 1]
        for line in range(merged.min_row - 1, min(merged.max_row, len(rows))):
            for place in range(merged.min_col - 1, min(merged.max_col, len(rows[line]))):
                rows[line][place] = first
    hidden = sum(
        bool(dimension.hidden) and number <= len(rows)
        for number, dimension in computed.row_dimensions.items()
    )
    return Sheet(rows, hidden, formulas)


def _cell(value: object) -> tuple[str | None, str]:
    if value is None or isinstance(value, str):
        return value, ""
    text, kind = spreadsheet.as_text(value)
    if kind in (INTEGER, FRACTION):
        return text.removesuffix(".0"), NUMBER
    return text, kind if kind == DATE else ""


def _table(rows: Sequence[Sequence[tuple[str | None, str]]], columns: Sequence[Column]) -> Table:
    lookup = Lookup(columns, ())
    by_label = _by_label(columns)
    best = Table(0, {}, {}, ())
    for start in range(min(len(rows), MOST_TITLE_ROWS)):
        for height in (1, 2, 3):
            if start + height > len(rows):
                break
            found = _headed(rows[start : start + height], start + height, lookup, by_label, columns)
            if len(found.answers) > len(best.answers):
                best = found
    return best


def _by_label(columns: Sequence[Column]) -> dict[tuple[str, int | None], Column | None]:
    labels: dict[tuple[str, int | None], Column | None] = {}
    for column in columns:
        if column.part != "answer" or column.scale != 1:
            continue
        own = {*_forms(column.label.nl), *_forms(column.label.en)}
        own |= {bare(column.variable), *(plain(text) for text in column.texts)}
        if column.question.type == "text" and NAME.search(column.question.label.nl):
            own |= set(NAMES)
        for text in own:
            key = text, column.year
            # A label that two questions share names neither.
            labels[key] = column if labels.get(key, column) is column else None
    return labels


def _forms(label: str) -> tuple[str, str]:
    """Return a label as it is, and without what stands in brackets."""
    whole = plain(label)
    return whole, re.sub(r"\s*\([^()]*\)", "", whole).strip()


def _headed(
    heads: Sequence[Sequence[tuple[str | None, str]]],
    first: int,
    lookup: Lookup,
    by_label: Mapping[tuple[str, int | None], Column | None],
    columns: Sequence[Column],
) -> Table:
    answers: dict[int, Column] = {}
    system: dict[int, str] = {}
    unknown = []
    for place in range(max(len(row) for row in heads)):
        parts = [row[place][0] for row in heads if place < len(row) and row[place][0]]
        texts = list(dict.fromkeys(str(part).strip() for part in parts))
        if not texts:
            continue
        column = _column(texts, lookup, by_label, columns)
        if isinstance(column, Column) and column not in answers.values():
            answers[place] = column
        elif isinstance(column, str) and column not in system.values():
            system[place] = column
        else:
            unknown.append(place)
    return Table(first, answers, system, tuple(unknown))


def _column(
    texts: Sequence[str],
    lookup: Lookup,
    by_label: Mapping[tuple[str, int | None], Column | None],
    columns: Sequence[Column],
) -> Column | str | None:
    last = YEAR.fullmatch(texts[-1])
    year = int(last[1]) if last else None
    words = [text for text in texts if not re.fullmatch(r"J?(19|20)\d{2}", text)]
    if year is not None:
        for text in [*reversed(words), " ".join(words)]:
            stem = re.sub(r"\W*\b(19|20)\d{2}\W*$", "", text)
            for form in (*_forms(text), *_forms(stem), bare(text), bare(stem)):
                if found := by_label.get((form, year)):
                    return found
    for text in [" ".join(texts), *reversed(texts)]:
        match = lookup.find(text)
        if match and len(match.keys) == 1:
            key = match.keys[0]
            return columns[key] if isinstance(key, int) else str(key)
        for form in (*_forms(text), bare(text)):
            if found := by_label.get((form, None)):
                return found
        if plain(text) in IDENTIFIER:
            return "id"
    return None


def _answers(sheet: Sheet, table: Table) -> tuple[list[list[tuple[str | None, str]]], int, int]:
    width = max([*table.answers, *table.system]) + 1
    rows, totals, notes = [], 0, 0
    for row in sheet.rows[table.first :]:
        row = row + [(None, "")] * (width - len(row))
        filled = [text for text, _ in row if text is not None and text.strip()]
        if not filled:
            continue
        if TOTAL.match(filled[0].strip()):
            totals += 1
        elif sum(row[place][0] is not None for place in table.answers) <= 1 and _is_note(row):
            notes += 1
        else:
            rows.append(row)
    return rows, totals, notes


def _is_note(row: Sequence[tuple[str | None, str]]) -> bool:
    texts = [(text, kind) for text, kind in row if text is not None and text.strip()]
    # A merged note fills several cells with one text.
    return len({text for text, _ in texts}) == 1 and not texts[0][1]
