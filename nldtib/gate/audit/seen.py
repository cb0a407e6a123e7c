"""Read what the files of an edition show for each cell, and hold it against the published cells.

Pages mark every figure with the key of its cell (`data-key`, or `data-of` at the row around its
parts), tables in files have a column of keys. A hidden cell has no number there and no bar of its
own length; a published one has its own value, rounded.
"""

import csv
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import openpyxl
import pandas as pd

from nldtib import schema
from nldtib.codebook import Codebook
from nldtib.gate.audit.certificate import read_cells
from nldtib.gate.audit.marked import Box, Drawing, Marked, Page

COLUMNS = ("kind", "file", "count")
DIGITS = re.compile(r"\d")
AMOUNT = re.compile(r"[-+\u2212]?\d[\d.,]*")
SCALES = (1e-3, 1.0, 1e3, 1e6)
# Bars of one drawing may differ from their values by this share of the longest.
DRAWN = 0.004
PARTS = {"value": ("value",), "interval": ("low", "high"), "n": ("n",)}
Row = Mapping[str, object]
FIGURES = ("value", "low", "high", "cv", "n")


def search(folder: Path, earlier: Iterable[Path], book: Codebook) -> pd.DataFrame:
    """Return where a file shows a hidden cell, or another number than was published.

    Parameters
    ----------
    folder
        An edition with its cells.csv.
    earlier
        Editions whose figures its pages may repeat.
    book
        The codebook; digits of its labels, such as `25 tot 100`, are no figures.

    Returns
    -------
    One row per kind and file: kind (shown, other, unknown), file, count.
    """
    known, *others = [
        read_cells(one).drop_duplicates("key").set_index("key").to_dict("index")
        for one in (folder, *earlier)
    ]
    labels = _labels(book)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for path in sorted(folder.iterdir()):
        for kind in _in_file(path, known, others, labels):
            counts[kind, path.name] += 1
    found = [(*where, number) for where, number in sorted(counts.items())]
    return pd.DataFrame(found, columns=list(COLUMNS))


def _in_file(
    path: Path,
    known: Mapping[str, Row],
    others: Sequence[Mapping[str, Row]],
    labels: Mapping[str, Sequence[str]],
) -> Iterator[str]:
    if path.suffix == ".html":
        page = Page(path.read_text(encoding="utf-8"))
        for one in page.found:
            rows = [cells[one.key] for cells in (known, *others) if one.key in cells]
            yield from _marked(one, rows, page.language, labels[""])
        for number, drawing in enumerate(page.drawings[1:], 1):
            here = [one for one in page.found if one.drawing == number and one.key in known]
            yield from _bars(here, drawing, known)
            yield from _said(here, drawing, known, labels)
    elif path.name == "figures.csv":
        rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
        yield from _listed(rows, known)
    elif path.name == "figures.json":
        yield from _listed(json.loads(path.read_text(encoding="utf-8"))["figures"], known)
    elif path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        for sheet in book:
            yield from _rows(sheet.iter_rows(values_only=True), known)


def _marked(
    one: Marked, rows: Sequence[Row], language: str, labels: Sequence[str]
) -> Iterator[str]:
    """Judge one marked element: no number for a hidden cell, the published one otherwise."""
    text = " ".join(" ".join(one.text).split())
    shown = [row for row in rows if row["status"] == "published"]
    if not rows:
        yield "unknown"
    elif not shown:
        for label in (*labels, one.key.rsplit(":", 1)[1]):
            text = text.replace(label, "")
        if DIGITS.search(text):
            yield "shown"
    elif one.part in PARTS or one.tag in ("g", "strong"):
        said = [_number(found, language) for found in AMOUNT.findall(text)]
        asked = [PARTS[one.part]] if one.part in PARTS else PARTS.values()
        if one.part == "value" and schema.BAND in str(shown[0].get("sign", "")):
            asked = [PARTS["interval"]]
        if said and not any(
            _same(said, [row[name] for name in names]) for row in shown for names in asked
        ):
            yield "other"


def _number(text: str, language: str) -> tuple[float, float]:
    """Return a printed number, and half a unit of its last digit."""
    thousands, point = (".", ",") if language == "nl" else (",", ".")
    digits = text.rstrip(".,").replace("\u2212", "-").replace(thousands, "").replace(point, ".")
    decimals = len(digits.partition(".")[2])
    return float(digits), 0.5 * 10.0**-decimals


