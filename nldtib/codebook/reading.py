"""Read a codebook, link questions to what they feed, and leave out what a round does not ask."""

import ast
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from nldtib.codebook.shapes import (
    Codebook,
    Dimension,
    Group,
    Item,
    Label,
    Question,
    Variable,
    closest,
    relevance_of,
)
from nldtib.errors import InputError, ParameterError

QUESTION_TYPES = frozenset(
    """text text_long texts number numbers single single_with_comment multiple multiple_with_comment
    yes_no date ranking array_text array_number array_single array_dual_scale""".split()
)
STATISTICS = frozenset({"total", "ratio", "share", "change", "scaled", "model", "top_share"})
ROUND_YEARS = "reference_years"
TWICE = "a name stands twice"


# libyaml reads the same as the parser in Python, ten times as fast; it is not on every machine.
class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Reads YAML that says a thing once: of two equal keys the first would silently be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """Return a mapping, or refuse one that has a key twice."""
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, TWICE, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def parsed(path: Path) -> object:
    """Return what a file of YAML or JSON holds.

    Raises
    ------
    InputError
        It cannot be parsed, or says a thing twice; the message names the line.
    """
    text = path.read_text(encoding="utf-8-sig")
    try:
        return json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader)  # noqa: S506
    except (json.JSONDecodeError, yaml.YAMLError) as problem:
        mark = getattr(problem, "problem_mark", None)
        line = mark.line + 1 if mark else getattr(problem, "lineno", 1)
        twice = " A name stands there twice." if getattr(problem, "problem", "") == TWICE else ""
        raise InputError(
            f"{path.name} cannot be parsed near line {line}.{twice} Mend that line."
        ) from None


@dataclass(frozen=True)
class _Asking:
    """The round that reads the file: its years, and its number, which is None for any round."""

    years: tuple[int, ...]
    survey_round: int | None
    source: str

    def asks(self, entry: Mapping) -> bool:
        return self.survey_round is None or int(entry.get("since", 0)) <= self.survey_round


def read(
    path: Path | str, reference_years: Iterable[int] = (), survey_round: int | None = None
) -> Codebook:
    """Read a codebook from YAML (ours) or JSON (questions only).

    Parameters
    ----------
    path
        `codebook.yml` of a round, or a JSON file with `groups` of `questions`.
    reference_years
        What `years: reference_years` stands for in this round.
    survey_round
        Leaves out what is asked only since a later round, and what is made of it.

    Raises
    ------
    InputError
        The file is absent, is no YAML or JSON, describes a question that cannot be read, or a
        question feeds or follows something that the file does not have.
    """
    path = Path(path)
    raw = _parsed(path)
    asking = _Asking(tuple(reference_years), survey_round, path.name)
    whole = _questions(raw, replace(asking, survey_round=None))
    questions = _questions(raw, asking)
    if not questions:
        raise InputError(f"{path.name} describes no question. Is it the codebook of this survey?")
    uses = {name: _label(entry) for name, entry in raw.get("uses", {}).items()}
    fed, variables, dimensions = _linked(raw, whole, uses, path.name)
    asked = _feeds(questions)
    not_asked = {name for name in fed if name not in asked and name not in uses}
    not_asked |= _made_of(not_asked, variables)
    return Codebook(
        _title(raw.get("title", "")),
        questions,
        {name: variable for name, variable in variables.items() if name not in not_asked},
        {
            name: _as_asked(dimension, questions, whole)
            for name, dimension in dimensions.items()
            if name not in not_asked
        },
        tuple(_groups(raw, asking)),
        uses,
        {name: float(seconds) for name, seconds in raw.get("burden", {}).items()},
        frozenset(not_asked),
        frozenset(whole) - frozenset(questions),
    )


def _parsed(path: Path) -> dict:
    if not path.is_file():
        raise InputError(f"There is no codebook at {path}. Give the codebook of this survey.")
    raw = parsed(path)
    if not isinstance(raw, dict):
        raise InputError(f"{path.name} is not a codebook: it has no groups of questions.")
    return raw


