"""Which further cells must be hidden, so that no sensitive one follows from the others."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from nldtib.errors import UnprotectedError
from nldtib.gate.protect.attackers import NOBODY, OUTSIDER, Demand, Knowledge, Witness
from nldtib.gate.protect.boxes import boxes
from nldtib.gate.protect.budget import Budget
from nldtib.gate.protect.regions import Region, Regions
from nldtib.gate.protect.system import Cell, Equation
from nldtib.gate.protect.witnesses import Witnesses

# How much dearer, at most, the order of the keys makes a cell: enough to decide between equals.
ORDER = 1e-3
UP, DOWN = 1.0, -1.0
# So many old witnesses cost about as much to try as one new one.
TRIES = 20
FEW_TRIES = 4

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
    cells
        What each cell is; near cells share most of their codes.
    budget
        How much may be solved.
    """

    equations: tuple[Equation, ...]
    price: np.ndarray
    fixed: np.ndarray
    knowledge: tuple[Knowledge, ...]
    unions: Unions
    cells: Sequence[Cell] = ()
    budget: Budget = Budget()


@dataclass(frozen=True)
class Hidden:
    """Positions of the secondary suppressions, and of what was hidden for want of a proof."""

    added: tuple[int, ...]
    unproven: tuple[int, ...]


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


