"""How people type a number: the same amount as 7138, 7.138, EUR 7.138, 7138,0 or about 7.140."""

from collections.abc import Mapping, Sequence

import numpy as np

# Styles that do not keep every figure.
INEXACT = ("millions", "about")


def styles(rng: np.random.Generator, percents: Mapping[str, float], count: int) -> np.ndarray:
    """Draw a style per cell, each as likely as its percentage says."""
    shares = np.cumsum(list(percents.values()))
    place = np.searchsorted(shares, rng.random(count) * shares[-1], side="right")
    return np.array(list(percents), dtype=object)[place]


def amount(value: float, style: str) -> tuple[str, float]:
    """Return an amount as text, and the amount that the text says (thousand euro both).

    A style that would not suit the amount gives it plainly.
    """
    whole = int(round(value))
    grouped = f"{whole:,}".replace(",", ".")
    if style == "millions" and whole >= 1000:
        text = f"{whole / 1000:.2f}".rstrip("0").rstrip(".")
        return f"{text.replace('.', ',')} mln", round(float(text) * 1000)
    if style == "about" and whole >= 100:
        step = 10 ** max(len(str(whole)) - 3, 0)
        near = int(step * round(whole / step))
        return f"ca. {near:,}".replace(",", "."), near
    texts = {
        "points": grouped,
        "euro": f"€ {grouped}",
        "spaces": grouped.replace(".", " "),
        "comma_zero": f"{grouped},0",
        "dash": f"{grouped},-",
    }
    return texts.get(style, str(whole)), whole


def percentage(value: float, style: str) -> str:
    """Return a percentage as text, with a comma where it is not whole."""
    return shortest(value).replace(".", ",") + {"sign": "%", "spaced_sign": " %"}.get(style, "")


def staff(value: float, style: str) -> str:
    """Return fte as a numeric array stores it; a comma comes in by another way than the form."""
    if style == "comma":
        return shortest(value).replace(".", ",")
    return f"{value:.1f}" if style == "one_decimal" else shortest(value)


def shortest(value: float) -> str:
    """Return a number with at most one decimal and a point."""
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def register_number(number: str, style: str) -> str:
    """Return a register number as typed: without spaces, in pairs or in fours."""
    width = {"pairs": 2, "fours": 4}.get(style, len(number))
    return " ".join(number[start : start + width] for start in range(0, len(number), width))


def name(text: str, style: str, odd: Sequence[str]) -> str:
    """Return a name as typed; an odd name stays as it is."""
    if text in odd:
        return text
    texts = {
        "capitals": text.upper(),
        "no_stops": text.replace("B.V.", "BV").replace("N.V.", "NV"),
        "trailing_space": f"{text} ",
    }
    return texts.get(style, text)
