"""What left the room before: a cell stays known, and new minus old belongs to whoever changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd
from scipy import sparse

from nldtib.gate.audit import levels, shown, unions, world
from nldtib.gate.audit.findings import OUTSIDER, Finding, Rules, words
from nldtib.gate.audit.world import RESPONDENTS, Spot, World

# Sums of floats differ in their last digits; what differs by this share did not change.
SAME = 1e-9


class Release(Protocol):
    """One publication as it was: the cells that were shown, the contributions behind them."""

    cells: pd.DataFrame
    contributions: pd.DataFrame


class Ledger(Protocol):
    """All that was released before this edition, oldest first."""

    releases: Sequence[Release]


@dataclass(frozen=True)
class Earlier:
    """One reference year as an earlier release showed it: its placed cells, and their world."""

    cells: pd.DataFrame
    world: World


def worlds(ledger: Ledger | None, year: int, rules: Rules) -> list[Earlier]:
    """Return one reference year as each earlier release showed it."""
    found = []
    for release in ledger.releases if ledger is not None else ():
        known = release.cells[release.cells["variable"].isin(rules.variables)]
        cells = known[known["reference_year"].astype(int) == year]
        rows = release.contributions
        rows = rows[rows["reference_year"].astype(int) == year]
        if len(cells):
            cells = shown.placed(cells, rules)
            found.append(Earlier(cells, world.build(cells, rows, rules)))
    return found


def known(here: World, before: Sequence[Earlier]) -> World:
    """Return the world in which all is known that was published before and did not change."""
    open_now = here.known.copy()
    for old in (one.world for one in before):
        for now, then in unchanged(here, old):
            open_now[now] |= old.known[then]
    return replace(here, known=open_now)


def unchanged(here: World, old: World) -> Iterator[tuple[int, int]]:
    """Give spots to which every holding adds what it added before: here, and in the old world."""
    whole = here.own.sum(axis=1)
    for now, then, change in _shared(here, old):
        if np.abs(change).sum() <= SAME * max(whole[now], 1.0):
            yield now, then


def differences(
    here: World, before: Sequence[Earlier], counted: Mapping[Spot, bool], year: int, rules: Rules
) -> Iterator[Finding]:
    """Find cells whose change since an earlier release belongs to too few, or to one above all.

    Source
    ------
    Handbook on Statistical Disclosure Control, 2nd ed., chapter 4: a difference of two released
    sums is a sum like any other.
    """
    smallest, whole = unions.smallest(here), here.own.sum(axis=1)
    for old in (one.world for one in before):
        for now, then, change in _shared(here, old):
            name, place = here.spots[now]
            size = max(whole[now], 1.0)
            both = here.known[now] and old.known[then]
            if not both or np.abs(change).sum() <= SAME * size:
                continue
            moved = np.abs(change)[None]
            moved[moved <= SAME * size] = 0.0
            count = np.array([counted[here.spots[now]]])
            found = levels.of(moved, moved.sum(axis=1), count, smallest[now : now + 1], rules)
            if found.outsider[0] > 0:
                reason = "minus what was released before, it tells what few holdings changed"
                yield Finding("difference", "", name, year, words(place), OUTSIDER, reason)


def _shared(here: World, old: World) -> Iterator[tuple[int, int, np.ndarray]]:
    """Give spots that stand in both worlds, and by how much the holdings there changed."""
    holdings = sorted({*here.holdings, *old.holdings})
    place = {name: number for number, name in enumerate(holdings)}
    position = {spot: number for number, spot in enumerate(old.spots)}
    both = [
        (now, position[spot])
        for now, spot in enumerate(here.spots)
        if spot in position and spot[0] != RESPONDENTS
    ]
    if not both:
        return
    aligned = []
    for one, spots in zip((here, old), zip(*both, strict=True), strict=True):
        rows = one.own[list(spots)].tocoo()
        columns = np.array([place[name] for name in one.holdings], dtype=int)[rows.col]
        shape = (len(both), len(holdings))
        aligned.append(sparse.csr_array((rows.data, (rows.row, columns)), shape=shape))
    change = (aligned[0] - aligned[1]).tocsr()
    for number, (now, then) in enumerate(both):
        yield now, then, change.data[slice(*change.indptr[number : number + 2])]
