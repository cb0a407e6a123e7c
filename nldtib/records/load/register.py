"""The frame: the list of all units that are thought to belong, with what registers know of them."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from nldtib.codebook import closest
from nldtib.errors import InputError
from nldtib.records.load import delimited, recognise
from nldtib.records.load.grid import Grid
from nldtib.schema import ACCOUNTS

TEXTS = "unit name kvk holding organisation_type postcode province military_domain".split()
FLAGS = ("mod_business", "known_large")
NUMBERS = ("employees", "turnover_register")
SOURCE = "source_"


def frame(path: Path, *, largest: int = 100_000_000) -> pd.DataFrame:
    """Read `frame.csv`, UTF-8 with comma or semicolon, one row per unit.

    Parameters
    ----------
    path
        The file.
    largest
        Most bytes that are accepted.

    Returns
    -------
    One row per unit in the order of the file: unit, name, kvk, holding, organisation_type,
    postcode, province, military_domain (text); employees (float, headcount); turnover_register
    (float, thousand EUR, missing where the register has none); mod_business, known_large and every
    column that begins with source_ (0 or 1). Other columns stay as text.

    Raises
    ------
    InputError
        The file or a column is absent, a unit is empty or stands twice, a number is negative or no
        number, or a flag is neither 0 nor 1.
    """
    path = Path(path)
    wanted = {*TEXTS, *FLAGS, *NUMBERS}
    grid = _sheet(path, largest, lambda found: len(wanted & set(found)))
    if "UTF-8" not in grid.lettering:
        raise InputError(f"{path.name} is not UTF-8. Save the frame as CSV, UTF-8.")
    _refuse_columns(grid.headings, path.name)
    table = _as_text(grid)
    _refuse_units(table["unit"], path.name)
    for column in table.columns:
        if column in NUMBERS:
            table[column] = _number(table[column], path.name, column == "turnover_register")
        elif column in FLAGS or column.startswith(SOURCE):
            table[column] = _flag(table[column], path.name)
    return table


def lists(folder: Path, *, largest: int = 100_000_000) -> dict[str, pd.DataFrame]:
    """Read the lists of organisations that sources gave: every CSV in `raw/sources/`, by its name.

    Returns
    -------
    By source, as text: name, and where the list has them kvk, postcode, province and others.
    Empty where there is no such folder.

    Raises
    ------
    InputError
        A list has no column `name`, or its name is not made of small letters, digits and _.
    """
    found = {}
    for path in sorted(Path(folder).glob("*.csv")):
        if not re.fullmatch(r"[a-z0-9_]+", path.stem):
            raise InputError(
                "A list in raw/sources/ is named by its source, in small letters, as in "
                "trade_body.csv. Rename it."
            )
        grid = _sheet(path, largest, len)
        if "name" not in grid.headings:
            raise InputError(f"{path.name} lacks the column name. Add it.")
        found[path.stem] = _as_text(grid)
    return found


def accounts(path: Path, *, largest: int = 100_000_000) -> pd.DataFrame | None:
    """Read `accounts.csv`: figures that analysts took from annual accounts, each with its source.

    Returns
    -------
    ACCOUNTS, one row per unit, variable and year: unit, variable, source (text), year (integer),
    value (float, in the unit of measure of the variable). None where there is no such file.

    Raises
    ------
    InputError
        A column is absent, a unit, variable or source is empty, a year or value is no number, or
        one figure stands twice.
    """
    path = Path(path)
    if not path.is_file():
        return None
    grid = _sheet(path, largest, len)
    absent = [column for column in ACCOUNTS if column not in grid.headings]
    if absent:
        raise InputError(f"{path.name} lacks the column {absent[0]}. Add it.")
    table = _as_text(grid)[list(ACCOUNTS)]
    bare = int((table[["unit", "variable", "source"]] == "").any(axis=1).sum())
    unyeared = int((~table["year"].str.fullmatch("[0-9]{4}")).sum())
    if bare or unyeared:
        raise InputError(
            f"{bare} of {len(table)} rows of {path.name} lack a unit, variable or source, and "
            f"{unyeared} have no year of four digits. Complete them."
        )
    twice = int(table.duplicated(["unit", "variable", "year"]).sum())
    if twice:
        raise InputError(f"{twice} rows of {path.name} repeat a figure that stands above.")
    values = _number(table["value"], path.name, False)
    return table.assign(year=table["year"].astype(int), value=values)


def _sheet(path: Path, largest: int, known: Callable[[Sequence[str]], int]) -> Grid:
    content = recognise.content(path, largest)
    if recognise.kind(content, path.name) != recognise.TEXT:
        raise InputError(f"{path.name} is no CSV. Save it as CSV, UTF-8.")
    text, lettering = delimited.decode(content, path.name)
    return delimited.read(text, lettering, path.name, known)


def _as_text(grid: Grid) -> pd.DataFrame:
    return pd.DataFrame(
        {
            heading: pd.array([text or "" for text in column.cells()], dtype="str")
            for heading, column in zip(grid.headings, grid.columns, strict=True)
        }
    )


def _refuse_columns(headings: tuple[str, ...], name: str) -> None:
    absent = [column for column in (*TEXTS, *NUMBERS, *FLAGS) if column not in headings]
    if absent:
        raise InputError(
            f"{name} lacks {len(absent)} columns of a frame; the first is {absent[0]}."
            f"{closest(absent[0], headings)} Add the column."
        )
    twice = [heading for heading in dict.fromkeys(headings) if headings.count(heading) > 1]
    if twice:
        raise InputError(f"{name} has {len(twice)} headings more than once. Keep one of each.")


def _refuse_units(units: pd.Series, name: str) -> None:
    if units.empty:
        raise InputError(f"{name} has headings but no unit. Add the units of the frame.")
    without = int((units.str.strip() == "").sum())
    if without:
        raise InputError(f"{without} rows of {name} have no unit. Give every unit a key.")
    twice = int(units.duplicated().sum())
    if twice:
        raise InputError(
            f"{twice} rows of {name} repeat a unit that stands above. Keep one row per unit."
        )


def _number(texts: pd.Series, name: str, may_be_empty: bool) -> pd.Series:
    texts = texts.str.strip()
    plain = texts.str.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?")
    wrong = int((~plain & ~((texts == "") & may_be_empty)).sum())
    if wrong:
        raise InputError(
            f"{wrong} of {len(texts)} cells of {texts.name} in {name} are empty or no number. "
            "Write numbers with a decimal point and without a thousands mark."
        )
    numbers = pd.to_numeric(texts.where(plain), errors="coerce").astype(float)
    negative = int((numbers < 0).sum())
    if negative:
        raise InputError(
            f"{negative} of {len(texts)} cells of {texts.name} in {name} are negative. Mend them."
        )
    return numbers


def _flag(texts: pd.Series, name: str) -> pd.Series:
    texts = texts.str.strip()
    wrong = int((~texts.isin(["0", "1"])).sum())
    if wrong:
        raise InputError(
            f"{wrong} of {len(texts)} cells of {texts.name} in {name} are neither 0 nor 1. "
            "Write 0 for no and 1 for yes."
        )
    return texts.astype(int)
