"""Which figures exist, and the figures themselves.

What may be chosen follows from what was chosen before, in this order: variable, breakdown,
reference year, statistic.
"""

from dataclasses import dataclass, replace
from typing import TypeVar

import pandas as pd

from nldtib.codebook import Codebook, Variable, closest
from nldtib.errors import ParameterError
from nldtib.records import estimate
from nldtib.schema import Survey

COLUMNS = [*estimate.COLUMNS, "unit_of_measure"]
IN_PERCENT = ("ratio", "share", "change")
Chosen = TypeVar("Chosen", str, int, str | None)
MEASURES = ["estimate", "se", "cv", "low", "high", "df"]


@dataclass(frozen=True)
class Choice:
    """One figure, possibly by group: `by` is None for the whole population."""

    variable: str
    by: str | None
    year: int
    statistic: str


@dataclass(frozen=True)
class Offer:
    """What may be chosen, each after those before it."""

    variables: tuple[str, ...]
    breakdowns: tuple[str | None, ...]
    years: tuple[int, ...]
    statistics: tuple[str, ...]


@dataclass(frozen=True)
class _Request:
    survey: Survey
    about: Variable
    statistic: str
    year: int
    level: float
    most_degrees: float


def table(
    survey: Survey,
    codebook: Codebook,
    variable: str,
    by: str | None,
    year: int,
    statistic: str,
    level: float = estimate.LEVEL,
    most_degrees: float = estimate.MOST_DEGREES,
) -> pd.DataFrame:
    """Estimate one variable in every group of one breakdown, over the organisations in scope.

    Parameters
    ----------
    survey
        Respondents of all reference years, as `produce.prepare` leaves them.
    codebook
        Variables and dimensions of the round.
    variable
        A variable of the codebook, answered or declared.
    by
        A dimension of the codebook, partition or overlapping, or None.
    year
        The reference year; a change runs from the first reference year to this one.
    statistic
        One of those that `statistics` returns.
    level, most_degrees
        Confidence level, and the most degrees of freedom granted to a skewed figure.

    Returns
    -------
    DataFrame
        One row per code of the dimension in the order of the codebook, or one row `all`: domain,
        variable, estimate, se, cv (a share), low, high, df, n (respondents) and unit_of_measure.
        Estimate, se, low and high are in that unit; ratios, shares and changes in percent, 0 to
        100. A group without respondents has n = 0 and no estimate.

    Raises
    ------
    ParameterError
        The combination does not exist, or nobody in scope answered for this year.
    MissingValuesError
        The variable or the breakdown has item nonresponse inside scope.
    """
    about = _known(survey, codebook, Choice(variable, by, year, statistic))
    request = _Request(survey, about, statistic, year, level, most_degrees)
    inside = survey.records["in_scope"].astype(bool)
    if not (inside & (survey.records["reference_year"] == year)).any():
        raise ParameterError(f"No respondent in scope has answers for {year}.")
    if by is None:
        found = _estimated(request, None, inside)
    elif codebook.dimensions[by].overlapping:
        found = _overlapping(request, by, _codes(codebook, by), inside)
    else:
        found = _partition(request, by, _codes(codebook, by), inside)
    return _in_unit(found, about, statistic)


def variables(survey: Survey, codebook: Codebook) -> tuple[str, ...]:
    """Return the variables of the codebook of which the records hold a figure."""
    return tuple(
        name
        for name, about in codebook.variables.items()
        if not about.factor
        and about.statistic != "top_share"
        and all(column in survey.records for column in _columns(about))
        and breakdowns(survey, codebook, name)
        and years(survey, codebook, name)
    )


def breakdowns(survey: Survey, codebook: Codebook, variable: str) -> tuple[str | None, ...]:
    """Return the dimensions by which a variable can be broken down; None is the whole population.

    A declared share is a part of a whole and has no figure for the whole itself.
    """
    present = {column.split(".")[0] for column in survey.records}
    dimensions = tuple(name for name in codebook.dimensions if name in present)
    if codebook.variables[variable].statistic == "share":
        return dimensions
    return (None, *dimensions)


def years(survey: Survey, codebook: Codebook, variable: str) -> tuple[int, ...]:
    """Return the reference years of a variable, oldest first; a declared change has no first."""
    found = tuple(sorted(int(year) for year in survey.records["reference_year"].unique()))
    return found[1:] if codebook.variables[variable].statistic == "change" else found


def statistics(
    survey: Survey, codebook: Codebook, variable: str, by: str | None, year: int
) -> tuple[str, ...]:
    """Return which statistics exist for a variable.

    A declared ratio, share or change has that one. Amounts have a total, mean, median, a share
    where there is a breakdown, and a change after the first year. A number of organisations is
    counted, not averaged, and an answer in percent is averaged, not added.
    """
    about = codebook.variables[variable]
    if about.statistic != "total":
        return (about.statistic,)
    if about.unit_of_measure == "percent":
        return ("mean", "median")
    share = ("share",) if by else ()
    if about.unit_of_measure == "organisations":
        return ("total", *share)
    change = ("change",) if year > survey.records["reference_year"].min() else ()
    return ("total", "mean", "median", *share, *change)


