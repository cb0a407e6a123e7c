"""Which tables had better be coarser."""

from collections.abc import Mapping

import pandas as pd

from nldtib.gate.protect import plan
from nldtib.gate.protect.system import Cell

SENSITIVE = ("few", "dominated")
# A table of which so much is sensitive in itself tells little and hides much around it.
MOST = 1 / 3


def coarser(named: pd.DataFrame, hidden: Mapping[Cell, str]) -> tuple[str, ...]:
    """Return a sentence for each table of which a third or more is sensitive in itself.

    It names the tables of the plan with the same variable and fewer dimensions, or says what to
    merge where there is none.
    """
    totals = named[(named["statistic"] == "total") & (named["n"].fillna(0) > 0)]
    sensitive = [hidden.get(key, "") in SENSITIVE for key in plan.keys(totals)]
    part = pd.Series(sensitive, index=totals.index).groupby(totals["table"]).mean()
    by = {table: _dimensions(rows) for table, rows in totals.groupby("table")}
    variables = totals.groupby("table")["variable"].agg(set).to_dict()
    sentences = []
    for table in sorted(part.index[part >= MOST]):
        others = [
            other
            for other in sorted(by)
            if by[other] < by[table]
            and by[other]
            and variables[other] & variables[table]
            and part[other] < MOST
        ]
        instead = (
            f"Publish {' or '.join(others)} instead"
            if others
            else f"Merge codes of {' or '.join(sorted(by[table])) or 'its dimensions'}"
        )
        sentences.append(
            f"Of table {table}, {100 * part[table]:.0f} % of the cells are sensitive in "
            f"themselves. {instead}, or drop the table."
        )
    return tuple(sentences)


def _dimensions(rows: pd.DataFrame) -> set[str]:
    return {name for place in rows["place"] for name, _ in place}
