"""Fill item nonresponse, and remember every value that was filled.

Amounts pass along a chain of methods; what an organisation is or does is taken from its nearest
neighbour. No answered value is ever altered.

Source: de Waal, Pannekoek and Scholtus (2011), Handbook of Statistical Data Editing and
Imputation, sections 7.3 (ratio), 7.6 (nearest neighbour) and 9.2 (historical).
"""

import numpy as np
import pandas as pd

from nldtib.codebook import Codebook
from nldtib.errors import MissingValuesError, ParameterError
from nldtib.rounds import Imputation
from nldtib.schema import CHANGES, Edited


def fill(records: pd.DataFrame, stratum: pd.Series, book: Codebook, choices: Imputation) -> Edited:
    """Fill every missing value of the units in scope.

    Parameters
    ----------
    records
        As `clean.records` lays them out, after editing.
    stratum
        Stratum of each row, same index.
    book
        Says which variables were answered, in which unit of measure.
    choices
        The chain of methods, the auxiliary of each ratio, and the fewest donors of a ratio; with
        fewer the ratio of all strata together is taken.

    Returns
    -------
    Edited
        Records without gaps, and one row per filled value with the method that filled it.

    Raises
    ------
    ParameterError
        A method is unknown.
    MissingValuesError
        The chain left gaps.
    """
    unknown = sorted(set(choices.methods) - {"other_year", "stratum_ratio"})
    if unknown:
        raise ParameterError(
            f"Unknown imputation method {unknown[0]}. Known: other_year, stratum_ratio."
        )
    table = records.copy()
    traits = _fill_traits(table, stratum, book)
    amounts = [name for name in choices.ratio_to if name in table]
    percents = [v.name for v in book.answered() if v.unit_of_measure == "percent"]
    filled = [traits]
    for name in [*amounts, *percents]:
        filled.append(_fill_amount(table, records, name, stratum, choices))
    changes = pd.concat(filled, ignore_index=True)[list(CHANGES)]
    _keep_parts_within(table, records, choices)
    for name in [*amounts, *percents]:
        gaps = int(table.loc[table["in_scope"], name].isna().sum())
        if gaps:
            raise MissingValuesError(name, gaps, int(table["in_scope"].sum()))
    return Edited(table, changes)


def _fill_amount(
    table: pd.DataFrame,
    reported: pd.DataFrame,
    name: str,
    stratum: pd.Series,
    choices: Imputation,
) -> pd.DataFrame:
    """Fill `name` in `table` in place of its gaps; the caller owns `table`."""
    parts = []
    percent = name not in choices.ratio_to
    for method in choices.methods:
        gaps = table[name].isna() & table["in_scope"]
        if not gaps.any():
            break
        if method == "other_year":
            values = _other_year(reported, name, stratum, percent, choices.fewest_donors)
        elif percent:
            values = _mean(table, reported, name, stratum, choices)
        else:
            values = _ratio(table, reported, name, stratum, choices)
        done = gaps & values.notna()
        table.loc[done, name] = values[done]
        rows = table.loc[done, ["unit", "reference_year"]]
        parts.append(rows.assign(variable=name, origin="imputed", rule=method))
    return pd.concat(parts) if parts else pd.DataFrame(columns=CHANGES)


def _other_year(
    reported: pd.DataFrame, name: str, stratum: pd.Series, percent: bool, fewest: int
) -> pd.Series:
    """Carry the nearest answered year of the same unit along with the growth of its stratum."""
    wide = reported.pivot(index="unit", columns="reference_year", values=name)
    strata = stratum.groupby(reported["unit"]).first().reindex(wide.index)
    carried = {}
    for year in wide.columns:
        others = sorted(wide.columns.drop(year), key=lambda other: (abs(other - year), other))
        values = pd.Series(np.nan, wide.index)
        for other in others:
            growth = 1.0 if percent else _growth(wide[other], wide[year], strata, fewest)
            values = values.fillna(wide[other] * growth)
        carried[year] = values
    lookup = pd.DataFrame(carried).stack()
    keys = pd.MultiIndex.from_frame(reported[["unit", "reference_year"]])
    return pd.Series(lookup.reindex(keys).to_numpy(), reported.index)


