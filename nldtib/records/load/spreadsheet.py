"""Excel workbooks, and what they did to the answers.

LimeSurvey writes every text that looks like a number as a number, so "46.404" (46,404) arrives as
46.404. Nothing in the cell tells which of the two was meant; such a cell is listed, not guessed.
"""

import datetime
import io
import math
import warnings
from collections.abc import Iterable
from decimal import Decimal

import openpyxl

from nldtib.errors import InputError
from nldtib.records.load import safe
from nldtib.records.load.amounts import Measure, decimal
from nldtib.records.load.grid import Grid, Reading, Row, by_column

INTEGER, FRACTION, DATE, FORMULA = "integer", "fraction", "date", "formula"
# A number that is a number: nothing was typed as text there.
NUMBER = "number"
# What only people make of a cell: one for several, 25 %, thousands shown by format, 0.25 for 25 %.
MERGED, PERCENTAGE = "merged cell", "percentage"
SCALED, SHARE = "number of thousands", "share of one"
BY_HAND = (MERGED, PERCENTAGE, SCALED, SHARE)
# A number that many questionnaires use for missing, in a file that declares none.
UNDECLARED = "code for a missing answer"


def read(content: bytes, name: str, most_cells: int) -> Grid:
    """Read the first sheet of a workbook as LimeSurvey writes it.

    Formulas are taken as the text that was typed and are never computed.

    Parameters
    ----------
    content
        The bytes of the file.
    name
        How a refusal names the file.
    most_cells
        Most cells that the sheet may have.

    Raises
    ------
    InputError
        The workbook is damaged, or has cells outside the columns that have a heading.
    """
    rows, converted, sheets = _sheet(content, name, most_cells)
    while rows and not any(cell is not None for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise InputError(f"The first sheet of {name} is empty. Export the responses again.")
    width = max((i + 1 for i, cell in enumerate(rows[0]) if cell is not None), default=0)
    for number, row in enumerate(rows, start=1):
        if any(cell is not None for cell in row[width:]):
            raise InputError(
                f"Row {number} of {name} has cells to the right of the {width} headings. "
                "Export the responses again."
            )
        row[width:] = [None] * (width - len(row))
    fractions = [rows[row][column] for (row, column), kind in converted.items() if kind == FRACTION]
    losses = [
        "A spreadsheet turns typed amounts into numbers and does not tell a question that was not "
        "reached from one that was left blank. Export the responses as CSV instead."
    ]
    if sheets > 1:
        losses.append(f"Only the first of the {sheets} sheets was read.")
    return Grid(
        headings=tuple(heading or "" for heading in rows[0]),
        columns=by_column(rows[1:], width),
        tool="LimeSurvey spreadsheet (.xlsx)",
        converted={(row - 1, column): kind for (row, column), kind in converted.items() if row},
        whole_fractions=not fractions or any(text.endswith(".0") for text in fractions),
        losses=tuple(losses),
    )


def first_row(content: bytes, name: str) -> list[str]:
    """Return the texts of the first row of the first sheet.

    Raises
    ------
    InputError
        The workbook is damaged.
    """
    rows, _, _ = _sheet(content, name, most_cells=0)
    return [cell or "" for cell in rows[0]] if rows else []


def refuse_hostile(content: bytes, name: str, largest: int) -> None:
    """Refuse a workbook that unpacks too large or declares XML entities.

    Raises
    ------
    InputError
        It does.
    """
    unpacked = safe.parts(content, name, largest)
    # Entities can multiply without end and can name other files; no workbook declares any.
    if any(mark in part for part in unpacked.values() for mark in (b"<!DOCTYPE", b"<!ENTITY")):
        raise InputError(
            f"{name} declares XML entities, which no workbook needs. It is not opened."
        )


def amount(text: str, kind: str, unit: Measure) -> Reading:
    """Read a number that stands where text was typed.

    Parameters
    ----------
    text
        The number as the spreadsheet holds it.
    kind
        INTEGER or FRACTION.
    unit
        The unit of the question.

    Returns
    -------
    A `Reading`: suspect_decimal, with both values, where the point may have marked thousands.
    """
    number = Decimal(text)
    plain = decimal(number)
    decimals = len(plain.partition(".")[2])
    # A thousands point stands after one to three digits; what follows it may have lost its zeros.
    grouped = kind == FRACTION and 1 <= abs(number) < 1000 and decimals <= 3
    if grouped and (decimals == 3 or not unit.percent):
        return Reading("", "suspect_decimal", (decimal(number * 1000), plain))
    return Reading(plain)


def _sheet(
    content: bytes, name: str, most_cells: int
) -> tuple[list[Row], dict[tuple[int, int], str], int]:
    rows: list[Row] = []
    converted: dict[tuple[int, int], str] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
            sheet = book.worksheets[0]
            # The size that a sheet states for itself may be anything.
            sheet.reset_dimensions()
            cells = 0
            for number, row in enumerate(sheet.iter_rows()):
                cells += len(row)
                rows.append(_row(row, number, converted))
                if cells > most_cells:
                    break
    except Exception:  # openpyxl raises nearly anything on a damaged workbook
        raise damaged(name) from None
    if cells > most_cells > 0:
        raise InputError(
            f"The first sheet of {name} has more than {most_cells:,} cells. Is it a survey export?"
        )
    return rows, converted, len(book.worksheets)


def damaged(name: str) -> InputError:
    """Return the refusal of a workbook that does not open."""
    return InputError(
        f"{name} cannot be opened as a workbook: it is damaged or protected by a password. "
        "Export the responses as CSV instead."
    )


def _row(cells: Iterable, number: int, converted: dict[tuple[int, int], str]) -> Row:
    row: Row = []
    for column, cell in enumerate(cells):
        value = cell.value
        if value is None or isinstance(value, str):
            row.append(value)
            if value is not None and cell.data_type in ("f", "e"):
                converted[number, column] = FORMULA
            continue
        text, kind = as_text(value)
        row.append(text)
        if kind:
            converted[number, column] = kind
    return row


def as_text(value: object) -> tuple[str, str]:
    """Return the value of a cell as text, and what kind of value it was where it was no text."""
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "seconds"), DATE
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        return str(value), ""
    if isinstance(value, int):
        return str(value), INTEGER
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f"), FRACTION
    return str(value), DATE
