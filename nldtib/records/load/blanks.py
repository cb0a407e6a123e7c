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


def kind(text: str | None, column: Column, style: str, kept: bool, always: bool) -> int:
    """Return VALUE, BLANK, ABSENT or UNKNOWN (blank or absent) for one cell.

    Parameters
    ----------
    text
        The cell, None where nothing stands.
    column
        Its column.
    style
        Answer style of the column, from `choices`.
    kept
        Whether the file tells absent and blank apart.
    always
        Whether a multiple choice that was seen always says yes or no in this file.
    """
    question = column.question.type
    reads = choices.kind(column)
    if style == choices.LABELS and text == choices.ABSENT and reads in ("tick", "yes_no"):
        return ABSENT if reads == "tick" else UNKNOWN
    if text is not None and text.strip():
        return VALUE
    if not kept:
        # LimeSurvey stores a number that was left open as NULL, reached or not.
        return ABSENT if question in NUMERIC or (reads == "tick" and always) else UNKNOWN
    if text is not None and style == choices.LABELS and question in ARRAYS:
        return UNKNOWN
    return ABSENT if text is None else BLANK


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
