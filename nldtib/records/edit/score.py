"""Which answers matter most for the totals, so that an analyst looks at those first."""

import numpy as np
import pandas as pd

from nldtib.rounds import Scores

COLUMNS = ("unit", "reference_year", "variable", "expected_from", "score")
YEAR, RATIO = "other_year", "stratum_ratio"
KEYS = ["unit", "reference_year", "variable"]


def scores(
    records: pd.DataFrame,
    weight: pd.Series,
    stratum: pd.Series,
    suspect: pd.DataFrame,
    choices: Scores,
) -> pd.DataFrame:
    """Score every answer by how much the total would change if it were as expected.

    The score is weight x |answer - expected| / expected total. What is expected is the nearest
    other year of the unit, carried along by the median change of its stratum, where that year is
    not suspect itself; else the median ratio of the stratum to another variable of the record.

    Parameters
    ----------
    records
        One row per unit and reference year, after decisions.
    weight, stratum
        One value per row of the records.
    suspect
        Answers (unit, reference_year, variable) from which nothing is expected.
    choices
        The variables scored, each with the variables to which its ratio is taken, in order.

    Returns
    -------
    DataFrame
        One row per answer of which something is expected, the largest score first: unit,
        reference_year, variable, expected_from, score (a share of the total; no value).

    Source
    ------
    de Waal, Pannekoek and Scholtus (2011), Handbook of Statistical Data Editing and Imputation,
    section 6.3.
    """
    found = []
    for name, auxiliaries in choices.ratio_to.items():
        answers = records[name].where(records["in_scope"])
        marked = suspect.loc[suspect["variable"] == name, KEYS[:2]]
        rows = pd.MultiIndex.from_frame(records[KEYS[:2]])
        firm = answers.mask(rows.isin(pd.MultiIndex.from_frame(marked)))
        expected = _from_year(records, firm, stratum)
        source = pd.Series(np.where(expected.notna(), YEAR, RATIO), records.index)
        for auxiliary in auxiliaries:
            expected = expected.fillna(_from_ratio(records, firm, auxiliary, stratum))
        total = (weight * expected.fillna(answers)).groupby(records["reference_year"])
        share = weight * (answers - expected).abs() / total.transform("sum")
        table = records[KEYS[:2]].assign(variable=name, expected_from=source, score=share)
        found.append(table[share.notna() & np.isfinite(share)])
    every = pd.concat(found)[list(COLUMNS)]
    return every.sort_values(["score", *KEYS], ascending=[False, True, True, True]).reset_index(
        drop=True
    )


def largest(table: pd.DataFrame, settled: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return the `count` largest scores of answers on which nobody decided yet."""
    decided = pd.MultiIndex.from_frame(settled[KEYS])
    open_rows = ~pd.MultiIndex.from_frame(table[KEYS]).isin(decided)
    return table[open_rows].head(count).reset_index(drop=True)


def _from_year(records: pd.DataFrame, firm: pd.Series, stratum: pd.Series) -> pd.Series:
    """Carry the nearest other year along with the median change of the stratum."""
    keys = records[KEYS[:2]].assign(value=firm)
    wide = keys.pivot(index="unit", columns="reference_year", values="value")
    strata = stratum.groupby(records["unit"]).first().reindex(wide.index)
    carried = {}
    for year in wide.columns:
        values = pd.Series(np.nan, wide.index)
        others = sorted(wide.columns.drop(year), key=lambda other: (abs(other - year), other))
        for other in others:
            change = (wide[year] / wide[other]).where(wide[other] > 0)
            # A stratum of which nobody answered both years changes as all of them do.
            usual = change.groupby(strata).transform("median").fillna(change.median())
            values = values.fillna(wide[other] * usual)
        carried[year] = values
    lookup = pd.DataFrame(carried).stack(future_stack=True)
    places = pd.MultiIndex.from_frame(records[KEYS[:2]])
    return pd.Series(lookup.reindex(places).to_numpy(), records.index)


def _from_ratio(
    records: pd.DataFrame, firm: pd.Series, auxiliary: str, stratum: pd.Series
) -> pd.Series:
    known = records[auxiliary].where(records[auxiliary] > 0)
    ratio = firm / known
    group = stratum + "/" + records["reference_year"].astype(str)
    usual = ratio.groupby(group).transform("median").fillna(ratio.median())
    return known * usual
