"""The sheets of a workbook as rows of texts, with merged cells filled in."""

import io
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import openpyxl
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_excel
from openpyxl.worksheet.worksheet import Worksheet

from nldtib.errors import InputError
from nldtib.records.load import spreadsheet
from nldtib.records.load.amounts import decimal
from nldtib.records.load.spreadsheet import (
    DATE,
    FORMULA,
    FRACTION,
    INTEGER,
    MERGED,
    NUMBER,
    PERCENTAGE,
    SCALED,
)

Cell = tuple[str | None, str]
# A comma behind the last digit of a format shows thousands, and a second one millions.
IN_THOUSANDS = re.compile(r"[0#?],+(?![0#?,])")
# Days since 1900 from 1954 to 2119: no amount of years or people.
DAYS = (20_000, 80_000)


@dataclass(frozen=True)
class Sheet:
    """One sheet: rows of (text, kind), with merged cells filled, and what was found in it.

    `day_one` is the first day of its workbook; `hidden_columns` are places from 0.
    """

    rows: list[list[Cell]]
    hidden_rows: int
    hidden_columns: frozenset[int]
    formulas: int
    day_one: object


def read(content: bytes, name: str, most_cells: int) -> tuple[list[Sheet], int]:
    """Return the visible sheets of a workbook, and how many are hidden.

    Raises
    ------
    InputError
        The workbook is damaged or too large.
    """
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
            sheets = [_sheet(sheet, typed[sheet.title], computed.epoch) for sheet in visible]
    except InputError:
        raise
    except Exception:  # openpyxl raises nearly anything on a damaged workbook
        raise spreadsheet.damaged(name) from None
    return sheets, len(computed.worksheets) - len(visible)


def as_date(cell: Cell, day_one: object) -> Cell:
    """Return a number that lost its format as the date that it is; all else as it is."""
    text, kind = cell
    if kind != NUMBER or text is None or not DAYS[0] <= float(text) < DAYS[1]:
        return cell
    return from_excel(float(text), day_one).isoformat(" ", "seconds"), DATE


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


def _sheet(computed: Worksheet, typed: Worksheet, day_one: object) -> Sheet:
    rows: list[list[Cell]] = []
    formulas = 0
    for values, cells in zip(computed.iter_rows(), typed.iter_rows(), strict=False):
        row = []
        for found, cell in zip(values, cells, strict=False):
            text, kind = _cell(found.value, found.number_format)
            if cell.data_type == "f":
                formulas += 1
                # A formula that was never computed has no value to read.
                missing = found.value is None
                text, kind = (str(cell.value), FORMULA) if missing else (text, kind)
            row.append((text, kind))
        rows.append(row)
    _fill_merged(rows, computed)
    return Sheet(
        rows,
        sum(
            bool(dimension.hidden) and number <= len(rows)
            for number, dimension in computed.row_dimensions.items()
        ),
        frozenset(_hidden(computed.column_dimensions)),
        formulas,
        day_one,
    )


def _fill_merged(rows: list[list[Cell]], sheet: Worksheet) -> None:
    for merged in sheet.merged_cells.ranges:
        text, kind = rows[merged.min_row - 1][merged.min_col - 1]
        for line in range(merged.min_row - 1, min(merged.max_row, len(rows))):
            for place in range(merged.min_col - 1, min(merged.max_col, len(rows[line]))):
                # One amount for several cells is an answer to none of them.
                rows[line][place] = text, MERGED if text is not None else kind


def _hidden(dimensions: Mapping) -> list[int]:
    hidden = [(letter, one) for letter, one in dimensions.items() if one.hidden]
    return [
        place - 1
        for letter, one in hidden
        for place in range(
            one.min or column_index_from_string(letter),
            (one.max or column_index_from_string(letter)) + 1,
        )
    ]


def _cell(value: object, shown: str) -> Cell:
    if value is None or isinstance(value, str):
        return value, ""
    text, kind = spreadsheet.as_text(value)
    if kind not in (INTEGER, FRACTION):
        return text, kind if kind == DATE else ""
    if "%" in shown:
        return decimal(Decimal(text) * 100), PERCENTAGE
    scaled = IN_THOUSANDS.search(shown.split(";")[0])
    return text.removesuffix(".0"), SCALED if scaled else NUMBER
