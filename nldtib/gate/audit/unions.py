"""What to attack: single sums, and sums of several hidden cells that a reader can form."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from nldtib.gate.audit import levels
from nldtib.gate.audit.findings import OUTSIDER, SOLE, Rules
from nldtib.gate.audit.levels import Levels
from nldtib.gate.audit.world import World

# Two movements that differ by less are the same; they are drawn with spread one.
SAME = 1e-9


@dataclass(frozen=True)
class Target:
    """A sum that must stay in doubt.

    position
        The spot whose doubt is the doubt of the sum.
    level, largest, first, alone
        As in `Levels`, for this sum.
    kind
        What a success is called; by default it depends on how close the attack came.
    fixed
        Whether nothing hidden stands between a reader and the sum.
    """

    position: int
    level: float
    largest: float
    first: int
    alone: bool
    kind: str = ""
    fixed: bool = False
    attacker: str = OUTSIDER
    reason: str = ""


def single(found: Levels, position: int) -> Target:
    """Return the target that one spot is."""
    return Target(
        position,
        float(found.outsider[position]),
        float(found.largest[position]),
        int(found.first[position]),
        bool(found.alone[position]),
    )


def smallest(world: World) -> np.ndarray:
    """Return per spot the smallest contribution above zero of a holding to its variable."""
    least: dict[str, float] = {}
    for number in [number for number, (_, place) in enumerate(world.spots) if not place]:
        given = world.own.data[slice(*world.own.indptr[number : number + 2])]
        least[world.spots[number][0]] = float(given[given > 0].min()) if (given > 0).any() else 1.0
    return np.array([least.get(name, 1.0) for name, _ in world.spots])


def waived(world: World, rules: Rules) -> tuple[np.ndarray, np.ndarray] | None:
    """Return per spot the number of its variable, and which holdings agreed to be recognised.

    The second has a row per variable and a column per holding. None where nobody agreed.
    """
    names = sorted({name for name, _ in world.spots})
    agreed = np.array([np.isin(world.holdings, sorted(rules.waived(name))) for name in names])
    if not agreed.any():
        return None
    row = {name: number for number, name in enumerate(names)}
    return np.array([row[name] for name, _ in world.spots]), agreed


def targets(
    world: World, movements: np.ndarray, counted: np.ndarray, rules: Rules
) -> Iterator[Target]:
    """Find the sums of hidden parts of one margin, all of them or without what one holding knows.

    A published margin minus its published parts gives the sum of the hidden ones; who is alone in
    one of these subtracts it.

    Parameters
    ----------
    movements
        Random movements of the hidden spots that agree with everything published, one a column.
    """
    asked: list[tuple[int, list[int], str, int, bool]] = []
    alone = _alone(world)
    for margin, parts in world.margins:
        hidden = [part for part in parts if not world.known[part]]
        if len(hidden) < 2:
            continue
        whole = bool(world.known[margin])
        for chosen, kind, attacker in _chosen(alone, hidden, movements):
            fixed = whole or not np.abs(movements[chosen].sum(axis=0)).max() > SAME
            if fixed or len(chosen) == len(hidden):
                asked.append((margin, chosen, kind, attacker, fixed))
    if not asked:
        return
    found = _judged(world, asked, counted, rules)
    for number, (margin, _, kind, attacker, fixed) in enumerate(asked):
        largest = attacker == found.first[number]
        level = found.largest[number] if largest else found.outsider[number]
        if level > 0 and not (found.alone[number] and largest):
            yield _target(margin, found, number, kind, fixed)


def _judged(world: World, asked: list, counted: np.ndarray, rules: Rules) -> Levels:
    """Return the levels of sums of spots, judged as cells of the margin that they belong to."""
    margins = np.array([margin for margin, *_ in asked])
    rows = np.repeat(np.arange(len(asked)), [len(chosen) for _, chosen, *_ in asked])
    spots = [spot for _, chosen, *_ in asked for spot in chosen]
    shape = (len(asked), len(world.spots))
    sums = sparse.csr_array((np.ones(len(rows)), (rows, spots)), shape=shape)
    floor, agreed = smallest(world)[margins], waived(world, rules)
    given = None if agreed is None else (agreed[0][margins], agreed[1])
    own, weighted = (sums @ world.own).tocsr(), sums @ world.own_weighted.sum(axis=1)
    answered = (sums @ world.own_answered).tocsr()
    own.sort_indices()
    answered.sort_indices()
    return levels.of_sums(own, answered, weighted, counted[margins], floor, rules, given)


def _alone(world: World) -> np.ndarray:
    """Return per spot the holding that alone gave more than zero, or -1."""
    above = world.own.copy()
    above.data = (above.data > 0).astype(float)
    above.eliminate_zeros()
    found = np.full(len(world.spots), -1)
    one = np.flatnonzero(np.diff(above.indptr) == 1)
    found[one] = above.indices[above.indptr[one]]
    return found


def _chosen(
    alone: np.ndarray, hidden: list[int], movements: np.ndarray
) -> Iterator[tuple[list[int], str, int]]:
    """Return some of the hidden parts of a margin, the kind of attack, and who it takes."""
    yield hidden, "union", -1
    moved = movements[hidden]
    if len(hidden) > 2:
        still = (np.abs(moved[:, None] + moved[None]) < SAME).all(axis=2)
        for one, other in np.argwhere(np.triu(still, 1)).tolist():
            yield [hidden[one], hidden[other]], "union", -1
    whose = alone[hidden]
    for holding in np.unique(whose[whose >= 0]).tolist():
        rest = [spot for spot, mine in zip(hidden, whose == holding, strict=True) if not mine]
        if rest:
            yield rest, "singleton", holding


def _target(margin: int, found: Levels, number: int, kind: str, fixed: bool) -> Target:
    reasons = {
        "union": "the hidden parts of this margin together are sensitive, and their sum is known",
        "singleton": "who is alone in one hidden part of this margin learns the sum of the others",
    }
    return Target(
        margin,
        float(found.outsider[number]),
        float(found.largest[number]),
        int(found.first[number]),
        bool(found.alone[number]),
        kind,
        fixed,
        OUTSIDER if kind == "union" else SOLE,
        reasons[kind],
    )
