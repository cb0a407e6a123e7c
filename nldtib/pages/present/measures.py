"""Measures of quality: response, edits, imputation, weights, precision, what is not shown."""

import importlib.metadata
import platform
from collections.abc import Mapping, Sequence

import pandas as pd
from IPython.display import HTML

from nldtib.codebook import closest
from nldtib.errors import ParameterError
from nldtib.pages.cells import Edition
from nldtib.pages.present import figures, grid, numbers, panels, words
from nldtib.pages.present.grid import Row
from nldtib.pages.present.markup import Safe, element, joined
from nldtib.schema import TOTAL

LIBRARIES = ("pandas", "numpy", "matplotlib", "seaborn", "babel")


def quality(edition: Edition, *topics: str) -> HTML:
    """Show the measures of topics of quality.csv, a table each with one row per item.

    Topics: response, response_domain, findings, corrections, imputation, weights, precision,
    disclosure, doubts.

    Raises
    ------
    ParameterError
        There is no such topic.
    """
    known = words.entries("quality.topics")
    for topic in topics:
        if topic not in known:
            raise ParameterError(f"There is no topic {topic} of quality.{closest(topic, known)}")
    return HTML(joined([_topic(edition, topic) for topic in topics]))


def _topic(edition: Edition, topic: str) -> Safe:
    title = words.text(edition.language, f"quality.topics.{topic}")
    found = edition.quality[edition.quality["topic"] == topic]
    if found.empty:
        return element("p", words.phrase(edition.language, "quality.none", {"topic": title}))
    wide = found.pivot(index="item", columns="measure", values="value")
    measures = sorted(
        wide.columns, key=lambda name: _place(list(words.entries("quality.measures")), name)
    )
    labels = _labels(edition, topic)
    items = sorted(wide.index, key=lambda item: (item == TOTAL, *_place(list(labels), item)))
    rows = [
        Row(
            labels.get(item, item),
            tuple(_printed(edition, name, wide.loc[item, name]) for name in measures),
            item == TOTAL,
        )
        for item in items
    ]
    heads = [words.text(edition.language, f"quality.items.{topic}")]
    heads += [
        words.text_or(edition.language, f"quality.measures.{name}", name) for name in measures
    ]
    detail = words.text(edition.language, f"quality.details.{topic}")
    return _with_source(edition, grid.grid(edition, title, detail, heads, rows))


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


def _place(known: Sequence[str], name: str) -> tuple[int, str]:
    return (known.index(name) if name in known else len(known), name)


def _labels(edition: Edition, topic: str) -> dict[str, str]:
    """Return the label of every item that a topic may have, in the order of its rows."""
    language, book = edition.language, edition.codebook
    total = {TOTAL: words.text(language, "table.total")}
    strata = {name: words.text(language, f"strata.{name}") for name in words.entries("strata")}
    if topic in ("response", "weights"):
        return {**dict(figures.codes(edition, "size_class")), **strata, **total}
    if topic == "response_domain":
        return {**dict(figures.codes(edition, "military_domain")), **strata, **total}
    if topic in ("corrections", "imputation"):
        named = {**book.variables, **book.dimensions}
        return {name: one.label.in_language(language) for name, one in named.items()}
    if topic == "disclosure":
        return {name: one.label.in_language(language) for name, one in edition.tables.items()}
    if topic == "precision":
        known = words.entries("grades")
        return {name: f"{name}: {words.text(language, f'grades.{name}')}" for name in known}
    section = {"findings": "rules", "doubts": "doubts"}[topic]
    return {name: words.text(language, f"{section}.{name}") for name in words.entries(section)}


def _printed(edition: Edition, measure: str, value: float) -> str:
    if pd.isna(value):
        return words.text(edition.language, "signs.not_applicable")
    how = words.entries("quality.measures").get(measure, {})
    if how.get("unit") == "percent":
        return numbers.said(value, numbers.Scale("percent", 1.0, 1), edition.language)
    return numbers.number(value, how.get("decimals", 0), edition.language)


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
    return "; ".join(
        f"{row['key']}: {row['publisher']}, {row['title']} ({row['date']})"
        for row in edition.sources.to_dict("records")
    )
