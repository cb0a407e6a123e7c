"""The equations that a reader can write down from the published cells of one reference year.

A spot is a variable at a place. Margins are the sums of their codes; an overlapping code and the
units outside it (written `dimension!=code`) add up to the margin; a variable that the codebook
makes of others ties spots of several variables.
"""

import ast
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from nldtib import schema
from nldtib.codebook import Variable
from nldtib.gate.audit.findings import Place, Rules, dimension, words

COUNTS = "organisations"
RESPONDENTS = "n"
IMPUTED = "imputed."
PERCENT = "percent"

Spot = tuple[str, Place]


@dataclass(frozen=True)
class Sums:
    """Who is where, and which places add up: positions of a margin and of its parts."""

    places: tuple[Place, ...]
    inside: sparse.csr_array
    equations: tuple[tuple[int, tuple[int, ...]], ...]


@dataclass(frozen=True)
class World:
    """Everything that is linked in one reference year.

    spots
        Variable and place. A spot whose variable holds ` - ` is the room between two variables.
    own, own_weighted, own_answered
        What each holding (a column) adds to each spot (a row), imputed values among it; the same
        weighted; and what of it was answered.
    known
        Which spots are published.
    margins
        Position of a margin and of the parts that add up to it, within one variable.
    ties
        Positions and signs that add up to zero, across variables.
    holdings
        Names of the columns.
    """

    spots: tuple[Spot, ...]
    own: sparse.csr_array
    own_weighted: sparse.csr_array
    own_answered: sparse.csr_array
    known: np.ndarray
    margins: tuple[tuple[int, tuple[int, ...]], ...]
    ties: tuple[tuple[tuple[int, ...], tuple[float, ...]], ...]
    holdings: tuple[str, ...]


def build(cells: pd.DataFrame, rows: pd.DataFrame, rules: Rules) -> World:
    """Return the world of one reference year.

    Parameters
    ----------
    cells
        Placed cells of that year.
    rows
        Contributions of that year.
    """
    listed: dict[str, dict[Place, bool]] = {}
    totals = cells[cells["statistic"] == "total"]
    for name, part in totals.groupby("variable"):
        listed[name] = dict(zip(part["place"], part["status"] == "published", strict=True))
    counted = cells[(cells["statistic"] != "change") & cells["n"].notna()]
    listed[RESPONDENTS] = dict.fromkeys(cells["place"], False)
    listed[RESPONDENTS] |= _telling(counted, rows, rules)

    found: dict[frozenset[Place], Sums] = {}
    spots, known, margins = [], [], []
    amounts, weighted, answered = [], [], []
    holdings = pd.Categorical(rows["holding"].astype(str))
    each = sparse.csr_array(
        (np.ones(len(rows)), (np.arange(len(rows)), holdings.codes)),
        shape=(len(rows), len(holdings.categories)),
    )
    for name, places in listed.items():
        same = frozenset(places)
        if same not in found:
            found[same] = sums_of(places, rows, rules)
        sums = found[same]
        start = len(spots)
        spots += [(name, place) for place in sums.places]
        known += [bool(places.get(place, False)) for place in sums.places]
        margins += [
            (start + margin, tuple(start + part for part in parts))
            for margin, parts in sums.equations
        ]
        answers = answers_of(name, rows)
        weights = 1.0 if name == RESPONDENTS else rows["weight"].to_numpy(float)
        for of, parts in (
            (amounts, answers),
            (weighted, answers * weights),
            (answered, answers * not_imputed(name, rows)),
        ):
            of.append(sums.inside @ (each * parts[:, None]).tocsr())
    own = [_stacked(of) for of in (amounts, weighted, answered)]
    names = tuple(map(str, holdings.categories))
    whole = World(tuple(spots), *own, np.array(known), tuple(margins), (), names)
    return _tied(whole, rows, rules)


def _stacked(parts: list[sparse.csr_array]) -> sparse.csr_array:
    whole = sparse.vstack(parts, format="csr") if parts else sparse.csr_array((0, 0))
    whole.eliminate_zeros()
    whole.sort_indices()
    return whole


