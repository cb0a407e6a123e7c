"""The columns that a questionnaire makes, and how an export may head each of them."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nldtib.codebook import Codebook, Item, Label, Question
from nldtib.errors import InputError

OTHER = ("Overige", "Other")
OTHER_COMMENT = ("Andere opmerkingen", "Other comment", "Other comments")
COMMENT = ("Opmerking", "Comment")
RANK = ("Rang", "Rank")
SCALE = ("Schaal", "Scale")


@dataclass(frozen=True)
class Column:
    """One answer that the codebook expects: a question, or one row, year or scale of it.

    `part` is "answer", "other" or "comment"; `label` is that of the row, or of the question.
    """

    variable: str
    question: Question
    label: Label
    heading: str
    texts: tuple[str, ...]
    part: str = "answer"
    year: int | None = None
    scale: int = 1


def columns(codebook: Codebook) -> tuple[Column, ...]:
    """Return the columns that the questions of a codebook make, in its order.

    Raises
    ------
    InputError
        An array has neither years nor answers, so its columns are not known.
    """
    return tuple(
        column for question in codebook.questions.values() for column in _columns(question)
    )


def _columns(question: Question) -> Iterator[Column]:
    code, kind, label = question.code, question.type, question.label
    if kind == "ranking":
        for rank in range(1, len(question.answers or question.items) + 1):
            words = [f"{word} {rank}" for word in RANK]
            yield _column(question, f"{code}_{rank}", f"{code}[{rank}]", [words])
    elif kind == "array_dual_scale":
        for item, scale in itertools.product(question.items, (1, 2)):
            words = [f"{word} {scale}" for word in SCALE]
            yield _column(
                question,
                f"{code}_{item.code}_{scale}",
                f"{code}[{item.code}][{scale}]",
                [_words(item), words],
                item.label,
                scale=scale,
            )
    elif kind in ("array_text", "array_number"):
        yield from _array_columns(question)
    elif question.items:
        for item in question.items:
            yield from _item_columns(question, item)
    else:
        yield _column(question, code, code, [])
    if question.other:
        yield _column(question, f"{code}_other", f"{code}[other]", [OTHER], part="other")
    if kind == "single_with_comment":
        yield _column(question, f"{code}_comment", f"{code}[comment]", [COMMENT], part="comment")
    if kind == "multiple_with_comment" and question.other:
        yield _column(
            question,
            f"{code}_othercomment",
            f"{code}[othercomment]",
            [OTHER_COMMENT],
            label,
            part="comment",
        )


def _item_columns(question: Question, item: Item) -> Iterator[Column]:
    name, heading = f"{question.code}_{item.code}", f"{question.code}[{item.code}"
    yield _column(question, name, f"{heading}]", [_words(item)], item.label)
    if question.type == "multiple_with_comment":
        yield _column(
            question,
            f"{name}comment",
            f"{heading}comment]",
            [_words(item), COMMENT],
            item.label,
            part="comment",
        )


def _array_columns(question: Question) -> Iterator[Column]:
    if not question.years and not question.answers:
        raise InputError(
            f"Question {question.code} has rows but no years. Give its years in the codebook, "
            "or read the codebook with the reference years of the round."
        )
    for item in question.items:
        name = f"{question.code}_{item.code}"
        for year in question.years:
            heading = f"{question.code}[{item.code}_J{year}]"
            words = [_words(item), [str(year)]]
            yield _column(question, name, heading, words, item.label, year=year)
        for answer in () if question.years else question.answers:
            heading = f"{question.code}[{item.code}_{answer.code}]"
            words = [_words(item), _words(answer)]
            yield _column(question, f"{name}_{answer.code}", heading, words, item.label)


def _column(
    question: Question,
    variable: str,
    heading: str,
    words: Sequence[Sequence[str]],
    label: Label | None = None,
    part: str = "answer",
    year: int | None = None,
    scale: int = 1,
) -> Column:
    # The words of the tool follow the language of its screen, not always that of the question.
    questions = (question.label.nl, question.label.en)
    texts = tuple(
        first + (" " if rest else "") + "".join(f"[{word}]" for word in rest)
        for first in questions
        for rest in itertools.product(*words)
    )
    return Column(variable, question, label or question.label, heading, texts, part, year, scale)


def _words(item: Item) -> tuple[str, str]:
    return item.label.nl, item.label.en
