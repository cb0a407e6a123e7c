"""What opens and closes a page: masthead, headline panel, and how sure it all is."""

from collections.abc import Sequence

from IPython.display import HTML

from nldtib.pages.cells import Edition
from nldtib.pages.present import asked, changes, drawing, figures, grid, numbers, words
from nldtib.pages.present.figures import Figure
from nldtib.pages.present.markup import Safe, element, joined

HOW_SURE = "how-sure"
WIDTH, HEIGHT, MARGIN = 220, 14, 6


def masthead(edition: Edition) -> HTML:
    """Show round, edition, reference years and response, with a way to `certainty`."""
    language, run = edition.language, edition.run
    round_values = {"round": edition.survey_round, "edition": figures.edition_name(edition)}
    years = {"years": figures.year_words(edition, edition.years)}
    parts = [
        words.phrase(language, "masthead.round", round_values),
        words.phrase(language, "masthead.years", years),
        words.phrase(language, "masthead.answered", response(edition)),
    ]
    if edition.audience == "analyst":
        parts.append(words.text(language, "legend.analyst"))
    if run["invented"]:
        parts.append(words.text(language, "legend.invented"))
    link = element("a", words.text(language, "masthead.sure"), {"href": f"#{HOW_SURE}"})
    return HTML(element("p", [" · ".join(parts), " · ", link], {"class": "masthead"}))


def response(edition: Edition) -> dict[str, str]:
    """Return how many organisations were approached and answered, and the rate, in words."""
    approached, answered = (int(edition.run[name]) for name in ("approached", "answered"))
    rate = numbers.Scale("percent", 1.0, 1)
    share = 100 * answered / approached if approached else 0.0
    return {
        "approached": numbers.number(approached, 0, edition.language),
        "answered": numbers.number(answered, 0, edition.language),
        "rate": numbers.said(share, rate, edition.language),
    }


@asked.or_said
def key_figures(edition: Edition, *groups: Sequence[str]) -> HTML:
    """Show headline panels: figure, interval and change since the first reference year.

    Parameters
    ----------
    groups
        Names of variables; every group starts a panel of its own.

    Raises
    ------
    ParameterError
        The codebook has no such variable.
    """
    panels = [
        element("div", [_panel(edition, name) for name in group], {"class": "kpis"})
        for group in groups
    ]
    values = {
        "year": edition.years[-1],
        "first": edition.years[0],
        "level": figures.level(edition),
    }
    note = words.phrase(edition.language, "key_figures.caption", values)
    shown = [figures.total(edition, name) for group in groups for name in group]
    notes = [note, *grid.hidden_signs(edition, shown), grid.source(edition)]
    return HTML(joined([*panels, grid.legend(notes)]))


@asked.or_said
def certainty(edition: Edition, variable: str = "turnover_defence") -> HTML:
    """Show in a few sentences how sure the figures are; the masthead points here.

    Raises
    ------
    ParameterError
        The codebook has no such variable.
    """
    language = edition.language
    lines = [words.phrase(language, "sure.answered", response(edition))]
    share = imputed(edition, variable)
    if share:
        values = {"variable": figures.label(edition, variable), "share": share}
        lines.append(words.phrase(language, "sure.imputed", values))
    lines.append(words.phrase(language, "sure.hidden", counted(edition)))
    lines.append(words.phrase(language, "sure.interval", {"level": figures.level(edition)}))
    text = element("p", " ".join(lines))
    more = element("a", words.text(language, "sure.more"), {"href": "quality.html"})
    attributes = {"class": "sentences", "id": HOW_SURE}
    return HTML(element("div", [text, element("p", [more, "."])], attributes))


def counted(edition: Edition) -> dict[str, str]:
    """Return how many figures the edition has, and how many are not shown, in words.

    A figure that stands in several tables counts once.
    """
    once = edition.cells.drop_duplicates("key")
    hidden = once["status"].isin(["suppressed", "unreliable"]).sum()
    return {
        "cells": numbers.number(len(once), 0, edition.language),
        "hidden": numbers.number(int(hidden), 0, edition.language),
    }


def imputed(edition: Edition, variable: str) -> str:
    """Return which part of the estimated total was imputed, in words; empty where unknown."""
    figures.variable(edition, variable)
    measures = edition.quality
    found = measures[
        (measures["topic"] == "imputation")
        & (measures["item"] == variable)
        & (measures["measure"] == "weight_share")
    ]["value"].dropna()
    if found.empty:
        return ""
    return numbers.said(found.iloc[0], numbers.Scale("percent", 1.0, 1), edition.language)


def _panel(edition: Edition, name: str) -> Safe:
    several = [figures.total(edition, name, year) for year in edition.years]
    last = several[-1]
    change = changes.signed(edition, changes.since_first(edition, name))
    return element(
        "section",
        [
            element("p", figures.label(edition, name), {"class": "name"}),
            element("p", _headline(edition, last), {"class": "big"}),
            _strip(several),
            *(element("p", line, {"class": "iv"}) for line in _interval(edition, last)),
            element("p", change, {"class": "ch"}),
        ],
        {"class": "kpi", "data-key": last.key},
    )


def _headline(edition: Edition, figure: Figure) -> str:
    if not figure.shown:
        return figures.not_shown(edition, figure)
    scale = numbers.of_one(figure.value, figure.variable.unit_of_measure)
    if scale.unit == "organisations":
        # The name of the panel says what is counted.
        return numbers.bare(figure.value, scale, edition.language)
    return numbers.said(figure.value, scale, edition.language)


def _interval(edition: Edition, figure: Figure) -> list[str]:
    lines = []
    if figure.variable.unit_of_measure == "percent":
        lines.append(figures.base(edition, figure.variable.name))
    if figure.has_interval:
        scale = numbers.of_one(figure.value, figure.variable.unit_of_measure)
        ends = numbers.interval(figure.low, figure.high, scale, edition.language)
        values = {"level": figures.level(edition), "interval": ends}
        lines.append(words.phrase(edition.language, "key_figures.interval", values))
    elif figure.shown:
        lines.append(figures.no_interval(edition))
    return lines


def _strip(several: Sequence[Figure]) -> Safe:
    """Draw the last year with its interval, and the first year as an open circle."""
    last = several[-1]
    ends = [e for one in several if one.has_interval for e in (one.low, one.high)]
    if not last.has_interval or min(ends) == max(ends):
        return Safe("")
    low, high = min(ends), max(ends)

    def at(value: float) -> str:
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return f"{MARGIN + share * (WIDTH - 2 * MARGIN):.1f}"

    middle = str(HEIGHT // 2)
    whole = {"x1": "0", "x2": str(WIDTH), "y1": middle, "y2": middle}
    bar = {**whole, "x1": at(last.low), "x2": at(last.high)}
    marks = [
        element("line", "", {**whole, "stroke": drawing.RULE, "stroke-width": "2"}),
        element("line", "", {**bar, "stroke": drawing.ACCENT, "stroke-width": "4"}),
    ]
    if several[0].shown and several[0].year != last.year:
        circle = {"cx": at(several[0].value), "cy": middle, "r": "4.5"}
        open_mark = {"fill": "#ffffff", "stroke": drawing.MUTED, "stroke-width": "1.5"}
        marks.append(element("circle", "", {**circle, **open_mark}))
    dot = {"cx": at(last.value), "cy": middle, "r": "5.5", "fill": drawing.STRONG}
    marks.append(element("circle", "", dot))
    look = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "preserveAspectRatio": "xMinYMid"}
    return element("svg", marks, {**look, "aria-hidden": "true"})
