"""What each holding contributes to each cell: the facts that rules and attackers start from."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Shares:
    """One entry per cell and holding that responded there, sorted by cell and holding.

    cell, holding
        Positions.
    observed, weighted, answered
        What the holding gave, that times its weights, and the part of it that was not imputed.
    waived
        Whether the holding agreed to be recognised.
    """

    cell: np.ndarray
    holding: np.ndarray
    observed: np.ndarray
    weighted: np.ndarray
    answered: np.ndarray
    waived: np.ndarray

    def grouped(self, group: np.ndarray) -> "Shares":
        """Return the shares of sums of cells; `group` numbers the sum of each entry."""
        count = int(self.holding.max(initial=0)) + 1
        pair, where = np.unique(group * count + self.holding, return_inverse=True)
        total = [np.bincount(where, part) for part in (self.observed, self.weighted, self.answered)]
        waived = np.bincount(where, self.waived) > 0
        return Shares(pair // count, pair % count, *total, waived)

    def of(self, cells: np.ndarray) -> "Shares":
        """Return the entries of some cells, numbered by their place in the list."""
        first, after = (np.searchsorted(self.cell, cells + more) for more in (0, 1))
        entries = np.concatenate(
            [np.arange(a, b) for a, b in zip(first, after, strict=True)] or [first]
        )
        chosen = self.at(entries)
        return replace(chosen, cell=np.repeat(np.arange(len(cells)), after - first))

    def at(self, chosen: np.ndarray) -> "Shares":
        """Return some of the entries."""
        parts = (self.cell, self.holding, self.observed, self.weighted, self.answered, self.waived)
        return Shares(*(part[chosen] for part in parts))


@dataclass(frozen=True)
class Leading:
    """Per cell the largest contributions, largest first; which are waived; holdings above zero."""

    amounts: np.ndarray
    waived: np.ndarray
    holdings: np.ndarray


def leading(shares: Shares, amount: np.ndarray, cells: int, most: int) -> Leading:
    """Return the `most` largest contributions of each cell, zero where there are fewer."""
    order = np.lexsort((-amount, shares.cell))
    cell = shares.cell[order]
    rank = np.arange(len(cell)) - np.searchsorted(cell, cell)
    top = rank < most
    amounts, waived = np.zeros((cells, most)), np.zeros((cells, most), dtype=bool)
    amounts[cell[top], rank[top]] = amount[order][top]
    waived[cell[top], rank[top]] = shares.waived[order][top]
    return Leading(amounts, waived, np.bincount(shares.cell, amount > 0, minlength=cells))


def stacked(parts: list[Shares], offsets: list[int]) -> Shares:
    """Return the shares of several systems as those of one; `offsets` shifts their cells."""
    nothing = np.zeros(0, dtype=np.int64)
    parts = parts or [Shares(nothing, nothing, *[np.zeros(0)] * 3, nothing > 0)]
    offsets = offsets or [0]
    names = ("holding", "observed", "weighted", "answered", "waived")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    cell = np.concatenate([part.cell + start for part, start in zip(parts, offsets, strict=True)])
    return Shares(cell=cell, **columns)
