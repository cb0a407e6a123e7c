"""Who may look for a hidden value, and what each of them knows already."""

from dataclasses import dataclass

import numpy as np

from nldtib.gate.protect.rules import OBSERVED, WEIGHTED
from nldtib.gate.protect.shares import Shares

OUTSIDER = -1
# Whoever of so many looks on, others remain who may have answered otherwise.
ENOUGH = 3
NOBODY = np.array([OUTSIDER])
# Solvers and sums round: a movement may pass its room by this share of the level.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Demand:
    """The sum of the cells at `target` must be able to lie a level higher, and lower.

    There is one level for the sums of the respondents and one for the weighted estimates.
    """

    target: tuple[int, ...]
    levels: tuple[float, float]


@dataclass(frozen=True)
class Witness:
    """A movement of some cells that leaves everything published as it is."""

    cells: np.ndarray
    by: np.ndarray

    def moves(self, target: tuple[int, ...]) -> float:
        """Return how far the sum of some cells moves."""
        return float(self.by[np.isin(self.cells, target)].sum())


class Knowledge:
    """How far each cell may fall in the eyes of an outsider and of each holding.

    Weighted estimates and sums of respondents obey the same equations, and a reader may solve for
    either; `world` says which of the two this is.
    """

    def __init__(self, world: int, cells: int, shares: Shares):
        self.world = world
        self.amount = shares.weighted if world == WEIGHTED else shares.observed
        self.room = np.bincount(shares.cell, self.amount, minlength=cells)
        self.cell, self.holding = shares.cell, shares.holding
        self.by_holding = np.argsort(self.holding, kind="stable")
        self.sorted = self.holding[self.by_holding]
        self.left = np.maximum(self.room[shares.cell] - self.amount, 0.0)
        present = shares.observed > 0
        contributors = np.bincount(shares.cell, present, minlength=cells)
        self.sole = present & (contributors[shares.cell] == 1)
        self.left[self.sole] = 0.0
        self.first = np.searchsorted(shares.cell, np.arange(cells + 1))
        self.single = np.zeros(cells, dtype=bool)
        self.single[shares.cell[self.sole]] = True
        there = np.flatnonzero(np.diff(self.first))
        self.least = self.room.copy()
        if len(there):
            self.least[there] = np.minimum.reduceat(self.left, self.first[there])
        self.count = int(self.holding.max(initial=0)) + 1
        self.there = np.bincount(self.holding, minlength=self.count) > 0

    @classmethod
    def of_outsiders(cls: type["Knowledge"], amounts: np.ndarray) -> "Knowledge":
        """Return what is known where nobody contributes: that no amount is below zero."""
        nobody = np.zeros(0, dtype=np.int64)
        found = cls(OBSERVED, len(amounts), Shares(nobody, nobody, *[np.zeros(0)] * 3, nobody > 0))
        found.room = found.least = amounts
        return found

    def seen_by(self, group: np.ndarray, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how far some cells may fall for all of a group, and which one of it fills alone.

        Parameters
        ----------
        group
            Numbers of holdings; `OUTSIDER` knows nothing.
        """
        if len(group) > 1 and 2 * len(group) > self.count:
            # So many know no less than all together, and that is known already.
            return self.least[cells], self.single[cells]
        inside, here = self._entries(cells)
        asked = np.zeros(self.count + 1, dtype=bool)
        asked[group] = True
        asked[OUTSIDER] = False
        mine = asked[self.holding[inside]]
        fall, sole = self.room[cells].copy(), np.zeros(len(cells), dtype=bool)
        np.minimum.at(fall, here[mine], self.left[inside[mine]])
        sole[here[mine & self.sole[inside]]] = True
        return fall, sole

    def move(self, demand: Demand, way: float, group: np.ndarray) -> float:
        """Return how far the target must be able to move: down no further than it has room."""
        level = demand.levels[self.world]
        if way > 0:
            return level
        room, _ = self.seen_by(group, np.array(demand.target))
        return -min(level, float(room.sum()))

    def betrayed(self, demand: Demand, way: float, witness: Witness) -> np.ndarray:
        """Return who sees through a witness, moved as far as each should be kept in doubt.

        One mark per holding and a last one for outsiders. A holding that fills the whole target
        alone knows it and has nothing to learn.
        """
        move = self.move(demand, way, NOBODY)
        slack = ROUNDING * abs(move)
        moved = witness.by * (move / witness.moves(demand.target))
        falls = moved < -slack
        far = ((self.room[witness.cells[falls]] + slack) / -moved[falls]).min(initial=np.inf)
        others, learns = self._others(np.array(demand.target))
        share = np.ones(self.count) if way > 0 else np.clip(others / -move, 0.0, 1.0)
        inside, here = self._entries(witness.cells)
        whose = self.holding[inside]
        caught = -moved[here] * share[whose] > self.left[inside] + slack
        caught |= self.sole[inside] & (moved[here] != 0)
        sees = np.zeros(self.count + 1, dtype=bool)
        sees[whose[caught]] = True
        sees[:-1] |= share > far
        sees[:-1] &= learns
        sees[OUTSIDER] = far < 1
        return sees

    def filled(self, demand: Demand) -> np.ndarray:
        """Return all cells of the holdings that give most to a target.

        There are so many of these that without the largest they could still give its level.
        """
        inside, _ = self._entries(np.array(demand.target))
        whose, here = np.unique(self.holding[inside], return_inverse=True)
        own = np.bincount(here, self.amount[inside])
        order = np.argsort(-own, kind="stable")
        without = np.cumsum(own[order]) - own[order[:1]]
        enough = int(np.searchsorted(without, demand.levels[self.world])) + 1
        most = whose[order[: max(enough, ENOUGH)]]
        starts, after = (np.searchsorted(self.sorted, most, side) for side in ("left", "right"))
        entries = [self.by_holding[a:b] for a, b in zip(starts, after, strict=True)]
        return np.unique(self.cell[np.concatenate(entries)])

    def _others(self, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return per holding what others gave to a target, and whether it has more to learn."""
        inside, here = self._entries(target)
        taken = self.room[target][here] - self.left[inside]
        whole = self.room[target].sum()
        others = whole - np.bincount(self.holding[inside], taken, minlength=self.count)
        return others, self.there & (others > ROUNDING * whole)

    def _entries(self, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the entries of some cells, and which of these cells each one belongs to."""
        many = self.first[cells + 1] - self.first[cells]
        here = np.repeat(np.arange(len(cells)), many)
        before = self.first[cells] - np.cumsum(many) + many
        return np.arange(len(here)) + before[here], here
