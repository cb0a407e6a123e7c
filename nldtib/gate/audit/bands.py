"""What a band says: of the largest themselves, and of every hidden cell of so many organisations.

The largest hold at least what any other group of as many organisations holds, so the band of the
largest is a limit to every cell. A limit is a room between cell and limit that cannot be negative.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import sparse

from nldtib import schema
from nldtib.gate.audit import levels, world
from nldtib.gate.audit.findings import OUTSIDER, Finding, Place, Rules, dimension, words
from nldtib.gate.audit.world import World

TOP_SHARE = "top_share"
NEAR = 1e-6
Band = tuple[float, float, float]


def findings(cells: pd.DataFrame, contributions: pd.DataFrame, rules: Rules) -> Iterator[Finding]:
    """Find shares of the largest that are no band, a false one, or one of too few holdings."""
    for row in cells[cells["status"] == "published"].itertuples():
        banded = schema.BAND in str(row.sign)
        if row.statistic != TOP_SHARE and not banded:
            continue
        year = int(row.reference_year)
        reason = "it is told as a band, but is no share of the largest"
        if row.statistic == TOP_SHARE:
            rows = contributions[contributions["reference_year"].astype(int) == year]
            reason = _offence(row, banded, rows, rules)
        if reason:
            where = (row.table, row.variable, year, words(row.place))
            yield Finding("band", *where, OUTSIDER, reason)


def _offence(row: tuple, banded: bool, rows: pd.DataFrame, rules: Rules) -> str:
    about = rules.variables[row.variable]
    step = rules.band
    wide = step > 0 and abs(row.high - row.low - step) < NEAR
    if not banded or not wide or abs(row.low / step - round(row.low / step)) > NEAR:
        return "the share of the largest is no band of the width agreed upon"
    if abs(row.value - (row.low + row.high) / 2) > NEAR or not pd.isna(row.cv):
        return "it tells more than its band"
    if row.place:
        return "the share of the largest is broken down"
    held, holdings, sensitive = _largest(rows, about.numerator, about.largest, rules)
    if not row.low - NEAR <= held <= row.high + NEAR:
        return "the share of the largest does not lie in its band"
    if holdings < rules.fewest_in_top:
        return "the largest are too few holdings"
    return "the largest, or the others, are sensitive in themselves" if sensitive else ""


def _largest(rows: pd.DataFrame, name: str, share: float, rules: Rules) -> tuple[float, int, bool]:
    """Return what the largest hold in percent, their holdings, and whether a side is sensitive."""
    ranked = rows.assign(amount=rows[name].astype(float), bare=world.not_imputed(name, rows))
    ranked = ranked.sort_values("amount", ascending=False, kind="stable")
    before = ranked["weight"].cumsum() - ranked["weight"]
    taken = (share * ranked["weight"].sum() - before).clip(0.0, ranked["weight"])
    inside = (taken / ranked["weight"]).fillna(0.0)
    whole = (ranked["amount"] * ranked["weight"]).sum()
    held = 100 * (ranked["amount"] * taken).sum() / whole
    holdings = ranked["holding"][(inside > 0) & (ranked["amount"] > 0)].nunique()
    sensitive = False
    for part in (inside, 1 - inside):
        amount = ranked["amount"] * part
        total = np.array([(amount * ranked["weight"]).sum()])
        for one in (amount, amount * ranked["bare"]):
            own = one.groupby(ranked["holding"]).sum().to_numpy()[None]
            found = levels.of(own, total, np.zeros(1, dtype=bool), np.ones(1), rules)
            sensitive |= bool(found.outsider[0] > 0)
    return float(held), int(holdings), sensitive


def limited(here: World, cells: pd.DataFrame, rows: pd.DataFrame, rules: Rules) -> World:
    """Return the world with the limits that published bands set to hidden cells.

    Parameters
    ----------
    here
        One reference year; the limits hold for weighted sums.
    cells
        Placed cells of that year.
    rows
        Contributions of that year.
    """
    told = cells[(cells["statistic"] == TOP_SHARE) & (cells["status"] == "published")]
    several: dict[str, list[Band]] = {}
    for row in told.drop_duplicates("key").itertuples():
        about = rules.variables[row.variable]
        several.setdefault(about.numerator, []).append((about.largest, row.low, row.high))
    rooms = []
    sums = here.own_weighted.sum(axis=1)
    weight = rows["weight"].to_numpy(float)
    for spot in np.flatnonzero(~here.known):
        name, place = here.spots[spot]
        if name in several:
            share = weight[_inside(rows, place, rules)].sum() / weight.sum()
            total = (rows[name].astype(float) * weight).sum()
            most = total * most_of(share, several[name]) / 100
            least = total * (1 - most_of(1 - share, several[name]) / 100)
            rooms.append((spot, 1.0, most - sums[spot], total))
            if least > 0:
                rooms.append((spot, -1.0, sums[spot] - least, total))
    return _with_rooms(here, rooms) if rooms else here


def most_of(share: float, bands: Sequence[Band]) -> float:
    """Return how much, in percent, a share of all organisations can hold at most.

    What the largest hold grows ever slower with their number: the chord through two points is
    below the curve between them, and above it outside.
    """
    points = [(0.0, 0.0, 0.0), *sorted(bands), (1.0, 100.0, 100.0)]
    limits = [100.0] + [high for at, _, high in points if at >= share]
    for left in range(len(points)):
        for right in range(left + 1, len(points)):
            (a, low_a, high_a), (b, low_b, high_b) = points[left], points[right]
            if share >= b:
                limits.append(high_b + (share - b) * (high_b - low_a) / (b - a))
            if share <= a:
                limits.append(high_a - (a - share) * (low_b - high_a) / (b - a))
    return max(min(limits), 0.0)


def _inside(rows: pd.DataFrame, place: Place, rules: Rules) -> np.ndarray:
    inside = np.ones(len(rows), dtype=bool)
    for label in place:
        name, code = dimension(label), label.split("=", 1)[1]
        if rules.dimensions[name].overlapping:
            here = rows[f"{name}.{code}"].astype(float).to_numpy() == 1
            inside &= ~here if "!=" in label else here
        else:
            inside &= (rows[name].fillna("").astype(str) == code).to_numpy()
    return inside


def _with_rooms(here: World, rooms: Sequence[tuple[int, float, float, float]]) -> World:
    """Add rooms that belong to nobody: two strangers share each, so that none fills one alone."""
    spots, ties = list(here.spots), list(here.ties)
    for spot, sign, _, _ in rooms:
        ties.append(((int(spot), len(spots)), (1.0, sign)))
        spots.append((f"{here.spots[spot][0]} - band", here.spots[spot][1]))
    left = np.maximum([room for _, _, room, _ in rooms], 0.0)
    free = np.array([total for *_, total in rooms])
    sides = []
    # The limits do not hold for sums as answered.
    for own, size in ((here.own, free), (here.own_weighted, left), (here.own_answered, free)):
        halves = sparse.csr_array(np.column_stack([size, size]) / 2)
        wide = sparse.block_array([[own, None], [None, halves]], format="csr")
        wide.sort_indices()
        sides.append(wide)
    return replace(
        here,
        spots=tuple(spots),
        own=sides[0],
        own_weighted=sides[1],
        own_answered=sides[2],
        known=np.append(here.known, np.zeros(len(rooms), dtype=bool)),
        ties=tuple(ties),
        holdings=(*here.holdings, "nobody", "nobody else"),
    )
