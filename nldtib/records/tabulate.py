"""Fill the table plan: a cell per table, place, reference year and variable, with precision."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
import pandas as pd

from nldtib.codebook import Codebook, Variable
from nldtib.records import estimate
from nldtib.rounds import Grades, Interval, Table
from nldtib.schema import TOTAL, Survey

LETTERS = "ABCDEF"
NOT_PUBLISHED = "F"


@dataclass(frozen=True)
class Source:
    """What cells are made from.

    survey
        Respondents of all reference years; columns as `clean.derived` leaves them.
    imputed
        CHANGES rows of imputed values.
    """

    survey: Survey
    imputed: pd.DataFrame
    book: Codebook
    reference_years: Sequence[int]
    interval: Interval
    grades: Grades


@dataclass(frozen=True)
class Amounts:
    """Weighted amounts per row of the records, a column per variable: all, and the imputed part."""

    every: pd.DataFrame
    filled: pd.DataFrame


def cells(source: Source, plan: Sequence[Table]) -> pd.DataFrame:
    """Estimate every cell of the plan.

    Returns
    -------
    DataFrame
        CELLS with one column per dimension of the codebook; `status` is empty (to be decided by
        the gate) or `unreliable` where the grade is F or nobody answered.
    """
    amounts = imputed_amounts(source)
    rows = []
    for table in plan:
        years = source.reference_years if table.years == "all" else source.reference_years[-1:]
        for year in years:
            for dimensions in _margins(table.by):
                rows += _place_rows(source, amounts, table, year, dimensions)
    table = pd.concat(rows, ignore_index=True)
    # A figure that stands in two tables is one figure, to the last bit.
    figures = ["value", "low", "high", "cv", "imputed"]
    table[figures] = table.groupby("key")[figures].transform("first")
    return _graded(table, source.grades)


def grade(cv: float, imputed: float, n: int, limits: Grades) -> str:
    """Return the worst of three grades: by cv (a share), imputed share and respondents.

    A is the best; F, worse than every limit, is not published.
    """
    by_cv = next((g for g, limit in limits.cv.items() if cv <= limit), NOT_PUBLISHED)
    by_imputed = next((g for g, limit in limits.imputed.items() if imputed <= limit), NOT_PUBLISHED)
    by_n = next((g for g, limit in limits.respondents.items() if n >= limit), NOT_PUBLISHED)
    return max(by_cv, by_imputed, by_n, key=LETTERS.index)


def imputed_amounts(source: Source) -> Amounts:
    """Weigh every variable that has a total, and the imputed part of it, row by row.

    A variable made of others counts as imputed where any of them is.
    """
    records = source.survey.records
    names = [v.name for v in source.book.variables.values() if v.statistic == "total"]
    rows = pd.MultiIndex.from_frame(records[["unit", "reference_year"]])
    flagged = {
        name: rows.isin(pd.MultiIndex.from_frame(found[["unit", "reference_year"]]))
        for name, found in source.imputed.groupby("variable")
    }
    nowhere = np.zeros(len(records), bool)
    every = records[names].mul(source.survey.weight, axis=0)
    filled = {}
    for name in names:
        parts = [flagged.get(part, nowhere) for part in _components(source.book, name)]
        filled[name] = every[name].where(np.logical_or.reduce(parts), 0.0)
    return Amounts(every, pd.DataFrame(filled, index=records.index))


def _margins(by: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [part for size in range(len(by) + 1) for part in combinations(by, size)]


def _place_rows(
    source: Source, amounts: Amounts, table: Table, year: int, dimensions: tuple[str, ...]
) -> list[pd.DataFrame]:
    records = source.survey.records
    counted = records["in_scope"] & (records["reference_year"] == year)
    variables = [source.book.variables[name] for name in table.variables]
    if not dimensions:
        variables = [v for v in variables if v.statistic != "share"]
    overlapping = [name for name in dimensions if source.book.dimensions[name].overlapping]
    if not variables:
        return []
    if overlapping:
        estimates = _overlapping(source, amounts, variables, overlapping[0], counted)
    else:
        estimates = _partition(source, amounts, variables, dimensions, counted)
    places = estimates["domain"].astype(str).tolist()
    names = estimates["variable"].tolist()
    rows = estimates.drop(columns="domain").assign(
        table=table.name,
        reference_year=year,
        unit_of_measure=[source.book.variables[name].unit_of_measure for name in names],
        base=[source.book.variables[name].base.nl for name in names],
        **{name: TOTAL for name in source.book.dimensions if name not in dimensions},
    )
    for part, name in enumerate(dimensions):
        rows[name] = [place.split("|")[part] for place in places]
    keys = zip(names, places, strict=True)
    return [rows.assign(key=[_key(name, dimensions, place, year) for name, place in keys])]


def _key(variable: str, dimensions: tuple[str, ...], place: str, year: int) -> str:
    parts = zip(dimensions, place.split("|"), strict=False)
    where = ",".join(f"{name}={part}" for name, part in parts) or TOTAL
    return f"{variable}:{where}:{year}"


def _partition(
    source: Source,
    amounts: Amounts,
    variables: list[Variable],
    dimensions: tuple[str, ...],
    counted: pd.Series,
) -> pd.DataFrame:
    survey, by = source.survey, None
    label = pd.Series("all", survey.records.index)
    if dimensions:
        by, label = "|".join(dimensions), _labels(source, dimensions)
        survey = replace(survey, records=survey.records.assign(**{by: label}))
    estimates = _estimated(source, survey, variables, by, counted)
    every = amounts.every[counted].groupby(label[counted], observed=False).sum()
    filled = amounts.filled[counted].groupby(label[counted], observed=False).sum()
    return estimates.assign(imputed=_parts(estimates, variables, filled, every))


def _overlapping(
    source: Source,
    amounts: Amounts,
    variables: list[Variable],
    dimension: str,
    counted: pd.Series,
) -> pd.DataFrame:
    rows = []
    shares = [v for v in variables if v.statistic == "share"]
    others = [v for v in variables if v.statistic != "share"]
    for item in source.book.dimensions[dimension].codes:
        column = f"{dimension}.{item.code}"
        inside = counted & (source.survey.records[column] == 1)
        found = [_estimated(source, source.survey, others, None, inside)] if others else []
        if shares:
            label = pd.Series(np.where(inside, item.code, ""), inside.index)
            records = source.survey.records.assign(**{column: label})
            survey = replace(source.survey, records=records)
            share = _estimated(source, survey, shares, column, counted)
            found.append(share[share["domain"] == item.code])
        here = pd.concat(found).assign(domain=item.code, n=int(inside.sum()))
        every = amounts.every[inside].sum().to_frame(item.code).T
        filled = amounts.filled[inside].sum().to_frame(item.code).T
        rows.append(here.assign(imputed=_parts(here, variables, filled, every)))
    return pd.concat(rows, ignore_index=True)


def _parts(
    estimates: pd.DataFrame,
    variables: list[Variable],
    filled: pd.DataFrame,
    every: pd.DataFrame,
) -> list[float]:
    """Return the imputed part of each estimate; that of a ratio is the part of its numerator."""
    part = (filled / every.where(every != 0)).fillna(0.0)
    main = {v.name: v.numerator or v.name for v in variables}
    pairs = zip(estimates["domain"], estimates["variable"], strict=True)
    return [float(part.at[domain, main[name]]) for domain, name in pairs]


def _labels(source: Source, dimensions: tuple[str, ...]) -> pd.Series:
    """Return the place of each row as one category, so that places without respondents show too."""
    columns = [source.survey.records[name] for name in dimensions]
    label = columns[0]
    for column in columns[1:]:
        label = label + "|" + column
    codes = [[item.code for item in source.book.dimensions[name].codes] for name in dimensions]
    places = ["|".join(place) for place in product(*codes)]
    return label.astype(pd.CategoricalDtype(places))


def _estimated(
    source: Source,
    survey: Survey,
    variables: list[Variable],
    by: str | None,
    counted: pd.Series,
) -> pd.DataFrame:
    precision = (source.interval.level, source.interval.most_degrees_of_freedom)
    found = []
    totals = [v.name for v in variables if v.statistic == "total"]
    if totals:
        found.append(estimate.total(survey, totals, by, counted, *precision))
    for variable in (v for v in variables if v.statistic != "total"):
        result = _percentage(source, survey, variable, by, counted, precision)
        result[["estimate", "low", "high"]] *= 100
        found.append(result.assign(variable=variable.name))
    rows = pd.concat(found, ignore_index=True).rename(columns={"estimate": "value"})
    return rows[["domain", "variable", "value", "low", "high", "cv", "n"]]


def _percentage(
    source: Source,
    survey: Survey,
    variable: Variable,
    by: str | None,
    counted: pd.Series,
    precision: tuple[float, float],
) -> pd.DataFrame:
    if variable.statistic == "ratio":
        parts = variable.numerator, variable.denominator
        return estimate.ratio(survey, *parts, by, counted, *precision)
    if variable.statistic == "share":
        return estimate.share(survey, variable.numerator, by, counted, *precision)
    years = source.reference_years[0], source.reference_years[-1]
    units = survey.records.loc[counted, "unit"]
    same = survey.records["in_scope"] & survey.records["unit"].isin(units)
    return estimate.change(survey, variable.numerator, *years, by, same, *precision)


def _components(book: Codebook, name: str) -> set[str]:
    variable = book.variables[name]
    if not variable.formula:
        return {name}
    nodes = ast.walk(ast.parse(variable.formula, mode="eval"))
    parts = [_components(book, node.id) for node in nodes if isinstance(node, ast.Name)]
    return {name}.union(*parts)


def _graded(rows: pd.DataFrame, limits: Grades) -> pd.DataFrame:
    cv = rows["cv"].fillna(np.inf).where(rows["value"] != 0, 0.0)
    rows["grade"] = [
        grade(*cell, limits) for cell in zip(cv, rows["imputed"], rows["n"], strict=True)
    ]
    rows["status"] = np.where(rows["grade"] == NOT_PUBLISHED, "unreliable", "")
    rows["sign"] = ""
    return rows.drop(columns="imputed")
