"""What the invented organisations turn over, employ and spend, adding up as published.

The base year is drawn and brought to its totals; the other years follow it one by one, each
brought to its own. For every unit and year a part stays within its whole, since parts are drawn as
shares: defence within total turnover and staff, R&D staff within defence and within other staff,
value added within defence turnover.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib.records.synthetic.calibrate import bent, nudged, rounded, scaled, solved
from nldtib.records.synthetic.choices import Choices, Totals

TENTHS = 10


@dataclass(frozen=True)
class Year:
    """Figures of one year, one value per unit; amounts in whole thousand euro, fte in tenths.

    The shares are those from which the parts were made, before they met the totals.
    """

    defence: np.ndarray
    other: np.ndarray
    fte_defence: np.ndarray
    fte_other: np.ndarray
    shares: Mapping[str, np.ndarray]


def drawn(rng: np.random.Generator, units: pd.DataFrame, choices: Choices) -> pd.DataFrame:
    """Draw the figures of all years for units in scope.

    Parameters
    ----------
    rng
        The source of chance.
    units
        Units in scope, as `units.drawn` makes them.
    choices
        Totals of every year, and how organisations differ.

    Returns
    -------
    DataFrame
        One row per unit and year: unit, reference_year and the answered amounts, percentages and
        fte. Sums are those of `choices.totals`: amounts in whole thousand euro and fte in tenths
        exactly, export and R&D spending (amount times percentage) within 0.5 thousand euro.
    """
    years = {choices.base_year: _base_year(rng, units, choices)}
    for year in choices.years:
        if year > choices.base_year:
            years[year] = _next(rng, years[year - 1], units, choices, year, forward=True)
    for year in reversed(choices.years):
        if year < choices.base_year:
            years[year] = _next(rng, years[year + 1], units, choices, year, forward=False)
    return pd.concat(
        [_variables(units, years[year], choices, year) for year in choices.years],
        ignore_index=True,
    )


def _base_year(rng: np.random.Generator, units: pd.DataFrame, choices: Choices) -> Year:
    totals, spread = choices.totals[str(choices.base_year)], choices.spread
    employees = units["employees"].to_numpy(float)
    surprise = spread.turnover_per_employee * rng.standard_normal(len(units))
    usual = _of(units, "chain_position", "turnover_per_employee", choices)
    low, high, place = _bands(rng, units, choices)
    first = employees * usual * np.exp(surprise) * (low + (high - low) * place)
    exact = _concentrated(first, units, choices)
    defence = _by_domain(exact, units, choices, totals)
    share = _shares_of_turnover(defence, low, high, place, totals.turnover_total)
    other = rounded(defence / share - defence, totals.turnover_total - totals.turnover_defence)
    turnover = defence + other
    per_fte = choices.bounds.turnover_per_fte
    own = _of(units, "size_class", "fte_spread", choices) * rng.standard_normal(len(units))
    log_fte = spread.fte_of_turnover * surprise + own
    lowest = np.maximum(turnover / per_fte[1], choices.bounds.least_fte)
    fte = scaled(employees * np.exp(log_fte), totals.fte_total, lowest, turnover / per_fte[0])
    fte = rounded(TENTHS * fte, TENTHS * totals.fte_total)
    share_fte = (defence / turnover) ** np.exp(spread.fte_defence * rng.standard_normal(len(units)))
    fte_defence = bent(share_fte, fte, TENTHS * totals.fte_defence, least=1)
    fte_defence = rounded(fte_defence, TENTHS * totals.fte_defence)
    return Year(defence, other, fte_defence, fte - fte_defence, _first_shares(rng, units, choices))


def _bands(
    rng: np.random.Generator, units: pd.DataFrame, choices: Choices
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the bounds of each unit's defence share, and its place between them (0 to 1)."""
    low = _of(units, "dependence", "above", choices) / 100
    high = _of(units, "dependence", "below", choices) / 100
    place = rng.uniform(0.02, 0.98, len(units))
    wholly = (high == 1) & (rng.random(len(units)) < choices.wholly_dependent / 100)
    place[wholly] = 1
    return low, high, place


