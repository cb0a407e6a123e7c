"""Dates as tools store them and as people type them; a date with two senses is left open."""

import datetime
import re

from nldtib.records.load.grid import Reading

STORED = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}:\d{2}(?::\d{2})?)(?:\.0+)?Z?)?")
TYPED = re.compile(
    r"(\d{1,2})([-./ ])(\d{1,2})\2(\d{4})(?:[ T](\d{1,2}:\d{2}(?::\d{2})?)(?:\.0+)?)?"
)
COMPACT = re.compile(r"(19|20)(\d{2})(\d{2})(\d{2})")
NAMED = re.compile(
    r"(\d{1,2})[- ]([a-z]{3,})\.?[- ](\d{4})(?: (\d{1,2}:\d{2}(?::\d{2})?)(?:\.0+)?)?"
)
MONTHS = "jan feb maa apr mei jun jul aug sep okt nov dec".split()
OTHER_NAMES = {"mar": 3, "mrt": 3, "may": 5, "oct": 10}


def typed(text: str) -> Reading:
    """Read a date, with a time of day where one stands.

    2026-09-08 and 20260908 are stored by tools; 8-9-2026 and 8.9.2026 are Dutch, day first. With
    slashes a tool may have put the month first, so 8/9/2026 is left open and 25/9/2026 is not.
    """
    text = text.strip()
    if found := STORED.fullmatch(text):
        return _date(int(found[1]), int(found[2]), int(found[3]), found[4])
    if found := TYPED.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if found[2] != "/" or first == second:
            return _date(year, second, first, found[5])
        both = [_date(year, second, first, found[5]), _date(year, first, second, found[5])]
        possible = [reading for reading in both if reading.status == "ok"]
        if len(possible) == 2:
            return Reading("", "ambiguous", tuple(reading.value for reading in possible))
        return possible[0] if possible else both[0]
    if found := COMPACT.fullmatch(text):
        return _date(int(found[1] + found[2]), int(found[3]), int(found[4]), None)
    if found := NAMED.fullmatch(text.casefold()):
        name = found[2][:3]
        month = MONTHS.index(name) + 1 if name in MONTHS else OTHER_NAMES.get(name, 0)
        return _date(int(found[3]), month, int(found[1]), found[4])
    return Reading(status="unparsed")


def _date(year: int, month: int, day: int, time: str | None) -> Reading:
    try:
        date = datetime.date(year, month, day).isoformat()
    except ValueError:
        return Reading(status="invalid")
    if time is None or not time.strip("0:"):
        return Reading(date)
    return Reading(f"{date} {time.zfill(5) if len(time) < 6 else time.zfill(8)}")
