"""Every answer of a file read by the type of its question."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nldtib.records.load import amounts, choices, notation, spreadsheet
from nldtib.records.load.amounts import Measure
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Reading
from nldtib.records.load.notation import Evidence

Cell = tuple[int, int]
Reader = Callable[[str, str], Reading]


@dataclass(frozen=True)
class Source:
    """The answers of a file by column, and what the file did to them.

    `converted` gives (column, respondent) of each cell that is no longer text.
    """

    columns: tuple[Column, ...]
    texts: Sequence[Sequence[str | None]]
    languages: Sequence[str]
    converted: Mapping[Cell, str]
    whole_fractions: bool


def read(source: Source, style: str, dominance: float) -> list[list[Reading]]:
    """Read all cells, empty ones included, column by column.

    Parameters
    ----------
    source
        The answers of the file.
    style
        Answer style, from `choices`.
    dominance
        Share of a column's unambiguous amounts that must agree before it decides a doubtful one.

    Returns
    -------
    Per column, one `Reading` per respondent. That of an empty cell means nothing.
    """
    ticked = choices.ticks(source.columns, source.texts)
    blank = choices.blank_mark(source.columns, source.texts)
    readers = [_reader(column, style, ticked, blank) for column in source.columns]
    readings = []
    for read_one, texts in zip(readers, source.texts, strict=True):
        by_text = {text: read_one(text, "") for text in set(texts) if text}
        by_text[None] = by_text[""] = Reading(status="missing")
        readings.append([by_text[text] for text in texts])
    _decide(source, readers, readings, dominance)
    for (row, respondent), kind in source.converted.items():
        readings[row][respondent] = _converted(
            source.columns[row], kind, str(source.texts[row][respondent]), readings[row][respondent]
        )
    if not source.whole_fractions:
        _doubt_small_integers(source, readings)
    return readings


def unit(column: Column) -> Measure:
    """Return the unit of a column of amounts."""
    return amounts.measure(column.label, column.question.label)


def _reader(column: Column, style: str, ticked: Mapping[str, str], blank: str) -> Reader:
    kind = choices.kind(column)
    if kind not in ("typed", "stored"):
        read_one = choices.reader(column, style, ticked, blank)
        return lambda text, _: read_one(text)
    read_amount = amounts.typed if kind == "typed" else amounts.stored
    measured = unit(column)
    return lambda text, known: read_amount(text, measured, known)


def _decide(
    source: Source,
    readers: Sequence[Reader],
    readings: list[list[Reading]],
    dominance: float,
) -> None:
    scopes: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for row, column in enumerate(source.columns):
        if choices.kind(column) in ("typed", "stored"):
            scopes[column.question.code, unit(column).percent].append(row)
    for (_, percent), rows in scopes.items():
        evidence, doubtful = Evidence(dominance), []
        for row in rows:
            for respondent, reading in enumerate(readings[row]):
                if (row, respondent) in source.converted:
                    continue
                if reading.evidence:
                    evidence.add(respondent, source.languages[respondent], reading.evidence)
                if reading.status == "ambiguous":
                    doubtful.append((row, respondent))
        for row, respondent in doubtful:
            text = str(source.texts[row][respondent])
            shape = notation.shape(text, readings[row][respondent].evidence)
            known = evidence.decide(shape, respondent, source.languages[respondent], percent)
            if known:
                readings[row][respondent] = readers[row](text, known)


def _converted(column: Column, kind: str, text: str, reading: Reading) -> Reading:
    reads = choices.kind(column)
    if kind == spreadsheet.FORMULA:
        value = text if reads == "text" else ""
        return Reading(value, "suspect", note="a formula in the spreadsheet")
    if kind == spreadsheet.DATE:
        if reads == "date":
            return reading
        return Reading("", "suspect", note="a date in the spreadsheet")
    if reads == "typed":
        return spreadsheet.amount(text, kind, unit(column))
    if reads == "register" and len(text) < 8:
        return Reading("", "suspect", (text.zfill(8), text))
    if reads == "text" and kind == spreadsheet.FRACTION:
        return Reading(text, "suspect", note="a number in the spreadsheet")
    return reading


def _doubt_small_integers(source: Source, readings: list[list[Reading]]) -> None:
    # This workbook lost its zeros, so beside 7.138 a 9 may have been typed as 9.000.
    doubtful = {
        (source.columns[row].question.code, respondent)
        for row, column in enumerate(readings)
        for respondent, reading in enumerate(column)
        if reading.status == "suspect_decimal"
    }
    for (row, respondent), kind in source.converted.items():
        column = source.columns[row]
        if kind != spreadsheet.INTEGER or choices.kind(column) != "typed" or unit(column).percent:
            continue
        text = str(source.texts[row][respondent])
        if (column.question.code, respondent) in doubtful and 1 <= abs(int(text)) <= 999:
            readings[row][respondent] = Reading("", "suspect_decimal", (f"{text}000", text))
