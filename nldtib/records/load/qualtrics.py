"""Qualtrics: three heading rows, several choices in one cell, previews among the answers.

Source: Qualtrics support pages, "Understanding your data set" and "Data export options".
"""

import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence

from nldtib.errors import InputError
from nldtib.records.load import choices, delimited
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Grid, Row, coded
from nldtib.records.load.headings.lookup import Lookup, Match, plain
from nldtib.records.load.several import laid_out
from nldtib.records.load.system_columns import PERSONAL

SYSTEM = {
    "ResponseId": "id",
    "ResponseID": "id",
    "UserLanguage": "startlanguage",
    "StartDate": "startdate",
    "RecordedDate": "datestamp",
    "Name": "recipient_last_name",
}
SET_ASIDE = ("Status", "Progress", "Duration (in seconds)", "DistributionChannel", "Finished")
SET_ASIDE += ("EndDate", "RecipientScore", "Q_RecaptchaScore", "Q_RelevantIDDuplicate")
SET_ASIDE += ("ResponseSet",)
# Before 2018 the columns of the tool itself were numbered, and the row of JSON was not there.
NUMBERED = re.compile(r"V\d+")
# The order in which items were shown is no answer.
SHOWN = re.compile(r"_DO(?:_\d+)?$")
PREVIEWS = ("1", "2", "survey preview", "survey test", "enquêtevoorbeeld", "test", "preview")
# The same as spam, and from a device that was off line.
PREVIEWS += ("9", "17", "survey preview spam", "offline survey preview")
FINISHED = ("1", "true", "waar", "yes", "ja")
TOOLS_OWN = frozenset(text for texts in PERSONAL.values() for text in texts)
NOTHING = ("-99",)
YES_OR_NO = {"1": "Ja", "2": "Nee"}
SELECTED = re.compile(r" - (?:selected choice|geselecteerde keuze) - ")
TEXT_ENDINGS = (" - text", " - tekst")


def is_qualtrics(text: str) -> bool:
    """Return whether a text is a Qualtrics export: by its third heading row, or its first names."""
    start = text[:200_000].casefold()
    return "importid" in start or start.lstrip('"').startswith(("v1,", 'v1",', "v1\t", 'v1"\t'))


def read(text: str, lettering: str, name: str, columns: Sequence[Column]) -> Grid:
    """Read a Qualtrics export, with commas or tabs, of numbers or of texts.

    Previews are set aside and counted; a response that was not finished counts as partial.

    Raises
    ------
    InputError
        There are no three heading rows, or a column belongs to no question.
    """
    separator = max("\t,;", key=text[:20_000].count)
    rows = _with_imports(list(delimited.records(text, separator, name).rows))
    if len(rows) < 3 or not all(_is_import(cell) for cell in rows[2]):
        raise InputError(
            f"{name} looks like a Qualtrics export without its three heading rows. "
            "Export the responses again, and do not mend the file by hand."
        )
    delimited.refuse_uneven(rows, text, name)
    tags, texts = ([cell or "" for cell in row] for row in rows[:2])
    answers, previews = _without_previews(rows[3:], tags)
    if not answers:
        raise InputError(f"{name} has no response besides previews. Export the responses again.")
    asked = [not aside for aside in map(_is_no_question, tags, rows[2])]
    tags, texts = (list(itertools.compress(row, asked)) for row in (tags, texts))
    answers = [list(itertools.compress(row, asked)) for row in answers]
    sheet, new, labels, ambiguous = _laid_out(tags, texts, answers, columns, name)
    losses = ["Qualtrics does not tell a question that was not shown from one left blank."]
    if previews:
        losses.append(f"{previews} previews and tests were set aside.")
    if not all(asked):
        losses.append(
            f"{asked.count(False)} columns that are no question (embedded data, the order in which "
            "items were shown) were set aside."
        )
    if ambiguous:
        losses.append(
            f"{ambiguous} cells hold several answers that can be divided in more than one way, "
            "because labels hold commas: they are not read. Export numbers instead of texts."
        )
    return Grid(
        headings=tuple(new),
        columns=tuple(coded(cells) for cells in sheet),
        tool="Qualtrics",
        lettering=f"{delimited.SEPARATORS[separator]}, {lettering}",
        labels=labels,
        whole=False,
        marks=dict.fromkeys(NOTHING, ""),
        laid_out=True,
        losses=tuple(losses),
    )


def _with_imports(rows: list[Row]) -> list[Row]:
    """Return the rows of an older export with names for its numbered columns, and a third row."""
    if len(rows) < 2 or not NUMBERED.fullmatch(rows[0][0] or "") or rows[1][0] != "ResponseID":
        return rows
    pairs = zip(*rows[:2], strict=False)
    tags: Row = [text if NUMBERED.fullmatch(tag or "") else tag for tag, text in pairs]
    return [tags, rows[1], [json.dumps({"ImportId": f"QID {tag}"}) for tag in tags], *rows[2:]]


def _is_no_question(tag: str, imported: str | None) -> bool:
    """Return whether a column is what the tool added: its ImportId begins as no question's does."""
    found = next(iter(json.loads(imported or "{}").values()), "")
    if tag in SYSTEM or tag in SET_ASIDE or tag in TOOLS_OWN:
        return False
    return bool(SHOWN.search(tag)) or not str(found).startswith("QID")


