"""Every answer of a file read by the type of its question, each different text once."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nldtib.records.load import amounts, choices, declared, notation, spreadsheet
from nldtib.records.load.amounts import Measure
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Coded, Grid, Reading
from nldtib.records.load.notation import Evidence

Reader = Callable[[str, str], Reading]
PERHAPS_NOTHING = Reading("", "suspect", note="perhaps a code for a missing answer")


@dataclass(frozen=True)
class Source:
    """The answers of a file by column, and what the file did to them.

    `converted` gives, per column, the respondents whose cell is no longer text.
    """

    columns: tuple[Column, ...]
    answers: tuple[Coded, ...]
    languages: Coded
    converted: Mapping[int, Mapping[int, str]]
    labels: Mapping[int, Mapping[str, str]]
    missing: Mapping[int, frozenset[str]]
    grid: Grid

    def texts(self) -> list[tuple[str | None, ...]]:
        """Return the different texts of every column."""
        return [answer.texts for answer in self.answers]


@dataclass
class Answered:
    """One column as read: `codes` says, per respondent, which of `texts` and `readings` it has."""

    codes: np.ndarray
    texts: list[str | None]
    readings: list[Reading]

    def put(self, respondents: np.ndarray, reading: Reading) -> None:
        """Give some respondents another reading of what stands in their cell."""
        for code in np.unique(self.codes[respondents]):
            here = respondents[self.codes[respondents] == code]
            self.texts.append(self.texts[code])
            self.readings.append(reading)
            self.codes[here] = len(self.readings) - 1

    def with_status(self, statuses: Sequence[str]) -> np.ndarray:
        """Return the respondents whose reading has one of some statuses."""
        found = [code for code, reading in enumerate(self.readings) if reading.status in statuses]
        return np.flatnonzero(np.isin(self.codes, found)) if found else np.empty(0, dtype=int)


def read(source: Source, styles: Sequence[str], dominance: float) -> list[Answered]:
    """Read all cells, empty ones included, column by column.

    Parameters
    ----------
    source
        The answers of the file.
    styles
        Answer style of each column, from `choices`.
    dominance
        Share of a column's unambiguous amounts that must agree before it decides a doubtful one.

    Returns
    -------
    One per column. The reading of an empty cell means nothing.
    """
    ticked = choices.ticks(source.columns, source.texts())
    blank = choices.blank_mark(source.columns, source.texts())
    # Columns of one unit share what their texts say.
    amounts_read: dict[tuple, Reading] = {}
    readers = [
        _reader(source, row, style, ticked, blank, amounts_read) for row, style in enumerate(styles)
    ]
    nothing = Reading(status="missing")
    answered = [
        Answered(
            answer.codes.copy(),
            list(answer.texts),
            [read_one(text, "") if text else nothing for text in answer.texts],
        )
        for read_one, answer in zip(readers, source.answers, strict=True)
    ]
    _decide(source, readers, answered, dominance)
    for row, kinds in source.converted.items():
        for respondent, kind in kinds.items():
            text = str(answered[row].texts[answered[row].codes[respondent]])
            reading = answered[row].readings[answered[row].codes[respondent]]
            changed = _converted(source.columns[row], kind, text, reading)
            if changed != reading:
                answered[row].put(np.array([respondent]), changed)
    if not source.grid.whole_fractions:
        _doubt_small_integers(source, answered)
    return answered


def unit(column: Column) -> Measure:
    """Return the unit of a column of amounts."""
    return amounts.measure(column.label, column.question.label)


def _reader(
    source: Source,
    row: int,
    style: str,
    ticked: Mapping[str, str],
    blank: str,
    amounts_read: dict[tuple, Reading],
) -> Reader:
    column = source.columns[row]
    kind = choices.kind(column)
    if kind in ("typed", "stored"):
        by_tool = amounts.pointed if source.grid.pointed else amounts.typed
        read_amount = by_tool if kind == "typed" and not source.grid.stored else amounts.stored
        measured = unit(column)

        def read_one(text: str, known: str) -> Reading:
            key = kind, measured, text, known
            if key not in amounts_read:
                nothing = text in source.grid.marks
                amounts_read[key] = (
                    PERHAPS_NOTHING._replace(alternatives=(text, ""))
                    if nothing
                    else read_amount(text, measured, known)
                )
            return amounts_read[key]

    else:
        read_text = choices.reader(column, style, ticked, blank)

        def read_one(text: str, known: str) -> Reading:
            return read_text(text)

    return declared.reader(
        read_one, column, source.labels.get(row, {}), source.missing.get(row, frozenset())
    )


def _decide(
    source: Source, readers: Sequence[Reader], answered: Sequence[Answered], dominance: float
) -> None:
    scopes: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for row, column in enumerate(source.columns):
        if choices.kind(column) in ("typed", "stored"):
            scopes[column.question.code, unit(column).percent].append(row)
    for (_, percent), rows in scopes.items():
        evidence, doubtful = Evidence(dominance), []
        for row in rows:
            doubtful += _weigh(source, row, answered[row], evidence)
        decided: dict[tuple[int, int, str], list[int]] = defaultdict(list)
        for row, respondent in doubtful:
            text, reading = _cell(answered[row], respondent)
            shape = notation.shape(str(text), reading.evidence)
            language = _language(source, respondent)
            known = evidence.decide(shape, respondent, language, percent)
            if known:
                decided[row, int(answered[row].codes[respondent]), known].append(respondent)
        for (row, code, known), respondents in decided.items():
            column = answered[row]
            column.texts.append(column.texts[code])
            column.readings.append(readers[row](str(column.texts[code]), known))
            column.codes[respondents] = len(column.readings) - 1


def _weigh(source: Source, row: int, column: Answered, evidence: Evidence) -> list[tuple[int, int]]:
    telling = [
        code
        for code, reading in enumerate(column.readings)
        if reading.evidence or reading.status == "ambiguous"
    ]
    doubtful = []
    for respondent in np.flatnonzero(np.isin(column.codes, telling)).tolist():
        if respondent in source.converted.get(row, {}):
            continue
        reading = column.readings[column.codes[respondent]]
        if reading.evidence:
            evidence.add(respondent, _language(source, respondent), reading.evidence)
        if reading.status == "ambiguous":
            doubtful.append((row, respondent))
    return doubtful


def _cell(column: Answered, respondent: int) -> tuple[str | None, Reading]:
    code = column.codes[respondent]
    return column.texts[code], column.readings[code]


def _language(source: Source, respondent: int) -> str:
    return source.languages.texts[source.languages.codes[respondent]] or ""


def _converted(column: Column, kind: str, text: str, reading: Reading) -> Reading:
    reads = choices.kind(column)
    if kind == spreadsheet.FORMULA:
        value = text if reads == "text" else ""
        return Reading(value, "suspect", note="a formula in the spreadsheet")
    if kind == spreadsheet.DATE:
        if reads == "date":
            return reading
        return Reading("", "suspect", note="a date in the spreadsheet")
    if kind == spreadsheet.NUMBER:
        if reads in ("typed", "stored"):
            return amounts.stored(text, unit(column))
        short = reads == "register" and text.isdigit() and len(text) < 8
        return Reading("", "suspect", (text.zfill(8), text)) if short else reading
    if kind == spreadsheet.UNDECLARED:
        if reads not in ("typed", "stored") or reading.status != "ok":
            return reading
        return PERHAPS_NOTHING._replace(alternatives=(text, ""))
    if reads == "typed":
        return spreadsheet.amount(text, kind, unit(column))
    if reads == "register" and len(text) < 8:
        return Reading("", "suspect", (text.zfill(8), text))
    if reads == "text" and kind == spreadsheet.FRACTION:
        return Reading(text, "suspect", note="a number in the spreadsheet")
    return reading


def _doubt_small_integers(source: Source, answered: Sequence[Answered]) -> None:
    # This workbook lost its zeros, so beside 7.138 a 9 may have been typed as 9.000.
    doubtful = {
        (source.columns[row].question.code, respondent)
        for row, column in enumerate(answered)
        for respondent in column.with_status(["suspect_decimal"]).tolist()
    }
    for row, kinds in source.converted.items():
        column = source.columns[row]
        if choices.kind(column) != "typed" or unit(column).percent:
            continue
        for respondent, kind in kinds.items():
            text = str(_cell(answered[row], respondent)[0])
            if kind != spreadsheet.INTEGER or (column.question.code, respondent) not in doubtful:
                continue
            if 1 <= abs(int(text)) <= 999:
                both = (f"{text}000", text)
                answered[row].put(np.array([respondent]), Reading("", "suspect_decimal", both))
