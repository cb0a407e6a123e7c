"""Sums of hidden cells that somebody can form: they are cells like any other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nldtib.gate.protect.attackers import OUTSIDER, Demand
from nldtib.gate.protect.rules import ROUNDING, Judgement, Rules, judge
from nldtib.gate.protect.shares import Shares, leading
from nldtib.gate.protect.system import Equation

Sum = tuple[tuple[int, ...], int]


@dataclass(frozen=True)
class Facts:
    """What the sums of hidden cells are judged by.

    shares
        What each holding contributes to each cell.
    smallest, counted
        Per cell, as `rules.judge` takes them.
    equations
        Those between cells, empty where they only say that a part is at most its whole.
    sole
        Per cell: the holding that alone contributes more than zero, or -1.
    """

    shares: Shares
    smallest: np.ndarray
    counted: np.ndarray
    equations: Sequence[Equation]
    sole: np.ndarray
    rules: Rules


def alone(shares: Shares, cells: int) -> np.ndarray:
    """Return per cell the holding that alone contributes more than zero, or -1."""
    above = shares.at(shares.observed > 0)
    many = np.bincount(above.cell, minlength=cells)
    found = np.full(cells, -1, dtype=np.int64)
    found[above.cell] = above.holding
    return np.where(many == 1, found, -1)


def demands(facts: Facts, hidden: np.ndarray, chosen: Iterable[int]) -> list[Demand]:
    """Return the sums of hidden cells that an equation gives away and that are sensitive.

    Where the other cells of an equation are published, the hidden ones on one side of it add up
    to a known amount. Who fills one of these alone subtracts it, and knows the sum of the others.
    Where the margin is hidden as well, it gives the sum of its hidden parts within its own doubt.

    Parameters
    ----------
    hidden
        Which cells are hidden.
    chosen
        Numbers of the equations to look at.
    """
    sums = list(dict.fromkeys(_formed(facts, hidden, chosen)))
    if not sums:
        return []
    start = np.searchsorted(facts.shares.cell, np.arange(len(facts.smallest) + 1))
    entries, group = [], []
    for number, (cells, _) in enumerate(sums):
        for cell in cells:
            entries.append(np.arange(start[cell], start[cell + 1]))
            group.append(np.full(len(entries[-1]), number))
    together = facts.shares.at(np.concatenate(entries)).grouped(np.concatenate(group))
    first = np.array([cells[0] for cells, _ in sums])
    found = judge(together, facts.smallest[first], facts.counted[first], facts.rules)
    knows = np.array([holding for _, holding in sums])
    asked = found.level.any(axis=1) & _learns(together, knows, found, facts.rules)
    levels = found.level[asked].tolist()
    targets = [sums[number][0] for number in np.flatnonzero(asked)]
    return [Demand(*one) for one in zip(targets, map(tuple, levels), strict=True)]


def _formed(facts: Facts, hidden: np.ndarray, chosen: Iterable[int]) -> Iterator[Sum]:
    """Give the sums that can be formed, and who can: everybody, or one holding."""
    for number in chosen:
        index, signs = facts.equations[number]
        closed = [(i, sign) for i, sign in zip(index, signs, strict=True) if hidden[i]]
        if len({sign for _, sign in closed}) > 1:
            parts = tuple(i for i, sign in closed if sign > 0)
            if signs.count(-1.0) == 1 and 1 < len(parts) < len(signs) - 1:
                yield parts, OUTSIDER
            continue
        if len(closed) < 2:
            continue
        cells = tuple(i for i, _ in closed)
        yield cells, OUTSIDER
        for holding in sorted({int(facts.sole[i]) for i in cells} - {-1}):
            rest = tuple(i for i in cells if facts.sole[i] != holding)
            if rest:
                yield rest, holding


def _learns(sums: Shares, knows: np.ndarray, found: Judgement, rules: Rules) -> np.ndarray:
    """Return whether who can form a sum learns of another; the largest looks for the second."""
    count = len(knows)
    learns = np.ones(count, dtype=bool)
    whole = np.bincount(sums.cell, sums.observed, minlength=count)
    own = np.zeros(count)
    mine = sums.holding == knows[sums.cell]
    own[sums.cell[mine]] = sums.observed[mine]
    two = leading(sums, sums.observed, count, 2).amounts
    largest = (knows != OUTSIDER) & (own > 0) & (own >= two[:, 0])
    rest = whole - two.sum(axis=1)
    close = rules.p_percent / 100 * two[:, 1] > rest + ROUNDING * two[:, 0]
    few = found.reason == "few"
    learns[largest] = ((few | close) & (two[:, 1] > 0))[largest]
    return learns
