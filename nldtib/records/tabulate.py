"""Fill the table plan: a cell per table, place, reference year and variable, with precision."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

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


def cells(source: Source, plan: Sequence[Table]) -> pd.DataFrame:
    """Estimate every cell of the plan.

    Returns
    -------
    DataFrame
        CELLS with one column per dimension of the codebook; `status` is empty (to be decided by
        the gate) or `unreliable` where the grade is F or nobody answered.
    """
    rows = []
    for table in plan:
        years = source.reference_years if table.years == "all" else source.reference_years[-1:]
        for year in years:
            for dimensions in _margins(table.by):
                for name in table.variables:
                    variable = source.book.variables[name]
                    if variable.statistic == "share" and not dimensions:
                        continue
                    rows.append(_place_rows(source, table, variable, year, dimensions))
    result = pd.concat(rows, ignore_index=True)
    return _graded(result, source.grades)


def grade(cv: float, imputed: float, n: int, limits: Grades) -> str:
    """Return the worst of three grades: by cv (a share), imputed share and respondents.

    A is the best; F, worse than every limit, is not published.
    """
    by_cv = next((g for g, limit in limits.cv.items() if cv <= limit), NOT_PUBLISHED)
    by_imputed = next((g for g, limit in limits.imputed.items() if imputed <= limit), NOT_PUBLISHED)
    by_n = next((g for g, limit in limits.respondents.items() if n >= limit), NOT_PUBLISHED)
    return max(by_cv, by_imputed, by_n, key=LETTERS.index)


def imputed_shares(source: Source, variable: str, where: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return, per counted row, the weighted amount of a variable and the imputed part of it."""
    records = source.survey.records[where]
    parts = _components(source.book, variable)
    flags = source.imputed[source.imputed["variable"].isin(parts)]
    marked = pd.MultiIndex.from_frame(flags[["unit", "reference_year"]])
    keys = pd.MultiIndex.from_frame(records[["unit", "reference_year"]])
    amount = source.survey.weight[where] * records[variable]
    return amount, amount.where(keys.isin(marked), 0.0)


def _margins(by: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [part for size in range(len(by) + 1) for part in combinations(by, size)]


def _place_rows(
    source: Source, table: Table, variable: Variable, year: int, dimensions: tuple[str, ...]
) -> pd.DataFrame:
    counted = source.survey.records["in_scope"] & (source.survey.records["reference_year"] == year)
    overlapping = [name for name in dimensions if source.book.dimensions[name].overlapping]
    if overlapping:
        estimates = _overlapping(source, variable, overlapping[0], counted)
    else:
        estimates = _partition(source, variable, dimensions, counted)
    places = estimates["domain"].astype(str).tolist()
    rows = estimates.drop(columns="domain").assign(
        table=table.name,
        reference_year=year,
        variable=variable.name,
        unit_of_measure=variable.unit_of_measure,
        base=variable.base.nl,
        **{name: TOTAL for name in source.book.dimensions if name not in dimensions},
    )
    for part, name in enumerate(dimensions):
        rows[name] = [place.split("|")[part] for place in places]
    rows["key"] = [_key(variable.name, dimensions, place, year) for place in places]
    return rows


def _key(variable: str, dimensions: tuple[str, ...], code: str, year: int) -> str:
    places = zip(dimensions, code.split("|"), strict=False)
    where = ",".join(f"{name}={part}" for name, part in places) or TOTAL
    return f"{variable}:{where}:{year}"


def _partition(
    source: Source, variable: Variable, dimensions: tuple[str, ...], counted: pd.Series
) -> pd.DataFrame:
    survey, by = source.survey, None
    if dimensions:
        by = "|".join(dimensions)
        survey = replace(survey, records=survey.records.assign(**{by: _labels(source, dimensions)}))
    estimates = _estimated(source, survey, variable, by, counted)
    main = variable.numerator or variable.name
    amount, filled = imputed_shares(source, main, counted)
    label = survey.records.loc[counted, by] if by else pd.Series("all", amount.index)
    totals = amount.groupby(label, observed=False).sum()
    part = filled.groupby(label, observed=False).sum() / totals.where(totals != 0)
    return estimates.assign(imputed=estimates["domain"].map(part).astype(float).fillna(0.0))


def _overlapping(
    source: Source, variable: Variable, dimension: str, counted: pd.Series
) -> pd.DataFrame:
    rows = []
    for item in source.book.dimensions[dimension].codes:
        column = f"{dimension}.{item.code}"
        member = source.survey.records[column] == 1
        if variable.statistic == "share":
            records = source.survey.records.assign(**{column: np.where(member, item.code, "other")})
            survey = replace(source.survey, records=records)
            found = _estimated(source, survey, variable, column, counted)
            found = found[found["domain"] == item.code]
        else:
            found = _estimated(source, source.survey, variable, None, counted & member)
        amount, filled = imputed_shares(
            source, variable.numerator or variable.name, counted & member
        )
        part = filled.sum() / amount.sum() if amount.sum() else 0.0
        n = int((counted & member).sum())
        rows.append(found.assign(domain=item.code, imputed=part, n=n))
    return pd.concat(rows, ignore_index=True)


def _labels(source: Source, dimensions: tuple[str, ...]) -> pd.Series:
    """Return the place of each row as one category, so that places without respondents show too."""
    columns = [source.survey.records[name].astype("string") for name in dimensions]
    label = columns[0]
    for column in columns[1:]:
        label = label + "|" + column
    codes = [[item.code for item in source.book.dimensions[name].codes] for name in dimensions]
    places = codes[0]
    for more in codes[1:]:
        places = [f"{left}|{right}" for left in places for right in more]
    return label.astype(pd.CategoricalDtype(places))


def _estimated(
    source: Source, survey: Survey, variable: Variable, by: str | None, counted: pd.Series
) -> pd.DataFrame:
    precision = {
        "level": source.interval.level,
        "most_degrees": source.interval.most_degrees_of_freedom,
    }
    if variable.statistic == "total":
        result = estimate.total(survey, variable.name, by, counted, **precision)
    elif variable.statistic == "ratio":
        parts = variable.numerator, variable.denominator
        result = estimate.ratio(survey, *parts, by, counted, **precision)
    elif variable.statistic == "share":
        result = estimate.share(survey, variable.numerator, by, counted, **precision)
    else:
        years = source.reference_years[0], source.reference_years[-1]
        in_scope = survey.records["in_scope"]
        result = estimate.change(survey, variable.numerator, *years, by, in_scope, **precision)
    result = result.rename(columns={"estimate": "value"})
    if variable.statistic != "total":
        result[["value", "low", "high"]] *= 100
    return result[["domain", "value", "low", "high", "cv", "n"]]


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
