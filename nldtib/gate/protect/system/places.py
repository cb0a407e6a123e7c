"""The breakdowns of a variable: which places there are, who is there, and how they add up."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from nldtib.codebook import Dimension
from nldtib.errors import InputError, SchemaError
from nldtib.gate.protect.shares import Shares
from nldtib.gate.protect.system.sums import Equation, ordered

Place = tuple[tuple[str, str], ...]
EVERYTHING: Place = ()
OUTSIDE = "not "
AGAIN = "more than one"


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


class Frame:
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
        """Return the places with respondents, sorted, and every sum between them."""
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
                equations.append(ordered((*shown, position[rest], number), signs))
        return equations

    def _times(self, places: tuple[Place, ...]) -> np.ndarray:
        """Return how often each unit counts: once, or as often as it has further codes."""
        often = np.ones(len(self.answers.rows))
        for name in [name for name, code in (places[0] if places else ()) if code == AGAIN]:
            columns = [f"{name}.{code}" for code in self.shown[name]]
            often *= self.answers.rows[columns].to_numpy(float).sum(axis=1) - 1
        return often

    def shares(self, variable: str, places: list[Place], waived: frozenset[int]) -> Shares:
        """Return what each holding contributes to a variable at each place."""
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
    return ordered((margin, *parts), (-1.0, *[1.0] * len(parts)))
