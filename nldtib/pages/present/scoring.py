"""What an earlier round expected, beside what a later round measured over the same years.

The expectation counts organisations, the outcome adds up euros or jobs: the page says so, and no
percentage of the one is taken for the other. What is scored is where the interval of the outcome
falls among the classes of the question.
"""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

import yaml
from IPython.display import HTML

from nldtib.pages.cells import Edition
from nldtib.pages.present import charts, drawing, figures, grid, numbers, tables, telling, words
from nldtib.pages.present.charts import Bar
from nldtib.pages.present.figures import Figure
from nldtib.pages.present.grid import Cell, Row
from nldtib.pages.present.markup import Safe, element, joined

SHARE = "organisations_share"
CHANGE = numbers.Scale("percent", 1.0, 1)


@dataclass(frozen=True)
class Scored:
    """One expectation: its classes as an earlier round published them, and what came true.

    rate
        Outcome and both ends of its interval in percent, in the span of the question; empty when
        the outcome is not shown.
    """

    old: Edition
    asked: Mapping[str, object]
    rows: tuple[Bar, ...]
    outcome: Figure
    rate: tuple[float, ...]

    @property
    def met(self) -> tuple[bool, ...]:
        """Return for each class whether the interval of the outcome reaches into it."""
        if not self.rate:
            return (False,) * len(self.rows)
        _, low, high = self.rate
        return tuple(reaches(low, high, *limits) for limits in self.asked["classes"].values())


def scored(edition: Edition) -> HTML:
    """Show whether what the round before expected came true; nothing when there is none.

    Both come from published figures: shares of organisations of the earlier round, and the change
    at the same respondents of this round. Nothing is shown of an expectation that was not asked,
    or of which no change is measured.
    """
    found = [one for asked in _asked() if (one := _scored(edition, asked)) is not None]
    if not found:
        return HTML("")
    values = {"round": found[0].old.survey_round}
    head = element("h3", words.phrase(edition.language, "scored.head", values))
    note = element("p", words.text(edition.language, "scored.note"), {"class": "note"})
    return HTML(joined([head, *(_told(edition, one) for one in found), note]))


def reaches(low: float, high: float, least: float | None, most: float | None) -> bool:
    """Return whether an interval reaches into a class; a class without width is one value."""
    if least is not None and least == most:
        return low <= least <= high
    above = least is None or high > least
    return above and (most is None or low < most)


def yearly(percent: float, years: int) -> float:
    """Return the yearly growth, in percent, that makes `percent` in so many years."""
    return 100 * ((1 + percent / 100) ** (1 / years) - 1)


