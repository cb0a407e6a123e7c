"""Triple-S: an XML file that describes variables, and a data file of fixed width or commas.

Source: Triple-S XML standard, version 2.0 (2006), sections on variables, positions and spreads.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from nldtib.errors import InputError
from nldtib.records.load import delimited, safe
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Coded, Grid, Row, coded
from nldtib.records.load.headings.lookup import bare, plain

DATA_ENDINGS = (".asc", ".dat", ".csv", ".txt")
LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Variable:
    """One variable: where it stands, what its values mean, how a multiple is spread.

    `use` is "serial" for the number of a response and "weight" for what is no answer.
    """

    name: str
    use: str
    kind: str
    start: int
    finish: int
    values: tuple[tuple[str, str], ...]
    subfields: int
    width: int


def is_definition(content: bytes) -> bool:
    """Return whether XML is the definition of a Triple-S survey."""
    return b"<sss" in content[:4000]


def definition_beside(path: Path, largest: int) -> Path | None:
    """Return the definition that belongs to a data file: same name, .sss or .xml."""
    for ending in (".sss", ".xml"):
        for other in sorted(path.parent.glob(f"{glob_safe(path.stem)}.*")):
            if other.suffix.casefold() == ending and other.stat().st_size <= largest:
                if is_definition(other.read_bytes()[:4000]):
                    return other
    return None


def glob_safe(stem: str) -> str:
    """Return a file name as `glob` reads it: nothing in it is a pattern."""
    return re.sub(r"([*?\[])", r"[\1]", stem)


def data_beside(path: Path) -> Path:
    """Return the data file that belongs to a definition.

    Raises
    ------
    InputError
        It is not beside the definition.
    """
    found = [
        other
        for other in sorted(path.parent.glob(f"{glob_safe(path.stem)}.*"))
        if other.suffix.casefold() in DATA_ENDINGS
    ]
    if len(found) != 1:
        raise InputError(
            f"{path.name} describes Triple-S data, and beside it stand {len(found)} data files of "
            "its name. Put its one .asc or .csv in the same folder."
        )
    return found[0]


def read(definition: bytes, data: bytes, name: str, columns: Sequence[Column]) -> Grid:
    """Read Triple-S data with their definition.

    Parameters
    ----------
    definition, data
        The bytes of both files.
    name
        How a refusal names the pair.
    columns
        What the codebook expects; a multiple is laid out over its items.

    Raises
    ------
    InputError
        The XML is broken or declares entities, or a line of data is too short.
    """
    variables, by_comma, skip = _described(definition, name)
    text, lettering = delimited.decode(data, name)
    rows = (
        _by_comma(text, variables, skip, name) if by_comma else _by_position(text, variables, name)
    )
    if not rows:
        raise InputError(f"{name} has no response. Export the responses again.")
    headings: list[str] = []
    cells: list[Coded] = []
    labels: dict[int, dict[str, str]] = {}
    weights = 0
    for position, variable in enumerate(variables):
        if variable.use == "weight":
            weights += 1
            continue
        column = coded((row[position] or "").strip() or None for row in rows)
        if variable.kind == "multiple":
            for heading, item in _spread(variable, column, columns):
                headings.append(heading)
                cells.append(item)
            continue
        if variable.values:
            labels[len(headings)] = dict(variable.values)
        headings.append("id" if variable.use == "serial" else variable.name)
        cells.append(column)
    losses = ["Triple-S does not tell a question that was not reached from one left blank."]
    if weights:
        losses.append(f"{weights} columns of weights were set aside.")
    return Grid(
        headings=tuple(headings),
        columns=tuple(cells),
        tool=f"Triple-S, {'commas' if by_comma else 'fixed width'}",
        lettering=lettering,
        labels=labels,
        whole=False,
        needed=(),
        losses=tuple(losses),
    )


def _described(definition: bytes, name: str) -> tuple[list[Variable], bool, int]:
    by_comma, skip, variables = False, 0, []
    for record in safe.elements(definition, name, frozenset({"record"})):
        by_comma = record.get("format", "fixed") == "csv"
        skip = int(record.get("skip", "0")) if record.get("skip", "0").isdigit() else 0
        variables = [_variable(entry, name) for entry in record.iter("variable")]
    if not variables:
        raise InputError(f"{name} describes no variable. Export the responses again.")
    return variables, by_comma, skip


def _variable(entry: Element, name: str) -> Variable:
    place, spread = entry.find("position"), entry.find("spread")
    values = [(v.get("code", ""), _in_first_language(v)) for v in entry.iter("value")]
    if entry.get("type") == "logical":
        values = [("1", "Ja"), ("0", "Nee")]
    try:
        start = int(place.get("start", "0")) if place is not None else 0
        finish = int(place.get("finish", start)) if place is not None else 0
        subfields = int(spread.get("subfields", "0")) if spread is not None else 0
        width = int(spread.get("width", "1")) if spread is not None else 1
    except ValueError:
        raise InputError(
            f"{name} gives a position that is no number. Export the responses again."
        ) from None
    return Variable(
        name=(entry.findtext("name") or entry.get("ident", "")).strip(),
        use=entry.get("use", ""),
        kind=entry.get("type", ""),
        start=start,
        finish=finish,
        values=tuple(values),
        subfields=subfields,
        width=width,
    )


def _in_first_language(entry: Element) -> str:
    texts = [entry.text or "", *(text.text or "" for text in entry.iter("text"))]
    return next((text.strip() for text in texts if text.strip()), "")


def _by_comma(text: str, variables: Sequence[Variable], skip: int, name: str) -> list[Row]:
    starts = [variable.start for variable in variables]
    # Some programs give no position where fields stand in the order of their variables.
    in_order = len(set(starts)) < len(starts) or min(starts) < 1
    places = [
        (place, place + 1) if in_order else (variable.start - 1, variable.finish)
        for place, variable in enumerate(variables)
    ]
    width = max(end for _, end in places)
    rows = delimited.records(text, ",", name).rows[skip:]
    for number, row in enumerate(rows, start=skip + 1):
        if len(row) < width or (in_order and len(row) > width):
            raise InputError(
                f"Row {number} of {name} has {len(row)} fields where {width} are described. "
                "Export the responses again."
            )
    return [[_one_field(row[first:end]) for first, end in places] for row in rows]


def _one_field(fields: Row) -> str | None:
    return fields[0] if len(fields) == 1 else "".join(field or " " for field in fields)


def _by_position(text: str, variables: Sequence[Variable], name: str) -> list[Row]:
    lines = [line for line in LINE_END.split(text) if line.strip()]
    end = max(variable.finish for variable in variables)
    for number, line in enumerate(lines, start=1):
        # Blanks at the end of a line may be gone; half a line is a file cut off.
        if len(line) < max(v.start for v in variables) and number == len(lines):
            raise InputError(
                f"Line {number} of {name} has {len(line)} characters where {end} are described. "
                "It is the last line: the file may be cut off. Export the responses again."
            )
    return [[line[v.start - 1 : v.finish] for v in variables] for line in lines]


def _spread(
    variable: Variable, column: Coded, columns: Sequence[Column]
) -> list[tuple[str, Coded]]:
    own = [
        found
        for found in columns
        if bare(found.question.code) == bare(variable.name)
        and found.question.type.startswith("multiple")
        and found.part == "answer"
    ]
    laid_out = []
    for position, (code, label) in enumerate(variable.values):
        matches = [
            found.heading
            for found in own
            if plain(label) in (plain(found.label.nl), plain(found.label.en))
            or found.heading == f"{found.question.code}[{label or code}]"
        ]
        heading = matches[0] if len(matches) == 1 else f"{variable.name}[{code}]"
        texts = tuple(_ticked(text, position, code, variable) for text in column.texts)
        laid_out.append((heading, Coded(column.codes, texts)))
    return laid_out


def _ticked(text: str | None, position: int, code: str, variable: Variable) -> str | None:
    if text is None:
        return None
    if variable.subfields:
        width = variable.width
        parts = {text[at : at + width].strip() for at in range(0, len(text), width)}
        return "Y" if code in parts or code.zfill(width) in parts else "N"
    bits = text.ljust(len(variable.values), "0")
    return "Y" if bits[position : position + 1] == "1" else "N"
