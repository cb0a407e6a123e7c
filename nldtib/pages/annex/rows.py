"""One row per figure, and what belongs to its variable, its group and the edition, each once."""

from collections.abc import Mapping, Sequence

import pandas as pd

from nldtib import rounds
from nldtib.codebook import Variable
from nldtib.pages.cells import Edition
from nldtib.pages.present import figures as lookup
from nldtib.pages.present import passports
from nldtib.schema import TOTAL

Row = Mapping[str, object]
MEASURED = ("value", "low", "high", "cv")
OF_FIGURE = (
    "key reference_year variable place unit_of_measure value low high cv grade n status"
).split()
OF_EDITION = (
    "level approached answered published_on invented input_fingerprint program_version"
).split()


def figures(spoken: Mapping[str, Edition]) -> Sequence[Row]:
    """Return a row per figure, hidden ones among them, without their values.

    Besides OF_FIGURE a row has its `tables`, and `variable`, `place`, `base` and `sentence` in each
    language.
    """
    return [_row(spoken, row) for row in _once(spoken["nl"].cells).to_dict("records")]


def variables(spoken: Mapping[str, Edition]) -> Sequence[Row]:
    """Return a row per variable of the edition: what it is, of whom, and how it was estimated."""
    edition = spoken["nl"]
    used = set(edition.cells["variable"])
    return [
        _of_variable(spoken, about)
        for name, about in edition.codebook.variables.items()
        if name in used
    ]


def places(spoken: Mapping[str, Edition]) -> Sequence[Row]:
    """Return a row per group of the edition, as its keys name it; two at once are not repeated."""
    parts = {
        part
        for place in spoken["nl"].cells["key"].str.split(":").str[1].unique()
        for part in place.split(",")
    }
    book = spoken["nl"].codebook.dimensions
    order = [TOTAL, *(f"{name}={one.code}" for name in book for one in book[name].codes)]
    return [
        {
            "place": place,
            **{f"place_{one}": passports.named(spoken[one], place) for one in rounds.LANGUAGES},
        }
        for place in order
        if place in parts
    ]


def edition(spoken: Mapping[str, Edition]) -> Row:
    """Return what is the same for every figure of the edition."""
    one = spoken["nl"]
    vintage = f"{one.survey_round}-{one.name}"
    return {"vintage": vintage, **{name: one.run[name] for name in OF_EDITION}}


def neutral(text: str) -> str:
    """Return text that a spreadsheet takes for text: a leading = + - @ loses its meaning.

    Source
    ------
    OWASP, CSV Injection.
    """
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _once(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with each key once, and in `tables` all tables that hold it."""
    tables = cells.groupby("key", sort=False)["table"].agg(" ".join)
    return cells.drop_duplicates("key").assign(tables=lambda one: one["key"].map(tables))


def _row(spoken: Mapping[str, Edition], cell: Mapping) -> Row:
    about = lookup.variable(spoken["nl"], cell["variable"])
    figure = lookup.of_row(cell, about)
    place = cell["key"].split(":")[1]
    both = {}
    for language, one in spoken.items():
        both |= {
            f"variable_{language}": about.label.in_language(language),
            f"place_{language}": passports.named(one, place),
            f"base_{language}": about.base.in_language(language),
            f"sentence_{language}": passports.sentence(one, figure, place),
        }
    return {
        "key": cell["key"],
        "tables": cell["tables"],
        "reference_year": int(cell["reference_year"]),
        "variable": cell["variable"],
        "place": place,
        "unit_of_measure": cell["unit_of_measure"],
        **{name: None if pd.isna(cell[name]) else float(cell[name]) for name in MEASURED},
        "grade": figure.grade if figure.shown or figure.status == "unreliable" else "",
        "n": figure.n,
        "status": figure.status,
        **both,
    }


def _of_variable(spoken: Mapping[str, Edition], about: Variable) -> Row:
    both = {}
    for language, one in spoken.items():
        both |= {
            f"variable_{language}": about.label.in_language(language),
            f"base_{language}": about.base.in_language(language),
            f"definition_{language}": about.definition.in_language(language),
            f"method_{language}": passports.method(one, about),
        }
    share = _imputed(spoken["nl"], about.numerator or about.name)
    return {
        "variable": about.name,
        "unit_of_measure": about.unit_of_measure,
        "imputed_percent": share,
        **both,
    }


def _imputed(edition: Edition, variable: str) -> float | None:
    counted = edition.quality
    found = counted[
        (counted["topic"] == "imputation")
        & (counted["item"] == variable)
        & (counted["measure"] == "weight_share")
    ]["value"].dropna()
    return None if found.empty else float(found.iloc[0])
