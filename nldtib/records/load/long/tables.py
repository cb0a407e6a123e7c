"""Columns of readings as the long table of answers, and as the list of doubts."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from nldtib.records.load.cells import Answered
from nldtib.records.load.expected import Column

DOUBTS = ("respondent_id", "variable", "year", "raw", "value", "alternatives")
# What was answered and has no value, with or without another way to read it.
DOUBTFUL = ("unparsed", "invalid", "ambiguous", "suspect", "suspect_decimal")


def long(
    respondents: Sequence[str],
    columns: Sequence[Column],
    answered: Sequence[Answered],
    own: Sequence[str],
) -> pd.DataFrame:
    """Return one row per respondent and column, the tool's own columns first."""
    variables = [*own, *(column.variable for column in columns)]
    years = np.array([0] * len(own) + [column.year or 0 for column in columns])
    count, width = len(respondents), len(variables)
    # Every different reading of every column stands once behind those of the columns before it.
    starts = np.cumsum([0, *(len(column.readings) for column in answered)])
    places = np.empty((count, width), dtype=np.int32 if starts[-1] < 2**31 else np.int64)
    for position, column in enumerate(answered):
        places[:, position] = column.codes + starts[position]
    cells = places.ravel()
    readings = [reading for column in answered for reading in column.readings]
    raws = [
        "" if text is None or text == reading.value else text
        for column in answered
        for text, reading in zip(column.texts, column.readings, strict=True)
    ]
    year_of = pd.arrays.IntegerArray(np.tile(years, count), np.tile(years == 0, count))
    return pd.DataFrame(
        {
            "respondent_id": _taken(respondents, np.repeat(np.arange(count), width)),
            "variable": _taken(variables, np.tile(np.arange(width), count)),
            "year": year_of,
            "value": _taken([reading.value for reading in readings], cells),
            "status": _taken([reading.status for reading in readings], cells),
            "raw": _taken(raws, cells),
            "note": _taken([reading.note for reading in readings], cells),
        },
        copy=False,
    )


def _taken(texts: Sequence[str], places: np.ndarray) -> pd.api.extensions.ExtensionArray:
    # Millions of texts never exist as objects of their own.
    return pd.array(pa.array(texts, pa.large_string()).take(pa.array(places)), dtype="str")


def doubts(
    respondents: Sequence[str], columns: Sequence[Column], answered: Sequence[Answered]
) -> pd.DataFrame:
    """Return the answers that nobody can read in one way (DOUBTS), by respondent."""
    found = []
    for row, (column, answers) in enumerate(zip(columns, answered, strict=True)):
        doubtful = answers.where(
            [
                bool(reading.alternatives) or reading.status in DOUBTFUL
                for reading in answers.readings
            ]
        )
        for respondent in doubtful.tolist():
            code = answers.codes[respondent]
            reading = answers.readings[code]
            alternatives = " | ".join(text or "(blank)" for text in reading.alternatives)
            raw = answers.texts[code] or ""
            found.append(
                (respondent, row, respondents[respondent], column.variable, column.year)
                + (raw if raw != reading.value else "", reading.value, alternatives)
            )
    found.sort(key=lambda cell: cell[:2])
    table = pd.DataFrame([cell[2:] for cell in found], columns=list(DOUBTS))
    kinds = dict.fromkeys(DOUBTS, "str") | {"year": "Int64"}
    return table.astype(kinds)
