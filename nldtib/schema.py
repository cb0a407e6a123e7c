"""The tables that pass between rooms, and the one bundle that estimation works on.

A door has a shape: the room that receives a table checks it here on entry.
"""

from collections.abc import Mapping
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
CHANGES = (
    "unit",
    "reference_year",
    "variable",
    "origin",
    "rule",
    "old",
    "new",
    "who",
    "date",
)
RESPONSE = ("unit", "status")
DECISIONS = ("unit", "variable", "year", "old", "new", "reason", "who", "date")
ACCOUNTS = ("unit", "variable", "year", "value", "source")
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
# Signs of published cells: one answer carries much of it; modelled, not measured; a band, of which
# value is the middle and low and high are the ends.
FRAGILE, MODEL, BAND = "f", "m", "k"


@dataclass(frozen=True)
class CalibrationModel:
    """What the weights were calibrated to, and how, so that replicates can do it again.

    auxiliaries (n units x p, zero for fixed units), totals (p), their names, factors (n: weight
    over design weight), distance, bounds of the factors, and the working variance (n) or None.
    """

    auxiliaries: np.ndarray
    totals: np.ndarray
    names: tuple[str, ...]
    factors: np.ndarray
    distance: str = "linear"
    bounds: tuple[float, float] = (0.0, np.inf)
    working_variance: np.ndarray | None = None


@dataclass(frozen=True)
class Replicates:
    """Weights recomputed in R resamples; their spread is the uncertainty of any estimate.

    weights
        One row per row of the records, R columns.
    scale, rscales
        The variance is `scale` times the sum over replicates of `rscales` times the squared
        distance to the centre; `rscales` has R values.
    centre
        `mean` (of the replicate estimates) or `estimate` (of the full sample).
    degrees
        Degrees of freedom of the plain interval; None to take the rank of the weights less one.
    relaxed
        In how many replicates calibration had to leave the bounds of the factors.
    """

    weights: np.ndarray
    scale: float
    rscales: np.ndarray
    centre: str = "mean"
    degrees: float | None = None
    relaxed: int = 0


@dataclass(frozen=True)
class Survey:
    """Everything that an estimate needs.

    records
        One row per respondent, or one per respondent and reference year (columns `unit` and
        `reference_year`); the rows of one unit share weight and stratum.
    weight, stratum
        One value per row of the records, same index; a column name or an array is taken too.
    population
        Number of units in the population, by stratum; infinite where nothing is to be
        subtracted for a small population.
    replicates
        Replicate weights, or None. A plain table with one column per replicate is taken as a
        bootstrap: every replicate counts 1/R.
    calibration
        The calibration that made the weights, or None.
    """

    records: pd.DataFrame
    weight: pd.Series
    stratum: pd.Series
    population: pd.Series
    replicates: Replicates | None = None
    calibration: CalibrationModel | None = None

    def __post_init__(self) -> None:
        """Bring what was given to the declared shapes."""
        set_field = object.__setattr__
        set_field(self, "weight", _per_row(self.records, self.weight, "weight"))
        set_field(self, "stratum", _per_row(self.records, self.stratum, "stratum"))
        if isinstance(self.population, Mapping):
            set_field(self, "population", pd.Series(dict(self.population), dtype=float))
        if isinstance(self.replicates, pd.DataFrame):
            count = self.replicates.shape[1]
            weights = self.replicates.to_numpy(float)
            set_field(self, "replicates", Replicates(weights, 1 / count, np.ones(count)))


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


def _per_row(records: pd.DataFrame, given: object, what: str) -> pd.Series:
    if isinstance(given, pd.Series):
        return given
    if isinstance(given, str):
        check(records, (given,), f"Survey ({what})")
        return records[given]
    values = np.asarray(given)
    if values.shape != (len(records),):
        raise SchemaError(
            f"Survey needs one {what} for each of {len(records)} records, not {values.size}."
        )
    return pd.Series(values, index=records.index)
