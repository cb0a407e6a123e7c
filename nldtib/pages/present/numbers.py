"""Numbers as Dutch and English readers write them.

Dutch: decimal comma, dot between thousands, `€ 7,7 miljard`, `14,9 %`. English: `€7.7 billion`,
`14.9%`. Halves round away from zero, as on paper; a rounded zero has no sign.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from nldtib.pages.present import words

MINUS = "\u2212"
RANGE = "\u00a0\u2013\u2060\u00a0"  # en dash in spaces; no line ends inside
SCALED = ("thousand", "million", "billion")


@dataclass(frozen=True)
class Scale:
    """How the figures of one variable are printed: divided, with fixed decimals, in a unit."""

    unit: str
    divisor: float = 1.0
    decimals: int = 0


def number(value: float, decimals: int, language: str) -> str:
    """Return a number with fixed decimals, `1.234,5` in Dutch and `1,234.5` in English."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    digits = format_decimal(rounded(value, decimals), format=pattern, locale=language)
    return digits.replace("-", MINUS)


def rounded(value: float, decimals: int) -> Decimal:
    """Round half away from zero; the result is never minus zero."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0


def of_one(value: float, unit_of_measure: str) -> Scale:
    """Return the scale in which one figure is said, so that three digits or so remain.

    999.6 million euro is a billion: the scale follows the rounded figure, not the figure.
    """
    if unit_of_measure != "keur":
        return _plain(unit_of_measure)
    thousands = abs(value)
    if rounded(thousands / 1e3, 0) >= 1000:
        return Scale("billion", 1e6, 1)
    if rounded(thousands, 0) >= 1000:
        return Scale("million", 1e3, 1 if rounded(thousands / 1e3, 1) < 10 else 0)
    return Scale("thousand", 1e-3, 0)


def of_many(values: Iterable[float], unit_of_measure: str) -> Scale:
    """Return the one scale in which all figures of a table are printed."""
    if unit_of_measure != "keur":
        return _plain(unit_of_measure)
    largest = max((abs(value) for value in values), default=0.0)
    if rounded(largest / 1e3, 0) >= 1000:
        return Scale("million", 1e3, 0)
    return Scale("million", 1e3, 1) if rounded(largest / 1e3, 1) >= 10 else Scale("thousand")


def bare(value: float, scale: Scale, language: str) -> str:
    """Return a figure without its unit, for a table whose head names it."""
    return number(value / scale.divisor, scale.decimals, language)


def said(value: float, scale: Scale, language: str) -> str:
    """Return a figure with its unit, such as `€ 7,7 miljard`, `14,9 %` or `22.453 fte`."""
    return _with_unit(bare(value, scale, language), scale, language)


def interval(low: float, high: float, scale: Scale, language: str) -> str:
    """Return both ends without unit, `8,9 – 10,8`; with a negative end a word stands between."""
    ends = [bare(end, scale, language) for end in (low, high)]
    negative = any(end.startswith(MINUS) for end in ends)
    between = f"\u00a0{words.text(language, 'to')} " if negative else RANGE
    return between.join(ends)


def said_interval(low: float, high: float, scale: Scale, language: str) -> str:
    """Return both ends with their unit once, such as `€ 8,9 – 10,8 miljard`."""
    return _with_unit(interval(low, high, scale, language), scale, language)


def said_ends(low: float, high: float, scale: Scale, language: str) -> str:
    """Return both ends for a sentence, such as `€ 8,9 tot 10,8 miljard`."""
    between = f"\u00a0{words.text(language, 'to')} "
    ends = between.join(bare(end, scale, language) for end in (low, high))
    return _with_unit(ends, scale, language)


def growth(first: float, last: float) -> float | None:
    """Return the change from unrounded `first` to `last` in percent; None from nothing."""
    return None if first == 0 else (last - first) / abs(first) * 100


def signed(value: float, unit: str, language: str) -> str:
    """Return a change with its sign: unit is `percent` or `points` (of percent)."""
    digits = number(value, 1, language)
    sign = "+" if rounded(value, 1) > 0 else ""
    return _with_unit(sign + digits, Scale(unit), language)


def years(several: Sequence[int], language: str) -> str:
    """Return years as a reader says them: `2025`, `2022 en 2023`, `2023–2025`."""
    if len(several) > 2 and list(several) == list(range(several[0], several[-1] + 1)):
        return span(several[0], several[-1])
    *most, last = (str(year) for year in several)
    return f"{', '.join(most)} {words.text(language, 'and')} {last}" if most else last


def span(first: int, last: int) -> str:
    """Return a span of years, `2023–2025`, within which no line ends."""
    return f"{first}\u2013\u2060{last}"


def date(iso: str, language: str) -> str:
    """Return an ISO date in full, such as `23 november 2026`."""
    return format_date(datetime.date.fromisoformat(iso), "d MMMM y", locale=language)


def _plain(unit_of_measure: str) -> Scale:
    return Scale(unit_of_measure, 1.0, 1 if unit_of_measure == "percent" else 0)


def _with_unit(digits: str, scale: Scale, language: str) -> str:
    return words.phrase(language, f"units.{scale.unit}.said", {"number": digits})
