"""Amounts as Dutch people type them, and as LimeSurvey stores them.

Number notation belongs to a column, never to a file: a numeric question carries a decimal point
("45.0"), a text array holds what was typed ("1.295,9", "€ 2 mln", "n.v.t."). A text that can be
read in two ways is not decided here, unless the caller says which notation the respondent uses.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from nldtib.codebook import Label
from nldtib.records.load import loose
from nldtib.records.load.grid import Reading

DUTCH, ENGLISH, SHORT_POINT = "dutch", "english", "short point"

EURO = r"(?:€|euro's|euros|euro|eur)"
PIECES = r"(?:fte['s]*|ft|personen|medewerkers|werknemers|mensen|mw|stuks|people|staff)"
MAGNITUDES: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(("mrd", "mld", "mia", "miljard", "billion", "bn"), 10**9)
    | dict.fromkeys(("mln", "mio", "miljoen", "million", "m"), 10**6)
    | dict.fromkeys(("k", "duizend", "dzd", "thousand"), 10**3)
)
SIZES = "|".join(MAGNITUDES)
AMOUNT = re.compile(
    rf"(?:(?P<minus>-)|\+)? ?(?P<euro>{EURO})? ?(?P<minus_too>-)?"
    rf"(?P<number>[.,]?[0-9](?:[0-9.,' ]*[0-9])?)"
    rf"(?P<round>,-{{1,2}}|,=|\.-)? ?(?P<magnitude>{SIZES})?\.?"
    rf" ?(?P<euro_too>{EURO})? ?(?P<percent>%|procent|percent|pct)?(?P<pieces>{PIECES})?\.?"
)
SPACED = re.compile(r"[0-9]{1,3}(?:([ '])[0-9]{3})(?:\1[0-9]{3})*(?:[.,][0-9]+)?")
POINT_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:,[0-9]+)?")
COMMA_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?")
STORED = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
POINTED = re.compile(r"-?[0-9]+\.[0-9]+")
# A cut-off thousands group, "1.23" for 1.230: only before one to three digits can it be meant.
SHORTENED = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{1,2}")
IN_MILLIONS = re.compile(r"[x×] ?€? ?1[.,]000[.,]000|mln|miljoen euro|million euro")
IN_THOUSANDS = re.compile(r"[x×] ?€? ?1[.,]000|duizend euro|thousand euro|k€|keur")


@dataclass(frozen=True)
class Measure:
    """The unit of a question: how many euros or pieces one is, or a percentage."""

    size: int = 1
    percent: bool = False


def measure(row: Label, question: Label) -> Measure:
    """Return the unit that a label names: the row's own, else that of the question."""
    for label in (row, question):
        text = f"{label.nl} {label.en}".casefold()
        if IN_MILLIONS.search(text):
            return Measure(size=10**6)
        if IN_THOUSANDS.search(text):
            return Measure(size=1000)
        if "%" in text:
            return Measure(percent=True)
    return Measure()


def stored(text: str, unit: Measure, notation: str = "") -> Reading:
    """Read a cell of a numeric question: a decimal point, never a thousands point.

    A text that LimeSurvey did not store as a number (it came in through the API) is read as typed.
    """
    if STORED.fullmatch(text):
        return Reading(decimal(Decimal(text)))
    return typed(text, unit, notation)


def pointed(text: str, unit: Measure, notation: str = "") -> Reading:
    """Read an amount that was typed, after a tool wrote every decimal comma as a point.

    "61.9" may have been typed as 61,9 and is 61.9 either way; "7.138" may have been 7,138 or seven
    thousand, and is left open.
    """
    if POINTED.fullmatch(text):
        number = Decimal(text)
        if 1 <= abs(number) < 1000 and len(text.partition(".")[2]) == 3:
            return Reading("", "suspect_decimal", (decimal(number * 1000), decimal(number)))
        return Reading(decimal(number))
    return typed(text, unit, notation)


