"""Frame and survey export exactly as they came, with a fingerprint.

>>> from nldtib.records import load
>>> load.answers(path, codebook).table          # respondent_id, variable, year, value, status ...
"""

from pathlib import Path

from nldtib.codebook import Codebook
from nldtib.records.load import files, long, statistics
from nldtib.records.load.long import Answers
from nldtib.records.load.recognise import fingerprint
from nldtib.records.load.register import accounts, frame, lists
from nldtib.records.load.summary import report
from nldtib.records.load.write import write

__all__ = [
    "Answers",
    "accounts",
    "answers",
    "fingerprint",
    "frame",
    "lists",
    "report",
    "write",
]


def answers(
    path: Path,
    codebook: Codebook | None,
    *,
    largest: int = 100_000_000,
    most_cells: int = 5_000_000,
    most_cells_by_hand: int = 500_000,
    dominance: float = 0.9,
    longest: int = 366,
    encoding: str = "",
    reader: str = statistics.OWN,
) -> Answers:
    """Read one survey export into the long table of answers.

    The kind of file, its encoding, separator, heading style and answer style are recognised by
    content. Amounts are read by the type of their question; nothing is corrected and nothing is
    guessed.

    Parameters
    ----------
    path
        The export. Of a format in two files either will do; the other stands beside it.
    codebook
        The questionnaire that was answered; None for an archive (.lsa), which brings its own.
    largest
        Most bytes that are accepted, for a workbook or archive after unpacking.
    most_cells, most_cells_by_hand
        Most cells that the sheet of a tool may have, and a workbook that people made.
    dominance
        Share of a column's unambiguous amounts that must agree on a notation before it decides an
        amount that can be read in two ways.
    longest
        Most days between the first response and the last; more are of two rounds.
    encoding
        How an old file is lettered, as in cp1252; empty where that is recognised.
    reader
        "own", or "pspp": that program, where it is installed, reads a malformed .sav.

    Raises
    ------
    InputError
        There is no such file, it is damaged or of another kind, its columns are not those of the
        codebook, or it holds two rounds.
    """
    path = Path(path)
    limits = files.Limits(largest, most_cells, most_cells_by_hand)
    opened = files.open_file(path, codebook, limits, encoding, reader)
    return long.read(opened.grid, opened.codebook, path.name, dominance, longest)
