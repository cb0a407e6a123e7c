"""From a sheet of cells to the long table of answers, and what could not be told."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.codebook import Codebook
from nldtib.errors import InputError
from nldtib.records.load import blanks, cells, choices, expected, headings
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Grid, Reading

DOUBTS = ("respondent_id", "variable", "year", "raw", "value", "alternatives")
NOTHING = Reading(status="missing")


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
        Cells with more than one possible value: respondent_id, variable, year, raw, value,
        alternatives (divided by " | ").
    personal
        respondent_id and the personal columns of the export; they are in no other table.
    """

    table: pd.DataFrame
    format: str
    losses: tuple[str, ...]
    doubts: pd.DataFrame
    personal: pd.DataFrame


def read(grid: Grid, codebook: Codebook, name: str, dominance: float) -> Answers:
    """Read a LimeSurvey export, in whatever heading and answer style.

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

    Raises
    ------
    InputError
        A column is unknown or absent, the headings stand twice, or respondents are not unique.
    """
    columns = expected.columns(codebook)
    _refuse_two_heading_rows(grid, columns, name)
    place = headings.place(grid.headings, columns, name)
    # Of an empty survey the tool writes one row of blanks.
    if not any(any(row) for row in grid.rows):
        raise InputError(f"{name} has headings but no response. Export the responses again.")
    by_position = list(zip(*grid.rows, strict=True))
    system = {code: by_position[position] for code, position in place.system.items()}
    respondents = _respondents(system["id"], name)
    texts = [by_position[position] for position in place.answers]
    style = choices.style(columns, texts)
    source = cells.Source(
        columns=columns,
        texts=texts,
        languages=[text or "" for text in system.get("startlanguage", [""] * len(respondents))],
        converted=_by_column(grid.converted, place.answers),
        whole_fractions=grid.whole_fractions,
    )
    readings = cells.read(source, style, dominance)
    submitted = np.array([bool(text and text.strip()) for text in system["submitdate"]])
    placed = _fill_empty(readings, source, style, grid.blanks_kept, submitted)
    table = _table(respondents, source, readings, system)
    return Answers(
        table=table,
        format=", ".join(filter(None, (grid.tool, place.style, style, grid.lettering))),
        losses=grid.losses + placed + _losses(source, readings, system, place.timings),
        doubts=_doubts(table, readings),
        personal=pd.DataFrame(
            {"respondent_id": respondents}
            | {
                code: [text or "" for text in by_position[position]]
                for code, position in place.personal.items()
            },
            dtype="str",
        ),
    )


def _refuse_two_heading_rows(grid: Grid, columns: Sequence[Column], name: str) -> None:
    for number, row in enumerate(grid.rows, start=2):
        again = tuple(text or "" for text in row) == grid.headings
        # Other exports of the same tool put a row of codes below the row of texts.
        if again or (
            number == 2 and 2 * headings.known([t or "" for t in row], columns) > len(row)
        ):
            raise InputError(
                f"Row {number} of {name} holds headings too. Export the responses as CSV with one "
                "heading row, and one export per file."
            )


def _respondents(identifiers: Sequence[str | None], name: str) -> list[str]:
    respondents = [(text or "").strip() for text in identifiers]
    without = respondents.count("")
    if without:
        raise InputError(f"{without} responses in {name} have no ID. Export the responses again.")
    twice = sum(count > 1 for count in Counter(respondents).values())
    if twice:
        raise InputError(
            f"{twice} response IDs stand more than once in {name}. Export the responses again, "
            "and do not paste exports together."
        )
    return respondents


def _by_column(
    converted: Mapping[tuple[int, int], str], answers: Sequence[int]
) -> dict[tuple[int, int], str]:
    columns = {position: column for column, position in enumerate(answers)}
    return {
        (columns[position], respondent): kind
        for (respondent, position), kind in converted.items()
        if position in columns
    }