def answers_of(name: str, rows: pd.DataFrame) -> np.ndarray:
    """Return what each respondent adds to a variable; every respondent is one respondent."""
    return np.ones(len(rows)) if name == RESPONDENTS else rows[name].to_numpy(float)


def not_imputed(name: str, rows: pd.DataFrame) -> np.ndarray:
    """Return 1 for each respondent whose value was answered, 0 where it was imputed."""
    flag = f"{IMPUTED}{name}"
    return np.where(rows[flag] > 0, 0.0, 1.0) if flag in rows else np.ones(len(rows))


def sums_of(listed: Iterable[Place], rows: pd.DataFrame, rules: Rules) -> Sums:
    """Return who is where, for every place that is shown or follows by subtraction, and the sums.

    A dimension that overlaps has no sum over its codes; each code and the units outside it do
    add up. Places without respondents are left out: they are zero.

    Raises
    ------
    SchemaError
        The contributions lack a column that a table is broken down by.
    """
    listed = list(listed)
    shown = {label for place in listed for label in place}
    breakdowns = {
        frozenset(chosen)
        for place in listed
        for size in range(len(place) + 1)
        for chosen in itertools.combinations(sorted(map(dimension, place)), size)
    }
    breakdowns |= {
        one | other
        for one, other in itertools.combinations(breakdowns, 2)
        if _nested(one ^ other, rules) and len(one) == len(other)
    }
    splits = {
        name: _splits(name, shown, rows, rules) for name in sorted({dimension(x) for x in shown})
    }
    by_breakdown = {frozenset(): {Place(): np.ones(len(rows), dtype=bool)}} if len(rows) else {}
    equations = {}
    for breakdown in sorted(breakdowns, key=lambda names: (len(names), sorted(names))):
        here = by_breakdown.setdefault(breakdown, {})
        for name in sorted(breakdown):
            margins = by_breakdown.get(breakdown - {name}, {})
            for margin, (code, split) in itertools.product(margins, splits[name].items()):
                inside = {margin | {label}: margins[margin] & mask for label, mask in split.items()}
                inside = {place: mask for place, mask in inside.items() if mask.any()}
                here |= inside
                equations[margin, name, code] = (margin, tuple(inside))
    masks = {place: mask for one in by_breakdown.values() for place, mask in one.items()}
    position = {place: number for number, place in enumerate(masks)}
    matrix = np.array(list(masks.values())) if masks else np.zeros((0, len(rows)))
    return Sums(
        tuple(masks),
        sparse.csr_array(matrix.astype(float)),
        tuple(
            (position[margin], tuple(position[part] for part in parts))
            for margin, parts in equations.values()
        ),
    )


def _nested(names: frozenset[str], rules: Rules) -> bool:
    """Return whether two breakdowns are bands of one amount: then wider bands hold narrower."""
    amounts = {rules.dimensions[name].bands_of for name in names}
    return len(names) == 2 and len(amounts) == 1 and amounts != {""}


def _splits(
    name: str, shown: set[str], rows: pd.DataFrame, rules: Rules
) -> dict[str, dict[str, np.ndarray]]:
    if not rules.dimensions[name].overlapping:
        schema.check(rows, (name,), "audit")
        codes = rows[name].fillna("").astype(str)
        return {"": {f"{name}={code}": (codes == code).to_numpy() for code in codes.unique()}}
    splits = {}
    for code in sorted(label.split("=")[1] for label in shown if dimension(label) == name):
        schema.check(rows, (f"{name}.{code}",), "audit")
        inside = rows[f"{name}.{code}"].astype(float).to_numpy() == 1
        splits[code] = {f"{name}={code}": inside, f"{name}!={code}": ~inside}
    return splits


