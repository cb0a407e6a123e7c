"""What one heading may stand for: a question by its code or text, or a column of the tool's own."""

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from nldtib.records.load import system_columns
from nldtib.records.load.expected import Column
from nldtib.records.load.system_columns import PERSONAL, SYSTEM

QUESTION_CODES, FULL_TEXT = "question codes", "full question text"
SHORT_TEXT, CODES_AND_TEXT = "abbreviated question text", "question codes and text"
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\[[^\]\[]*\])*(?:#[0-9])?")
DUAL = re.compile(r"\w+\[\w+\]\[[12]\]")
# Where the text was cut behind a point, the last two of three are the mark.
SHORTENED = re.compile(r"\.\.(?!\.) ?|…")


@dataclass(frozen=True)
class Match:
    """What one heading may stand for: keys are rows of expected columns, or a system code."""

    kind: str
    keys: tuple[str | int, ...]
    how: str


def plain(text: str) -> str:
    """Return a label as it is compared: entities decoded, no tags, one space, no capitals."""
    text = re.sub(r"<[^<>]*>", " ", html.unescape(text)).replace("_", " ")
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().casefold()
    return text.replace(" [", "[")


def bare(code: str) -> str:
    """Return a code as it is compared between tools: letters and digits, divided by _."""
    return re.sub(r"[^A-Za-z0-9]+", "_", code).strip("_").casefold()


class Lookup:
    """Expected headings by code and by text; built once for a file."""

    def __init__(self, columns: Sequence[Column], headings: Sequence[str]):
        self.codes: dict[str, Match] = {}
        self.texts: dict[str, Match] = {}
        for kind, names in (("system", SYSTEM), ("personal", PERSONAL)):
            for code, texts in names.items():
                self.codes[code] = Match(kind, (code,), QUESTION_CODES)
                for text in texts:
                    self.texts[plain(text)] = Match(kind, (code,), FULL_TEXT)
        self.timings = {f"{column.question.code}Time" for column in columns}
        by_text: dict[str, list[int]] = {}
        zero_based = _scales_from_zero(columns, headings)
        for row, column in enumerate(columns):
            for code in _codes(column, zero_based):
                self.codes[code] = Match("answer", (row,), QUESTION_CODES)
            for text in {plain(text) for text in column.texts}:
                by_text.setdefault(text, []).append(row)
        self.questions = {text: tuple(rows) for text, rows in by_text.items()}
        self.bare: dict[str, Match | None] = {}
        for code, match in self.codes.items():
            if zero_based and DUAL.fullmatch(code):
                # "samenw_OEM_1" is the second scale here, and "samenw[OEM][1]" still the first.
                continue
            other = self.bare.get(bare(code), match)
            # Two codes that differ only in capitals or marks are no way to know a column.
            same = other is not None and other.keys == match.keys
            self.bare[bare(code)] = match if same else None

    def find(self, heading: str) -> Match | None:
        """Return what a heading stands for, or None."""
        heading = heading.strip()
        if not heading:
            return None
        if heading in self.codes:
            return self.codes[heading]
        text = plain(heading)
        if text in self.questions:
            return Match("answer", self.questions[text], FULL_TEXT)
        if text in self.texts:
            return self.texts[text]
        return (
            self._personal_or_timing(heading)
            or self._code_and_text(heading, text)
            or self._shortened(heading)
            or self._joined(heading)
            or self.bare.get(bare(heading))
        )

    def _personal_or_timing(self, heading: str) -> Match | None:
        attribute = system_columns.ATTRIBUTE.match(heading)
        if attribute:
            code = attribute[1] or f"attribute_{attribute[2]}"
            return Match("personal", (code.lower(),), QUESTION_CODES)
        if heading in self.timings or system_columns.TIMING.fullmatch(heading):
            return Match("timing", (heading,), QUESTION_CODES)
        return None

    def _code_and_text(self, heading: str, text: str) -> Match | None:
        start = CODE.match(heading)
        match = self.codes.get(start[0]) or self.bare.get(bare(start[0])) if start else None
        if match is None:
            return None
        rest = heading[start.end() :]
        texts = self._texts_of(match)
        # A wording that was mended after the codebook was made is accepted behind a clear mark.
        clear = re.match(r"[\s_]*[^\w\s\[][\s_]*\S", rest)
        if text.endswith(tuple(texts)) or clear or _is_short_for(rest, texts):
            return Match(match.kind, match.keys, CODES_AND_TEXT)
        return None

    def _joined(self, heading: str) -> Match | None:
        # Where _ or nothing divides code and text, only the text tells where it begins.
        for end in range(len(heading) - 1, 0, -1):
            match = self.codes.get(heading[:end])
            if match is None:
                continue
            texts = self._texts_of(match)
            rest = heading[end:].lstrip(" _")
            if plain(rest) in texts or _is_short_for(rest, texts):
                return Match(match.kind, match.keys, CODES_AND_TEXT)
        return None

    def _texts_of(self, match: Match) -> list[str]:
        if match.kind == "answer":
            return [known for known, keys in self.questions.items() if match.keys[0] in keys]
        return [known for known, other in self.texts.items() if other.keys == match.keys]

    def _shortened(self, heading: str) -> Match | None:
        if not SHORTENED.search(heading.replace("_", " ")):
            return None
        pattern = _pattern(heading)
        rows = [
            row for text, rows in self.questions.items() if pattern.fullmatch(text) for row in rows
        ]
        return Match("answer", tuple(sorted(set(rows))), SHORT_TEXT) if rows else None


def _pattern(heading: str) -> re.Pattern[str]:
    parts = [plain(part) for part in SHORTENED.split(heading.replace("_", " "))]
    return re.compile(r"[^\[\]]*".join(re.escape(part) for part in parts))


def _is_short_for(rest: str, texts: Sequence[str]) -> bool:
    if not SHORTENED.search(rest.replace("_", " ")):
        return False
    shortened = _pattern(rest.lstrip())
    return any(shortened.fullmatch(text) for text in texts)


def _codes(column: Column, zero_based: bool) -> list[str]:
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
        bare(column.variable.rsplit("_", 1)[0])
        for column in columns
        if column.question.type == "array_dual_scale"
    }
    bares = {bare(CODE.match(heading)[0]) for heading in headings if CODE.match(heading)}
    return any(f"{stem}_0" in bares for stem in stems)
