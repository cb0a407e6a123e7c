"""From one file, or a pair, to the sheet of cells: the reader that its content asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nldtib.codebook import Codebook
from nldtib.errors import InputError
from nldtib.records.load import (
    archive,
    delimited,
    expected,
    headings,
    json_responses,
    mailed,
    parquet,
    qualtrics,
    recognise,
    spreadsheet,
    stata_xml,
    statistics,
    syntax,
    triple_s,
    vv,
)
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Grid

OWN_COLUMNS = ("submitdate", "lastpage", "startlanguage")


@dataclass(frozen=True)
class Limits:
    """How much of a file is accepted: bytes, also after unpacking, and cells of a workbook."""

    largest: int
    most_cells: int
    most_cells_by_hand: int


@dataclass(frozen=True)
class Opened:
    """The cells of a file, and the codebook by which they are read."""

    grid: Grid
    codebook: Codebook


def open_file(
    path: Path, codebook: Codebook | None, limits: Limits, encoding: str, reader: str
) -> Opened:
    """Open an export with the reader that its content asks for.

    Parameters
    ----------
    path
        The file; its partner, where a format has two files, stands beside it.
    codebook
        The questionnaire, or None where the file brings its own.
    limits
        How much is accepted.
    encoding
        How an old file is lettered; empty where that is recognised.
    reader
        Which program reads a file of SPSS, from `statistics`.

    Raises
    ------
    InputError
        There is no such file, it is damaged or of another kind, or it needs a codebook.
    """
    content = recognise.content(path, limits.largest)
    kind = recognise.kind(content, path.name)
    if kind == recognise.ARCHIVE:
        own = archive.read(content, path.name, limits.largest)
        return Opened(own.grid, codebook or own.codebook)
    if codebook is None:
        raise InputError(
            f"{path.name} does not say what was asked. Give the codebook of the survey: "
            "--codebook codebook.yml."
        )
    columns = expected.columns(codebook)
    if kind == recognise.WORKBOOK:
        grid = _workbook(content, path.name, columns, limits)
    elif kind == recognise.STATISTICS:
        grid = statistics.read(path, content[:16], encoding, reader)
    elif kind == recognise.PARQUET:
        grid = parquet.read(content, path.name, limits.largest)
    elif kind == recognise.STATA_XML:
        grid = stata_xml.read(content, path.name, codebook)
    elif kind == recognise.TRIPLE_S:
        data = recognise.content(triple_s.data_beside(path), limits.largest)
        grid = triple_s.read(content, data, path.name, columns)
    elif kind == recognise.JSON:
        grid = json_responses.read(content, path.name)
    else:
        grid = _text(path, content, codebook, columns, limits, encoding)
    return Opened(_any_tool(grid, columns), codebook)


def _workbook(content: bytes, name: str, columns: Sequence[Column], limits: Limits) -> Grid:
    spreadsheet.refuse_hostile(content, name, limits.largest)
    first = spreadsheet.first_row(content, name)
    if 2 * headings.known(first, columns) >= max(len(first), 1):
        own = headings.system_headings(first)
        if own & {"submitdate", "startlanguage", "lastpage"}:
            return spreadsheet.read(content, name, limits.most_cells)
    return mailed.read(content, name, columns, limits.most_cells_by_hand)


def _text(
    path: Path,
    content: bytes,
    codebook: Codebook,
    columns: Sequence[Column],
    limits: Limits,
    encoding: str,
) -> Grid:
    definition = triple_s.definition_beside(path, limits.largest)
    if definition is not None:
        described = recognise.content(definition, limits.largest)
        return triple_s.read(described, content, path.name, columns)
    text, lettering = delimited.decode(content, path.name, encoding)
    if syntax.is_syntax(text):
        path = syntax.data_beside(path, text)
        data = recognise.content(path, limits.largest)
        decoded, lettering = delimited.decode(data, path.name, encoding)
        return syntax.read(decoded, lettering, text, path.name)
    beside = syntax.beside(path, limits.largest)
    if beside:
        return syntax.read(text, lettering, beside, path.name)
    if text.startswith("'"):
        raise InputError(
            f"{path.name} is SPSS data without its syntax, so its columns have no names. "
            "Put the .sps file in the same folder."
        )
    if qualtrics.is_qualtrics(text):
        return qualtrics.read(text, lettering, path.name, columns)
    second = text.split("\n", 2)[1:2]
    codes = second[0].rstrip("\r").split("\t") if second else []
    if vv.is_vv(text, headings.known([code.strip('"') for code in codes], columns)):
        return vv.read(text, path.name, lettering, codebook)
    return delimited.read(text, lettering, path.name, lambda found: headings.known(found, columns))


def _any_tool(grid: Grid, columns: Sequence[Column]) -> Grid:
    """Return the grid; one of another tool need not have LimeSurvey's columns, nor be whole."""
    if headings.system_headings(grid.headings) & set(OWN_COLUMNS):
        return grid
    tool = "CSV" if grid.tool == "LimeSurvey CSV" else grid.tool
    return replace(grid, tool=tool, needed=(), whole=False)
