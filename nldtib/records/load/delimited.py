"""Delimited text, read with its quoting: an unquoted empty field is not the same as "".

LimeSurvey writes SQL NULL as an unquoted empty field and an answer left blank as "". The csv and
pandas readers lose that difference, so this room has its own small parser: rows end in CRLF or LF,
quoted cells may hold line breaks, separators and doubled quotes.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nldtib.errors import InputError
from nldtib.records.load.grid import Grid, Row, by_column

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8", "UTF-8 with BOM"),
    (b"\xff\xfe\0\0", "utf-32-le", "UTF-32"),
    (b"\xff\xfe", "utf-16-le", "UTF-16"),
    (b"\xfe\xff", "utf-16-be", "UTF-16"),
)
# Marks that Windows-1252 puts nowhere behind a letter, or in no word: é and ë of old Mac and DOS
# programs have the same bytes.
STRANGE = re.compile(
    "[A-Za-z][\u201a\u0192\u02c6\u2030]|[a-z][\u017d\u0160]|[A-Za-z][\u201e\u2026\u201c\u2022][a-z]"
    "|[A-Za-z]\u2018(?!s\\b)[a-z]"
)
# Two or three bytes that only UTF-8 writes: with these, a broken byte is damage, not Windows-1252.
UTF_8_LETTER = re.compile(rb"[\xc3-\xc5][\x80-\xbf]|\xe2[\x80-\x82][\x80-\xbf]")


@dataclass(frozen=True)
class Records:
    """All rows of a text; below the first, how many fields are in quotes or text without them."""

    rows: tuple[Row, ...]
    quoted: int
    bare: int


def decode(content: bytes, name: str, encoding: str = "") -> tuple[str, str]:
    """Return the text of a file and its encoding in words.

    Parameters
    ----------
    content
        The bytes of the file.
    name
        How a refusal names the file.
    encoding
        How the file is lettered where a person knows it; else it is recognised.

    Raises
    ------
    InputError
        The bytes are no text in UTF-8, UTF-16 or Windows-1252.
    """
    if encoding:
        try:
            return content.decode(encoding).removeprefix("\ufeff"), encoding
        except (UnicodeDecodeError, LookupError):
            raise InputError(
                f"{name} cannot be read as {encoding}. Name another encoding, or none."
            ) from None
    for mark, codec, words in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decoded(content[len(mark) :], codec, words, name), words
    if b"\0" in content:
        codec = _utf_16_without_mark(content)
        if not codec:
            raise InputError(f"{name} is binary, not text. Export the responses as CSV.")
        return _decoded(content, codec, "UTF-16", name), "UTF-16 without BOM"
    try:
        text = content.decode("utf-8")
        once = text if text.isascii() else twice(text)
        return once, "UTF-8" if once == text else "UTF-8 written twice"
    except UnicodeDecodeError as problem:
        if UTF_8_LETTER.search(content):
            raise _undecodable(name, "UTF-8", problem.start) from None
    text = _decoded(content, "cp1252", "Windows-1252", name)
    if STRANGE.search(text):
        raise InputError(
            f"{name} is lettered neither as UTF-8 nor as Windows-1252, but as an old Mac or DOS "
            "program writes: é and ë would be lost. Save it as UTF-8, or name its encoding "
            "(--encoding mac_roman, or cp850)."
        )
    return text, "Windows-1252"


def records(
    text: str, separator: str, name: str, quote: str = '"', escape: bool = False
) -> Records:
    """Split a delimited text into rows, keeping None (nothing) apart from "" (an empty quotation).

    Parameters
    ----------
    text
        The whole file, decoded.
    separator
        One character.
    name
        How a refusal names the file.
    quote
        What stands around a quoted field; doubled inside.
    escape
        Whether a quote behind a backslash is not doubled, as PHP writes it.

    Raises
    ------
    InputError
        A quote stays open, or text stands beside a quoted field; the row is named, the headings
        being row 1.
    """
    field = _field(separator, quote, escape)
    twice = quote * 2
    rows: list[Row] = []
    row: Row = []
    quoted = bare = position = 0
    end = len(text)
    # One copy of each text: a large export repeats a few thousand.
    once: Callable[[str, str], str] = {}.setdefault
    while position < end:
        found = field.match(text, position)
        if found is None:
            raise _broken_quote(text, position, name, len(rows) + 1, quote)
        inside, outside, stop = found.groups()
        if inside is not None:
            quoted += bool(rows)
            plain = inside.replace(twice, quote) if quote in inside else inside
            row.append(once(plain, plain))
        elif outside:
            bare += bool(rows)
            row.append(once(outside, outside))
        else:
            row.append(None)
        position = found.end()
        if stop != separator:
            rows.append(row)
            row = []
        elif position == end:
            rows.append([*row, None])
    while rows and rows[-1] == [None]:
        rows.pop()
    return Records(tuple(rows), quoted, bare)


def twice(text: str) -> str:
    """Return a text whose letters were written as UTF-8 twice as it was before the second time."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