def _fill_empty(
    readings: list[list[Reading]],
    source: cells.Source,
    style: str,
    kept: bool,
    submitted: np.ndarray,
) -> tuple[str, ...]:
    kinds = np.empty((len(source.columns), len(submitted)), dtype=np.int8)
    for row, (column, texts) in enumerate(zip(source.columns, source.texts, strict=True)):
        by_text = {text: blanks.kind(text, column, style, kept) for text in set(texts)}
        kinds[row] = [by_text[text] for text in texts]
    sentences = blanks.settle(kinds, source.columns, submitted)
    for row, respondent in np.argwhere(kinds != blanks.VALUE):
        readings[row][respondent] = blanks.reading(
            kinds[row, respondent], source.columns[row], submitted[respondent]
        )
    return sentences


def _table(
    respondents: Sequence[str],
    source: cells.Source,
    readings: Sequence[Sequence[Reading]],
    system: Mapping[str, Sequence[str | None]],
) -> pd.DataFrame:
    nothing = [None] * len(respondents)
    own = [
        [
            (Reading("1"), text) if text and text.strip() else (Reading("0"), "NULL")
            for text in column
        ]
        if variable == "_submitted"
        else [(Reading(text), text) if text else (NOTHING, "") for text in column]
        for variable, column in (
            ("_submitted", system["submitdate"]),
            ("_lastpage", system.get("lastpage", nothing)),
            ("_language", system.get("startlanguage", nothing)),
        )
    ]
    answered = [
        [*zip(row, texts, strict=True)] for row, texts in zip(readings, source.texts, strict=True)
    ]
    rows = [cell for response in zip(*own, *answered, strict=True) for cell in response]
    variables = ["_submitted", "_lastpage", "_language", *(c.variable for c in source.columns)]
    years = [None, None, None, *(column.year for column in source.columns)]
    count = len(respondents)
    texts = {
        "respondent_id": np.repeat(np.array(respondents, dtype=object), len(variables)),
        "variable": np.tile(np.array(variables, dtype=object), count),
        "value": [reading.value for reading, _ in rows],
        "status": [reading.status for reading, _ in rows],
        "raw": [text if text and text != reading.value else "" for reading, text in rows],
        "note": [reading.note for reading, _ in rows],
    }
    table = pd.DataFrame(texts, dtype="str")
    table.insert(2, "year", pd.array(years * count, dtype="Int64"))
    return table


def _doubts(table: pd.DataFrame, readings: Sequence[Sequence[Reading]]) -> pd.DataFrame:
    alternatives = [
        " | ".join(text or "(blank)" for text in reading.alternatives)
        for response in zip(*readings, strict=True)
        for reading in (NOTHING, NOTHING, NOTHING, *response)
    ]
    doubts = table.assign(alternatives=pd.array(alternatives, dtype="str"))
    return doubts.loc[doubts["alternatives"] != "", list(DOUBTS)].reset_index(drop=True)


def _losses(
    source: cells.Source,
    readings: Sequence[Sequence[Reading]],
    system: Mapping[str, Sequence[str | None]],
    timings: int,
) -> tuple[str, ...]:
    losses = []
    decimals = sum(r.status == "suspect_decimal" for column in readings for r in column)
    if decimals:
        losses.append(
            f"{decimals} amounts that were typed as text arrived as numbers, so a thousands point "
            "cannot be told from a decimal point: they have no value and are listed as doubtful. "
            "The CSV export keeps what was typed."
        )
    changed = Counter(
        kind
        for (row, respondent), kind in source.converted.items()
        if readings[row][respondent].status == "suspect"
    )
    losses += [
        f"Answers that the spreadsheet turned into a {kind}: {count}."
        for kind, count in sorted(changed.items())
    ]
    ticked = choices.ticks(source.columns, source.texts)
    if ticked != choices.TICKS or choices.blank_mark(source.columns, source.texts):
        losses.append(
            "Y and N were written as numbers, and so were blanks of yes-or-no questions and of "
            "texts beside a multiple choice: such answers are listed as doubtful."
        )
    absent = [code for code in ("lastpage", "startlanguage") if code not in system]
    losses += [f"The export has no column {code}." for code in absent]
    if timings:
        losses.append(f"{timings} columns of timings were set aside.")
    return tuple(losses)
