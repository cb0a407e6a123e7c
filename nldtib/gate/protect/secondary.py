"""Which further cells must be hidden, so that no sensitive one follows from the others."""

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import highspy
import numpy as np
import pandas as pd

from nldtib.errors import UnprotectedError
from nldtib.gate.protect.system import EVERYTHING, System

# A movement below this share of the level asked is the solver's rounding.
STILL = 1e-7
# How much dearer, at most, the order of the keys makes a cell: enough to decide between equals.
ORDER = 1e-3


@dataclass(frozen=True)
class Doubt:
    """One demand: the place at `position` must be able to move by `move`, up or down.

    `room` says how far each place may fall: it is a position in what `_rooms` returns.
    """

    position: int
    move: float
    room: int


def hide(system: System, hidden: np.ndarray, levels: pd.Series) -> tuple[int, ...]:
    """Choose the secondary suppressions of one system.

    For each sensitive place, largest level first, a linear programme looks for the cheapest
    other table that agrees with everything published while this place stands a protection level
    higher (and another one, lower). What moves in that witness is hidden. Then, dearest first,
    each secondary is given back when new witnesses exist without it. Weighted estimates and sums
    of respondents each need their witnesses, since a reader may solve for either.

    Parameters
    ----------
    system
        Places, facts and equations.
    hidden
        Which places are hidden beforehand: sensitive, unreliable, or in no table.
    levels
        Protection level of each sensitive place, by position.

    Returns
    -------
    Positions of the secondary suppressions, sorted.

    Raises
    ------
    UnprotectedError
        No pattern protects a place, or the solver failed.

    Source
    ------
    Fischetti & Salazar-Gonzalez (2001), Management Science 47 (attacker model, cost of movement);
    Handbook on Statistical Disclosure Control, 2nd ed., chapter 4 (give-back as clean-up).
    """
    rooms = _rooms(system.facts)
    doubts = _doubts(levels, rooms)
    if not doubts:
        return ()
    model = _model(system)
    price = _price(system)
    before, hidden = hidden, hidden.copy()
    dear = np.array([place == EVERYTHING for place in system.places])

    witnesses: dict[Doubt, np.ndarray] = {}
    for doubt in doubts:
        cost = np.where(hidden, 0.0, price)
        witness = _fitting(witnesses.values(), rooms, doubt)
        for free in (~dear | hidden, np.ones_like(dear)):
            if witness is None:
                witness = _witness(model, rooms, cost, free, doubt)
        if witness is None:
            raise UnprotectedError("no pattern keeps this place in doubt")
        hidden |= witness != 0
        witnesses[doubt] = witness

    added = np.flatnonzero(hidden & ~before)
    cost = np.where(before, 0.0, price)
    for position in sorted(added, key=lambda number: (not dear[number], -price[number], number)):
        without = hidden.copy()
        without[position] = False
        replaced = _replaced(model, rooms, cost, without, witnesses)
        if replaced is not None:
            hidden, witnesses = without, replaced
    return tuple(int(number) for number in np.flatnonzero(hidden & ~before))


def _rooms(facts: pd.DataFrame) -> tuple[np.ndarray, ...]:
    weighted, observed = facts["weighted"].to_numpy(), facts["observed"].to_numpy()
    # What fits in the smaller room fits in the larger.
    if (observed <= weighted).all():
        return (observed,)
    return (observed, weighted)


def _doubts(levels: pd.Series, rooms: tuple[np.ndarray, ...]) -> list[Doubt]:
    ordered = sorted(levels.items(), key=lambda item: (-item[1], item[0]))
    doubts = (
        Doubt(int(position), move, number)
        for position, level in ordered
        for number, room in enumerate(rooms)
        for move in (float(level), -min(float(level), float(room[position])))
    )
    return [doubt for doubt in doubts if doubt.move != 0]


def _price(system: System) -> np.ndarray:
    # Places stand in the order of their codes, so equal values are decided the same way always.
    rank = np.arange(len(system.places)) / len(system.places)
    return (1 + np.log1p(system.facts["weighted"].to_numpy())) * (1 + ORDER * rank)


