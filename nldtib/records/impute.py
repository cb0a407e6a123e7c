"""Fill item nonresponse, and remember every value that was filled.

Amounts pass along a chain of methods, which is data (round.yml); what an organisation is or does is
taken from its nearest neighbour. No answered value is ever altered.

Source: de Waal, Pannekoek and Scholtus (2011), Handbook of Statistical Data Editing and
Imputation, sections 7.3 (ratio), 7.6 (nearest neighbour) and 9.2 (historical).
"""

from collections.abc import Sequence
from itertools import chain

import numpy as np
import pandas as pd

from nldtib.codebook import Codebook, closest
from nldtib.errors import MissingValuesError, ParameterError
from nldtib.rounds import Imputation
from nldtib.schema import CHANGES, Edited

METHODS = ("other_year", "accounts", "stratum_ratio", "nearest_neighbour")


def fill(
    records: pd.DataFrame,
    stratum: pd.Series,
    book: Codebook,
    choices: Imputation,
    accounts: pd.DataFrame | None = None,
) -> Edited:
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
        The chain of methods and the chains of single variables, the auxiliary of each ratio, and
        the fewest donors of a ratio; with fewer the ratio of all strata together is taken.
    accounts
        ACCOUNTS: figures of annual accounts, in the unit of measure of their variable. None means
        that there are none.

    Returns
    -------
    Edited
        Records without gaps, and one row per filled value with the method that filled it.

    Raises
    ------
    ParameterError
        A method is unknown, or a chain is given for a variable that is not imputed.
    MissingValuesError
        The chain left gaps.
    """
    table = records.copy()
    amounts = [name for name in choices.ratio_to if name in table]
    percents = [v.name for v in book.answered() if v.unit_of_measure == "percent"]
    _refuse_unknown(choices, [*choices.ratio_to, *percents])
    filled = [_fill_traits(table, stratum, book)]
    for name in [*amounts, *percents]:
        filled.append(_fill_amount(table, records, name, stratum, choices, accounts))
    _keep_parts_within(table, records, choices)
    for name in [*amounts, *percents]:
        gaps = int(table.loc[table["in_scope"], name].isna().sum())
        if gaps:
            raise MissingValuesError(name, gaps, int(table["in_scope"].sum()))
    changes = pd.concat(filled)
    news = [table.at[r, v] if v in table else "" for r, v in changes["variable"].items()]
    changes = changes.assign(origin="imputed", old=np.nan, new=news, date="")
    return Edited(table, changes.reset_index(drop=True)[list(CHANGES)])


def _refuse_unknown(choices: Imputation, imputed: Sequence[str]) -> None:
    for method in chain(choices.methods, *choices.methods_of.values()):
        if method not in METHODS:
            raise ParameterError(
                f"Unknown imputation method {method}.{closest(method, METHODS)} "
                f"Known: {', '.join(METHODS)}."
            )
    for name in choices.methods_of:
        if name not in imputed:
            raise ParameterError(
                f"A chain of methods is given for {name}, which is no amount or percentage."
                f"{closest(name, imputed)} Mend round.yml."
            )


def _fill_amount(
    table: pd.DataFrame,
    reported: pd.DataFrame,
    name: str,
    stratum: pd.Series,
    choices: Imputation,
    accounts: pd.DataFrame | None,
) -> pd.DataFrame:
    """Fill `name` in `table` in place of its gaps; the caller owns `table`."""
    parts = []
    percent = name not in choices.ratio_to
    for method in choices.methods_of.get(name, choices.methods):
        gaps = table[name].isna() & table["in_scope"]
        if not gaps.any():
            break
        source = pd.Series("", table.index)
        if method == "accounts":
            values, source = _deposited(table, name, accounts)
        elif method == "other_year":
            values = _other_year(reported, name, stratum, percent, choices.fewest_donors)
        elif method == "nearest_neighbour":
            values = _neighbour_ratio(table, reported, name, stratum, choices)
        elif percent:
            values = _mean(table, reported, name, stratum, choices)
        else:
            values = _ratio(table, reported, name, stratum, choices)
        done = gaps & values.notna()
        table.loc[done, name] = values[done]
        rows = table.loc[done, ["unit", "reference_year"]]
        parts.append(rows.assign(variable=name, rule=method, who=source[done]))
    return pd.concat(parts) if parts else pd.DataFrame(columns=CHANGES)


def _deposited(
    table: pd.DataFrame, name: str, accounts: pd.DataFrame | None
) -> tuple[pd.Series, pd.Series]:
    """Return what annual accounts say, and their source."""
    if accounts is None:
        return pd.Series(np.nan, table.index), pd.Series("", table.index)
    own = accounts[accounts["variable"] == name].set_index(["unit", "year"])
    rows = pd.MultiIndex.from_frame(table[["unit", "reference_year"]])
    found = own.reindex(rows)
    return (
        pd.Series(found["value"].to_numpy(float), table.index),
        pd.Series(found["source"].fillna("").to_numpy(), table.index),
    )


def _neighbour_ratio(
    table: pd.DataFrame,
    reported: pd.DataFrame,
    name: str,
    stratum: pd.Series,
    choices: Imputation,
) -> pd.Series:
    """Return the ratio of the nearest answer of the same year, times what is known; or a percent.

    The nearest by register employees; a donor of the same stratum is nearer than any other.
    """
    auxiliary = choices.ratio_to.get(name)
    known = table[auxiliary] if auxiliary else pd.Series(1.0, table.index)
    below = reported[auxiliary] if auxiliary else known
    ratio = (reported[name] / below.where(below > 0)).where(reported["in_scope"])
    values = pd.Series(np.nan, table.index)
    for _, rows in table.assign(stratum=stratum, ratio=ratio).groupby("reference_year"):
        needy = rows["ratio"].isna() & rows["in_scope"]
        donor_of = _nearest(rows[rows["ratio"].notna()], rows[needy])
        for row, donor in donor_of.items():
            values[row] = known[row] * ratio[donor]
    return values


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
    pairs = [
        (part, whole) for part, whole in choices.at_most.items() if {part, whole} <= set(table)
    ]
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
        complete = units[block].notna().all(axis=1)
        donor_of = _nearest(units[complete], units[~complete])
        rows = table.index[table["unit"].isin(list(donor_of))]
        if rows.empty:
            continue
        given = units.loc[table.loc[rows, "unit"].map(donor_of), block].set_axis(rows)
        # Of a question that was answered in part the answers stay.
        table.loc[rows, block] = table.loc[rows, block].where(table.loc[rows, block].notna(), given)
        filled = table.loc[rows, ["unit", "reference_year"]]
        name = block[0].split(".")[0]
        parts.append(filled.assign(variable=name, rule="nearest_neighbour", who=""))
    return pd.concat(parts) if parts else pd.DataFrame(columns=CHANGES)


def _nearest(donors: pd.DataFrame, needy: pd.DataFrame) -> dict:
    """Return the label of the nearest donor by employees, by the label of each needy row."""
    if needy.empty or donors.empty:
        return {}
    sizes = (np.log1p(side["employees"].to_numpy(float)) for side in (needy, donors))
    near = np.abs(np.subtract.outer(*sizes))
    # A donor of the same stratum is always nearer than any other.
    strata = (side["stratum"].to_numpy(object) for side in (needy, donors))
    near += 100.0 * np.not_equal.outer(*strata).astype(float)
    return dict(zip(needy.index, donors.index[near.argmin(axis=1)], strict=True))
