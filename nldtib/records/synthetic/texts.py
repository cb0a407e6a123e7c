"""The answers of a round as they are typed, with every habit that a reader has to cope with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.codebook import Codebook, Variable
from nldtib.records.synthetic import mistakes, questions, typed
from nldtib.records.synthetic.answering import COMPLETE, OUTSIDE
from nldtib.records.synthetic.choices import Choices
from nldtib.records.synthetic.mistakes import PLANTED, Sheet, Spoilt
from nldtib.records.synthetic.questions import Column
from nldtib.rounds import Parameters

Text = str | None


@dataclass(frozen=True)
class Written:
    """Texts by heading (None is SQL NULL), who answers in English, and what lost figures.

    inexact
        One row per cell that says less than was meant, as `mistakes.PLANTED`.
    """

    texts: Mapping[str, Sequence[Text]]
    english: np.ndarray
    inexact: pd.DataFrame


def written(
    rng: np.random.Generator,
    sheet: Sheet,
    spoilt: Spoilt,
    book: Codebook,
    parameters: Parameters,
    choices: Choices,
) -> Written:
    """Type all answers, as if every respondent reached every question."""
    english = rng.random(len(sheet.who)) < choices.answering.english / 100
    # About half leave out the domains in which they have nothing.
    zeros_blank = rng.random(len(sheet.who)) < 0.5
    texts = _words(rng, sheet, spoilt, parameters, choices)
    texts = {heading: cells for heading, cells in texts.items() if heading in book.questions}
    inexact: list[tuple] = []
    for column in sheet.columns:
        heading = column.heading
        if heading in texts:
            continue
        if column.comment:
            texts[heading] = _comments(rng, texts[heading.replace("comment]", "]")], choices)
        elif column.question.type in questions.STORED:
            texts[heading] = _stored(column, sheet, spoilt, zeros_blank)
        elif column.question.type == "yes_no" or heading not in spoilt.meant:
            texts[heading] = _ticked(column, sheet, spoilt, book)
        else:
            texts[heading], lost = _table_cells(rng, column, sheet, spoilt, english, book, choices)
            inexact += lost
    return Written(texts, english, pd.DataFrame(inexact, columns=list(PLANTED)))


def _words(
    rng: np.random.Generator,
    sheet: Sheet,
    spoilt: Spoilt,
    parameters: Parameters,
    choices: Choices,
) -> dict[str, list[Text]]:
    who, count = sheet.who, len(sheet.who)
    names = typed.styles(rng, choices.typing.names, count)
    numbers = typed.styles(rng, choices.typing.kvk, count)
    kvk = list(who["kvk"])
    for row in spoilt.rows[mistakes.UNKNOWN_KVK]:
        kvk[row] = _mistyped(kvk[row])
    return {
        choices.questions.name: [
            typed.name(name, style, choices.names.odd)
            for name, style in zip(who["name"], names, strict=True)
        ],
        parameters.clean.identifier: [
            typed.register_number(number, style) for number, style in zip(kvk, numbers, strict=True)
        ],
        choices.questions.in_scope: list(np.where(who["stage"] == OUTSIDE, "N", "Y")),
        choices.questions.remarks: _remarks(rng, who, choices),
        choices.questions.challenge: _challenges(rng, count, choices),
        choices.questions.unit_of_amounts: _units_said(sheet, spoilt, choices),
        **_register(sheet, choices),
    }


def _challenges(rng: np.random.Generator, count: int, choices: Choices) -> list[str]:
    given = rng.random(count) < choices.remarks_given / 100
    which = rng.integers(0, len(choices.challenges), count)
    return [
        choices.challenges[number] if gives else ""
        for gives, number in zip(given, which, strict=True)
    ]


def _units_said(sheet: Sheet, spoilt: Spoilt, choices: Choices) -> list[str]:
    """Return the unit that each claims: thousands, but whole euros by some of those who err."""
    said = np.full(len(sheet.who), "1", dtype=object)
    said[list(spoilt.rows[mistakes.WHOLE_EUROS])[: int(choices.planted.whole_euros_said)]] = "2"
    blank = sheet.left_open.get(choices.questions.unit_of_amounts, False)
    return list(np.where(blank, "", said))


def _register(sheet: Sheet, choices: Choices) -> dict[str, list[Text]]:
    """Return what is asked only to check the frame: nearly always the same as stands there."""
    answers = {}
    for code, column in choices.questions.register.items():
        blank = sheet.left_open.get(code, np.zeros(len(sheet.who), dtype=bool))
        values = sheet.who[column]
        nothing = None if pd.api.types.is_numeric_dtype(values) else ""
        answers[code] = [
            nothing if left else str(value) for left, value in zip(blank, values, strict=True)
        ]
    return answers


def _mistyped(number: str) -> str:
    """Return a register number that no unit has: those of the twin begin with 99 or 00."""
    return ("9" if number[0] == "0" else "0") + number[1:]


def _remarks(rng: np.random.Generator, who: pd.DataFrame, choices: Choices) -> list[str]:
    count = len(who)
    given = rng.random(count) < choices.remarks_given / 100
    which = rng.integers(0, len(choices.remarks), count)
    remarks = [
        choices.remarks[number] if gives else "" for gives, number in zip(given, which, strict=True)
    ]
    complete = rng.permutation(np.flatnonzero(who["stage"] == COMPLETE))
    for row, remark in zip(complete, choices.hostile_remarks, strict=False):
        remarks[row] = remark
    return remarks


def _comments(rng: np.random.Generator, ticks: Sequence[Text], choices: Choices) -> list[str]:
    given = rng.random(len(ticks)) < choices.comments_given / 100
    which = rng.integers(0, len(choices.comments), len(ticks))
    return [
        choices.comments[number] if tick and gives else ""
        for tick, gives, number in zip(ticks, given, which, strict=True)
    ]


def _stored(column: Column, sheet: Sheet, spoilt: Spoilt, zeros_blank: np.ndarray) -> list[Text]:
    """Return the cells of a numeric question, which has no blank but NULL."""
    nothing = np.full(len(sheet.who), np.nan)
    values = spoilt.meant.get(column.heading, nothing)
    divided = column.question.sum_to is not None
    blank = sheet.left_open[column.heading] | np.isnan(values)
    blank |= divided & zeros_blank & (values == 0)
    return [
        None if left else typed.shortest(value) for left, value in zip(blank, values, strict=True)
    ]


def _ticked(column: Column, sheet: Sheet, spoilt: Spoilt, book: Codebook) -> list[str]:
    if column.heading in spoilt.meant:
        chosen = np.where(spoilt.meant[column.heading] == 1, "Y", "N")
    else:
        chosen = questions.ticks(column, sheet.who, book)
    if chosen is None:
        return [""] * len(sheet.who)
    blank = sheet.left_open[column.heading] | pd.isna(chosen)
    # Who is offered "don't know" says so instead of leaving the question open.
    unknown = [a.code for a in column.question.answers if a.status == "dont_know"]
    return list(np.where(blank, unknown[0] if unknown else "", chosen))


def _table_cells(
    rng: np.random.Generator,
    column: Column,
    sheet: Sheet,
    spoilt: Spoilt,
    english: np.ndarray,
    book: Codebook,
    choices: Choices,
) -> tuple[list[str], list[tuple]]:
    """Type one column of a table of texts or numbers; also return what lost figures."""
    values = spoilt.meant[column.heading]
    variable = questions.variable(column, book)
    kind = _kind(column, variable)
    styles = typed.styles(rng, getattr(choices.typing, kind), len(values))
    styles = _fitting(styles, values, sheet, spoilt, english)
    blanks = _blanks(rng, column, len(values), choices)
    texts, lost = [], []
    for row, (value, style) in enumerate(zip(values, styles, strict=True)):
        if sheet.left_open[column.heading][row]:
            text = blanks[row]
        elif kind == "amounts":
            text, says = typed.amount(value, style)
            if says != value:
                unit = sheet.who["unit"].iat[row]
                lost.append((row, unit, variable.name, column.year, style, value, says))
        elif kind == "fte":
            text = typed.staff(value, style)
        else:
            text = typed.percentage(value, style)
            text = text.replace(",", ".") if english[row] else text
        texts.append(text)
    return texts, lost


def _kind(column: Column, variable: Variable | None) -> str:
    if variable is not None and variable.unit_of_measure == "keur":
        return "amounts"
    return "fte" if column.question.type == "array_number" else "percentages"


def _fitting(
    styles: np.ndarray, values: np.ndarray, sheet: Sheet, spoilt: Spoilt, english: np.ndarray
) -> np.ndarray:
    """Make styles plain where another would not suit the respondent."""
    euros = np.isin(np.arange(len(values)), spoilt.rows[mistakes.WHOLE_EUROS])
    # A single group of three could be a decimal; two groups cannot.
    euros &= ~((styles == "points") & (values >= 1e6))
    careful = sheet.who["followed_up"].to_numpy() & np.isin(styles, typed.INEXACT)
    return np.where(english | euros | careful, "plain", styles)


def _blanks(rng: np.random.Generator, column: Column, count: int, choices: Choices) -> np.ndarray:
    """Return what stands in a cell that is left open: nothing, or a word where words are taken."""
    words = np.array(choices.words_for_unknown, dtype=object)
    words = words[rng.integers(0, len(words), count)]
    in_words = rng.random(count) < choices.unknown_in_words / 100
    if column.question.type != "array_text":
        in_words[:] = False
    return np.where(in_words, words, "")
