"""One system for all tables: cells, who contributes to them, and every sum between them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from nldtib.codebook import Dimension, Variable
from nldtib.gate.protect import limits
from nldtib.gate.protect.shares import Shares, stacked
from nldtib.gate.protect.system.places import (
    AGAIN,
    EVERYTHING,
    Answers,
    Frame,
    Grouping,
    Place,
)
from nldtib.gate.protect.system.sums import Equation, between, ordered

__all__ = ["AGAIN", "EVERYTHING", "Answers", "Cell", "Equation", "Place", "System", "build"]

Cell = tuple[str, int, Place]


@dataclass(frozen=True)
class System:
    """Cells that tables show or imply and that have respondents; all others are zero.

    cells
        Variable, reference year and place; a place is its (dimension, code) pairs, sorted, and
        the grand total has none. A code that no table shows, the units outside a code, and what
        overlapping codes count more than once are places too. What a whole has beyond a part of
        it (`limits`) is a variable of its own.
    shares
        What each holding contributes to each cell.
    smallest
        Per cell: the smallest contribution above zero of one holding to its variable, or 1.
    equations
        Positions and signs of cells that add up to zero.
    """

    cells: tuple[Cell, ...]
    shares: Shares
    smallest: np.ndarray
    equations: tuple[Equation, ...]

    def observed(self) -> np.ndarray:
        """Return the sum of the respondents, per cell."""
        return np.bincount(self.shares.cell, self.shares.observed, minlength=len(self.cells))

    def weighted(self) -> np.ndarray:
        """Return the weighted estimate, per cell."""
        return np.bincount(self.shares.cell, self.shares.weighted, minlength=len(self.cells))


def build(
    listed: Mapping[str, Iterable[Place]],
    answers: Answers,
    variables: Mapping[str, Variable],
    dimensions: Mapping[str, Dimension],
    waived: Mapping[str, frozenset[int]],
) -> System:
    """Work out cells, contributions by holding, and every sum, for one reference year.

    Each code of an overlapping dimension splits the units in two, those inside and those outside;
    the outside is never shown, yet margin minus code gives it, so it is a place like any other.
    Where every unit has at least one code, the codes together less the margin is one as well. A
    variable that is a sum or difference of others is so at every place.

    Parameters
    ----------
    listed
        The places that the tables show, by variable.
    answers
        Contributions of one reference year, non-negative.
    variables, dimensions
        Those of the codebook.
    waived
        Numbers of the holdings that need no protection, by variable.

    Raises
    ------
    SchemaError
        The contributions lack a column that a table is broken down by.
    InputError
        An overlapping column holds something else than 0 and 1.
    """
    groupings: dict[tuple, Grouping] = {}
    cells: list[Cell] = []
    parts, offsets, smallest, equations = [], [], [], []
    for variable in sorted(listed):
        frame = Frame(answers, dimensions, sorted(set(listed[variable])), groupings)
        places, sums = frame.places_and_sums()
        start = len(cells)
        cells += [(variable, answers.year, place) for place in places]
        offsets.append(start)
        free = waived.get(variable, frozenset())
        parts.append(frame.shares(variable, places, free))
        smallest.append(np.full(len(places), _smallest(variable, answers)))
        equations += [(tuple(start + i for i in index), signs) for index, signs in sums]
    position = {cell: number for number, cell in enumerate(cells)}
    equations += between(position, variables)
    system = System(
        tuple(cells),
        stacked(parts, offsets),
        np.concatenate(smallest),
        tuple(sorted(set(equations))),
    )
    return _limited(system, limits.pairs(listed, answers.rows, variables))


def _limited(system: System, pairs: Iterable[tuple[str, str]]) -> System:
    """Add the room between a part and its whole as a cell of its own, wherever both have one."""
    position = {cell: number for number, cell in enumerate(system.cells)}
    cells, parts, offsets = list(system.cells), [system.shares], [0]
    equations = list(system.equations)
    for part, whole in pairs:
        both = [
            (number, position[whole, *cell[1:]])
            for cell, number in position.items()
            if cell[0] == part and (whole, *cell[1:]) in position
        ]
        inner, outer = np.array(both, dtype=np.int64).reshape(-1, 2).T
        shares = limits.beyond(system.shares.of(inner), system.shares.of(outer))
        parts.append(shares)
        offsets.append(len(cells))
        for number, (one, other) in enumerate(both, len(cells)):
            equations.append(ordered((other, one, number), (-1.0, 1.0, 1.0)))
        cells += [(limits.room(part, whole), *system.cells[one][1:]) for one, _ in both]
    more = np.ones(len(cells) - len(system.cells))
    smallest = np.concatenate([system.smallest, more])
    return System(tuple(cells), stacked(parts, offsets), smallest, tuple(sorted(equations)))


def _smallest(variable: str, answers: Answers) -> float:
    if variable not in answers.rows:
        return 1.0
    value = answers.rows[variable].to_numpy(float)
    by_holding = np.bincount(answers.holding, value) if len(value) else np.zeros(0)
    return float(by_holding[by_holding > 0].min(initial=np.inf)) if (by_holding > 0).any() else 1.0
