"""Which rows below the headings are no answers: totals, notes, and the headings once more."""

import re
from collections.abc import Sequence
from decimal import Decimal

from nldtib.records.load.mailed.sheets import Cell
from nldtib.records.load.spreadsheet import MERGED, NUMBER

WORD = (
    r"(?:(?:sub|eind|grand |generaal )?tota(?:al|len|l|ls)|som|sum|[σς∑]|gemiddeld(?:en?)?|average"
    r"|mean|mediaan|median|aantal|count|minimum|maximum|min\.|max\.)"
)
# What may follow the word where the row is nobody's: a year, a count, "of all companies".
BEHIND = (
    r"(?:\s*[:=]|\s+generaal|\s*\([^()]*\)|\s+(?:19|20)\d\d|\s+n\s*=\s*\d+|\s+(?:van |of )?"
    r"(?:alle |all |\d+ )?(?:bedrijven|organisaties|respondenten|companies|organisations))*"
)
TOTAL = re.compile(f"{WORD}{BEHIND}", re.IGNORECASE)
BEGINS = re.compile(rf"{WORD}(?!\w)", re.IGNORECASE)
# Fewer amounts have no sum, and fewer texts are no headings.
FEWEST = 2


def is_total(row: Sequence[Cell], above: Sequence[Sequence[Cell]], amounts: Sequence[int]) -> bool:
    """Return whether a row tells of the rows above it.

    A word for a total alone says so. A row that has no name, or a name that begins with such a
    word, says so when every amount in it is the sum of those above.

    Parameters
    ----------
    row, above
        The row, and the rows of answers above it.
    amounts
        Places of the columns that hold amounts, and no percentages.
    """
    label = next((text.strip() for text, _ in row if text is not None and text.strip()), "")
    if TOTAL.fullmatch(label):
        return True
    nameless = all(kind for text, kind in row if text is not None and text.strip())
    return bool(nameless or BEGINS.match(label)) and _adds_up(row, above, amounts)


def begins_like_one(row: Sequence[Cell]) -> bool:
    """Return whether the name of a row begins with a word for a total."""
    label = next((text.strip() for text, _ in row if text is not None and text.strip()), "")
    return bool(BEGINS.match(label))


def is_note(row: Sequence[Cell]) -> bool:
    """Return whether a row says one thing, in one cell or merged over several."""
    texts = [(text, kind) for text, kind in row if text is not None and text.strip()]
    return len({text for text, _ in texts}) == 1 and texts[0][1] in ("", MERGED)


def is_heading(row: Sequence[Cell], heads: Sequence[Sequence[Cell]]) -> bool:
    """Return whether a row is one of the rows of headings again."""
    filled = _filled(row)
    # A heading that was merged above need not be merged below.
    return len(filled) >= FEWEST and any(filled <= _filled(head) for head in heads)


def _filled(row: Sequence[Cell]) -> set[tuple[int, str]]:
    return {(place, text.strip()) for place, (text, _) in enumerate(row) if text and text.strip()}


def _adds_up(row: Sequence[Cell], above: Sequence[Sequence[Cell]], amounts: Sequence[int]) -> bool:
    agree = []
    for place in amounts:
        parts = [other[place] for other in above if other[place][0] is not None]
        if row[place][1] == NUMBER and all(kind == NUMBER for _, kind in parts):
            total = sum(Decimal(text) for text, _ in parts if text)
            agree.append(len(parts) >= FEWEST and total == Decimal(row[place][0] or 0) != 0)
    return bool(agree) and all(agree)
