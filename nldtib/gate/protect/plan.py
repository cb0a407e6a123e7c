"""All tables as one system, with what has been released before: who hangs together with whom."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.gate.ledger import Ledger, Release
from nldtib.gate.protect import door, limits
from nldtib.gate.protect.rules import COUNTED, Rules
from nldtib.gate.protect.shares import Shares, stacked
from nldtib.gate.protect.system import Answers, Cell, Equation, System, build

RESPONDENTS = "respondents"
IMPUTED = "imputed."
INTERVAL = ["low", "high", "cv"]


@dataclass(frozen=True)
class Released:
    """An earlier release: its systems, and the cells that it showed, with interval, and hid."""

    systems: list[System]
    shown: set[Cell]
    precise: set[Cell]
    closed: set[Cell]


@dataclass(frozen=True)
class Plan:
    """The cells of an edition and of all that left the room before, as one system.

    system
        A cell whose contributions did not change since an earlier release is one cell.
    now
        Position of each cell of this edition.
    known
        Per cell: whether an earlier release published it.
    precise
        Positions of cells whose interval an earlier release published.
    before
        Positions of the published cells of earlier releases, by their key.
    closed_before
        Keys that the newest release hid.
    counted
        Per cell: whether it counts organisations.
    respondents
        The variable that counts every respondent once.
    """

    system: System
    now: Mapping[Cell, int]
    known: np.ndarray
    precise: frozenset[int]
    before: Mapping[Cell, tuple[int, ...]]
    closed_before: frozenset[Cell]
    counted: np.ndarray
    respondents: str


def counts_all(rules: Rules, contributions: pd.DataFrame) -> str:
    """Return the variable that counts every respondent once, or a name of our own for it."""
    for name, variable in rules.variables.items():
        counts = variable.statistic == "total" and variable.unit_of_measure == COUNTED
        if counts and name in contributions and (contributions[name] == 1).all():
            return name
    return RESPONDENTS


def assemble(
    named: pd.DataFrame, contributions: pd.DataFrame, rules: Rules, ledger: Ledger
) -> Plan:
    """Return the cells of all tables, of this edition and of the releases before it."""
    everyone = [contributions, *(release.contributions for release in ledger.releases)]
    holdings = sorted(set().union(*(set(rows["holding"].astype(str)) for rows in everyone)))
    numbers = {name: number for number, name in enumerate(holdings)}
    systems = _systems(named, contributions, rules, numbers)
    years = sorted(set(named["reference_year"].astype(int)))
    released = []
    for release in ledger.releases:
        cells = release.cells[release.cells["reference_year"].astype(int).isin(years)]
        cells = cells[cells["variable"].isin(rules.variables)]
        released.append(_released(cells, release, rules, numbers))
    return _joined(systems, released, rules, counts_all(rules, contributions))


def _released(
    cells: pd.DataFrame, release: Release, rules: Rules, numbers: Mapping[str, int]
) -> Released:
    statistic = cells["variable"].map({name: v.statistic for name, v in rules.variables.items()})
    cells = cells.assign(statistic=statistic, place=door.places(cells, rules.dimensions))
    systems = _systems(cells, release.contributions, rules, numbers)
    totals = cells[cells["statistic"] == "total"]
    published = totals["status"] == "published"
    shown = set(keys(totals[published]))
    counted = cells[pd.to_numeric(cells["n"], errors="coerce").notna()]
    name = counts_all(rules, release.contributions)
    shown |= {(name, year, place) for _, year, place in keys(counted)}
    precise = set(keys(totals[published & totals[INTERVAL].notna().any(axis=1)]))
    return Released(systems, shown, precise, set(keys(totals[~published])) - shown)


def keys(cells: pd.DataFrame) -> Iterable[Cell]:
    """Return variable, reference year and place of each row."""
    years = cells["reference_year"].astype(int)
    return zip(cells["variable"], years, cells["place"], strict=True)


def _systems(
    cells: pd.DataFrame, contributions: pd.DataFrame, rules: Rules, numbers: Mapping[str, int]
) -> list[System]:
    """Return one system per reference year, respondents counted wherever a table has a place."""
    rows = contributions.assign(unit=contributions["unit"].astype(str))
    rows = rows.sort_values(["reference_year", "unit"], kind="stable")
    totals = cells[cells["statistic"] == "total"]
    everywhere = counts_all(rules, contributions)
    systems = []
    for year in sorted(set(cells["reference_year"].astype(int))):
        here = rows[rows["reference_year"].astype(int) == year].reset_index(drop=True)
        listed = {
            name: set(part["place"])
            for name, part in totals[totals["reference_year"] == year].groupby("variable")
        }
        listed[everywhere] = set(cells["place"][cells["reference_year"] == year])
        codes = here["holding"].astype(str).map(numbers).to_numpy(dtype=np.int64)
        imputed = {
            name.removeprefix(IMPUTED): here[name].to_numpy(float) > 0
            for name in here
            if str(name).startswith(IMPUTED)
        }
        waived = {
            name: frozenset(numbers[one] for one in rules.waived(name) if one in numbers)
            for name in listed
        }
        answers = Answers(year, here, codes, imputed)
        systems.append(build(listed, answers, rules.variables, rules.dimensions, waived))
    return systems


def _joined(
    systems: Sequence[System],
    released: Sequence[Released],
    rules: Rules,
    respondents: str,
) -> Plan:
    """Put systems side by side; cells with the same key and the same contributions are one."""
    join = _Join()
    now: dict[Cell, int] = {}
    for one in systems:
        now |= join.add(one)
    before: dict[Cell, tuple[int, ...]] = {}
    precise: set[int] = set()
    for release in released:
        for one in release.systems:
            for cell, position in join.add(one).items():
                if cell in release.shown:
                    before[cell] = (*before.get(cell, ()), position)
                if cell in release.precise:
                    precise.add(position)
    known = np.zeros(len(join.cells), dtype=bool)
    known[[position for several in before.values() for position in several]] = True
    closed = frozenset(released[-1].closed) if released else frozenset()
    counted = np.array([counts(cell[0], rules) for cell in join.cells], dtype=bool)
    told = frozenset(precise)
    return Plan(join.system(), now, known, told, before, closed, counted, respondents)


class _Join:
    """Systems put side by side, one cell for each key and set of contributions."""

    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self.found: dict[tuple, int] = {}
        self.parts: list[Shares] = []
        self.offsets: list[int] = []
        self.smallest: list[np.ndarray] = []
        self.equations: dict[Equation, None] = {}

    def add(self, one: System) -> dict[Cell, int]:
        """Add a system; return where each of its cells now stands."""
        where, new = np.zeros(len(one.cells), dtype=np.int64), []
        self.offsets.append(len(self.cells))
        for number, mark in enumerate(_signatures(one.shares, one.cells)):
            if mark not in self.found:
                self.found[mark] = len(self.cells)
                self.cells.append(one.cells[number])
                new.append(number)
            where[number] = self.found[mark]
        fresh = one.shares.at(np.isin(one.shares.cell, new))
        self.parts.append(renumbered(fresh, np.searchsorted(new, fresh.cell)))
        self.smallest.append(one.smallest[new])
        for index, signs in one.equations:
            self.equations[tuple(int(where[i]) for i in index), signs] = None
        return dict(zip(one.cells, where.tolist(), strict=True))

    def system(self) -> System:
        """Return all that was added as one system."""
        return System(
            tuple(self.cells),
            stacked(self.parts, self.offsets),
            np.concatenate([np.zeros(0), *self.smallest]),
            tuple(self.equations),
        )


def renumbered(shares: Shares, cell: np.ndarray) -> Shares:
    """Return the same shares with other numbers for their cells."""
    return dataclasses.replace(shares, cell=cell)


def _signatures(shares: Shares, cells: Sequence[Cell]) -> list[tuple]:
    """Return what tells one cell from another: its key and who contributes how much."""
    start = np.searchsorted(shares.cell, np.arange(len(cells) + 1))
    amounts = np.round(np.column_stack([shares.observed, shares.weighted]), 6)
    return [
        (cell, shares.holding[a:b].tobytes(), amounts[a:b].tobytes())
        for cell, a, b in zip(cells, start, start[1:], strict=False)
    ]


def counts(variable: str, rules: Rules) -> bool:
    """Return whether a variable counts organisations."""
    if limits.is_room(variable):
        return False
    return variable == RESPONDENTS or rules.variables[variable].unit_of_measure == COUNTED


def revised(plan: Plan) -> tuple[list[Cell], Shares]:
    """Return cells that an earlier release published otherwise, and by how much holdings differ.

    Old minus new is the sum of what changed at each holding; entries are numbered by the list,
    one number per cell and earlier figure.
    """
    cells, parts = [], []
    shares = plan.system.shares
    start = np.searchsorted(shares.cell, np.arange(len(plan.system.cells) + 1))
    for cell, earlier in sorted(plan.before.items()):
        here = plan.now.get(cell)
        if here is None or here in earlier:
            continue
        for old in sorted(set(earlier)):
            mine, theirs = (np.arange(start[one], start[one + 1]) for one in (here, old))
            both = shares.at(np.concatenate([mine, theirs]))
            signs = np.repeat([1.0, -1.0], [len(mine), len(theirs)])
            change = dataclasses.replace(
                both, observed=both.observed * signs, weighted=both.weighted * signs
            )
            parts.append(change.grouped(np.zeros(len(signs), dtype=np.int64)))
            cells.append(cell)
    return cells, stacked(parts, list(range(len(cells)))) if parts else shares.at(start[:0])


def components(system: System) -> list[np.ndarray]:
    """Return the positions of cells that hang together by equations, in the order of their keys."""
    parent = np.arange(len(system.cells))

    def root(cell: int) -> int:
        while parent[cell] != cell:
            parent[cell] = parent[parent[cell]]
            cell = parent[cell]
        return cell

    for index, _ in system.equations:
        roots = [root(cell) for cell in index]
        for one in roots:
            parent[one] = min(roots)
    roots = np.array([root(cell) for cell in range(len(system.cells))], dtype=np.int64)
    groups = [np.flatnonzero(roots == one) for one in np.unique(roots)]
    first = [min(system.cells[i] for i in group) for group in groups]
    order = sorted(range(len(groups)), key=lambda i: (first[i][1], first[i][0], first[i][2]))
    return [groups[i] for i in order]
