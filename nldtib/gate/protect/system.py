"""One variable in one reference year, over all tables together: its places and how they add up."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.codebook import Dimension
from nldtib.errors import InputError, SchemaError

Place = tuple[tuple[str, str], ...]
EVERYTHING: Place = ()
OUTSIDE = "not "


@dataclass(frozen=True)
class System:
    """All places that the tables show or imply and that have respondents; the others are zero.

    places
        A place is its (dimension, code) pairs, sorted; the grand total has none. A code that no
        table shows, and the units outside a code that overlaps, are places too.
    facts
        One row per place, in the same order: weighted, observed, holdings, largest, second.
    equations
        Positions of a margin and of the parts that add up to it.
    smallest
        Smallest contribution above zero of one holding, or 1 where all are zero.
    """

    places: tuple[Place, ...]
    facts: pd.DataFrame
    equations: tuple[tuple[int, tuple[int, ...]], ...]
    smallest: float


def build(
    variable: str,
    listed: Iterable[Place],
    rows: pd.DataFrame,
    dimensions: Mapping[str, Dimension],
) -> System:
    """Work out the places, their contributions by holding, and every sum between them.

    Each code of an overlapping dimension splits the units in two, those inside and those outside;
    the outside is never shown, yet margin minus code gives it, so it is a place like any other.

    Parameters
    ----------
    variable
        Column of `rows`, non-negative.
    listed
        The places that the tables show for this variable and reference year.
    rows
        Contributions of that reference year, one row per respondent.
    dimensions
        Those of the codebook.

    Raises
    ------
    SchemaError
        The contributions lack a column that a table is broken down by.
    InputError
        An overlapping column holds something else than 0 and 1.
    """
    listed = sorted(set(listed))
    shown = defaultdict(set)
    for dimension, code in itertools.chain.from_iterable(listed):
        shown[dimension].add(code)
    splits = {name: _splits(name, shown[name], rows, dimensions) for name in sorted(shown)}

    found: dict[Place, tuple[float, ...]] = {}
    sums: dict[tuple, set[Place]] = defaultdict(set)
    for breakdown in _breakdowns(listed):
        for split in itertools.product(*(splits[name] for name in breakdown)):
            for place, facts in _judged(breakdown, split, variable, rows):
                found[place] = facts
                for pair in place:
                    margin = tuple(other for other in place if other != pair)
                    sums[margin, _split_of(pair, dimensions)].add(place)

    places = tuple(sorted(found))
    position = {place: number for number, place in enumerate(places)}
    equations = (
        (position[margin], tuple(sorted(position[part] for part in parts)))
        for (margin, _), parts in sums.items()
    )
    columns = ["weighted", "observed", "holdings", "largest", "second"]
    facts = pd.DataFrame([found[place] for place in places], columns=columns)
    by_holding = rows[variable].groupby(rows["holding"]).sum()
    smallest = by_holding[by_holding > 0].min() if (by_holding > 0).any() else 1.0
    return System(places, facts, tuple(sorted(equations)), float(smallest))


def _breakdowns(listed: Iterable[Place]) -> list[tuple[str, ...]]:
    """Return every set of dimensions that is shown, with all its margins."""
    shown = {tuple(name for name, _ in place) for place in listed}
    subsets = (
        itertools.combinations(names, size) for names in shown for size in range(len(names) + 1)
    )
    return sorted(set(itertools.chain.from_iterable(subsets)))


def _splits(
    name: str, shown: set[str], rows: pd.DataFrame, dimensions: Mapping[str, Dimension]
) -> list[np.ndarray]:
    overlapping = dimensions[name].overlapping
    columns = [f"{name}.{code}" for code in sorted(shown)] if overlapping else [name]
    missing = [column for column in columns if column not in rows]
    if missing:
        raise SchemaError(
            f"protect needs {len(missing)} more column(s) of the contributions: "
            f"{', '.join(missing)}."
        )
    if not overlapping:
        return [rows[name].astype(object).where(rows[name].notna(), "").astype(str).to_numpy()]
    for column in columns:
        if not rows[column].isin([0, 1]).all():
            raise InputError(
                f"{column} holds {int((~rows[column].isin([0, 1])).sum())} value(s) other than "
                "0 and 1. A unit is inside a code or outside it."
            )
    return [
        np.where(rows[column] == 1, code, OUTSIDE + code)
        for column, code in zip(columns, sorted(shown), strict=True)
    ]


def _split_of(pair: tuple[str, str], dimensions: Mapping[str, Dimension]) -> tuple[str, str]:
    name, code = pair
    return (name, code.removeprefix(OUTSIDE)) if dimensions[name].overlapping else (name, "")


def _judged(
    breakdown: tuple[str, ...],
    split: tuple[np.ndarray, ...],
    variable: str,
    rows: pd.DataFrame,
) -> Iterable[tuple[Place, tuple[float, ...]]]:
    codes = list(zip(*split, strict=True)) if split else [()] * len(rows)
    labels = sorted(set(codes))
    position = {label: number for number, label in enumerate(labels)}
    group = np.array([position[code] for code in codes], dtype=np.int64)
    facts = contributions_by_place(group, len(labels), rows, variable)
    places = (tuple(zip(breakdown, map(str, label), strict=True)) for label in labels)
    return zip(places, facts, strict=True)


def contributions_by_place(
    group: np.ndarray, groups: int, rows: pd.DataFrame, variable: str
) -> list[tuple[float, ...]]:
    """Return weighted sum, observed sum, holdings above zero and the two largest, per group."""
    value = rows[variable].to_numpy(float)
    holding, names = pd.factorize(rows["holding"], sort=True)
    pair, where = np.unique(group * len(names) + holding, return_inverse=True)
    amount = np.bincount(where, value)
    order = np.lexsort((-amount, pair // len(names)))
    place, amount = pair[order] // len(names), amount[order]

    first = np.searchsorted(place, np.arange(groups))
    after = np.minimum(first + 1, len(place) - 1)
    several = np.bincount(place, minlength=groups) > 1
    weighted = np.bincount(group, value * rows["weight"].to_numpy(float), minlength=groups)
    observed = np.bincount(group, value, minlength=groups)
    holdings = np.bincount(place, amount > 0, minlength=groups)
    second = np.where(several, amount[after], 0.0)
    columns = (weighted, observed, holdings, amount[first], second)
    return list(zip(*(column.tolist() for column in columns), strict=True))
