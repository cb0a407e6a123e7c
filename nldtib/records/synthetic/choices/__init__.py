"""What the invented twin is made of; the figures stand in parameters/synthetic.yml."""

import datetime
from dataclasses import dataclass
from pathlib import Path

import yaml

from nldtib import rounds
from nldtib.errors import ParameterError
from nldtib.records.synthetic.choices.fieldwork import (
    Answering,
    Deciding,
    Lists,
    Names,
    Planted,
    Questions,
    Typing,
)
from nldtib.records.synthetic.choices.population import (
    Band,
    Bounds,
    Concentration,
    Domain,
    Employees,
    Holdings,
    Position,
    Province,
    RdFte,
    SizeClass,
    Spread,
    Totals,
)
from nldtib.records.synthetic.choices.views import Views

SOURCE = Path("parameters") / "synthetic.yml"


@dataclass(frozen=True)
class Choices:
    """All choices of the twin, as they stand in parameters/synthetic.yml."""

    base_year: int
    totals: dict[str, Totals]
    concentration: Concentration
    known_large: float
    size_classes: dict[str, SizeClass]
    employees: Employees
    military_domains: dict[str, Domain]
    chain_positions: dict[str, Position]
    provinces: dict[str, Province]
    dependence: dict[str, Band]
    wholly_dependent: float
    overlapping: dict[str, dict[str, dict[str, float]]]
    ministry: str
    abroad: list[str]
    where_none: list[str]
    views: Views
    spread: Spread
    bounds: Bounds
    rd_fte: RdFte
    one_domain: float
    sources: dict[str, float]
    holdings: Holdings
    answering: Answering
    fieldwork: dict[str, datetime.date]
    fieldwork_days: float
    questions: Questions
    unanswered: dict[str, float]
    unanswered_first_year_only: float
    words_for_unknown: list[str]
    unknown_in_words: float
    planted: Planted
    lists: Lists
    accounts_employees: float
    typing: Typing
    remarks_given: float
    comments_given: float
    decisions: Deciding
    disclosure: rounds.Disclosure
    remarks: list[str]
    challenges: list[str]
    hostile_remarks: list[str]
    comments: list[str]
    names: Names

    @property
    def years(self) -> tuple[int, ...]:
        """Return the years for which the truth is known, oldest first."""
        return tuple(sorted(int(year) for year in self.totals))


def read(root: Path) -> Choices:
    """Read and check `parameters/synthetic.yml` of the project at `root`.

    Raises
    ------
    ParameterError
        The file is absent or no YAML, a choice is unknown, missing or ill-typed, or counts of
        organisations disagree with each other.
    """
    path = root / SOURCE
    if not path.is_file():
        raise ParameterError(f"There is no {SOURCE.as_posix()}. The invented round needs it.")
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ParameterError(f"{path.name} cannot be parsed near line {line}.") from None
    choices = rounds.typed(Choices, raw, SOURCE.as_posix())
    _refuse_other_counts(choices)
    return choices


def _refuse_other_counts(choices: Choices) -> None:
    by_size = sum(group.organisations for group in choices.size_classes.values())
    institutes = sum(group.knowledge_institutes for group in choices.size_classes.values())
    by_domain = sum(group.organisations for group in choices.military_domains.values())
    positions = {name: group.organisations for name, group in choices.chain_positions.items()}
    if not by_size == by_domain == sum(positions.values()):
        raise ParameterError(
            f"{SOURCE.as_posix()} counts {by_size:g} organisations by size class, {by_domain:g} by "
            f"military domain and {sum(positions.values()):g} by chain position. Make them agree."
        )
    if positions.get("knowledge") != institutes:
        raise ParameterError(
            f"{SOURCE.as_posix()} counts {institutes:g} knowledge institutes by size class and "
            f"{positions.get('knowledge', 0):g} by chain position. Make them agree."
        )
    if choices.base_year not in choices.years:
        raise ParameterError(f"{SOURCE.as_posix()} has no totals for its base year. Add that year.")
