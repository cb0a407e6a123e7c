"""Attack every sum that should stay in doubt: as a reader, and as every holding that contributed.

A witness is another complete table that agrees with all that the attacker knows, in which the sum
lies a protection level away. Old witnesses are tried by arithmetic; a linear programme looks for a
new one that deceives many attackers at once, and for fewer of them only where there is none.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import optimize, sparse

from nldtib.gate.audit import levels, parts, unions
from nldtib.gate.audit.findings import CONTRIBUTOR, LARGEST, OUTSIDER, SOLE, Rules
from nldtib.gate.audit.parts import ROUNDING, Part
from nldtib.gate.audit.unions import Target
from nldtib.gate.audit.world import Spot, World

# Outsiders come after all holdings.
ANYBODY = -1
# So many old witnesses in a row that deceive nobody cost about as much as a new one.
TRIES = 10
# A movement that makes less of what is wanted is mostly the solver's rounding.
WORTH_KEEPING = 0.01


class Hit(NamedTuple):
    """A successful attack on a spot."""

    kind: str
    spot: Spot
    attacker: str
    reason: str


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
    weighted = world.own_weighted.sum(axis=1)
    alone = levels.of_sums(world.own, world.own_answered, weighted, counted, floor, rules, agreed)
    judged = np.array([" - " not in name for name, _ in world.spots], dtype=bool)
    for position in np.flatnonzero((alone.outsider > 0) & world.known & judged):
        reason = "the cell is sensitive in itself, yet published"
        yield Hit("published", world.spots[position], OUTSIDER, reason)
    hidden = np.flatnonzero((alone.outsider > 0) & ~world.known & judged)
    targets = [unions.single(alone, int(position)) for position in hidden]
    views = [parts.of(world, own) for own in _views(world)]
    still = parts.still(world, views[0])
    for target in unions.targets(world, still, counted, rules):
        if target.fixed:
            yield Hit(target.kind, world.spots[target.position], target.attacker, target.reason)
        else:
            targets.append(target)
    for view in views:
        for target in targets:
            yield from attacked(world, view[target.position], target)


def _views(world: World) -> tuple[sparse.csr_array, ...]:
    """Return contributions as answered and, unless they leave more room, as weighted."""
    # What fits in the smaller room fits in the larger.
    less = (world.own_weighted * (1 + 1e-12) - world.own).data
    if less.min(initial=0.0) >= 0:
        return (world.own,)
    return (world.own, world.own_weighted)


def attacked(world: World, part: Part, target: Target) -> Iterator[Hit]:
    """Attack one sum in the part that its spot belongs to, from outside and from inside."""
    spot = int(np.searchsorted(part.spots, target.position))
    name = world.spots[target.position]
    reach, inside = {}, {}
    for sign in (1.0, -1.0):
        failed = _attack(part, spot, sign * _wanted(part, spot, target, sign))
        reach[sign] = failed.pop(ANYBODY, 1.0)
        inside[sign] = failed
    if min(reach.values()) < 1 or any(map(np.isnan, reach.values())):
        kind, reason = _outcome(reach, part.room[spot] > 0)
        kind = target.kind if target.kind and kind != "solver" else kind
        yield Hit(kind, name, OUTSIDER, reason)
    for holding in sorted({one for failed in inside.values() for one in failed}):
        whole = (part.sole & (part.own.indices == holding)).any()
        who = LARGEST if holding == target.first else SOLE if whole else CONTRIBUTOR
        reason = "who knows its own answers comes too close to another"
        yield Hit("singleton" if whole else "partner", name, who, reason)


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


def _wanted(part: Part, spot: int, target: Target, sign: float) -> np.ndarray:
    """Return how far the spot must be able to move for each holding, and last for outsiders.

    Who gave all that is there has nobody to learn of, and who gave nothing hidden is an outsider.
    """
    given = np.zeros(part.holdings + 1)
    mine = slice(*part.own.indptr[spot : spot + 2])
    given[part.own.indices[mine]] = part.own.data[mine]
    wanted = np.full(part.holdings + 1, target.level)
    if target.first >= 0:
        wanted[target.first] = 0.0 if target.alone else target.largest
    there = np.zeros(part.holdings + 1, dtype=bool)
    there[part.own.indices] = True
    there[ANYBODY] = True
    fall = part.room[spot] - given
    learns = there & ((fall > ROUNDING * part.room[spot]) | (np.arange(len(fall)) == part.holdings))
    return np.where(learns, np.minimum(wanted, fall) if sign < 0 else wanted, 0.0)


def _attack(part: Part, spot: int, wanted: np.ndarray) -> dict[int, float]:
    """Return who is not deceived, and what share of the wanted movement the spot can make then.

    Where outsiders are not deceived nobody is, and only they are named.
    """
    left = wanted != 0
    idle = 0
    for witness in reversed(part.witnesses.get(spot, [])):
        if not left.any() or idle == TRIES:
            break
        before = int(left.sum())
        left &= part.sees(spot, witness, np.where(left, wanted, 0.0))
        idle = idle + 1 if left.sum() == before else 0
    failed: dict[int, float] = {}
    waiting = [np.flatnonzero(left)] if left.any() else []
    while waiting:
        group = waiting.pop()
        group = group[left[group]]
        if not len(group):
            continue
        share = _moved(part, spot, wanted, group, left)
        if np.isnan(share) or (share < 1 - ROUNDING and len(group) == 1):
            who = ANYBODY if group[-1] == part.holdings else int(group[0])
            failed[who] = share
            left[group] = False
            if who == ANYBODY:
                return {who: share}
        elif share < 1 - ROUNDING:
            half = len(group) - 1 if group[-1] == part.holdings else len(group) // 2
            # The last of the list, outsiders if they are among them, comes first.
            waiting += [group[:half], group[half:]]
    return failed


def _moved(part: Part, spot: int, wanted: np.ndarray, group: np.ndarray, left: np.ndarray) -> float:
    """Look for a witness that deceives all of a group; strike from the list whom it deceives.

    Return what share of the wanted movement the spot makes, from 0 to 1; NaN when unsolved.
    """
    floor, fixed = part.known_to(group)
    if fixed[spot]:
        return 0.0
    size = float(wanted[group][np.abs(wanted[group]).argmax()])
    share = np.nan
    for near in part.around(spot):
        found = _solved(part, near, spot, size, (part.room - floor)[near], fixed[near])
        if found is None:
            continue
        share = float(found[np.searchsorted(near, spot)] / np.sign(size))
        if share > WORTH_KEEPING:
            witness = part.remember(near, found)
            left &= part.sees(spot, witness, np.where(left, wanted, 0.0))
        if share >= 1 - ROUNDING:
            left[group] = False
            break
    return share


def _solved(
    part: Part, near: np.ndarray, spot: int, wanted: float, room: np.ndarray, fixed: np.ndarray
) -> np.ndarray | None:
    """Move a spot as far as wanted, in units of that, while only spots near it move."""
    matrix = part.matrix[:, near] if len(near) < len(part.spots) else part.matrix
    if not (np.isfinite(room).all() and np.isfinite(matrix.data).all()):
        return None
    if (room < -ROUNDING * abs(wanted)).any():
        return None
    matrix = matrix[np.flatnonzero(np.diff(matrix.tocsr().indptr))]
    here = np.searchsorted(near, spot)
    bounds = np.column_stack([-np.maximum(room, 0.0) / abs(wanted), np.full(len(room), np.inf)])
    bounds[fixed] = 0.0
    bounds[here] = (0, 1) if wanted > 0 else (-1, 0)
    towards = np.zeros(len(room))
    towards[here] = -np.sign(wanted)
    answer = optimize.linprog(
        towards,
        A_eq=matrix,
        b_eq=np.zeros(matrix.shape[0]),
        bounds=bounds,
        method="highs",
    )
    return answer.x if answer.status == 0 else None
