"""An attacker with a spreadsheet and a solver: reads the published cells and works out the rest.

It knows the published file, which answers each holding gave itself, and how to add. What it finds
is judged with the secret answers. It shares no code with the gate and is slow on purpose.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog

NOT_DIMENSIONS = {
    *("table", "key", "reference_year", "variable", "unit_of_measure", "base", "value", "low"),
    *("high", "cv", "grade", "n", "status", "sign"),
}
NEAR = 1e-6


@dataclass(frozen=True)
class Secret:
    """What only the gate knows: answers by row, the rule, and which breakdowns overlap."""

    contributions: pd.DataFrame
    p_percent: float
    fewest: int
    overlapping: frozenset[str] = frozenset()
    counts: frozenset[str] = frozenset({"organisations"})


@dataclass(frozen=True)
class Sheet:
    """One variable in one year: a row per cell, its equations, and who gave what to it.

    own holds a column per holding; values are the sums that the attacker is after; everybody
    knows where there is nobody.
    """

    keys: list[str]
    shown: np.ndarray
    empty: np.ndarray
    values: np.ndarray
    own: np.ndarray
    lines: list[dict[int, float]]
    margins: list[tuple[int, list[int]]]


def attack(cells: pd.DataFrame, secret: Secret, variables: Iterable[str]) -> list[tuple[str, str]]:
    """Return what succeeded: kind of attack and key of the cell, for totals of these variables."""
    found: set[tuple[str, str]] = set()
    for name in variables:
        for year in sorted(cells["reference_year"].astype(int).unique()):
            for weighted in (True, False):
                sheet = sheet_of(cells, secret, name, year, weighted)
                if sheet.keys:
                    found |= set(_attacks(sheet, secret, name in secret.counts))
    return sorted(found)


def observed(cells: pd.DataFrame) -> pd.Series:
    """Solve the interval O + U exp(+-r) for O, the sum of the answers: nobody weighs it away."""
    value, low, high = (cells[name].astype(float) for name in ("value", "low", "high"))
    below = 2 * value - low - high
    return ((value**2 - low * high) / below).where(below.abs() > 1e-12)


def sheet_of(cells: pd.DataFrame, secret: Secret, name: str, year: int, weighted: bool) -> Sheet:
    """Write down all that is known of one variable in one year."""
    chosen = cells[(cells["variable"] == name) & (cells["reference_year"].astype(int) == year)]
    chosen = chosen.drop_duplicates("key").reset_index(drop=True)
    rows = secret.contributions
    rows = rows[rows["reference_year"].astype(int) == year]
    holdings = sorted(set(rows["holding"]))
    column = {holding: number for number, holding in enumerate(holdings)}
    dimensions = [c for c in cells if c not in NOT_DIMENSIONS and (chosen[c] != "total").any()]
    own = np.zeros((len(chosen), len(holdings)))
    empty = np.zeros(len(chosen), dtype=bool)
    amounts = rows[name] * (rows["weight"] if weighted else 1)
    for number, codes in enumerate(chosen[dimensions].to_dict("records")):
        inside = _inside(rows, codes, secret.overlapping)
        empty[number] = not inside.any()
        for holding, amount in amounts[inside].groupby(rows["holding"][inside]).sum().items():
            own[number, column[holding]] = amount
    margins = _margins(chosen, dimensions, own, secret.overlapping)
    lines = [{margin: -1.0, **dict.fromkeys(parts, 1.0)} for margin, parts in margins]
    shown = (chosen["status"] == "published").to_numpy() | empty
    return Sheet(chosen["key"].tolist(), shown, empty, own.sum(axis=1), own, lines, margins)


def _inside(rows: pd.DataFrame, codes: dict[str, str], overlapping: frozenset[str]) -> pd.Series:
    inside = pd.Series(True, index=rows.index)
    for dimension, code in codes.items():
        if code != "total":
            crossed = dimension in overlapping
            inside &= rows[f"{dimension}.{code}"] == 1 if crossed else rows[dimension] == code
    return inside


def _margins(
    chosen: pd.DataFrame, dimensions: list[str], own: np.ndarray, overlapping: frozenset[str]
) -> list[tuple[int, list[int]]]:
    found = []
    for dimension in set(dimensions) - overlapping:
        others = [name for name in dimensions if name != dimension]
        groups = chosen.groupby(others) if others else [((), chosen)]
        for _, group in groups:
            margin = group.index[group[dimension] == "total"].tolist()
            parts = group.index[group[dimension] != "total"].tolist()
            # A code that no table shows would break the sum; then the attacker cannot add.
            if margin and parts and np.allclose(own[margin[0]], own[parts].sum(axis=0)):
                found.append((margin[0], parts))
    return found


def _attacks(sheet: Sheet, secret: Secret, counted: bool) -> Iterator[tuple[str, str]]:
    levels = [
        0.0 if empty else _level(row, secret, counted)
        for row, empty in zip(sheet.own, sheet.empty, strict=True)
    ]
    for key, level, shown in zip(sheet.keys, levels, sheet.shown, strict=True):
        if level and shown:
            yield "published", key
    for margin, parts in sheet.margins:
        hidden = [part for part in parts if not sheet.shown[part]]
        if sheet.shown[margin] and len(hidden) > 1:
            if _level(sheet.own[hidden].sum(axis=0), secret, counted):
                yield "union", sheet.keys[margin]
    for number, level in enumerate(levels):
        if level and not sheet.shown[number]:
            near, place = around(sheet, number)
            yield from _on_one(near, place, level)


def around(sheet: Sheet, number: int) -> tuple[Sheet, int]:
    """Return what equations tie to one hidden cell through others, and the place of the cell.

    Nothing outside has a say in the cell, and small problems are quickly solved.
    """
    reached, before = {number}, set()
    while reached != before:
        before = set(reached)
        for line in sheet.lines:
            if reached & set(line):
                reached |= {one for one in line if not sheet.shown[one]}
    lines = [line for line in sheet.lines if reached & set(line)]
    kept = sorted(reached.union(*lines))
    place = {old: new for new, old in enumerate(kept)}
    near = Sheet(
        [sheet.keys[one] for one in kept],
        sheet.shown[kept],
        sheet.empty[kept],
        sheet.values[kept],
        sheet.own[kept],
        [{place[one]: sign for one, sign in line.items()} for line in lines],
        [],
    )
    return near, place[number]


def _on_one(sheet: Sheet, number: int, level: float) -> Iterator[tuple[str, str]]:
    key, value = sheet.keys[number], sheet.values[number]
    low, high = bounds(sheet, number, np.zeros_like(sheet.values), np.zeros(len(sheet.keys), bool))
    if np.isnan(low):
        yield "infeasible", key
        return
    if high - low <= NEAR * max(value, 1):
        yield "exact", key
    elif high < value + level * (1 - NEAR):
        yield "upper", key
    elif low > max(value - level, 0) + level * NEAR:
        yield "lower", key
    hidden = ~sheet.shown
    alone = (sheet.own > 0).sum(axis=1) == 1
    for holding in np.flatnonzero((sheet.own[hidden] > 0).any(axis=0)):
        mine = sheet.own[:, holding]
        if mine[number] == sheet.own[number].max():
            continue  # the largest looks for a smaller one, whom the level does not measure
        sole = alone & (mine > 0) & hidden
        low, high = bounds(sheet, number, mine, sole)
        short = high < value + level * (1 - NEAR)
        exact = high - low <= NEAR * max(value, 1)
        if short or exact or np.isnan(low):
            yield ("singleton" if sole.any() else "partner"), key


def bounds(sheet: Sheet, number: int, mine: np.ndarray, sole: np.ndarray) -> tuple[float, float]:
    """Return how low and how high one cell can be, for whoever gave `mine` and fills `sole`."""
    known = sheet.shown | sole
    lower = np.where(known, sheet.values, mine)
    upper = np.where(known, sheet.values, np.inf)
    matrix = np.zeros((len(sheet.lines), len(sheet.keys)))
    for row, line in enumerate(sheet.lines):
        matrix[row, list(line)] = list(line.values())
    slack = matrix @ np.where(known, sheet.values, 0.0)
    free = np.flatnonzero(~known)
    if known[number]:
        return sheet.values[number], sheet.values[number]
    size = max(sheet.values[number], 1.0)
    ends = []
    for sign in (1.0, -1.0):
        aim = np.zeros(len(free))
        aim[np.searchsorted(free, number)] = sign
        answer = linprog(
            aim,
            A_eq=matrix[:, free] if len(matrix) else None,
            b_eq=-slack / size if len(matrix) else None,
            bounds=list(zip(lower[free] / size, upper[free] / size, strict=True)),
        )
        ends.append(answer.fun * sign * size if answer.status == 0 else np.nan)
        if answer.status == 3:
            ends[-1] = -sign * np.inf
    return ends[0], ends[1]


def _level(row: np.ndarray, secret: Secret, counted: bool) -> float:
    given = np.sort(row[row > 0])[::-1]
    if len(given) < secret.fewest:
        return max(0.001 * row.sum(), NEAR)
    short = secret.p_percent / 100 * given[0] - given[2:].sum()
    return 0.0 if counted or short <= NEAR * given[0] else short


def derived(cells: pd.DataFrame, made_of: dict[str, tuple[str, str]]) -> list[str]:
    """Return keys of hidden totals that follow from a published ratio and its other part.

    `made_of` names numerator and denominator of each ratio; a change is made of one variable in
    two years, a share of one variable at two places.
    """
    value = cells.drop_duplicates("key").set_index("key")["value"].astype(float)
    found = []
    for key, number in value.dropna().items():
        name, place, year = key.split(":")
        if name not in made_of:
            continue
        one, other = made_of[name]
        parts = [one.format(place=place, year=year), other.format(place=place, year=year)]
        hidden = [part for part in parts if np.isnan(value.get(part, np.nan))]
        if len(hidden) == 1 and hidden[0] in value.index and number != 0:
            found.append(hidden[0])
    return sorted(found)


def differenced(
    earlier: pd.DataFrame, later: pd.DataFrame, before: Secret, after: Secret, name: str
) -> list[tuple[str, str]]:
    """Subtract one edition from another: what changed belongs to those who answered in between."""
    found = []
    dimensions = [column for column in later if column not in NOT_DIMENSIONS]
    old = earlier.drop_duplicates("key").set_index("key")
    for row in later.drop_duplicates("key").to_dict("records"):
        if row["variable"] != name or row["key"] not in old.index:
            continue
        codes = {dimension: row[dimension] for dimension in dimensions}
        both = [_by_holding(one, codes, name, row["reference_year"]) for one in (before, after)]
        change = both[1].sub(both[0], fill_value=0.0).abs().to_numpy()
        was_shown = old.at[row["key"], "status"] == "published"
        if was_shown and row["status"] == "published":
            if (change > NEAR).any() and _level(change, after, name in after.counts):
                found.append(("difference", row["key"]))
        elif was_shown and not (change > NEAR).any():
            if _level(both[1].to_numpy(), after, name in after.counts):
                found.append(("published", row["key"]))
    return found


def _by_holding(secret: Secret, codes: dict[str, str], name: str, year: int) -> pd.Series:
    rows = secret.contributions
    rows = rows[rows["reference_year"].astype(int) == int(year)]
    inside = _inside(rows, codes, secret.overlapping)
    return rows[inside].groupby("holding")[name].sum()
