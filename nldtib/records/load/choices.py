"""Answers that are no amounts: codes and labels, ticks, dates, register numbers and free text."""

import html
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from nldtib.codebook import Item
from nldtib.records.load import dates
from nldtib.records.load.expected import OTHER, Column
from nldtib.records.load.grid import Reading
from nldtib.records.load.loose import WORDS

CODES, LABELS = "answer codes", "full answers"
ABSENT = "N/A"
OTHER_CODE = "-oth-"
YES = (
    "ja",
    "yes",
    "y",
    "j",
    "x",
    "gekozen",
    "aangekruist",
    "geselecteerd",
    "selected",
    "checked",
    "true",
    "waar",
)
NO = ("nee", "no", "n", "niet geselecteerd", "not selected", "niet gekozen", "unchecked", "false")
NO += ("onwaar",)
TICKS = {"Y": "1", "N": "0"}
# What a person may have the tool write in place of N, and so in place of every blank.
MADE_NO = ("2", "0", "N", "Nee", "No")
REGISTER_NUMBER = re.compile(r"\bkvk\b|chamber of commerce", re.IGNORECASE)
UNMASKED = "the mask before a formula was taken off"
# A code whose label says that there is no answer; the code is kept as value.
LABELLED = (
    (
        "dont_know",
        r"weet (ik )?(het )?niet( ?/ ?n\.?v\.?t\.?)?|onbekend|don't know( ?/ ?n\.?a\.?)?",
    ),
    ("not_applicable", r"n\.?v\.?t\.?|niet van toepassing|not applicable|n\.?/?a\.?"),
    ("refused", r"wil (ik )?niet zeggen|geen antwoord|prefer not to say|no answer"),
    ("refused", r"weiger(t|ing|de)?|geweigerd|refus(ed|al|es)|geen opgave|geheim|vertrouwelijk"),
    ("not_shown", r"niet (getoond|gesteld|gevraagd)|not (shown|asked)"),
    ("not_reached", r"niet bereikt|not reached"),
)
NOTES = {
    "dont_know": "labelled weet niet (/ n.v.t.)",
    "not_applicable": "labelled n.v.t.",
    "refused": "labelled wil niet zeggen",
}


def kind(column: Column) -> str:
    """Return how a column is read: text, register, date, tick, yes_no, choice, typed or stored."""
    question = column.question.type
    if column.part != "answer":
        return "text"
    if question == "text" and REGISTER_NUMBER.search(
        f"{column.question.code} {column.label.nl} {column.label.en}"
    ):
        return "register"
    if question in ("multiple", "multiple_with_comment"):
        return "tick"
    if question in ("date", "yes_no"):
        return question
    if question == "array_text":
        return "typed"
    if question in ("number", "numbers", "array_number"):
        return "stored"
    return "text" if question in ("text", "text_long", "texts") else "choice"


def styles(
    columns: Sequence[Column], texts: Sequence[Iterable[str | None]]
) -> tuple[str, tuple[str, ...]]:
    """Return how answers stand, as codes or as labels: in most of the file, and in each column.

    The texts that can be only one of the two decide. A column without such a text follows the file;
    some tools write labels only where the codes are letters.
    """
    votes = [_votes(column, cells) for column, cells in zip(columns, texts, strict=True)]
    everywhere = LABELS if sum(votes) > 0 else CODES
    return everywhere, tuple(
        everywhere if vote == 0 else LABELS if vote > 0 else CODES for vote in votes
    )


def ticks(columns: Sequence[Column], texts: Sequence[Iterable[str | None]]) -> Mapping[str, str]:
    """Return what stands for ticked (1) and not ticked (0): Y and N, or what they were made into.

    On request the tool writes Y as 1 or J, and N as 2, 0 or anything else.
    """
    seen = {
        text
        for column, cells in zip(columns, texts, strict=True)
        if kind(column) == "tick"
        for text in cells
        if text
    }
    for yes, no in itertools.product(("Y", "1", "J"), ("N", *MADE_NO)):
        if seen <= {yes, no}:
            return {yes: "1", no: "0"}
    return TICKS


def blank_mark(columns: Sequence[Column], texts: Sequence[Iterable[str | None]]) -> str:
    """Return the text into which blanks beside a multiple choice were made, or nothing.

    Where N is written as something else, so is every blank text of a multiple choice: no blank is
    left.
    """
    beside = {
        text
        for column, cells in zip(columns, texts, strict=True)
        if column.part != "answer" and column.question.type.startswith("multiple")
        for text in cells
    }
    marks = MADE_NO if "" not in beside else ()
    return next((mark for mark in marks if mark in beside), "")


