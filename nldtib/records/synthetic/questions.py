"""The columns of the invented export, and what a unit truly would answer in each."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.codebook import Codebook, Question, Variable

ARRAYS = ("array_text", "array_number")
STORED = ("numbers", "number")
COMMENT = "comment"


@dataclass(frozen=True)
class Column:
    """One column: a question, or one row and year of it.

    `sources` are the names by which variables and dimensions of the codebook are answered here:
    the row, and the question.
    """

    heading: str
    sources: tuple[str, ...]
    question: Question
    item: str = ""
    year: int | None = None
    comment: bool = False


def columns(book: Codebook) -> tuple[Column, ...]:
    """Return the columns that LimeSurvey makes of the questions, in their order."""
    found: list[Column] = []
    for question in book.questions.values():
        code = question.code
        if question.type in ARRAYS:
            found += [
                Column(
                    f"{code}[{i.code}_J{year}]", (f"{code}_{i.code}", code), question, i.code, year
                )
                for i in question.items
                for year in question.years
            ]
        elif question.items:
            for item in question.items:
                heading, sources = f"{code}[{item.code}", (f"{code}_{item.code}", code)
                found.append(Column(f"{heading}]", sources, question, item.code))
                if question.type == "multiple_with_comment":
                    found.append(
                        Column(f"{heading}comment]", sources, question, item.code, comment=True)
                    )
        else:
            found.append(Column(code, (code,), question))
    return tuple(found)


def pages(book: Codebook) -> dict[str, int]:
    """Return the page (from 1) on which each question stands: every group has its own."""
    return {code: page for page, group in enumerate(book.groups, 1) for code in group.questions}


def numbers(column: Column, rows: pd.DataFrame, book: Codebook) -> np.ndarray | None:
    """Return the true number that each unit would give, or None where the column asks for none.

    Parameters
    ----------
    column
        Of `columns`.
    rows
        One row per unit, of the year of the column.
    book
        The codebook.
    """
    fed = variable(column, book)
    return None if fed is None else rows[fed.name].to_numpy(float)


def ticks(column: Column, rows: pd.DataFrame, book: Codebook) -> np.ndarray | None:
    """Return the code that each unit would choose (`Y` or nothing where it ticks), or None."""
    question = column.question
    for dimension in book.dimensions.values():
        if dimension.answer != question.code:
            continue
        meant = {code: answer for answer, code in dimension.answer_codes.items()}
        if question.type == "array_single":
            return _row(column, rows, dimension.name, meant)
        if dimension.overlapping:
            code = dimension.answer_codes[column.item]
            return np.where(rows[f"{dimension.name}.{code}"] == 1, "Y", "")
        return rows[dimension.name].map(meant).to_numpy(object)
    return None


def variable(column: Column, book: Codebook) -> Variable | None:
    """Return the variable that a column feeds, or None."""
    return next((v for v in book.answered() if v.answer == column.sources[0]), None)


def _row(column: Column, rows: pd.DataFrame, dimension: str, meant: dict[str, str]) -> np.ndarray:
    """Return the answer in one row of a table: the first one where no code fits."""
    chosen = np.full(len(rows), column.question.answers[0].code, dtype=object)
    for code, answer in meant.items():
        row, _, given = answer.partition("_")
        if row == column.item:
            chosen[(rows[f"{dimension}.{code}"] == 1).to_numpy()] = given
    return chosen