def _same(said: Sequence[tuple[float, float]], values: Sequence[float]) -> bool:
    """Tell whether printed numbers are these values, rounded in one scale."""
    if len(said) != len(values) or pd.isna(values).any():
        return False
    return any(
        all(
            abs(number - float(value) / scale) <= half * (1 + 1e-6) + 1e-9
            for (number, half), value in zip(said, values, strict=True)
        )
        for scale in SCALES
    )


def _bars(here: Sequence[Marked], drawing: Drawing, known: Mapping[str, Row]) -> Iterator[str]:
    """Judge the bars beside numbers: hidden ones are alike, others as long as they are large."""
    lengths = {}
    edges = Counter(round(left, 1) for left, *_ in drawing.bars)
    zero = max(edges, key=edges.__getitem__, default=0.0)
    # Bars stand on one line; the tiles of a map do not, and all have one size.
    standing = [b for b in drawing.bars if zero in (round(b[0], 1), round(b[1], 1))]
    for one in here:
        level = [b for b in standing if _beside(b, one)]
        # A frame encloses every bar; only what is level with this number alone is its bar.
        own = [b for b in level if sum(_beside(b, other) for other in here) == 1]
        if own:
            lengths[one.key] = max(right - left for left, right, _, _ in own)
    longest = max(lengths.values(), default=0.0)
    hidden = {round(n, 1) for key, n in lengths.items() if known[key]["status"] != "published"}
    yield from ["shown"] * (len(hidden) - 1)
    values = {
        key: abs(float(known[key]["value"]))
        for key in lengths
        if known[key]["status"] == "published"
    }
    most = max(values, key=values.__getitem__, default="")
    for key, value in values.items():
        if (
            abs(lengths[key] * values[most] - lengths[most] * value)
            > DRAWN * longest * values[most]
        ):
            yield "other"


def _beside(bar: Box, one: Marked) -> bool:
    return bool(one.heights) and bar[2] < one.heights[0] < bar[3]


def _said(
    here: Sequence[Marked],
    drawing: Drawing,
    known: Mapping[str, Row],
    labels: Mapping[str, Sequence[str]],
) -> Iterator[str]:
    """Judge the words that stand for a drawing: after the name of a hidden bar comes no number."""
    text = " ".join(drawing.said)
    for one in here:
        if known[one.key]["status"] != "published":
            place = one.key.split(":")[1].split(",")[-1]
            for label in labels.get(place, ()):
                if re.search(
                    rf"(?<!\w){re.escape(label)}(?!\w)[\s(:]*(?:met|with|is)?[\s(:\u20ac]*\d", text
                ):
                    yield "shown"


def _labels(book: Codebook) -> Mapping[str, Sequence[str]]:
    """Return the labels of each place, and under nothing all that hold digits, longest first."""
    found = {
        f"{name}={item.code}": (item.label.nl, item.label.en)
        for name, about in book.dimensions.items()
        for item in about.codes
    }
    every = [label for both in found.values() for label in both]
    every += [text for v in book.variables.values() for text in (v.label.nl, v.label.en)]
    digits = sorted({text for text in every if DIGITS.search(text)}, key=len, reverse=True)
    return {**found, "": digits}


def _listed(rows: Iterable[Mapping], known: Mapping[str, Row]) -> Iterator[str]:
    """Judge rows that name their cell and its figures."""
    for row in rows:
        cell = known.get(str(row.get("key")))
        if cell is None:
            yield "unknown"
            continue
        for name in FIGURES:
            told = row.get(name)
            told = None if told in (None, "") else float(told)
            value = None if pd.isna(cell[name]) else float(cell[name])
            if told is not None and value is None:
                yield "shown"
            elif told is not None and abs(told - value) > 1e-8 * max(abs(value), 1.0):
                yield "other"


def _rows(rows: Iterable[Sequence[object]], known: Mapping[str, Row]) -> Iterator[str]:
    """Judge rows for readers: where a key stands, a hidden cell has a year and no other number."""
    for row in rows:
        texts = ["" if entry is None else str(entry) for entry in row]
        keys = [text for text in texts if text in known]
        if keys and known[keys[0]]["status"] != "published":
            year = keys[0].rsplit(":", 1)[1]
            numbers = [text for text in texts if AMOUNT.fullmatch(text) and text != year]
            yield from ["shown"] * len(numbers)