def _is_import(cell: str | None) -> bool:
    try:
        found = json.loads(cell or "")
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and any(key.casefold() == "importid" for key in found)


def _without_previews(rows: Sequence[Row], tags: Sequence[str]) -> tuple[list[Row], int]:
    if "Status" not in tags:
        return list(rows), 0
    place = tags.index("Status")
    kept = [row for row in rows if (row[place] or "").strip().casefold() not in PREVIEWS]
    return kept, len(rows) - len(kept)


def _laid_out(
    tags: Sequence[str],
    texts: Sequence[str],
    rows: Sequence[Row],
    columns: Sequence[Column],
    name: str,
) -> tuple[list[list[str | None]], list[str], dict[int, dict[str, str]], int]:
    find = _finder(columns, tags)
    cells = [list(column) for column in zip(*rows, strict=True)]
    sheet, headings = [_submitted(tags, cells)], ["submitdate"]
    labels: dict[int, dict[str, str]] = {}
    split: dict[str, dict[str, list[str | None]]] = {}
    unknown, ambiguous = [], 0
    for position, (tag, text) in enumerate(zip(tags, texts, strict=True)):
        if tag in SET_ASIDE:
            continue
        found = SYSTEM.get(tag) or find(tag, text)
        if isinstance(found, str):
            headings.append(found)
            small = str.lower if found == "startlanguage" else str
            sheet.append([text and small(text) for text in cells[position]])
        elif isinstance(found, Column) and choices.kind(found) == "tick":
            split.setdefault(found.question.code, {})[found.heading] = cells[position]
        elif isinstance(found, Column):
            labels |= {len(headings): YES_OR_NO} if found.question.type == "yes_no" else {}
            headings.append(found.heading)
            sheet.append(cells[position])
        elif found:
            spread = laid_out(cells[position], found)
            ambiguous += spread.ambiguous
            headings += [column.heading for column in found]
            sheet += spread.cells
        else:
            unknown.append(position + 1)
    if unknown:
        raise InputError(
            f"{len(unknown)} of the {len(tags)} columns of {name} are not in the codebook; the "
            f"first is column {unknown[0]}. Is this its codebook?"
        )
    ticked = [cells for items in split.values() for cells in _ticked([*items.values()])]
    return sheet + ticked, headings + [*itertools.chain(*split.values())], labels, ambiguous


def _ticked(items: Sequence[Sequence[str | None]]) -> list[list[str | None]]:
    """Return a multiple choice of one column per item; where any is ticked, the others are not."""
    rows = [
        [text if text in NOTHING else "Y" if text else "N" for text in row]
        if any(text and text not in NOTHING for text in row)
        else [text or None for text in row]
        for row in zip(*items, strict=True)
    ]
    return [list(cells) for cells in zip(*rows, strict=True)]


def _submitted(tags: Sequence[str], cells: Sequence[Sequence[str | None]]) -> list[str | None]:
    dates = next((cells[tags.index(tag)] for tag in ("EndDate", "RecordedDate") if tag in tags), ())
    if "Finished" not in tags:
        return list(dates) or [None] * len(cells[0])
    finished = cells[tags.index("Finished")]
    dates = dates or ["1"] * len(finished)
    return [
        (date or "1") if (text or "").strip().casefold() in FINISHED else None
        for text, date in zip(finished, dates, strict=True)
    ]


def _finder(
    columns: Sequence[Column], tags: Sequence[str]
) -> Callable[[str, str], Column | str | tuple[Column, ...] | None]:
    lookup = Lookup(columns, tags)
    by_text: dict[str, Column] = {}
    several: dict[str, list[Column]] = {}
    for column in columns:
        for text in column.texts:
            by_text.setdefault(_dashed(text), column)
        if column.question.type.startswith("multiple") and column.part == "answer":
            label = column.question.label
            for key in {column.question.code.casefold(), _dashed(label.nl), _dashed(label.en)}:
                several.setdefault(key, []).append(column)
    others = {c.question.code.casefold(): c for c in columns if c.part == "other"}

    def find(tag: str, text: str) -> Column | str | tuple[Column, ...] | None:
        match = lookup.find(tag) or None
        if isinstance(match, Match) and len(match.keys) == 1:
            key = match.keys[0]
            return columns[key] if isinstance(key, int) else str(key)
        plainly = _dashed(text)
        if tag.casefold().endswith("_text") or plainly.endswith(TEXT_ENDINGS):
            stem = tag.split("_")[0].casefold()
            ending = next((e for e in TEXT_ENDINGS if plainly.endswith(e)), "")
            by_label = by_text.get(plainly.removesuffix(ending))
            if by_label is not None and by_label.part != "answer":
                return by_label
            base = others.get(stem) or _other_of(plainly, others)
            if base is not None:
                return base
        if tag.casefold() in several or plainly in several:
            return tuple(several.get(tag.casefold()) or several[plainly])
        return by_text.get(plainly)

    return find


def _other_of(text: str, others: Mapping[str, Column]) -> Column | None:
    for column in others.values():
        label = column.question.label
        if text.startswith((_dashed(label.nl), _dashed(label.en))):
            return column
    return None


def _dashed(text: str) -> str:
    # Qualtrics puts a dash between question and row where LimeSurvey puts brackets.
    text = plain(text).replace("][", " - ").replace("[", " - ").removesuffix("]")
    return SELECTED.sub(" - ", " ".join(text.split()))
