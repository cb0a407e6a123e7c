"""LimeSurvey's pair of data and syntax: .dat with .sps for SPSS, .csv with .R for R.

The data file has no usable headings; the syntax beside it names and labels its columns.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nldtib.errors import InputError
from nldtib.records.load import delimited
from nldtib.records.load.grid import Grid, by_column

SPSS, R = "LimeSurvey SPSS data and syntax (.dat, .sps)", "LimeSurvey R data and syntax (.csv, .R)"
VARIABLES = re.compile(r"/VARIABLES\s*=(.*?)\.\s*$", re.DOTALL | re.MULTILINE | re.IGNORECASE)
VARIABLE = re.compile(r"^\s*(\S+)\s+([A-Z]+)([0-9.]*)\s*$", re.MULTILINE | re.IGNORECASE)
RENAME = re.compile(r"RENAME VARIABLES\s*\(\s*(\S+)\s*=\s*(\S+)\s*\)", re.IGNORECASE)
# Nothing here may be read in two ways: a damaged file would take for ever.
QUOTED = r'"(?:[^"]|"")*+"'
LABELS = re.compile(
    rf'^(?:ADD )?VALUE LABELS\s++(\S++)((?:\s++(?:{QUOTED}|[^\s"]\S*+)\s++{QUOTED})++)\s*+\.',
    re.MULTILINE | re.IGNORECASE,
)
LABEL = re.compile(r'(?:"((?:[^"]|"")*+)"|([^\s"]\S*+))\s++"((?:[^"]|"")*+)"')
R_NAME = re.compile(r'names\(data\)\[(\d+)\]\s*<-\s*"([^"]*)"')
R_LIST = r'c\(((?:"(?:[^"\\\n]|\\.)*+"|[^")\n])*+)\)'
R_LABELS = re.compile(
    rf"data\[, ?(\d+)\] <- factor\((?:(?!levels=c\().)*+levels={R_LIST}, ?labels={R_LIST}\)\s*$",
    re.MULTILINE,
)
R_TEXT = re.compile(r'"((?:[^"\\]|\\.)*+)"|([^",\s][^,\s]*+)')
DATA_FILE = re.compile(
    r"""(?:/FILE\s*=\s*|read\.csv\()["'](?:[^"']*[/\\])?([^"'/\\\r\n]{1,200})["']"""
)
CUT_AT = 255


@dataclass(frozen=True)
class Syntax:
    """What a syntax file says of the data: names in order, labels by name, and the widest text."""

    kind: str
    names: tuple[str, ...]
    labels: Mapping[str, Mapping[str, str]]


def is_syntax(text: str) -> bool:
    """Return whether a text is a syntax file of SPSS or R."""
    head = text[:20_000]
    return bool(
        re.search(r"^GET DATA\s*$|^BEGIN DATA", head, re.MULTILINE)
        or re.search(r"^data <- read\.csv\(", head, re.MULTILINE)
    )


def beside(path: Path, largest: int) -> str:
    """Return the text of the syntax file that belongs to a data file, or nothing.

    It stands in the same folder and names the data file, or has the same name up to the ending.
    """
    for other in sorted(path.parent.iterdir()):
        if other.suffix.casefold() not in (".sps", ".r") or not other.is_file():
            continue
        if other.stat().st_size > largest:
            continue
        text, _ = delimited.decode(other.read_bytes(), other.name)
        named = DATA_FILE.search(text)
        its_data = other.stem == path.stem or (named and named[1] == path.name)
        if is_syntax(text) and its_data:
            return text
    return ""


def data_beside(path: Path, text: str) -> Path:
    """Return the data file that belongs to a syntax file.

    Raises
    ------
    InputError
        It is not beside the syntax.
    """
    found = DATA_FILE.search(text)
    candidates = [path.parent / found[1]] if found else []
    candidates += [path.with_suffix(ending) for ending in (".dat", ".csv")]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise InputError(
        f"{path.name} is a syntax file and its data file is not beside it. Put both in one folder."
    )


def read(text: str, lettering: str, syntax_text: str, name: str) -> Grid:
    """Read a data file with the syntax that belongs to it.

    Raises
    ------
    InputError
        The data have another number of columns than the syntax names.
    """
    syntax = _spss(syntax_text) if "GET DATA" in syntax_text else _r(syntax_text)
    quote = "'" if syntax.kind == SPSS else '"'
    rows = list(delimited.records(text.removeprefix("\ufeff"), ",", name, quote).rows)
    if syntax.kind == R:
        rows = rows[1:]
    width = len(syntax.names)
    for number, row in enumerate(rows, start=1):
        # The tool writes a separator behind the last column where a hidden one follows.
        while len(row) > width and row[-1] is None:
            row.pop()
        if len(row) != width:
            last = " It is the last row: the file may be cut off." if number == len(rows) else ""
            raise InputError(
                f"Row {number} of {name} has {len(row)} fields where its syntax names {width}."
                f"{last} Export data and syntax again, together."
            )
    if not rows:
        raise InputError(f"{name} has no response. Export the responses again.")
    columns = by_column(rows, width)
    longest = max(len(t or "") for column in columns for t in column.texts)
    losses = [
        "The export for statistics programs does not tell a question that was not reached from one "
        "that was left blank; it trims text, drops tags and turns line breaks into blanks."
    ]
    if longest == CUT_AT:
        losses.append(f"No text is longer than {CUT_AT} characters: longer ones were cut off.")
    return Grid(
        headings=syntax.names,
        columns=columns,
        tool=syntax.kind,
        lettering=lettering,
        labels={
            position: syntax.labels[variable]
            for position, variable in enumerate(syntax.names)
            if variable in syntax.labels
        },
        losses=tuple(losses),
    )


def _spss(text: str) -> Syntax:
    block = VARIABLES.search(text)
    own = [found[0] for found in VARIABLE.findall(block[1])] if block else []
    new = dict(RENAME.findall(text))
    labels: dict[str, dict[str, str]] = {}
    for variable, body in LABELS.findall(text):
        found = {
            (quoted or bare).replace('""', '"'): label.replace('""', '"')
            for quoted, bare, label in LABEL.findall(body)
        }
        labels.setdefault(new.get(variable, variable), {}).update(found)
    return Syntax(SPSS, tuple(new.get(variable, variable) for variable in own), labels)


def _r(text: str) -> Syntax:
    names = {int(position): name for position, name in R_NAME.findall(text)}
    labels = {
        names.get(int(position), ""): dict(zip(_texts(levels), _texts(words), strict=False))
        for position, levels, words in R_LABELS.findall(text)
    }
    return Syntax(R, tuple(names[position] for position in sorted(names)), labels)


def _texts(body: str) -> list[str]:
    return [quoted or bare for quoted, bare in R_TEXT.findall(body)]
