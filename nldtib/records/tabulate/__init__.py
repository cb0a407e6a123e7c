"""Fill the table plan: a cell per table, place, reference year and variable, with precision."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
import pandas as pd

from nldtib.codebook import Codebook, Variable
from nldtib.errors import ParameterError
from nldtib.records import estimate
from nldtib.records.tabulate import concentration
from nldtib.records.tabulate.grading import grade, graded, rule
from nldtib.rounds import Grades, Interval, Table
from nldtib.schema import TOTAL, Survey

__all__ = ["Amounts", "Source", "cells", "grade", "rule", "weighted_amounts"]


@dataclass(frozen=True)
class Source:
    """What cells are made from.

    survey
        Respondents of all reference years; columns as `clean.derived` leaves them.
    imputed
        CHANGES rows of imputed values.
    certainty
        1 for rows of a take-all stratum.
    factors
        By name and reference year, what scaled and modelled statistics are multiplied by.
    """

    survey: Survey
    imputed: pd.DataFrame
    certainty: pd.Series
    book: Codebook
    reference_years: Sequence[int]
    interval: Interval
    grades: Grades
    factors: Mapping[str, Mapping[int, float]]


@dataclass(frozen=True)
class Amounts:
    """Weighted amounts per row of the records, a column per variable.

    every
        All of it.
    filled
        What was imputed; zero elsewhere.
    spread
        What stands outside the take-all strata; zero elsewhere.
    """

    every: pd.DataFrame
    filled: pd.DataFrame
    spread: pd.DataFrame

    def parts(
        self, counted: pd.Series, label: pd.Series, names: Sequence[str]
    ) -> dict[str, pd.DataFrame]:
        """Return the share of each total that was imputed, and that its largest answer carries.

        Parameters
        ----------
        counted
            Which rows of the records count.
        label
            The domain of each row; one row of each result per domain.
        names
            Variables, the columns of each result.
        """
        domain, names = label[counted].astype("category").cat, list(dict.fromkeys(names))
        members = domain.codes.to_numpy()[:, None] == np.arange(len(domain.categories))
        amounts = [table.loc[counted, names] for table in (self.every, self.filled, self.spread)]
        every, filled = (members.T.astype(float) @ table.to_numpy() for table in amounts[:2])
        largest = (members[:, :, None] * amounts[2].to_numpy()[:, None, :]).max(axis=0, initial=0)
        bottom = np.where(every != 0, every, np.inf)
        shares = {"imputed": filled / bottom, "largest": largest / bottom}
        return {
            name: pd.DataFrame(share, domain.categories, names) for name, share in shares.items()
        }


def cells(source: Source, plan: Sequence[Table]) -> pd.DataFrame:
    """Estimate every cell of the plan.

    Returns
    -------
    DataFrame
        CELLS with one column per dimension of the codebook; `status` is empty (to be decided by
        the gate) or `unreliable` where the grade is F or nobody answered.
    """
    amounts = weighted_amounts(source)
    rows = []
    for table in plan:
        years = source.reference_years if table.years == "all" else source.reference_years[-1:]
        for year in years:
            for dimensions in _margins(table.by):
                rows += _place_rows(source, amounts, table, year, dimensions)
    table = pd.concat(rows, ignore_index=True)
    # A figure that stands in two tables is one figure, to the last bit.
    figures = ["value", "low", "high", "cv", "imputed", "largest"]
    table[figures] = table.groupby("key")[figures].transform("first")
    table["model"] = [
        source.book.variables[name].statistic == "model" for name in table["variable"]
    ]
    return graded(table, source.grades)


def weighted_amounts(source: Source) -> Amounts:
    """Weigh every variable that has a total, and parts of it, row by row.

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
    spread = every.where(source.certainty == 0, 0.0)
    return Amounts(every, pd.DataFrame(filled, index=records.index), spread)


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
    if overlapping and len(dimensions) > 1:
        estimates = _crossed(source, amounts, variables, dimensions, overlapping, counted)
    elif overlapping:
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
    return _with_parts(estimates, variables, amounts, (counted, label))


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
        label = pd.Series(item.code, inside.index, dtype=pd.CategoricalDtype([item.code]))
        rows.append(_with_parts(here, variables, amounts, (inside, label)))
    return pd.concat(rows, ignore_index=True)


def _crossed(
    source: Source,
    amounts: Amounts,
    variables: list[Variable],
    dimensions: tuple[str, ...],
    overlapping: list[str],
    counted: pd.Series,
) -> pd.DataFrame:
    """Estimate an overlapping dimension by others: each of its codes is a table of its own."""
    if len(overlapping) > 1:
        raise ParameterError(
            f"A table crosses {' and '.join(overlapping)}, which both overlap. Cross one "
            "overlapping dimension with partitions. Mend tables.csv."
        )
    place = dimensions.index(overlapping[0])
    others = tuple(name for name in dimensions if name != overlapping[0])
    rows = []
    for item in source.book.dimensions[overlapping[0]].codes:
        column = f"{overlapping[0]}.{item.code}"
        inside = counted & (source.survey.records[column] == 1)
        here = _partition(source, amounts, variables, others, inside)
        parts = here["domain"].astype(str).str.split("|")
        domain = ["|".join([*one[:place], item.code, *one[place:]]) for one in parts]
        rows.append(here.assign(domain=domain))
    return pd.concat(rows, ignore_index=True)


def _with_parts(
    estimates: pd.DataFrame,
    variables: list[Variable],
    amounts: Amounts,
    where: tuple[pd.Series, pd.Series],
) -> pd.DataFrame:
    """Add the parts of each estimate; those of a ratio are the parts of its numerator."""
    main = {v.name: v.numerator or v.name for v in variables}
    parts = amounts.parts(*where, main.values())
    pairs = list(zip(estimates["domain"], estimates["variable"].map(main), strict=True))
    return estimates.assign(
        **{name: [float(part.at[pair]) for pair in pairs] for name, part in parts.items()}
    )


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
        result[["estimate", "low", "high"]] *= _scale(source, variable, survey, counted)
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
    if variable.factor:
        return estimate.total(survey, variable.numerator, by, counted, *precision)
    if variable.statistic == "top_share":
        return concentration.top_share(survey, variable, counted, precision)
    if variable.statistic == "share":
        return estimate.share(survey, variable.numerator, by, counted, *precision)
    years = source.reference_years[0], source.reference_years[-1]
    units = survey.records.loc[counted, "unit"]
    same = survey.records["in_scope"] & survey.records["unit"].isin(units)
    return estimate.change(survey, variable.numerator, *years, by, same, *precision)


def _scale(source: Source, variable: Variable, survey: Survey, counted: pd.Series) -> float:
    """Return what turns an estimate into the unit of its variable; missing where nobody knows."""
    if variable.factor:
        year = int(survey.records.loc[counted, "reference_year"].iloc[0])
        return source.factors[variable.factor].get(year, np.nan)
    return 100.0 if variable.unit_of_measure == "percent" else 1.0


def _components(book: Codebook, name: str) -> set[str]:
    variable = book.variables[name]
    if not variable.formula:
        return {name}
    nodes = ast.walk(ast.parse(variable.formula, mode="eval"))
    parts = [_components(book, node.id) for node in nodes if isinstance(node, ast.Name)]
    return {name}.union(*parts)
