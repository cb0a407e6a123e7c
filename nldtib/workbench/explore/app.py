"""The explorer as an app in JupyterLab: four lists to choose from, a table and a chart."""

import importlib.resources
from dataclasses import dataclass
from pathlib import Path

import ipywidgets
import pandas as pd

from nldtib import produce, rounds
from nldtib.codebook import Codebook
from nldtib.errors import NldtibError, ParameterError
from nldtib.pages.present.markup import Safe, element
from nldtib.rounds import LANGUAGES, Round
from nldtib.schema import Survey
from nldtib.workbench.explore import charting, figures, views, words
from nldtib.workbench.explore.figures import Choice, Offer
from nldtib.workbench.explore.views import View

NAME = "nldtib-explore"
LISTS = ("variable", "by", "year", "statistic")
# JupyterLab takes the keys of a closed list for its own: an arrow would leave the panel, and DD
# would delete its cell (jupyter-widgets/ipywidgets#3912). It lets be what bears this mark.
KEYS_ARE_OURS = (
    f"this.closest('.{NAME}').addEventListener('focusin',"
    "event=>event.target.setAttribute('data-lm-suppress-shortcuts','true'))"
)


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
    this_round
        A round, its name under `data/rounds/` or the path of its folder; by default the invented
        round.
    language
        `nl` or `en`.
    """
    spoken = language if language in LANGUAGES else LANGUAGES[0]
    try:
        if spoken != language:
            raise ParameterError(f"There is no language {language}. Choose one of: nl, en.")
        if not isinstance(this_round, Round):
            this_round = rounds.read(this_round or rounds.DEMO)
        survey, interval = produce.prepare(this_round).survey, this_round.parameters.interval
        degrees = interval.most_degrees_of_freedom
        opened = Opened(survey, this_round.codebook, interval.level, degrees, spoken)
        parts = [banner(spoken, this_round.invented), *lists_and_result(opened)]
    except NldtibError as refusal:
        sentence = ipywidgets.HTML(_refused(spoken, refusal))
        parts = [banner(spoken, False), sentence]
    return framed(parts)


def framed(parts: list[ipywidgets.Widget]) -> ipywidgets.VBox:
    """Return the parts below each other, under the name that their style goes by."""
    app = ipywidgets.VBox(parts)
    app.add_class(NAME)
    return app


def banner(language: str, invented: bool) -> ipywidgets.HTML:
    """Return what must be read first: that everything below is confidential."""
    style = (importlib.resources.files(__package__) / "explore.css").read_text(encoding="utf-8")
    lines = [
        element("style", Safe(style), {"onload": KEYS_ARE_OURS}),
        element("p", words.text(language, "confidential"), {"class": "confidential"}),
    ]
    if invented:
        lines.append(element("p", words.text(language, "invented"), {"class": "invented"}))
    return ipywidgets.HTML(element("div", lines, {"lang": language}))


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
        return _refused(opened.language, refusal)
    # Raised in a callback it would leave the old figures standing under the new choice.
    except Exception as mistake:
        values = {"kind": type(mistake).__name__}
        return _alert(opened.language, [words.phrase(opened.language, "mistake", values)])


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


def _refused(language: str, refusal: NldtibError) -> Safe:
    # Refusals are in English, which a screen reader should know.
    reason = element("span", str(refusal), {"lang": "en"})
    return _alert(language, [words.text(language, "refused"), " ", reason])


def _alert(language: str, sentence: list[str]) -> Safe:
    return element("p", sentence, {"class": "refusal", "role": "alert", "lang": language})