def _questions(raw: Mapping, asking: _Asking) -> dict[str, Question]:
    found: dict[str, Question] = {}
    for group in filter(asking.asks, raw.get("groups", [])):
        for entry in filter(asking.asks, group.get("questions", [])):
            question = _question(entry, asking)
            if question.code in found:
                raise InputError(
                    f"{asking.source} has question {question.code} twice. Codes are unique."
                )
            found[question.code] = question
    return found


def _groups(raw: Mapping, asking: _Asking) -> Iterable[Group]:
    for group in filter(asking.asks, raw.get("groups", [])):
        codes = tuple(str(q["code"]) for q in group.get("questions", []) if asking.asks(q))
        if codes:
            yield Group(_label(group), codes, _asked_if(group))


def _title(entry: str | Mapping) -> Label:
    return _label(entry) if isinstance(entry, Mapping) else Label(str(entry), str(entry))


def _label(entry: Mapping) -> Label:
    nl = str(entry.get("nl", entry.get("en", "")))
    return Label(nl, str(entry.get("en", nl)))


def _asked_if(entry: Mapping) -> dict[str, str]:
    return {str(name): str(answer) for name, answer in entry.get("asked_if", {}).items()}


def _items(entries: Iterable[Mapping], asking: _Asking) -> tuple[Item, ...]:
    return tuple(
        Item(
            code=str(entry["code"]),
            label=_label(entry),
            feeds=str(entry.get("feeds", "")),
            unit_of_measure=str(entry.get("unit", "")),
            status=str(entry.get("status", "")),
            none=bool(entry.get("none", False)),
        )
        for entry in entries
        if asking.asks(entry)
    )


def _question(entry: Mapping, asking: _Asking) -> Question:
    try:
        code, kind = str(entry["code"]), str(entry["type"])
    except KeyError as missing:
        raise InputError(
            f"A question in {asking.source} has no {missing}. Every question needs one."
        ) from None
    if kind not in QUESTION_TYPES:
        raise InputError(
            f"Question {code} in {asking.source} has an unknown type: {kind}."
            f"{closest(kind, QUESTION_TYPES)}"
        )
    years = entry.get("years", ())
    years = asking.years if years == ROUND_YEARS else tuple(int(year) for year in years)
    feeds = entry.get("feeds", [])
    bounds = {name: entry.get(name) for name in ("minimum", "maximum", "sum_to")}
    return Question(
        code=code,
        type=kind,
        label=_label(entry),
        items=_items(entry.get("items", ()), asking),
        answers=_items(entry.get("answers", ()), asking),
        answers_scale_2=_items(entry.get("answers_scale_2", ()), asking),
        years=years,
        other=bool(entry.get("other", False)),
        mandatory=bool(entry.get("mandatory", False)),
        relevance=str(entry.get("relevance", relevance_of(_asked_if(entry)))),
        help=_label(entry.get("help", {})),
        unit_of_measure=str(entry.get("unit", "")),
        base=_label(entry.get("base", {})),
        feeds=(feeds,) if isinstance(feeds, str) else tuple(feeds),
        equals={str(edition): str(where) for edition, where in entry.get("equals", {}).items()},
        asked_if=_asked_if(entry),
        **{name: None if bound is None else float(bound) for name, bound in bounds.items()},
    )


def _variable(name: str, entry: Mapping, answer: str) -> Variable:
    statistic = entry.get("statistic", "total")
    if statistic not in STATISTICS:
        raise ParameterError(
            f"Variable {name} asks for an unknown statistic: {statistic}."
            f"{closest(statistic, STATISTICS)} Mend codebook.yml."
        )
    texts = ("formula", "numerator", "denominator", "factor")
    return Variable(
        name=name,
        label=_label(entry),
        unit_of_measure=str(entry["unit"]),
        statistic=statistic,
        answer=answer,
        **{key: str(entry.get(key, "")) for key in texts},
        largest=float(entry.get("largest", 0)),
        base=_label(entry.get("base", {})),
        definition=_label(entry.get("definition", {})),
    )


