"""Movements that leave everything published as it is: the proof that a pattern protects."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from nldtib.gate.protect.attackers import Witness


class Witnesses:
    """Witnesses by number, found by the cells that they move."""

    def __init__(self) -> None:
        self.next = 0
        self.kept: dict[int, Witness] = {}
        self.by_cell: dict[int, dict[int, None]] = defaultdict(dict)

    def add(self, witness: Witness) -> int:
        """Add one; return its number."""
        self.kept[self.next] = witness
        for cell in witness.cells.tolist():
            self.by_cell[cell][self.next] = None
        self.next += 1
        return self.next - 1

    def moving(self, cells: Iterable[int]) -> set[int]:
        """Return the numbers of those that move any of some cells."""
        return {number for cell in cells for number in self.by_cell.get(cell, ())}

    def of(self, target: tuple[int, ...], hidden: np.ndarray) -> dict[int, Witness]:
        """Return those that move the sum of a target and otherwise hidden cells only."""
        found = {number: self.kept[number] for number in sorted(self.moving(target))}
        return {
            number: one
            for number, one in found.items()
            if hidden[one.cells].all() and (len(target) == 1 or one.moves(target) != 0)
        }

    def drop(self, gone: Iterable[int]) -> None:
        """Drop some."""
        for number in gone:
            witness = self.kept.pop(number)
            for cell in witness.cells.tolist():
                del self.by_cell[cell][number]
