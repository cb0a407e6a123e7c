"""Which stratum each unit of the frame falls in, and the weight that follows from it."""

from collections.abc import Collection, Sequence

import pandas as pd

from nldtib.errors import InputError, ParameterError
from nldtib.schema import Survey


def strata(
    frame: pd.DataFrame,
    size_class: pd.Series,
    take_all_employees: float,
    take_all_list: str,
    take_all_types: Sequence[str],
) -> pd.DataFrame:
    """Put every unit of the frame in a stratum.

    Returns
    -------
    DataFrame
        One row per unit of the frame: unit, stratum (`knowledge`, `known_large`, `large` or a size
        class) and certainty (1 for the first three, whose weights calibration never spreads).
    """
    if take_all_list not in frame:
        raise ParameterError(f"The frame has no column {take_all_list}. Mend round.yml, strata.")
    stratum = size_class.astype(str)
    stratum = stratum.mask(frame["employees"] >= take_all_employees, "large")
    # Known suppliers are followed up until they answer; sharing a stratum with units that are
    # merely large would let them stand for others, and nobody is like them.
    stratum = stratum.mask(frame[take_all_list] == 1, "known_large")
    stratum = stratum.mask(frame["organisation_type"].isin(take_all_types), "knowledge")
    certainty = stratum.isin(["knowledge", "known_large", "large"]).astype(int)
    return pd.DataFrame({"unit": frame["unit"], "stratum": stratum, "certainty": certainty})


def merged(
    unit_strata: pd.DataFrame, respondents: Collection[str], order: Sequence[str], fewest: int
) -> pd.DataFrame:
    """Merge each stratum that has too few respondents with the next smaller one.

    A weight and a variance need some respondents to rest on. Strata outside `order` stay as they
    are; the first of the order merges upwards.

    Parameters
    ----------
    unit_strata
        As `strata` gives it.
    respondents
        Units that answered.
    order
        Strata that may be merged, from small units to large.
    fewest
        Respondents that a stratum needs to stand alone.

    Returns
    -------
    DataFrame
        As `strata`; a merged stratum is named after the one it went to and is no longer certain.
    """
    stratum = unit_strata["stratum"]
    answered = unit_strata["unit"].isin(respondents)
    alive = [name for name in order if (stratum == name).any()]
    certain = unit_strata["certainty"]
    for name in reversed(list(alive)):
        if len(alive) < 2 or (answered & (stratum == name)).sum() >= fewest:
            continue
        place = alive.index(name)
        target = alive[place - 1] if place else alive[1]
        certain = certain.where(~stratum.isin([name, target]), 0)
        stratum = stratum.mask(stratum == name, target)
        alive.remove(name)
    return unit_strata.assign(stratum=stratum, certainty=certain)


def design(records: pd.DataFrame, unit_strata: pd.DataFrame) -> Survey:
    """Give every respondent the weight N_h / n_h of its stratum.

    Parameters
    ----------
    records
        One row per respondent (and reference year), with column `unit`.
    unit_strata
        One row per unit of the frame: unit, stratum.

    Raises
    ------
    InputError
        A respondent is not on the frame, or a stratum has units but no respondent.
    """
    population = unit_strata.groupby("stratum")["unit"].nunique().astype(float)
    stratum = records["unit"].map(unit_strata.set_index("unit")["stratum"])
    if stratum.isna().any():
        strangers = records.loc[stratum.isna(), "unit"].nunique()
        raise InputError(f"{strangers} respondent(s) are not on the frame. Add them or drop them.")
    answered = records.groupby(stratum)["unit"].nunique()
    empty = sorted(set(population.index) - set(answered.index))
    if empty:
        raise InputError(
            f"{len(empty)} stratum or strata have no respondent: {', '.join(empty)}. "
            "Merge strata in round.yml, or follow up."
        )
    weights = stratum.map(population / answered).astype(float)
    return Survey(records, weights, stratum, population)
