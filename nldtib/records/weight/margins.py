"""Calibration totals: made from the frame, checked against the answers, turned into columns.

A margin is a column of the records (or several that are crossed); it has either one total of a
number, or a count per code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.errors import MissingValuesError, ParameterError
from nldtib.schema import Survey, check

TEMPLATE = ("margin", "code", "total")
FINDINGS = ["margin", "code", "problem", "size"]
# Counts of the same units by two margins agree to within rounding.
AGREE = 1e-6

Totals = Mapping | pd.DataFrame


@dataclass(frozen=True)
class Total:
    """One total: its margin, the columns of it, the code (None for a sum) and the amount."""

    margin: object
    columns: tuple[str, ...]
    code: object
    amount: float

    @property
    def name(self) -> str:
        """Return how messages call it."""
        margin = "*".join(self.columns)
        if self.code is None:
            return margin
        code = self.code if isinstance(self.code, tuple) else (self.code,)
        return f"{margin}={'*'.join(map(str, code))}"


def template(frame: pd.DataFrame, model: Mapping[str, Sequence]) -> pd.DataFrame:
    """Make the table of calibration totals that a model needs, filled from the frame.

    Parameters
    ----------
    frame
        One row per unit of the population that the weights are to stand for.
    model
        `counts`: columns (or tuples of columns, crossed) whose codes are counted; `amounts`:
        numeric columns that are summed.

    Returns
    -------
    DataFrame
        margin, code (None for a sum), total. `calibrate` takes it as it is.

    Raises
    ------
    ParameterError
        The model has another key, or the frame lacks a column.
    MissingValuesError
        A column of the frame has gaps.
    """
    strange = sorted(set(model) - {"counts", "amounts"})
    if strange:
        raise ParameterError(
            f"A calibration model has counts and amounts, not {', '.join(strange)}."
        )
    rows = []
    for margin in model.get("counts", ()):
        columns = _columns(margin)
        labels = _labels(_known(frame, columns, "The frame"), columns)
        counts = labels.value_counts(sort=False)
        rows += [(margin, code, float(counts[code])) for code in _ordered(counts.index)]
    for margin in model.get("amounts", ()):
        column = _known(frame, (margin,), "The frame")[margin]
        rows.append((margin, None, float(column.sum())))
    table = pd.DataFrame(rows, columns=list(TEMPLATE), dtype=object)
    return table.astype({"total": float})


def listed(totals: Totals) -> list[Total]:
    """Return the totals one by one, whatever form they came in.

    Raises
    ------
    SchemaError
        A table of totals lacks a column.
    ParameterError
        There is no total, or one is not a number.
    """
    result = []
    if isinstance(totals, pd.DataFrame):
        for row in check(totals, TEMPLATE, "weight.calibrate").itertuples(index=False):
            code = None if _is_blank(row.code) else row.code
            result.append(Total(row.margin, _columns(row.margin), code, _number(row.total)))
    else:
        for margin, value in totals.items():
            columns = _columns(margin)
            coded = value.items() if isinstance(value, Mapping | pd.Series) else [(None, value)]
            result += [Total(margin, columns, code, _number(n)) for code, n in coded]
    if not result:
        raise ParameterError("There are no calibration totals to meet.")
    return result


def check_totals(
    survey: Survey, totals: Totals, fixed: pd.Series | str | None = None
) -> pd.DataFrame:
    """Hold calibration totals against the records, before weights are moved.

    Returns
    -------
    DataFrame
        One row per finding: margin, code, problem, size. Problems are `unknown` (no such column),
        `missing` (a code has respondents but no total; size counts them), `impossible` (no number,
        a negative count, units but no respondent, respondents but no units, or a sum that no
        weights above zero can give; size is the total) and `inconsistent` (two margins count
        different numbers of units; size is the difference).
    """
    wanted = listed(totals)
    free = ~fixed_rows(survey, fixed)
    records = survey.records[free]
    found = []
    for margin in dict.fromkeys(total.margin for total in wanted):
        group = [total for total in wanted if total.margin == margin]
        absent = [name for name in group[0].columns if name not in records]
        if absent:
            found.append((margin, None, "unknown", float(len(absent))))
        elif group[0].code is None:
            found += _impossible_sum(records, group[0])
        else:
            found += _wrong_counts(records, group)
    found += _inconsistent(records, wanted, {row[0] for row in found})
    return pd.DataFrame(found, columns=FINDINGS)


def auxiliaries(
    rows: pd.DataFrame, wanted: Sequence[Total]
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return the columns that the totals sum (n x p), the totals (p), and their names.

    Raises
    ------
    ParameterError
        The records lack a column, a column is not a number, or a total is not finite.
    MissingValuesError
        A column has gaps.
    """
    blank = [total.name for total in wanted if not np.isfinite(total.amount)]
    if blank:
        raise ParameterError(
            f"{len(blank)} of {len(wanted)} calibration totals are missing or infinite: "
            f"{', '.join(blank[:5])}. Fill them from the frame (weight.template)."
        )
    labels: dict = {}
    columns = []
    for total in wanted:
        found = _known(rows, total.columns, "The records")
        if total.code is None:
            columns.append(_numbers(found[total.columns[0]]))
            continue
        if total.columns not in labels:
            labels[total.columns] = _labels(found, total.columns)
        columns.append((labels[total.columns] == _code(total)).to_numpy(float))
    amounts = np.array([total.amount for total in wanted])
    return np.column_stack(columns), amounts, tuple(total.name for total in wanted)


