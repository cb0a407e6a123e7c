"""Workbooks that people made and mailed: titles above, headings over two rows, totals below.

Hidden rows are answers like any other; hidden sheets usually hold older data and are left alone. A
number in a cell is a number; a text beside it is read as it was typed.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from openpyxl.utils import get_column_letter

from nldtib.errors import InputError
from nldtib.records.load import cells, choices
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Grid, coded
from nldtib.records.load.headings.lookup import Lookup, bare, plain
from nldtib.records.load.mailed import sheets, totals
from nldtib.records.load.mailed.sheets import Cell, Sheet
from nldtib.records.load.spreadsheet import NUMBER, SHARE

IDENTIFIER = ("nr", "nr.", "no", "no.", "nummer", "number", "id", "volgnr", "volgnr.", "respondent")
# How people head the column that holds the name of an organisation.
NAMES = ("bedrijf", "bedrijfsnaam", "organisatie", "organisatienaam", "naam", "naam organisatie")
NAMES += ("naam bedrijf", "company", "company name", "organisation", "name")
NAME = re.compile(r"\bnaam\b|bedrijfsnaam", re.IGNORECASE)
YEAR = re.compile(r"(?<![0-9.,])((?:19|20)[0-9]{2})(?![0-9,]|\.[1-9])")
MOST_TITLE_ROWS = 30


@dataclass(frozen=True)
class Table:
    """Where the table of a sheet stands: its headings, its first row of answers, its columns."""

    first: int
    heads: Sequence[Sequence[Cell]]
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
    visible, hidden = sheets.read(content, name, most_cells)
    found = [(sheet, _table(sheet.rows, columns)) for sheet in visible]
    sheet, table = max(found, key=lambda pair: len(pair[1].answers), default=(None, None))
    if sheet is None or table is None or not table.answers:
        raise InputError(
            f"No visible sheet of {name} has headings that the codebook knows. "
            "Is this its codebook?"
        )
    rows, aside = _answers(sheet, table)
    if not rows:
        raise InputError(f"{name} has headings but no answers below them. Mend the workbook.")
    places = [*table.system, *table.answers]
    headings = [*table.system.values(), *(column.heading for column in table.answers.values())]
    read = [
        _read_as(table.answers.get(place), [row[place] for row in rows], sheet.day_one)
        for place in places
    ]
    letters = ", ".join(get_column_letter(place + 1) for place in table.unknown)
    others = sum(bool(other.answers) for _, other in found) - 1
    losses = [
        *((count, words) for words, count in aside.items()),
        (sheet.hidden_rows, "hidden rows were read like the others."),
        (len(sheet.hidden_columns & {*places}), "hidden columns were read like the others."),
        (hidden, "hidden sheets were not read."),
        (others, "other sheets hold answers too and were not read. Put each in a file of its own."),
        (len(visible) - 1 - others, "other sheets were not read."),
        (sheet.formulas, "cells are formulas, read as they were last computed."),
        (len(table.unknown), f"columns are not in the codebook and were set aside: {letters}."),
    ]
    return Grid(
        headings=tuple(headings),
        columns=tuple(coded(text for text, _ in several) for several in read),
        tool="Workbook made by hand (.xlsx)",
        converted={
            (row, position): kind
            for position, several in enumerate(read)
            for row, (_, kind) in enumerate(several)
            if kind
        },
        whole=False,
        needed=(),
        losses=tuple(f"{count} {words}" for count, words in losses if count),
    )


def _table(rows: Sequence[Sequence[Cell]], columns: Sequence[Column]) -> Table:
    lookup = Lookup(columns, ())
    by_label = _by_label(columns)
    best = Table(0, (), {}, {}, ())
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
    heads: Sequence[Sequence[Cell]],
    first: int,
    lookup: Lookup,
    by_label: Mapping[tuple[str, int | None], Column | None],
    columns: Sequence[Column],
) -> Table:
    answers: dict[int, Column] = {}
    system: dict[int, str] = {}
    unknown = []
    carried = _carried(heads)
    for place in range(max(len(row) for row in heads)):
        texts = _stacked(heads, place)
        if not texts:
            continue
        column = _column(texts, lookup, by_label, columns)
        if column is None or column in answers.values():
            # A heading over several columns that was not merged stands over the first alone.
            column = _column(_stacked(carried, place), lookup, by_label, columns)
        if isinstance(column, Column) and column not in answers.values():
            answers[place] = column
        elif isinstance(column, str) and column not in system.values():
            system[place] = column
        else:
            unknown.append(place)
    return Table(first, heads, answers, system, tuple(unknown))


def _stacked(heads: Sequence[Sequence[Cell]], place: int) -> list[str]:
    """Return the different texts above a column."""
    parts = [row[place][0] for row in heads if place < len(row) and row[place][0]]
    return list(dict.fromkeys(str(part).strip() for part in parts))


def _carried(heads: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """Return headings in which each text but those of the last row goes on to the next one."""
    carried = []
    for row in heads[:-1]:
        last: Cell = (None, "")
        carried.append([last := cell if cell[0] else last for cell in row])
    return [*carried, list(heads[-1])]


def _column(
    texts: Sequence[str],
    lookup: Lookup,
    by_label: Mapping[tuple[str, int | None], Column | None],
    columns: Sequence[Column],
) -> Column | str | None:
    # The lowest row that names a year names that of its column.
    named = next(filter(None, ({*YEAR.findall(text)} for text in reversed(texts))), set())
    year = int(min(named)) if len(named) == 1 else None
    words = [text for text in texts if not re.fullmatch(r"J?(19|20)\d{2}", text)]
    if year is not None:
        for text in [*reversed(words), " ".join(words)]:
            stem = " ".join(re.sub(rf"[\s:,/–-]*{YEAR.pattern}", "", text).split())
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


def _answers(sheet: Sheet, table: Table) -> tuple[list[list[Cell]], Counter[str]]:
    width = max([*table.answers, *table.system]) + 1
    amounts = [place for place, column in table.answers.items() if _is_amount(column)]
    rows: list[list[Cell]] = []
    aside: Counter[str] = Counter()
    for row in sheet.rows[table.first :]:
        row = row + [(None, "")] * (width - len(row))
        if not any(text and text.strip() for text, _ in row):
            continue
        if totals.is_heading(row, table.heads):
            aside["rows of headings stand below the first and were set aside."] += 1
        elif totals.is_total(row, rows, amounts):
            aside["rows of totals were set aside."] += 1
        elif sum(row[place][0] is not None for place in table.answers) <= 1 and totals.is_note(row):
            aside["rows of notes were set aside."] += 1
        else:
            aside["rows begin like a total, add up to nothing, and were read."] += (
                totals.begins_like_one(row)
            )
            rows.append(row)
    return rows, aside


def _is_amount(column: Column) -> bool:
    typed = choices.kind(column) in ("typed", "stored")
    return typed and not cells.unit(column).percent


def _read_as(column: Column | None, several: Sequence[Cell], day_one: object) -> list[Cell]:
    """Return the cells of a column as its question asks: dates, and perhaps parts of one."""
    if column is None:
        return list(several)
    if choices.kind(column) == "date":
        return [sheets.as_date(cell, day_one) for cell in several]
    if not cells.unit(column).percent:
        return list(several)
    numbers = [abs(Decimal(text)) for text, kind in several if kind == NUMBER and text]
    # 0.25 may be a quarter of a percent; where nothing is larger than 1, so may 1 be all.
    most = 1 if max(numbers, default=Decimal(0)) <= 1 and any(n % 1 for n in numbers) else 0
    return [
        (text, SHARE)
        if kind == NUMBER
        and text
        and (0 < abs(Decimal(text)) < 1 or abs(Decimal(text)) == most != 0)
        else (text, kind)
        for text, kind in several
    ]
