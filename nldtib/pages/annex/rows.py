"""One row per figure with its whole passport, from which every file is made."""

from collections.abc import Mapping, Sequence

import pandas as pd

from nldtib.pages.cells import Edition
from nldtib.pages.present import figures as lookup
from nldtib.pages.present import passports
from nldtib.schema import TOTAL

Row = Mapping[str, object]
MEASURED = ("value", "low", "high", "cv")


def _once(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with each key once, and in `tables` all tables that hold it."""
    tables = cells.groupby("key", sort=False)["table"].agg(" ".join)
    return cells.drop_duplicates("key").assign(tables=lambda one: one["key"].map(tables))


def figures(spoken: Mapping[str, Edition]) -> Sequence[Row]:
    """Return a row per figure, hidden ones among them, without their values."""
    edition = spoken["nl"]
    return [_row(spoken, row) for row in _once(edition.cells).to_dict("records")]


def neutral(text: str) -> str:
    """Return text that a spreadsheet takes for text: a leading = + - @ loses its meaning.

    Source
    ------
    OWASP, CSV Injection.
    """
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _row(spoken: Mapping[str, Edition], cell: Mapping) -> Row:
    edition = spoken["nl"]
    about = lookup.variable(edition, cell["variable"])
    figure = lookup.of_row(cell, about)
    place = cell["key"].split(":")[1]
    run = edition.run
    measured = {name: None if pd.isna(cell[name]) else float(cell[name]) for name in MEASURED}
    both = {}
    for language, one in spoken.items():
        both |= {
            f"variable_{language}": about.label.in_language(language),
            f"place_{language}": passports.named(one, place),
            f"base_{language}": about.base.in_language(language),
            f"definition_{language}": about.definition.in_language(language),
            f"method_{language}": passports.method(one, about),
            f"sentence_{language}": passports.sentence(one, figure, place),
        }
    return {
        "key": cell["key"],
        "tables": cell["tables"],
        "reference_year": int(cell["reference_year"]),
        "variable": cell["variable"],
        "place": place,
        "unit_of_measure": cell["unit_of_measure"],
        **measured,
        "level": float(run["level"]),
        "grade": figure.grade if figure.shown or figure.status == "unreliable" else "",
        "n": figure.n,
        "status": figure.status,
        "approached": int(run["approached"]),
        "answered": int(run["answered"]),
        "imputed_percent": _imputed(edition, about.numerator or about.name)
        if place == TOTAL and figure.shown
        else None,
        **both,
        "vintage": f"{edition.survey_round}-{edition.name}",
        "published_on": run["published_on"],
        "invented": edition.invented,
        "input_fingerprint": run["input_fingerprint"],
        "program_version": run["program_version"],
    }


def _imputed(edition: Edition, variable: str) -> float | None:
    counted = edition.quality
    found = counted[
        (counted["topic"] == "imputation")
        & (counted["item"] == variable)
        & (counted["measure"] == "weight_share")
    ]["value"].dropna()
    return None if found.empty else float(found.iloc[0])
