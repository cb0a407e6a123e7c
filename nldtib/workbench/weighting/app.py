"""The weighting panel as an app in JupyterLab: choose margins and bounds, and see what they do."""

from pathlib import Path

import ipywidgets

from nldtib.errors import NldtibError
from nldtib.pages.present.markup import element
from nldtib.rounds import Round
from nldtib.workbench import panels
from nldtib.workbench.weighting import views, words
from nldtib.workbench.weighting.bench import DISTANCES, Bench, Trial, margins, opened, tried

NAME = "nldtib-weighting"
LEFT = {"width": "auto", "align_self": "flex-start"}


def panel(this_round: Round | str | Path | None = None, language: str = "nl") -> ipywidgets.VBox:
    """Return the weighting panel of one round; a refusal shows as one sentence in it.

    Parameters
    ----------
    this_round, language
        As in `panels.panel`; by default the invented round, in Dutch.
    """
    return panels.panel(NAME, this_round, language, _parts)


def _parts(this_round: Round, language: str) -> list[ipywidgets.Widget]:
    return _Form(opened(this_round, language)).parts


class _Form:
    """Boxes and lists, set as the round has them, and what they lead to."""

    def __init__(self, bench: Bench):
        self.bench, own = bench, bench.own.trial
        counts, amounts = margins(bench)
        self.counts = {name: self._tick(name, name in own.counts) for name in counts}
        self.amounts = {name: self._tick(name, name in own.amounts) for name in amounts}
        distances = [(words.text(bench.language, f"distances.{name}"), name) for name in DISTANCES]
        self.distance = self._control(
            ipywidgets.Dropdown, "distance", value=own.distance, options=distances
        )
        self.low = self._control(ipywidgets.FloatText, "low", value=own.bounds[0], step=0.1)
        self.high = self._control(ipywidgets.FloatText, "high", value=own.bounds[1], step=0.1)
        fewest = own.fewest_respondents
        self.fewest = self._control(ipywidgets.IntText, "fewest", value=fewest)
        label = words.text(bench.language, "controls.compute")
        self.button = ipywidgets.Button(description=label, layout=LEFT)
        self.button.on_click(lambda _: self.compute())
        self.result = ipywidgets.HTML(views.result(bench, bench.own))

    @property
    def parts(self) -> list[ipywidgets.Widget]:
        """Return all widgets in the order in which a person meets them."""
        boxes = []
        for name, ticks in (("counts", self.counts), ("amounts", self.amounts)):
            lead = element("p", words.text(self.bench.language, f"controls.{name}"))
            attributes = {"class": "result", "lang": self.bench.language}
            boxes += [ipywidgets.HTML(element("div", lead, attributes)), *ticks.values()]
        choices = [self.distance, self.low, self.high, self.fewest]
        return [*boxes, *choices, self.button, self.result]

    def trial(self) -> Trial:
        """Return what is chosen now."""
        return Trial(
            tuple(name for name, tick in self.counts.items() if tick.value),
            tuple(name for name, tick in self.amounts.items() if tick.value),
            self.distance.value,
            (self.low.value, self.high.value),
            self.fewest.value,
        )

    def compute(self) -> None:
        """Weight anew, and show what came of it or why it cannot be."""
        language = self.bench.language
        try:
            self.result.value = views.result(self.bench, tried(self.bench, self.trial()))
        except NldtibError as refusal:
            said = panels.refused(language, words.text(language, "refused"), refusal)
            self.result.value = said
        # Raised in a callback it would leave the old figures standing under the new choice.
        except Exception as mistake:
            kind = {"kind": type(mistake).__name__}
            self.result.value = panels.alert(language, [words.phrase(language, "mistake", kind)])

    def _tick(self, margin: str, chosen: bool) -> ipywidgets.Checkbox:
        label = views.margin_label(self.bench, margin)
        return ipywidgets.Checkbox(chosen, description=label, indent=False, layout=LEFT)

    def _control(self, make: type, name: str, **more: object) -> ipywidgets.Widget:
        return make(
            description=words.text(self.bench.language, f"controls.{name}"),
            style={"description_width": "11em"},
            layout={"width": "24em", "max_width": "98%"},
            **more,
        )