def hide(problem: Problem, hidden: np.ndarray, demands: Sequence[Demand]) -> Hidden:
    """Choose the secondary suppressions of one problem.

    For each sensitive cell, largest level first, a linear programme looks for the cheapest other
    table that agrees with everything published while this cell stands a protection level higher
    (and another one, lower). What moves in that witness is hidden. The same is asked on behalf of
    every holding, which knows its own contributions: cells fall no further than what others gave,
    and a cell that it fills alone does not move at all. Sums of hidden cells in one equation are
    known, so they are judged like cells. Then, dearest first, each secondary is given back when
    witnesses exist without it.

    Where cells are more than one programme can hold, only cells near a target move, and the number
    of programmes is limited: a witness among few cells is one among all. What is not proven then
    is not published, nor is any cell of the holdings that give most to it: whatever they answered
    then fits all that is published.

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
    Positions, sorted; what comes for want of a proof is not among the secondary suppressions.

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
    largest_first = sorted(demands, key=lambda one: (-max(one.levels), one.target))
    search.require(search.unboxed(largest_first))
    while new := search.new_unions(search.touched()):
        search.require(new)
    search.give_back()
    return search.added()


class Search:
    """A pattern in the making: what is hidden, what must be in doubt, and the proof that it is."""

    def __init__(self, problem: Problem, hidden: np.ndarray):
        self.problem = problem
        self.before, self.hidden = hidden.copy(), hidden.copy()
        self.unproven = np.zeros(len(hidden), dtype=bool)
        self.regions = Regions(problem.equations, len(hidden), problem.cells, problem.budget)
        self.witnesses = Witnesses()
        self.demands: list[Demand] = []
        self.asked: set[tuple[int, ...]] = set()
        self.used: dict[Doubt, set[int]] = {}
        self.refused: Counter[Doubt] = Counter()
        self.saw: dict[Doubt, int] = {}
        self.looked = np.zeros(len(hidden), dtype=bool)
        self.equations_of: dict[int, list[int]] = {}
        for number, (index, _) in enumerate(problem.equations):
            for position in index:
                self.equations_of.setdefault(position, []).append(number)

    def added(self) -> Hidden:
        """Return the secondary suppressions, and apart from them what is not proven."""
        more = self.hidden & ~self.before
        return Hidden(
            tuple(np.flatnonzero(more & ~self.unproven).tolist()),
            tuple(np.flatnonzero(more & self.unproven).tolist()),
        )

    def unboxed(self, demands: Sequence[Demand]) -> list[Demand]:
        """Serve by boxes what can be, where not all cells move together; return the rest."""
        if self.regions.whole:
            return list(demands)
        problem = self.problem
        price = np.where(self.hidden, 0.0, np.where(problem.fixed, np.inf, problem.price))
        matrix = self.regions.matrix
        for demand, witness in boxes(problem.cells, matrix, problem.knowledge, price, demands):
            used, number = {self.witnesses.add(witness)}, len(self.demands)
            self.demands.append(demand)
            self.asked.add(demand.target)
            self.hidden[witness.cells] = True
            for way, world in product((UP, DOWN), range(len(problem.knowledge))):
                self.used[number, way, world] = used
        return [one for one in demands if one.target not in self.asked]

    def require(self, demands: Iterable[Demand]) -> None:
        """Hide what is needed to keep each target in doubt, for outsiders and insiders."""
        for demand in demands:
            number = len(self.demands)
            self.demands.append(demand)
            self.asked.add(demand.target)
            doubts = product((UP, DOWN), range(len(self.problem.knowledge)))
            if not all(
                self._settled((number, way, world), ~self.problem.fixed, grow=True)
                for way, world in doubts
            ):
                self._withhold(demand)

    def _withhold(self, demand: Demand) -> None:
        """Hide all cells of those who give most to a target: any answer of theirs is possible."""
        if self.regions.whole:
            raise UnprotectableError(demand.target)
        cells = np.unique(np.concatenate([one.filled(demand) for one in self.problem.knowledge]))
        if self.problem.fixed[cells].any():
            raise UnprotectableError(demand.target)
        for way, world in product((UP, DOWN), range(len(self.problem.knowledge))):
            self.used.pop((len(self.demands) - 1, way, world), None)
        self.unproven[cells[~self.hidden[cells]]] = True
        self.hidden[cells] = True

    def touched(self) -> list[int]:
        """Return the equations in which a cell was hidden since they were last asked for."""
        fresh = np.flatnonzero(self.hidden & ~self.looked).tolist()
        self.looked = self.hidden.copy()
        return sorted({number for one in fresh for number in self.equations_of.get(one, [])})

    def new_unions(self, equations: Iterable[int]) -> list[Demand]:
        """Return sensitive sums of hidden cells that were not asked for yet."""
        found = self.problem.unions(self.hidden, list(equations))
        return [one for one in found if one.target not in self.asked]

    def give_back(self) -> None:
        """Open each secondary that is not needed, dearest first, while the budget lasts."""
        price = self.problem.price
        self.regions.narrow(self.hidden)
        for position in sorted(self.added().added, key=lambda one: (-price[one], one)):
            if self.regions.spent():
                break
            self.hidden[position] = False
            if self.new_unions(self.equations_of.get(position, [])) or not self._renewed(position):
                self.hidden[position] = True

    def _renewed(self, position: int) -> bool:
        """Find witnesses without this cell; leave all as it was where there are none."""
        lost = self.witnesses.moving((position,))
        kept = dict(self.used)
        doubts = [doubt for doubt, used in kept.items() if not used.isdisjoint(lost)]
        beside = self._beside(position)
        # Where opening a cell failed before, or in the same sum, it most likely fails: asked first.
        for doubt in sorted(doubts, key=lambda one: (-self.refused[one], one[0] not in beside)):
            if not self._settled(doubt, self.hidden, grow=False):
                self.refused[doubt] += 1
                self.used = kept
                return False
        self.witnesses.drop(lost)
        return True

    def _beside(self, position: int) -> set[int]:
        """Return the demands of which a cell stands in one equation with a position."""
        equations = self.equations_of.get(position, [])
        cells = {one for number in equations for one in self.problem.equations[number][0]}
        return {
            number for number, one in enumerate(self.demands) if not cells.isdisjoint(one.target)
        }

    def _settled(self, doubt: Doubt, free: np.ndarray, grow: bool) -> bool:
        """Cover one demand by witnesses for every attacker; hide what new ones need if allowed."""
        number, way, world = doubt
        demand, know = self.demands[number], self.problem.knowledge[world]
        if know.move(demand, way, NOBODY) == 0:
            return True
        used, missing = self._covered(doubt, grow)
        while missing.any():
            for region, group in self._attempts(doubt, missing, grow):
                witness = self._witness(region, know, demand, way, group, free)
                fewer = (
                    missing if witness is None else missing & know.betrayed(demand, way, witness)
                )
                if fewer.sum() < missing.sum():
                    break
                self.saw[doubt] = int(group[0])
            else:
                return False
            used.add(self.witnesses.add(witness))
            missing = fewer
            if grow:
                self.hidden[witness.cells] = True
        self.used[doubt] = used
        return True

    def _attempts(
        self, doubt: Doubt, missing: np.ndarray, grow: bool
    ) -> Iterator[tuple[Region, np.ndarray]]:
        """Give where to look for a witness, and whom it is to deceive: all at once, or one."""
        number, _, world = doubt
        target = self.demands[number].target
        outside = missing[OUTSIDER]
        everybody = np.flatnonzero(missing[:-1])
        one = np.array([OUTSIDER if outside else everybody[0]])
        saw = self.saw.get(doubt, OUTSIDER)
        for region in self.regions.around(target, self.hidden, self.problem.knowledge[world].room):
            if not self.regions.whole:
                yield region, everybody if len(everybody) else one
                yield region, one
            elif grow:
                yield region, one
            elif doubt in self.saw and missing[saw]:
                yield region, np.array([saw])
            else:
                yield region, everybody if len(everybody) else one
                yield region, one

    def _covered(self, doubt: Doubt, grow: bool) -> tuple[set[int], np.ndarray]:
        """Return witnesses that serve, and a mark for each attacker whom none deceives.

        After some witnesses in a row that deceive nobody further, the rest is left to a new one.
        """
        number, way, world = doubt
        demand, know = self.demands[number], self.problem.knowledge[world]
        tries = FEW_TRIES if not self.regions.whole else TRIES
        before = self.used.get(doubt, set())
        used: set[int] = set()
        missing, idle = np.ones(know.count + 1, dtype=bool), 0
        found = self.witnesses.of(demand.target, self.hidden)
        # Those that move few cells deceive most insiders.
        for one in sorted(found, key=lambda one: (one not in before, len(found[one].cells), one)):
            fewer = missing & know.betrayed(demand, way, found[one])
            idle = 0 if fewer.sum() < missing.sum() else idle + 1
            if idle == 0:
                used.add(one)
                missing = fewer
            if not missing.any() or idle > tries:
                break
        return used, missing

    def _witness(
        self,
        region: Region,
        know: Knowledge,
        demand: Demand,
        way: float,
        group: np.ndarray,
        free: np.ndarray,
    ) -> Witness | None:
        fall, sole = know.seen_by(group, region.cells)
        move = know.move(demand, way, group)
        if move == 0:
            return None
        cost = np.where(self.hidden[region.cells], 0.0, self.problem.price[region.cells])
        target = np.searchsorted(region.cells, demand.target)
        by = region.solver.cheapest(target, move, fall, free[region.cells] & ~sole, cost)
        if by is None:
            return None
        moved = np.flatnonzero(by)
        return Witness(region.cells[moved], by[moved])
