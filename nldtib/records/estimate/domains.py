"""Which rows count in which domain, and the values they carry.

A unit counts in a domain through its rows there; `Layout` has one place per unit and domain in
which the unit has rows. Everywhere else the unit counts as zero, which needs no storing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.errors import MissingValuesError, ParameterError
from nldtib.records import weight
from nldtib.records.estimate.lonely import treated
from nldtib.schema import Survey

By = str | Sequence[str] | None
Where = str | pd.Series | np.ndarray | None
EVERYONE = "all"
# Up to so many numbers, one pass over all is quicker than one per column.
SMALL = 200_000


@dataclass(frozen=True)
class Layout:
    """Where each counted row counts: P places of a unit in one of D domains.

    rows (numbers of the counted rows, or None for all rows), place of each counted row (or None
    where every row is a place of its own), unit and domain of each place, units and strata of the
    design, labels of the domains, the columns they come from, and respondents (rows) per domain.
    """

    design: weight.Units
    rows: np.ndarray | None
    place_of_row: np.ndarray | None
    unit: np.ndarray
    domain: np.ndarray
    labels: list
    columns: tuple[str, ...]
    keys: pd.DataFrame | None
    respondents: np.ndarray

    @property
    def size(self) -> int:
        """Return the number of domains (D)."""
        return len(self.labels)

    @property
    def weight(self) -> np.ndarray:
        """Return the weight of each place."""
        return self.design.weight[self.unit]

    @property
    def cell(self) -> np.ndarray:
        """Return the number of the crossing of stratum and domain, per place."""
        return self.design.stratum_of[self.unit] * self.size + self.domain

    def counts(self) -> np.ndarray:
        """Return the number of units with rows in each stratum and domain (H x D)."""
        strata = len(self.design.respondents)
        return np.bincount(self.cell, minlength=strata * self.size).reshape(strata, -1)

    def collect(self, rows: np.ndarray) -> np.ndarray:
        """Sum values of all records to one value per place."""
        return self.collect_counted(rows if self.rows is None else rows[self.rows])

    def domain_of_row(self) -> np.ndarray:
        """Return the domain of each counted row."""
        return self.domain if self.place_of_row is None else self.domain[self.place_of_row]

    def row_weight(self) -> np.ndarray:
        """Return the weight of each counted row."""
        return self.weight if self.place_of_row is None else self.weight[self.place_of_row]

    def collect_counted(self, rows: np.ndarray) -> np.ndarray:
        """Sum values of the counted rows to one value per place."""
        if self.place_of_row is None:
            return rows
        return np.bincount(self.place_of_row, rows, len(self.unit))

    def totals(self, places: np.ndarray) -> np.ndarray:
        """Sum values over the places of each domain (D)."""
        return np.bincount(self.domain, places, self.size)

    def sums(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """Sum several columns over the places of each domain (K x D)."""
        if self.size == 1:
            return np.array([[column.sum()] for column in columns])
        if len(columns) * len(self.domain) > SMALL:
            return np.array([self.totals(column) for column in columns])
        at = (np.arange(len(columns))[:, None] * self.size + self.domain).ravel()
        found = np.bincount(at, np.ravel(columns), len(columns) * self.size)
        return found.reshape(-1, self.size)

    def dense(self, places: np.ndarray, domain: int) -> np.ndarray:
        """Return the value of every unit in one domain, with zeros outside (n)."""
        inside = self.domain == domain
        return np.bincount(self.unit[inside], places[inside], len(self.design.weight))


def inside(survey: Survey, where: Where) -> np.ndarray:
    """Return which rows the condition counts, as booleans over the records.

    Raises
    ------
    MissingValuesError
        The condition has gaps, or does not cover every row.
    ParameterError
        The condition has another length than the records, or names no column.
    """
    index = survey.records.index
    if where is None:
        return np.ones(len(index), dtype=bool)
    if isinstance(where, str):
        where = column(survey, where)
    if not isinstance(where, pd.Series):
        condition = np.asarray(where)
        if condition.shape != (len(index),):
            raise ParameterError(
                f"The condition `where` covers {condition.size} rows, not {len(index)}."
            )
        where = pd.Series(condition, index=index)
    if not where.index.equals(index):
        where = where.reindex(index)
    gaps = int(where.isna().sum())
    if gaps:
        raise MissingValuesError("the condition `where`", gaps, len(where))
    return where.to_numpy(bool)


def split(survey: Survey, by: By, where: Where, lonely: str = "adjust") -> Layout:
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
    if "reference_year" in records:
        years = pd.unique(records["reference_year"].to_numpy()[counted])
        if len(years) > 1:
            raise ParameterError(
                f"The records hold {len(years)} reference years. Say which one with `where`."
            )
    return of_rows(survey, by, counted, lonely)


def of_rows(survey: Survey, by: By, counted: np.ndarray, lonely: str = "adjust") -> Layout:
    """Lay the counted rows out over the domains of `by`, of whatever reference year."""
    design = treated(weight.units_of(survey), lonely)
    rows = None if counted.all() else np.flatnonzero(counted)
    columns = () if by is None else ((by,) if isinstance(by, str) else tuple(by))
    domain, labels, keys = _domains(survey, columns, rows, int(counted.sum()))
    unit = design.unit_of_row if rows is None else design.unit_of_row[rows]
    respondents = np.bincount(domain, minlength=len(labels))
    place_of_row = None
    if len(design.first_row) < len(design.unit_of_row):
        pairs = unit * len(labels) + domain
        place_of_row, places = pd.factorize(pairs)
        if len(places) == len(pairs):
            place_of_row = None
        else:
            unit, domain = np.divmod(places, len(labels))
    return Layout(design, rows, place_of_row, unit, domain, labels, columns, keys, respondents)


def values(survey: Survey, name: str, layout: Layout, only: np.ndarray | None = None) -> np.ndarray:
    """Return a numeric column of the records, summed to the places of the layout.

    Rows that `only` leaves out count as zero, whatever they hold.

    Raises
    ------
    MissingValuesError
        The column has gaps inside the domains.
    ParameterError
        The column is unknown, not numeric or infinite somewhere inside.
    """
    found = column(survey, name)
    if found.dtype == object or isinstance(found.dtype, pd.CategoricalDtype | pd.StringDtype):
        numbers = pd.to_numeric(found, errors="coerce")
        words = int((numbers.isna() & found.notna()).sum())
        if words:
            raise ParameterError(f"{name} is not a number for {words} records.")
        found = numbers
    rows = found.to_numpy(float, na_value=np.nan)
    if only is not None:
        rows = np.where(only, rows, 0.0)
    counted = rows if layout.rows is None else rows[layout.rows]
    # One sum tells at once whether all is well; only then is it worth looking for the reason.
    with np.errstate(over="ignore", invalid="ignore"):
        sound = np.isfinite(counted.sum())
    if not sound:
        gaps = int(np.isnan(counted).sum())
        if gaps:
            raise MissingValuesError(name, gaps, len(counted))
        endless = int(np.isinf(counted).sum())
        if endless:
            raise ParameterError(
                f"{name} is infinite for {endless} of {len(counted)} records. "
                "Mend those answers first."
            )
    return layout.collect(rows)


def several(survey: Survey, names: Sequence[str], layout: Layout) -> list[np.ndarray]:
    """Return numeric columns of the records, as `values` does for one.

    Raises
    ------
    MissingValuesError, ParameterError
        As in `values`.
    """
    records = survey.records
    small = len(records) * len(names) <= SMALL
    if small and layout.place_of_row is None and all(name in records for name in names):
        table = records[list(names)]
        if table.dtypes.eq(np.float64).all():
            rows = table.to_numpy().T
            rows = rows if layout.rows is None else rows[:, layout.rows]
            # Anything that is not finite shows in the sum; the reason is looked for below.
            with np.errstate(over="ignore", invalid="ignore"):
                if np.isfinite(rows.sum()):
                    return list(rows)
    return [values(survey, name, layout) for name in names]


def declared(survey: Survey, layout: Layout) -> bool:
    """Return whether the labels are a declared list, of which a label may be empty in a year."""
    return all(
        isinstance(survey.records[name].dtype, pd.CategoricalDtype) for name in layout.columns
    )


def column(survey: Survey, name: str) -> pd.Series:
    """Return a column of the records, or refuse.

    Raises
    ------
    ParameterError
        The records do not have the column.
    """
    if name not in survey.records:
        raise ParameterError(f"The records have no column {name}.")
    return survey.records[name]


def _domains(
    survey: Survey, columns: tuple[str, ...], rows: np.ndarray | None, counted: int
) -> tuple[np.ndarray, list, pd.DataFrame | None]:
    if not columns:
        return np.zeros(counted, dtype=int), [EVERYONE], None
    if not counted:
        raise ParameterError(f"No record is counted, so {', '.join(columns)} has no domain.")
    coded = [_codes(survey, name, rows) for name in columns]
    if len(coded) == 1:
        return *coded[0], None
    crossed = coded[0][0]
    for codes, labels in coded[1:]:
        crossed = crossed * len(labels) + codes
    seen, domain = np.unique(crossed, return_inverse=True)
    places = np.unravel_index(seen, [len(labels) for _, labels in coded])
    keys = pd.DataFrame(
        {
            name: [labels[i] for i in place]
            for name, (_, labels), place in zip(columns, coded, places, strict=True)
        }
    )
    labels = [";".join(map(str, key)) for key in keys.itertuples(index=False)]
    return domain, labels, keys


def _codes(survey: Survey, name: str, rows: np.ndarray | None) -> tuple[np.ndarray, list]:
    labels = column(survey, name)
    if rows is not None:
        labels = labels.iloc[rows]
    if isinstance(labels.dtype, pd.CategoricalDtype):
        codes, known = labels.cat.codes.to_numpy(int), list(labels.cat.categories)
    else:
        codes, known = pd.factorize(labels)
        known = list(known)
        try:
            order = sorted(range(len(known)), key=known.__getitem__)
        except TypeError:
            order = sorted(range(len(known)), key=lambda place: str(known[place]))
        rank = np.empty(len(known) + 1, dtype=int)
        rank[order] = np.arange(len(known))
        rank[-1] = -1
        codes, known = rank[codes], [known[place] for place in order]
    gaps = int((codes < 0).sum())
    if gaps:
        raise MissingValuesError(name, gaps, len(codes))
    return codes, known
