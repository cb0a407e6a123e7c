"""How people say an amount loosely: about, at least, between, in words, or not at all."""

import re
from collections.abc import Mapping
from types import MappingProxyType

WORDS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        ("-", "--", "-,-", "n.v.t.", "n.v.t", "nvt", "nvt.", "niet van toepassing")
        + ("n/a", "n.a.", "n/v/t", "not applicable"),
        "not_applicable",
    )
    | dict.fromkeys(
        ("weet niet", "weet ik niet", "onbekend", "geen idee", "niet bekend", "?", "??", "???")
        + ("don't know", "dont know", "unknown", "weet niet / n.v.t.", "n.b.", "n.b", "nb")
        + ("nog niet bekend", "n.n.b.", "n.n.b", "nnb"),
        "dont_know",
    )
    | dict.fromkeys(
        ("geheim", "vertrouwelijk", "wil niet zeggen", "wil ik niet zeggen", "zeg ik niet")
        + ("weigert", "geen opgave", "geen antwoord", "confidential", "secret", "refused"),
        "refused",
    )
)
NOUGHT = ("nul", "nihil", "zero", "nil")
# "None" is nought of an amount, or no answer to the question.
NONE = ("geen", "niets", "none", "nothing")
ABOUT = re.compile(
    r"(?:c\.?a\.?|circa|ongeveer|ong\.?|plm\.?|rond(?: de)?|about|approximately|approx\.?|±|\+/-"
    r"|\+-|~|≈|(?:naar )?schatting:?|geschat:?|bijna|ruim|estimated:?|estimate:?)"
    r" *(?=[0-9€.,<>-]|eur|een|tussen|min|max)"
)
ABOUT_TOO = re.compile(r" *(?:\?+|\((?:schatting|geschat|circa|ca\.?|ongeveer|estimate)\))$")
BOUND = re.compile(
    r"(?:[<>≤≥]=?|minder dan|meer dan|maximaal|max[.:]|minimaal|min[.:]|hooguit|hoogstens"
    r"|ten minste|tenminste|minstens|onder(?: de)?|boven(?: de)?|less than|more than|at most"
    r"|at least|up to|tot) *"
)
BETWEEN = re.compile(
    r"(?:(?:tussen|between) )(?P<low>.+?) (?:en|and) (?P<high>.+)"
    r"|(?:van |from )?(?P<first>[^-/]+?) ?(?:-|/|\b(?:à|a|tot|t/m|to)\b) ?(?P<last>[^-/]+)"
)
POWER = re.compile(r"([0-9](?:[.,][0-9]+)?)e\+?([0-9]{1,2})")
NUMERALS: Mapping[str, str] = MappingProxyType(
    {"een": "1", "één": "1", "a": "1", "one": "1", "half": "0,5", "een half": "0,5"}
    | {"anderhalf": "1,5", "anderhalve": "1,5", "twee": "2", "two": "2", "tweeënhalf": "2,5"}
    | {"drie": "3", "three": "3", "vier": "4", "four": "4", "vijf": "5", "five": "5"}
    | {"zes": "6", "six": "6", "zeven": "7", "seven": "7", "acht": "8", "eight": "8"}
    | {"negen": "9", "nine": "9", "tien": "10", "ten": "10", "elf": "11", "twaalf": "12"}
    | {"vijftien": "15", "twintig": "20", "twenty": "20", "dertig": "30", "veertig": "40"}
    | {"vijftig": "50", "zestig": "60", "zeventig": "70", "tachtig": "80", "negentig": "90"}
    | {"honderd": "100", "tweehonderd": "200", "driehonderd": "300", "vijfhonderd": "500"}
)
# Alone they are no amount.
ARTICLES = ("een", "a", "half", "een half")
LONGEST = 60


def words(text: str) -> str:
    """Return the status of an answer in words, or nothing when it is none of those known."""
    return WORDS.get(text) or WORDS.get(text.rstrip("."), "")


def about(text: str) -> str:
    """Return an amount without what says that it is not exact."""
    return ABOUT_TOO.sub("", ABOUT.sub("", text, count=1))


def ends(text: str) -> tuple[str, ...]:
    """Return the amounts that a text leaves open: both ends, the one bound, or either sign."""
    if len(text) > LONGEST:
        return ()
    if text.startswith("(") and text.endswith(")"):
        return f"-{text[1:-1].strip()}", text[1:-1].strip()
    bound = BOUND.match(text)
    if bound and bound.end() < len(text):
        return (text[bound.end() :],)
    if text.endswith("+"):
        return (text[:-1].rstrip(),)
    between = BETWEEN.fullmatch(text)
    if between:
        return tuple(end.strip() for end in between.groups() if end)
    return ()


def figures(text: str, magnitudes: str) -> str:
    """Return an amount in words, or as a power of ten, in figures.

    Parameters
    ----------
    text
        The amount.
    magnitudes
        A pattern of the words that may follow a number.
    """
    power = POWER.fullmatch(text)
    if power:
        whole, _, part = power[1].replace(",", ".").partition(".")
        places = max(int(power[2]), len(part))
        return whole + part.ljust(places, "0") if places == int(power[2]) else text
    found = re.fullmatch(rf"(\D+?) ?((?:{magnitudes})\b.*)?", text)
    number = NUMERALS.get(found[1]) if found else None
    if found is None or number is None or (found[1] in ARTICLES and not found[2]):
        return text
    return f"{number} {found[2] or ''}".strip()
