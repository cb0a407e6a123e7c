"""One system for all tables: cells, who contributes to them, and every sum between them."""

import ast
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from nldtib.codebook import Dimension, Variable
from nldtib.errors import InputError, SchemaError
from nldtib.gate.protect import limits
from nldtib.gate.protect.shares import Shares, stacked

Place = tuple[tuple[str, str], ...]
Cell = tuple[str, int, Place]
Equation = tuple[tuple[int, ...], tuple[float, ...]]
EVERYTHING: Place = ()
OUTSIDE = "not "
AGAIN = "more than one"


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


@dataclass(frozen=True)
class Answers:
    """The respondents of one reference year, sorted, with the number of each one's holding.

    imputed
        Rows whose value was imputed, by variable.
    """

    year: int
    rows: pd.DataFrame
    holding: np.ndarray
    imputed: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Grouping:
    """The places of one breakdown, and which place and holding each row belongs to."""

    places: tuple[Place, ...]
    cell: np.ndarray
    holding: np.ndarray
    where: np.ndarray


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
        frame = _Frame(answers, dimensions, sorted(set(listed[variable])), groupings)
        places, sums = frame.places_and_sums()
        start = len(cells)
        cells += [(variable, answers.year, place) for place in places]
        offsets.append(start)
        free = waived.get(variable, frozenset())
        parts.append(frame.shares(variable, places, free))
        smallest.append(np.full(len(places), _smallest(variable, answers)))
        equations += [(tuple(start + i for i in index), signs) for index, signs in sums]
    position = {cell: number for number, cell in enumerate(cells)}
    equations += _between(position, variables)
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
            equations.append(_ordered((other, one, number), (-1.0, 1.0, 1.0)))
        cells += [(limits.room(part, whole), *system.cells[one][1:]) for one, _ in both]
    more = np.ones(len(cells) - len(system.cells))
    smallest = np.concatenate([system.smallest, more])
    return System(tuple(cells), stacked(parts, offsets), smallest, tuple(sorted(equations)))


class _Frame:
    """The breakdowns of one variable: which places there are and how they add up."""

    def __init__(
        self,
        answers: Answers,
        dimensions: Mapping[str, Dimension],
        listed: list[Place],
        groupings: dict[tuple, Grouping],
    ):
        self.answers, self.dimensions, self.groupings = answers, dimensions, groupings
        self.breakdowns = _breakdowns(listed, dimensions)
        shown = defaultdict(set)
        for dimension, code in itertools.chain.from_iterable(listed):
            shown[dimension].add(code)
        self.shown = {name: sorted(shown[name]) for name in sorted(shown)}
        self.splits = {
            name: _splits(dimensions[name], frozenset(codes), answers.rows)
            for name, codes in self.shown.items()
        }

    def _grouped(self) -> Iterable[Grouping]:
        for breakdown in self.breakdowns:
            for chosen in itertools.product(*(self.splits[name].items() for name in breakdown)):
                key = (breakdown, tuple(label for label, _ in chosen))
                if key not in self.groupings:
                    codes = [codes for _, codes in chosen]
                    self.groupings[key] = _grouping(breakdown, codes, self.answers.holding)
                yield self.groupings[key]

    def places_and_sums(self) -> tuple[list[Place], list[Equation]]:
        found: list[Place] = []
        sums: dict[tuple, set[Place]] = defaultdict(set)
        for grouping in self._grouped():
            found += grouping.places
            for place in grouping.places:
                for pair in (pair for pair in place if pair[1] != AGAIN):
                    margin = tuple(other for other in place if other != pair)
                    sums[margin, _split_of(pair, self.dimensions)].add(place)
        places = sorted(set(found))
        position = {place: number for number, place in enumerate(places)}
        equations = [
            _equation(position[margin], [position[part] for part in parts])
            for (margin, _), parts in sums.items()
        ]
        equations += self._surplus(position)
        return places, equations

    def _surplus(self, position: Mapping[Place, int]) -> list[Equation]:
        """Return that overlapping codes add up to the margin and what they count again."""
        equations = []
        for place, number in position.items():
            for name in (name for name, code in place if code == AGAIN):
                rest = tuple(pair for pair in place if pair[0] != name)
                shown = [
                    position[part]
                    for label in self.shown[name]
                    if (part := tuple(sorted((*rest, (name, label))))) in position
                ]
                signs = (1.0,) * len(shown) + (-1.0, -1.0)
                equations.append(_ordered((*shown, position[rest], number), signs))
        return equations

    def _times(self, places: tuple[Place, ...]) -> np.ndarray:
        """Return how often each unit counts: once, or as often as it has further codes."""
        often = np.ones(len(self.answers.rows))
        for name in [name for name, code in (places[0] if places else ()) if code == AGAIN]:
            columns = [f"{name}.{code}" for code in self.shown[name]]
            often *= self.answers.rows[columns].to_numpy(float).sum(axis=1) - 1
        return often

    def shares(self, variable: str, places: list[Place], waived: frozenset[int]) -> Shares:
        position = {place: number for number, place in enumerate(places)}
        rows = self.answers.rows
        value = rows[variable].to_numpy(float) if variable in rows else np.ones(len(rows))
        weighted = value * rows["weight"].to_numpy(float)
        imputed = self.answers.imputed.get(variable, np.zeros(len(rows), dtype=bool))
        answered = np.where(imputed, 0.0, value)
        found = []
        for grouping in self._grouped():
            here = np.array([position[place] for place in grouping.places], dtype=np.int64)
            often = self._times(grouping.places)
            sums = [
                np.bincount(grouping.where, part * often, minlength=len(grouping.cell))
                for part in (value, weighted, answered)
            ]
            there = np.bincount(grouping.where, often, minlength=len(grouping.cell)) > 0
            columns = (here[grouping.cell], grouping.holding, *sums)
            found.append(tuple(column[there] for column in columns))
        columns = [np.concatenate(column) for column in zip(*found, strict=True)]
        order = np.lexsort((columns[1], columns[0]))
        cell, holding, *amounts = (column[order] for column in columns)
        return Shares(cell, holding, *amounts, np.isin(holding, sorted(waived)))


