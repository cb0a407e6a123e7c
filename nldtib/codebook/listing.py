"""The codebook as one tidy table, and how long it takes to answer."""

from collections.abc import Iterator

import pandas as pd

from nldtib.codebook.shapes import NO_LABEL, Codebook, Item, Question

COLUMNS = (
    "group",
    "question",
    "item",
    "type",
    "nl",
    "en",
    "unit",
    "base",
    "feeds",
    "concept",
    "equals",
    "asked_if",
    "minutes",
)
# What one answer asks for, by type of question: a key of the codebook's `burden`.
EFFORT = {
    "text": "text",
    "texts": "text",
    "date": "text",
    "text_long": "long_text",
    "single": "choice",
    "single_with_comment": "choice",
    "yes_no": "choice",
    "ranking": "choice",
    "array_single": "choice",
    "array_dual_scale": "choice",
}
LOOKED_UP = ("keur", "fte")


def listing(book: Codebook, language: str = "nl") -> pd.DataFrame:
    """Return the codebook as a table to read: one row per question, and one per item.

    Parameters
    ----------
    book
        The codebook of a round.
    language
        Of group, base and concept; the texts of questions stand there in both.

    Returns
    -------
    DataFrame
        group, question, item (empty on the row of the question), type, nl, en, unit, base, feeds
        (variable, dimension or use), concept (its definition or label), equals (edition and
        place), asked_if, minutes (of the whole question, on its row; text of one decimal).
    """
    rows = []
    for group in book.groups:
        for code in group.questions:
            question = book.questions[code]
            shared = {"group": group.label.in_language(language), "question": code}
            routing = {**group.asked_if, **question.asked_if}
            rows.append(
                shared
                | _described(book, question, None, language)
                | {
                    "type": question.type,
                    "equals": "; ".join(f"{e}: {w}" for e, w in question.equals.items()),
                    "asked_if": "; ".join(f"{name} = {answer}" for name, answer in routing.items()),
                    "minutes": f"{minutes(question, book):.1f}",
                }
            )
            rows += [shared | _described(book, question, item, language) for item in question.items]
    return pd.DataFrame(rows, columns=list(COLUMNS)).fillna("")


def minutes(question: Question, book: Codebook) -> float:
    """Return the minutes that a question takes: reading it, and every answer that it asks.

    Source
    ------
    A judgement per kind of answer (`burden` in codebook.yml): an amount is looked up, a percentage
    estimated, a choice ticked.
    """
    seconds = book.burden.get("reading", 0.0)
    seconds += sum(book.burden.get(kind, 0.0) for kind in _efforts(question))
    return seconds / 60


def minutes_together(book: Codebook) -> float:
    """Return the minutes of the whole questionnaire, for someone who is asked everything."""
    return sum(minutes(question, book) for question in book.questions.values())


def _efforts(question: Question) -> Iterator[str]:
    if question.type in ("multiple", "multiple_with_comment"):
        yield from ["item"] * len(question.items)
        return
    for item in question.items or (None,):
        unit = (item.unit_of_measure if item else "") or question.unit_of_measure
        amount = "amount" if unit in LOOKED_UP else "estimate"
        yield from [EFFORT.get(question.type, amount)] * max(len(question.years), 1)


def _described(
    book: Codebook, question: Question, item: Item | None, language: str
) -> dict[str, str]:
    subject = item or question
    feeds = [item.feeds] if item and item.feeds else list(question.feeds) if not item else []
    unit = (item.unit_of_measure if item else "") or question.unit_of_measure
    concepts = [_concept(book, name, language) for name in feeds]
    return {
        "item": item.code if item else "",
        "nl": subject.label.nl,
        "en": subject.label.en,
        "unit": unit,
        "base": question.base.in_language(language),
        "feeds": " ".join(feeds),
        "concept": "; ".join(filter(None, concepts)),
    }


def _concept(book: Codebook, name: str, language: str) -> str:
    if name in book.variables:
        variable = book.variables[name]
        defined = variable.definition if variable.definition != NO_LABEL else variable.label
        return defined.in_language(language)
    label = book.dimensions[name].label if name in book.dimensions else book.uses[name]
    return label.in_language(language)
