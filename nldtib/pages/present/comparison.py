"""What changed between two editions, as a page."""

import dataclasses
from collections.abc import Mapping

import pandas as pd

from nldtib.pages.cells import Edition
from nldtib.pages.present import figures, grid, numbers, passports, words
from nldtib.pages.present.grid import Cell, Row
from nldtib.pages.present.markup import Safe, element, joined


def comparison(old: Edition, new: Edition, changes: pd.DataFrame) -> Safe:
    """Return the body of the page: how many figures changed, and each with both values.

    Parameters
    ----------
    changes
        As `compare.editions` returns them; the language is that of `new`.
    """
    language = new.language
    values: dict[str, object] = {"old": _named(old, language), "new": _named(new, language)}
    counted = _counted(changes)
    values |= {"changed": counted["changed"], "gone": counted["gone"]}
    values["new_figures"] = counted["new"]
    parts = [
        element("h1", words.text(language, "comparison.title")),
        element("p", words.phrase(language, "comparison.lead", values), {"class": "lead"}),
        element("p", words.phrase(language, "comparison.counts", values)),
        element("p", words.text(language, "comparison.note"), {"class": "note"}),
    ]
    if changes.empty:
        return joined([*parts, element("p", words.text(language, "comparison.none"))])
    heads = [words.text(language, "table.variable")]
    heads += [words.text(language, f"comparison.{name}") for name in ("kind", "first", "second")]
    heads += [words.text(language, "revision.difference")]
    rows = [_row(old, new, change) for change in changes.to_dict("records")]
    detail = words.phrase(language, "revision.detail", values)
    table = grid.grid(new, words.text(language, "comparison.caption"), detail, heads, rows)
    return joined([*parts, table, grid.legend([grid.source(new)])])


def _counted(changes: pd.DataFrame) -> dict[str, int]:
    found = changes["kind"].value_counts()
    return {kind: int(found.get(kind, 0)) for kind in ("changed", "new", "gone")}


def _named(edition: Edition, language: str) -> str:
    spoken = dataclasses.replace(edition, language=language)
    values = {"round": edition.survey_round, "edition": figures.edition_name(spoken)}
    return words.phrase(language, "masthead.round", values)


def _row(old: Edition, new: Edition, change: Mapping) -> Row:
    language = new.language
    # What is gone may be known to the first edition only.
    home = new if change["variable"] in new.codebook.variables else old
    home = dataclasses.replace(home, language=language)
    about = figures.variable(home, change["variable"])
    shown = [value for value in (change["old"], change["new"]) if pd.notna(value)]
    scale = numbers.of_many(shown, about.unit_of_measure)
    place = passports.named(home, change["key"].split(":")[1])
    head = f"{figures.with_unit(home, about.name, scale)}, {place}, {change['reference_year']}"
    none = words.text(language, "signs.not_applicable")

    def said(name: str) -> str:
        value = change[name]
        return none if pd.isna(value) else numbers.bare(value, scale, language)

    difference = none
    if change["kind"] == "changed":
        points = about.unit_of_measure == "percent"
        size, unit = (change["difference"], "points") if points else (change["percent"], "percent")
        difference = none if pd.isna(size) else numbers.signed(size, unit, language)
    kind = words.text(language, f"comparison.kinds.{change['kind']}")
    key = change["key"] if change["kind"] != "gone" else ""
    return Row(head, (kind, said("old"), Cell(said("new"), key), difference))