def _breakdowns(
    listed: Iterable[Place], dimensions: Mapping[str, Dimension]
) -> list[tuple[str, ...]]:
    """Return every set of dimensions that is shown, with all its margins.

    Bands of the same amount that lie within wider ones are crossed with these: that says which
    bands add up to which.
    """
    shown = {tuple(name for name, _ in place) for place in listed}
    subsets = (
        itertools.combinations(names, size) for names in shown for size in range(len(names) + 1)
    )
    found = set(itertools.chain.from_iterable(subsets))
    for one, other in itertools.combinations(sorted(found), 2):
        apart = set(one) ^ set(other)
        amounts = {dimensions[name].bands_of for name in apart}
        if len(apart) == 2 and len(one) == len(other) and len(amounts) == 1 and amounts != {""}:
            found.add(tuple(sorted({*one, *other})))
    return sorted(found)


def _splits(
    dimension: Dimension, shown: frozenset[str], rows: pd.DataFrame
) -> dict[str, np.ndarray]:
    """Return the ways in which a dimension splits the units, by a label for each."""
    name = dimension.name
    columns = [f"{name}.{code}" for code in sorted(shown)] if dimension.overlapping else [name]
    missing = [column for column in columns if column not in rows]
    if missing:
        raise SchemaError(
            f"protect needs {len(missing)} more column(s) of the contributions: "
            f"{', '.join(missing)}."
        )
    if not dimension.overlapping:
        codes = rows[name].astype(object).where(rows[name].notna(), "").astype(str).to_numpy()
        return {"": codes}
    for column in columns:
        if not rows[column].isin([0, 1]).all():
            raise InputError(
                f"{column} holds {int((~rows[column].isin([0, 1])).sum())} value(s) other than "
                "0 and 1. A unit is inside a code or outside it."
            )
    inside = rows[columns].to_numpy() == 1
    splits = {
        code: np.where(inside[:, number], code, OUTSIDE + code)
        for number, code in enumerate(sorted(shown))
    }
    if len(rows) and inside.any(axis=1).all():
        splits[AGAIN] = np.full(len(rows), AGAIN)
    return splits


def _grouping(breakdown: tuple[str, ...], codes: list[np.ndarray], holding: np.ndarray) -> Grouping:
    group = np.zeros(len(holding), dtype=np.int64)
    labels: list[np.ndarray] = []
    for part in codes:
        names, numbers = np.unique(part.astype(str), return_inverse=True)
        labels.append(names)
        group = group * len(names) + numbers
    found, group = np.unique(group, return_inverse=True)
    places = []
    for number in found:
        place: list[tuple[str, str]] = []
        for name, names in zip(reversed(breakdown), reversed(labels), strict=True):
            number, code = divmod(number, len(names))
            place.append((name, str(names[code])))
        places.append(tuple(reversed(place)))
    count = int(holding.max(initial=0)) + 1
    pair, where = np.unique(group * count + holding, return_inverse=True)
    return Grouping(tuple(places), pair // count, pair % count, where)


def _split_of(pair: tuple[str, str], dimensions: Mapping[str, Dimension]) -> tuple[str, str]:
    name, code = pair
    return (name, code.removeprefix(OUTSIDE) if dimensions[name].overlapping else "")


def _equation(margin: int, parts: Iterable[int]) -> Equation:
    parts = tuple(parts)
    return _ordered((margin, *parts), (-1.0, *[1.0] * len(parts)))


def _ordered(index: tuple[int, ...], signs: tuple[float, ...]) -> Equation:
    pairs = sorted(zip(index, signs, strict=True))
    return tuple(i for i, _ in pairs), tuple(sign for _, sign in pairs)


def _between(position: Mapping[Cell, int], variables: Mapping[str, Variable]) -> list[Equation]:
    """Return the equations of variables that are sums or differences of others."""
    equations = []
    for (name, year, place), number in position.items():
        terms = linear(variables[name].formula) if name in variables else {}
        others = {(other, year, place): sign for other, sign in terms.items()}
        # A part that is nowhere at this place is zero for all there.
        known = {cell: sign for cell, sign in others.items() if cell in position}
        if terms and {cell[0] for cell in others} <= {cell[0] for cell in position}:
            index = (number, *(position[cell] for cell in known))
            equations.append(_ordered(index, (-1.0, *known.values())))
    return equations


def linear(formula: str) -> dict[str, float]:
    """Return the sign of each variable when a formula only adds and subtracts, else nothing."""
    try:
        tree = ast.parse(formula, mode="eval").body
    except SyntaxError:
        return {}
    terms: dict[str, float] = {}

    def collect(node: ast.expr, sign: float) -> bool:
        if isinstance(node, ast.Name):
            terms[node.id] = terms.get(node.id, 0.0) + sign
            return True
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            after = sign if isinstance(node.op, ast.Add) else -sign
            return collect(node.left, sign) and collect(node.right, after)
        return False

    return terms if collect(tree, 1.0) else {}


def _smallest(variable: str, answers: Answers) -> float:
    if variable not in answers.rows:
        return 1.0
    value = answers.rows[variable].to_numpy(float)
    by_holding = np.bincount(answers.holding, value) if len(value) else np.zeros(0)
    return float(by_holding[by_holding > 0].min(initial=np.inf)) if (by_holding > 0).any() else 1.0
