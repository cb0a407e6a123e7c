"""Which column of an export holds which question: by code, by text, or by both.

Headings are matched on what the codebook expects, in Dutch and English, never on single words: the
Dutch heading "Plaats" is LimeSurvey's seed and no place.
"""

import difflib
import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nldtib.codebook import closest
from nldtib.errors import InputError
from nldtib.records.load.expected import Column

# Code of each LimeSurvey column that is no question, with its headings in full text.
SYSTEM = {
    "id": ("Respons-ID", "Response ID"),
    "submitdate": ("Datum verzonden", "Date submitted"),
    "lastpage": ("Laatste pagina", "Last page"),
    "startlanguage": ("Begin taal", "Start language"),
    "seed": ("Plaats", "Seed"),
    "startdate": ("Startdatum", "Date started"),
    "datestamp": ("Datum laatste actie", "Date last action"),
    "interviewtime": ("Totale tijd", "Total time"),
}
PERSONAL = {
    "ipaddr": ("IP-adres", "IP address"),
    "refurl": ("Verwijzende URL", "Referrer URL"),
    "token": ("Toegangscode", "Access code", "Token"),
    "firstname": ("Voornaam", "First name"),
    "lastname": ("Achternaam", "Last name"),
    "email": ("E-mailadres", "E-mail", "Email address"),
    "emailstatus": ("E-mailstatus", "Email status"),
    "participant_id": ("Deelnemer-ID", "Participant ID"),
}
NEEDED = ("id", "submitdate")
ATTRIBUTE = re.compile(r"(attribute_\d+)\b|attribu(?:te|ut)[ _](\d+)$", re.IGNORECASE)
TIMING = re.compile(r"groupTime\d+")
QUESTION_CODES, FULL_TEXT = "question codes", "full question text"
CODES_AND_TEXT = "question codes and text"
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\[[^\]\[]*\])*")


@dataclass(frozen=True)
class Placement:
    """Where the columns stand in a file: positions count from 0."""

    answers: tuple[int, ...]
    system: Mapping[str, int]
    personal: Mapping[str, int]
    timings: int
    style: str


def plain(text: str) -> str:
    """Return a label as it is compared: entities decoded, no tags, one space, no capitals."""
    text = re.sub(r"<[^<>]*>", " ", html.unescape(text)).replace("_", " ")
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().casefold()
    return text.replace(" [", "[")


def known(headings: Sequence[str], columns: Sequence[Column]) -> int:
    """Return how many of some headings are those of an expected or a system column."""
    lookup = _Lookup(columns, headings)
    return sum(bool(lookup.find(heading)) for heading in headings)


def place(headings: Sequence[str], columns: Sequence[Column], name: str) -> Placement:
    """Find every expected column among the headings.

    Parameters
    ----------
    headings
        The headings of the file, in order.
    columns
        What the codebook expects.
    name
        How a refusal names the file.

    Raises
    ------
    InputError
        A heading is unknown or stands twice, or an expected column is absent.
    """
    lookup = _Lookup(columns, headings)
    found = [lookup.find(heading) for heading in headings]
    _settle_leading_system_columns(found, headings)
    _share_out_equal_texts(found, columns)
    _refuse_unknown(found, headings, columns, name)
    positions: dict[str, int] = {}
    for position, match in enumerate(found):
        key = f"{match.kind} {match.keys[0]}"
        if key in positions and match.kind != "timing":
            raise InputError(
                f"Columns {positions[key] + 1} and {position + 1} of {name} have the same heading. "
                "Export each question once, with question codes as headings."
            )
        positions[key] = position
    _refuse_absent(positions, columns, name)
    return Placement(
        answers=tuple(positions[f"answer {index}"] for index in range(len(columns))),
        system=_of_kind("system", found),
        personal=_of_kind("personal", found),
        timings=sum(match.kind == "timing" for match in found),
        style=_style(found),
    )


@dataclass(frozen=True)
class _Match:
    kind: str
    keys: tuple[str | int, ...]
    how: str


class _Lookup:
    """Expected headings by code and by text; built once for a file."""

    def __init__(self, columns: Sequence[Column], headings: Sequence[str]):
        self.codes: dict[str, _Match] = {}
        self.texts: dict[str, _Match] = {}
        for kind, names in (("system", SYSTEM), ("personal", PERSONAL)):
            for code, texts in names.items():
                self.codes[code] = _Match(kind, (code,), QUESTION_CODES)
                for text in texts:
                    self.texts[plain(text)] = _Match(kind, (code,), FULL_TEXT)
        self.timings = {f"{column.question.code}Time" for column in columns}
        by_text: dict[str, list[int]] = {}
        zero_based = _scales_from_zero(columns, headings)
        for index, column in enumerate(columns):
            for code in _codes(column, zero_based):
                self.codes[code] = _Match("answer", (index,), QUESTION_CODES)
            for text in {plain(text) for text in column.texts}:
                by_text.setdefault(text, []).append(index)
        self.questions = {text: tuple(indexes) for text, indexes in by_text.items()}

    def find(self, heading: str) -> _Match | None:
        heading = heading.strip()
        if not heading:
            return None
        if heading in self.codes:
            return self.codes[heading]
        text = plain(heading)
        if text in self.questions:
            return _Match("answer", self.questions[text], FULL_TEXT)
        if text in self.texts:
            return self.texts[text]
        return self._personal_or_timing(heading) or self._code_and_text(heading, text)

    def _personal_or_timing(self, heading: str) -> _Match | None:
        attribute = ATTRIBUTE.match(heading)
        if attribute:
            code = attribute[1] or f"attribute_{attribute[2]}"
            return _Match("personal", (code.lower(),), QUESTION_CODES)
        if heading in self.timings or TIMING.fullmatch(heading):
            return _Match("timing", (heading,), QUESTION_CODES)
        return None

    def _code_and_text(self, heading: str, text: str) -> _Match | None:
        start = CODE.match(heading)
        match = self.codes.get(start[0]) if start else None
        if match is None:
            return None
        rest = heading[start.end() :]
        if match.kind == "answer":
            texts = [known for known, keys in self.questions.items() if match.keys[0] in keys]
        else:
            texts = [known for known, other in self.texts.items() if other.keys == match.keys]
        # A wording that was mended after the codebook was made is accepted behind a clear mark.
        if text.endswith(tuple(texts)) or re.match(r"\s*[^\w\s\[]\s*\S", rest):
            return _Match(match.kind, match.keys, CODES_AND_TEXT)
        return None


