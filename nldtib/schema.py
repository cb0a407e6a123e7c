"""The tables that pass between rooms, and the one bundle that estimation works on.

A door has a shape: the room that receives a table checks it here on entry.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.errors import SchemaError

ANSWERS = ("respondent_id", "variable", "year", "value", "status", "raw", "note")
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
)
RECORDS = ("unit", "holding", "reference_year")
FINDINGS = ("rule", "severity", "unit", "reference_year")
CHANGES = ("unit", "reference_year", "variable", "origin", "rule")
RESPONSE = ("unit", "status")
DECISIONS = ("unit", "variable", "year", "old", "new", "reason", "who", "date")
CONTRIBUTIONS = ("unit", "holding", "reference_year", "weight", "certainty")
CELLS = (
    "table",
    "key",
    "reference_year",
    "variable",
    "unit_of_measure",
    "base",
    "value",
    "low",
    "high",
    "cv",
    "grade",
    "n",
    "status",
    "sign",
)
STATUSES = ("published", "suppressed", "unreliable", "not_applicable")
ACCOUNT = ("step", "units_in", "units_out", "reason")
TOTAL = "total"


@dataclass(frozen=True)
class CalibrationModel:
    """What the weights were calibrated to: one row of `auxiliaries` per row of the records."""

    auxiliaries: np.ndarray
    totals: np.ndarray
    names: tuple[str, ...]
    factors: np.ndarray


@dataclass(frozen=True)
class Survey:
    """Everything that an estimate needs.

    records
        One row per respondent, or one per respondent and reference year (columns `unit` and
        `reference_year`); the rows of one unit share weight and stratum.
    weight, stratum
        One value per row of the records, same index.
    population
        Number of units in the population, by stratum.
    replicates
        Replicate weights, one column each, or None.
    calibration
        The calibration that made the weights, or None.
    """

    records: pd.DataFrame
    weight: pd.Series
    stratum: pd.Series
    population: pd.Series
    replicates: pd.DataFrame | None = None
    calibration: CalibrationModel | None = None


@dataclass(frozen=True)
class Edited:
    """Records after a step that changed values, and one row of `changes` for each such value."""

    records: pd.DataFrame
    changes: pd.DataFrame


def check(table: pd.DataFrame, columns: tuple[str, ...], room: str) -> pd.DataFrame:
    """Return `table` unchanged when it has all `columns`.

    Raises
    ------
    SchemaError
        Columns are missing; the message names them, and the room that needs them.
    """
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise SchemaError(
            f"{room} needs {len(missing)} more column(s) at its door: {', '.join(missing)}."
        )
    return table
