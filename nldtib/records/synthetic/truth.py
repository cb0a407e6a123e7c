"""What a round should find out, and what the register knows of it beforehand."""

import numpy as np
import pandas as pd

from nldtib.codebook import Codebook, Dimension
from nldtib.errors import InputError
from nldtib.records.synthetic.assemble import chance
from nldtib.records.synthetic.choices import Choices
from nldtib.rounds import Parameters

REGISTER = 1
FRAME = (
    "unit",
    "name",
    "kvk",
    "holding",
    "organisation_type",
    "employees",
    "postcode",
    "province",
    "military_domain",
    "mod_business",
    "known_large",
    "turnover_register",
)


def known(population: pd.DataFrame, parameters: Parameters, book: Codebook) -> pd.DataFrame:
    """Return the truth that a round asks for.

    Returns
    -------
    DataFrame
        One row per unit in scope and reference year of the round: unit, holding, reference_year,
        certainty (1 in a take-all stratum), the code of each partition, 0/1 columns of overlapping
        dimensions, and every variable that is a total.

    Raises
    ------
    InputError
        The codebook has a dimension or code that the population does not have.
    """
    asked = population["reference_year"].isin(parameters.reference_years)
    rows = population[asked & population["in_scope"]].reset_index(drop=True)
    strata = parameters.strata
    certain = (rows[strata.take_all_list] == 1) | (rows["employees"] >= strata.take_all_employees)
    certain |= rows["organisation_type"].isin(strata.take_all_types)
    parts = [rows[["unit", "holding", "reference_year"]], certain.astype(int).rename("certainty")]
    parts += [_places(rows, dimension) for dimension in book.dimensions.values()]
    for variable in book.variables.values():
        if variable.statistic == "total":
            values = rows.eval(variable.formula) if variable.formula else rows[variable.name]
            parts.append(pd.Series(values, rows.index, name=variable.name).astype(float).round(3))
    return pd.concat(parts, axis=1)


def frame(
    population: pd.DataFrame, parameters: Parameters, seed: int, choices: Choices
) -> pd.DataFrame:
    """Return the frame of a round: one row per unit, what is known before anyone answers.

    Turnover in the register is that of an annual account of the year before the last one asked:
    near the truth, in two figures, and only of those who must deposit one.
    """
    rng = chance(seed, parameters.survey_round, REGISTER)
    before = max(year for year in parameters.reference_years[:-1])
    rows = population[population["reference_year"] == before].reset_index(drop=True)
    usual = rows["turnover_total"] / rows["employees"]
    turnover = rows["turnover_total"].fillna(rows["employees"] * usual.median())
    turnover = turnover * np.exp(rng.normal(0, 0.1, len(rows)))
    step = 10 ** np.maximum(np.floor(np.log10(turnover)) - 1, 0)
    deposited = (step * np.round(turnover / step)).astype("Int64")
    rows["turnover_register"] = deposited.where(rows["with_annual_account"])
    sources = [name for name in rows if name.startswith("source_")]
    return rows[[*FRAME, *sources]]


def _places(rows: pd.DataFrame, dimension: Dimension) -> pd.DataFrame:
    codes = [item.code for item in dimension.codes]
    if dimension.bands_of:
        values = np.asarray(rows.eval(dimension.bands_of), dtype=float)
        place = np.searchsorted(dimension.lower_bounds, values, side="right") - 1
        return pd.DataFrame({dimension.name: np.array(codes, dtype=object)[place]})
    names = [dimension.name]
    if dimension.overlapping:
        names = [f"{dimension.name}.{code}" for code in codes]
    absent = [name for name in names if name not in rows]
    if absent or not (dimension.overlapping or set(rows[dimension.name]) <= set(codes)):
        raise InputError(
            f"The codebook and parameters/synthetic.yml do not agree on the codes of "
            f"{dimension.name}. Give both the same codes."
        )
    return rows[names]
