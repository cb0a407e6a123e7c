"""Ratios, shares and changes: whoever knows all parts but one solves for that one."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from nldtib.gate.audit import levels, world
from nldtib.gate.audit.findings import OUTSIDER, Finding, Place, Rules, words
from nldtib.gate.audit.world import COUNTS

Part = tuple[str, int, Place]


def findings(cells: pd.DataFrame, contributions: pd.DataFrame, rules: Rules) -> Iterator[Finding]:
    """Find published figures that are made of a hidden one, or of too few units."""
    open_cells = {
        (row.variable, int(row.reference_year), row.place)
        for row in cells[cells["status"] == "published"].itertuples()
    }
    first = int(cells["reference_year"].min()) if len(cells) else 0
    derived = cells[(cells["statistic"] != "total") & (cells["status"] == "published")]
    for row in derived.itertuples():
        year = int(row.reference_year)
        where = (row.table, row.variable, year, words(row.place), OUTSIDER)
        needed = made_of((row.variable, year, row.place), first, rules)
        if needed is None:
            reason = "nobody said of which cells such a figure is made"
            yield Finding("unknown", *where, reason)
            continue
        if not all(part in open_cells for part in needed):
            yield Finding("derived", *where, "a cell that it is made of is not published")
        if row.statistic == "change" and _panel_is_sensitive(needed, contributions, rules):
            yield Finding("published", *where, "the units that answered for both years are few")


def made_of(figure: Part, first: int, rules: Rules) -> list[Part] | None:
    """Return the cells that a derived figure is made of, or None where nobody said so."""
    name, year, place = figure
    about = rules.variables[name]
    return {
        "ratio": [(about.numerator, year, place), (about.denominator, year, place)],
        "share": [(about.numerator, year, place), (about.numerator, year, Place())],
        "scaled": [(about.numerator, year, place)],
        "top_share": [(about.numerator, year, place)],
        "model": [(about.numerator, year, place)],
        "change": [(about.numerator, first, place), (about.numerator, year, place)],
    }.get(about.statistic)


def _panel_is_sensitive(needed: list[Part], contributions: pd.DataFrame, rules: Rules) -> bool:
    years = contributions["reference_year"].astype(int)
    units = [set(contributions["unit"][years == year]) for _, year, _ in needed]
    panel = contributions["unit"].isin(units[0] & units[1])
    for name, year, place in needed:
        rows = contributions[panel & (years == year)]
        sums = world.sums_of([place], rows, rules)
        if place not in sums.places or _sensitive(name, place, sums, rows, rules):
            return True
    return False


def _sensitive(name: str, place: Place, sums: world.Sums, rows: pd.DataFrame, rules: Rules) -> bool:
    inside = sums.inside[[sums.places.index(place)]].toarray()[0] == 1
    answers = rows[name].where(inside, 0.0)
    weight = rows["weight"].astype(float)
    bare = answers * world.not_imputed(name, rows)
    whole = np.array([(answers * weight).sum()])
    counted = pd.Series([rules.variables[name].unit_of_measure == COUNTS]).to_numpy()
    found = levels.higher(
        *(
            levels.of(
                one.groupby(rows["holding"]).sum().to_numpy()[None],
                whole,
                counted,
                np.ones(1),
                rules,
            )
            for one in (answers, bare)
        )
    )
    return bool(found.outsider[0] > 0)
