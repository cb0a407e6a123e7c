"""Which rows count in which domain, and the values they carry."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.errors import MissingValuesError, ParameterError
from nldtib.schema import Survey


@dataclass(frozen=True)
class Domains:
    """Membership of each row in each domain (rows x D, 0 or 1), labels, and respondents (D)."""

    members: np.ndarray
    labels: list
    respondents: np.ndarray


def inside(survey: Survey, where: str | pd.Series | None) -> pd.Series:
    """Return which rows the condition counts, as booleans over the records.

    Raises
    ------
    MissingValuesError
        The condition has gaps, or does not cover every row.
    """
    index = survey.records.index
    if where is None:
        return pd.Series(True, index=index)
    if isinstance(where, str):
        where = _column(survey, where)
    condition = where.reindex(index)
    gaps = int(condition.isna().sum())
    if gaps:
        raise MissingValuesError("the condition `where`", gaps, len(condition))
    return condition.astype(bool)


def split(survey: Survey, by: str | None, where: str | pd.Series | None) -> Domains:
    """Divide the counted rows over the labels of `by`, keeping the others as zeros.

    Raises
    ------
    MissingValuesError
        A counted row has no label.
    ParameterError
        The counted rows mix reference years, or a column is unknown.
    """
    counted = inside(survey, where)
    records = survey.records
    years = records.loc[counted, "reference_year"].nunique() if "reference_year" in records else 1
    if years > 1:
        raise ParameterError(
            f"The records hold {years} reference years. Say which one with `where`."
        )
    if by is None:
        members = counted.to_numpy(float)[:, None]
        return Domains(members, ["all"], members.sum(axis=0).astype(int))
    labels = _column(survey, by)
    gaps = int(labels[counted].isna().sum())
    if gaps:
        raise MissingValuesError(by, gaps, int(counted.sum()))
    if isinstance(labels.dtype, pd.CategoricalDtype):
        known = list(labels.cat.categories)
    else:
        known = sorted(labels[counted].unique())
    if not known:
        raise ParameterError(f"No record is counted, so {by} has no domain.")
    members = np.column_stack([((labels == label) & counted).to_numpy(float) for label in known])
    return Domains(members, known, members.sum(axis=0).astype(int))


def values(survey: Survey, name: str, domains: Domains) -> np.ndarray:
    """Return a numeric column of the records, with zeros outside every domain.

    Raises
    ------
    MissingValuesError
        The column has gaps inside the domains.
    ParameterError
        The column is unknown or infinite somewhere inside.
    """
    counted = domains.members.any(axis=1)
    column = pd.to_numeric(_column(survey, name), errors="coerce").to_numpy(float)
    gaps = int(np.isnan(column[counted]).sum())
    if gaps:
        raise MissingValuesError(name, gaps, int(counted.sum()))
    if np.isinf(column[counted]).any():
        raise ParameterError(f"{name} is infinite for some records. Mend those answers first.")
    return np.where(counted, column, 0.0)


def _column(survey: Survey, name: str) -> pd.Series:
    if name not in survey.records:
        raise ParameterError(f"The records have no column {name}.")
    return survey.records[name]
