"""What respondents leave open and what they get wrong, so that cleaning and editing have work.

Mistakes are planted at different respondents, each in cells that were answered, and are listed.
None is planted at those who were followed up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.codebook import Codebook, closest
from nldtib.errors import ParameterError
from nldtib.records.synthetic.answering import COMPLETE
from nldtib.records.synthetic.choices import Choices
from nldtib.records.synthetic.questions import Column

PLANTED = ("row", "unit", "variable", "year", "kind", "truth", "answer")
WHOLE_EUROS, TWICE, UNKNOWN_KVK = "whole_euros", "twice", "unknown_kvk"


@dataclass(frozen=True)
class Sheet:
    """The answers of a round as numbers, before they are typed.

    who
        One row per respondent: unit, stage, followed_up, employees.
    columns
        The columns of the export.
    meant
        By heading, the number that each respondent means to give.
    left_open
        By heading, whether each respondent leaves the question open.
    """

    who: pd.DataFrame
    columns: Sequence[Column]
    meant: Mapping[str, np.ndarray]
    left_open: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Spoilt:
    """Numbers with mistakes, the list of mistakes, and rows of `who` by what happens to them."""

    meant: Mapping[str, np.ndarray]
    planted: pd.DataFrame
    rows: Mapping[str, Sequence[int]]


def left_open(
    rng: np.random.Generator,
    who: pd.DataFrame,
    columns: Sequence[Column],
    book: Codebook,
    choices: Choices,
) -> dict[str, np.ndarray]:
    """Draw which respondents leave which questions open, by heading.

    Raises
    ------
    ParameterError
        A rate is given for a name that the codebook does not have.
    """
    found = {column.heading: np.zeros(len(who), dtype=bool) for column in columns}
    free = ~who["followed_up"].to_numpy()
    asked = {name: thing.answer for name, thing in (book.variables | book.dimensions).items()}
    asked |= {code: code for code in book.questions}
    later = book.not_asked | book.later_questions
    for name, percent in choices.unanswered.items():
        if name in later:
            continue
        if name not in asked:
            raise ParameterError(
                f"parameters/synthetic.yml leaves {name} open, which the codebook does not have."
                f"{closest(name, asked)}"
            )
        own = [column for column in columns if asked[name] in column.sources]
        first = min((column.year for column in own if column.year), default=None)
        silent = free & (rng.random(len(who)) < percent / 100)
        partly = rng.random(len(who)) < choices.unanswered_first_year_only / 100
        for column in own:
            answered = partly & (column.year is not None and column.year != first)
            found[column.heading] = silent & ~answered
    return found


def planted(rng: np.random.Generator, sheet: Sheet, book: Codebook, choices: Choices) -> Spoilt:
    """Plant the mistakes of `choices.planted`."""
    sizes, pool, cells = choices.planted, _Pool(rng, sheet.who), _cells(sheet, book)
    rows = {
        WHOLE_EUROS: _in_whole_euros(pool, cells, choices),
        TWICE: pool.take(sizes.twice),
        UNKNOWN_KVK: pool.take(sizes.unknown_kvk),
    }
    yearly = {name for name, _ in cells.heading}
    amounts = [v.name for v in book.answered() if v.unit_of_measure == "keur" and v.name in yearly]
    changes = [
        (row, name, year, WHOLE_EUROS, 1000 * cells.meant(name, year)[row])
        for row in rows[WHOLE_EUROS]
        for name in amounts
        for year in cells.years
        if cells.answered(name, over=[year])[row]
    ]
    changes += _contradictions(pool, cells, choices)
    return _applied(sheet, changes, cells, rows)


def _in_whole_euros(pool: "_Pool", cells: "_Cells", choices: Choices) -> list[int]:
    sizes = choices.planted
    # Turnover per fte betrays whole euros, so both are there in every year.
    needed = ("turnover_total", "turnover_defence", "fte_total")
    readable = cells.answered(*needed, over=cells.years)
    large = (cells.sheet.who["employees"] >= sizes.large_employees).to_numpy()
    rows = pool.take(min(1, sizes.whole_euros), readable & large)
    return rows + pool.take(sizes.whole_euros - len(rows), readable)


def _contradictions(pool: "_Pool", cells: "_Cells", choices: Choices) -> list[tuple]:
    sizes, last, changes = choices.planted, cells.years[-1], []
    turnover, defence = cells.meant("turnover_total", last), cells.meant("turnover_defence", last)
    # A figure too many in defence turnover.
    above = cells.answered("turnover_total", "turnover_defence", over=[last])
    for row in pool.take(sizes.defence_above_total, above & (10 * defence > 1.1 * turnover)):
        changes.append((row, "turnover_defence", last, "defence_above_total", 10 * defence[row]))
    staff = cells.meant("fte_total", last)
    for row in pool.take(
        sizes.rd_fte_above_fte, cells.answered("fte_total", "fte_rd", over=[last])
    ):
        much = round(1.5 * staff[row] + 1, 1)
        changes.append((row, "fte_rd", last, "rd_fte_above_fte", much))
    export = cells.meant("export_percent", last)
    for row in pool.take(sizes.percent_above_100, cells.answered("export_percent", over=[last])):
        beyond = 100 + max(export[row], 5)
        changes.append((row, "export_percent", last, "percent_above_100", beyond))
    return changes


@dataclass(frozen=True)
class _Cells:
    """The cells of a sheet by variable and year."""

    sheet: Sheet
    heading: Mapping[tuple[str, int], str]
    years: Sequence[int]

    def answered(self, *names: str, over: Sequence[int]) -> np.ndarray:
        """Return who answered all these variables in all these years."""
        cells = [self.sheet.left_open[self.heading[name, year]] for name in names for year in over]
        return ~np.any(cells, axis=0)

    def meant(self, name: str, year: int) -> np.ndarray:
        """Return what each respondent truly would answer."""
        return self.sheet.meant[self.heading[name, year]]


def _cells(sheet: Sheet, book: Codebook) -> _Cells:
    headings = {
        (variable.name, column.year): column.heading
        for variable in book.answered()
        for column in sheet.columns
        if column.sources[0] == variable.answer and column.year
    }
    return _Cells(sheet, headings, sorted({year for _, year in headings}))


class _Pool:
    """Respondents at whom nothing was planted yet, in random order."""

    def __init__(self, rng: np.random.Generator, who: pd.DataFrame):
        free = (who["stage"] == COMPLETE) & ~who["followed_up"]
        self.free = list(rng.permutation(np.flatnonzero(free)))

    def take(self, count: float, fit: np.ndarray | None = None) -> list[int]:
        """Take out up to `count` of those that fit."""
        chosen = [int(row) for row in self.free if fit is None or fit[row]][: int(count)]
        self.free = [row for row in self.free if row not in chosen]
        return chosen


def _applied(
    sheet: Sheet,
    changes: Sequence[tuple[int, str, int, str, float]],
    cells: _Cells,
    rows: Mapping[str, Sequence[int]],
) -> Spoilt:
    meant = {heading: values.copy() for heading, values in sheet.meant.items()}
    unit = sheet.who["unit"].to_numpy()
    listed = []
    for row, name, year, kind, answer in changes:
        heading = cells.heading[name, year]
        listed.append((row, unit[row], name, year, kind, sheet.meant[heading][row], answer))
        meant[heading][row] = answer
    for kind in (TWICE, UNKNOWN_KVK):
        listed += [(row, unit[row], "", pd.NA, kind, np.nan, np.nan) for row in rows[kind]]
    return Spoilt(meant, pd.DataFrame(listed, columns=list(PLANTED)), rows)
