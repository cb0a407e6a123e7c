"""Frame and survey export exactly as they came, with a fingerprint.

>>> from nldtib.records import load
>>> load.answers(path, codebook).table          # respondent_id, variable, year, value, status ...
"""

from pathlib import Path

from nldtib.codebook import Codebook
from nldtib.records.load import delimited, expected, headings, limesurvey, recognise, spreadsheet
from nldtib.records.load.limesurvey import Answers
from nldtib.records.load.recognise import fingerprint
from nldtib.records.load.register import accounts, frame, lists
from nldtib.records.load.summary import report

__all__ = ["Answers", "accounts", "answers", "fingerprint", "frame", "lists", "report"]


def answers(
    path: Path, codebook: Codebook, *, largest: int = 100_000_000, dominance: float = 0.9
) -> Answers:
    """Read one survey export into the long table of answers.

    The kind of file, its encoding, separator, heading style and answer style are recognised by
    content. Amounts are read by the type of their question; nothing is corrected and nothing is
    guessed.

    Parameters
    ----------
    path
        A LimeSurvey export, CSV or .xlsx.
    codebook
        The questionnaire that was answered.
    largest
        Most bytes that are accepted, for a workbook after unpacking.
    dominance
        Share of a column's unambiguous amounts that must agree on a notation before it decides an
        amount that can be read in two ways.

    Raises
    ------
    InputError
        There is no such file, it is damaged or of another kind, or its columns are not those of
        the codebook.
    """
    path = Path(path)
    content = recognise.content(path, largest)
    if recognise.is_spreadsheet(content, path.name):
        grid = spreadsheet.read(content, path.name, largest)
    else:
        columns = expected.columns(codebook)
        grid = delimited.read(content, path.name, lambda found: headings.known(found, columns))
    return limesurvey.read(grid, codebook, path.name, dominance)
