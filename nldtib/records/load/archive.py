"""LimeSurvey's archive (.lsa): structure, answers and participants of one survey in one zip file.

It is the most faithful single file, and it needs no codebook: the structure says what was asked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from nldtib.codebook import Codebook
from nldtib.errors import InputError
from nldtib.records.load import safe
from nldtib.records.load.grid import Grid, coded
from nldtib.records.load.structure import Survey, survey
from nldtib.records.load.system_columns import PERSONAL

FIELD = re.compile(r"_?\d+X\d+X(\d+.*)")
KEY = "token"


@dataclass(frozen=True)
class Archive:
    """What an archive holds: its own codebook, its answers, and the version of its layout."""

    codebook: Codebook
    grid: Grid


def read(content: bytes, name: str, largest: int) -> Archive:
    """Read structure, answers and participants of an archive.

    Parameters
    ----------
    content
        The bytes of the file.
    name
        How a refusal names the file.
    largest
        Most bytes that the archive may have when unpacked.

    Raises
    ------
    InputError
        The archive is damaged, unpacks to more than `largest` bytes, declares XML entities, or
        lacks its structure or its answers.
    """
    parts = safe.parts(content, name, largest)
    structure = survey(_part(parts, ".lss", "structure", name), name)
    responses = _rows(_part(parts, ".lsr", "answers", name), name)
    if not responses:
        raise InputError(f"{name} has no response. Export the archive again.")
    fields = list(dict.fromkeys(field for row in responses for field in row))
    headings = [_heading(field, structure, name) for field in fields]
    columns = [coded(row.get(field) for row in responses) for field in fields]
    people = next((part for entry, part in parts.items() if entry.endswith(".lst")), b"")
    losses = []
    # A question that nobody reached has no element in any row.
    for heading in structure.headings():
        if heading not in headings:
            headings.append(heading)
            columns.append(coded([None] * len(responses)))
    for wanted in ("submitdate", "lastpage", "startlanguage"):
        if wanted not in headings:
            headings.append(wanted)
            columns.append(coded([None] * len(responses)))
    if people:
        known = {row.get(KEY): row for row in _rows(people, name) if row.get(KEY)}
        losses.append(f"{len(known)} participants stand in the archive beside the responses.")
        for field in sorted({field for row in known.values() for field in row} - {KEY, "tid"}):
            rows = (known.get(row.get(KEY), {}) for row in responses)
            if field not in headings and (field in PERSONAL or field.startswith("attribute_")):
                headings.append(field)
                columns.append(coded(row.get(field) for row in rows))
    return Archive(
        structure.codebook,
        Grid(
            headings=tuple(headings),
            columns=tuple(columns),
            tool=f"LimeSurvey archive (.lsa, DBVersion {structure.version})",
            blanks_kept=True,
            losses=tuple(losses),
        ),
    )


def _part(parts: Mapping[str, bytes], ending: str, what: str, name: str) -> bytes:
    found = [part for entry, part in parts.items() if entry.endswith(ending)]
    if len(found) != 1:
        raise InputError(
            f"{name} holds {len(found)} files with the {what} of a survey ({ending}); an archive "
            "holds one. Export the archive again."
        )
    return found[0]


def _rows(content: bytes, name: str) -> list[dict[str, str]]:
    content, _ = safe.with_stand_ins(content)
    return [
        {field.tag: safe.restored(field.text or "") for field in row}
        for row in safe.elements(content, name, frozenset({"row"}))
    ]


def _heading(field: str, structure: Survey, name: str) -> str:
    found = FIELD.fullmatch(field)
    if found is None:
        return field
    return structure.heading_of(found[1], name)
