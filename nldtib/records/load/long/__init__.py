"""From a sheet of cells to the long table of answers, and what could not be told."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.codebook import Codebook
from nldtib.errors import InputError
from nldtib.records.load import blanks, cells, choices, expected, headings, marks
from nldtib.records.load.cells import Answered
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Coded, Grid, Reading, coded
from nldtib.records.load.headings import Placement
from nldtib.records.load.long import refusals, tables
from nldtib.records.load.spreadsheet import UNDECLARED

NOTHING = Reading(status="missing")
OWN = {"_submitted": "submitdate", "_lastpage": "lastpage", "_language": "startlanguage"}


@dataclass(frozen=True)
class Answers:
    """One export as it was read; nothing in it is corrected.

    Attributes
    ----------
    table
        Text columns and a nullable Int64 `year`: respondent_id, variable, year, value (in the unit
        of the question), status, raw, note. By respondent in the order of the file, then by
        codebook. `value` is empty unless one value is certain; `raw` is the text of the file where
        it differs from `value`.
    format
        What was recognised.
    losses
        What the format lost or damaged, one sentence each.
    doubts
        Cells that nobody can read in one way: respondent_id, variable, year, raw, value,
        alternatives (divided by " | "; none where nothing can be made of it).
    personal
        respondent_id and the personal columns of the export; they are in no other table.
    """

    table: pd.DataFrame
    format: str
    losses: tuple[str, ...]
    doubts: pd.DataFrame
    personal: pd.DataFrame


def read(grid: Grid, codebook: Codebook, name: str, dominance: float, longest: int) -> Answers:
    """Read an export, in whatever heading and answer style.

    Parameters
    ----------
    grid
        The cells of the file.
    codebook
        The questionnaire that was answered.
    name
        How a refusal names the file.
    dominance
        Share of a column's unambiguous amounts that must agree before it decides a doubtful one.
    longest
        Most days between the first response and the last.

    Raises
    ------
    InputError
        A column is unknown or absent, the headings stand twice, respondents are not unique, or
        they answered more than `longest` days apart.
    """
    columns = expected.columns(codebook)
    refusals.two_heading_rows(grid, columns, name)
    place = headings.place(grid, columns, name)
    # Of an empty survey the tool writes one row of blanks.
    if not any(any(column.texts) for column in grid.columns):
        raise InputError(f"{name} has headings but no response. Export the responses again.")
    marked = marks.decoded(grid, tuple(columns[row] for row in place.answers), place)
    system = {code: marked.grid.columns[position] for code, position in place.system.items()}
    respondents = refusals.respondents(system, len(grid), name)
    refusals.two_rounds(system, name, longest)
    source = _source(marked.grid, columns, place, system)
    style, styles = choices.styles(source.columns, source.texts())
    answered = cells.read(source, styles, dominance)
    submitted = _submitted(system, len(grid))
    placed = _fill_empty(answered, source, styles, marked.kept, submitted)
    own = _own(system, len(grid))
    table = tables.long(respondents, source.columns, [*own.values(), *answered], list(own))
    return Answers(
        table=table,
        format=", ".join(filter(None, (grid.tool, place.style, style, grid.lettering))),
        losses=grid.losses + marked.losses + placed + _losses(source, answered, place),
        doubts=tables.doubts(respondents, source.columns, answered),
        personal=pd.DataFrame(
            {"respondent_id": respondents}
            | {
                code: [text or "" for text in grid.columns[position].cells()]
                for code, position in place.personal.items()
            },
            dtype="str",
        ),
    )


def _source(
    grid: Grid, columns: Sequence[Column], place: Placement, system: Mapping[str, Coded]
) -> cells.Source:
    converted: dict[int, dict[int, str]] = {}
    rows = {position: row for row, position in enumerate(place.answers.values())}
    for (respondent, position), kind in grid.converted.items():
        if position in rows:
            converted.setdefault(rows[position], {})[respondent] = kind
    return cells.Source(
        columns=tuple(columns[row] for row in place.answers),
        answers=tuple(grid.columns[position] for position in place.answers.values()),
        languages=system.get("startlanguage") or coded([None] * len(grid)),
        converted=converted,
        labels={rows[key]: found for key, found in grid.labels.items() if key in rows},
        missing={rows[key]: found for key, found in grid.missing.items() if key in rows},
        grid=grid,
    )


def _submitted(system: Mapping[str, Coded], count: int) -> np.ndarray:
    # A tool that does not say whether a response was submitted exports what was sent in.
    if "submitdate" not in system:
        return np.ones(count, dtype=bool)
    column = system["submitdate"]
    return np.array([bool(text and text.strip()) for text in column.texts])[column.codes]


def _fill_empty(
    answered: Sequence[Answered],
    source: cells.Source,
    styles: Sequence[str],
    kept: Sequence[bool],
    submitted: np.ndarray,
) -> tuple[str, ...]:
    always = not source.grid.laid_out and any(
        reading.value == "0"
        for column, answers in zip(source.columns, answered, strict=True)
        if choices.kind(column) == "tick"
        for reading in answers.readings
    )
    kinds = np.empty((len(source.columns), len(submitted)), dtype=np.int8)
    for row, column in enumerate(source.columns):
        answer = source.answers[row]
        by_text = blanks.kinds(answer.texts, column, styles[row], kept[row], always)
        kinds[row] = by_text[answer.codes]
    sentences = blanks.settle(kinds, source.columns, submitted)
    for row, column in enumerate(source.columns):
        for found in (blanks.BLANK, blanks.ABSENT):
            for complete in (True, False):
                here = np.flatnonzero((kinds[row] == found) & (submitted == complete))
                if len(here):
                    answered[row].put(here, blanks.reading(found, column, complete))
    return sentences


def _own(system: Mapping[str, Coded], count: int) -> dict[str, Answered]:
    def plain(code: str) -> Answered:
        column = system.get(code) or coded([None] * count)
        readings = [Reading(text) if text else NOTHING for text in column.texts]
        return Answered(column.codes, list(column.texts), readings)

    own = {variable: plain(code) for variable, code in OWN.items()}
    if "submitdate" in system:
        texts = [text if text and text.strip() else "NULL" for text in own["_submitted"].texts]
        own["_submitted"].texts[:] = texts
        own["_submitted"].readings[:] = [Reading("0" if t == "NULL" else "1") for t in texts]
    return own


def _losses(
    source: cells.Source, answered: Sequence[Answered], place: Placement
) -> tuple[str, ...]:
    losses = []
    decimals = sum(len(column.with_status(["suspect_decimal"])) for column in answered)
    if decimals:
        losses.append(
            f"{decimals} amounts that were typed as text arrived as numbers, so a thousands point "
            "cannot be told from a decimal point: they have no value and are listed as doubtful. "
            "The CSV export keeps what was typed."
        )
    changed: Counter[str] = Counter()
    for row, kinds in source.converted.items():
        suspects = set(answered[row].with_status(["suspect"]).tolist())
        changed.update(kind for respondent, kind in kinds.items() if respondent in suspects)
    losses += [
        f"Answers that look like a {kind}: {count}."
        if kind == UNDECLARED
        else f"Answers that the spreadsheet turned into a {kind}: {count}."
        for kind, count in sorted(changed.items())
    ]
    ticked = choices.ticks(source.columns, source.texts())
    blank = choices.blank_mark(source.columns, source.texts())
    if not source.labels and (ticked != choices.TICKS or blank):
        losses.append(
            "Y and N were written as numbers, and so were blanks of yes-or-no questions and of "
            "texts beside a multiple choice: such answers are listed as doubtful."
        )
    absent = [code for code in ("lastpage", "startlanguage") if code not in place.system]
    losses += [f"The export has no column {code}." for code in absent]
    if place.timings:
        losses.append(f"{place.timings} columns of timings were set aside.")
    if place.absent:
        losses.append(
            f"{place.absent} of the {place.absent + len(place.answers)} columns of the codebook "
            "are not in this file and have no row in the table."
        )
    return tuple(losses)
