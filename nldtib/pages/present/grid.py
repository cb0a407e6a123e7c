"""The anatomy of every table: caption, heads with scope, scroll region with a name, notes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nldtib.pages.cells import Edition
from nldtib.pages.present import figures, words
from nldtib.pages.present.figures import Figure
from nldtib.pages.present.markup import Safe, element, joined
from nldtib.schema import BAND, FRAGILE, MODEL

MARKS = {FRAGILE: "fragile", MODEL: "model", BAND: "band"}
WHOLE = "whole"


@dataclass(frozen=True)
class Cell:
    """Content of one column; `key` names the figure of cells.csv, `part` what of it is said.

    A cell that says several parts of its figure is WHOLE, and marks each part inside.
    """

    content: str
    key: str = ""
    part: str = "value"


@dataclass(frozen=True)
class Row:
    """One row: its head, and one cell, piece of text or HTML per column."""

    head: str
    cells: tuple[Cell | str, ...]
    total: bool = False


def grid(
    edition: Edition,
    title: str,
    detail: str,
    heads: Sequence[str],
    rows: Iterable[Row],
    worded: int = 0,
) -> Safe:
    """Return a table in its scroll region; an empty head becomes a plain cell.

    Parameters
    ----------
    heads
        Head of the column of row heads, then one per column of figures.
    worded
        How many of the last columns hold words instead of figures.
    """
    caption = element("caption", [element("b", title), " ", element("span", detail)])
    looks = [{}] * (len(heads) - worded) + [{"class": "words"}] * worded
    head = [
        element("th", text, {"scope": "col", **look}) if text else element("td")
        for text, look in zip(heads, looks, strict=True)
    ]
    body = [_row(row, looks[1:]) for row in rows]
    table = element(
        "table",
        [caption, element("thead", element("tr", head)), element("tbody", body)],
        {"class": "figures"},
    )
    return region(words.phrase(edition.language, "table.region", {"title": title}), table)


def region(name: str, content: Safe) -> Safe:
    """Return content in a named region that can be moved sideways, with the keyboard as well."""
    look = {"class": "table-scroll", "tabindex": "0", "role": "region", "aria-label": name}
    return element("div", content, look)


def chart(edition: Edition, title: str, detail: str, drawn: Safe, notes: Iterable[str]) -> Safe:
    """Return a drawing as a figure: title, unit, drawing, and notes below."""
    caption = element("figcaption", [element("b", title), " ", element("span", detail)])
    name = words.phrase(edition.language, "chart.region", {"title": title})
    return element("figure", [caption, region(name, drawn), legend(notes)], {"class": "chart"})


def sign(edition: Edition, figure: Figure) -> Safe:
    """Return the sign of a figure that is not shown, with its meaning for screen readers."""
    said = figures.not_shown(edition, figure)
    if figure.status == "not_applicable":
        return joined(said)
    return joined([figure.sign, element("span", f" {said}", {"class": "sr"})])


def grade(edition: Edition, figure: Figure) -> Safe:
    """Return the grade of a figure; one that is hidden for another reason has none."""
    if figure.grade and (figure.shown or figure.status == "unreliable"):
        return joined([element("span", figure.grade, {"class": "grade"}), mark(edition, figure)])
    dash = element("span", "\u2013", {"aria-hidden": "true"})
    none = element("span", words.text(edition.language, "signs.no_grade"), {"class": "sr"})
    return element("span", [dash, none], {"class": "grade"})


def folded(edition: Edition, key: str, content: Safe) -> Safe:
    """Return content folded away under the text of `key`."""
    summary = element("summary", words.text(edition.language, key))
    return element("details", [summary, content], {"class": "data"})


def legend(parts: Iterable[str]) -> Safe:
    """Return the line of signs and notes below a table or chart."""
    *most, last = parts
    text = " · ".join([*(part.rstrip(".") for part in most), last])
    # A sign or symbol, such as n, keeps its case.
    opened = text[:1].upper() + text[1:] if text[1:2].islower() else text
    return element("p", opened, {"class": "legend"})


def mark(edition: Edition, figure: Figure) -> Safe:
    """Return the signs that a published figure carries, with their meaning for screen readers."""
    if not figure.shown:
        return joined("")
    marks = [
        element("sup", [one, element("span", f" {_meaning(edition, one)}", {"class": "sr"})])
        for one in figure.sign
        if one in MARKS
    ]
    return joined(marks)


def signs(edition: Edition, several: Iterable[Figure]) -> list[str]:
    """Return what the signs among these figures mean; only of signs that occur."""
    several = list(several)
    marks = {one for figure in several if figure.shown for one in figure.sign if one in MARKS}
    meanings = [f"{one}: {_meaning(edition, one)}" for one in sorted(marks)]
    return [*hidden_signs(edition, several), *meanings]


def hidden_signs(edition: Edition, several: Iterable[Figure]) -> list[str]:
    """Return what the signs of hidden figures mean, where grades and their marks do not stand."""
    used = sorted({one.sign for one in several if one.status in figures.HIDDEN})
    return [words.phrase(edition.language, "legend.dot", {"sign": one}) for one in used]


def _meaning(edition: Edition, one: str) -> str:
    return words.text(edition.language, f"legend.{MARKS[one]}")


def source(edition: Edition) -> str:
    """Return where figures come from, and whether they are invented or confidential."""
    values = {"round": edition.survey_round, "edition": figures.edition_name(edition)}
    line = words.phrase(edition.language, "legend.source", values)
    kinds = [("invented", edition.invented), ("analyst", edition.audience == "analyst")]
    notes = [words.text(edition.language, f"legend.{name}") for name, holds in kinds if holds]
    return "; ".join([line, *notes]) + "."


def _row(row: Row, looks: Sequence[Mapping[str, str]]) -> Safe:
    keys = Counter(cell.key for cell in row.cells if isinstance(cell, Cell) and cell.key)
    # The parts of one figure leave its long name to their row.
    of = max(keys, key=keys.__getitem__) if keys.total() > len(keys) else ""
    look = {"class": "total"} if row.total else {}
    # A line never ends between a number and its percent sign.
    head = element("th", row.head.replace(" %", "\u00a0%"), {"scope": "row"})
    cells = [_cell(cell, look, of) for cell, look in zip(row.cells, looks, strict=True)]
    return element("tr", [head, *cells], {**look, "data-of": of} if of else look)


def _cell(cell: Cell | str, look: Mapping[str, str], of: str) -> Safe:
    if isinstance(cell, str):
        return element("td", cell, look)
    named = {"data-key": cell.key} if cell.key not in ("", of) else {}
    if cell.key:
        named["data-part"] = cell.part
    if cell.part == WHOLE:
        named = {"data-of": cell.key}
    return element("td", cell.content, {**look, **named})
