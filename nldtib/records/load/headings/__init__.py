"""Which column of an export holds which question: by code, by text, or by both.

Headings are matched on what the codebook expects, in Dutch and English, never on single words: the
Dutch heading "Plaats" is LimeSurvey's seed and no place.
"""

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nldtib.codebook import closest
from nldtib.errors import InputError
from nldtib.records.load import system_columns
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Grid
from nldtib.records.load.headings.lookup import (
    FULL_TEXT,
    QUESTION_CODES,
    SHORT_TEXT,
    Lookup,
    Match,
    plain,
)
from nldtib.records.load.system_columns import PERSONAL, SYSTEM


@dataclass(frozen=True)
class Placement:
    """Where the columns stand in a file: positions count from 0.

    `answers` is by row of the expected columns and in their order; `absent` of them are not there.
    """

    answers: Mapping[int, int]
    system: Mapping[str, int]
    personal: Mapping[str, int]
    timings: int
    absent: int
    style: str


def known(headings: Sequence[str], columns: Sequence[Column]) -> int:
    """Return how many of some headings are those of an expected or a system column."""
    lookup = Lookup(columns, headings)
    return sum(bool(lookup.find(heading)) for heading in headings)


def system_headings(headings: Sequence[str]) -> set[str]:
    """Return the codes of the system columns among some headings."""
    lookup = Lookup((), headings)
    found = [lookup.find(heading) for heading in headings]
    return {str(match.keys[0]) for match in found if match and match.kind == "system"}


def place(grid: Grid, columns: Sequence[Column], name: str) -> Placement:
    """Find every expected column among the headings.

    Parameters
    ----------
    grid
        The file; only its headings are read, and whether it should hold every question.
    columns
        What the codebook expects.
    name
        How a refusal names the file.

    Raises
    ------
    InputError
        A heading is unknown or stands twice, or an expected column is absent.
    """
    headings = grid.headings
    lookup = Lookup(columns, headings)
    found = [lookup.find(heading) for heading in headings]
    system_columns.settle_leading(found, headings, plain, Match)
    _share_out(found, columns)
    _set_attributes_apart(found)
    _refuse_unknown(found, headings, columns, name)
    positions: dict[str, int] = {}
    for position, match in enumerate(found):
        key = f"{match.kind} {match.keys[0]}"
        if key in positions and match.kind != "timing":
            raise InputError(
                f"Columns {positions[key] + 1} and {position + 1} of {name} have the same heading. "
                "Export each question once, with question codes as headings."
            )
        positions[key] = position
    answers = {
        row: positions[f"answer {row}"]
        for row in range(len(columns))
        if f"answer {row}" in positions
    }
    if grid.whole or not answers:
        _refuse_absent(positions, columns, name, grid.needed)
    return Placement(
        answers=answers,
        system=_of_kind("system", found),
        personal=_of_kind("personal", found),
        timings=sum(match.kind == "timing" for match in found),
        absent=len(columns) - len(answers),
        style=_style(found),
    )


def _share_out(found: list[Match | None], columns: Sequence[Column]) -> None:
    """Settle headings that fit several columns: what others take is out, order does the rest."""
    while True:
        taken = {
            match.keys[0]
            for match in found
            if match and match.kind == "answer" and len(match.keys) == 1
        }
        changed = False
        for position, match in enumerate(found):
            if match is None or len(match.keys) == 1:
                continue
            left = tuple(key for key in match.keys if key not in taken)
            if left and left != match.keys:
                found[position] = Match(match.kind, left, match.how)
                changed = True
        if not changed:
            break
    shared = Counter(match.keys for match in found if match and len(match.keys) > 1)
    turn: Counter[tuple[str | int, ...]] = Counter()
    for position, match in enumerate(found):
        if match is None or len(match.keys) == 1:
            continue
        if shared[match.keys] != len(match.keys):
            codes = " and ".join(columns[int(key)].heading for key in match.keys[:2])
            raise InputError(
                f"Column {position + 1} has a heading that fits {len(match.keys)} questions "
                f"({codes}). Export with question codes as headings."
            )
        found[position] = Match(match.kind, (match.keys[turn[match.keys]],), match.how)
        turn[match.keys] += 1


def _set_attributes_apart(found: list[Match | None]) -> None:
    # Participants' attributes stand behind the last question, under any name.
    last = max((p for p, match in enumerate(found) if match and match.kind == "answer"), default=0)
    tail = range(last + 1, len(found))
    if not any(found[p] and found[p].kind == "personal" for p in tail):
        return
    for position in tail:
        if found[position] is None:
            found[position] = Match("personal", (f"column_{position + 1}",), FULL_TEXT)


def _refuse_unknown(
    found: Sequence[Match | None], headings: Sequence[str], columns: Sequence[Column], name: str
) -> None:
    unknown = [position for position, match in enumerate(found) if match is None]
    if not unknown:
        return
    heading = headings[unknown[0]]
    near = closest(heading, [*SYSTEM, *PERSONAL, *(column.heading for column in columns)])
    texts = {plain(text): column.heading for column in columns for text in column.texts}
    for text in () if near else difflib.get_close_matches(plain(heading), texts, n=1):
        near = f" Closest: {texts[text]}."
    # A file without headings starts with answers, so an unknown heading is never quoted.
    advice = (
        " The headings are shortened: export with question codes."
        if ".." in heading
        else near or " Is this its codebook? Export with question codes as headings."
    )
    raise InputError(
        f"{len(unknown)} of the {len(headings)} columns of {name} are not in the codebook; the "
        f"first is column {unknown[0] + 1}.{advice}"
    )


def _refuse_absent(
    positions: Mapping[str, int], columns: Sequence[Column], name: str, needed: Sequence[str]
) -> None:
    absent = [c.heading for i, c in enumerate(columns) if f"answer {i}" not in positions]
    absent += [code for code in needed if f"system {code}" not in positions]
    if absent:
        raise InputError(
            f"{len(absent)} columns that the codebook expects are absent from {name}; the first is "
            f"{absent[0]}. Export all questions, with response ID and date submitted."
        )


def _of_kind(kind: str, found: Sequence[Match]) -> dict[str, int]:
    return {
        str(match.keys[0]): position for position, match in enumerate(found) if match.kind == kind
    }


def _style(found: Sequence[Match]) -> str:
    ways = Counter(match.how for match in found if match.kind == "answer")
    if ways[SHORT_TEXT] and not ways[QUESTION_CODES]:
        return SHORT_TEXT
    return " and ".join(sorted(ways)) if len(ways) > 1 else next(iter(ways))