def read(text: str, encoding: str, name: str, known: Callable[[Sequence[str]], int]) -> Grid:
    """Read a delimited file; the separator is the one that gives the most known headings.

    Parameters
    ----------
    text, encoding
        From `decode`.
    name
        How a refusal names the file.
    known
        Counts how many of some headings are known.

    Raises
    ------
    InputError
        A quote stays open, or a row has another number of fields than the headings: the file is
        cut off or was mended by hand.
    """
    text = re.sub(r"\A\"?sep=.\"?[\r\n]+", "", text)
    separator = max(SEPARATORS, key=lambda mark: _heading_score(text, mark, known))
    table = records(text, separator, name)
    if not table.rows:
        raise InputError(f"{name} is empty. Export the responses again.")
    refuse_uneven(table.rows, text, name)
    # LimeSurvey quotes every value. Text without quotes means that another program saved the file.
    blanks_kept = table.bare == 0 and table.quoted > 0
    return Grid(
        headings=tuple(heading or "" for heading in table.rows[0]),
        columns=by_column(table.rows[1:], len(table.rows[0])),
        tool="LimeSurvey CSV",
        lettering=f"{SEPARATORS[separator]}, {encoding}",
        blanks_kept=blanks_kept,
        losses=_losses(encoding, blanks_kept),
    )


def _field(separator: str, quote: str = '"', escape: bool = False) -> re.Pattern[str]:
    mark = re.escape(separator)
    inside = (
        rf"[^{quote}\\]++|\\[\s\S]|{quote}{quote}" if escape else f"[^{quote}]++|{quote}{quote}"
    )
    return re.compile(
        rf"(?:{quote}((?:{inside})*+){quote}|([^{mark}{quote}\r\n]*+))({mark}|\r\n|\n|\r|\Z)"
    )


def refuse_uneven(rows: Sequence[Row], text: str, name: str) -> None:
    """Refuse rows that have another number of fields than the first.

    Raises
    ------
    InputError
        The file is cut off or was mended by hand; the row is named.
    """
    width = len(rows[0])
    for number, row in enumerate(rows, start=1):
        if len(row) != width:
            last = " It is the last row: the file may be cut off." if number == len(rows) else ""
            raise InputError(
                f"Row {number} of {name} has {len(row)} fields where the headings have {width}."
                f"{last} Export the responses again."
            )
    if rows[-1][-1] is None and not text.endswith(("\r", "\n")):
        raise InputError(
            f"Row {len(rows)} of {name} ends in an absent field and has no line end: the file may "
            "be cut off. Export the responses again."
        )


def _losses(encoding: str, blanks_kept: bool) -> tuple[str, ...]:
    losses = []
    if encoding == "Windows-1252":
        losses.append(
            "The file is no UTF-8 and was read as Windows-1252: letters outside that set were lost "
            "when it was saved."
        )
    if not blanks_kept:
        losses.append(
            "Another program saved this CSV again: it no longer tells a question that was not "
            "reached from one that was left blank."
        )
    return tuple(losses)


def _heading_score(
    text: str, separator: str, known: Callable[[Sequence[str]], int]
) -> tuple[int, int]:
    first = _first_record(text, separator)
    return known([heading or "" for heading in first]), len(first)


def _first_record(text: str, separator: str) -> Row:
    field = _field(separator)
    row: Row = []
    position = 0
    while position < len(text) and (found := field.match(text, position)):
        inside, outside, stop = found.groups()
        row.append(outside if inside is None else inside.replace('""', '"'))
        position = found.end()
        if stop != separator:
            break
    return row


def _utf_16_without_mark(content: bytes) -> str:
    # Western text in UTF-16 has its zeros in every second byte, and none in the others.
    odd, even = 0 in content[1::2], 0 in content[0::2]
    if odd and not even:
        return "utf-16-le"
    return "utf-16-be" if even and not odd else ""


def _decoded(content: bytes, codec: str, words: str, name: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as problem:
        raise _undecodable(name, words, problem.start) from None


def _undecodable(name: str, words: str, start: int) -> InputError:
    return InputError(
        f"{name} cannot be read as {words}: byte {start + 1} is damaged or the file is cut off. "
        "Export the responses again as UTF-8."
    )


def _broken_quote(text: str, position: int, name: str, row: int, quote: str) -> InputError:
    opens = text.startswith(quote, position)
    whole = re.compile(f"{quote}(?:[^{quote}]++|{quote}{quote})*+{quote}")
    if opens and not whole.match(text, position):
        return InputError(
            f"Row {row} of {name} opens a quote that is never closed: the file is cut off. "
            "Export the responses again."
        )
    return InputError(
        f"Row {row} of {name} has text beside a quoted field. Export the responses again, "
        "and do not mend the file by hand."
    )
