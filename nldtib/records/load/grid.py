"""The sheet of cells that every format is brought to before an answer is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Row = list[str | None]


@dataclass(frozen=True)
class Grid:
    """Headings and rows as they stand in the file; a cell is text, or None where it is absent.

    Attributes
    ----------
    headings
        One text per column, decoded.
    rows
        One list per response, as long as `headings`. None is an absent value (SQL NULL, an empty
        spreadsheet cell); an empty text is an answer that was left blank.
    tool
        What kind of file it was, in words.
    lettering
        How it was written: separator and encoding, or nothing for a spreadsheet.
    blanks_kept
        Whether absent and blank are told apart in this file.
    converted
        (row, column) of each cell that is no longer text: "integer", "fraction", "date" or
        "formula". Rows count from 0 below the headings. A CSV has none.
    whole_fractions
        Whether the file still writes 9.000 as a fraction, so that a whole number was typed whole.
    losses
        What this format did to the answers, one sentence each.
    """

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    tool: str
    lettering: str
    blanks_kept: bool
    converted: Mapping[tuple[int, int], str] = field(default_factory=dict)
    whole_fractions: bool = True
    losses: tuple[str, ...] = ()


class Reading(NamedTuple):
    """What the text of one cell says.

    `value` is empty where nothing is certain; `alternatives` are the values that the text may have;
    `evidence` says which number notation the text proves.
    """

    value: str = ""
    status: str = "ok"
    alternatives: tuple[str, ...] = ()
    evidence: str = ""
    note: str = ""
