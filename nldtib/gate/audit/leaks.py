"""Search the files of an edition for what may never leave: who answered, and in which words.

Words are compared without case, accents and punctuation, between word boundaries. What our own
public texts say already (a question naming TNO, the word "na") tells nothing about who answered,
so it is no leak.
"""

import getpass
import html
import re
import socket
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nldtib.errors import InputError
from nldtib.gate.audit import reading

COLUMNS = ("kind", "file", "count")
WITHHELD = ("kind", "text")
LEGAL = ("bv", "b v", "nv", "n v", "vof", "v o f", "cv", "c v", "holding", "stichting")
# A name that is shorter is compared letter by letter, capitals included.
SHORT = 5
# The first word of a name alone is a leak only when it is long enough to be nobody else's.
TELLING = 6
# So many words in a row of somebody's answer are a quotation.
QUOTED = 5
SENTENCE = 12
INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"

MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PATH = re.compile(
    r"(?<![\w.])/(?:home|Users|root|tmp|var|usr|opt|mnt|srv|private|work|data)/[\w.-]+"
    r"|\b[A-Z]:\\\w|\\\\[\w.-]+\\\w"
)
LIMIT = re.compile(
    r"p_percent|fewest_holdings"
    r"|\bp[ -]?(?:%|percent|procent)[ -]?(?:regel|rule)?\W{0,3}(?:van|of|is|met|with)?\W{0,3}\d"
    r"|\b(?:dominantie|dominance)\w*\W{1,3}(?:regel|rule)?\W{0,3}\d"
    r"|\(\s*n\s*,\s*k\s*\)\W{0,3}(?:regel|rule)?\W{0,3}\d"
    r"|\b[pk]\s?=\s?\d|[\"'][pk][\"']\s*:\s*\d",
    re.IGNORECASE,
)
NUMBER_DIGITS = (8, 9)
NUMBER = re.compile(r"(?<![0-9A-Za-z.,])\d{8,9}(?![0-9A-Za-z]|[.,]\d)")


@dataclass(frozen=True)
class Sought:
    """What is searched for: phrases by their first word, exact words, and numbers."""

    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    exact: Mapping[str, str]
    numbers: Mapping[str, str]


def search(folder: Path, withheld: pd.DataFrame, own: str) -> pd.DataFrame:
    """Return what was found in which file, in counts; it never quotes.

    Parameters
    ----------
    folder
        An edition; all files in and below it are read.
    withheld
        kind (name, number, key, person, mail, answer) and text of what may not leave.
    own
        Our own public texts.

    Returns
    -------
    One row per kind and file: kind, file, count; kinds as above, and path, user, host, limit and
    unreadable.

    Raises
    ------
    InputError
        `withheld` is no such table.
    """
    if tuple(withheld.columns) != WITHHELD:
        raise InputError("The list of what may not leave has other columns than kind and text.")
    sought = _sought(withheld, own)
    found = []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        counts: dict[str, int] = defaultdict(int)
        try:
            for text in [path.name, *reading.texts(path)]:
                for kind, number in _in_text(text, sought, own):
                    counts[kind] += number
        except (ValueError, UnicodeDecodeError):
            counts["unreadable"] += 1
        found += [(kind, path.name, counts[kind]) for kind in sorted(counts) if counts[kind]]
    return pd.DataFrame(found, columns=list(COLUMNS))


def words_of(text: str) -> list[str]:
    """Return the words of a text without case, accents and punctuation."""
    bare = unicodedata.normalize("NFKD", _without(text, INVISIBLE).casefold())
    bare = _without(bare, filter(unicodedata.combining, set(bare)))
    return re.findall(r"[0-9a-z]+", bare)


def _without(text: str, letters: Iterable[str]) -> str:
    for letter in letters:
        text = text.replace(letter, "")
    return text


def _sought(withheld: pd.DataFrame, own: str) -> Sought:
    phrases, exact, numbers = defaultdict(set), {}, {}
    ordinary = f" {' '.join(words_of(own))} "
    for kind, text in withheld.dropna().astype(str).itertuples(index=False):
        digits = re.sub(r"[\s.-]", "", text)
        if kind == "number" or (digits.isdigit() and len(digits) in NUMBER_DIGITS):
            numbers |= {digits: "number"} if len(digits) in NUMBER_DIGITS else {}
        elif kind in ("key", "mail"):
            # A number without letters is no key that anybody would recognise.
            exact |= {text: kind} if re.search(r"[A-Za-z]", text) and len(text) > 3 else {}
        else:
            for phrase in _phrases(kind, text, ordinary):
                if f" {' '.join(phrase)} " not in ordinary:
                    phrases[phrase[0]].add((phrase, kind))
            if kind == "name" and 3 <= len(text) < SHORT and text not in own:
                exact[text] = kind
    return Sought({word: tuple(sorted(some)) for word, some in phrases.items()}, exact, numbers)


def _phrases(kind: str, text: str, ordinary: str) -> Iterator[tuple[str, ...]]:
    several = words_of(text)
    if kind == "answer":
        for start in range(len(several) - QUOTED + 1):
            yield tuple(several[start : start + QUOTED])
        # One word, or a few short ones, are what anybody may say.
        if 1 < len(several) < QUOTED and len(text) >= SENTENCE:
            yield tuple(several)
        return
    whole = " ".join(several)
    for _ in range(2):
        for legal in LEGAL:
            whole = whole.removesuffix(f" {legal}")
    if len(whole) >= SHORT:
        yield tuple(whole.split())
    first = several[0] if several else ""
    if kind == "name" and len(first) >= TELLING and not first.isdigit():
        yield (first,)


def _in_text(text: str, sought: Sought, own: str) -> Iterator[tuple[str, int]]:
    read = reading.plain(text)
    unescaped = html.unescape(text)
    for view in dict.fromkeys((unescaped, read)):
        yield from _said(view, sought)
    for kind, pattern in (("path", PATH), ("limit", LIMIT), ("mail", MAIL)):
        yield kind, sum(found not in own for found in pattern.findall(unescaped))
    for kind, word in (("user", getpass.getuser()), ("host", socket.gethostname())):
        if len(word) >= SHORT and word not in own:
            yield kind, len(re.findall(rf"(?<!\w){re.escape(word)}(?!\w)", unescaped))


def _said(view: str, sought: Sought) -> Iterator[tuple[str, int]]:
    several = words_of(view)
    for place, word in enumerate(several):
        for phrase, kind in sought.phrases.get(word, ()):
            if tuple(several[place : place + len(phrase)]) == phrase:
                yield kind, 1
    for word in re.findall(r"[\w@.+-]+", view):
        if word in sought.exact:
            yield sought.exact[word], 1
    for digits in NUMBER.findall(view):
        if digits in sought.numbers:
            yield "number", 1


def described(found: Iterable[tuple[str, str, int]]) -> str:
    """Return findings in words: how many of which kind, in which files."""
    return "; ".join(f"{count} of kind {kind} in {name}" for kind, name, count in found)
