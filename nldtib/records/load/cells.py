"""Every answer of a file read by the type of its question, each different text once."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from nldtib.records.load import amounts, choices, declared, notation, spreadsheet
from nldtib.records.load.amounts import Measure
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Coded, Grid, Reading
from nldtib.records.load.notation import KNOWN, Evidence

Reader = Callable[[str, str], Reading]
AmountsRead = defaultdict[tuple[str, Measure], dict[tuple[str, str], Reading]]
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
        codes, which = np.unique(self.codes[respondents], return_inverse=True)
        self._replace(respondents, codes.tolist(), which, [reading] * len(codes))

    def decide(self, respondents: np.ndarray, known: np.ndarray, reader: Reader) -> None:
        """Read what stands in the cells of some respondents again, by the notation of each.

        `known` is the place of the notation in KNOWN, and none of its first.
        """
        cases = self.codes[respondents] * len(KNOWN) + known
        different, which = np.unique(cases, return_inverse=True)
        codes = (different // len(KNOWN)).tolist()
        notations = [KNOWN[place] for place in different % len(KNOWN)]
        readings = [
            reader(str(self.texts[code]), notation)
            for code, notation in zip(codes, notations, strict=True)
        ]
        self._replace(respondents, codes, which, readings)

    def _replace(
        self,
        respondents: np.ndarray,
        codes: Sequence[int],
        which: np.ndarray,
        readings: Sequence[Reading],
    ) -> None:
        self.codes[respondents] = len(self.readings) + which
        self.texts.extend([self.texts[code] for code in codes])
        self.readings.extend(readings)

    def with_status(self, statuses: Sequence[str]) -> np.ndarray:
        """Return the respondents whose reading has one of some statuses."""
        return self.where([reading.status in statuses for reading in self.readings])

    def where(self, wanted: Sequence[bool]) -> np.ndarray:
        """Return the respondents whose reading is wanted; one truth per reading."""
        return np.flatnonzero(np.array(wanted, dtype=bool)[self.codes])


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
    amounts_read: AmountsRead = defaultdict(dict)
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
        for (code, kind), respondents in _alike(answered[row], kinds).items():
            reading = answered[row].readings[code]
            text = str(answered[row].texts[code])
            changed = _converted(source.columns[row], kind, text, reading)
            if changed != reading:
                answered[row].put(np.array(respondents), changed)
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
    amounts_read: AmountsRead,
) -> Reader:
    column = source.columns[row]
    kind = choices.kind(column)
    if kind in ("typed", "stored"):
        by_tool = amounts.pointed if source.grid.pointed else amounts.typed
        read_amount = by_tool if kind == "typed" and not source.grid.stored else amounts.stored
        if kind == "stored" and _came_in_typed(source, column):
            read_amount = amounts.pointed
        measured = unit(column)
        already = amounts_read[read_amount.__name__, measured]

        def read_one(text: str, known: str) -> Reading:
            found = already.get((text, known))
            if found is None:
                nothing = text in source.grid.marks
                found = already[text, known] = (
                    PERHAPS_NOTHING._replace(alternatives=(text, ""))
                    if nothing
                    else read_amount(text, measured, known)
                )
            return found

    else:
        read_text = choices.reader(column, style, ticked, blank)

        def read_one(text: str, known: str) -> Reading:
            return read_text(text)

    return declared.reader(
        read_one, column, source.labels.get(row, {}), source.missing.get(row, frozenset())
    )


def _came_in_typed(source: Source, column: Column) -> bool:
    """Return whether answers to a question came in as they were typed: past the form, by the API.

    The form stores a point. Where one comma stands, a point may mark thousands as well.
    """
    return any(
        "," in text
        for other, answer in zip(source.columns, source.answers, strict=True)
        if other.question.code == column.question.code
        for text in answer.texts
        if text
    )


def _decide(
    source: Source, readers: Sequence[Reader], answered: Sequence[Answered], dominance: float
) -> None:
    scopes: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for row, column in enumerate(source.columns):
        if choices.kind(column) in ("typed", "stored"):
            scopes[column.question.code, unit(column).percent].append(row)
    for (_, percent), rows in scopes.items():
        evidence = notation.evidence(source.languages, dominance)
        doubtful = [_weigh(source, row, answered[row], evidence) for row in rows]
        for row, respondents in zip(rows, doubtful, strict=True):
            column = answered[row]
            codes = column.codes[respondents]
            shapes = np.zeros(len(column.texts), dtype=int)
            for code in np.unique(codes).tolist():
                proof = column.readings[code].evidence
                shapes[code] = notation.shape(str(column.texts[code]), proof)
            known = evidence.decide(respondents, shapes[codes], percent)
            column.decide(respondents[known > 0], known[known > 0], readers[row])


def _weigh(source: Source, row: int, column: Answered, evidence: Evidence) -> np.ndarray:
    """Add what the amounts of a column prove; return whose are ambiguous."""
    typed = np.ones(len(column.codes), dtype=bool)
    typed[list(source.converted.get(row, ()))] = False
    proofs = [reading.evidence for reading in column.readings]
    for proof in set(proofs) - {""}:
        respondents = column.where([found == proof for found in proofs])
        evidence.add(respondents[typed[respondents]], proof)
    ambiguous = column.with_status(["ambiguous"])
    return ambiguous[typed[ambiguous]]


def _alike(column: Answered, kinds: Mapping[int, str]) -> Mapping[tuple[int, str], list[int]]:
    """Return the respondents with one text that the file turned into one kind, by both.

    A code that was put in place of nothing is no text.
    """
    alike: dict[tuple[int, str], list[int]] = defaultdict(list)
    for respondent, kind in kinds.items():
        code = int(column.codes[respondent])
        if column.texts[code]:
            alike[code, kind].append(respondent)
    return alike


def _converted(column: Column, kind: str, text: str, reading: Reading) -> Reading:
    reads = choices.kind(column)
    if kind == spreadsheet.FORMULA:
        value = text if reads == "text" else ""
        return Reading(value, "suspect", note="a formula in the spreadsheet")
    if kind == spreadsheet.DATE:
        if reads == "date":
            return reading
        return Reading("", "suspect", note="a date in the spreadsheet")
    if kind in spreadsheet.BY_HAND:
        return _by_hand(column, kind, text, reading)
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


def _by_hand(column: Column, kind: str, text: str, reading: Reading) -> Reading:
    """Read a cell that people merged, or whose number is shown as another."""
    reads = choices.kind(column)
    if kind == spreadsheet.MERGED:
        doubt = "one cell for several rows or columns"
        return (
            reading
            if reads in ("text", "register")
            else Reading("", "suspect", (reading.value or text, ""), doubt)
        )
    if reads not in ("typed", "stored"):
        return reading
    if kind == spreadsheet.PERCENTAGE:
        return amounts.stored(text if unit(column).percent else f"{text}%", unit(column))
    number = Decimal(text)
    other = number * 100 if kind == spreadsheet.SHARE else number / 1000
    both = (amounts.decimal(other), amounts.decimal(number))
    return Reading("", "suspect", both, "shown as another number in the workbook")


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
        code_of = column.question.code
        for (code, kind), respondents in _alike(answered[row], kinds).items():
            here = [respondent for respondent in respondents if (code_of, respondent) in doubtful]
            text = str(answered[row].texts[code])
            if kind == spreadsheet.INTEGER and here and 1 <= abs(int(text)) <= 999:
                both = (f"{text}000", text)
                answered[row].put(np.array(here), Reading("", "suspect_decimal", both))
