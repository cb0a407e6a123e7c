"""The questionnaire as an XLSForm, for tools that read those (ODK, Kobo, Survey123).

Such forms have no tables: every cell of one becomes a question of its own, and a division that
must add up says so in a note. Source: xlsform.org, the standard.
"""

import datetime
import io
from collections.abc import Iterable, Iterator

from openpyxl import Workbook

from nldtib.codebook import Codebook, Item, Label, Question
from nldtib.questionnaire import archive

LANGUAGES = {"nl": "Nederlands (nl)", "en": "English (en)"}
SURVEY = ("type", "name", *(f"label::{name}" for name in LANGUAGES.values()))
SURVEY += tuple(f"hint::{name}" for name in LANGUAGES.values())
SURVEY += ("required", "relevant", "constraint", "calculation", "appearance")
CHOICES = ("list_name", "name", *(f"label::{name}" for name in LANGUAGES.values()))
SETTINGS = ("form_title", "form_id", "version", "default_language")
# What a spreadsheet may take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
NUMERIC = {"number", "numbers", "array_number"}
YES_NO = (Item("Y", Label("Ja", "Yes")), Item("N", Label("Nee", "No")))
NOT_WHOLE = Label("Deze delen zijn nog niet samen {sum}.", "These parts do not make {sum} yet.")
COMMENT = Label("Toelichting: {of}", "Comment: {of}")
Row = dict[str, str]


def workbook(book: Codebook, made_on: datetime.date) -> bytes:
    """Return the form as a workbook with the sheets survey, choices and settings."""
    target = Workbook()
    _sheet(target.active, "survey", SURVEY, _survey(book))
    _sheet(target.create_sheet(), "choices", CHOICES, _choices(book))
    settings = {
        "form_title": book.title.nl,
        "form_id": "nldtib",
        "version": f"{made_on:%Y%m%d}",
        "default_language": LANGUAGES["nl"],
    }
    _sheet(target.create_sheet(), "settings", SETTINGS, [settings])
    content = io.BytesIO()
    target.save(content)
    return archive.still(content.getvalue(), made_on.isoformat())


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _sheet(sheet, title: str, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
    sheet.title = title
    sheet.append(list(columns))
    for row in rows:
        sheet.append([harmless(row.get(column, "")) for column in columns])


def _survey(book: Codebook) -> Iterator[Row]:
    for number, group in enumerate(book.groups, start=1):
        yield {
            "type": "begin_group",
            "name": f"page{number}",
            **_labelled("label", group.label),
            "relevant": _relevant(group.asked_if, book),
            "appearance": "field-list",
        }
        for code in group.questions:
            yield from _question(book.questions[code], book)
        yield {"type": "end_group"}


def _question(question: Question, book: Codebook) -> Iterator[Row]:
    shared = {
        "name": question.code,
        **_labelled("label", question.label),
        **_labelled("hint", question.help),
        "required": "yes" if question.mandatory else "",
        "relevant": _relevant(question.asked_if, book),
    }
    if question.type.startswith("multiple"):
        yield shared | {"type": f"select_multiple {question.code}", **_one_alone(question)}
        if question.type == "multiple_with_comment":
            yield from _comments(question)
    elif question.type in ("single", "single_with_comment", "yes_no"):
        yield shared | {"type": f"select_one {_list_of(question)}"}
    elif question.items:
        yield from _unrolled(question, shared)
    else:
        kinds = {"text_long": "text", "date": "date", "number": "decimal"}
        kind = kinds.get(question.type, "text")
        rows = {"appearance": "multiline"} if question.type == "text_long" else {}
        yield shared | {"type": kind, "constraint": _bounds(question), **rows}


def _unrolled(question: Question, shared: Row) -> Iterator[Row]:
    """Give every cell of a table a question of its own, under a heading."""
    yield shared | {"type": "begin_group", "name": f"{question.code}_table", "required": ""}
    kind, bounds = "decimal", _bounds(question)
    if question.type == "array_single":
        kind, bounds = f"select_one {question.code}", ""
    elif question.type not in NUMERIC and not question.unit_of_measure:
        kind, bounds = "text", ""
    for item in question.items:
        for year in question.years or (None,):
            name = f"{question.code}_{item.code}" + (f"_J{year}" if year else "")
            label = _with(item.label, f", {year}" if year else "")
            yield {"type": kind, "name": name, **_labelled("label", label), "constraint": bounds}
    yield {"type": "end_group"}
    if question.sum_to is not None:
        yield from _whole(question)


def _whole(question: Question) -> Iterator[Row]:
    names = [f"${{{question.code}_{item.code}}}" for item in question.items]
    total = " + ".join(f"coalesce({name}, 0)" for name in names)
    name, whole = f"{question.code}_sum", f"{question.sum_to:g}"
    yield {"type": "calculate", "name": name, "calculation": total}
    label = Label(NOT_WHOLE.nl.format(sum=whole), NOT_WHOLE.en.format(sum=whole))
    relevant = f"${{{name}}} > 0 and ${{{name}}} != {whole}"
    row = {"type": "note", "name": f"{name}_note", "relevant": relevant}
    yield row | _labelled("label", label)


def _comments(question: Question) -> Iterator[Row]:
    for item in question.items:
        label = Label(COMMENT.nl.format(of=item.label.nl), COMMENT.en.format(of=item.label.en))
        relevant = f"selected(${{{question.code}}}, '{item.code}')"
        name = f"{question.code}_{item.code}comment"
        yield {"type": "text", "name": name, **_labelled("label", label), "relevant": relevant}


def _one_alone(question: Question) -> Row:
    alone = [item.code for item in question.items if item.none]
    rules = [f"not(selected(., '{code}') and count-selected(.) > 1)" for code in alone]
    return {"constraint": " and ".join(rules)} if rules else {}


def _bounds(question: Question) -> str:
    low = [] if question.minimum is None else [f". >= {question.minimum:g}"]
    high = [] if question.maximum is None else [f". <= {question.maximum:g}"]
    return " and ".join([*low, *high])


def _relevant(asked_if: dict[str, str], book: Codebook) -> str:
    conditions = []
    for name, answer in asked_if.items():
        code, _, item = name.partition("_")
        several = book.questions[code].type.startswith("multiple")
        conditions.append(
            f"selected(${{{code}}}, '{item}')" if several else f"${{{name}}} = '{answer}'"
        )
    return " and ".join(conditions)


def _list_of(question: Question) -> str:
    return "yes_no" if question.type == "yes_no" else question.code


def _choices(book: Codebook) -> Iterator[Row]:
    lists = {"yes_no": YES_NO}
    for question in book.questions.values():
        if question.type.startswith("multiple"):
            lists[question.code] = question.items
        elif question.answers:
            lists[question.code] = question.answers
    for name, items in lists.items():
        for item in items:
            yield {"list_name": name, "name": item.code, **_labelled("label", item.label)}


def _labelled(column: str, label: Label) -> Row:
    return {f"{column}::{name}": label.in_language(code) for code, name in LANGUAGES.items()}


def _with(label: Label, ending: str) -> Label:
    return Label(label.nl + ending, label.en + ending)
