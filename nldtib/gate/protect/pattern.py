"""Find the pattern: what is sensitive, what hides it, part by part of the system."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from nldtib.errors import UnprotectedError
from nldtib.gate.protect import limits, plan, secondary, together
from nldtib.gate.protect.attackers import Demand, Knowledge
from nldtib.gate.protect.door import TO_DECIDE
from nldtib.gate.protect.forced import Forced
from nldtib.gate.protect.plan import Plan
from nldtib.gate.protect.rules import OBSERVED, WEIGHTED, Rules, judge
from nldtib.gate.protect.secondary import Problem, UnprotectableError
from nldtib.gate.protect.system import EVERYTHING, Cell

REVISION, FORCED, SECONDARY, UNRELIABLE = "revision", "forced", "secondary", "unreliable"
NOT_PROVEN = "not proven"
# The grand total goes last of all.
DEAR = 1000.0
# A number of respondents beside a figure is worth less than a figure.
COUNT_ONLY = 0.2
# What was hidden before, or a year ago, is hidden again rather than another cell.
AS_BEFORE = 0.5
# Contributions closer than this are the same.
SAME = 1e-6


def decide(whole: Plan, named: pd.DataFrame, rules: Rules, forced: Forced) -> dict[Cell, str]:
    """Return why each cell is hidden; cells of no table and numbers of respondents included.

    Raises
    ------
    UnprotectedError
        A cell cannot be protected: the message names tables and codes, no value.
    """
    work = _Work(whole, named, rules, forced)
    for part in plan.components(whole.system):
        work.settle(part)
    return work.reasons()


class _Work:
    """The state of the whole system while its parts are settled one by one."""

    def __init__(self, whole: Plan, named: pd.DataFrame, rules: Rules, forced: Forced):
        self.whole, self.rules = whole, rules
        system = whole.system
        self.tables: dict[Cell, list[str]] = {}
        status: dict[Cell, str] = {}
        keys: dict[Cell, str] = {}
        for cell, row in zip(plan.keys(named), named.itertuples(), strict=True):
            self.tables.setdefault(cell, []).append(row.table)
            status[cell], keys[cell] = row.status, row.key
        self.cell_now = {position: cell for cell, position in whole.now.items()}
        count = len(system.cells)
        self.reason = np.full(count, "", dtype=object)
        self.listed = np.zeros(count, dtype=bool)
        self.count_only = np.zeros(count, dtype=bool)
        self.open_by_hand = np.zeros(count, dtype=bool)
        places = {(year, place) for _, year, place in status}
        for position, cell in self.cell_now.items():
            self.listed[position] = cell in status
            counts = cell[0] == whole.respondents and cell[1:] in places
            self.count_only[position] = counts and not self.listed[position]
            if status.get(cell) == UNRELIABLE:
                self.reason[position] = UNRELIABLE
            if keys.get(cell) in forced.closed:
                self.reason[position] = FORCED
            self.open_by_hand[position] = keys.get(cell) in forced.open
        decided = np.array(
            [status.get(self.cell_now.get(i), TO_DECIDE) == TO_DECIDE for i in range(count)],
            dtype=bool,
        )
        self.candidate = (self.listed & decided) | self.count_only
        self.level = self._judged()
        self.hidden = (~self.candidate | (self.reason != "")) & ~whole.known
        self.price = self._prices()
        self.hidden_places: set[tuple] = set()

    def _judged(self) -> np.ndarray:
        system = self.whole.system
        found = judge(system.shares, system.smallest, self.whole.counted, self.rules)
        rooms = np.array([limits.is_room(name) for name, _, _ in system.cells], dtype=bool)
        level = np.where(rooms[:, None], 0.0, found.level)
        self.reason = np.where((found.reason != "") & ~rooms, found.reason, self.reason)
        cells, changes = plan.revised(self.whole)
        where = np.array([self.whole.now[cell] for cell in cells], dtype=np.int64)
        if len(where):
            differ = _judged_changes(changes, self.whole, where, self.rules)
            fresh = differ.any(axis=1) & (self.reason[where] == "")
            self.reason[where[fresh]] = REVISION
            np.maximum.at(level, where, differ)
        refused = self.open_by_hand & level.any(axis=1) & ~self.whole.known
        if refused.any():
            raise UnprotectedError(
                f"{int(refused.sum())} cell(s) are open by hand though sensitive in themselves: "
                f"{self._words(np.flatnonzero(refused))}. A waiver of the holdings is needed first."
            )
        return level

    def _prices(self) -> np.ndarray:
        system = self.whole.system
        price = 1 + np.log1p(system.weighted())
        for position, cell in self.cell_now.items():
            if cell[2] == EVERYTHING:
                price[position] *= DEAR
            if cell in self.whole.closed_before:
                price[position] *= AS_BEFORE
        return np.where(self.count_only, COUNT_ONLY * price, price)

    def settle(self, part: np.ndarray) -> None:
        """Hide what this part of the system needs."""
        hidden = self.hidden[part]
        if not self.candidate[part].any() or not hidden.any():
            return
        level = self.level[part]
        demands = [
            Demand((int(number),), tuple(level[number].tolist()))
            for number in np.flatnonzero(level.any(axis=1) & ~self.whole.known[part])
        ]
        try:
            found = secondary.hide(self._problem(part), hidden, demands)
        except UnprotectableError as refusal:
            raise self._refusal(part[list(refusal.target)]) from None
        for more, reason in ((found.added, SECONDARY), (found.unproven, NOT_PROVEN)):
            self.hidden[part[list(more)]] = True
            self.reason[part[list(more)]] = reason
        closed = part[self.hidden[part] & self.listed[part]]
        self.hidden_places |= {self.whole.system.cells[position] for position in closed}

    def _problem(self, part: np.ndarray) -> Problem:
        system = self.whole.system
        shares = system.shares.at(np.isin(system.shares.cell, part))
        shares = plan.renumbered(shares, np.searchsorted(part, shares.cell))
        local = {int(cell): number for number, cell in enumerate(part)}
        equations = tuple(
            (tuple(local[i] for i in index), signs)
            for index, signs in system.equations
            if index[0] in local
        )
        names = [system.cells[position][0] for position in part]
        sums = [
            ((), ()) if any(limits.is_room(names[i]) for i in index) else (index, signs)
            for index, signs in equations
        ]
        facts = together.Facts(
            shares,
            system.smallest[part],
            self.whole.counted[part],
            sums,
            together.alone(shares, len(part)),
            self.rules,
        )

        def sensitive_sums(closed: np.ndarray, chosen: Sequence[int]) -> list[Demand]:
            return together.demands(facts, closed, chosen)

        cells = [system.cells[position] for position in part]
        last_year = [(name, year - 1, place) in self.hidden_places for name, year, place in cells]
        price = np.where(last_year, AS_BEFORE, 1.0) * self.price[part]
        known = self.whole.known[part] | self.open_by_hand[part]
        worlds = _worlds(len(part), shares)
        return Problem(
            equations,
            secondary.ranked(price),
            known,
            worlds,
            sensitive_sums,
            cells,
            self.rules.budget,
        )

    def _refusal(self, positions: np.ndarray) -> UnprotectedError:
        cells = [self.cell_now.get(int(i), self.whole.system.cells[i]) for i in positions]
        dimensions = sorted({name for _, _, place in cells for name, _ in place})
        merge = f"Merge codes of {' or '.join(dimensions)}" if dimensions else "Merge codes"
        return UnprotectedError(
            f"{cells[0][0]} of {cells[0][1]} cannot be protected at {self._words(positions)}: what "
            f"is known already or open by hand leaves no doubt. {merge}, or drop the table."
        )

    def _words(self, positions: np.ndarray) -> str:
        words = []
        for position in positions[:5]:
            cell = self.cell_now.get(int(position), self.whole.system.cells[position])
            place = " and ".join(f"{name} {code}" for name, code in cell[2]) or "the total"
            tables = self.tables.get(cell)
            words.append(f"{place} (table {', '.join(tables)})" if tables else place)
        return "; ".join(words)

    def reasons(self) -> dict[Cell, str]:
        """Return why each cell of this edition is hidden."""
        return {
            cell: str(self.reason[position]) or UNRELIABLE
            for cell, position in self.whole.now.items()
            if self.reason[position] and (self.candidate[position] or self.listed[position])
        }


def _worlds(cells: int, shares: plan.Shares) -> tuple[Knowledge, ...]:
    """Return what is known of the sums of respondents and of estimates; one where they agree."""
    observed = Knowledge(OBSERVED, cells, shares)
    if np.array_equal(shares.observed, shares.weighted):
        return (observed,)
    return observed, Knowledge(WEIGHTED, cells, shares)


def _judged_changes(
    changes: plan.Shares, whole: Plan, where: np.ndarray, rules: Rules
) -> np.ndarray:
    """Return the levels of each difference between an earlier figure and the new one."""
    level = np.zeros((len(where), 2))
    smallest, counted = whole.system.smallest[where], whole.counted[where]
    for amount in (changes.observed, changes.weighted):
        size = np.abs(amount)
        moved = dataclasses.replace(changes, observed=size, weighted=size, answered=size)
        moved = moved.at(size > SAME)
        level = np.maximum(level, judge(moved, smallest, counted, rules).level)
    return level
