"""What to attack: single sums, and sums of several hidden cells that a reader can form."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

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
    for (name, place), row in zip(world.spots, world.own, strict=True):
        if not place:
            least[name] = float(row[row > 0].min()) if (row > 0).any() else 1.0
    return np.array([least.get(name, 1.0) for name, _ in world.spots])


def waived(world: World, rules: Rules) -> np.ndarray | None:
    """Return per spot and holding whether it agreed to be recognised; None where nobody did."""
    names = sorted({name for name, _ in world.spots})
    agreed = {name: rules.waived(name) for name in names}
    if not any(agreed.values()):
        return None
    masks = {name: np.isin(world.holdings, sorted(some)) for name, some in agreed.items()}
    return np.array([masks[name] for name, _ in world.spots])


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
    floor, agreed = smallest(world), waived(world, rules)
    for margin, parts in world.margins:
        hidden = [part for part in parts if not world.known[part]]
        if len(hidden) < 2:
            continue
        whole = bool(world.known[margin])
        for chosen, kind, attacker in _chosen(world, hidden, movements):
            fixed = whole or not np.abs(movements[chosen].sum(axis=0)).max() > SAME
            if len(chosen) < len(hidden) and not fixed:
                continue
            own = world.own[chosen].sum(axis=0)[None]
            weighted = world.own_weighted[chosen].sum(axis=0)[None]
            where = slice(margin, margin + 1)
            given = None if agreed is None else agreed[where]
            found = levels.of(own, weighted, counted[where], floor[where], rules, given)
            asked = found.largest[0] if attacker == found.first[0] else found.outsider[0]
            if asked > 0 and not (found.alone[0] and attacker == found.first[0]):
                yield _target(margin, found, kind, fixed)


def _chosen(
    world: World, hidden: list[int], movements: np.ndarray
) -> Iterator[tuple[list[int], str, int]]:
    """Return some of the hidden parts of a margin, the kind of attack, and who it takes."""
    yield hidden, "union", -1
    for one, other in itertools.combinations(hidden, 2):
        if len(hidden) > 2 and np.abs(movements[[one, other]].sum(axis=0)).max() < SAME:
            yield [one, other], "union", -1
    present = world.own[hidden] > 0
    alone = present.sum(axis=1) == 1
    for holding in np.unique(present[alone].argmax(axis=1)):
        others = ~(alone & present[:, holding])
        rest = [spot for spot, stays in zip(hidden, others, strict=True) if stays]
        if rest:
            yield rest, "singleton", int(holding)


def _target(margin: int, found: Levels, kind: str, fixed: bool) -> Target:
    reasons = {
        "union": "the hidden parts of this margin together are sensitive, and their sum is known",
        "singleton": "who is alone in one hidden part of this margin learns the sum of the others",
    }
    return Target(
        margin,
        float(found.outsider[0]),
        float(found.largest[0]),
        int(found.first[0]),
        bool(found.alone[0]),
        kind,
        fixed,
        OUTSIDER if kind == "union" else SOLE,
        reasons[kind],
    )
