"""Register numbers and postcodes: whether each can be what it says."""

import bisect
import re
from collections.abc import Callable, Mapping

import pandas as pd

COLUMNS = ("unit", "check")
WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
NEVER_ISSUED = ("SA", "SD", "SS")


def is_kvk(text: str) -> bool:
    """Return whether a Chamber of Commerce number has its eight digits; there is no check digit."""
    return bool(re.fullmatch(r"[0-9]{8}", text))


def is_branch(text: str) -> bool:
    """Return whether a branch number (vestigingsnummer) has its twelve digits."""
    return bool(re.fullmatch(r"[0-9]{12}", text))


def is_rsin(text: str) -> bool:
    """Return whether nine digits pass the eleven-test and are not all nought."""
    if not re.fullmatch(r"[0-9]{9}", text) or not int(text):
        return False
    return sum(w * int(figure) for w, figure in zip(WEIGHTS, text, strict=True)) % 11 == 0


def is_vat(text: str) -> bool:
    """Return whether a VAT number passes one of its two tests; NL in front may be left out.

    Numbers issued since 2020 to sole traders pass modulo 97 over the whole (A is 10, B is 11 and
    so on); the others hold an RSIN.
    """
    found = re.fullmatch(r"(?:NL)?([0-9]{9})B([0-9]{2})", text)
    if not found:
        return False
    digits, suffix = found.groups()
    as_number = int("".join(str(int(letter, 36)) for letter in f"NL{digits}B{suffix}"))
    return is_rsin(digits) or as_number % 97 == 1


def is_postcode(text: str) -> bool:
    """Return whether four digits and two letters can be a Dutch postcode."""
    found = re.fullmatch(r"[1-9][0-9]{3} ?([A-Z]{2})", text)
    return bool(found) and found.group(1) not in NEVER_ISSUED


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "kvk": is_kvk,
    "vestigingsnummer": is_branch,
    "rsin": is_rsin,
    "btw_id": is_vat,
    "postcode": is_postcode,
}


def province_of(postcode: str, starts: Mapping[int, str]) -> str:
    """Return the province in which a postcode lies, or nothing where it cannot be one.

    Parameters
    ----------
    starts
        The first number of every run of postcodes in one province, with its code, in order.
    """
    if not re.match(r"[1-9][0-9]{3}", postcode):
        return ""
    number, firsts = int(postcode[:4]), list(starts)
    place = bisect.bisect_right(firsts, number) - 1
    return starts[firsts[place]] if place >= 0 else ""


def findings(frame: pd.DataFrame, identifier: str, starts: Mapping[int, str]) -> pd.DataFrame:
    """Check every register number and postcode of the frame. Nothing is changed.

    Parameters
    ----------
    frame
        One row per unit; columns kvk, vestigingsnummer, rsin, btw_id and postcode are checked
        where they exist.
    identifier
        The column that ties responses to the frame: there may be no gap, and no number twice.
    starts
        As for `province_of`.

    Returns
    -------
    DataFrame
        One row per failure: unit, check (kvk_invalid, kvk_empty, kvk_twice, province_differs ...).

    Source
    ------
    Chamber of Commerce and Tax Administration: eight digits; the eleven-test; modulo 97 (ISO 7064).
    """
    rows = []
    for column, holds in CHECKS.items():
        if column not in frame:
            continue
        texts = frame[column].astype(str).str.strip()
        wrong = (texts != "") & ~texts.map(holds).astype(bool)
        rows.append(pd.DataFrame({"unit": frame["unit"][wrong], "check": f"{column}_invalid"}))
    texts = frame[identifier].astype(str).str.strip()
    bare, twice = texts == "", texts.duplicated(keep=False) & (texts != "")
    rows.append(pd.DataFrame({"unit": frame["unit"][bare], "check": f"{identifier}_empty"}))
    rows.append(pd.DataFrame({"unit": frame["unit"][twice], "check": f"{identifier}_twice"}))
    lies_in = frame["postcode"].map(lambda text: province_of(text, starts))
    apart = (lies_in != "") & (frame["province"] != "") & (lies_in != frame["province"])
    rows.append(pd.DataFrame({"unit": frame["unit"][apart], "check": "province_differs"}))
    return pd.concat(rows, ignore_index=True)[list(COLUMNS)]