def _fitting(
    known: Iterable[np.ndarray], rooms: tuple[np.ndarray, ...], doubt: Doubt
) -> np.ndarray | None:
    """Return the part of a known witness that moves this place just far enough, if one does."""
    for witness in known:
        part = doubt.move / witness[doubt.position] if witness[doubt.position] else np.inf
        if 0 < part <= 1 and (part * witness >= -rooms[doubt.room]).all():
            return part * witness
    return None


def _replaced(
    model: highspy.Highs,
    rooms: tuple[np.ndarray, ...],
    cost: np.ndarray,
    hidden: np.ndarray,
    witnesses: Mapping[Doubt, np.ndarray],
) -> dict[Doubt, np.ndarray] | None:
    """Return a witness for every doubt in which only hidden places move, or None."""
    kept = [witness for witness in witnesses.values() if not witness[~hidden].any()]
    replaced = {}
    for doubt, witness in witnesses.items():
        if witness[~hidden].any():
            witness = _fitting(kept, rooms, doubt)
            if witness is None:
                witness = _witness(model, rooms, cost, hidden, doubt)
                if witness is None:
                    return None
                kept.append(witness)
        replaced[doubt] = witness
    return replaced


def _silent_solver() -> highspy.Highs:
    """Make a solver without its banner, which goes past `sys.stdout` and heeds no option."""
    sys.stdout.flush()
    shown = os.dup(1)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        return highspy.Highs()
    finally:
        os.dup2(shown, 1)
        os.close(shown)


def _model(system: System) -> highspy.Highs:
    """Return the equations over 2n columns: how far each place rises, then how far it falls."""
    places = len(system.places)
    start, index, value = [0], [], []
    for margin, parts in system.equations:
        columns = np.array([margin, *parts])
        signs = np.array([-1.0, *[1.0] * len(parts)])
        index += [*columns, *(columns + places)]
        value += [*signs, *-signs]
        start.append(len(index))
    programme = highspy.HighsLp()
    programme.num_col_, programme.num_row_ = 2 * places, len(system.equations)
    programme.col_cost_ = programme.col_lower_ = programme.col_upper_ = np.zeros(2 * places)
    programme.row_lower_ = programme.row_upper_ = np.zeros(len(system.equations))
    programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    programme.a_matrix_.start_ = np.array(start)
    programme.a_matrix_.index_ = np.array(index, dtype=np.int32)
    programme.a_matrix_.value_ = np.array(value)
    model = _silent_solver()
    for option, setting in (
        ("output_flag", False),
        ("solver", "simplex"),
        ("presolve", "off"),
        ("threads", 1),
        ("random_seed", 0),
    ):
        model.setOptionValue(option, setting)
    if model.passModel(programme) == highspy.HighsStatus.kError:
        raise UnprotectedError("the solver refused the equations")
    return model


def _witness(
    model: highspy.Highs,
    rooms: tuple[np.ndarray, ...],
    cost: np.ndarray,
    free: np.ndarray,
    doubt: Doubt,
) -> np.ndarray | None:
    """Return how far each place moves, or None where the free places alone cannot do it."""
    room, scale = rooms[doubt.room], abs(doubt.move)
    places = len(room)
    if -doubt.move > room[doubt.position]:
        return None
    rise = np.where(free, np.inf, 0.0)
    fall = np.where(free, room / scale, 0.0)
    lower = np.zeros(2 * places)
    upper = np.concatenate([rise, fall])
    up, down = doubt.position, doubt.position + places
    lower[up] = upper[up] = float(doubt.move > 0)
    lower[down] = upper[down] = float(doubt.move < 0)
    columns = np.arange(2 * places, dtype=np.int32)
    model.changeColsBounds(2 * places, columns, lower, upper)
    model.changeColsCost(2 * places, columns, np.concatenate([cost, cost]))
    model.run()
    status = model.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None
    if status != highspy.HighsModelStatus.kOptimal:
        raise UnprotectedError(f"the solver stopped: {model.modelStatusToString(status)}")
    solution = np.array(model.getSolution().col_value)
    movement = solution[:places] - solution[places:]
    return np.where(np.abs(movement) > STILL, movement, 0.0) * scale