def _growth(before: pd.Series, after: pd.Series, strata: pd.Series, fewest: int) -> pd.Series:
    both = before.notna() & after.notna()
    return _ratios(after.where(both), before.where(both), strata, fewest)


def _ratio(
    table: pd.DataFrame,
    reported: pd.DataFrame,
    name: str,
    stratum: pd.Series,
    choices: Imputation,
) -> pd.Series:
    auxiliary = choices.ratio_to[name]
    donors = reported[name].notna() & reported[auxiliary].notna() & reported["in_scope"]
    cell = stratum + "/" + table["reference_year"].astype(str)
    ratios = _ratios(
        reported[name].where(donors), reported[auxiliary].where(donors), cell, choices.fewest_donors
    )
    return table[auxiliary] * ratios


def _mean(
    table: pd.DataFrame,
    reported: pd.DataFrame,
    name: str,
    stratum: pd.Series,
    choices: Imputation,
) -> pd.Series:
    """Return the mean percentage of the stratum, weighted by the amount it is a part of."""
    weight = table[choices.percent_of].where(reported[name].notna() & reported["in_scope"])
    return _ratios(weight * reported[name], weight, stratum, choices.fewest_donors)


def _ratios(top: pd.Series, bottom: pd.Series, group: pd.Series, fewest: int) -> pd.Series:
    """Return the ratio of sums of each row's group, or of all rows where donors are too few."""
    known = top.notna() & bottom.notna()
    sums = pd.DataFrame({"top": top[known], "bottom": bottom[known], "group": group[known]})
    grouped = sums.groupby("group").agg(
        top=("top", "sum"), bottom=("bottom", "sum"), donors=("top", "size")
    )
    enough = grouped[(grouped["donors"] >= fewest) & (grouped["bottom"] > 0)]
    overall = top[known].sum() / bottom[known].sum() if bottom[known].sum() > 0 else np.nan
    return group.map(enough["top"] / enough["bottom"]).astype(float).fillna(overall)


def _keep_parts_within(table: pd.DataFrame, reported: pd.DataFrame, choices: Imputation) -> None:
    """Let no filled part exceed its whole: first stretch filled wholes, then cap filled parts."""
    pairs = [(part, whole) for part, whole in choices.at_most.items() if part in table]
    for part, whole in reversed(pairs):
        stretch = reported[whole].isna() & (table[part] > table[whole])
        table.loc[stretch, whole] = table.loc[stretch, part]
    for part, whole in pairs:
        cap = reported[part].isna() & (table[part] > table[whole])
        table.loc[cap, part] = table.loc[cap, whole]


def _fill_traits(table: pd.DataFrame, stratum: pd.Series, book: Codebook) -> pd.DataFrame:
    """Fill codes and yes/no answers from the nearest neighbour by employees, in `table` itself."""
    blocks = [[v.name] for v in book.answered() if v.unit_of_measure == "organisations"]
    for dimension in book.dimensions.values():
        columns = [f"{dimension.name}.{item.code}" for item in dimension.codes]
        block = columns if dimension.overlapping else [dimension.name]
        if set(block) <= set(table.columns):
            blocks.append(block)
    units = table.drop_duplicates("unit").assign(stratum=stratum)
    units = units[units["in_scope"]].set_index("unit")
    parts = []
    for block in blocks:
        donor_of = _neighbours(units, block)
        for unit, donor in donor_of.items():
            rows = table["unit"] == unit
            table.loc[rows, block] = units.loc[donor, block].to_numpy()
            filled = table.loc[rows, ["unit", "reference_year"]]
            name = block[0].split(".")[0]
            parts.append(filled.assign(variable=name, origin="imputed", rule="nearest_neighbour"))
    return pd.concat(parts) if parts else pd.DataFrame(columns=CHANGES)


def _neighbours(units: pd.DataFrame, block: list[str]) -> dict[str, str]:
    complete = units[block].notna().all(axis=1)
    donors, needy = units[complete], units[~complete]
    if needy.empty or donors.empty:
        return {}
    size = np.log1p(donors["employees"].to_numpy(float))
    found = {}
    for unit, row in needy.iterrows():
        near = np.abs(size - np.log1p(row["employees"]))
        # A donor of the same stratum is always nearer than any other.
        near = near + 100.0 * (donors["stratum"] != row["stratum"]).to_numpy()
        found[unit] = donors.index[int(near.argmin())]
    return found
