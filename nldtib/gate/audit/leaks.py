"""Search the files of an edition for what may never leave: who answered, and in which words.

It knows names and answers as needles only. What our own public texts say already (a question
naming TNO, the word "na") tells nothing about who answered, so it is no leak.
"""

import getpass
import re
import socket
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from nldtib.gate.audit import needles, reading

COLUMNS = ("kind", "file", "count")

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
# A shorter name of a person or machine is a word like any other.
SHORT = 5


def search(folder: Path, withheld: pd.DataFrame, own: str) -> pd.DataFrame:
    """Return what was found in which file, in counts; it never quotes.

    Parameters
    ----------
    folder
        An edition; all files in and below it are read.
    withheld
        What may not leave, as `needles.table` gives it.
    own
        Our own public texts.

    Returns
    -------
    One row per kind and file: kind, file, count; kinds as above, and path, user, host, limit and
    unreadable.

    Raises
    ------
    InputError
        `withheld` is no list of needles.
    """
    sought = needles.ready(withheld, own)
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


def _in_text(text: str, sought: needles.Needles, own: str) -> Iterator[tuple[str, int]]:
    views = reading.views(text)
    for view in views:
        yield from ((kind, 1) for kind in needles.kinds(view, sought))
    for kind, pattern in (("path", PATH), ("limit", LIMIT), ("mail", MAIL)):
        yield kind, sum(found not in own for found in pattern.findall(views[0]))
    for kind, word in (("user", getpass.getuser()), ("host", socket.gethostname())):
        if len(word) >= SHORT and word not in own:
            yield kind, len(re.findall(rf"(?<!\w){re.escape(word)}(?!\w)", views[0]))


def described(found: Iterable[tuple[str, str, int]]) -> str:
    """Return findings in words: how many of which kind, in which files."""
    return "; ".join(f"{count} of kind {kind} in {name}" for kind, name, count in found)