def _dimension(name: str, entry: Mapping, answer: str, asking: _Asking) -> Dimension:
    answers = {}
    for code in entry["codes"]:
        given = code.get("from", [])
        for one in [given] if isinstance(given, str) else given:
            answers[str(one)] = str(code["code"])
    return Dimension(
        name=name,
        label=_label(entry),
        codes=_items(entry["codes"], asking),
        overlapping=bool(entry.get("overlapping", False)),
        answer=answer,
        answer_codes=answers,
        bands_of=str(entry.get("bands_of", "")),
        lower_bounds=tuple(float(i["at_least"]) for i in entry["codes"] if "at_least" in i),
    )


def _feeds(questions: Mapping[str, Question]) -> dict[str, str]:
    """Return the answer that feeds each variable, dimension or use, by its name."""
    fed: dict[str, str] = {}
    for question in questions.values():
        fed |= {name: question.code for name in question.feeds}
        fed |= {i.feeds: f"{question.code}_{i.code}" for i in question.items if i.feeds}
    return fed


def _linked(
    raw: Mapping, questions: Mapping[str, Question], uses: Mapping[str, Label], source: str
) -> tuple[dict[str, str], dict[str, Variable], dict[str, Dimension]]:
    fed = _feeds(questions)
    variables = {
        name: _variable(name, entry, fed.get(name, ""))
        for name, entry in raw.get("variables", {}).items()
    }
    any_round = _Asking((), None, source)
    dimensions = {
        name: _dimension(name, entry, fed.get(name, ""), any_round)
        for name, entry in raw.get("dimensions", {}).items()
    }
    known = {**variables, **dimensions, **uses}
    for name, answer in fed.items():
        if name not in known:
            raise InputError(
                f"Question {answer} in {source} feeds {name}, which is no variable, dimension or "
                f"use.{closest(name, known)}"
            )
    _refuse_broken_links(variables, source)
    return fed, variables, dimensions


def _refuse_broken_links(variables: Mapping[str, Variable], source: str) -> None:
    for variable in variables.values():
        for name in filter(None, (variable.numerator, variable.denominator)):
            if name not in variables:
                raise InputError(
                    f"{variable.name} in {source} is made of {name}, which is not a variable."
                    f"{closest(name, variables)}"
                )
        if variable.statistic == "top_share" and not 0 < variable.largest < 1:
            raise ParameterError(
                f"{variable.name} in {source} needs a share of all units, largest, between 0 and 1."
            )
        if variable.statistic == "total" and not (variable.answer or variable.formula):
            raise InputError(
                f"{variable.name} in {source} has no formula and no question feeds it. Let the "
                "question that asks for it say so (feeds)."
            )


def _made_of(absent: set[str], variables: Mapping[str, Variable]) -> set[str]:
    """Return the variables that are made of absent ones, directly or by others."""
    found: set[str] = set()
    while True:
        more = {
            v.name
            for v in variables.values()
            if v.name not in found and _parts(v) & (absent | found)
        }
        if not more:
            return found
        found |= more


def _parts(variable: Variable) -> set[str]:
    names = {variable.numerator, variable.denominator} - {""}
    if variable.formula:
        nodes = ast.walk(ast.parse(variable.formula, mode="eval"))
        names |= {node.id for node in nodes if isinstance(node, ast.Name)}
    return names


def _as_asked(
    dimension: Dimension, questions: Mapping[str, Question], whole: Mapping[str, Question]
) -> Dimension:
    """Return a dimension without the codes that only items of later rounds give."""
    if not dimension.answer:
        return dimension
    later = {item.code for item in whole[dimension.answer].items}
    later -= {item.code for item in questions[dimension.answer].items}
    answers = {a: code for a, code in dimension.answer_codes.items() if a not in later}
    dropped = set(dimension.answer_codes.values()) - set(answers.values())
    codes = tuple(item for item in dimension.codes if item.code not in dropped)
    return replace(dimension, codes=codes, answer_codes=answers)
