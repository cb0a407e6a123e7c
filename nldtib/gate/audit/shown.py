"""What the published file shows, row by row: where each cell belongs, and what is not in order."""

from collections.abc import Iterator
from itertools import product

import pandas as pd

from nldtib import schema
from nldtib.errors import UnprotectedError
from nldtib.gate.audit.findings import OUTSIDER, Finding, Place, Rules, words

FIGURES = ("value", "low", "high", "cv", "grade")
MARKS = (schema.FRAGILE, schema.MODEL, schema.BAND)
SIGNS = {
    "published": tuple(f + m + b for f, m, b in product(*(("", one) for one in MARKS))),
    "suppressed": (".",),
    "unreliable": (".",),
    "not_applicable": ("",),
}
COUNTS = "organisations"
# Decimals that a figure may have at most, by unit of measure.
AT_MOST = {"keur": 0, "organisations": 4, "fte": 1}
AT_MOST_OTHERWISE, AT_MOST_OF_CV = 2, 4


def placed(published: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return the cells with the place that their key names, checked against their columns.

    Raises
    ------
    UnprotectedError
        A key cannot be read, or a variable is not in the codebook.
    """
    cells = published.reset_index(drop=True)
    parts = cells["key"].astype(str).str.split(":")
    if not (parts.str.len() == 3).all():
        raise UnprotectedError(
            f"{int((parts.str.len() != 3).sum())} key(s) do not read variable:place:year. "
            "A cell that cannot be placed cannot be audited."
        )
    unknown = sorted(set(cells["variable"]) - set(rules.variables))
    if unknown:
        raise UnprotectedError(
            f"{len(unknown)} variable(s) are not in the codebook: {', '.join(unknown)}. "
            "A cell without definition cannot be audited."
        )
    places = [
        frozenset() if middle == schema.TOTAL else frozenset(middle.split(","))
        for middle in parts.str[1]
    ]
    breaks = [name for name in rules.dimensions if name in cells]
    columns = [
        frozenset(f"{name}={row[name]}" for name in breaks if str(row[name]) != schema.TOTAL)
        for row in cells[breaks].to_dict("records")
    ]
    cells["place"] = pd.Series(places, dtype=object, index=cells.index)
    cells["agree"] = (
        (cells["place"] == pd.Series(columns, dtype=object, index=cells.index))
        & (parts.str[0] == cells["variable"])
        & (parts.str[2] == cells["reference_year"].astype(int).astype(str))
    )
    cells["statistic"] = cells["variable"].map(lambda name: rules.variables[name].statistic)
    return cells.assign(count_hidden=_where_counts_hide(cells, rules))


def appearance(cells: pd.DataFrame, rules: Rules) -> Iterator[Finding]:
    """Check what every single row shows: its status, sign, key, and no figure where hidden."""
    known = {*schema.CELLS, *rules.dimensions, "place", "agree", "statistic", "count_hidden"}
    for name in sorted(set(cells.columns) - known):
        yield Finding("unknown", "", name, 0, "", OUTSIDER, "nobody agreed on this column")
    for row in cells.to_dict("records"):
        where = (row["table"], row["variable"], int(row["reference_year"]), words(row["place"]))
        for kind, reason in _offences(row):
            yield Finding(kind, *where, OUTSIDER, reason)


def repeated(cells: pd.DataFrame) -> Iterator[Finding]:
    """Find cells that two tables give differently."""
    for _, same in cells[cells.duplicated("key", keep=False)].groupby("key"):
        values = pd.to_numeric(same["value"]).to_numpy(float)
        alike = pd.Series(values).nunique(dropna=False) == 1
        if same["status"].nunique(dropna=False) > 1 or not alike:
            first = same.iloc[0]
            where = (first["table"], first["variable"], int(first["reference_year"]))
            reason = "two tables give this cell differently"
            yield Finding("repeated", *where, words(first["place"]), OUTSIDER, reason)


def tables_of(cells: pd.DataFrame) -> dict[tuple[str, int, Place], str]:
    """Return a table that shows each cell."""
    spots = zip(cells["variable"], cells["reference_year"].astype(int), cells["place"], strict=True)
    return dict(zip(spots, cells["table"], strict=True))


def _offences(row: dict) -> Iterator[tuple[str, str]]:
    if row["status"] not in SIGNS:
        yield "status", "the status is unknown, so nobody decided"
    elif ("" if pd.isna(row["sign"]) else row["sign"]) not in SIGNS[row["status"]]:
        yield "status", "the sign does not go with the status"
    at_most = AT_MOST.get(row["unit_of_measure"], AT_MOST_OTHERWISE)
    if any(_longer(row[name], at_most) for name in ("value", "low", "high")) or _longer(
        row["cv"], AT_MOST_OF_CV
    ):
        yield "value", "its decimals tell more than is agreed"
    if row["status"] != "published" and any(
        not (pd.isna(row[name]) or row[name] == "") for name in FIGURES
    ):
        yield "value", "the cell is not published, yet carries a figure"
    if not pd.isna(row["n"]) and (row["status"] != "published" or row["count_hidden"]):
        yield "value", "the respondents tell a number that is hidden"
    if not row["agree"]:
        yield "inconsistent", "key and columns name different cells"


def _longer(figure: float, decimals: int) -> bool:
    """Return whether a figure has more decimals than these."""
    if pd.isna(figure):
        return False
    shifted = float(figure) * 10.0**decimals
    return abs(shifted - round(shifted)) > 1e-9 * max(abs(shifted), 1.0) + 1e-6


def _where_counts_hide(cells: pd.DataFrame, rules: Rules) -> pd.Series:
    """Mark rows at places whose number of organisations is suppressed."""
    unit = cells["variable"].map(lambda name: rules.variables[name].unit_of_measure)
    counts = (unit == COUNTS) & (cells["statistic"] == "total") & (cells["status"] == "suppressed")
    spots = pd.Series(
        list(zip(cells["reference_year"], cells["place"], strict=True)), cells.index, dtype=object
    )
    return spots.isin(set(spots[counts]))
