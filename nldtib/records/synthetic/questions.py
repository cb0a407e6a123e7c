"""The columns of the invented export, and what a unit truly would answer in each."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.codebook import Codebook, Question, Variable
from nldtib.errors import ParameterError
from nldtib.records.synthetic.choices import Choices

ARRAYS = ("array_text", "array_number")
STORED = ("numbers", "number")
COMMENT = "comment"


@dataclass(frozen=True)
class Column:
    """One column: a question, or one row and year of it.

    `source` is what variables and dimensions of the codebook call it: the question, or the row of
    an array.
    """

    heading: str
    source: str
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
                Column(f"{code}[{i.code}_J{year}]", f"{code}_{i.code}", question, i.code, year)
                for i in question.items
                for year in question.years
            ]
        elif question.items:
            for item in question.items:
                heading = f"{code}[{item.code}"
                found.append(Column(f"{heading}]", code, question, item.code))
                if question.type == "multiple_with_comment":
                    found.append(
                        Column(f"{heading}comment]", code, question, item.code, comment=True)
                    )
        else:
            found.append(Column(code, code, question))
    return tuple(found)


def pages(book: Codebook, choices: Choices) -> dict[str, int]:
    """Return the page (from 1) on which each question stands.

    Raises
    ------
    ParameterError
        The last question of a page is not in the codebook.
    """
    unknown = [code for code in choices.pages if code not in book.questions]
    if unknown:
        raise ParameterError(
            f"parameters/synthetic.yml ends a page with question {unknown[0]}, which the codebook "
            "does not have. Mend `pages`."
        )
    page, found = 1, {}
    for code in book.questions:
        found[code] = page
        page += code in choices.pages
    return found


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
    if fed is not None:
        return rows[fed.name].to_numpy(float)
    dimension = next((d for d in book.dimensions.values() if d.answer == column.source), None)
    if dimension is not None and column.question.type == "numbers":
        return rows[f"split.{dimension.answer_codes[column.item]}"].to_numpy(float)
    return None


def ticks(column: Column, rows: pd.DataFrame, book: Codebook) -> np.ndarray | None:
    """Return the code that each unit would choose (`Y` or nothing where it ticks), or None."""
    for dimension in book.dimensions.values():
        if dimension.answer != column.source:
            continue
        if dimension.overlapping:
            code = dimension.answer_codes[column.item]
            return np.where(rows[f"{dimension.name}.{code}"] == 1, "Y", "")
        answers = {code: answer for answer, code in dimension.answer_codes.items()}
        return rows[dimension.name].map(answers).to_numpy(object)
    return None


def variable(column: Column, book: Codebook) -> Variable | None:
    """Return the variable that a column feeds, or None."""
    return next((v for v in book.answered() if v.answer == column.source), None)
