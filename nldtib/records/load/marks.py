"""Texts that a tool wrote, on request, in place of nothing.

LimeSurvey writes -99 for not shown and -98 for left blank, Qualtrics -99 for left blank. They land
in every column, texts and amounts too, and are taken for marks only where columns hold them that
cannot hold them as an answer.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from nldtib.records.load import choices
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Coded, Grid
from nldtib.records.load.headings import Placement

# A choice cannot be -99. One text or typed amount might be, two are not; a number may well be.
ENOUGH = 2
WEIGHTS: Mapping[str, int] = MappingProxyType({"text": 1, "register": 1, "typed": 1, "stored": 0})


@dataclass(frozen=True)
class Marked:
    """A grid without marks; per answer column, whether absent and blank are told apart in it."""

    grid: Grid
    kept: tuple[bool, ...]
    losses: tuple[str, ...]


def decoded(grid: Grid, columns: Sequence[Column], place: Placement) -> Marked:
    """Return the grid with every mark read as what it stands for.

    Parameters
    ----------
    grid
        The cells of the file.
    columns
        The answer columns of the file, in the order of `place`.
    place
        Where they stand.
    """
    positions = tuple(place.answers.values())
    weights: Counter[str] = Counter()
    for column, position in zip(columns, positions, strict=True):
        for mark in grid.marks:
            if _is_mark(mark, column, grid, position):
                weights[mark] += WEIGHTS.get(choices.kind(column), ENOUGH)
    in_use = any(weight >= ENOUGH for weight in weights.values())
    found = set(grid.marks) if in_use else set()
    if not found:
        return Marked(grid, (grid.blanks_kept,) * len(columns), ())
    stands_for = {mark: grid.marks[mark] for mark in found}
    new, kept, count = list(grid.columns), [], 0
    for position in positions:
        column = new[position]
        here = [code for code, text in enumerate(column.texts) if text in found]
        count += int(np.isin(column.codes, here).sum())
        kept.append(bool(here) or not {None, ""} & set(column.texts))
        new[position] = _without(column, stands_for) if here else column
    for position in place.system.values():
        new[position] = _without(new[position], stands_for)
    loss = (
        f"{count} cells hold a code that was put in place of nothing ({', '.join(sorted(found))}), "
        "in texts and amounts too: they are read as not shown or left blank."
    )
    return Marked(replace(grid, columns=tuple(new)), tuple(kept), (loss,))


def _is_mark(mark: str, column: Column, grid: Grid, position: int) -> bool:
    own = {item.code for item in choices.items(column)} | set(grid.labels.get(position, {}))
    return (
        mark in grid.columns[position].texts
        and mark not in own
        and mark not in grid.missing.get(position, frozenset())
    )


def _without(column: Coded, stands_for: Mapping[str, str | None]) -> Coded:
    # Where not shown has a mark of its own, an empty cell was left blank, and the other way round.
    marked = {stands_for[text] for text in column.texts if text in stands_for}
    nothing = "" if None in marked else None
    plain = {**stands_for, None: nothing}
    return Coded(column.codes, tuple(plain.get(text, text) for text in column.texts))
