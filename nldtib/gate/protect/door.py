"""What comes in at the gate: cells that can be placed, contributions that the rule can judge."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from nldtib import schema
from nldtib.errors import InputError, MissingValuesError, SchemaError, UnprotectedError
from nldtib.gate.protect.rules import Rules
from nldtib.gate.protect.system import Place

TO_DECIDE = ""
DECIDED_BEFORE = ("unreliable", "not_applicable")


def named(cells: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return the cells with their place and statistic, after refusing what cannot be placed.

    Raises
    ------
    UnprotectedError
        A variable is not in the codebook, or a status was decided elsewhere.
    SchemaError
        A column is missing, or a cell stands twice in one table.
    """
    schema.check(cells, schema.CELLS, "protect")
    unknown = sorted(set(cells["variable"]) - set(rules.variables))
    if unknown:
        raise UnprotectedError(
            f"{len(unknown)} variable(s) of the tables are not in the codebook: "
            f"{', '.join(unknown)}. Without a definition a cell cannot be judged."
        )
    status = cells["status"].astype(object).where(cells["status"].notna(), TO_DECIDE)
    strange = ~status.isin([TO_DECIDE, *DECIDED_BEFORE])
    if strange.any():
        raise UnprotectedError(
            f"{int(strange.sum())} cell(s) come in with a status other than empty, unreliable or "
            "not_applicable. Only protect decides what is published."
        )
    statistic = cells["variable"].map({name: v.statistic for name, v in rules.variables.items()})
    found = cells.assign(status=status, place=places(cells, rules.dimensions), statistic=statistic)
    found = found.reset_index(drop=True)
    twice = found.duplicated(["table", "variable", "reference_year", "place"])
    if twice.any():
        raise SchemaError(
            f"{int(twice.sum())} cell(s) stand twice in one table, the first in "
            f"{found['table'][twice].iloc[0]}. A cell has one row per table."
        )
    if (status == TO_DECIDE).all():
        return found
    # One cell in two tables has one status; in the order of the words, unreliable comes last.
    cell = found.groupby(["variable", "reference_year", "place"], sort=False)
    return found.assign(status=cell["status"].transform("max"))


def places(cells: pd.DataFrame, dimensions: Iterable[str]) -> list[Place]:
    """Return the place of each row: its (dimension, code) pairs, margins left out."""
    names = sorted(name for name in dimensions if name in cells)
    rows = cells[names].astype(str).itertuples(index=False)
    return [
        tuple((name, code) for name, code in zip(names, row, strict=True) if code != schema.TOTAL)
        for row in rows
    ]


def refuse_contributions(contributions: pd.DataFrame, variables: Iterable[str]) -> None:
    """Refuse contributions that are absent, negative, endless or repeated.

    Raises
    ------
    InputError, MissingValuesError, SchemaError
        With counts, never a value.
    """
    variables = sorted(variables)
    schema.check(contributions, (*schema.CONTRIBUTIONS, *variables), "protect")
    for column in ("unit", "holding", "weight"):
        absent = int(contributions[column].isna().sum())
        if absent:
            raise InputError(
                f"{absent} contribution(s) have no {column}. Every respondent needs one; a unit "
                "that stands alone is its own holding."
            )
    for column in variables:
        absent = int(contributions[column].isna().sum())
        if absent:
            raise MissingValuesError(column, absent, len(contributions))
    for column in ("weight", *variables):
        number = contributions[column].to_numpy(float)
        wrong = int((~np.isfinite(number) | (number < 0)).sum())
        if wrong:
            raise InputError(
                f"{column} has {wrong} contribution(s) that are negative or no number. The p % "
                "rule holds for contributions of zero and more: edit them first."
            )
    twice = int(contributions.duplicated(["unit", "reference_year"]).sum())
    if twice:
        raise InputError(
            f"{twice} contribution(s) repeat a unit and reference year. Give one row for each."
        )
