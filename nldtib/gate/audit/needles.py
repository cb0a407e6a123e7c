"""What may not leave, as needles: hashes that find a text again and do not tell it.

Phrases are compared as words without case, accents and punctuation; codes and addresses letter by
letter; register numbers by their digits. The key stands beside the needles: they hide the texts
from whoever reads or copies the list, not from whoever guesses a name and tries it.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.errors import InputError

COLUMNS = ("kind", "form", "words", "sieve", "needle")
PHRASE, TOKEN, DIGITS = "phrase", "token", "digits"
LEGAL = ("bv", "b v", "nv", "n v", "vof", "v o f", "cv", "c v", "holding", "stichting")
# A name that is shorter is compared letter by letter, capitals included.
SHORT = 5
# The first word of a name alone is a leak only when it is long enough to be nobody else's.
TELLING = 6
# So many words in a row of somebody's answer are a quotation.
QUOTED = 5
SENTENCE = 12
# What our own public texts say as well tells nothing about who answered.
ORDINARY = ("name", "person", "answer")

INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
EXACT = re.compile(r"\w(?:[\w@.+-]*\w)?")
NUMBER_DIGITS = (8, 9)
NUMBER = re.compile(r"(?<![0-9A-Za-z.,])\d{8,9}(?![0-9A-Za-z]|[.,]\d)")
SIEVE_BITS = 22


class _Codes(dict[str, int]):
    """The number of every word met so far."""

    def __init__(self, key: bytes):
        super().__init__()
        self.key = key

    def __missing__(self, word: str) -> int:
        digest = hashlib.blake2b(word.encode(), key=self.key, digest_size=8).digest()
        self[word] = int.from_bytes(digest)
        return self[word]

    def of(self, several: Sequence[str]) -> np.ndarray:
        """Return the numbers of some words."""
        return np.array([self[word] for word in several], dtype=np.uint64)


@dataclass(frozen=True)
class Needles:
    """What is searched for, ready for the search.

    codes
        The number of every word, under the key of the hashes.
    sieves
        By number of words: which folds of so many words may be a phrase.
    kinds
        What each hash is of.
    """

    codes: _Codes
    sieves: Mapping[int, np.ndarray]
    kinds: Mapping[str, str]


def table(withheld: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """Return the needles of what may not leave; nobody can read it from them.

    Parameters
    ----------
    withheld
        kind (name, number, key, person, mail, answer) and text.

    Returns
    -------
    COLUMNS, sorted. The first row holds the key in place of a needle; it is drawn from the texts
    themselves, so that the same round gives the same list.
    """
    rows = sorted(set(withheld))
    key = hashlib.blake2b(repr(rows).encode(), digest_size=32).digest()
    codes, found = _Codes(key), set()
    for kind, text in rows:
        for form, sought in _forms(kind, text):
            several = sought.split() if form == PHRASE else []
            sieve = int(_folds(codes.of(several), len(several), codes)[0]) if several else 0
            found.add((kind, form, len(several), sieve, _hashed(form, sought, key)))
    return pd.DataFrame([("", "", 0, 0, key.hex()), *sorted(found)], columns=list(COLUMNS))


def ready(listed: pd.DataFrame, own: str) -> Needles:
    """Return needles ready for the search, without what our own texts say.

    Raises
    ------
    InputError
        The list is no list of needles.
    """
    columns = tuple(listed.columns)
    if columns != COLUMNS or not len(listed):
        raise InputError(
            f"The list of what may not leave has other columns than {', '.join(COLUMNS)}, or no "
            "row. Make the edition again with `nldtib run`."
        )
    try:
        key = bytes.fromhex(str(listed["needle"].iloc[0]))
        rows = listed.iloc[1:].astype({"words": int, "sieve": int})
    except ValueError:
        raise InputError(
            "The list of what may not leave is damaged. Make the edition again with `nldtib run`."
        ) from None
    said = set(_found(own, _needles(rows, key)))
    return _needles(rows[~(rows["kind"].isin(ORDINARY) & rows["needle"].isin(said))], key)


def kinds(text: str, needles: Needles) -> Iterator[str]:
    """Give the kind of what stands in a text, once for each place."""
    return (needles.kinds[one] for one in _found(text, needles))


def words_of(text: str) -> list[str]:
    """Return the words of a text without case, accents and punctuation."""
    bare = unicodedata.normalize("NFKD", _without(text, INVISIBLE).casefold())
    bare = _without(bare, filter(unicodedata.combining, set(bare)))
    return re.findall(r"[0-9a-z]+", bare)


def _without(text: str, letters: Iterable[str]) -> str:
    for letter in letters:
        text = text.replace(letter, "")
    return text


def _needles(rows: pd.DataFrame, key: bytes) -> Needles:
    sieves = {}
    for count, some in rows[rows["form"] == PHRASE].groupby("words"):
        sieves[int(count)] = np.zeros(2**SIEVE_BITS, dtype=bool)
        sieves[int(count)][some["sieve"]] = True
    return Needles(_Codes(key), sieves, dict(zip(rows["needle"], rows["kind"], strict=True)))


def _found(text: str, needles: Needles) -> Iterator[str]:
    """Give the hash of every needle in a text, once for each place."""
    several = words_of(text)
    numbers = needles.codes.of(several)
    for count, sieve in needles.sieves.items():
        for place in np.flatnonzero(sieve[_folds(numbers, count, needles.codes)]):
            phrase = " ".join(several[place : place + count])
            yield from _known(PHRASE, [phrase], needles)
    yield from _known(TOKEN, EXACT.findall(text), needles)
    yield from _known(DIGITS, NUMBER.findall(text), needles)


def _known(form: str, several: Sequence[str], needles: Needles) -> Iterator[str]:
    hashes = {one: _hashed(form, one, needles.codes.key) for one in set(several)}
    sought = {one: found for one, found in hashes.items() if found in needles.kinds}
    return (sought[one] for one in several if one in sought)


def _folds(numbers: np.ndarray, count: int, codes: _Codes) -> np.ndarray:
    """Return one number of SIEVE_BITS bits for each run of so many words."""
    if len(numbers) < count:
        return np.zeros(0, dtype=np.intp)
    factor = np.uint64(codes[""] | 1)
    last = len(numbers) - count + 1
    folded = numbers[:last].copy()
    for place in range(1, count):
        folded = folded * factor + numbers[place : place + last]
    return (folded >> np.uint64(64 - SIEVE_BITS)).astype(np.intp)


def _hashed(form: str, text: str, key: bytes) -> str:
    return hashlib.blake2b(f"{form} {text}".encode(), key=key, digest_size=12).hexdigest()


def _forms(kind: str, text: str) -> Iterator[tuple[str, str]]:
    """Give the forms in which a text would be recognised."""
    digits = re.sub(r"[\s.-]", "", text)
    if digits.isdigit() and len(digits) in NUMBER_DIGITS:
        yield DIGITS, digits
    elif kind in ("key", "mail", "number"):
        # A number without letters is no key that anybody would recognise.
        if re.search(r"[A-Za-z]", text) and len(text) >= SHORT - 1:
            yield (TOKEN, text) if EXACT.fullmatch(text) else (PHRASE, " ".join(words_of(text)))
    else:
        yield from ((PHRASE, phrase) for phrase in _phrases(kind, text))
        if kind == "name" and 3 <= len(text) < SHORT:
            yield TOKEN, text


def _phrases(kind: str, text: str) -> Iterator[str]:
    several = words_of(text)
    if kind == "answer":
        for start in range(len(several) - QUOTED + 1):
            yield " ".join(several[start : start + QUOTED])
        # One word, or a few short ones, are what anybody may say.
        if 1 < len(several) < QUOTED and len(text) >= SENTENCE:
            yield " ".join(several)
        return
    whole = " ".join(several)
    for _ in range(2):
        for legal in LEGAL:
            whole = whole.removesuffix(f" {legal}")
    if len(whole) >= SHORT:
        yield whole
    first = several[0] if several else ""
    if kind == "name" and len(first) >= TELLING and not first.isdigit():
        yield first
