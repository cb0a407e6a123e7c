"""Matplotlib figures as finished inline SVG: real text, a name, and ids of their own."""

import io
import re
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from nldtib.pages.present.markup import Safe

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"
INK, MUTED, RULE, WASH = "#1b1f24", "#5b6570", "#d8dde3", "#e9edf1"
BAR, STRONG, ACCENT = "#6c95bf", "#1c4e80", "#9c1f5c"
FONT_SIZE, NOTE_SIZE = 10.5, 9.5
# Names that matplotlib gives by counting; nothing refers to them.
COUNTED = re.compile(r"[A-Za-z0-9.]+_\d+")
DIGITS = re.compile(r"-?\d+\.\d+")
LEAST_WIDTH = "32rem"
WIDTH = 7.8  # inches; the page scales the drawing to its column


def canvas(height: float) -> tuple["Figure", "Axes"]:
    """Return an empty figure of the page's width without frame or ticks; `height` in inches."""
    # Loaded here, for most notebooks open with words and tables and should not wait for it.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    return figure, axes


def text_width(
    figure: "Figure", texts: Sequence[str], size: float, weight: str = "normal"
) -> float:
    """Return the width of the widest text, as a share of the width of the figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    renderer = FigureCanvasAgg(figure).get_renderer()
    drawn = [figure.text(0, 0, text, fontsize=size, fontweight=weight) for text in texts]
    widest = max((one.get_window_extent(renderer).width for one in drawn), default=0.0)
    for one in drawn:
        one.remove()
    return widest / (figure.get_figwidth() * figure.dpi)


def svg(figure: "Figure", name: str, alternative: str) -> Safe:
    """Return a figure as inline SVG with a text alternative.

    Parameters
    ----------
    name
        Names the figure on its page: all ids inside come from it, so none is met twice.
    alternative
        What one sees, in words.
    """
    import matplotlib

    choices = {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "hatch.linewidth": 1.0,
        "hatch.color": MUTED,
    }
    raw = io.StringIO()
    with matplotlib.rc_context(choices):
        figure.savefig(raw, format="svg", metadata={"Date": None}, transparent=True)
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(raw.getvalue())
    _bare(root)
    prefix = f"d{zlib.crc32(f'{name} {alternative}'.encode()):08x}"
    _own_ids(root, prefix)
    _light(root)
    title = ElementTree.Element(f"{{{SVG}}}title", {"id": f"{prefix}-title"})
    title.text = alternative
    root.insert(0, title)
    view = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib.update({"viewBox": view, "role": "img", "aria-labelledby": f"{prefix}-title"})
    # On a narrow screen the drawing is moved sideways; its text would be too small to read.
    root.set("style", f"min-width: {LEAST_WIDTH}")
    return Safe(ElementTree.tostring(root, encoding="unicode"))


def left_of(axes: "Axes", place: float, text: str) -> None:
    """Write the label of a row left of the axes."""
    axes.annotate(
        text,
        (0, place),
        (-8, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=FONT_SIZE,
        color=INK,
        annotation_clip=False,
    )


def _bare(root: ElementTree.Element) -> None:
    """Take out what says nothing, clips among it: no drawing leaves its axes."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {f"{{{SVG}}}{name}" for name in ("metadata", "style", "clipPath")}:
                parent.remove(child)
        parent.attrib.pop("clip-path", None)
        parent.tail = parent.tail.strip() if parent.tail else None
        if parent.text and not parent.text.strip():
            parent.text = None
    for one in root.iter(f"{{{SVG}}}text"):
        # The reader's page decides the typeface; size and weight stay.
        one.set("style", re.sub(r"font-family:[^;]*;?", "", one.get("style", "")))


def _own_ids(root: ElementTree.Element, prefix: str) -> None:
    for one in root.iter():
        if ":" in one.get("id", ""):
            # The key of a figure, as in cells.csv; it may stand on a page more than once.
            one.set("data-key", one.attrib.pop("id"))
        if COUNTED.fullmatch(one.get("id", "")):
            del one.attrib["id"]
        if "id" in one.attrib:
            one.set("id", f"{prefix}-{one.get('id')}")
        for name, value in list(one.attrib.items()):
            if name == XLINK:
                # Inside HTML only the plain name is sure to be understood.
                del one.attrib[name]
                one.set("href", f"#{prefix}-{value[1:]}")
            elif "url(#" in value:
                one.set(name, value.replace("url(#", f"url(#{prefix}-"))


def _light(root: ElementTree.Element) -> None:
    """Round to hundredths of a point, and take away groups and attributes that do nothing."""
    for one in root.iter():
        for name in ("d", "x", "y", "transform"):
            if name in one.attrib:
                one.set(name, DIGITS.sub(_hundredths, one.get(name)))
        if "d" in one.attrib:
            one.set("d", re.sub(r"\s*([A-Za-z])\s*", r"\1", one.get("d")))
        if one.get("transform", "").startswith(("rotate(-0 ", "rotate(0 ")):
            del one.attrib["transform"]
        if "style" in one.attrib:
            one.set("style", " ".join(one.get("style").split()))
    for parent in reversed(list(root.iter())):
        for place, child in reversed(list(enumerate(parent))):
            if child.tag == f"{{{SVG}}}g" and not child.attrib:
                parent[place : place + 1] = list(child)
            elif child.tag == f"{{{SVG}}}defs" and not len(child):
                parent.remove(child)


def _hundredths(number: re.Match) -> str:
    # Adding nothing makes -0 to 0.
    return f"{round(float(number[0]), 2) + 0.0:.7g}"
