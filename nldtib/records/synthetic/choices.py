"""What the invented twin is made of; the figures stand in parameters/synthetic.yml."""

import datetime
from dataclasses import dataclass
from pathlib import Path

import yaml

from nldtib import rounds
from nldtib.errors import ParameterError

SOURCE = Path("parameters") / "synthetic.yml"


@dataclass(frozen=True)
class Totals:
    """Key figures of one year: thousand euro, percent or fte of the whole population."""

    turnover_defence: float
    defence_share: float
    export_defence: float
    value_added: float
    rd_intensity: float
    fte_total: float
    fte_defence: float
    fte_rd: float
    fte_rd_defence: float

    @property
    def turnover_total(self) -> int:
        """Return total turnover in whole thousand euro, from defence turnover and its share."""
        return round(100 * self.turnover_defence / self.defence_share)

    @property
    def rd_defence(self) -> float:
        """Return R&D spending in thousand euro, from defence turnover and R&D intensity."""
        return self.turnover_defence * self.rd_intensity / 100


@dataclass(frozen=True)
class Concentration:
    """The largest so many percent of organisations hold so many percent of defence turnover."""

    organisations_percent: float
    turnover_percent: float


@dataclass(frozen=True)
class SizeClass:
    """One class of register employees: numbers of units, percentages, spread of fte (logs)."""

    at_least: float
    below: float
    organisations: float
    respondents: float
    outside: float
    knowledge_institutes: float
    dependence: dict[str, float]
    exporting: float
    doing_rd: float
    with_patent: float
    with_annual_account: float
    fte_spread: float


@dataclass(frozen=True)
class Employees:
    """Median and spread (natural logs) of the lognormal distribution of employees."""

    median: float
    spread: float


@dataclass(frozen=True)
class Domain:
    """One military domain: organisations, its part of defence turnover, and rates in percent."""

    organisations: float
    turnover_percent: float
    export_percent: float
    rd_percent: float
    size_tilt: float


@dataclass(frozen=True)
class Position:
    """One chain position: organisations, rates in percent, thousand euro per employee."""

    organisations: float
    export_percent: float
    rd_percent: float
    value_added: float
    turnover_per_employee: float
    size_tilt: float


@dataclass(frozen=True)
class Province:
    """One province: percent of organisations, first and last figures of its postcodes."""

    organisations_percent: float
    postcodes: list[int]


@dataclass(frozen=True)
class Band:
    """One band of the defence share of turnover, and what goes with it, all in percent."""

    above: float
    below: float
    mod_business: float
    dual_use: float


@dataclass(frozen=True)
class Chosen:
    """One overlapping breakdown of views: which codes, by how many percent.

    Only organisations of which the column `within` is 1 choose (all, where it is empty), and the
    percentages are of `base`: `all` organisations, or `these`. Those who do not choose have the
    code `outside`, which so many percent have in all; without `within` its share says how many do
    not choose.
    """

    percents: dict[str, float]
    within: str
    base: str
    outside: str
    outside_percent: float


@dataclass(frozen=True)
class ScaleUp:
    """Scale-up in percent of own turnover, as a mean over organisations, and by size class."""

    in_12_months: float
    at_most: float
    at_most_by_size: dict[str, float]
    spread: float
    in_6_of_12: float
    in_24_of_rest: float
    capacity_used: float


@dataclass(frozen=True)
class Views:
    """What organisations expect, buy, owe and work with; percentages of organisations."""

    partitions: dict[str, dict[str, float]]
    after_growth: list[str]
    overlapping: dict[str, Chosen]
    cooperation_forms: dict[str, float]
    scale_up: ScaleUp
    purchases_abroad: float
    outside_eu: float
    single_source: float
    order_book_years: float
    vacancy_percent: float
    hard_percent: float
    rd_payers: dict[str, float]


@dataclass(frozen=True)
class Spread:
    """Standard deviations of natural logs (amounts, growth) or of log odds (shares)."""

    turnover_per_employee: float
    fte_of_turnover: float
    fte_defence: float
    value_added: float
    export_percent: float
    rd_percent: float
    growth_defence: float
    growth_other: float
    growth_fte: float
    growth_share: float


@dataclass(frozen=True)
class Bounds:
    """What no organisation goes beyond in the base year: thousand euro (per fte) and fte."""

    turnover_per_fte: list[float]
    least_turnover: float
    least_fte: float


@dataclass(frozen=True)
class RdFte:
    """R&D staff in percent of defence staff and of other staff, before it meets the totals."""

    defence_percent: float
    other_percent: float


@dataclass(frozen=True)
class Holdings:
    """Groups under one control: how many of each size, and how many of them among the largest."""

    groups: dict[str, float]
    large_groups: float
    among_largest: float


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
