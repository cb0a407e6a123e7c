"""The explorer as an app in JupyterLab: four lists to choose from, a table and a chart."""

from dataclasses import dataclass
from pathlib import Path

import ipywidgets
import pandas as pd

from nldtib import produce
from nldtib.codebook import Codebook
from nldtib.errors import NldtibError
from nldtib.pages.present.markup import Safe, element
from nldtib.rounds import Round
from nldtib.schema import Survey
from nldtib.workbench import panels
from nldtib.workbench.explore import charting, figures, views, words
from nldtib.workbench.explore.figures import Choice, Offer
from nldtib.workbench.explore.views import View

NAME = "nldtib-explore"
LISTS = ("variable", "by", "year", "statistic")


@dataclass(frozen=True)
class Opened:
    """A round that is ready to be asked."""

    survey: Survey
    codebook: Codebook
    level: float
    most_degrees: float
    language: str


def panel(this_round: Round | str | Path | None = None, language: str = "nl") -> ipywidgets.VBox:
    """Return the explorer of one round as an app; a refusal shows as one sentence in it.

    Parameters
    ----------
    this_round, language
        As in `panels.panel`; by default the invented round, in Dutch.
    """
    return panels.panel(NAME, this_round, language, _parts)


def _parts(this_round: Round, language: str) -> list[ipywidgets.Widget]:
    survey, interval = produce.prepare(this_round).survey, this_round.parameters.interval
    degrees = interval.most_degrees_of_freedom
    return lists_and_result(Opened(survey, this_round.codebook, interval.level, degrees, language))


def content(opened: Opened, choice: Choice) -> Safe:
    """Return what stands below the lists: table, notes and chart, or a sentence in their place."""
    precision = opened.level, opened.most_degrees
    asked = choice.variable, choice.by, choice.year, choice.statistic
    try:
        found = figures.table(opened.survey, opened.codebook, *asked, *precision)
        view = _view(opened, choice, found)
        status = element("p", views.status(view), {"class": "status", "role": "status"})
        parts = [status, views.grid(view), views.notes(view), charting.picture(view)]
        return element("div", parts, {"class": "result", "lang": opened.language})
    except NldtibError as refusal:
        return panels.refused(opened.language, words.text(opened.language, "refused"), refusal)
    # Raised in a callback it would leave the old figures standing under the new choice.
    except Exception as mistake:
        values = {"kind": type(mistake).__name__}
        return panels.alert(opened.language, [words.phrase(opened.language, "mistake", values)])


def lists_and_result(opened: Opened) -> list[ipywidgets.Widget]:
    """Return the four lists and, last, what they lead to; a choice in one fills the others."""
    lists = {name: _list(opened.language, name) for name in LISTS}
    result = ipywidgets.HTML()

    def show(wanted: Choice) -> None:
        chosen, offered = figures.offer(opened.survey, opened.codebook, wanted)
        # What is filled in here is no choice of the analyst and is not to be followed.
        for box in lists.values():
            box.unobserve(follow, "value")
        _fill(opened, lists, chosen, offered)
        for box in lists.values():
            box.observe(follow, "value")
        result.value = content(opened, chosen)

    def follow(_: object) -> None:
        variable, by, year, statistic = (lists[name].value for name in LISTS)
        show(Choice(variable, by or None, year, statistic))

    for box in lists.values():
        box.observe(follow, "value")
    show(Choice("", None, 0, ""))
    return [*lists.values(), result]


def _list(language: str, name: str) -> ipywidgets.Dropdown:
    # A drop-down list is the one choice of ipywidgets that browsers tie to its description.
    return ipywidgets.Dropdown(
        description=words.text(language, f"controls.{name}"),
        style={"description_width": "9em"},
        layout={"width": "36em", "max_width": "98%"},
    )


def _fill(
    opened: Opened, lists: dict[str, ipywidgets.Dropdown], chosen: Choice, offered: Offer
) -> None:
    book, language = opened.codebook, opened.language
    first = _first_year(opened.survey)
    options = {
        "variable": [
            (book.variables[name].label.in_language(language), name) for name in offered.variables
        ],
        # None would mean to the list that nothing is chosen.
        "by": [(_breakdown(opened, name), name or "") for name in offered.breakdowns],
        "year": [(str(year), year) for year in offered.years],
        "statistic": [
            (views.statistic_label(name, first, language), name) for name in offered.statistics
        ],
    }
    values = {
        "variable": chosen.variable,
        "by": chosen.by or "",
        "year": chosen.year,
        "statistic": chosen.statistic,
    }
    for name, box in lists.items():
        if list(box.options) != options[name]:
            box.options = options[name]
        box.value = values[name]


def _breakdown(opened: Opened, name: str | None) -> str:
    if name is None:
        return words.text(opened.language, "breakdowns.none")
    dimension = opened.codebook.dimensions[name]
    label = dimension.label.in_language(opened.language)
    if not dimension.overlapping:
        return label
    return words.phrase(opened.language, "breakdowns.overlapping", {"dimension": label})


def _view(opened: Opened, choice: Choice, found: pd.DataFrame) -> View:
    records = opened.survey.records
    counted = records["in_scope"] & (records["reference_year"] == choice.year)
    first, respondents = _first_year(opened.survey), int(counted.sum())
    return View(found, choice, opened.codebook, opened.level, first, respondents, opened.language)


def _first_year(survey: Survey) -> int:
    return int(survey.records["reference_year"].min())
