"""Topics of the quality report as pictures: the same measures as the table below each."""

from collections.abc import Mapping

import pandas as pd

from nldtib.pages.cells import Edition
from nldtib.pages.present import dots, figures, grid, numbers, words
from nldtib.pages.present.dots import Dot
from nldtib.pages.present.markup import Safe

HUNDRED = 100.0


def picture(
    edition: Edition, name: str, about: Mapping, measured: pd.DataFrame, labels: Mapping[str, str]
) -> Safe:
    """Return a chart of a topic of quality.csv; nothing for a topic that has no picture.

    Parameters
    ----------
    about
        Its entry in quality.yml; `picture` names the measures of dot, open circle and line, where
        nothing differs (`at`), further lines (`marks`), and whether the scale is one of ratios.
    measured
        A row per item, a column per measure.
    labels
        What items are called, in the order in which they are drawn.
    """
    if "picture" not in about:
        return Safe("")
    look, language = about["picture"], edition.language
    make = _beside_the_estimate if "reach" in look else _as_measured
    items = [item for item in labels if item in measured.index]
    rows = [row for item in items if (row := make(edition, look, measured.loc[item], labels, item))]
    if not rows:
        return Safe("")
    title = about["title"][language]
    seen = f"{title}. {_seen(look, rows, language)}"
    drawn = dots.drawn(
        edition,
        rows,
        look["at"],
        f"dots-{name}",
        seen,
        look.get("marks", ()),
        look.get("log", False),
    )
    return grid.chart(edition, title, look[language], drawn, [grid.source(edition)])


def _as_measured(
    edition: Edition, look: Mapping, one: pd.Series, labels: Mapping[str, str], item: str
) -> Dot | None:
    names = [look[part] for part in ("value", "before", "low", "high") if part in look]
    if one.reindex(names).isna().any():
        return None
    before = float(one[look["before"]]) if "before" in look else None
    ends = (float(one[look["low"]]), float(one[look["high"]])) if "low" in look else None
    return Dot(labels[item], float(one[look["value"]]), before, ends)


def _beside_the_estimate(
    edition: Edition, look: Mapping, one: pd.Series, labels: Mapping[str, str], item: str
) -> Dot | None:
    """Return rival totals and the interval in percent of the figure that was published."""
    figure = figures.total(edition, item)
    if not (figure.has_interval and figure.value > 0):
        return None
    low, high = (HUNDRED * float(one[name]) / figure.value for name in look["reach"])
    ends = (HUNDRED * figure.low / figure.value, HUNDRED * figure.high / figure.value)
    return Dot(labels[item], HUNDRED, None, ends, (low, high))


def _seen(look: Mapping, rows: list[Dot], language: str) -> str:
    """Return in words which rows lie furthest from where nothing differs."""
    at = look["at"]

    def far(value: float) -> float:
        return max(value / at, at / value) if look.get("log") else abs(value - at)

    ends = {
        row: max(row.reach or (row.value,), key=far) if row.before is None else row.value
        for row in rows
    }
    most = max(rows, key=lambda row: far(ends[row]))
    values = {"most": most.label, "value": _digits(ends[most], language)}
    if most.before is not None:
        first = max(rows, key=lambda row: far(row.before))
        values |= {"first": first.label, "before": _digits(first.before, language)}
    return words.phrase(language, "quality.pictures." + look["seen"], values)


def _digits(value: float, language: str) -> str:
    return numbers.number(value, 1, language)
