"""The questionnaire as a structure that LimeSurvey 6 imports: tab-separated, UTF-8.

One row per group, question, item, answer and language. A column that is no part of the format is
taken for an attribute of the question. Amounts of a text array are not checked as numbers: the form
would take "2.500" for 2.5. Source: LimeSurvey manual, "Tab Separated Value survey structure", and
the importer of version 6.
"""

import csv
import io
from collections.abc import Iterator

from nldtib.codebook import Codebook, Item, Question
from nldtib.codebook.shapes import relevance_of

TYPES = {
    "text": "S",
    "text_long": "T",
    "texts": "Q",
    "number": "N",
    "numbers": "K",
    "single": "L",
    "single_with_comment": "O",
    "multiple": "M",
    "multiple_with_comment": "P",
    "yes_no": "Y",
    "date": "D",
    "ranking": "R",
    "array_text": ";",
    "array_number": ":",
    "array_single": "F",
    "array_dual_scale": "1",
}
COLUMNS = (
    "class",
    "type/scale",
    "name",
    "relevance",
    "text",
    "help",
    "language",
    "validation",
    "mandatory",
    "other",
    "default",
    "same_default",
    "exclude_all_others",
    "equals_num_value",
    "min_num_value_n",
    "max_num_value_n",
    "multiflexible_min",
    "input_boxes",
)
LANGUAGES = ("nl", "en")
ALWAYS = "1"


def structure(book: Codebook) -> bytes:
    """Return the structure of the survey, all groups in one language and then in the other."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_survey(book))
    for language in LANGUAGES:
        for number, group in enumerate(book.groups, start=1):
            writer.writerow(
                {
                    "class": "G",
                    "type/scale": f"G{number}",
                    "name": group.label.in_language(language),
                    "relevance": relevance_of(group.asked_if) or ALWAYS,
                    "language": language,
                }
            )
            for code in group.questions:
                writer.writerows(_question(book.questions[code], language))
    return text.getvalue().encode("utf-8")


def _survey(book: Codebook) -> Iterator[dict[str, str]]:
    settings = {
        "language": LANGUAGES[0],
        "additional_languages": " ".join(LANGUAGES[1:]),
        "format": "G",  # a page per group
        "anonymized": "N",
        "datestamp": "Y",
    }
    for name, value in settings.items():
        yield {"class": "S", "name": name, "text": value}
    for language in LANGUAGES:
        title = book.title.in_language(language)
        yield {"class": "SL", "name": "surveyls_title", "text": title, "language": language}


def _question(question: Question, language: str) -> Iterator[dict[str, str]]:
    yield {
        "class": "Q",
        "type/scale": TYPES[question.type],
        "name": question.code,
        "relevance": question.relevance or ALWAYS,
        "text": question.label.in_language(language),
        "help": question.help.in_language(language),
        "language": language,
        "mandatory": "Y" if question.mandatory else "N",
        "other": "Y" if question.other else "N",
        **_attributes(question),
    }
    yield from _rows("SQ", "0", question.items, language)
    if question.type in ("array_text", "array_number"):
        yield from _years(question, language)
        if not question.years:
            yield from _rows("SQ", "1", question.answers, language)
        return
    yield from _rows("A", "0", question.answers, language)
    yield from _rows("A", "1", question.answers_scale_2, language)


def _years(question: Question, language: str) -> Iterator[dict[str, str]]:
    for year in question.years:
        row = {"class": "SQ", "type/scale": "1", "name": f"J{year}", "text": str(year)}
        yield row | {"language": language}


def _rows(
    kind: str, scale: str, items: tuple[Item, ...], language: str
) -> Iterator[dict[str, str]]:
    for item in items:
        text = item.label.in_language(language)
        row = {"class": kind, "type/scale": scale, "name": item.code, "text": text}
        yield row | {"language": language}


def _attributes(question: Question) -> dict[str, str]:
    found = {}
    alone = [item.code for item in question.items if item.none]
    if alone:
        found["exclude_all_others"] = ";".join(alone)
    if question.type == "array_number":
        found["input_boxes"] = "1"
        if question.minimum is not None:
            found["multiflexible_min"] = f"{question.minimum:g}"
    if question.type in ("number", "numbers"):
        limits = {"min_num_value_n": question.minimum, "max_num_value_n": question.maximum}
        found |= {name: f"{limit:g}" for name, limit in limits.items() if limit is not None}
    if question.sum_to is not None:
        found["equals_num_value"] = f"{question.sum_to:g}"
    return found
