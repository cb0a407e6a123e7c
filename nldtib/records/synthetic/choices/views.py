"""What the invented organisations expect, buy, owe and work with."""

from dataclasses import dataclass


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