def _concentrated(first: np.ndarray, units: pd.DataFrame, choices: Choices) -> np.ndarray:
    """Raise defence turnover to the power that gives the published concentration."""
    wanted = choices.concentration.turnover_percent / 100
    largest = round(len(first) * choices.concentration.organisations_percent / 100)
    totals = choices.totals[str(choices.base_year)]

    def spread_out(log_power: float) -> np.ndarray:
        middle = np.log(first).mean()
        raised = np.exp(np.exp(log_power) * (np.log(first) - middle) + middle)
        return _shared_out(raised, units, choices, totals)

    def gap(log_power: float) -> float:
        values = np.sort(spread_out(log_power))
        return values[-largest:].sum() / values.sum() - wanted

    return spread_out(solved(gap, farthest=1.0))


def _shared_out(
    values: np.ndarray, units: pd.DataFrame, choices: Choices, totals: Totals
) -> np.ndarray:
    """Scale defence turnover to the part that each military domain has in the total."""
    result = np.empty(len(values))
    percents = _percents_of_turnover(choices)
    for domain, percent in percents.items():
        inside = (units["military_domain"] == domain).to_numpy()
        total = totals.turnover_defence * percent / sum(percents.values())
        result[inside] = scaled(values[inside], total, choices.bounds.least_turnover)
    return result


def _by_domain(
    values: np.ndarray, units: pd.DataFrame, choices: Choices, totals: Totals
) -> np.ndarray:
    return rounded(_shared_out(values, units, choices, totals), totals.turnover_defence)


def _percents_of_turnover(choices: Choices) -> dict[str, float]:
    return {code: domain.turnover_percent for code, domain in choices.military_domains.items()}


def _shares_of_turnover(
    defence: np.ndarray, low: np.ndarray, high: np.ndarray, place: np.ndarray, total: float
) -> np.ndarray:
    """Move every defence share within its band, so that total turnover is as published."""

    def shares(log_power: float) -> np.ndarray:
        return low + (high - low) * place ** np.exp(log_power)

    return shares(solved(lambda x: (defence / shares(x)).sum() - total))


def _first_shares(
    rng: np.random.Generator, units: pd.DataFrame, choices: Choices
) -> dict[str, np.ndarray]:
    """Draw shares around the rates of military domain and chain position; 0 where there is none."""
    spread, count = choices.spread, len(units)
    export = _rates(units, "export_percent", choices) + spread.export_percent * (
        rng.standard_normal(count)
    )
    effort = spread.rd_percent * rng.standard_normal(count)
    rd = _rates(units, "rd_percent", choices) + effort
    national = choices.totals[str(choices.base_year)].rd_intensity
    # Staff is drawn with the spending of the unit, moved from the national rate to that of staff.
    rd_fte = rd + _log_odds(choices.rd_fte.defence_percent) - _log_odds(national)
    rd_other = rd + _log_odds(choices.rd_fte.other_percent) - _log_odds(national)
    value = _log_odds(_of(units, "chain_position", "value_added", choices))
    own = spread.rd_percent / 2
    logs = {
        "export": export,
        "rd": rd,
        "fte_rd_defence": rd_fte + own * rng.standard_normal(count),
        "fte_rd_other": rd_other + own * rng.standard_normal(count),
        "value_added": value + spread.value_added * rng.standard_normal(count),
    }
    shares = {name: 1 / (1 + np.exp(-log)) for name, log in logs.items()}
    shares["export"] = np.where(units["exporting"], shares["export"], 0.0)
    for name in ("rd", "fte_rd_defence", "fte_rd_other"):
        shares[name] = np.where(units["doing_rd"], shares[name], 0.0)
    return shares


def _rates(units: pd.DataFrame, rate: str, choices: Choices) -> np.ndarray:
    by_domain = _log_odds(_of(units, "military_domain", rate, choices))
    by_position = _log_odds(_of(units, "chain_position", rate, choices))
    domains = choices.military_domains.values()
    usual = sum(getattr(d, rate) * d.turnover_percent for d in domains)
    usual /= sum(d.turnover_percent for d in domains)
    rates = by_domain + by_position - _log_odds(usual)
    # A knowledge institute is what it is in every domain.
    return np.where(units["chain_position"] == "knowledge", by_position, rates)