def typed(text: str, unit: Measure, notation: str = "", most_digits: int = 28) -> Reading:
    """Read an amount that was typed as text.

    Parameters
    ----------
    text
        What stands in the cell.
    unit
        The unit of the question. "mln", "mrd" and "k" are brought to it; nothing else is corrected,
        so a respondent who typed whole euros keeps the large number.
    notation
        DUTCH (1.234,5) or ENGLISH (1,234.5) where the respondent's other amounts prove it.
    most_digits
        A longer number is no amount.

    Returns
    -------
    A `Reading` with status ok, approximate, ambiguous, not_applicable, dont_know, refused, invalid
    (an amount where a percentage is asked, or the other way round) or unparsed.
    """
    text = _tidy(text)
    found = AMOUNT.fullmatch(text) if text[:1].isdigit() else None
    status = "ok"
    if found is None:
        if said := loose.words(text):
            return Reading(status=said)
        if text in loose.NOUGHT:
            return Reading("0")
        if text in loose.NONE:
            return Reading("", "ambiguous", ("0",))
        exact = loose.about(text)
        status = "ok" if exact == text else "approximate"
        exact = loose.figures(exact, SIZES)
        found = AMOUNT.fullmatch(exact)
        if found is None:
            return _open(loose.ends(exact), unit, notation, most_digits)
    if found["minus"] and found["minus_too"]:
        return Reading(status="unparsed")
    if len(found["number"]) > most_digits:
        return Reading(status="unparsed")
    in_money = found["magnitude"] or found["euro"] or found["euro_too"]
    if (
        (unit.percent and in_money)
        or (found["percent"] and not unit.percent)
        or (found["pieces"] and (unit.percent or unit.size > 1 or in_money))
    ):
        return Reading(status="invalid")
    return _amount(found, unit, notation, status)


def _open(ends: tuple[str, ...], unit: Measure, notation: str, most_digits: int) -> Reading:
    """List what an amount between two ends, or beyond one, may be; it is not decided."""
    sizes = [found["magnitude"] for end in ends if (found := AMOUNT.fullmatch(end))]
    # "3 to 4 million" starts at three million.
    shared = sizes[-1] if len(sizes) == 2 and not sizes[0] else None
    texts = [f"{ends[0]} {shared}", *ends[1:]] if shared else list(ends)
    readings = [typed(end, unit, notation, most_digits) for end in texts]
    if not all(reading.value or reading.alternatives for reading in readings) or not readings:
        return Reading(status="unparsed")
    every = [value for one in readings for value in (one.alternatives or (one.value,))]
    return Reading("", "ambiguous", tuple(dict.fromkeys(every)))


def decimal(number: Decimal) -> str:
    """Return a number without exponent and without trailing zeros."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    text = ("-" if text.startswith("-") else "") + (text.lstrip("-0") or "0")
    text = text.replace("-.", "-0.") if text.startswith("-.") else text
    text = f"0{text}" if text.startswith(".") else text
    return "0" if text == "-0" else text


def _tidy(text: str) -> str:
    if text.isascii():
        return " ".join(text.replace("`", "'").split()).lower()
    text = re.sub("[−–—]", "-", re.sub("[’‘`´]", "'", text))
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _amount(found: re.Match[str], unit: Measure, notation: str, status: str) -> Reading:
    times = (
        Decimal(MAGNITUDES[found["magnitude"]]) / unit.size if found["magnitude"] else Decimal(1)
    )
    if found["minus"] or found["minus_too"]:
        times = -times
    number = f"0{found['number']}" if found["number"][0] in ".," else found["number"]
    dutch, english = _readings(number)
    if dutch is None and english is None:
        return Reading(status="unparsed")
    if dutch is None and SHORTENED.fullmatch(number):
        if unit.percent or found["magnitude"] or notation == ENGLISH:
            proof = ENGLISH if unit.percent else SHORT_POINT
            return Reading(decimal(english * times), status, (), proof)
        both = (decimal(english * 1000 * times), decimal(english * times))
        return Reading("", "ambiguous", both, SHORT_POINT)
    if dutch is None or english is None or dutch == english:
        proof = ENGLISH if dutch is None else DUTCH if english is None else ""
        return Reading(decimal((dutch if english is None else english) * times), status, (), proof)
    if found["round"] in (",-", ",--", ",="):
        notation = DUTCH
    if notation:
        return Reading(decimal((dutch if notation == DUTCH else english) * times), status)
    both = sorted((dutch * times, english * times), key=abs, reverse=True)
    return Reading("", "ambiguous", tuple(decimal(value) for value in both))


def _readings(number: str) -> tuple[Decimal | None, Decimal | None]:
    # Spaces and apostrophes can only group, so what follows them has one sense.
    if " " in number or "'" in number:
        if not SPACED.fullmatch(number):
            return None, None
        value = Decimal(number.replace(" ", "").replace("'", "").replace(",", "."))
        return value, value
    dutch = english = None
    if POINT_GROUPS.fullmatch(number):
        dutch = Decimal(number.replace(".", "").replace(",", "."))
    if COMMA_GROUPS.fullmatch(number):
        english = Decimal(number.replace(",", ""))
    return dutch, english
