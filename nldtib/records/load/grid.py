"""The sheet of cells that every format is brought to before an answer is read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

Row = list[str | None]


@dataclass(frozen=True)
class Coded:
    """One column of a file: its different texts once each, and which of them stands in each row.

    A text is None where nothing stands.
    """

    codes: np.ndarray
    texts: tuple[str | None, ...]

    def cells(self) -> list[str | None]:
        """Return the text of every row."""
        return [self.texts[code] for code in self.codes]


def coded(cells: Iterable[str | None]) -> Coded:
    """Return a column of cells with every text kept once."""
    known: defaultdict[str | None, int] = defaultdict()
    known.default_factory = known.__len__
    codes = np.fromiter(map(known.__getitem__, cells), dtype=np.int32)
    return Coded(codes, tuple(known))


def by_column(rows: Sequence[Sequence[str | None]], width: int) -> tuple[Coded, ...]:
    """Return rows of equal length as columns."""
    columns = zip(*rows, strict=True) if rows else [()] * width
    return tuple(coded(cells) for cells in columns)


@dataclass(frozen=True)
class Grid:
    """Headings and columns as they stand in the file; a cell is text, or None where it is absent.

    Attributes
    ----------
    headings
        One text per column, decoded.
    columns
        One per heading. None is an absent value (SQL NULL, an empty spreadsheet cell); an empty
        text is an answer that was left blank.
    tool
        What kind of file it was, in words.
    lettering
        How it was written: separator and encoding, or nothing for a binary file.
    blanks_kept
        Whether absent and blank are told apart in this file.
    converted
        (row, column) of each cell that is no longer text: "integer", "fraction", "date" or
        "formula". Rows count from 0 below the headings. A CSV has none.
    whole_fractions
        Whether the file still writes 9.000 as a fraction, so that a whole number was typed whole.
    pointed
        Whether the tool wrote a typed decimal comma as a point, so that "7.138" has two origins.
    stored
        Whether every number of the file is a number, and none was typed as text.
    labels
        Per column, what the file itself says that a value means.
    missing
        Per column, the values that the file declares as missing.
    whole
        Whether the file should hold every question of the codebook.
    needed
        Codes of the system columns that it should have.
    marks
        Texts that the tool wrote in place of nothing, and what each stands for: None or "".
    laid_out
        Whether choices were laid out from one cell, so that an empty one was perhaps never seen.
    losses
        What this format did to the answers, one sentence each.
    """

    headings: tuple[str, ...]
    columns: tuple[Coded, ...]
    tool: str
    lettering: str = ""
    blanks_kept: bool = False
    converted: Mapping[tuple[int, int], str] = field(default_factory=dict)
    whole_fractions: bool = True
    pointed: bool = False
    stored: bool = False
    labels: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    missing: Mapping[int, frozenset[str]] = field(default_factory=dict)
    whole: bool = True
    needed: tuple[str, ...] = ("id", "submitdate")
    marks: Mapping[str, str | None] = field(default_factory=lambda: {"-99": None, "-98": ""})
    laid_out: bool = False
    losses: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of rows below the headings."""
        return len(self.columns[0].codes) if self.columns else 0


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
