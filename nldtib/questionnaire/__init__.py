"""Write the questionnaire of a round: for LimeSurvey, as an XLSForm, or to read and approve.

Everything is made from the codebook; nothing is asked that does not stand there. The same codebook
gives bytes that are the same.
"""

import datetime

from nldtib import codebook
from nldtib.codebook import Codebook
from nldtib.errors import InputError, ParameterError
from nldtib.questionnaire import document, limesurvey, xlsform

FORMS = ("limesurvey", "xlsform", "docx")
ENDINGS = {"limesurvey": "txt", "xlsform": "xlsx", "docx": "docx"}


def written(book: Codebook, form: str, made_on: datetime.date, language: str = "nl") -> bytes:
    """Return the questionnaire as the bytes of one file.

    Parameters
    ----------
    book
        The codebook of a round.
    form
        `limesurvey` (tab-separated structure), `xlsform` (workbook) or `docx` (to read).
    made_on
        The date that the files carry.
    language
        Of the document; the other two hold both languages.

    Raises
    ------
    InputError
        The codebook breaks a limit of the survey tool.
    ParameterError
        The form is unknown.
    """
    broken = codebook.broken_limits(book)
    if broken:
        raise InputError(
            f"The questionnaire breaks {len(broken)} limit(s) of the survey tool. {broken[0]} "
            "Mend codebook.yml."
        )
    if form == "limesurvey":
        return limesurvey.structure(book)
    if form == "xlsform":
        return xlsform.workbook(book, made_on)
    if form == "docx":
        return document.pages(book, made_on, language)
    raise ParameterError(f"There is no form {form}. Choose one of: {', '.join(FORMS)}.")
