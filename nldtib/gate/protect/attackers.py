"""Who may look for a hidden value, and what each of them knows already."""

from dataclasses import dataclass

import numpy as np

from nldtib.gate.protect.rules import OBSERVED, WEIGHTED
from nldtib.gate.protect.shares import Shares

OUTSIDER = -1
# Solvers and sums round: a movement may pass its room by this share of the level.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Demand:
    """The sum of the cells at `target` must be able to lie a level higher, and lower.

    There is one level for the sums of the respondents and one for the weighted estimates.
    """

    target: tuple[int, ...]
    levels: tuple[float, float]


class Knowledge:
    """How far each cell may fall in the eyes of an outsider and of each holding.

    Weighted estimates and sums of respondents obey the same equations, and a reader may solve for
    either; `world` says which of the two this is.
    """

    def __init__(self, world: int, cells: int, shares: Shares):
        self.world = world
        amount = shares.weighted if world == WEIGHTED else shares.observed
        self.room = np.bincount(shares.cell, amount, minlength=cells)
        self.cell, self.holding = shares.cell, shares.holding
        self.left = np.maximum(self.room[shares.cell] - amount, 0.0)
        present = shares.observed > 0
        contributors = np.bincount(shares.cell, present, minlength=len(self.room))
        self.sole = present & (contributors[shares.cell] == 1)
        self.left[self.sole] = 0.0
        self.first = np.searchsorted(self.cell, np.arange(cells + 1))
        self.known_targets: dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]] = {}
        self.count = int(self.holding.max(initial=0)) + 1
        self.there = np.bincount(self.holding, minlength=self.count) > 0
        order = np.argsort(self.holding, kind="stable")
        self.by_holding = order
        self.holdings, self.starts = np.unique(self.holding[order], return_index=True)

    @classmethod
    def of_outsiders(cls: type["Knowledge"], amounts: np.ndarray) -> "Knowledge":
        """Return what is known where nobody contributes: that no amount is below zero."""
        nobody = np.zeros(0, dtype=np.int64)
        found = cls(OBSERVED, len(amounts), Shares(nobody, nobody, *[np.zeros(0)] * 3, nobody > 0))
        found.room = amounts
        return found

    def seen_by(self, attacker: int) -> tuple[np.ndarray, np.ndarray]:
        """Return how far each cell may fall, and which cells the attacker fills alone."""
        room, sole = self.room, np.zeros(len(self.room), dtype=bool)
        if attacker != OUTSIDER:
            own = self._entries(attacker)
            room = room.copy()
            room[self.cell[own]] = self.left[own]
            sole[self.cell[own]] = self.sole[own]
        return room, sole

    def move(self, demand: Demand, way: float, attacker: int) -> float:
        """Return how far the target must be able to move: down no further than it has room."""
        level = demand.levels[self.world]
        if way > 0:
            return level
        room, _ = self.seen_by(attacker)
        return -min(level, float(room[list(demand.target)].sum()))

    def promising(self, demand: Demand, way: float, witnesses: np.ndarray) -> np.ndarray:
        """Return which witnesses move the target, best first: those that deceive an outsider."""
        moved = witnesses[:, list(demand.target)].sum(axis=1)
        usable = np.flatnonzero(moved)
        move = self.move(demand, way, OUTSIDER)
        scaled = witnesses[usable] * (move / moved[usable])[:, None]
        fits = (scaled >= -self.room - ROUNDING * abs(move)).all(axis=1)
        # Those that move few cells deceive most insiders.
        return usable[np.lexsort(((scaled != 0).sum(axis=1), ~fits))]

    def betrayed(self, demand: Demand, way: float, witness: np.ndarray) -> np.ndarray:
        """Return who sees through a witness, moved as far as each should be kept in doubt.

        One mark per holding and a last one for outsiders. A holding that fills the whole target
        alone knows it and has nothing to learn.
        """
        target = list(demand.target)
        move = self.move(demand, way, OUTSIDER)
        slack = ROUNDING * abs(move)
        moved = witness * (move / witness[target].sum())
        falls = moved < -slack
        far = ((self.room[falls] + slack) / -moved[falls]).min(initial=np.inf)
        others, learns = self._others(demand.target)
        share = np.ones(self.count) if way > 0 else np.clip(others / -move, 0.0, 1.0)
        here = moved[self.cell]
        entries = -here * share[self.holding] > self.left + slack
        entries |= self.sole & (here != 0)
        sees = np.zeros(self.count + 1, dtype=bool)
        sees[self.holding[entries]] = True
        sees[:-1] |= share > far
        sees[:-1] &= learns
        sees[OUTSIDER] = far < 1
        return sees

    def _others(self, target: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Return per holding what others gave to a target, and whether it has more to learn."""
        if target not in self.known_targets:
            inside = np.concatenate(
                [np.arange(self.first[cell], self.first[cell + 1]) for cell in target]
            )
            taken = self.room[self.cell[inside]] - self.left[inside]
            own = np.bincount(self.holding[inside], taken, minlength=self.count)
            whole = self.room[list(target)].sum()
            learns = self.there & (whole - own > ROUNDING * whole)
            self.known_targets[target] = (whole - own, learns)
        return self.known_targets[target]

    def _entries(self, holding: int) -> np.ndarray:
        place = int(np.searchsorted(self.holdings, holding))
        if place == len(self.holdings) or self.holdings[place] != holding:
            return np.zeros(0, dtype=np.int64)
        after = self.starts[place + 1] if place + 1 < len(self.starts) else len(self.by_holding)
        return self.by_holding[self.starts[place] : after]
