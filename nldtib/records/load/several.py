"""Several choices in one cell ("1,3", "Zee,Lucht"), laid out over the columns of their items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nldtib.records.load.expected import OTHER, Column
from nldtib.records.load.headings.lookup import plain


@dataclass(frozen=True)
class Spread:
    """Cells per item, in the order of the items, and how many cells could not be divided."""

    cells: list[list[str | None]]
    ambiguous: int


def laid_out(texts: Sequence[str | None], columns: Sequence[Column]) -> Spread:
    """Lay cells that hold several choices out over the items of their question.

    A choice stands as the code of its item, as its number in the order of the items, or as its
    label. A cell that can be divided in more than one way, or in none, is put in every column as it
    is, so that no item is read from it.

    Parameters
    ----------
    texts
        One cell per respondent.
    columns
        The items of the question.
    """
    codes = [column.heading[len(column.question.code) + 1 : -1] for column in columns]
    names: dict[str, int | None] = {}
    labels: dict[str, int | None] = {plain(other): None for other in OTHER}
    for row, (code, column) in enumerate(zip(codes, columns, strict=True)):
        names[code.casefold()] = row
        for label in {plain(column.label.nl), plain(column.label.en)}:
            labels[label] = row
    if not any(code.isdigit() for code in codes):
        names |= {str(row + 1): row for row in range(len(codes))}
        # The last number is that of the other answer, whose text stands in a column of its own.
        names[str(len(codes) + 1)] = None
    known: dict[str | None, list[str | None]] = {}
    ambiguous = 0
    for text in texts:
        if text not in known:
            known[text] = _ticks(text, names, labels, len(codes))
        ambiguous += bool(text) and known[text][0] not in ("Y", "N")
    rows = [known[text] for text in texts]
    return Spread([list(cells) for cells in zip(*rows, strict=True)], ambiguous)


def _ticks(
    text: str | None,
    names: Mapping[str, int | None],
    labels: Mapping[str, int | None],
    count: int,
) -> list[str | None]:
    if not text:
        return [text] * count
    parts = [part.strip().casefold() for part in text.split(",")]
    if all(part in names for part in parts):
        ways = [[names[part] for part in parts]]
    else:
        ways = _divided(plain(text), labels)
    if len(ways) != 1:
        return [text] * count
    return ["Y" if row in ways[0] else "N" for row in range(count)]


def _divided(text: str, labels: Mapping[str, int | None], most: int = 2) -> list[list[int | None]]:
    """Return up to `most` ways in which a text is labels with commas between them."""
    ways: list[list[int | None]] = []
    open_ends: list[tuple[int, list[int | None]]] = [(0, [])]
    steps = 0
    while open_ends and len(ways) < most and steps < 10_000:
        steps += 1
        start, taken = open_ends.pop()
        for label, row in labels.items():
            if not text.startswith(label, start) or row in taken:
                continue
            end = start + len(label)
            if end == len(text):
                ways.append([*taken, row])
            elif text.startswith(",", end):
                skip = 1 + text.startswith(", ", end)
                open_ends.append((end + skip, [*taken, row]))
    return ways
