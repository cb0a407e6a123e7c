"""What survey tools and statistical packages can take of a questionnaire.

Source: measured on LimeSurvey 6.10 and its exports; METHODS.md, "The questionnaire", gives the
reason of each limit.
"""

import re
from collections.abc import Iterable, Sequence

from nldtib.codebook.shapes import Codebook, Item, Label, Question

LONGEST_CODE = 20
LONGEST_ITEM_CODE = 5
TOLD_APART = 15
LANGUAGES = ("nl", "en")
ENTITY_OR_TAG = re.compile(r"&|<[^>]*>")
PLAIN = re.compile(r"[A-Za-z0-9]+")


def broken_limits(book: Codebook) -> list[str]:
    """Return one sentence per limit that a questionnaire breaks; none when it may be fielded."""
    found = []
    for question in book.questions.values():
        found += _codes(question)
        found += _words(question)
        found += _alike(question.items, f"items of {question.code}")
        found += _alike(question.answers, f"answers of {question.code}")
        found += _routing(question.code, question.asked_if, book)
    questions = [Item(q.code, q.label) for q in book.questions.values()]
    found += _alike(questions, "questions")
    for number, group in enumerate(book.groups, start=1):
        found += _routing(f"page {number}", group.asked_if, book)
    folded = [code.casefold() for code in book.questions]
    if len(set(folded)) < len(folded):
        found.append("Two questions have codes that differ in capitals only.")
    return found


def _codes(question: Question) -> list[str]:
    found = []
    if not (question.code[:1].isalpha() and PLAIN.fullmatch(question.code)):
        found.append(f"{question.code} is not made of letters and digits, a letter first.")
    if len(question.code) > LONGEST_CODE:
        found.append(f"{question.code} is longer than {LONGEST_CODE} characters.")
    for items in (question.items, question.answers, question.answers_scale_2):
        codes = [item.code for item in items]
        found += [
            f"{question.code} has the code {code}: at most {LONGEST_ITEM_CODE} letters or digits."
            for code in codes
            if not PLAIN.fullmatch(code) or len(code) > LONGEST_ITEM_CODE
        ]
        if len({code.casefold() for code in codes}) < len(codes):
            found.append(f"{question.code} has a code twice.")
    if question.type.startswith("single") or question.type == "array_single":
        found += [
            f"{question.code} has the answer code {answer.code}: answers have numbers."
            for answer in question.answers
            if not answer.code.isdigit()
        ]
    return found


def _words(question: Question) -> list[str]:
    found = []
    texts: list[Label] = [question.label]
    texts += [item.label for item in (*question.items, *question.answers)]
    for label in texts:
        for language in LANGUAGES:
            text = label.in_language(language)
            if not text.strip():
                found.append(f"{question.code} lacks a text in {language}.")
            if ENTITY_OR_TAG.search(text):
                found.append(f"{question.code} has an entity or tag in a text in {language}.")
    return found


def _alike(items: Sequence[Item], where: str) -> list[str]:
    found = []
    for language in LANGUAGES:
        cut: dict[str, str] = {}
        for item in items:
            start = item.label.in_language(language)[:TOLD_APART].casefold()
            if start in cut:
                found.append(
                    f"{cut[start]} and {item.code} ({where}) begin with the same {TOLD_APART} "
                    f"characters in {language}."
                )
            cut[start] = item.code
    return found


def _routing(where: str, asked_if: Iterable[str], book: Codebook) -> list[str]:
    known = set(book.questions)
    for question in book.questions.values():
        known |= {f"{question.code}_{item.code}" for item in question.items}
    return [
        f"{where} follows {name}, which is not asked." for name in asked_if if name not in known
    ]
