"""The editing desk as an app in JupyterLab: a worklist, one organisation, and a form to decide."""

from collections.abc import Callable
from pathlib import Path

import ipywidgets

from nldtib.errors import NldtibError
from nldtib.pages.present.markup import Safe, element
from nldtib.rounds import Round
from nldtib.workbench import panels
from nldtib.workbench.edit import views, words
from nldtib.workbench.edit.desk import LISTS, Desk, Item, decided, opened, worklist

NAME = "nldtib-edit"
TEXTS = ("new", "reason", "who")
BUTTONS = ("record", "confirm")


def panel(this_round: Round | str | Path | None = None, language: str = "nl") -> ipywidgets.VBox:
    """Return the editing desk of one round; a refusal shows as one sentence in it.

    Parameters
    ----------
    this_round, language
        As in `panels.panel`; by default the invented round, in Dutch.
    """
    return panels.panel(NAME, this_round, language, _parts)


def _parts(this_round: Round, language: str) -> list[ipywidgets.Widget]:
    return _Form(opened(this_round, language)).parts


class _Form:
    """Lists, texts and buttons, and the desk that they work on; it changes with every decision."""

    def __init__(self, desk: Desk):
        self.desk = desk
        self.lists = {name: _dropdown(desk.language, name) for name in ("list", "item")}
        self.texts = {name: _text(desk.language, name) for name in TEXTS}
        self.buttons = {name: _button(desk.language, name) for name in BUTTONS}
        self.card, self.status = ipywidgets.HTML(), ipywidgets.HTML()
        names = [(words.text(desk.language, f"lists.{name}"), name) for name in LISTS]
        self.lists["list"].options = names
        self.lists["list"].value = LISTS[0]
        self.lists["list"].observe(lambda _: self.fill(0), "value")
        self.lists["item"].observe(lambda _: self.show(), "value")
        self.buttons["record"].on_click(lambda _: self.decide(self.texts["new"].value))
        self.buttons["confirm"].on_click(lambda _: self.decide(None))
        self.fill(0)

    @property
    def parts(self) -> list[ipywidgets.Widget]:
        """Return all widgets in the order in which a person meets them."""
        controls = [*self.texts.values(), ipywidgets.HBox(list(self.buttons.values()))]
        return [*self.lists.values(), self.card, *controls, self.status]

    def fill(self, place: int) -> int:
        """Lay out the worklist, choose the item at `place`, and return how many there are."""
        items = worklist(self.desk, self.lists["list"].value)
        options = [(_line(self.desk, n, item), item) for n, item in enumerate(items, start=1)]
        self.lists["item"].options = options
        if items:
            self.lists["item"].value = items[min(place, len(items) - 1)]
        self.show()
        return len(items)

    def show(self) -> None:
        """Show the organisation of the chosen item."""
        language, item = self.desk.language, self.lists["item"].value
        for button in self.buttons.values():
            button.disabled = item is None
        if item is None:
            said = element("p", words.text(language, "empty"), {"class": "status"})
            self.card.value = element("div", said, {"class": "result", "lang": language})
        else:
            self.card.value = views.card(self.desk, item)

    def decide(self, new: str | None) -> None:
        """Record what was decided on the chosen item, and say so."""
        item, language = self.lists["item"].value, self.desk.language
        place = self.lists["item"].index
        reason, who = self.texts["reason"].value, self.texts["who"].value
        try:
            self.desk = decided(self.desk, item, new, reason, who)
        except NldtibError as refusal:
            said = panels.refused(language, words.text(language, "refused"), refusal)
            self.status.value = said
            return
        # Raised in a callback it would go unseen.
        except Exception as mistake:
            kind = {"kind": type(mistake).__name__}
            self.status.value = panels.alert(language, [words.phrase(language, "mistake", kind)])
            return
        self.texts["new"].value = ""
        left = self.fill(place)
        self.status.value = _recorded(self.desk, item, left)


def _recorded(desk: Desk, item: Item, left: int) -> Safe:
    label = desk.this_round.codebook.variables[item.variable].label.in_language(desk.language)
    values = {"variable": label, "year": item.year, "left": left}
    said = words.phrase(desk.language, "recorded", values)
    line = element("p", said, {"class": "status", "role": "status"})
    return element("div", line, {"class": "result", "lang": desk.language})


def _line(desk: Desk, place: int, item: Item) -> str:
    label = desk.this_round.codebook.variables[item.variable].label.in_language(desk.language)
    values = {"place": place, "unit": item.unit, "variable": label, "year": item.year}
    return words.phrase(desk.language, "item", {**values, "why": item.why})


def _layout(make: Callable, language: str, name: str, **more: str | bool) -> ipywidgets.Widget:
    return make(
        description=words.text(language, f"controls.{name}"),
        style={"description_width": "9em"},
        layout={"width": "48em", "max_width": "98%"},
        **more,
    )


def _dropdown(language: str, name: str) -> ipywidgets.Dropdown:
    return _layout(ipywidgets.Dropdown, language, name)


def _text(language: str, name: str) -> ipywidgets.Text:
    hint = words.text(language, f"hints.{name}")
    # Sent letter by letter, the last ones could arrive after the button was pressed.
    return _layout(ipywidgets.Text, language, name, placeholder=hint, continuous_update=False)


def _button(language: str, name: str) -> ipywidgets.Button:
    label = words.text(language, f"controls.{name}")
    return ipywidgets.Button(description=label, layout={"width": "auto"})
