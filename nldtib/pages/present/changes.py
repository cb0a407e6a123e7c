"""Change between two reference years of one round, always from unrounded figures."""

from dataclasses import dataclass

from nldtib.pages.cells import Edition
from nldtib.pages.present import figures, numbers, words
from nldtib.pages.present.figures import Figure

AGREES = 0.05  # percent: where a change would be printed with the same digits


@dataclass(frozen=True)
class Change:
    """What became of a figure since `first`: in `percent`, or in `points` for a percentage."""

    first: Figure
    last: Figure
    unit: str
    size: float | None

    @property
    def shown(self) -> bool:
        """Return whether both years may be printed."""
        return self.first.shown and self.last.shown


def since_first(edition: Edition, variable_name: str) -> Change:
    """Return the change of a total figure since the first reference year of the round.

    Both years come from one edition, so no break of the series lies between them.
    """
    first = figures.total(edition, variable_name, edition.years[0])
    return between(first, figures.total(edition, variable_name))


def between(first: Figure, last: Figure) -> Change:
    """Return the change from one figure to another of the same variable."""
    unit = "points" if first.variable.unit_of_measure == "percent" else "percent"
    if not (first.shown and last.shown):
        return Change(first, last, unit, None)
    if unit == "points":
        return Change(first, last, unit, last.value - first.value)
    return Change(first, last, unit, numbers.growth(first.value, last.value))


def measured(edition: Edition, change: Change) -> Figure | None:
    """Return the figure of the edition that holds the interval of this change, if it agrees."""
    name = f"{change.last.variable.name}_change"
    if name not in edition.codebook.variables or change.size is None:
        return None
    figure = figures.total(edition, name)
    if not figure.has_interval or abs(figure.value - change.size) >= AGREES:
        return None
    return figure


def in_words(edition: Edition, change: Change) -> str:
    """Return a change as a clause: `11,8 % meer dan in 2023`."""
    year = {"year": change.first.year}
    if not change.shown:
        return words.phrase(edition.language, "change.hidden", year)
    if change.size is None:
        return words.phrase(edition.language, "change.none", year)
    size = numbers.rounded(change.size, 1)
    direction = "same" if size == 0 else "more" if size > 0 else "less"
    scale = numbers.Scale(change.unit, 1.0, 1)
    said = numbers.said(abs(change.size), scale, edition.language)
    return words.phrase(edition.language, f"change.{direction}", {"size": said, **year})


def signed(edition: Edition, change: Change) -> str:
    """Return a change for the headline panel: `+11,8 % sinds 2023 (8,1 – 16,0)`."""
    year = {"year": change.first.year}
    # What an organisation is was asked once: its count cannot have changed between years.
    if change.first.variable.unit_of_measure == "organisations":
        return words.text(edition.language, "key_figures.once")
    if not change.shown:
        return words.phrase(edition.language, "key_figures.since_hidden", year)
    if change.size is None:
        return words.phrase(edition.language, "key_figures.since_none", year)
    values = {**year, "change": numbers.signed(change.size, change.unit, edition.language)}
    around = measured(edition, change)
    if around is None:
        return words.phrase(edition.language, "key_figures.since", values)
    ends = numbers.interval(
        around.low, around.high, numbers.Scale("percent", 1.0, 1), edition.language
    )
    values["interval"] = ends
    return words.phrase(edition.language, "key_figures.since_interval", values)
