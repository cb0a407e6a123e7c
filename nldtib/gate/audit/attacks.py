"""Attack every sum that should stay in doubt: as a reader, and as every holding that contributed.

A witness is another complete table that agrees with all that the attacker knows, in which the sum
lies a protection level away. Old witnesses are tried by arithmetic; a linear programme looks for a
new one only where none fits.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy import optimize, sparse
from scipy.sparse import csgraph

from nldtib.gate.audit import levels, unions
from nldtib.gate.audit.findings import CONTRIBUTOR, LARGEST, OUTSIDER, SOLE, Rules
from nldtib.gate.audit.unions import Target
from nldtib.gate.audit.world import Spot, World

# Solvers and sums round; a doubt may fall short of its level by this share, and no more.
ROUNDING = 1e-5
# A movement below this share of the level asked is the solver's rounding.
STILL = 1e-7


class Hit(NamedTuple):
    """A successful attack on a spot."""

    kind: str
    spot: Spot
    attacker: str
    reason: str


@dataclass(frozen=True)
class Part:
    """Hidden spots that hang together, by position in the world, as one attacker's equations.

    room is how far each spot can fall to zero, own what each holding knows of it, and sole which
    holding knows it whole. `witnesses` grows while the part is attacked.
    """

    spots: np.ndarray
    matrix: sparse.csr_array
    room: np.ndarray
    own: np.ndarray
    sole: np.ndarray
    witnesses: list[np.ndarray] = field(default_factory=list)


def hits(world: World, counted: np.ndarray, rules: Rules) -> Iterator[Hit]:
    """Attack all sums of one reference year.

    Parameters
    ----------
    world
        The equations of that year.
    counted
        Which spots count organisations or respondents.
    rules
        The confidential rule.

    Source
    ------
    Fischetti & Salazar-Gonzalez (2001), Management Science 47 (attacker problems); Handbook on
    Statistical Disclosure Control, 2nd ed., chapter 4 (singletons and dominated partners).
    """
    floor, agreed = unions.smallest(world), unions.waived(world, rules)
    alone = levels.of(world.own, world.own_weighted, counted, floor, rules, agreed)
    judged = np.array([" - " not in name for name, _ in world.spots], dtype=bool)
    for position in np.flatnonzero((alone.outsider > 0) & world.known & judged):
        reason = "the cell is sensitive in itself, yet published"
        yield Hit("published", world.spots[position], OUTSIDER, reason)
    hidden = np.flatnonzero((alone.outsider > 0) & ~world.known & judged)
    targets = [unions.single(alone, int(position)) for position in hidden]
    views = [_parts(world, own) for own in _views(world)]
    still = _still(world, views[0])
    for target in unions.targets(world, still, counted, rules):
        if target.fixed:
            yield Hit(target.kind, world.spots[target.position], target.attacker, target.reason)
        else:
            targets.append(target)
    for parts in views:
        for target in targets:
            yield from attacked(world, parts[target.position], target)


def _views(world: World) -> tuple[np.ndarray, ...]:
    """Return contributions as answered and, unless they leave more room, as weighted."""
    # What fits in the smaller room fits in the larger.
    if (world.own <= world.own_weighted * (1 + 1e-12)).all():
        return (world.own,)
    return (world.own, world.own_weighted)


def _parts(world: World, own: np.ndarray) -> dict[int, Part]:
    """Return for each hidden spot the part it belongs to."""
    rows, columns, signs = [], [], []
    margins = ((margin, *parts) for margin, parts in world.margins)
    every = [(spots, (-1.0, *[1.0] * (len(spots) - 1))) for spots in margins]
    for number, (spots, several) in enumerate([*every, *world.ties]):
        open_ones = [
            (spot, sign) for spot, sign in zip(spots, several, strict=True) if not world.known[spot]
        ]
        rows += [number] * len(open_ones)
        columns += [spot for spot, _ in open_ones]
        signs += [sign for _, sign in open_ones]
    size = len(every) + len(world.ties)
    matrix = sparse.csr_array((signs, (rows, columns)), shape=(size, len(world.spots)))
    _, label = csgraph.connected_components(abs(matrix).T @ abs(matrix), directed=False)
    found = {}
    hidden = np.flatnonzero(~world.known)
    for one in np.unique(label[hidden]):
        spots = hidden[label[hidden] == one]
        inside = matrix[:, spots].tocsr()
        inside = inside[np.flatnonzero(np.diff(inside.indptr))]
        mine = own[spots]
        sole = (mine > 0) & ((mine > 0).sum(axis=1) == 1)[:, None]
        part = Part(spots, inside, mine.sum(axis=1), mine, sole)
        found |= dict.fromkeys(map(int, spots), part)
    return found


def _still(world: World, parts: dict[int, Part]) -> np.ndarray:
    """Return two movements, drawn at random, that agree with everything published; one a column.

    Hidden sums that stay the same in both follow from what is published.
    """
    drawn = np.random.default_rng(0).normal(size=(len(world.spots), 2))
    moved = np.zeros_like(drawn)
    for part in {id(one): one for one in parts.values()}.values():
        matrix, here = part.matrix.toarray(), drawn[part.spots]
        moved[part.spots] = here
        if len(matrix):
            moved[part.spots] -= np.linalg.lstsq(matrix, matrix @ here, rcond=None)[0]
    return moved


def attacked(world: World, part: Part, target: Target) -> Iterator[Hit]:
    """Attack one sum in the part that its spot belongs to, from outside and from inside."""
    spot = int(np.searchsorted(part.spots, target.position))
    name = world.spots[target.position]
    nobody = np.zeros(len(part.spots))
    reach = {}
    for sign in (1.0, -1.0):
        wanted = sign * min(target.level, part.room[spot] if sign < 0 else np.inf)
        reach[sign] = _reach(part, spot, wanted, nobody, nobody > 0) if wanted else 1.0
    failed = [sign for sign, share in reach.items() if not share >= 1 - ROUNDING]
    if failed:
        kind, reason = _outcome(reach, part.room[spot] > 0)
        kind = target.kind if target.kind and kind != "solver" else kind
        yield Hit(kind, name, OUTSIDER, reason)
    still = [sign for sign in reach if sign not in failed]
    yield from _from_inside(name, part, spot, target, still)


def _outcome(reach: dict[float, float], can_fall: bool) -> tuple[str, str]:
    above, below = reach[1.0], reach[-1.0]
    if np.isnan(above) or np.isnan(below):
        return "solver", "the solver gave no answer, so the cell counts as unprotected"
    if above < ROUNDING and (below < ROUNDING or not can_fall):
        return "exact", "the hidden value follows exactly from what is published"
    side = "above" if above < 1 - ROUNDING else "below"
    return (
        "upper" if side == "above" else "lower",
        f"what is published bounds the hidden value too closely from {side}",
    )


def _from_inside(
    name: Spot, part: Part, spot: int, target: Target, signs: list[float]
) -> Iterator[Hit]:
    """Attack as every holding; only those whom no known witness keeps in doubt need a solver.

    Who gave all that is there has nobody to learn of.
    """
    others = part.room[spot] - part.own[spot] > ROUNDING * part.room[spot]
    for sign in signs:
        everyone = np.arange(part.own.shape[1])
        level = np.where(everyone == target.first, target.largest, target.level)
        knows = (part.own > 0).any(axis=0) & (level > 0) & others
        if target.alone and target.first >= 0:
            knows[target.first] = False
        for holding in np.flatnonzero(knows):
            floor = part.own[:, holding]
            fall = part.room[spot] - floor[spot]
            wanted = sign * min(level[holding], fall if sign < 0 else np.inf)
            if wanted == 0:
                continue
            share = _reach(part, spot, wanted, floor, part.sole[:, holding])
            if not share >= 1 - ROUNDING:
                whole = part.sole[:, holding].any()
                who = LARGEST if holding == target.first else SOLE if whole else CONTRIBUTOR
                reason = "who knows its own answers comes too close to another"
                yield Hit("singleton" if whole else "partner", name, who, reason)


def _reach(part: Part, spot: int, wanted: float, floor: np.ndarray, fixed: np.ndarray) -> float:
    """Return how much of the wanted movement a spot can make, from 0 to 1; NaN when unsolved."""
    room = part.room - floor
    if fixed[spot]:
        return 0.0
    if _fits(part, spot, wanted, room, fixed):
        return 1.0
    found = _solved(part, spot, wanted, room, fixed)
    if found is None:
        return np.nan
    share = float(found[spot] / np.sign(wanted))
    if share >= 1 - ROUNDING:
        part.witnesses.append(np.where(np.abs(found) > STILL, found, 0.0) * abs(wanted))
    return share


def _fits(part: Part, spot: int, wanted: float, room: np.ndarray, fixed: np.ndarray) -> bool:
    for witness in reversed(part.witnesses):
        if witness[spot] * wanted > 0:
            moved = witness * (wanted / witness[spot])
            near = ROUNDING * abs(wanted)
            if (moved >= -room - near).all() and not (np.abs(moved[fixed]) > near).any():
                return True
    return False


def _solved(
    part: Part, spot: int, wanted: float, room: np.ndarray, fixed: np.ndarray
) -> np.ndarray | None:
    if not (np.isfinite(room).all() and np.isfinite(part.matrix.data).all()):
        return None
    if (room < -ROUNDING * abs(wanted)).any():
        return None
    size = abs(wanted)
    bounds = np.column_stack([-np.maximum(room, 0.0) / size, np.full(len(room), np.inf)])
    bounds[fixed] = 0.0
    bounds[spot] = (0, 1) if wanted > 0 else (-1, 0)
    towards = np.zeros(len(room))
    towards[spot] = -np.sign(wanted)
    answer = optimize.linprog(
        towards,
        A_eq=part.matrix,
        b_eq=np.zeros(part.matrix.shape[0]),
        bounds=bounds,
        method="highs",
    )
    return answer.x if answer.status == 0 else None
