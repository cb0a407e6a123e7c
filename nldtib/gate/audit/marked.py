"""Collect from a page what stands for a cell: its text, and the bars and words of drawings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
Box = tuple[float, float, float, float]


@dataclass
class Marked:
    """One element of a page that stands for a cell: its text, and where that is drawn."""

    key: str
    part: str
    tag: str
    drawing: int
    text: list[str] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)


@dataclass
class Drawing:
    """What one drawing shows besides its numbers: bars as (left, right, top, bottom), and words."""

    bars: list[Box] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """Collect marked elements, drawings, and the language of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.language = "nl"
        self.found: list[Marked] = []
        self.drawings = [Drawing()]
        self.open: list[tuple[str, Marked | None, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Open an element; a drawing, a bar and a marked element are remembered."""
        given = {name: value or "" for name, value in attributes}
        mark = None
        if tag == "html":
            self.language = given.get("lang", "nl")
        if tag == "svg":
            self.drawings.append(Drawing())
        # Parts of a row stand for the cell that the row is of, unless they name another.
        of = given.get("data-of") or (self.open[-1][2] if self.open else "")
        part = given.get("data-part", "")
        key = given.get("data-key") or (of if part else "")
        if key:
            mark = Marked(key, part, tag, self._drawing())
            self.found.append(mark)
        if tag == "path" and re.search(r"z\s*$", given.get("d", "")):
            self.drawings[self._drawing()].bars.append(_extent(given["d"]))
        if tag == "text" and given.get("y"):
            for one in self._marks():
                one.heights.append(float(given["y"]))
        if tag not in VOID:
            self.open.append((tag, mark, of))

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and whatever was left open in it."""
        for place in range(len(self.open) - 1, -1, -1):
            if self.open[place][0] == tag:
                del self.open[place:]
                return

    def handle_data(self, data: str) -> None:
        """Give text to all marked elements that it stands in; of a passport, its summary only."""
        inner = self.open[-1][0] if self.open else ""
        if inner == "title":
            self.drawings[self._drawing()].said.append(data)
        for one in self._marks():
            if one.tag != "details" or inner == "summary":
                one.text.append(data)

    def _drawing(self) -> int:
        """Return the number of the drawing that is open, or 0 between drawings."""
        inside = any(tag == "svg" for tag, *_ in self.open)
        return len(self.drawings) - 1 if inside else 0

    def _marks(self) -> Iterator[Marked]:
        return (mark for _, mark, _ in self.open if mark is not None)


def _extent(path: str) -> Box:
    points = [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+)[ ,]+(-?[\d.]+)", path)]
    if not points:
        return (0.0, 0.0, 0.0, 0.0)
    across, down = zip(*points, strict=True)
    return min(across), max(across), min(down), max(down)
