"""Names of organisations without what does not tell them apart."""

import re
import unicodedata

import pandas as pd

from nldtib.rounds import Match

# Letters that Unicode does not take apart into a plain one and a mark.
LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ł": "l", "đ": "d"})


def normalised(names: pd.Series, choices: Match) -> pd.Series:
    """Return names in small plain letters, without legal form, dots and words that tell nothing.

    An abbreviation becomes its word. A name of nothing but such words stays as it is, in small
    letters.
    """
    return names.astype(str).map(lambda name: _normalised(name, choices))


def _normalised(name: str, choices: Match) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold().translate(LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    # b.v. and n.v. are one word each, whatever stands between their letters.
    plain = re.sub(r"\b([a-z])\.\s*(?=[a-z]\b)", r"\1", plain.replace("&", " en "))
    words = re.findall(r"[a-z0-9]+", plain)
    words = [choices.abbreviations.get(word, word) for word in words]
    telling = [word for word in words if word not in choices.words_ignored]
    return " ".join(telling or words)