def _codes(column: Column, zero_based: bool) -> Iterable[str]:
    codes = [column.heading]
    if column.year is not None:
        codes += [
            column.heading.replace(f"_J{column.year}", f"_{mark}{column.year}")
            for mark in ("", "Y")
        ]
    if column.question.type == "array_dual_scale":
        stem = column.variable.rsplit("_", 1)[0]
        codes.append(f"{stem}_{column.scale - zero_based}")
        return codes
    # ExpressionScript writes underscores instead of brackets.
    return codes + [code.replace("][", "_").replace("[", "_").replace("]", "") for code in codes]


def _scales_from_zero(columns: Sequence[Column], headings: Sequence[str]) -> bool:
    stems = {
        column.variable.rsplit("_", 1)[0]
        for column in columns
        if column.question.type == "array_dual_scale"
    }
    return any(f"{stem}_0" in headings for stem in stems)


def _settle_leading_system_columns(found: list[_Match | None], headings: Sequence[str]) -> None:
    # LimeSurvey writes its own columns first; only there is "Plaats" the seed.
    texts = {plain(text): code for code, texts in SYSTEM.items() for text in texts}
    taken: set[str] = set()
    for position, heading in enumerate(headings):
        code = texts.get(plain(heading))
        if code is None and (found[position] is None or found[position].kind == "answer"):
            return
        if code is not None and code not in taken:
            found[position] = _Match("system", (code,), FULL_TEXT)
            taken.add(code)


def _share_out_equal_texts(found: list[_Match | None], columns: Sequence[Column]) -> None:
    shared = Counter(match.keys for match in found if match and len(match.keys) > 1)
    turn: Counter[tuple[str | int, ...]] = Counter()
    for position, match in enumerate(found):
        if match is None or len(match.keys) == 1:
            continue
        if shared[match.keys] != len(match.keys):
            codes = " and ".join(columns[int(key)].heading for key in match.keys[:2])
            raise InputError(
                f"Column {position + 1} has a heading that fits {len(match.keys)} questions "
                f"({codes}). Export with question codes as headings."
            )
        found[position] = _Match(match.kind, (match.keys[turn[match.keys]],), match.how)
        turn[match.keys] += 1


def _refuse_unknown(
    found: Sequence[_Match | None], headings: Sequence[str], columns: Sequence[Column], name: str
) -> None:
    unknown = [position for position, match in enumerate(found) if match is None]
    if not unknown:
        return
    heading = headings[unknown[0]]
    near = closest(heading, [*SYSTEM, *PERSONAL, *(column.heading for column in columns)])
    texts = {plain(text): column.heading for column in columns for text in column.texts}
    for text in () if near else difflib.get_close_matches(plain(heading), texts, n=1):
        near = f" Closest: {texts[text]}."
    # A file without headings starts with answers, so an unknown heading is never quoted.
    advice = (
        " The headings are shortened: export with question codes."
        if ".." in heading
        else near or " Is this its codebook? Export with question codes as headings."
    )
    raise InputError(
        f"{len(unknown)} of the {len(headings)} columns of {name} are not in the codebook; the "
        f"first is column {unknown[0] + 1}.{advice}"
    )


def _refuse_absent(positions: Mapping[str, int], columns: Sequence[Column], name: str) -> None:
    absent = [c.heading for i, c in enumerate(columns) if f"answer {i}" not in positions]
    absent += [code for code in NEEDED if f"system {code}" not in positions]
    if absent:
        raise InputError(
            f"{len(absent)} columns that the codebook expects are absent from {name}; the first is "
            f"{absent[0]}. Export all questions, with response ID and date submitted."
        )


def _of_kind(kind: str, found: Sequence[_Match]) -> dict[str, int]:
    return {
        str(match.keys[0]): position for position, match in enumerate(found) if match.kind == kind
    }


def _style(found: Sequence[_Match]) -> str:
    ways = Counter(match.how for match in found if match.kind == "answer")
    return " and ".join(sorted(ways)) if len(ways) > 1 else next(iter(ways))
