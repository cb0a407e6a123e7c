"""What every panel of the workbench shares: its warning, its style, and how it refuses."""

import importlib.resources
from collections.abc import Callable
from pathlib import Path

import ipywidgets

from nldtib import rounds
from nldtib.errors import NldtibError, ParameterError
from nldtib.pages.present.markup import Safe, element
from nldtib.rounds import LANGUAGES, Round
from nldtib.workbench import words

NAME = "nldtib-workbench"
# JupyterLab takes the keys of a closed list for its own: an arrow would leave the panel, and DD
# would delete its cell (jupyter-widgets/ipywidgets#3912). It lets be what bears this mark.
KEYS_ARE_OURS = (
    f"this.closest('.{NAME}').addEventListener('focusin',"
    "event=>event.target.setAttribute('data-lm-suppress-shortcuts','true'))"
)
Parts = Callable[[Round, str], list[ipywidgets.Widget]]


def panel(
    name: str, this_round: Round | str | Path | None, language: str, parts_of: Parts
) -> ipywidgets.VBox:
    """Return a panel over one round; a round that cannot be opened is one sentence in it.

    Parameters
    ----------
    name
        The class by which style and tests find the panel.
    this_round
        A round, its name under `data/rounds/` or the path of its folder; None is the invented one.
    language
        `nl` or `en`.
    parts_of
        Makes the widgets below the warning from the round and the language.
    """
    spoken = language if language in LANGUAGES else LANGUAGES[0]
    try:
        if spoken != language:
            raise ParameterError(f"There is no language {language}. Choose one of: nl, en.")
        if not isinstance(this_round, Round):
            this_round = rounds.read(this_round or rounds.DEMO)
        parts = [banner(spoken, this_round.invented), *parts_of(this_round, spoken)]
    except NldtibError as refusal:
        said = refused(spoken, words.text(__package__, spoken, "closed"), refusal)
        parts = [banner(spoken, False), ipywidgets.HTML(said)]
    return framed(name, parts)


def framed(name: str, parts: list[ipywidgets.Widget]) -> ipywidgets.VBox:
    """Return the parts below each other, under the names that style goes by."""
    app = ipywidgets.VBox(parts)
    app.add_class(NAME)
    app.add_class(name)
    return app


def banner(language: str, invented: bool) -> ipywidgets.HTML:
    """Return what must be read first: that everything below is confidential."""
    style = (importlib.resources.files(__package__) / "panels.css").read_text(encoding="utf-8")
    lines = [
        element("style", Safe(style), {"onload": KEYS_ARE_OURS}),
        element("p", words.text(__package__, language, "confidential"), {"class": "confidential"}),
    ]
    if invented:
        said = words.text(__package__, language, "invented")
        lines.append(element("p", said, {"class": "invented"}))
    return ipywidgets.HTML(element("div", lines, {"lang": language}))


def refused(language: str, opening: str, refusal: NldtibError) -> Safe:
    """Return what did not happen, in the reader's language, and why, in that of refusals."""
    # A screen reader should know that refusals are in English.
    reason = element("span", str(refusal), {"lang": "en"})
    return alert(language, [opening, " ", reason])


def alert(language: str, sentences: list[str]) -> Safe:
    """Return sentences that a screen reader says at once."""
    return element("p", sentences, {"class": "refusal", "role": "alert", "lang": language})
