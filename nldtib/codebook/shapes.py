"""What a codebook is made of."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Label:
    """One text in the languages of the report."""

    nl: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the text in `language` (`nl` or `en`)."""
        return self.en if language == "en" else self.nl


NO_LABEL = Label("", "")


@dataclass(frozen=True)
class Item:
    """A row of a question or an answer of a code list.

    feeds
        The variable that the row serves, if it has one of its own.
    status
        What an answer says instead of an answer: `dont_know`.
    none
        Whether the item excludes all others.
    """

    code: str
    label: Label
    feeds: str = ""
    unit_of_measure: str = ""
    status: str = ""
    none: bool = False


@dataclass(frozen=True)
class Question:
    """One question as the survey tool asks it.

    feeds
        Variables, dimensions or uses that the question as a whole serves.
    equals
        By earlier edition: where it is known that it asked the same.
    asked_if
        Routing of this question: answers, by the name of what is answered, that let it be asked.
    relevance
        The same as LimeSurvey writes it; a codebook not made here gives only this.
    minimum, maximum, sum_to
        What a number may be, and what the items add up to.
    """

    code: str
    type: str
    label: Label
    items: tuple[Item, ...] = ()
    answers: tuple[Item, ...] = ()
    answers_scale_2: tuple[Item, ...] = ()
    years: tuple[int, ...] = ()
    other: bool = False
    mandatory: bool = False
    relevance: str = ""
    help: Label = NO_LABEL
    unit_of_measure: str = ""
    base: Label = NO_LABEL
    feeds: tuple[str, ...] = ()
    equals: Mapping[str, str] = field(default_factory=dict)
    asked_if: Mapping[str, str] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    sum_to: float | None = None


@dataclass(frozen=True)
class Group:
    """Questions that stand on one page, and who is shown it."""

    label: Label
    questions: tuple[str, ...]
    asked_if: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Variable:
    """One column of the records, or one statistic that is made of such columns.

    A `scaled` or `model` statistic is its numerator times `factor` of the year: what the ground
    rooms know by that name (a public figure, or a parameter of a model). A `top_share` is what the
    `largest` of the units, as a share of all units, hold of its numerator.
    """

    name: str
    label: Label
    unit_of_measure: str
    statistic: str = "total"
    answer: str = ""
    formula: str = ""
    numerator: str = ""
    denominator: str = ""
    factor: str = ""
    largest: float = 0.0
    base: Label = NO_LABEL
    definition: Label = NO_LABEL

    @property
    def is_part(self) -> bool:
        """Return whether it only serves as a numerator: a sum of percentages says nothing."""
        return self.statistic == "total" and self.unit_of_measure == "percent"


@dataclass(frozen=True)
class Dimension:
    """One breakdown: in a partition a unit has one code, in an overlapping one any number.

    answer_codes
        By answer that a respondent gives, the code that it means. In a question with rows and
        answers the answer is named by both: `TNO_2`.
    """

    name: str
    label: Label
    codes: tuple[Item, ...]
    overlapping: bool = False
    answer: str = ""
    answer_codes: Mapping[str, str] = field(default_factory=dict)
    bands_of: str = ""
    lower_bounds: tuple[float, ...] = ()


@dataclass(frozen=True)
class Codebook:
    """Questions by code, variables and dimensions by name, in the order of the file.

    uses
        What answers serve that feed no variable or dimension, by name.
    burden
        Seconds that an answer takes, by what it asks.
    not_asked, later_questions
        Variables and dimensions of the file that this round does not ask for, and the questions
        that only later rounds ask.
    """

    title: Label
    questions: Mapping[str, Question]
    variables: Mapping[str, Variable]
    dimensions: Mapping[str, Dimension]
    groups: tuple[Group, ...] = ()
    uses: Mapping[str, Label] = field(default_factory=dict)
    burden: Mapping[str, float] = field(default_factory=dict)
    not_asked: frozenset[str] = frozenset()
    later_questions: frozenset[str] = frozenset()

    def answered(self) -> tuple[Variable, ...]:
        """Return the variables that respondents answer directly."""
        return tuple(v for v in self.variables.values() if v.answer)


def relevance_of(asked_if: Mapping[str, str]) -> str:
    """Return routing as LimeSurvey writes it; all conditions hold together.

    `NAOK` keeps a condition alive where the question it looks at was itself not shown.
    """
    return " and ".join(f'{name}.NAOK == "{answer}"' for name, answer in asked_if.items())


def closest(word: str, known: Iterable[str]) -> str:
    """Return ` Closest: ...` for a refusal, or nothing where no known word is near."""
    found = difflib.get_close_matches(word, list(known), n=1)
    return f" Closest: {found[0]}." if found else ""
