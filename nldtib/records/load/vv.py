"""LimeSurvey's VV file: a row of texts, a row of codes, tabs, marks for what no cell holds."""

import re
from collections.abc import Sequence
from itertools import groupby
from os.path import commonprefix

from nldtib.codebook import Codebook
from nldtib.errors import InputError
from nldtib.records.load import delimited
from nldtib.records.load.grid import Coded, Grid, coded
from nldtib.records.load.headings.lookup import plain

NOT_SHOWN = "{question_not_shown}"
MARK = re.compile(r"\{(lbrace|newline|cr|tab|quote)\}")
PLAIN = {"lbrace": "{", "newline": "\n", "cr": "\r", "tab": "\t", "quote": '"'}
FIELD = re.compile(r"(\d+X\d+X\d+)(.*)")


def is_vv(text: str, known: int) -> bool:
    """Return whether a text is a VV file: its second row holds codes.

    Parameters
    ----------
    text
        The whole file.
    known
        How many headings of the second row are known.
    """
    lines = text.split("\n", 2)
    if len(lines) < 2 or "\t" not in lines[1]:
        return False
    second = lines[1].rstrip("\r").split("\t")
    fields = sum(bool(FIELD.fullmatch(code.strip('"'))) for code in second)
    return 2 * max(known, fields) > len(second) and lines[0] != lines[1]


def read(text: str, name: str, lettering: str, book: Codebook) -> Grid:
    """Read a VV file of either version.

    Version 2 heads its columns by code. Version 1 heads them by the tool's own field names; there
    the question is known by its text in the first row.

    Raises
    ------
    InputError
        A row has another number of fields than the headings, or a field of version 1 belongs to no
        question.
    """
    rows = delimited.records(text, "\t", name, escape=True).rows
    if len(rows) < 3:
        raise InputError(f"{name} has headings but no response. Export the responses again.")
    delimited.refuse_uneven(rows, text, name)
    texts, codes = ([cell or "" for cell in row] for row in rows[:2])
    if any(FIELD.fullmatch(code) for code in codes):
        codes = _codes_of_fields(texts, codes, book, name)
    columns = zip(*rows[2:], strict=True)
    return Grid(
        headings=tuple(codes),
        columns=tuple(_plain(coded(cells)) for cells in columns),
        tool="LimeSurvey VV",
        lettering=lettering,
        blanks_kept=True,
        losses=("A VV file trims the blanks around a text.",),
    )


def _plain(column: Coded) -> Coded:
    texts = tuple(
        None if text == NOT_SHOWN else MARK.sub(lambda mark: PLAIN[mark[1]], text or "")
        for text in column.texts
    )
    return Coded(column.codes, texts)


def _codes_of_fields(
    texts: Sequence[str], fields: Sequence[str], book: Codebook, name: str
) -> list[str]:
    by_text: dict[str, list[str]] = {}
    for question in book.questions.values():
        for label in {plain(question.label.nl), plain(question.label.en)}:
            by_text.setdefault(label, []).append(question.code)
    codes: list[str] = []
    for (text, own), group in groupby(
        zip(texts, fields, strict=True), key=lambda pair: (plain(pair[0]), "X" not in pair[1])
    ):
        members = [field for _, field in group]
        stem = FIELD.match(commonprefix(members))
        if own or stem is None:
            codes += members
            continue
        questions = by_text.get(text, [])
        if not questions:
            raise InputError(
                f"Column {len(codes) + 1} of {name} belongs to no question of the codebook. "
                "Export version 2 of the VV file, with question codes."
            )
        question = questions.pop(0) if len(questions) > 1 else questions[0]
        for field in members:
            rest = field.removeprefix(stem[1]).replace("#", "_")
            codes.append(f"{question}_{rest}" if rest else question)
    return codes