def _telling(cells: pd.DataFrame, rows: pd.DataFrame, rules: Rules) -> dict[Place, bool]:
    """Return the places where a published n is the number of all respondents there."""
    if cells.empty:
        return {}
    sums = sums_of(set(cells["place"]), rows, rules)
    present = dict(zip(sums.places, sums.inside.sum(axis=1), strict=True))
    tells = cells["n"].astype(float) == cells["place"].map(lambda place: present.get(place, 0.0))
    return dict.fromkeys(cells["place"][tells], True)


def _tied(world: World, rows: pd.DataFrame, rules: Rules) -> World:
    """Add what ties the variables: sums as equations, limits as rooms that cannot be negative."""
    position = {spot: number for number, spot in enumerate(world.spots)}
    names = {name for name, _ in world.spots}
    spots, ties, room = list(world.spots), [], []
    every = [[world.own], [world.own_weighted], [world.own_answered]]
    for whole, parts in _identities(rules.variables, names, rows):
        for place in {place for name, place in world.spots if name == whole}:
            several = [position.get((name, place)) for name in (whole, *parts)]
            if None not in several:
                ties.append((tuple(several), (-1.0, *parts.values())))
    for small, large in _limits(rules.variables, names, rows):
        for place in sorted({p for name, p in world.spots if name == small}, key=words):
            one, other = position[small, place], position.get((large, place))
            if other is not None and not (world.known[one] and world.known[other]):
                ties.append(((other, one, len(spots)), (-1.0, 1.0, 1.0)))
                spots.append((f"{large} - {small}", place))
                room.append((other, one))
    if room:
        others, ones = map(list, zip(*room, strict=True))
        for of in every:
            of.append(of[0][others] - of[0][ones])
    more = len(spots) - len(world.spots)
    own, own_weighted, own_answered = map(_stacked, every)
    return replace(
        world,
        spots=tuple(spots),
        own=own,
        own_weighted=own_weighted,
        own_answered=own_answered,
        known=np.append(world.known, np.zeros(more, dtype=bool)),
        ties=tuple(ties),
    )


def _identities(
    variables: Mapping[str, Variable], names: set[str], rows: pd.DataFrame
) -> Iterator[tuple[str, dict[str, float]]]:
    """Find variables that are sums and differences of others, as the answers bear out."""
    for name in sorted(names & set(variables)):
        parts = _linear(variables[name].formula)
        if parts and set(parts) <= names:
            total = sum(sign * rows[part].to_numpy(float) for part, sign in parts.items())
            if np.allclose(total, rows[name].to_numpy(float)):
                yield name, parts


def _linear(formula: str) -> dict[str, float]:
    """Return the names that a formula adds and subtracts, or nothing when it does anything else."""
    if not formula:
        return {}

    def terms(node: ast.expr, sign: float) -> Iterator[tuple[str, float]]:
        if isinstance(node, ast.Name):
            yield node.id, sign
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            yield from terms(node.left, sign)
            yield from terms(node.right, -sign if isinstance(node.op, ast.Sub) else sign)
        else:
            yield "", 0.0

    found = dict(terms(ast.parse(formula, mode="eval").body, 1.0))
    return {} if "" in found else found


def _limits(
    variables: Mapping[str, Variable], names: set[str], rows: pd.DataFrame
) -> Iterator[tuple[str, str]]:
    """Find pairs of which everybody knows that the first is at most the second.

    A percentage of an amount is at most that amount, a ratio is at most the whole, and what is
    counted is at most all organisations; where the answers say otherwise, nobody knows it.
    """
    pairs = {(v.numerator, v.denominator) for v in variables.values() if v.denominator}
    for name, about in variables.items():
        parts = ast.walk(ast.parse(about.formula, mode="eval")) if about.formula else ()
        pairs |= {(name, node.id) for node in parts if isinstance(node, ast.Name)}
        pairs |= {(name, COUNTS)} if about.unit_of_measure == COUNTS else set()
    for small, large in sorted(pairs):
        if small != large and {small, large} <= names:
            if (rows[small].to_numpy(float) <= rows[large].to_numpy(float) + 1e-9).all():
                yield small, large
