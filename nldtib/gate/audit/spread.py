"""Intervals of few answers: sum and sum of squares are two equations for what was answered."""

from collections.abc import Iterator, Mapping

import pandas as pd

from nldtib.gate.audit import derived
from nldtib.gate.audit.derived import Part
from nldtib.gate.audit.findings import OUTSIDER, Finding, Rules, words
from nldtib.gate.audit.world import COUNTS, World

SPREAD = ["low", "high", "cv"]


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
    for row in cells[cells[SPREAD].notna().any(axis=1)].itertuples():
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
            reason = "an interval of so few answers tells how far they lie apart"
            yield Finding("spread", row.table, *figure[:2], words(row.place), OUTSIDER, reason)
