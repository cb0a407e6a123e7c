"""Which further cells must be hidden, so that no sensitive one follows from the others."""

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


class Search:
    """A pattern in the making: what is hidden, what must be in doubt, and the proof that it is."""

    def __init__(self, problem: Problem, hidden: np.ndarray):
        self.problem = problem
        self.before, self.hidden = hidden.copy(), hidden.copy()
        self.solver = Solver(len(hidden), problem.equations)
        self.witnesses = np.zeros((0, len(hidden)))
        self.demands: list[Demand] = []
        self.asked: set[tuple[int, ...]] = set()
        self.used: dict[tuple[int, float, int], set[int]] = {}
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
        lost = set(np.flatnonzero(self.witnesses[:, position]).tolist())
        kept, before = dict(self.used), self.witnesses
        for doubt, used in kept.items():
            if used & lost and not self._settled(doubt, self.hidden, grow=False):
                self.used, self.witnesses = kept, before
                return False
        return True

    def _settled(self, doubt: tuple[int, float, int], free: np.ndarray, grow: bool) -> bool:
        """Cover one demand by witnesses for every attacker; hide what new ones need if allowed."""
        number, way, world = doubt
        demand, know = self.demands[number], self.problem.knowledge[world]
        if know.move(demand, way, OUTSIDER) == 0:
            return True
        used, missing = self._covered(know, demand, way)
        while missing.any():
            attacker = OUTSIDER if missing[OUTSIDER] else int(missing.argmax())
            witness = self._witness(know, demand, way, attacker, free)
            if witness is None:
                return False
            self.witnesses = np.vstack([self.witnesses, witness])
            used.add(len(self.witnesses) - 1)
            if grow:
                self.hidden |= witness != 0
            missing &= know.betrayed(demand, way, witness)
            if missing[attacker]:
                raise UnprotectedError("the solver's answer does not satisfy the equations")
        self.used[doubt] = used
        return True

    def _covered(self, know: Knowledge, demand: Demand, way: float) -> tuple[set[int], np.ndarray]:
        """Return witnesses that serve, and a mark for each attacker whom none deceives."""
        usable = np.flatnonzero(~(self.witnesses[:, ~self.hidden] != 0).any(axis=1))
        used: set[int] = set()
        missing = np.ones(know.count + 1, dtype=bool)
        for number in usable[know.promising(demand, way, self.witnesses[usable])]:
            fewer = missing & know.betrayed(demand, way, self.witnesses[number])
            if fewer.sum() < missing.sum():
                used.add(int(number))
                missing = fewer
            if not missing.any():
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