def fixed_rows(survey: Survey, fixed: pd.Series | str | None) -> np.ndarray:
    """Return which rows keep their weight (booleans over the records).

    Raises
    ------
    ParameterError
        The column is unknown.
    MissingValuesError
        Some rows are not said to be fixed or free.
    """
    index = survey.records.index
    if fixed is None:
        return np.zeros(len(index), dtype=bool)
    if isinstance(fixed, str):
        fixed = _known(survey.records, (fixed,), "The records")[fixed]
    elif not isinstance(fixed, pd.Series):
        fixed = pd.Series(np.asarray(fixed), index=index)
    fixed = fixed.reindex(index)
    if fixed.isna().any():
        raise MissingValuesError("`fixed`", int(fixed.isna().sum()), len(fixed))
    return fixed.to_numpy(bool)


def _impossible_sum(records: pd.DataFrame, total: Total) -> list[tuple]:
    values = pd.to_numeric(records[total.columns[0]], errors="coerce")
    sign_fits = (values > 0).any() if total.amount > 0 else (values < 0).any()
    if np.isfinite(total.amount) and (sign_fits or total.amount == 0):
        return []
    return [(total.margin, None, "impossible", total.amount)]


def _wrong_counts(records: pd.DataFrame, group: list[Total]) -> list[tuple]:
    counts = _labels(records, group[0].columns).value_counts()
    codes = {_code(total) for total in group}
    found = [
        (group[0].margin, code, "missing", float(n))
        for code, n in counts.items()
        if code not in codes and n > 0
    ]
    for total in group:
        respondents = int(counts.get(_code(total), 0))
        sound = np.isfinite(total.amount) and total.amount >= 0
        if not sound or (total.amount > 0) != (respondents > 0):
            found.append((total.margin, total.code, "impossible", total.amount))
    return found


def _inconsistent(records: pd.DataFrame, wanted: list[Total], troubled: set) -> list[tuple]:
    """Compare the margins that count every unit; one with a finding counts something else."""
    sums: dict = {}
    for total in wanted:
        if total.code is not None and total.margin not in troubled:
            sums[total.margin] = sums.get(total.margin, 0.0) + total.amount
    if not sums:
        return []
    first = next(iter(sums.values()))
    return [
        (margin, None, "inconsistent", amount - first)
        for margin, amount in sums.items()
        if abs(amount - first) > AGREE * max(abs(first), 1.0)
    ]


def _ordered(codes: pd.Index) -> list:
    try:
        return sorted(codes)
    except TypeError:
        return sorted(codes, key=str)


def _columns(margin: object) -> tuple[str, ...]:
    return tuple(margin) if isinstance(margin, tuple | list) else (margin,)


def _known(table: pd.DataFrame, columns: tuple[str, ...], whose: str) -> pd.DataFrame:
    for name in columns:
        if name not in table:
            raise ParameterError(f"{whose} has no column {name} to calibrate on.")
        gaps = int(table[name].isna().sum())
        if gaps:
            raise MissingValuesError(name, gaps, len(table))
    return table[list(columns)]


def _labels(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series:
    if len(columns) == 1:
        return table[columns[0]]
    return pd.Series(list(table[list(columns)].itertuples(index=False, name=None)), table.index)


def _code(total: Total) -> object:
    return tuple(total.code) if len(total.columns) > 1 else total.code


def _numbers(column: pd.Series) -> np.ndarray:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(float)
    if not np.isfinite(numbers).all():
        raise ParameterError(
            f"{column.name} is not a finite number for {int((~np.isfinite(numbers)).sum())} "
            "records, so it has no total to calibrate on."
        )
    return numbers


def _number(value: object) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ParameterError("A calibration total is not a number.") from None


def _is_blank(code: object) -> bool:
    return code is None or (isinstance(code, float) and np.isnan(code))
