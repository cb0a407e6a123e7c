"""The structure that LimeSurvey exports (.lss): questions, rows, answers and texts by language."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nldtib.codebook import Codebook, Item, Label, Question
from nldtib.errors import InputError
from nldtib.records.load import expected, safe
from nldtib.records.load.headings.lookup import bare

# The tool's letter for a question type; types that hold no answer are absent.
TYPES = {
    "S": "text",
    "T": "text_long",
    "U": "text_long",
    "*": "text",
    "I": "text",
    "Q": "texts",
    "N": "number",
    "K": "numbers",
    "L": "single",
    "!": "single",
    "O": "single_with_comment",
    "G": "single",
    "5": "single",
    "M": "multiple",
    "P": "multiple_with_comment",
    "Y": "yes_no",
    "D": "date",
    "R": "ranking",
    ";": "array_text",
    ":": "array_number",
    "F": "array_single",
    "H": "array_single",
    "A": "array_single",
    "B": "array_single",
    "C": "array_single",
    "E": "array_single",
    "1": "array_dual_scale",
}
FIXED = {
    "5": "1 2 3 4 5",
    "A": "1 2 3 4 5",
    "B": "1 2 3 4 5 6 7 8 9 10",
    "C": "Y N U",
    "E": "I S D",
    "G": "F M",
}
YEAR = re.compile(r"[A-Za-z]?((?:19|20)\d{2})")
TABLES = frozenset(
    {"DBVersion", "questions", "subquestions", "answers", "question_l10ns", "answer_l10ns"}
    | {"groups"}
)
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Survey:
    """A survey as its structure describes it.

    `codes` gives the code of each question by its number in the tool.
    """

    codebook: Codebook
    codes: Mapping[str, str]
    version: str

    def headings(self) -> list[str]:
        """Return the headings by code that the questions make."""
        return [column.heading for column in self._columns()]

    def _columns(self) -> tuple[expected.Column, ...]:
        return expected.columns(self.codebook)

    def heading_of(self, rest: str, name: str) -> str:
        """Return the heading by code of a field, given what stands behind survey and group.

        Raises
        ------
        InputError
            The field belongs to no question of the structure.
        """
        known = {bare(column.heading): column.heading for column in self._columns()}
        for column in self._columns():
            if column.question.type == "array_dual_scale":
                stem = column.heading.rpartition("[")[0]
                known[f"{bare(stem)}_#{column.scale - 1}"] = column.heading
        # The number of a question may be the beginning of another's.
        for length in range(len(rest), 0, -1):
            code = self.codes.get(rest[:length])
            if code is not None:
                row, _, scale = rest[length:].replace("#", "-").partition("-")
                wanted = bare(f"{code}_{row}") + (f"_#{scale}" if scale else "")
                return known.get(wanted, wanted)
        raise InputError(
            f"{name} has answers to a question that its structure does not describe. "
            "Export the archive again."
        )


def survey(content: bytes, name: str) -> Survey:
    """Read a structure.

    Raises
    ------
    InputError
        The XML is broken or declares entities, or describes no question.
    """
    content, _ = safe.with_stand_ins(content)
    tables: dict[str, Rows] = defaultdict(list)
    version = ""
    for element in safe.elements(content, name, TABLES):
        if element.tag == "DBVersion":
            version = (element.text or "").strip()
            continue
        for row in element.iter("row"):
            tables[element.tag].append({field.tag: field.text or "" for field in row})
    # From version 6 on the subquestions stand beside, in older files among the questions.
    under: dict[str, Rows] = defaultdict(list)
    for row in [*tables["subquestions"], *tables["questions"]]:
        if row.get("parent_qid", "0") not in ("", "0"):
            under[row["parent_qid"]].append(row)
    labels, answers = _labels(tables), _answers(tables)
    order = {row.get("gid", ""): _number(row.get("group_order")) for row in tables["groups"]}
    first: dict[str, dict[str, str]] = {}
    for row in tables["questions"]:
        if row.get("parent_qid", "0") in ("", "0"):
            first.setdefault(row.get("qid", ""), row)
    rows = sorted(
        first.values(),
        key=lambda row: (order.get(row.get("gid", ""), 0), _number(row.get("question_order"))),
    )
    questions, codes = {}, {}
    for row in rows:
        if row.get("type") in TYPES and row.get("title"):
            questions[row["title"]] = _question(row, under, labels, answers)
            codes[row["qid"]] = row["title"]
    if not questions:
        raise InputError(f"{name} describes no question. Export the archive again.")
    return Survey(Codebook(Label("", ""), questions, {}, {}), codes, version)


def _labels(tables: Mapping[str, Rows]) -> dict[str, Label]:
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for row in tables["question_l10ns"]:
        texts[row.get("qid", "")][row.get("language", "")] = row.get("question", "")
    for row in [*tables["questions"], *tables["subquestions"]]:
        if "question" in row:
            texts[row.get("qid", "")].setdefault(row.get("language", ""), row["question"])
    return {key: _label(found) for key, found in texts.items()}


def _label(texts: Mapping[str, str]) -> Label:
    first = next(iter(texts.values()), "")
    nl = next((text for language, text in texts.items() if language.startswith("nl")), "")
    en = next((text for language, text in texts.items() if language.startswith("en")), "")
    return Label(nl or en or first, en or nl or first)


def _answers(tables: Mapping[str, Rows]) -> dict[tuple[str, int], list[Item]]:
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for row in tables["answer_l10ns"]:
        texts[row.get("aid", "")][row.get("language", "")] = row.get("answer", "")
    found: dict[tuple[str, int], dict[str, dict[str, str]]] = defaultdict(dict)
    for row in sorted(tables["answers"], key=lambda row: _number(row.get("sortorder"))):
        place = row.get("qid", ""), _number(row.get("scale_id"))
        own = {row.get("language", ""): row["answer"]} if "answer" in row else {}
        known = found[place].setdefault(row.get("code", ""), {})
        known.update(texts.get(row.get("aid", ""), own))
    return {
        place: [Item(code, _label(labels)) for code, labels in codes.items()]
        for place, codes in found.items()
    }


def _question(
    row: Mapping[str, str],
    under: Mapping[str, Rows],
    labels: Mapping[str, Label],
    answers: Mapping[tuple[str, int], Sequence[Item]],
) -> Question:
    letter, number = row["type"], row["qid"]
    scales: tuple[dict[str, Item], dict[str, Item]] = ({}, {})
    for part in sorted(under[number], key=lambda part: _number(part.get("question_order"))):
        code = part.get("title", "")
        label = labels.get(part.get("qid", ""), Label(code, code))
        scales[_number(part.get("scale_id")) > 0].setdefault(code, Item(code, label))
    across = tuple(scales[1].values())
    years = [YEAR.fullmatch(item.code) for item in across]
    relevance = row.get("relevance", "")
    fixed = tuple(Item(code, Label(code, code)) for code in FIXED.get(letter, "").split())
    return Question(
        code=row["title"],
        type=TYPES[letter],
        label=labels.get(number, Label(row["title"], row["title"])),
        items=tuple(scales[0].values()),
        answers=fixed
        or tuple(answers.get((number, 0), ()))
        or (() if across and all(years) else across),
        answers_scale_2=tuple(answers.get((number, 1), ())),
        years=tuple(int(year[1]) for year in years if year) if across and all(years) else (),
        other=row.get("other") == "Y",
        mandatory=row.get("mandatory") in ("Y", "S"),
        relevance="" if relevance.strip() in ("", "1") else relevance,
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.strip().lstrip("-").isdigit() else 0