@functools.cache
def _asked() -> Sequence[Mapping[str, object]]:
    text = resources.files(__package__).joinpath("scoring.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def _scored(edition: Edition, asked: Mapping[str, object]) -> Scored | None:
    old = next((one for one in reversed(edition.earlier) if asked["table"] in one.tables), None)
    book = edition.codebook.variables
    if old is None or asked["outcome"] not in book or old.years[-1] not in edition.years:
        return None
    spoken = dataclasses.replace(old, language=edition.language)
    found = figures.of_table(spoken, asked["table"], SHARE)
    labels = dict(figures.codes(spoken, asked["dimension"]))
    # Only figures of this edition are named by their key.
    rows = tuple(
        Bar(labels[code], dataclasses.replace(figures.at(found, (code,), old.years[-1]), key=""))
        for code in asked["classes"]
    )
    outcome = figures.total(edition, asked["outcome"])
    rate: tuple[float, ...] = ()
    if outcome.has_interval:
        span = edition.years[-1] - edition.years[0]
        ends = (outcome.value, outcome.low, outcome.high)
        rate = tuple(yearly(end, span) if asked["span"] == "year" else end for end in ends)
    return Scored(spoken, asked, rows, outcome, rate)


def _told(edition: Edition, one: Scored) -> Safe:
    language = edition.language
    dimension = one.old.codebook.dimensions[one.asked["dimension"]].label.in_language(language)
    values = {"dimension": dimension, "round": one.old.survey_round}
    title = words.phrase(language, "scored.title", values)
    scale = figures.scale([row.figure for row in one.rows], "percent")
    drawn = _drawn(edition, one, scale, f"{title}. {_sentence(edition, one)}")
    notes = charts.notes(one.old, [one.asked["dimension"]], one.rows)
    chart = grid.chart(edition, title, charts.detail(one.old, one.rows, scale), drawn, notes)
    said = element("p", _sentence(edition, one), {"class": "sentences"})
    below = grid.folded(edition, "chart.numbers", _table(edition, one, title, scale))
    return joined([said, chart, below])


def _sentence(edition: Edition, one: Scored) -> Safe:
    """Return what was expected and what came of it, each with its base."""
    language = edition.language
    expected = [
        words.phrase(
            language,
            "scored.expected",
            {"label": row.label, "share": figures.said(one.old, row.figure)},
        )
        for row, met in zip(one.rows, one.met, strict=True)
        if met
    ]
    values = {
        "round": str(one.old.survey_round),
        "what": one.asked["what"][language],
        "measured": figures.said(edition, one.outcome),
    }
    if not one.rate:
        return telling.told(edition, words.text(language, "scored.hidden"), values)
    value, low, high = one.rate
    values |= {
        "rate": numbers.signed(value, "percent", language),
        "interval": f"{figures.level(edition)} {numbers.said_ends(low, high, CHANGE, language)}",
        "expected": f" {words.text(language, 'and')} ".join(expected),
    }
    key = "scored.yearly" if one.asked["span"] == "year" else "scored.whole"
    return telling.told(edition, words.text(language, key), values)


def _drawn(edition: Edition, one: Scored, scale: numbers.Scale, alternative: str) -> Safe:
    figure, axes = drawing.canvas(charts.ROW * len(one.rows) + 0.1)
    left = drawing.text_width(figure, [row.label for row in one.rows], drawing.FONT_SIZE) + 0.02
    shown = [numbers.bare(r.figure.value, scale, edition.language) for r in one.rows]
    mark = words.text(edition.language, "scored.mark")
    right = drawing.text_width(figure, shown, drawing.FONT_SIZE, "bold") + 0.05
    right += drawing.text_width(figure, [mark], drawing.NOTE_SIZE, "bold")
    width = 1 - left - right
    axes.set_position((left, 0, width, 1))
    charts.draw(axes, one.old, one.rows, scale, charts.span(one.rows, scale))
    charts.named(axes, one.rows)
    for place, met in enumerate(one.met):
        if met:
            axes.annotate(
                mark,
                ((1 - left) / width, place),
                xycoords=("axes fraction", "data"),
                ha="right",
                va="center",
                fontsize=drawing.NOTE_SIZE,
                fontweight="bold",
                color=drawing.ACCENT,
                annotation_clip=False,
            )
    name = f"scored-{one.asked['dimension']}"
    return drawing.svg(figure, name, " ".join(alternative.split()))


def _table(edition: Edition, one: Scored, title: str, scale: numbers.Scale) -> Safe:
    language = edition.language
    rows = [
        Row(
            row.label,
            (
                tables.printed(one.old, row.figure, scale),
                tables.interval(one.old, row.figure, scale),
                tables.respondents(one.old, row.figure),
                words.text(language, f"scored.{'within' if met else 'outside'}"),
            ),
        )
        for row, met in zip(one.rows, one.met, strict=True)
    ]
    measured = Row(
        figures.label(edition, one.outcome.variable.name),
        (
            Cell(tables.printed(edition, one.outcome, CHANGE), one.outcome.key),
            Cell(tables.interval(edition, one.outcome, CHANGE), one.outcome.key, "interval"),
            Cell(tables.respondents(edition, one.outcome), one.outcome.key, "n"),
            words.text(language, "signs.not_applicable"),
        ),
        total=True,
    )
    dimension = one.old.codebook.dimensions[one.asked["dimension"]].label.in_language(language)
    heads = [
        dimension,
        figures.unit(edition, scale, SHARE),
        figures.level(edition),
        words.text(language, "table.n"),
        words.text(language, "scored.mark"),
    ]
    detail = words.phrase(language, "scored.detail", {"round": one.old.survey_round})
    table = grid.grid(edition, title, detail, heads, [*rows, measured])
    seen = [row.figure for row in one.rows]
    return joined([table, grid.legend([*grid.hidden_signs(edition, seen), grid.source(edition)])])
