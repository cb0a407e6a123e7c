"""The questionnaire, the variables it feeds, and the words in which readers meet them.

One file holds them: `parameters/<round>/codebook.yml`. The same reader takes the JSON codebook of
a survey that was not made here; such a file has questions only.
"""

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from nldtib.errors import InputError, ParameterError

QUESTION_TYPES = frozenset(
    """text text_long texts number numbers single single_with_comment multiple multiple_with_comment
    yes_no date ranking array_text array_number array_single array_dual_scale""".split()
)
STATISTICS = frozenset({"total", "ratio", "share", "change"})
ROUND_YEARS = "reference_years"


@dataclass(frozen=True)
class Label:
    """One text in the languages of the report."""

    nl: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the text in `language` (`nl` or `en`)."""
        return self.en if language == "en" else self.nl


@dataclass(frozen=True)
class Item:
    """A row of a question or an answer of a code list."""

    code: str
    label: Label


@dataclass(frozen=True)
class Question:
    """One question as the survey tool asks it."""

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
    limesurvey_type: str = ""


@dataclass(frozen=True)
class Variable:
    """One column of the records, or one statistic that is made of such columns."""

    name: str
    label: Label
    unit_of_measure: str
    statistic: str = "total"
    answer: str = ""
    formula: str = ""
    numerator: str = ""
    denominator: str = ""
    base: Label = field(default_factory=lambda: Label("", ""))
    definition: Label = field(default_factory=lambda: Label("", ""))


@dataclass(frozen=True)
class Dimension:
    """One breakdown: in a partition a unit has one code, in an overlapping one any number."""

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
    """Questions by code, variables and dimensions by name, in the order of the file."""

    title: Label
    questions: Mapping[str, Question]
    variables: Mapping[str, Variable]
    dimensions: Mapping[str, Dimension]

    def answered(self) -> tuple[Variable, ...]:
        """Return the variables that respondents answer directly."""
        return tuple(v for v in self.variables.values() if v.answer)


def read(path: Path | str, reference_years: Iterable[int] = ()) -> Codebook:
    """Read a codebook from YAML (ours) or JSON (questions only).

    Parameters
    ----------
    path
        `codebook.yml` of a round, or a JSON file with `groups` of `questions`.
    reference_years
        What `years: reference_years` stands for in this round.

    Raises
    ------
    InputError
        The file is absent, is no YAML or JSON, or describes a question that cannot be read.
    """
    path = Path(path)
    raw = _parsed(path)
    questions = {}
    for group in raw.get("groups", []):
        for entry in group.get("questions", []):
            question = _question(entry, tuple(reference_years), path.name)
            if question.code in questions:
                raise InputError(
                    f"{path.name} has question {question.code} twice. Codes are unique."
                )
            questions[question.code] = question
    if not questions:
        raise InputError(f"{path.name} describes no question. Is it the codebook of this survey?")
    variables = {name: _variable(name, entry) for name, entry in raw.get("variables", {}).items()}
    dimensions = {
        name: _dimension(name, entry) for name, entry in raw.get("dimensions", {}).items()
    }
    _refuse_broken_links(variables, path.name)
    return Codebook(_title(raw.get("title", "")), questions, variables, dimensions)


def closest(word: str, known: Iterable[str]) -> str:
    """Return ` Closest: ...` for a refusal, or nothing where no known word is near."""
    found = difflib.get_close_matches(word, list(known), n=1)
    return f" Closest: {found[0]}." if found else ""


def _parsed(path: Path) -> dict:
    if not path.is_file():
        raise InputError(f"There is no codebook at {path}. Give the codebook of this survey.")
    text = path.read_text(encoding="utf-8-sig")
    try:
        raw = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (json.JSONDecodeError, yaml.YAMLError) as problem:
        mark = getattr(problem, "problem_mark", None)
        line = mark.line + 1 if mark else getattr(problem, "lineno", 1)
        raise InputError(
            f"{path.name} cannot be parsed near line {line}. Mend that line."
        ) from None
    if not isinstance(raw, dict):
        raise InputError(f"{path.name} is not a codebook: it has no groups of questions.")
    return raw


def _title(entry: str | Mapping) -> Label:
    return _label(entry) if isinstance(entry, Mapping) else Label(str(entry), str(entry))


def _label(entry: Mapping) -> Label:
    nl = str(entry.get("nl", entry.get("en", "")))
    return Label(nl, str(entry.get("en", nl)))


def _items(entries: Iterable[Mapping]) -> tuple[Item, ...]:
    return tuple(Item(str(entry["code"]), _label(entry)) for entry in entries)


def _question(entry: Mapping, reference_years: tuple[int, ...], source: str) -> Question:
    try:
        code, kind = str(entry["code"]), str(entry["type"])
    except KeyError as missing:
        raise InputError(
            f"A question in {source} has no {missing}. Every question needs one."
        ) from None
    if kind not in QUESTION_TYPES:
        raise InputError(
            f"Question {code} in {source} has an unknown type: {kind}."
            f"{closest(kind, QUESTION_TYPES)}"
        )
    years = entry.get("years", ())
    years = reference_years if years == ROUND_YEARS else tuple(int(year) for year in years)
    return Question(
        code=code,
        type=kind,
        label=_label(entry),
        items=_items(entry.get("items", ())),
        answers=_items(entry.get("answers", ())),
        answers_scale_2=_items(entry.get("answers_scale_2", ())),
        years=years,
        other=bool(entry.get("other", False)),
        mandatory=bool(entry.get("mandatory", False)),
        relevance=str(entry.get("relevance", "")),
        limesurvey_type=str(entry.get("limesurvey_type", "")),
    )


def _variable(name: str, entry: Mapping) -> Variable:
    statistic = entry.get("statistic", "total")
    if statistic not in STATISTICS:
        raise ParameterError(
            f"Variable {name} asks for an unknown statistic: {statistic}."
            f"{closest(statistic, STATISTICS)} Mend codebook.yml."
        )
    texts = ("answer", "formula", "numerator", "denominator")
    return Variable(
        name=name,
        label=_label(entry),
        unit_of_measure=str(entry["unit"]),
        statistic=statistic,
        **{key: str(entry.get(key, "")) for key in texts},
        base=_label(entry.get("base", {})),
        definition=_label(entry.get("definition", {})),
    )


def _dimension(name: str, entry: Mapping) -> Dimension:
    return Dimension(
        name=name,
        label=_label(entry),
        codes=_items(entry["codes"]),
        overlapping=bool(entry.get("overlapping", False)),
        answer=str(entry.get("answer", "")),
        answer_codes={str(i["from"]): str(i["code"]) for i in entry["codes"] if "from" in i},
        bands_of=str(entry.get("bands_of", "")),
        lower_bounds=tuple(float(i["at_least"]) for i in entry["codes"] if "at_least" in i),
    )


def _refuse_broken_links(variables: Mapping[str, Variable], source: str) -> None:
    for variable in variables.values():
        for name in filter(None, (variable.numerator, variable.denominator)):
            if name not in variables:
                raise InputError(
                    f"{variable.name} in {source} is made of {name}, which is not a variable."
                    f"{closest(name, variables)}"
                )
