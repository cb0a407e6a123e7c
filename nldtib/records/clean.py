"""From the long table of answers to one record per respondent and reference year.

Answers keep the unit of their question; nothing is corrected here. An answer whose meaning is in
doubt (ambiguous, suspect) counts as missing until a person decides.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.codebook import Codebook, Dimension, Question
from nldtib.errors import InputError
from nldtib.schema import ANSWERS, FRAME, check

USABLE = ("ok", "normalised", "approximate")
YES_NO = {"Y": 1.0, "N": 0.0}
FROM_REGISTER = ("holding", "employees", "mod_business", "organisation_type")


@dataclass(frozen=True)
class Linked:
    """Answers by unit of the frame, and how many responses fell out on the way.

    table
        As the long table, with `unit` in place of `respondent_id`; one response per unit.
    received, strangers, duplicates
        Responses in the export; those whose identifier is not on the frame; those set aside
        because the same unit answered more completely or later.
    """

    table: pd.DataFrame
    received: int
    strangers: int
    duplicates: int


def link(
    answers: pd.DataFrame,
    frame: pd.DataFrame,
    identifier: str,
    decided: Mapping[str, str] | None = None,
) -> Linked:
    """Tie every response to a unit of the frame by the answer to `identifier`.

    An identifier that is empty, or that two units of the frame bear, ties nothing. Of several
    responses of one unit the completed one counts, and of those the last.

    Parameters
    ----------
    decided
        The unit of single responses, by respondent_id, as people decided: it comes before the
        identifier.

    Raises
    ------
    InputError
        No response at all can be tied to the frame.
    """
    check(answers, ANSWERS, "clean.link")
    check(frame, FRAME, "clean.link")
    given = _answer(answers, identifier)
    once = frame[~frame[identifier].duplicated(keep=False) & (frame[identifier] != "")]
    unit_of = once.set_index(identifier)["unit"]
    responses = pd.DataFrame({"respondent_id": answers["respondent_id"].unique()})
    by_people = responses["respondent_id"].map(decided or {})
    by_identifier = responses["respondent_id"].map(given).map(unit_of)
    responses["unit"] = by_people.where(by_people.notna(), by_identifier)
    responses.loc[~responses["unit"].isin(frame["unit"]), "unit"] = pd.NA
    submitted = _answer(answers, "_submitted")
    responses["complete"] = responses["respondent_id"].map(submitted).eq("1")
    responses["arrival"] = range(len(responses))
    known = responses.dropna(subset=["unit"]).sort_values(["complete", "arrival"])
    if known.empty:
        raise InputError(
            f"None of {len(responses)} responses has a {identifier} that is on the frame. "
            "Do frame and export belong to the same round?"
        )
    kept = known.drop_duplicates("unit", keep="last").sort_values("arrival")
    table = answers.merge(kept[["respondent_id", "unit"]], on="respondent_id", how="inner")
    return Linked(
        table.drop(columns="respondent_id"),
        received=len(responses),
        strangers=len(responses) - len(known),
        duplicates=len(known) - len(kept),
    )


def records(
    answers: pd.DataFrame,
    frame: pd.DataFrame,
    book: Codebook,
    reference_years: Sequence[int],
) -> pd.DataFrame:
    """Lay the answers of linked units out as records.

    Who filled in one part of a division left the others blank for nought.

    Returns
    -------
    DataFrame
        One row per respondent and reference year: unit, holding, reference_year, in_scope,
        employees, turnover_register and mod_business of the frame, every answered variable (NaN
        where missing), the code of each partition, and 0/1 columns `<dimension>.<code>` of
        overlapping dimensions.
    """
    units = pd.Index(answers["unit"].unique(), name="unit")
    rows = pd.MultiIndex.from_product([units, reference_years], names=["unit", "reference_year"])
    table = pd.DataFrame(index=rows).reset_index()
    register = frame.set_index("unit")
    for column in (*FROM_REGISTER, "turnover_register"):
        if column in register:
            table[column] = table["unit"].map(register[column])
    # Only a plain "no" takes an organisation out; silence on the question does not.
    table["in_scope"] = table["unit"].map(_answer(answers, "sector", "unit")).ne("N")
    given = _given(answers, units, reference_years)
    numbers = {v.name: _numbers(given, v.answer) for v in book.answered()}
    table = pd.concat([table, pd.DataFrame(numbers, table.index)], axis=1)
    _complete_divisions(table, book)
    places = [_places(d, given, register, table, book) for d in book.dimensions.values()]
    return pd.concat([table, *places], axis=1)


def derived(table: pd.DataFrame, book: Codebook) -> pd.DataFrame:
    """Add the variables and bands that are made of answered and imputed ones.

    Raises
    ------
    InputError
        A formula names a column that the records do not have.
    """
    table = table.copy()
    for variable in book.variables.values():
        if variable.formula:
            table[variable.name] = _evaluated(table, variable.formula, variable.name)
    for dimension in book.dimensions.values():
        if dimension.bands_of and dimension.name not in table:
            values = _evaluated(table, dimension.bands_of, dimension.name)
            table[dimension.name] = _bands(values, dimension)
    outside = ~table["in_scope"]
    names = [v.name for v in book.variables.values() if v.statistic == "total"]
    table.loc[outside, names] = 0.0
    return table


def size_class(frame: pd.DataFrame, book: Codebook) -> pd.Series:
    """Return the size class of every unit of the frame, by register employees."""
    return _bands(frame["employees"], book.dimensions["size_class"])


def _answer(answers: pd.DataFrame, variable: str, key: str = "respondent_id") -> Mapping[str, str]:
    given = answers[(answers["variable"] == variable) & answers["status"].isin(USABLE)]
    return dict(zip(given[key], given["value"], strict=True))


@dataclass(frozen=True)
class _Given:
    """The usable answers, and what each is in numbers: whose, of which year, how much.

    `places` says by variable which answers are its own; `who` and `when` count from 0 in the units
    and reference years of the records, and `when` is -1 for any other year.
    """

    answers: pd.DataFrame
    places: Mapping[str, np.ndarray]
    who: np.ndarray
    when: np.ndarray
    yearless: np.ndarray
    numbers: np.ndarray
    shape: tuple[int, int]

    def to(self, variable: str) -> pd.DataFrame:
        return self.answers.iloc[self.places.get(variable, np.zeros(0, dtype=int))]


def _given(answers: pd.DataFrame, units: pd.Index, years: Sequence[int]) -> _Given:
    usable = answers[answers["status"].isin(USABLE)].reset_index(drop=True)
    # A hundred thousand answers are a few thousand different texts.
    codes, texts = pd.factorize(usable["value"])
    numbers = pd.to_numeric(pd.Series(texts, dtype=object).replace(YES_NO), errors="coerce")
    return _Given(
        answers=usable,
        places=usable.groupby("variable", sort=False).indices,
        who=units.get_indexer(usable["unit"]),
        when=pd.Index(years).get_indexer(usable["year"].fillna(-1).astype(int)),
        yearless=usable["year"].isna().to_numpy(),
        numbers=np.append(numbers.to_numpy(float), np.nan)[codes],
        shape=(len(units), len(years)),
    )


def _numbers(given: _Given, variable: str) -> np.ndarray:
    """Return the answers to a question, by unit and then by reference year."""
    own = given.places.get(variable, np.zeros(0, dtype=int))
    found = np.full(given.shape, np.nan)
    # A question without years holds for every reference year.
    if given.yearless[own].all():
        found[given.who[own]] = given.numbers[own, None]
    else:
        own = own[given.when[own] >= 0]
        found[given.who[own], given.when[own]] = given.numbers[own]
    return found.ravel()


def _complete_divisions(table: pd.DataFrame, book: Codebook) -> None:
    """Let what was left open in a division be none, where any part of it was answered."""
    for question in book.questions.values():
        parts = [item.feeds for item in question.items if item.feeds]
        if question.sum_to is not None and parts:
            answered = table[parts].notna().any(axis=1)
            table.loc[answered, parts] = table.loc[answered, parts].fillna(0.0)


def _places(
    dimension: Dimension,
    given: _Given,
    register: pd.DataFrame,
    table: pd.DataFrame,
    book: Codebook,
) -> pd.DataFrame:
    if dimension.overlapping:
        return _ticks(dimension, given, table, book.questions[dimension.answer])
    if dimension.bands_of:
        if dimension.bands_of not in register:
            return pd.DataFrame(index=table.index)
        values = table["unit"].map(register[dimension.bands_of])
        return pd.DataFrame({dimension.name: _bands(values, dimension)})
    places = pd.Series(pd.NA, table.index, dtype="object")
    if dimension.answer:
        places = table["unit"].map(_codes(given, dimension)).astype("object")
    if dimension.name in register:
        places = places.fillna(table["unit"].map(register[dimension.name]))
    return pd.DataFrame({dimension.name: places})


def _ticks(
    dimension: Dimension, given: _Given, table: pd.DataFrame, question: Question
) -> pd.DataFrame:
    """Return 0/1 per code: whether the unit gave any of the answers that mean it.

    Whoever was not asked, by an own answer, has none of them.
    """
    rows = dict.fromkeys(answer.partition("_")[0] for answer in dimension.answer_codes)
    numbers = {row: _numbers(given, f"{question.code}_{row}") for row in rows}
    columns: dict[str, pd.Series] = {}
    for answer, code in dimension.answer_codes.items():
        row, _, chosen = answer.partition("_")
        said = pd.Series(numbers[row], table.index)
        ticked = said.eq(float(chosen)).astype(float).where(said.notna()) if chosen else said
        name = f"{dimension.name}.{code}"
        columns[name] = np.fmax(columns[name], ticked) if name in columns else ticked
    ticks = pd.DataFrame(columns, table.index)
    for condition, wanted in question.asked_if.items():
        answers = given.to(condition)
        said = table["unit"].map(dict(zip(answers["unit"], answers["value"], strict=True)))
        # A tick is read as 1.
        ticks[said.notna() & ~said.isin([wanted, "1" if wanted == "Y" else wanted])] = 0.0
    return ticks


def _codes(given: _Given, dimension: Dimension) -> Mapping[str, str]:
    """Return the code of each unit: the answer given, or the item with the largest part."""
    chosen = given.to(dimension.answer)
    if len(chosen):
        return dict(zip(chosen["unit"], chosen["value"].map(dimension.answer_codes), strict=True))
    names = {
        f"{dimension.answer}_{answer}": code for answer, code in dimension.answer_codes.items()
    }
    parts = pd.concat([given.to(name) for name in names] or [given.answers.head(0)])
    # In the order of the answers, which decides between parts of one size.
    parts = parts.sort_index()
    parts = parts.assign(size=pd.to_numeric(parts["value"], errors="coerce"))
    parts = parts[parts["size"] > 0].sort_values(["unit", "size"], kind="stable")
    largest = parts.drop_duplicates("unit", keep="last")
    return dict(zip(largest["unit"], largest["variable"].map(names), strict=True))


def _bands(values: pd.Series, dimension: Dimension) -> pd.Series:
    place = np.searchsorted(dimension.lower_bounds, values.to_numpy(float), side="right") - 1
    codes = np.array([item.code for item in dimension.codes], dtype=object)
    bands = pd.Series(codes[np.clip(place, 0, len(codes) - 1)], values.index)
    return bands.where(values.notna())


def _evaluated(table: pd.DataFrame, formula: str, name: str) -> pd.Series:
    try:
        nodes = ast.walk(ast.parse(formula, mode="eval"))
        # Of hundreds of columns pandas would prepare each one for every formula.
        named = sorted({node.id for node in nodes if isinstance(node, ast.Name)})
        result = table[named].eval(formula)
    except Exception as problem:
        raise InputError(
            f"The formula of {name} cannot be computed ({type(problem).__name__}). "
            "Does it name variables of the codebook only?"
        ) from None
    return pd.Series(result, table.index, dtype=float)
