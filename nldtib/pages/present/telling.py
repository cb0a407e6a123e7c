"""Computed sentences: the answer of a page in three lines, with templates as data."""

from collections.abc import Callable, Mapping
from string import Formatter

from IPython.display import HTML

from nldtib.codebook import closest
from nldtib.errors import ParameterError
from nldtib.pages.cells import Edition
from nldtib.pages.present import asked, changes, figures, panels, timelines, words
from nldtib.pages.present.figures import NotAskedError
from nldtib.pages.present.markup import Safe, element, filled
from nldtib.schema import TOTAL

PLAIN = frozenset({"year", "first_year", "break_before", "break_after", "round", "what"})


def sentences(edition: Edition, page: str) -> HTML:
    """Show the three sentences with which a page answers its question.

    A figure that is not shown is said to be so; the sentence stands.

    Raises
    ------
    ParameterError
        texts.yml has no sentences for this page, or one names what the codebook does not have.
    """
    pages = words.entries("sentences")
    if page not in pages:
        raise ParameterError(f"There are no sentences for page {page}.{closest(page, pages)}")
    lines = [element("p", _line(edition, template)) for template in pages[page]]
    return HTML(element("div", lines, {"class": "sentences"}))


def _line(edition: Edition, template: Mapping[str, str]) -> str:
    try:
        return told(edition, template[edition.language])
    except NotAskedError:
        return asked.note(edition)


def told(edition: Edition, template: str, more: Mapping[str, str] | None = None) -> Safe:
    """Return one template with its figures filled in and made bold.

    Parameters
    ----------
    more
        Further fields that this template may name, already in words.

    Raises
    ------
    ParameterError
        The template names what the codebook, the plan or this room does not know.
    """
    # Fields may hold colons and slashes, so they are numbered before they are filled in.
    text, values = "", {}
    for literal, name, spec, _ in Formatter().parse(template):
        text += literal
        if name is not None:
            field = f"field{len(values)}"
            text += "{" + field + "}"
            known = {**_fixed(edition), **(more or {})}
            said = known[name] if name in known else _field(edition, name, spec or "")
            values[field] = said if name in PLAIN else _strong(edition, name, spec or "", said)
    return filled(text, values)


def _strong(edition: Edition, name: str, spec: str, said: str) -> Safe:
    years = {"": edition.years[-1], "first": edition.years[0], "interval": edition.years[-1]}
    if name not in edition.codebook.variables or spec not in years:
        return element("strong", said)
    figure = figures.total(edition, name, years[spec])
    return element("strong", said, {"data-key": figure.key} if figure.key else {})


def _field(edition: Edition, name: str, spec: str) -> str:
    if name == "largest":
        return _largest(edition, *spec.split("/"))
    figures.variable(edition, name)
    ways: Mapping[str, Callable[[], str]] = {
        "": lambda: figures.said(edition, figures.total(edition, name)),
        "first": lambda: figures.said(edition, figures.total(edition, name, edition.years[0])),
        "interval": lambda: figures.said_interval(edition, figures.total(edition, name)),
        "change": lambda: changes.in_words(edition, changes.since_first(edition, name)),
        "imputed": lambda: panels.imputed(edition, name) or words.text(edition.language, "nothing"),
    }
    if spec not in ways:
        raise ParameterError(
            f"A sentence asks for {spec} of {name}.{closest(spec, ways)} Mend texts.yml."
        )
    return ways[spec]()


def _fixed(edition: Edition) -> dict[str, str]:
    before, after = timelines.around_break(edition)
    counts = panels.counted(edition)
    return {
        "year": str(edition.years[-1]),
        "first_year": str(edition.years[0]),
        "break_before": str(before),
        "break_after": str(after),
        "cells": counts["cells"],
        "cells_hidden": counts["hidden"],
        **panels.response(edition),
    }


def _largest(edition: Edition, table: str, variable: str) -> str:
    found = figures.of_table(edition, table, variable)
    (dimension,) = figures.plan(edition, table).by
    labels = dict(figures.codes(edition, dimension))
    last = [
        (one.value, place[0])
        for (place, year), one in found.items()
        if one.shown and year == edition.years[-1] and place != (TOTAL,)
    ]
    if not last:
        return words.text(edition.language, "signs.not_shown")
    _, code = max(last)
    figure = found[(code,), edition.years[-1]]
    return f"{labels[code]} ({figures.said(edition, figure)})"
