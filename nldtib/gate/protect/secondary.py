"""Which further cells must be hidden, so that no sensitive one follows from the others."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from nldtib.errors import UnprotectedError
from nldtib.gate.protect.attackers import OUTSIDER, Demand, Knowledge
from nldtib.gate.protect.solver import Solver

# How much dearer, at most, the order of the keys makes a cell: enough to decide between equals.
ORDER = 1e-3
UP, DOWN = 1.0, -1.0
# So many old witnesses cost about as much to try as one new one.
TRIES = 20

# Which demand, up or down, of the respondents or of the estimates.
Doubt = tuple[int, float, int]
Unions = Callable[[np.ndarray, Sequence[int]], list[Demand]]


@dataclass(frozen=True)
class Problem:
    """Cells that hang together by their sums, and what each costs to hide.

    equations
        Positions and signs of cells that add up to zero.
    price
        Per cell: what hiding it costs.
    fixed
        Per cell: whether it is known already, so that hiding it is of no use.
    knowledge
        How far each cell may fall, for an outsider and for each holding that contributes; once
        for the sums of the respondents, once for the weighted estimates.
    unions
        Returns the sensitive sums of hidden cells in some equations, given what is hidden.
    """

    equations: tuple[tuple[tuple[int, ...], tuple[float, ...]], ...]
    price: np.ndarray
    fixed: np.ndarray
    knowledge: tuple[Knowledge, ...]
    unions: Unions


class UnprotectableError(UnprotectedError):
    """No pattern keeps a target in doubt; `target` holds its positions."""

    def __init__(self, target: tuple[int, ...]):
        super().__init__("no pattern keeps this place in doubt")
        self.target = target


def ranked(price: np.ndarray) -> np.ndarray:
    """Return prices that differ, so that equal ones are decided by the order of their keys."""
    return price * (1 + ORDER * np.arange(len(price)) / max(len(price), 1))


def no_unions(_: np.ndarray, __: Sequence[int]) -> list[Demand]:
    """Return nothing: where nobody knows who contributes, no sum is sensitive."""
    return []


def hide(problem: Problem, hidden: np.ndarray, demands: Sequence[Demand]) -> tuple[int, ...]:
    """Choose the secondary suppressions of one problem.

    For each sensitive cell, largest level first, a linear programme looks for the cheapest other
    table that agrees with everything published while this cell stands a protection level higher
    (and another one, lower). What moves in that witness is hidden. The same is asked on behalf of
    every holding, which knows its own contributions: cells fall no further than what others gave,
    and a cell that it fills alone does not move at all. Sums of hidden cells in one equation are
    known, so they are judged like cells. Then, dearest first, each secondary is given back when
    witnesses exist without it.

    Parameters
    ----------
    problem
        Cells, equations, prices, and who knows what.
    hidden
        Which cells are hidden beforehand: sensitive, unreliable, or in no table.
    demands
        The sensitive cells with their levels.

    Returns
    -------
    Positions of the secondary suppressions, sorted.

    Raises
    ------
    UnprotectableError
        No pattern protects a cell.
    UnprotectedError
        The solver failed.

    Source
    ------
    Fischetti & Salazar-Gonzalez (2001), Management Science 47 (attacker model, cost of movement);
    Handbook on Statistical Disclosure Control, 2nd ed., chapter 4 (singletons, give-back).
    """
    search = Search(problem, hidden)
    search.require(sorted(demands, key=lambda one: (-max(one.levels), one.target)))
    while new := search.new_unions(range(len(problem.equations))):
        search.require(new)
    search.give_back()
    return search.added()


class Witnesses:
    """Movements of all cells, one a row, that leave everything published as it is."""

    def __init__(self, cells: int):
        self.room, self.count = np.zeros((64, cells)), 0

    @property
    def rows(self) -> np.ndarray:
        """Return all witnesses."""
        return self.room[: self.count]

    def add(self, witness: np.ndarray) -> int:
        """Add one; return its number."""
        if self.count == len(self.room):
            self.room = np.vstack([self.room, np.zeros_like(self.room)])
        self.room[self.count] = witness
        self.count += 1
        return self.count - 1

    def moving(self, position: int) -> set[int]:
        """Return those that move a cell."""
        return set(np.flatnonzero(self.rows[:, position]).tolist())

    def within(self, hidden: np.ndarray) -> np.ndarray:
        """Return those that move hidden cells only."""
        return np.flatnonzero(~self.rows[:, ~hidden].any(axis=1))

    def drop(self, gone: set[int]) -> dict[int, int]:
        """Drop some; return the new number of each of the others."""
        stay = [number for number in range(self.count) if number not in gone]
        self.room[: len(stay)] = self.rows[stay]
        self.count = len(stay)
        return {old: new for new, old in enumerate(stay)}


class Search:
    """A pattern in the making: what is hidden, what must be in doubt, and the proof that it is."""

    def __init__(self, problem: Problem, hidden: np.ndarray):
        self.problem = problem
        self.before, self.hidden = hidden.copy(), hidden.copy()
        self.solver = Solver(len(hidden), problem.equations)
        self.witnesses = Witnesses(len(hidden))
        self.demands: list[Demand] = []
        self.asked: set[tuple[int, ...]] = set()
        self.used: dict[Doubt, set[int]] = {}
        self.refused: Counter[Doubt] = Counter()
        self.saw: dict[Doubt, int] = {}
        self.equations_of: dict[int, list[int]] = {}
        for number, (index, _) in enumerate(problem.equations):
            for position in index:
                self.equations_of.setdefault(position, []).append(number)

    def added(self) -> tuple[int, ...]:
        """Return the secondary suppressions."""
        return tuple(int(number) for number in np.flatnonzero(self.hidden & ~self.before))

    def require(self, demands: Iterable[Demand]) -> None:
        """Hide what is needed to keep each target in doubt, for outsiders and insiders."""
        for demand in demands:
            number = len(self.demands)
            self.demands.append(demand)
            self.asked.add(demand.target)
            for way, world in product((UP, DOWN), range(len(self.problem.knowledge))):
                if not self._settled((number, way, world), ~self.problem.fixed, grow=True):
                    raise UnprotectableError(demand.target)

    def new_unions(self, equations: Iterable[int]) -> list[Demand]:
        """Return sensitive sums of hidden cells that were not asked for yet."""
        found = self.problem.unions(self.hidden, list(equations))
        return [one for one in found if one.target not in self.asked]

    def give_back(self) -> None:
        """Open each secondary that is not needed, dearest first."""
        price = self.problem.price
        for position in sorted(self.added(), key=lambda one: (-price[one], one)):
            self.hidden[position] = False
            if self.new_unions(self.equations_of.get(position, [])) or not self._renewed(position):
                self.hidden[position] = True

    def _renewed(self, position: int) -> bool:
        """Find witnesses without this cell; leave all as it was where there are none."""
        lost = self.witnesses.moving(position)
        kept, before = dict(self.used), self.witnesses.count
        # Where opening a cell failed before, it will most likely fail again: asked first.
        for doubt in sorted(kept, key=lambda one: -self.refused[one]):
            if kept[doubt] & lost and not self._settled(doubt, self.hidden, grow=False):
                self.refused[doubt] += 1
                self.used, self.witnesses.count = kept, before
                return False
        where = self.witnesses.drop(lost)
        self.used = {doubt: {where[one] for one in used} for doubt, used in self.used.items()}
        return True

    def _settled(self, doubt: Doubt, free: np.ndarray, grow: bool) -> bool:
        """Cover one demand by witnesses for every attacker; hide what new ones need if allowed."""
        number, way, world = doubt
        demand, know = self.demands[number], self.problem.knowledge[world]
        if know.move(demand, way, OUTSIDER) == 0:
            return True
        used, missing = self._covered(doubt, sys.maxsize if grow else TRIES)
        while missing.any():
            attacker = OUTSIDER if missing[OUTSIDER] else int(missing.argmax())
            if not grow and missing[self.saw.get(doubt, OUTSIDER)]:
                attacker = self.saw.get(doubt, attacker)
            witness = self._witness(know, demand, way, attacker, free)
            if witness is None:
                self.saw[doubt] = attacker
                return False
            used.add(self.witnesses.add(witness))
            if grow:
                self.hidden |= witness != 0
            missing &= know.betrayed(demand, way, witness)
            if missing[attacker]:
                raise UnprotectedError("the solver's answer does not satisfy the equations")
        self.used[doubt] = used
        return True

    def _covered(self, doubt: Doubt, tries: int) -> tuple[set[int], np.ndarray]:
        """Return witnesses that serve, and a mark for each attacker whom none deceives.

        After `tries` witnesses in a row that deceive nobody further, the rest is left to a new one.
        """
        number, way, world = doubt
        demand, know = self.demands[number], self.problem.knowledge[world]
        usable = self.witnesses.within(self.hidden)
        best = usable[know.promising(demand, way, self.witnesses.rows[usable])]
        before = self.used.get(doubt, set())
        used: set[int] = set()
        missing, idle = np.ones(know.count + 1, dtype=bool), 0
        for one in sorted(best.tolist(), key=lambda one: one not in before):
            fewer = missing & know.betrayed(demand, way, self.witnesses.rows[one])
            idle = 0 if fewer.sum() < missing.sum() else idle + 1
            if idle == 0:
                used.add(one)
                missing = fewer
            if not missing.any() or idle > tries:
                break
        return used, missing

    def _witness(
        self, know: Knowledge, demand: Demand, way: float, attacker: int, free: np.ndarray
    ) -> np.ndarray | None:
        move = know.move(demand, way, attacker)
        fall, sole = know.seen_by(attacker)
        cost = np.where(self.hidden, 0.0, self.problem.price)
        allowed = free & ~sole
        return self.solver.cheapest(np.array(demand.target), move, fall, allowed, cost)
