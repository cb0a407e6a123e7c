"""Which cells a linear programme moves: all where they are few, or those near the target."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from nldtib.gate.protect.budget import Budget
from nldtib.gate.protect.solver import Solver
from nldtib.gate.protect.system import Cell, Equation
from nldtib.gate.protect.system.places import AGAIN, OUTSIDE


@dataclass(frozen=True)
class Region:
    """Some cells, sorted, and the solver that moves them while all others stand still."""

    cells: np.ndarray
    solver: Solver


class Regions:
    """The regions of one set of cells that hang together."""

    def __init__(
        self, equations: Sequence[Equation], size: int, cells: Sequence[Cell], budget: Budget
    ):
        self.budget, self.cells, self.solved = budget, cells, 0
        rows = np.repeat(np.arange(len(equations)), [len(index) for index, _ in equations])
        columns = [position for index, _ in equations for position in index]
        signs = [sign for _, several in equations for sign in several]
        shape = (len(equations), size)
        self.matrix = sparse.csr_array((signs, (rows, np.array(columns, dtype=int))), shape=shape)
        self.across = self.matrix.tocsc()
        self.whole = size <= budget.cells_at_once
        self.solver = Solver()
        if self.whole:
            self.all = self._of(np.arange(size))
            return
        self.position = {cell: number for number, cell in enumerate(cells)}
        self.breakdowns = sorted(
            {(name, year, tuple(d for d, _ in place)) for name, year, place in cells}
        )
        self.codes: dict[str, list[str]] = defaultdict(list)
        for dimension, code in sorted({pair for _, _, place in cells for pair in place}):
            self.codes[dimension].append(code)

    def spent(self) -> bool:
        """Return whether the budget is used up."""
        return not self.whole and self.solved >= self.budget.programmes

    def around(
        self, target: tuple[int, ...], hidden: np.ndarray, room: np.ndarray
    ) -> Iterator[Region]:
        """Give the regions to look in, the nearest first; each asking costs a programme.

        Parameters
        ----------
        target
            Positions of cells.
        hidden
            Which cells are hidden: these are near before others.
        room
            How far each cell may fall: larger ones are near before smaller ones.
        """
        if self.whole:
            yield self.all
            return
        for more in (self.budget.codes_near, 2 * self.budget.codes_near):
            if self.spent():
                return
            self.solved += 1
            cells = self._near(target, hidden, room, more)
            yield self._of(cells)

    def narrow(self, hidden: np.ndarray) -> None:
        """Move hidden cells only from now on."""
        if self.whole:
            self.all = self._of(np.flatnonzero(hidden))

    def _of(self, cells: np.ndarray) -> Region:
        rows = np.unique(self.across[:, cells].indices)
        self.solver.take(self.matrix[rows][:, cells])
        return Region(cells, self.solver)

    def _near(
        self, target: tuple[int, ...], hidden: np.ndarray, room: np.ndarray, more: int
    ) -> np.ndarray:
        chosen: dict[str, set[str]] = defaultdict(set)
        for one in target:
            for dimension, code in self.cells[one][2]:
                chosen[dimension].add(code)
        for dimension, codes in self.codes.items():
            name, year, place = self.cells[target[0]]
            rest = tuple(pair for pair in place if pair[0] != dimension)
            ranked = []
            for code in codes:
                at = self.position.get((name, year, tuple(sorted((*rest, (dimension, code))))))
                if at is not None and code not in chosen[dimension]:
                    ranked.append((not hidden[at], -room[at], code))
            chosen[dimension] |= {code for *_, code in sorted(ranked)[:more]}
            inside = {code.removeprefix(OUTSIDE) for code in chosen[dimension]}
            chosen[dimension] |= {*inside, *(OUTSIDE + code for code in inside), AGAIN}
        found = set(target)
        for name, year, breakdown in self.breakdowns:
            pairs = ([(one, code) for code in sorted(chosen[one])] for one in breakdown)
            for place in itertools.product(*pairs):
                at = self.position.get((name, year, place))
                if at is not None:
                    found.add(at)
        return np.array(sorted(found))
