"""Look for answers in another unit of measure, and for changes unlike those of the others."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nldtib.rounds import Outliers, UnitError
from nldtib.schema import FINDINGS

UNIT_ERROR, OUTLIER = "unit_error_", "outlier_"
DETECTED = (UNIT_ERROR, OUTLIER)
YEARS, FORM = "other_years", "same_form"


def unit_errors(
    records: pd.DataFrame, choices: UnitError, within: Mapping[str, str]
) -> pd.DataFrame:
    """Look for amounts a thousand (or million) times too large or small. Nothing is changed.

    Each answer is compared with the unit's other years, and with what stands beside it (staff,
    register) times the median ratio of all answers. A comparison agrees with a factor when the
    answer lies within `tolerance` of that factor times the comparison, and speaks against it when
    it lies within `tolerance` of the comparison itself; but an error is often made in every year,
    so equal years speak against nothing. Where one amount of a form is found, another of the same
    form agrees when only its correction fits into the corrected whole.

    Parameters
    ----------
    records
        One row per unit and reference year; register columns beside the variables.
    choices
        Factors, comparisons by variable, tolerance, and how many comparisons must agree.
    within
        The whole of each part, by name of the part.

    Returns
    -------
    DataFrame
        One row per suspect answer: unit, reference_year, variable, factor, one column per
        comparison (1 agrees, 0 speaks against, missing: says nothing), agreeing, old, new.

    Source
    ------
    de Waal, Pannekoek and Scholtus (2011), Handbook of Statistical Data Editing and Imputation,
    section 2.3.
    """
    table = records.reset_index(drop=True)
    compared = {name: _compared(table, name, choices) for name in choices.beside}
    columns = sorted({column for found in compared.values() for column in found})
    found: list[pd.DataFrame] = []
    for name, ratios in compared.items():
        for factor in choices.factors:
            says = pd.DataFrame(
                {column: _says(ratio, factor, choices, column) for column, ratio in ratios.items()}
            )
            says[FORM] = _fits_only_corrected(table, name, factor, within, found)
            agreeing = (says == 1).sum(axis=1)
            suspect = (agreeing >= choices.fewest_agreeing) & ~(says == 0).any(axis=1)
            rows = table.loc[suspect, ["unit", "reference_year"]]
            rows = rows.assign(variable=name, factor=factor, **says[suspect])
            old = table.loc[suspect, name]
            found.append(rows.assign(agreeing=agreeing[suspect], old=old, new=old / factor))
    order = ["unit", "reference_year", "variable", "factor", *columns, FORM]
    every = pd.concat(found).reindex(columns=[*order, "agreeing", "old", "new"])
    every = every.sort_values("agreeing", ascending=False, kind="stable")
    every = every.drop_duplicates(["unit", "reference_year", "variable"])
    return every.sort_values(["unit", "reference_year", "variable"], ignore_index=True)


def outliers(records: pd.DataFrame, choices: Outliers) -> pd.DataFrame:
    """Find changes between two years that are unlike those of the others, by their size.

    With r the ratio of two years, s = r/m - 1 above its median m and 1 - m/r below, the effect is
    E = s * (larger of both years)^U. A change is found when E lies further from the median of E
    than C times the distance of the quartile on its side, where that distance is at least A times
    the median.

    Returns
    -------
    DataFrame
        FINDINGS, soft: rule outlier_<variable>, one row per unit and later year. A variable and
        year with fewer than `fewest` ratios gives none.

    Source
    ------
    Hidiroglou and Berthelot (1986), Survey Methodology 12, 73-83.
    """
    found = []
    inside = records[records["in_scope"]]
    for name in choices.variables:
        wide = inside.pivot(index="unit", columns="reference_year", values=name)
        for before, after in zip(wide.columns[:-1], wide.columns[1:], strict=True):
            both = wide.loc[(wide[before] > 0) & (wide[after] > 0), [before, after]]
            if len(both) < choices.fewest:
                continue
            far = _far(both[before].to_numpy(), both[after].to_numpy(), choices)
            rows = pd.DataFrame({"unit": both.index[far], "reference_year": int(after)})
            found.append(rows.assign(rule=OUTLIER + name, severity="soft"))
    return _findings(found)


def as_findings(suspects: pd.DataFrame) -> pd.DataFrame:
    """Return suspected unit errors as FINDINGS, soft and without values."""
    rule = UNIT_ERROR + suspects["variable"].astype(str)
    return _findings([suspects.assign(rule=rule, severity="soft")])


def _compared(table: pd.DataFrame, name: str, choices: UnitError) -> dict[str, pd.Series]:
    """Return the ratio of each answer to each comparison, 1 where they are as usual."""
    answer = table[name].where((table[name] > 0) & table["in_scope"])
    ratios = {YEARS: answer / _other_years(table, answer)}
    for beside in choices.beside[name]:
        known = table[beside].where(table[beside] > 0)
        ratios[beside] = answer / known / (answer / known).median()
    return ratios


def _other_years(table: pd.DataFrame, answer: pd.Series) -> pd.Series:
    """Return the median of the same unit's other years."""
    wide = pd.DataFrame(
        {"unit": table["unit"], "year": table["reference_year"], "value": answer}
    ).pivot(index="unit", columns="year", values="value")
    others = {year: wide.drop(columns=year).median(axis=1) for year in wide.columns}
    lookup = pd.DataFrame(others).stack(future_stack=True)
    keys = pd.MultiIndex.from_frame(table[["unit", "reference_year"]])
    return pd.Series(lookup.reindex(keys).to_numpy(), table.index)


def _says(ratio: pd.Series, factor: float, choices: UnitError, column: str) -> pd.Series:
    apart = np.log10(ratio)
    limit = np.log10(choices.tolerance)
    agrees = (apart - np.log10(factor)).abs() < limit
    against = (apart.abs() < limit) & (column != YEARS)
    return pd.Series(np.select([agrees, against], [1.0, 0.0], np.nan), ratio.index)


def _fits_only_corrected(
    table: pd.DataFrame,
    name: str,
    factor: float,
    within: Mapping[str, str],
    found: Sequence[pd.DataFrame],
) -> pd.Series:
    """Return 1 where the whole was found wrong by this factor, and only `name` / factor fits it."""
    says = pd.Series(np.nan, table.index)
    whole = within.get(name)
    for rows in found:
        same = rows[(rows["variable"] == whole) & (rows["factor"] == factor)]
        corrected = same["new"]
        part = table.loc[same.index, name]
        says.loc[same.index] = np.where(
            (part > corrected) & (part / factor <= corrected), 1, np.nan
        )
    return says


def _far(before: np.ndarray, after: np.ndarray, choices: Outliers) -> np.ndarray:
    ratio = after / before
    middle = np.median(ratio)
    apart = np.where(ratio < middle, 1 - middle / ratio, ratio / middle - 1)
    effect = apart * np.maximum(before, after) ** choices.U
    low, centre, high = np.quantile(effect, [0.25, 0.5, 0.75])
    least = abs(choices.A * centre)
    below = centre - choices.C * max(centre - low, least)
    above = centre + choices.C * max(high - centre, least)
    return (effect < below) | (effect > above)


def _findings(found: Sequence[pd.DataFrame]) -> pd.DataFrame:
    if not found:
        return pd.DataFrame(columns=FINDINGS)
    return pd.concat(found, ignore_index=True)[list(FINDINGS)]
