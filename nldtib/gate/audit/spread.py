"""Intervals of few answers: sum and sum of squares are two equations for what was answered."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from nldtib import schema
from nldtib.gate.audit import derived, released
from nldtib.gate.audit.derived import Part
from nldtib.gate.audit.findings import OUTSIDER, Finding, Rules, words
from nldtib.gate.audit.released import Earlier
from nldtib.gate.audit.world import COUNTS, RESPONDENTS, Spot, World

SPREAD = ["low", "high", "cv"]
# Each of these is a band of the cv; a band of shares tells none.
TELLING_GRADES = ("A", "B", "C", "D")
# Figures whose interval is that of their numerator, but for what is published.
TELLING = ("scaled", "model", "share")
# Two movements that differ by less are the same; they are drawn with spread one.
SAME = 1e-7


def answers(here: World, year: int) -> dict[Part, int]:
    """Return how many holdings gave more than zero, for every spot of a reference year."""
    given = (here.own > 0).sum(axis=1)
    return {(name, year, place): int(n) for (name, place), n in zip(here.spots, given, strict=True)}


def findings(cells: pd.DataFrame, given: Mapping[Part, int], rules: Rules) -> Iterator[Finding]:
    """Find amounts, and figures made of amounts, whose spread is told though few answered.

    Parameters
    ----------
    cells
        Placed cells of all years.
    given
        Holdings above zero, as `answers` returns them, of all years.
    """
    first = int(cells["reference_year"].min()) if len(cells) else 0
    banded = cells["sign"].astype(str).str.contains(schema.BAND, regex=False)
    graded = cells["grade"].isin(TELLING_GRADES) & ~banded
    for row in cells[cells[SPREAD].notna().any(axis=1) | graded].itertuples():
        figure = (row.variable, int(row.reference_year), row.place)
        parts = [figure]
        if row.statistic != "total":
            parts = derived.made_of(figure, first, rules) or []
        amounts = [one for one in parts if rules.variables[one[0]].unit_of_measure != COUNTS]
        if parts and not amounts:
            continue
        told = [] if pd.isna(row.n) else [row.n]
        fewest = min([*told, *(given.get(one, 0) for one in amounts)], default=0)
        if fewest < rules.fewest_for_interval:
            reason = "an interval or a grade of so few answers tells how far they lie apart"
            yield Finding("spread", row.table, *figure[:2], words(row.place), OUTSIDER, reason)


def subtracted(
    cells: pd.DataFrame, here: World, before: Sequence[Earlier], year: int, rules: Rules
) -> Iterator[Finding]:
    """Find spreads of few answers that follow from those of margins and other parts.

    Spreads of places that share no unit add up like their sums. Two movements of all spreads that
    are not told, drawn at random, keep every margin the sum of its parts: what stays the same in
    both follows.

    Parameters
    ----------
    cells
        Placed cells of one reference year.
    before
        The same year as earlier releases showed it; the spread of what did not change stays told.
    """
    units = {name: about.unit_of_measure for name, about in rules.variables.items()}
    spots = _told(cells, rules)
    told = np.array([spot in spots for spot in here.spots], dtype=bool)
    for old in before:
        spots = _told(old.cells, rules)
        for now, then in released.unchanged(here, old.world):
            told[now] |= old.world.spots[then] in spots
    used = {name for (name, _), one in zip(here.spots, told, strict=True) if one}
    used -= {RESPONDENTS, *(name for name, unit in units.items() if unit == COUNTS)}
    lines = [(margin, parts) for margin, parts in here.margins if here.spots[margin][0] in used]
    still = _still(told, lines)
    spots = zip(cells["variable"], cells["place"], strict=True)
    tables = dict(zip(spots, cells["table"], strict=True))
    for chosen, margin in _together(told, lines, still):
        answers = int((here.own[chosen].sum(axis=0) > 0).sum())
        if 0 < answers < rules.fewest_for_interval:
            name, place = here.spots[margin]
            reason = "the spread of so few answers follows from intervals around it"
            table = tables.get((name, place), "")
            yield Finding("spread", table, name, year, words(place), OUTSIDER, reason)


def _told(cells: pd.DataFrame, rules: Rules) -> set[Spot]:
    found = set()
    rows = cells[(cells["status"] == "published") & cells[SPREAD].notna().any(axis=1)]
    for name, place, statistic in zip(
        rows["variable"], rows["place"], rows["statistic"], strict=True
    ):
        found.add((rules.variables[name].numerator if statistic in TELLING else name, place))
    return found


def _still(told: np.ndarray, lines: Sequence[tuple[int, tuple[int, ...]]]) -> np.ndarray:
    """Return two movements of spreads, one a column, that keep what is told and every sum."""
    moved = np.random.default_rng(0).normal(size=(len(told), 2)) * ~told[:, None]
    entries = [
        (row, spot, -1.0 if spot == margin else 1.0)
        for row, (margin, parts) in enumerate(lines)
        for spot in (margin, *parts)
        if not told[spot]
    ]
    if not entries:
        return moved
    rows, columns, signs = zip(*entries, strict=True)
    matrix = sparse.csr_array((signs, (rows, columns)), shape=(len(lines), len(told)))
    _, label = csgraph.connected_components(abs(matrix).T @ abs(matrix), directed=False)
    for one in np.unique(label[list(columns)]):
        spots = np.flatnonzero((label == one) & ~told)
        inside = matrix[:, spots]
        inside = inside[np.flatnonzero(np.diff(inside.indptr))].toarray()
        moved[spots] -= np.linalg.lstsq(inside, inside @ moved[spots], rcond=None)[0]
    return moved


def _together(
    told: np.ndarray, lines: Sequence[tuple[int, tuple[int, ...]]], still: np.ndarray
) -> Iterator[tuple[list[int], int]]:
    """Give spots, and sums of parts of one margin, whose spread follows though it is not told."""
    for margin, parts in lines:
        hidden = [spot for spot in parts if not told[spot]]
        yield from (([spot], spot) for spot in hidden if np.abs(still[spot]).max() < SAME)
        if len(hidden) > 1 and np.abs(still[hidden].sum(axis=0)).max() < SAME:
            yield hidden, margin
