"""What changed between two editions: figures that are new, gone or other, from published cells.

A figure that is hidden in either edition has no difference here: with the other value it would
tell what is hidden.
"""

import pandas as pd

from nldtib.errors import ParameterError
from nldtib.pages.cells import Edition

COLUMNS = ("key", "variable", "reference_year", "unit_of_measure", "kind", "old", "new")
DIFFERENCES = ("difference", "percent")
KINDS = ("changed", "new", "gone")
# Pages print about this many digits; what differs only beyond them has not changed for a reader.
PRINTED_DIGITS = 3


def editions(old: Edition, new: Edition) -> pd.DataFrame:
    """Return one row per figure that two public editions do not tell alike.

    Returns
    -------
    key, variable, reference_year, unit_of_measure
        As in cells.csv.
    kind
        `changed`: published in both, other as printed. `new`: published in the second only.
        `gone`: published in the first only.
    old, new
        The published values; empty where there is none.
    difference, percent
        new minus old in the unit of the figure, and in percent of old; empty unless `changed`,
        and `percent` also for a percentage, whose difference is in points.

    Raises
    ------
    ParameterError
        An edition is not public, or only one of the two is invented.
    """
    if {old.audience, new.audience} != {"public"}:
        raise ParameterError("Only public editions are compared; one of these is for analysts.")
    if old.invented != new.invented:
        raise ParameterError(
            "One of these editions is invented and the other real. Compare two of a kind."
        )
    both = _published(old).add_suffix("_old").join(_published(new).add_suffix("_new"), how="outer")
    found = both.reset_index()
    for name in COLUMNS[1:4]:
        found[name] = found[f"{name}_new"].fillna(found[f"{name}_old"])
    found = found.rename(columns={"value_old": "old", "value_new": "new"})
    found["kind"] = found.apply(_kind, axis=1)
    found["difference"] = found["new"] - found["old"]
    found["percent"] = 100 * found["difference"] / found["old"].abs()
    no_percent = found["unit_of_measure"].eq("percent") | found["old"].eq(0)
    found["percent"] = found["percent"].mask(no_percent)
    order = {kind: place for place, kind in enumerate(KINDS)}
    told = found[found["kind"].isin(KINDS)].assign(place=lambda one: one["kind"].map(order))
    told = told.sort_values(["place", "variable", "key"], kind="stable")
    return told.astype({"reference_year": int})[[*COLUMNS, *DIFFERENCES]].reset_index(drop=True)


def _published(edition: Edition) -> pd.DataFrame:
    once = edition.cells.drop_duplicates("key")
    shown = once[once["status"] == "published"]
    return shown.set_index("key")[["variable", "reference_year", "unit_of_measure", "value"]]


def _kind(row: pd.Series) -> str:
    if pd.isna(row["old"]):
        return "new"
    if pd.isna(row["new"]):
        return "gone"
    printed = [f"{row[name]:.{PRINTED_DIGITS}g}" for name in ("old", "new")]
    return "changed" if printed[0] != printed[1] else "same"