def offer(survey: Survey, codebook: Codebook, wanted: Choice) -> tuple[Choice, Offer]:
    """Return the nearest choice that exists, and what may be chosen instead.

    What does not exist gives way to the first that does; a year gives way to the last.

    Raises
    ------
    ParameterError
        The records hold no variable of the codebook.
    """
    names = variables(survey, codebook)
    if not names:
        raise ParameterError("The records hold no variable of the codebook.")
    variable = _or(wanted.variable, names, names[0])
    places = breakdowns(survey, codebook, variable)
    by = _or(wanted.by, places, places[0])
    several = years(survey, codebook, variable)
    year = _or(wanted.year, several, several[-1])
    kinds = statistics(survey, codebook, variable, by, year)
    chosen = Choice(variable, by, year, _or(wanted.statistic, kinds, kinds[0]))
    return chosen, Offer(names, places, several, kinds)


def _or(wanted: Chosen, known: tuple[Chosen, ...], otherwise: Chosen) -> Chosen:
    return wanted if wanted in known else otherwise


def _columns(about: Variable) -> tuple[str, ...]:
    return tuple(filter(None, (about.numerator, about.denominator))) or (about.name,)


def _codes(codebook: Codebook, by: str) -> list[str]:
    return [item.code for item in codebook.dimensions[by].codes]


def _known(survey: Survey, codebook: Codebook, choice: Choice) -> Variable:
    for word, known, what in (
        (choice.variable, codebook.variables, "variable"),
        (choice.by or "", ["", *codebook.dimensions], "dimension"),
    ):
        if word not in known:
            raise ParameterError(f"The codebook has no {what} {word}.{closest(word, known)}")
    about = codebook.variables[choice.variable]
    several = years(survey, codebook, choice.variable)
    if choice.year not in several:
        raise ParameterError(
            f"{about.name} has no figure of {choice.year}. "
            f"Choose one of: {', '.join(map(str, several))}."
        )
    kinds = statistics(survey, codebook, choice.variable, choice.by, choice.year)
    if choice.statistic not in kinds or choice.by not in breakdowns(survey, codebook, about.name):
        raise ParameterError(
            f"{about.name} by {choice.by or 'nothing'} has no {choice.statistic} in {choice.year}. "
            f"It has: {', '.join(kinds)}."
        )
    return about


def _partition(request: _Request, by: str, codes: list[str], inside: pd.Series) -> pd.DataFrame:
    records = request.survey.records
    rows = inside & records["reference_year"].isin(_years_used(request))
    present = set(records.loc[rows, by])
    kept = [code for code in codes if code in present]
    labels = records[by].where(records[by].isin(kept)).astype(pd.CategoricalDtype(kept))
    found = _estimated(request, labels, inside)
    found["domain"] = found["domain"].astype(str)
    return found.set_index("domain").reindex(codes).rename_axis("domain").reset_index()


def _overlapping(request: _Request, by: str, codes: list[str], inside: pd.Series) -> pd.DataFrame:
    rows = []
    for code in codes:
        member = request.survey.records[f"{by}.{code}"] == 1
        year = request.survey.records["reference_year"] == request.year
        if not (inside & member & year).any():
            rows.append(pd.DataFrame({"domain": [code], "n": [0]}))
            continue
        if request.statistic == "share":
            labels = member.map({True: code, False: f"not {code}"})
            found = _estimated(request, labels, inside)
            rows.append(found[found["domain"] == code])
        else:
            rows.append(_estimated(request, None, inside & member).assign(domain=code))
    return pd.concat(rows, ignore_index=True)


def _estimated(request: _Request, labels: pd.Series | None, inside: pd.Series) -> pd.DataFrame:
    survey, by = request.survey, None
    if labels is not None:
        by = "the groups"
        survey = replace(survey, records=survey.records.assign(**{by: labels}))
    name, parts = _columns(request.about)[0], _columns(request.about)
    counted = inside & (survey.records["reference_year"] == request.year)
    precision = request.level, request.most_degrees
    if request.statistic == "total":
        return estimate.total(survey, name, by, counted, *precision)
    if request.statistic == "mean":
        return estimate.mean(survey, name, by, counted, *precision)
    if request.statistic == "median":
        return estimate.quantile(survey, name, 0.5, by, counted, request.level)
    if request.statistic == "ratio":
        return estimate.ratio(survey, *parts, by, counted, *precision)
    if request.statistic == "share":
        return estimate.share(survey, name, by, counted, *precision)
    return estimate.change(survey, name, *_years_used(request), by, inside, *precision)


def _years_used(request: _Request) -> tuple[int, ...]:
    if request.statistic != "change":
        return (request.year,)
    return int(request.survey.records["reference_year"].min()), request.year


def _in_unit(found: pd.DataFrame, about: Variable, statistic: str) -> pd.DataFrame:
    found = found.reindex(columns=estimate.COLUMNS)
    found["variable"] = about.name
    found["n"] = found["n"].fillna(0).astype(int)
    found[MEASURES] = found[MEASURES].astype(float).where(found["n"] > 0)
    if statistic not in IN_PERCENT or (
        statistic == about.statistic and about.unit_of_measure != "percent"
    ):
        return found.assign(unit_of_measure=about.unit_of_measure)[COLUMNS]
    found[["estimate", "se", "low", "high"]] *= 100
    return found.assign(unit_of_measure="percent")[COLUMNS]
