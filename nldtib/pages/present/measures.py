"""What a run counted and used: units in and out of every step, versions, sources."""

import importlib.metadata
import platform
from collections.abc import Mapping

import pandas as pd
from IPython.display import HTML

from nldtib.pages.cells import Edition
from nldtib.pages.present import figures, grid, numbers, panels, words
from nldtib.pages.present.grid import Row
from nldtib.pages.present.markup import Safe, element, joined

LIBRARIES = ("pandas", "numpy", "matplotlib", "seaborn", "babel")


def account(edition: Edition) -> HTML:
    """Show how many units went into and came out of every step, and why."""
    language = edition.language
    rows = [
        Row(
            words.text_or(language, f"account.steps.{step['step']}", step["step"]),
            (
                _count(edition, step["units_in"]),
                _count(edition, step["units_out"]),
                words.text_or(language, f"account.reasons.{step['step']}", step["reason"]),
            ),
        )
        for step in edition.account.to_dict("records")
    ]
    names = ("step", "units_in", "units_out", "reason")
    heads = [words.text(language, f"account.{name}") for name in names]
    title, detail = (words.text(language, f"account.{name}") for name in ("caption", "detail"))
    return HTML(_with_source(edition, grid.grid(edition, title, detail, heads, rows, worded=1)))


def colophon(edition: Edition) -> HTML:
    """Show what the edition was made with: versions, fingerprint, date of publication, sources."""
    language, run = edition.language, edition.run
    values = {
        "round": edition.survey_round,
        "edition": figures.edition_name(edition),
        "date": numbers.date(str(run["published_on"]), language),
    }
    origin = "colophon.invented" if edition.invented else "colophon.real"
    long = {"class": "long"}
    rows: list[tuple[str, str, Mapping[str, str] | None]] = [
        ("edition", words.phrase(language, "colophon.edition_text", values), None),
        ("years", figures.year_words(edition, edition.years), None),
        ("answers", words.phrase(language, origin, panels.response(edition)), None),
        ("fingerprint", str(run["input_fingerprint"]), long),
        ("program", f"nldtib {run['program_version']}", None),
        ("with", _versions(), None),
        ("sources", _sources(edition), None),
    ]
    parts = [
        joined([element("dt", words.text(language, f"colophon.{name}")), element("dd", text, look)])
        for name, text, look in rows
    ]
    return HTML(element("dl", parts, {"class": "colophon"}))


def _count(edition: Edition, value: float) -> str:
    if pd.isna(value):
        return words.text(edition.language, "signs.not_applicable")
    return numbers.number(value, 0, edition.language)


def _with_source(edition: Edition, table: Safe) -> Safe:
    return joined([table, grid.legend([grid.source(edition)])])


def _versions() -> str:
    found = [f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES]
    return ", ".join([f"Python {platform.python_version()}", *found])


def _sources(edition: Edition) -> str:
    return "; ".join(_source(row, edition.language) for row in edition.sources.to_dict("records"))


def _source(row: dict[str, str], language: str) -> str:
    note = row[f"note_{language}"]
    dated = f"{row['date']}; {note}" if note else row["date"]
    return f"{row['key']}: {row['publisher']}, {row['title']} ({dated})"
