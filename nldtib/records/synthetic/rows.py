"""The answers of a round as rows of an export: who came when, how far, and twice."""

import datetime
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from nldtib.codebook import Codebook
from nldtib.records.synthetic import questions
from nldtib.records.synthetic.answering import FIRST_PAGE, SECOND_PAGE
from nldtib.records.synthetic.choices import Choices
from nldtib.records.synthetic.mistakes import TWICE, Sheet, Spoilt
from nldtib.records.synthetic.texts import Text, Written
from nldtib.rounds import Parameters

SYSTEM = ("id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp")
PERSONAL = ("token", "firstname", "lastname", "email")
TOKEN_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
DAY = 24 * 60 * 60
# Pages are the groups of the questionnaire: who you are, what you do, and the amounts.
REACHED = {FIRST_PAGE: 2, SECOND_PAGE: 3}


@dataclass(frozen=True)
class Visit:
    """One time that someone opened the questionnaire.

    Seconds from the start of fieldwork, the row of `Sheet.who`, the last page seen, whether it was
    sent in, and the answers.
    """

    began: float
    lasted: float
    row: int
    page: int
    sent: bool
    answers: tuple[Text, ...]


def laid_out(
    rng: np.random.Generator,
    sheet: Sheet,
    spoilt: Spoilt,
    written: Written,
    parameters: Parameters,
    book: Codebook,
    choices: Choices,
) -> tuple[pd.DataFrame, Mapping[int, str]]:
    """Return the export in order of arrival, and the response number of each row of `sheet.who`.

    Of those who came twice the number is that of the response that was sent in.
    """
    page_of = questions.pages(book)
    page = [page_of[column.question.code] for column in sheet.columns]
    written = replace(written, texts=_as_shown(sheet, written, book))
    visits = _visits(rng, sheet, written, page, choices)
    visits += _first_attempts(rng, [visits[row] for row in spoilt.rows[TWICE]], page)
    visits.sort(key=lambda visit: (visit.began, visit.row))
    first_day = choices.fieldwork[str(parameters.survey_round)]
    people = _people(rng, sheet, choices)
    seeds = rng.integers(10**8, 2**31, len(visits))
    table, number_of = [], {}
    for number, (visit, seed) in enumerate(zip(visits, seeds, strict=True), start=1):
        language = "en" if written.english[visit.row] else "nl"
        system = _system(number, visit, first_day, language, seed)
        table.append((*system, *visit.answers, *people[visit.row]))
        if visit.sent or visit.row not in number_of:
            number_of[visit.row] = str(number)
    headings = [*SYSTEM, *(column.heading for column in sheet.columns), *PERSONAL]
    return pd.DataFrame(table, columns=headings, dtype=object), number_of


def _as_shown(sheet: Sheet, written: Written, book: Codebook) -> dict[str, Sequence[Text]]:
    """Return the texts without those of questions that routing passes by."""
    page_of = {code: group for group in book.groups for code in group.questions}
    shown: dict[str, Sequence[Text]] = {}
    for column in sheet.columns:
        question = column.question
        asked = np.ones(len(sheet.who), dtype=bool)
        for name, answer in (page_of[question.code].asked_if | question.asked_if).items():
            code, _, item = name.partition("_")
            given = shown[f"{code}[{item}]" if item else code]
            asked &= np.array([text == answer for text in given], dtype=bool)
        texts = written.texts[column.heading]
        shown[column.heading] = [
            t if is_asked else None for t, is_asked in zip(texts, asked, strict=True)
        ]
    return shown


def _visits(
    rng: np.random.Generator,
    sheet: Sheet,
    written: Written,
    page: Sequence[int],
    choices: Choices,
) -> list[Visit]:
    count = len(sheet.who)
    began = rng.uniform(0, choices.fieldwork_days * DAY, count)
    lasted = rng.uniform(300, 7200, count)
    texts = zip(*(written.texts[column.heading] for column in sheet.columns), strict=True)
    visits = []
    for row, (stage, answers) in enumerate(zip(sheet.who["stage"], texts, strict=True)):
        reached = REACHED.get(stage, max(page))
        keep = np.array(page) <= reached
        answers = tuple(a if kept else None for a, kept in zip(answers, keep, strict=True))
        sent = stage not in REACHED
        visits.append(Visit(began[row], lasted[row], row, reached, sent, answers))
    return visits


def _first_attempts(
    rng: np.random.Generator, visits: Sequence[Visit], page: Sequence[int]
) -> list[Visit]:
    """Return an earlier, unfinished visit to each of some visits; half of them saw the amounts."""
    attempts = []
    for number, visit in enumerate(visits):
        reached = REACHED[FIRST_PAGE] + number % 2
        answers = tuple(
            answer if stands <= reached else None
            for answer, stands in zip(visit.answers, page, strict=True)
        )
        began = visit.began * rng.uniform(0.1, 0.9)
        attempts.append(Visit(began, visit.lasted / 3, visit.row, reached, False, answers))
    return attempts


def _system(
    number: int, visit: Visit, first_day: datetime.date, language: str, seed: int
) -> tuple[Text, ...]:
    start = datetime.datetime.combine(first_day, datetime.time())
    began = start + datetime.timedelta(seconds=int(visit.began))
    ended = str(began + datetime.timedelta(seconds=int(visit.lasted)))
    sent = ended if visit.sent else None
    return (str(number), sent, str(visit.page), language, str(seed), str(began), ended)


def _people(
    rng: np.random.Generator, sheet: Sheet, choices: Choices
) -> list[tuple[str, str, str, str]]:
    """Return token, given name, family name and address of an invented person per respondent."""
    count, names = len(sheet.who), choices.names
    letters = np.array(list(TOKEN_LETTERS))[rng.integers(0, len(TOKEN_LETTERS), (count, 15))]
    given = rng.integers(0, len(names.given), count)
    family = rng.integers(0, len(names.family), count)
    people = []
    for row, unit in enumerate(sheet.who["unit"]):
        first, last = names.given[given[row]], names.family[family[row]]
        address = f"{_plain(first)}.{_plain(last)}@{unit.lower()}.example"
        people.append(("".join(letters[row]), first, last, address))
    return people


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.replace("Ø", "O")).encode("ascii", "ignore")
    return letters.decode().replace(" ", "").lower()
