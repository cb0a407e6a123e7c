"""What may never leave the records, as needles: the leak gate searches every edition for it."""

from collections.abc import Iterator

import pandas as pd

from nldtib.codebook import Codebook
from nldtib.gate.audit import needles
from nldtib.produce.counts import Prepared

FILE = "prepared/withheld.csv"
TEXTS = ("text", "text_long", "texts", "single_with_comment", "multiple_with_comment")
NUMBERS = ("kvk", "rsin", "vat")


def table(prepared: Prepared, book: Codebook) -> pd.DataFrame:
    """Return names, numbers, keys, people, addresses and free answers, as needles."""
    rows = {
        *_of_frame(prepared.frame),
        *_of_people(prepared.gathered.answers.personal),
        *_of_answers(prepared.gathered.answers.table, book),
    }
    return needles.table((kind, text) for kind, text in rows if text)


def _of_frame(frame: pd.DataFrame) -> Iterator[tuple[str, str]]:
    kinds = {"name": "name", "unit": "key", "holding": "key"} | dict.fromkeys(NUMBERS, "number")
    for column, kind in kinds.items():
        if column in frame:
            yield from ((kind, text) for text in _texts(frame[column]))


def _of_people(personal: pd.DataFrame) -> Iterator[tuple[str, str]]:
    columns = [name for name in personal if name != "respondent_id"]
    for column in columns:
        for text in _texts(personal[column]):
            yield ("mail" if "@" in text else "key" if column == "token" else "person"), text
    names = [name for name in ("firstname", "lastname") if name in personal]
    if len(names) == len(("firstname", "lastname")):
        whole = personal["firstname"].astype(str) + " " + personal["lastname"].astype(str)
        yield from (("person", text) for text in _texts(whole) if " " in text)


def _of_answers(answers: pd.DataFrame, book: Codebook) -> Iterator[tuple[str, str]]:
    open_ones = {code for code, question in book.questions.items() if question.type in TEXTS}
    asked = answers["variable"].astype(str).str.split(r"[\[_.]").str[0]
    chosen = answers[asked.isin(open_ones)]
    for column in ("value", "raw"):
        yield from (("answer", text) for text in _texts(chosen[column]))


def _texts(column: pd.Series) -> list[str]:
    return sorted({str(text).strip() for text in column.dropna()})
