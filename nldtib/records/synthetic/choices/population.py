"""What the invented organisations are: sizes, domains, totals, and how they are spread."""

from dataclasses import dataclass


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