def reader(
    column: Column, answers: str, ticked: Mapping[str, str], blank: str
) -> Callable[[str], Reading]:
    """Return the function that reads one non-empty text of this column.

    Parameters
    ----------
    column
        Any column but one of amounts.
    answers
        CODES or LABELS.
    ticked
        From `ticks`.
    blank
        From `blank_mark`.
    """
    reads = kind(column)
    if reads == "register":
        return _register
    if reads == "date":
        return dates.typed
    if reads == "choice":
        return _choice(column, answers)
    if reads == "text":
        made_up = {blank} if column.question.type.startswith("multiple") else set()
        return lambda text: Reading("", "ambiguous", ("", text)) if text in made_up else _text(text)
    yes, no = ("1", "0") if reads == "tick" else ("Y", "N")
    values = dict.fromkeys(YES, Reading(yes)) | dict.fromkeys(NO, Reading(no))
    for text, value in {} if ticked == TICKS else ticked.items():
        values[text.casefold()] = Reading(yes if value == "1" else no)
        # A yes or no that was left open is written as no.
        if reads == "yes_no" and value == "0" and not column.question.mandatory:
            values[text.casefold()] = Reading("", "ambiguous", ("N", ""))
    return lambda text: values.get(_tidy(text), Reading(status="unparsed"))


def items(column: Column) -> tuple[Item, ...]:
    """Return the answers from which a column is chosen."""
    question = column.question
    return question.answers_scale_2 if column.scale == 2 else question.answers or question.items


def labelled_status(label: str) -> str:
    """Return the status that a label stands for, or nothing where it is an answer."""
    text = _tidy(label)
    return next((status for status, words in LABELLED if re.fullmatch(words, text)), "")


def _choice(column: Column, answers: str) -> Callable[[str], Reading]:
    if not items(column):
        return Reading
    codes: dict[str, dict[str, Reading]] = {}
    labels: dict[str, dict[str, Reading]] = {}
    for item in items(column):
        found = Reading(item.code, *_labelled(item))
        codes[item.code] = {item.code: found}
        for key in {_tidy(item.label.nl), _tidy(item.label.en)}:
            labels.setdefault(key, {})[item.code] = found
    if column.question.other:
        codes[OTHER_CODE] = {OTHER_CODE: Reading(OTHER_CODE)}
        for key in map(_tidy, OTHER):
            labels.setdefault(key, {})[OTHER_CODE] = Reading(OTHER_CODE)

    def read(text: str) -> Reading:
        as_code, as_label = codes.get(text, {}), labels.get(_tidy(text), {})
        found = (as_code or as_label) if answers == CODES else (as_label or as_code)
        if len(found) > 1:
            return Reading("", "ambiguous", tuple(found))
        return next(iter(found.values()), Reading(status="unparsed"))

    return read


def _labelled(item: Item) -> tuple[str, tuple[str, ...], str, str]:
    for label in (item.label.nl, item.label.en):
        status = labelled_status(label)
        if status in NOTES:
            return status, (), "", NOTES[status]
    return "ok", (), "", ""


def _votes(column: Column, cells: Iterable[str | None]) -> int:
    if kind(column) not in ("choice", "tick", "yes_no"):
        return 0
    codes, labels = _codes_and_labels(column)
    texts = {text for text in cells if text}
    as_label = sum(text not in codes and _tidy(text) in labels for text in texts)
    return as_label - sum(text in codes and _tidy(text) not in labels for text in texts)


def _codes_and_labels(column: Column) -> tuple[set[str], set[str]]:
    if kind(column) != "choice":
        return {"Y", "N"}, {*YES, *NO, ABSENT.casefold()} - {"y", "n"}
    codes = {item.code for item in items(column)} | {OTHER_CODE}
    labels = {_tidy(text) for item in items(column) for text in (item.label.nl, item.label.en)}
    return codes, labels | {_tidy(text) for text in OTHER if column.question.other}


def _tidy(text: str) -> str:
    return " ".join(html.unescape(text).split()).casefold()


def _text(text: str) -> Reading:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # On request the tool masks a text that begins as a formula.
    return Reading(text[1:], note=UNMASKED) if text.startswith("'=") else Reading(text)


def _register(text: str) -> Reading:
    digits = re.sub(r"^kvk|[\s.-]", "", text.casefold())
    if re.fullmatch(r"[0-9]{8}", digits):
        return Reading(digits, "ok" if digits == text else "normalised")
    return Reading(status=WORDS.get(text.strip().casefold(), "invalid"))
