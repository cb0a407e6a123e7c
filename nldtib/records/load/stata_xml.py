"""LimeSurvey's Stata XML: codes as headings, dates as numbers, blanks that are all alike."""

import datetime
import re
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from nldtib.codebook import Codebook
from nldtib.errors import InputError
from nldtib.records.load import choices, safe
from nldtib.records.load.grid import Coded, Grid, coded

TAGS = frozenset({"varlist", "lbllist", "fmtlist", "typelist", "o", "vallab"})
SYSTEM_DATES = {"submitdate", "startdate", "datestamp"}
NUMBER = re.compile(r"-?[0-9]{1,14}(?:\.0*)?")
EPOCH = datetime.datetime(1960, 1, 1)
# Above this many seconds since 1960 (the year 5128) a number can only be milliseconds.
MOST_SECONDS = 10**11
LOSSES = (
    "Stata XML does not tell a question that was not reached from one that was left blank.",
    "A decimal comma was written as a point, so in text it looks like a thousands point.",
    "Date questions and system dates have different units in one file (seconds, milliseconds); "
    "each was recognised by its size.",
)


def read(content: bytes, name: str, book: Codebook) -> Grid:
    """Read a Stata XML file; a control character that makes it ill-formed is kept as it was typed.

    Raises
    ------
    InputError
        The XML is broken, declares entities, or is no data of Stata.
    """
    content, strange = safe.with_stand_ins(content)
    names: list[str] = []
    rows: list[dict[str, str]] = []
    sets: dict[str, dict[str, str]] = {}
    set_of: dict[str, str] = {}
    types: dict[str, str] = {}
    for element in safe.elements(content, name, TAGS):
        if element.tag == "varlist":
            names = [entry.get("varname", "") for entry in element]
        elif element.tag == "lbllist":
            set_of = _by_name(element)
        elif element.tag == "typelist":
            types = _by_name(element)
        elif element.tag == "o":
            rows.append({v.get("varname", ""): safe.restored(v.text or "") for v in element})
        elif element.tag == "vallab":
            found = {entry.get("value", ""): entry.text or "" for entry in element}
            sets[element.get("name", "")] = found
    if not names or not rows:
        raise InputError(f"{name} is XML without the data of Stata. Export the responses again.")
    columns = [coded(row.get(variable) for row in rows) for variable in names]
    dates = {q.code for q in book.questions.values() if q.type == "date"} | SYSTEM_DATES
    losses = [*LOSSES, *_cut(names, columns, types)]
    if strange:
        losses.append(
            f"{strange} control characters made the file ill-formed XML; they were kept as text."
        )
    labels = {
        position: _both_ways(sets[set_of[variable]])
        for position, variable in enumerate(names)
        if set_of.get(variable) in sets
    }
    return Grid(
        headings=tuple(names),
        columns=tuple(
            _with_dates(column) if variable in dates else column
            for variable, column in zip(names, columns, strict=True)
        ),
        tool="Stata XML of LimeSurvey",
        pointed=True,
        labels=labels,
        losses=tuple(losses),
    )


def _by_name(element: Element) -> dict[str, str]:
    return {entry.get("varname", ""): (entry.text or "").strip() for entry in element}


def _both_ways(labels: Mapping[str, str]) -> dict[str, str]:
    # The tool labels no as 2 and writes it as 0.
    yes = labels.get("1", "").casefold() in choices.YES
    no = labels.get("2", "").casefold() in choices.NO
    return {**labels, "0": labels["2"]} if yes and no and "0" not in labels else dict(labels)


def _with_dates(column: Coded) -> Coded:
    return Coded(column.codes, tuple(_date(text) if text else text for text in column.texts))


def _date(text: str) -> str:
    if not NUMBER.fullmatch(text):
        return text
    number = float(text)
    seconds = number / 1000 if number > MOST_SECONDS else number
    try:
        return (EPOCH + datetime.timedelta(seconds=seconds)).isoformat(" ", "seconds")
    except OverflowError:
        return text  # a year beyond 9999 is no date, as whoever reads the text will say


def _cut(names: Sequence[str], columns: Sequence[Coded], types: Mapping[str, str]) -> list[str]:
    cut = 0
    for name, column in zip(names, columns, strict=True):
        width = types.get(name, "").removeprefix("str")
        if width in ("244", "2045"):
            longest = max((len((text or "").encode()) for text in column.texts), default=0)
            cut += longest == int(width)
    return [f"Text of {cut} columns is as long as Stata allows: it may be cut off."] if cut else []