def _next(
    rng: np.random.Generator,
    now: Year,
    units: pd.DataFrame,
    choices: Choices,
    year: int,
    forward: bool,
) -> Year:
    """Grow every unit from one year to the next, or back to the one before."""
    totals, spread, count = choices.totals[str(year)], choices.spread, len(units)
    way = 1 if forward else -1
    growth = spread.growth_defence * rng.standard_normal(count)
    growth_other = spread.growth_other * rng.standard_normal(count)
    defence = _by_domain(now.defence * np.exp(way * growth), units, choices, totals)
    wanted = totals.turnover_total - totals.turnover_defence
    other = rounded(scaled(now.other * np.exp(way * growth_other), wanted, 0), wanted)

    def staff(before: np.ndarray, grown: np.ndarray, total: float) -> np.ndarray:
        # Staff follows turnover half way.
        logs = grown / 2 + spread.growth_fte * rng.standard_normal(count)
        least = np.where(before > 0, 1, 0)
        total = TENTHS * total
        return rounded(scaled(before * np.exp(way * logs), total, least), total)

    fte_defence = staff(now.fte_defence, growth, totals.fte_defence)
    fte_other = staff(now.fte_other, growth_other, totals.fte_total - totals.fte_defence)
    shares = {
        name: share ** np.exp(spread.growth_share * rng.standard_normal(count))
        for name, share in now.shares.items()
    }
    return Year(defence, other, fte_defence, fte_other, shares)


def _variables(units: pd.DataFrame, now: Year, choices: Choices, year: int) -> pd.DataFrame:
    totals, shares = choices.totals[str(year)], now.shares
    rd_defence = _parts(shares["fte_rd_defence"], now.fte_defence, TENTHS * totals.fte_rd_defence)
    rd_other = _parts(
        shares["fte_rd_other"],
        now.fte_other,
        TENTHS * (totals.fte_rd - totals.fte_rd_defence),
    )
    percents = {}
    for name, share, total in (
        ("export_percent", "export", totals.export_defence),
        ("rd_percent", "rd", totals.rd_defence),
    ):
        rates = _of(units, "military_domain", name, choices)
        percents[name] = _percents(shares[share], now.defence, total, rates)
    return pd.DataFrame(
        {
            "unit": units["unit"].to_numpy(),
            "reference_year": year,
            "turnover_total": now.defence + now.other,
            "turnover_defence": now.defence,
            "value_added": _parts(shares["value_added"], now.defence, totals.value_added),
            **percents,
            "fte_total": (now.fte_defence + now.fte_other) / TENTHS,
            "fte_defence": now.fte_defence / TENTHS,
            "fte_rd": (rd_defence + rd_other) / TENTHS,
            "fte_rd_defence": rd_defence / TENTHS,
        }
    )


def _parts(shares: np.ndarray, wholes: np.ndarray, total: float) -> np.ndarray:
    return rounded(bent(shares, wholes, total), total)


def _percents(
    shares: np.ndarray, defence: np.ndarray, total: float, rates: np.ndarray
) -> np.ndarray:
    """Return whole percentages (some in tenths) near the rate of each domain, fitting the total."""
    usual = float(defence @ rates)
    percents = np.zeros(len(shares))
    for rate in np.unique(rates):
        inside = rates == rate
        part = total * rate * defence[inside].sum() / usual
        percents[inside] = 100 * bent(shares[inside], defence[inside], part) / defence[inside]
    return nudged(np.round(percents), defence, total)


def _of(units: pd.DataFrame, dimension: str, name: str, choices: Choices) -> np.ndarray:
    """Return, per unit, a figure of the group to which it belongs."""
    groups = {
        "military_domain": choices.military_domains,
        "chain_position": choices.chain_positions,
        "dependence": choices.dependence,
        "size_class": choices.size_classes,
    }[dimension]
    figures = {code: getattr(group, name) for code, group in groups.items()}
    return units[dimension].map(figures).to_numpy(float)


def _log_odds(percent: np.ndarray | float) -> np.ndarray | float:
    return np.log(np.asarray(percent) / (100 - np.asarray(percent)))
