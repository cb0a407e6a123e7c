"""Why a cell is empty: not reached, not shown, left blank or not ticked.

Where the file keeps the difference, an absent cell (SQL NULL) was never stored and a blank one was
seen and left open. Full answers and spreadsheets mix the two for some questions; there the place at
which a response stopped decides: questions are answered in the order of the questionnaire.
"""

from collections.abc import Sequence

import numpy as np

from nldtib.records.load import choices
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Reading

VALUE, BLANK, ABSENT, UNKNOWN = range(4)
ARRAYS = ("array_single", "array_dual_scale")
NUMERIC = ("number", "numbers")


def kinds(
    texts: Sequence[str | None], column: Column, style: str, kept: bool, always: bool
) -> np.ndarray:
    """Return VALUE, BLANK, ABSENT or UNKNOWN (blank or absent) for each text of a column.

    Parameters
    ----------
    texts
        Different cells, None where nothing stands.
    column
        Their column.
    style
        Answer style of the column, from `choices`.
    kept
        Whether the file tells absent and blank apart.
    always
        Whether a multiple choice that was seen always says yes or no in this file.
    """
    reads = choices.kind(column)
    says_absent = style == choices.LABELS and reads in ("tick", "yes_no")

    def empty(text: str | None) -> int:
        question = column.question.type
        if text == choices.ABSENT:
            return ABSENT if reads == "tick" else UNKNOWN
        if not kept:
            # LimeSurvey stores a number that was left open as NULL, reached or not.
            return ABSENT if question in NUMERIC or (reads == "tick" and always) else UNKNOWN
        if text is not None and style == choices.LABELS and question in ARRAYS:
            return UNKNOWN
        return ABSENT if text is None else BLANK

    found = [
        VALUE
        if text and not text.isspace() and not (says_absent and text == choices.ABSENT)
        else empty(text)
        for text in texts
    ]
    return np.array(found, dtype=np.int8)


def settle(kinds: np.ndarray, columns: Sequence[Column], submitted: np.ndarray) -> tuple[str, ...]:
    """Turn every UNKNOWN in `kinds` into BLANK or ABSENT, and say how many and how.

    Parameters
    ----------
    kinds
        Columns by respondents, changed in place.
    columns
        In the order of the questionnaire.
    submitted
        Per respondent, whether the response was completed.
    """
    reached = np.full(len(submitted), -1)
    for row in range(len(columns)):
        reached[(kinds[row] == VALUE) | (kinds[row] == BLANK)] = row
    rows_of: dict[str, list[int]] = {}
    for row, column in enumerate(columns):
        rows_of.setdefault(column.question.code, []).append(row)
    stopped = unseen = 0
    for rows in rows_of.values():
        unknown = kinds[rows] == UNKNOWN
        if not unknown.any():
            continue
        hidden = unknown.all(axis=0) if columns[rows[0]].question.relevance else False
        after = ~submitted & (np.array(rows)[:, None] > reached)
        kinds[rows] = np.where(
            unknown, np.where(after | hidden, ABSENT, BLANK).astype(np.int8), kinds[rows]
        )
        stopped += int((unknown & ~submitted).sum())
        unseen += int((unknown & hidden & submitted).sum())
    sentences = []
    if stopped:
        sentences.append(
            f"{stopped} empty cells of {(~submitted).sum()} partial responses do not "
            "say whether the question was reached: those after the last answer are read as not "
            "reached, the others as left blank."
        )
    if unseen:
        sentences.append(
            f"{unseen} empty cells of conditional questions do not say whether the question "
            "was shown: they are read as not shown."
        )
    return tuple(sentences)


def reading(found: int, column: Column, submitted: bool) -> Reading:
    """Return what a BLANK or ABSENT cell says; a multiple choice that is blank is not ticked."""
    if found == BLANK:
        return Reading("0") if choices.kind(column) == "tick" else Reading(status="missing")
    if not submitted:
        return Reading(status="not_reached")
    return Reading(status="not_shown" if column.question.relevance else "missing")
