"""What makes a sheet of cells no export of one round: refused before an answer is read."""

import datetime
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from nldtib.errors import InputError
from nldtib.records.load import headings
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Coded, Grid

DAY = re.compile(r"(?:19|20)\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])\b")
# LimeSurvey writes this day for all responses where a survey keeps no dates.
UNDATED = "1980-01-01"


def two_heading_rows(grid: Grid, columns: Sequence[Column], name: str) -> None:
    """Refuse a file in which headings stand among the answers.

    Raises
    ------
    InputError
        They do; the row is named.
    """
    if not len(grid):
        return
    alike = np.ones(len(grid), dtype=bool)
    for heading, column in zip(grid.headings, grid.columns, strict=True):
        codes = [code for code, text in enumerate(column.texts) if (text or "") == heading]
        alike &= np.isin(column.codes, codes)
        if not alike.any():
            break
    if alike.any():
        raise InputError(_headings_again(int(alike.argmax()) + 2, name))
    second = [column.texts[column.codes[0]] or "" for column in grid.columns]
    # Other exports of the same tool put a row of codes below the row of texts.
    if 2 * headings.known(second, columns) > len(second):
        raise InputError(_headings_again(2, name))


def _headings_again(row: int, name: str) -> str:
    return (
        f"Row {row} of {name} holds headings too. Export the responses as CSV with one "
        "heading row, and one export per file."
    )


def respondents(system: Mapping[str, Coded], count: int, name: str) -> list[str]:
    """Return who answered, by the number of each response, or by row where there is none.

    Raises
    ------
    InputError
        A response has no number, or two have the same.
    """
    if "id" not in system:
        return [str(number) for number in range(1, count + 1)]
    found = [(text or "").strip() for text in system["id"].cells()]
    without = found.count("")
    if without:
        raise InputError(f"{without} responses in {name} have no ID. Export the responses again.")
    twice = sum(number > 1 for number in Counter(found).values())
    if twice:
        raise InputError(
            f"{twice} response IDs stand more than once in {name}. Export the responses again, "
            "and do not paste exports together."
        )
    return found


def two_rounds(system: Mapping[str, Coded], name: str, longest: int) -> None:
    """Refuse responses that were submitted more than `longest` days apart.

    Raises
    ------
    InputError
        They were; both days are named.
    """
    texts = system["submitdate"].texts if "submitdate" in system else ()
    days = sorted({text[:10] for text in texts if text and DAY.match(text)} - {UNDATED})
    if not days:
        return
    apart = (datetime.date.fromisoformat(days[-1]) - datetime.date.fromisoformat(days[0])).days
    if apart > longest:
        raise InputError(
            f"The responses in {name} were submitted up to {apart:,} days apart, from {days[0]} to "
            f"{days[-1]}: two rounds may stand in one file. Put each round in a file of its own."
        )
