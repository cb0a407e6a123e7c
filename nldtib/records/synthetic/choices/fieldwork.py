"""How an invented round goes: who answers, in which words, with which mistakes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answering:
    """Who answers: odds, numbers of respondents, and percentages of respondents."""

    odds_mod_business: float
    habit: float
    knowledge_institutes: float
    outside: float
    left_on_first_page: float
    left_on_second_page: float
    english: float


@dataclass(frozen=True)
class Questions:
    """Codes of questions that feed no variable; `register` by the column of the frame they ask."""

    name: str
    in_scope: str
    remarks: str
    unit_of_amounts: str
    challenge: str
    register: dict[str, str]


@dataclass(frozen=True)
class Planted:
    """How many respondents make each mistake, and how many units the frame has twice."""

    whole_euros: float
    whole_euros_undecided: float
    whole_euros_said: float
    large_employees: float
    defence_above_total: float
    rd_fte_above_fte: float
    percent_above_100: float
    twice: float
    unknown_kvk: float
    doubles: float


@dataclass(frozen=True)
class Lists:
    """What lists of sources get wrong, in percent of their rows."""

    name_otherwise: float
    without_number: float
    without_postcode: float
    twice: float


@dataclass(frozen=True)
class Typing:
    """In which way cells are typed, in percent, by kind of cell."""

    amounts: dict[str, float]
    percentages: dict[str, float]
    fte: dict[str, float]
    kvk: dict[str, float]
    names: dict[str, float]


@dataclass(frozen=True)
class Deciding:
    """What an analyst writes beside a correction, and beside a decision on who is who."""

    reason: str
    reason_same: str
    reason_response: str
    who: str
    days_after_fieldwork: float


@dataclass(frozen=True)
class Names:
    """Syllables and words of which names are made."""

    odd: list[str]
    first: list[str]
    second: list[str]
    third: list[str]
    legal_forms: list[str]
    knowledge_institute: str
    given: list[str]
    family: list[str]
