"""A table of figures as people read it: title, labels, numbers with their unit, notes."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from nldtib.codebook import Codebook
from nldtib.pages.present import numbers
from nldtib.pages.present import words as report_words
from nldtib.pages.present.markup import Safe, element, joined
from nldtib.pages.present.numbers import Scale
from nldtib.workbench.explore import words
from nldtib.workbench.explore.figures import Choice

PERCENT = Scale("percent", 1.0, 1)
WHOLE, DEGREES = Scale("organisations"), Scale("", 1.0, 1)
MEASURES = ["estimate", "cv", "low", "high", "df"]


@dataclass(frozen=True)
class View:
    """What `figures.table` found, with all that is needed to print it.

    `first_year` is the year from which changes run; `respondents` counts those in scope.
    """

    found: pd.DataFrame
    choice: Choice
    codebook: Codebook
    level: float
    first_year: int
    respondents: int
    language: str


def title(view: View) -> str:
    """Return what the figures are, such as `Defensieomzet, totaal, 2025, naar militair domein`."""
    values = {
        "variable": label(view, view.choice.variable),
        "statistic": statistic_label(view.choice.statistic, view.first_year, view.language),
        "year": view.choice.year,
        "dimension": "",
    }
    if view.choice.by is None:
        return words.phrase(view.language, "title.whole", values)
    dimension = view.codebook.dimensions[view.choice.by].label.in_language(view.language)
    values["dimension"] = dimension[:1].lower() + dimension[1:]
    return words.phrase(view.language, "title.by", values)


def label(view: View, variable: str) -> str:
    """Return what a variable is called."""
    return view.codebook.variables[variable].label.in_language(view.language)


def statistic_label(statistic: str, first_year: int, language: str) -> str:
    """Return what a statistic is called; a change names the year from which it runs."""
    return words.phrase(language, f"statistics.{statistic}", {"first": first_year})


def groups(view: View) -> list[str]:
    """Return the label of every row."""
    if view.choice.by is None:
        return [words.text(view.language, "breakdowns.all")]
    items = view.codebook.dimensions[view.choice.by].codes
    labels = {item.code: item.label.in_language(view.language) for item in items}
    return [labels[code] for code in view.found["domain"]]


def scale(view: View) -> Scale:
    """Return the one scale of all estimates: whole numbers only for totals in small units."""
    unit = str(view.found["unit_of_measure"].iloc[0])
    of_all = numbers.of_many(view.found["estimate"].dropna(), unit)
    whole = view.choice.statistic == "total" and of_all.unit != "million"
    return replace(of_all, decimals=0 if whole else 1)


def unit(view: View) -> str:
    """Return the unit of the estimates in words; a declared percentage names its base."""
    name = report_words.text(view.language, f"units.{scale(view).unit}.name")
    about = view.codebook.variables[view.choice.variable]
    if about.statistic == "total":
        return name
    return f"{name} {about.base.in_language(view.language)}".strip()


def interval_name(view: View) -> str:
    """Return what intervals are called, such as `95 %-interval`."""
    level = numbers.number(100 * view.level, 1 if 100 * view.level % 1 else 0, view.language)
    return words.phrase(view.language, "columns.interval", {"level": level})


def said(view: View, value: float) -> str:
    """Return one estimate with its unit, in the scale of the table."""
    return numbers.said(value, scale(view), view.language)


def status(view: View) -> str:
    """Return in one sentence how many groups are shown and how many respondents are behind."""
    groups_, respondents = len(view.found), view.respondents
    values = {
        "groups": words.counted(view.language, "groups", groups_, _whole(view, groups_)),
        "respondents": words.counted(
            view.language, "respondents", respondents, _whole(view, respondents)
        ),
        "year": view.choice.year,
    }
    return words.phrase(view.language, "status", values)


def alternative(view: View) -> str:
    """Return the chart in words: what it shows, the highest and the lowest."""
    shown = view.found.assign(group=groups(view)).dropna(subset=["estimate"])
    named = title(view)
    lines = [words.phrase(view.language, "chart.alt", {"title": named[:1].lower() + named[1:]})]
    if len(shown):
        most = shown.loc[shown["estimate"].idxmax()]
        least = shown.loc[shown["estimate"].idxmin()]
        values = {
            "most": most["group"],
            "most_value": said(view, most["estimate"]),
            "least": least["group"],
            "least_value": said(view, least["estimate"]),
        }
        key = "chart.extremes" if len(shown) > 1 else "chart.one"
        lines.append(words.phrase(view.language, key, values))
    lines.append(words.text(view.language, "chart.numbers"))
    return " ".join(lines)


def grid(view: View) -> Safe:
    """Return the figures as a table with a caption and a scope for every head."""
    heads = [
        words.text(view.language, "columns.group"),
        words.phrase(view.language, "columns.estimate", {"unit": unit(view)}),
        interval_name(view),
        *(words.text(view.language, f"columns.{name}") for name in ("cv", "n", "df")),
    ]
    head = element("tr", [element("th", name, {"scope": "col"}) for name in heads])
    rows, of = zip(groups(view), view.found.to_dict("records"), strict=True), scale(view)
    body = [_row(view.language, group, row, of) for group, row in rows]
    parts = [
        element("caption", title(view)),
        element("thead", head),
        element("tbody", body),
    ]
    return element("table", parts)


def notes(view: View) -> Safe:
    """Return what a reader should know: definition, base, overlap, and how a change is made."""
    about, language = view.codebook.variables[view.choice.variable], view.language
    lines = []
    for key, told in (("definition", about.definition), ("base", about.base)):
        value = told.in_language(language)
        # The base of a declared percentage stands in the head of the table, with its unit.
        if value and (key == "definition" or about.statistic == "total"):
            values = {"variable": label(view, about.name), key: value}
            lines.append(words.phrase(language, f"notes.{key}", values))
    if view.choice.by and view.codebook.dimensions[view.choice.by].overlapping:
        lines.append(words.text(language, "notes.overlapping"))
    if view.choice.statistic == "change":
        years = {"first": view.first_year, "year": view.choice.year}
        lines.append(words.phrase(language, "notes.change", years))
    if not np.isfinite(view.found[MEASURES].to_numpy(float)).all():
        lines.append(words.text(language, "notes.dash"))
    return joined([element("p", line, {"class": "note"}) for line in lines])


def _row(language: str, group: str, row: Mapping[str, float], of: Scale) -> Safe:
    dash = words.text(language, "dash")

    def printed(value: float, scale: Scale, how: Callable[..., str]) -> str:
        return how(value, scale, language) if math.isfinite(value) else dash

    known = math.isfinite(row["low"]) and math.isfinite(row["high"])
    cells = [
        printed(row["estimate"], of, numbers.bare),
        numbers.interval(row["low"], row["high"], of, language) if known else dash,
        printed(100 * row["cv"], PERCENT, numbers.said),
        numbers.bare(row["n"], WHOLE, language),
        printed(row["df"], DEGREES, numbers.bare),
    ]
    if row["n"] == 0:
        cells[0] = words.text(language, "none")
    head = element("th", group, {"scope": "row"})
    return element("tr", [head, *(element("td", cell) for cell in cells)])


def _whole(view: View, count: int) -> str:
    return numbers.bare(count, WHOLE, view.language)
