"""The questionnaire as a document to read and approve: numbered questions, routing in words."""

import datetime
import io

import yaml
from docx import Document
from docx.document import Document as Pages
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from nldtib.codebook import Codebook, Item, Question, minutes, minutes_together
from nldtib.questionnaire import archive

LOCALES = {"nl": "nl-NL", "en": "en-GB"}


def pages(book: Codebook, made_on: datetime.date, language: str) -> bytes:
    """Return the document; headings make its outline, and its language is set.

    Parameters
    ----------
    book
        The codebook of a round.
    made_on
        The date that the document carries.
    language
        `nl` or `en`.
    """
    words = _words(language)
    target = Document()
    _set_language(target, book.title.in_language(language), LOCALES[language])
    target.add_heading(book.title.in_language(language), 0)
    together = _number(minutes_together(book), language, 0)
    target.add_paragraph(words["intro"].format(questions=len(book.questions), minutes=together))
    number = 0
    for place, group in enumerate(book.groups, start=1):
        name = group.label.in_language(language)
        target.add_heading(words["page"].format(number=place, name=name), 1)
        _routing(target, group.asked_if, book, language)
        for code in group.questions:
            number += 1
            _question(target, book.questions[code], number, book, language)
    content = io.BytesIO()
    target.save(content)
    return archive.still(content.getvalue(), made_on.isoformat())


def _words(language: str) -> dict[str, str]:
    path = __file__.replace("document.py", "texts.yml")
    with open(path, encoding="utf-8") as lines:
        return {name: texts[language] for name, texts in yaml.safe_load(lines).items()}


def _set_language(target: Pages, title: str, locale: str) -> None:
    properties = target.core_properties
    properties.title, properties.language, properties.author = title, locale, ""
    properties.comments = ""
    defaults = target.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault"))
    run = defaults.find(qn("w:rPr"))
    spoken = run.find(qn("w:lang"))
    spoken.set(qn("w:val"), locale)


def _question(
    target: Pages, question: Question, number: int, book: Codebook, language: str
) -> None:
    words = _words(language)
    text = question.label.in_language(language)
    target.add_heading(f"{number}. {text}", 2)
    _routing(target, question.asked_if, book, language)
    if question.help.in_language(language):
        target.add_paragraph(question.help.in_language(language)).runs[0].italic = True
    facts = [
        words[f"type_{question.type}"],
        words["mandatory"] if question.mandatory else "",
        _allowed(question, words),
        words["minutes"].format(minutes=_number(minutes(question, book), language, 1)),
        words["code"].format(code=question.code),
        *(words["equals"].format(edition=e, where=w) for e, w in question.equals.items()),
    ]
    target.add_paragraph(" · ".join(filter(None, facts)))
    if question.years or question.type == "array_single":
        columns = [str(year) for year in question.years]
        columns = columns or [answer.label.in_language(language) for answer in question.answers]
        _table(target, question.items, columns, words["row"], language)
        return
    for item in question.items or question.answers:
        alone = f" ({words['none']})" if item.none else ""
        target.add_paragraph(f"{item.label.in_language(language)}{alone}", style="List Bullet")


def _table(
    target: Pages, items: tuple[Item, ...], columns: list[str], corner: str, language: str
) -> None:
    table = target.add_table(rows=1, cols=1 + len(columns), style="Table Grid")
    for cell, text in zip(table.rows[0].cells, [corner, *columns], strict=True):
        cell.text = text
    heading = OxmlElement("w:tblHeader")
    heading.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(heading)
    for item in items:
        table.add_row().cells[0].text = item.label.in_language(language)


def _routing(target: Pages, asked_if: dict[str, str], book: Codebook, language: str) -> None:
    words = _words(language)
    for name, answer in asked_if.items():
        code, _, item = name.partition("_")
        question = book.questions[code]
        answers = {a.code: a.label.in_language(language) for a in question.answers}
        said = answers.get(answer, words["yes"] if answer == "Y" else words["no"])
        if item:
            said = next(i.label.in_language(language) for i in question.items if i.code == item)
        text = words["only_if"].format(question=question.label.in_language(language), answer=said)
        target.add_paragraph(text, style="Intense Quote")


def _allowed(question: Question, words: dict[str, str]) -> str:
    if question.sum_to is not None:
        return words["adds_up"].format(whole=f"{question.sum_to:g}")
    if question.minimum is not None and question.maximum is not None:
        return words["between"].format(low=f"{question.minimum:g}", high=f"{question.maximum:g}")
    return "" if question.minimum is None else words["at_least"].format(low=f"{question.minimum:g}")


def _number(value: float, language: str, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text if language == "en" else text.replace(".", ",")
