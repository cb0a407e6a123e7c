"""Witnesses without a programme: the corners of a box rise and fall in turn, so no margin moves."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from scipy import sparse

from nldtib.gate.protect.attackers import Demand, Knowledge, Witness
from nldtib.gate.protect.system import Cell

# Codes tried along each dimension, and targets at a time, which share what they hide.
CODES, TARGETS = 4, 500


def boxes(
    cells: Sequence[Cell],
    matrix: sparse.csr_array,
    knowledge: Sequence[Knowledge],
    price: np.ndarray,
    demands: Iterable[Demand],
) -> Iterator[tuple[Demand, Witness]]:
    """Give for many sensitive cells the cheapest box that keeps them in doubt for everybody.

    The other corners can each fall by the level whichever holding looks on, so nobody sees through
    the box, moved either way. It is given only if it satisfies every equation.

    Parameters
    ----------
    cells, matrix
        What each cell is, and the equations, one a row.
    price
        Per cell: what moving it costs, without end where it may not; it becomes nought for the
        corners of each box, since they will be hidden.

    Source
    ------
    The hypercube method; Handbook on Statistical Disclosure Control, 2nd ed., chapter 4.
    """
    price = price.copy()
    spare = np.min([one.least for one in knowledge], axis=0)
    by_breakdown: dict[tuple, list[Demand]] = defaultdict(list)
    for demand in demands:
        if len(demand.target) == 1:
            name, year, place = cells[demand.target[0]]
            by_breakdown[name, year, tuple(one for one, _ in place)].append(demand)
    for (name, year, by), several in sorted(by_breakdown.items(), key=lambda item: item[0]):
        if len(by) < 2:
            continue
        grid, where = _grid(cells, name, year, by)
        for start in range(0, len(several), TARGETS):
            some = several[start : start + TARGETS]
            level = np.array([max(one.levels) for one in some])
            at = np.array([where[one.target[0]] for one in some])
            corners, boxed = _cheapest(grid, at, level, spare, price)
            signs = _signs(len(by))
            for number in np.flatnonzero(boxed)[_balanced(matrix, corners[boxed])]:
                found = corners[number]
                price[found] = 0.0
                order = np.argsort(found)
                yield some[number], Witness(found[order], signs[order])


def _grid(
    cells: Sequence[Cell], name: str, year: int, by: tuple[str, ...]
) -> tuple[np.ndarray, dict[int, tuple[int, ...]]]:
    """Return the positions of the cells of one breakdown, -1 for none, and where each stands."""
    here = {
        number: [code for _, code in place]
        for number, (other, when, place) in enumerate(cells)
        if (other, when) == (name, year) and tuple(one for one, _ in place) == by
    }
    axes = [sorted(set(codes)) for codes in zip(*here.values(), strict=True)]
    number = [{code: i for i, code in enumerate(axis)} for axis in axes]
    grid = np.full([len(axis) for axis in axes], -1)
    where = {}
    for cell, codes in here.items():
        where[cell] = tuple(one[code] for one, code in zip(number, codes, strict=True))
        grid[where[cell]] = cell
    return grid, where


def _cheapest(
    grid: np.ndarray, at: np.ndarray, level: np.ndarray, spare: np.ndarray, price: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of the cheapest box of each target, itself first, and who has a box."""

    def cost(found: np.ndarray, asked: np.ndarray) -> np.ndarray:
        fits = (found >= 0) & (spare[found] >= asked)
        return np.where(fits, price[found], np.inf)

    choices = []
    for axis in range(grid.ndim):
        line = tuple(at[:, other, None] for other in range(axis))
        line += (np.arange(grid.shape[axis])[None],)
        line += tuple(at[:, other, None] for other in range(axis + 1, grid.ndim))
        along = cost(grid[line], level[:, None])
        along[np.arange(len(at)), at[:, axis]] = np.inf
        choices.append(np.argsort(along, axis=1, kind="stable")[:, :CODES])
    best, chosen = np.full(len(at), np.inf), np.zeros((len(at), 2**grid.ndim), dtype=np.int64)
    for picked in itertools.product(*(range(one.shape[1]) for one in choices)):
        other = np.column_stack([one[:, i] for one, i in zip(choices, picked, strict=True)])
        corners = np.column_stack(
            [
                grid[tuple(np.where(turn, other, at).T)]
                for turn in itertools.product((False, True), repeat=grid.ndim)
            ]
        )
        total = cost(corners[:, 1:], level[:, None]).sum(axis=1)
        better = (total < best) & (other != at).all(axis=1)
        best[better], chosen[better] = total[better], corners[better]
    return chosen, np.isfinite(best)


def _signs(dimensions: int) -> np.ndarray:
    turns = itertools.product((0, 1), repeat=dimensions)
    return np.array([(-1.0) ** sum(turn) for turn in turns])


def _balanced(matrix: sparse.csr_array, corners: np.ndarray) -> np.ndarray:
    """Return which boxes satisfy every equation."""
    count, size = corners.shape
    signs = np.tile(_signs(int(np.log2(size))), count)
    number = np.repeat(np.arange(count), size)
    moved = matrix @ sparse.csc_array(
        (signs, (corners.ravel(), number)), shape=(matrix.shape[1], count)
    )
    return np.bincount(moved.tocoo().col, moved.tocoo().data != 0, minlength=count) == 0
