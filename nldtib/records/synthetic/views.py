"""What the invented organisations expect, buy, owe and work with.

Counts are exact: of a code with so many percent, so many organisations have it. What an
organisation says here holds for all years and rounds.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nldtib.errors import ParameterError
from nldtib.records.synthetic.calibrate import bent, rounded, scaled
from nldtib.records.synthetic.choices import Choices
from nldtib.records.synthetic.choices.views import Chosen, ScaleUp

STEP = 5  # percentages are answered in fives


def drawn(
    rng: np.random.Generator, units: pd.DataFrame, answers: pd.DataFrame, choices: Choices
) -> pd.DataFrame:
    """Draw the views of units in scope.

    Parameters
    ----------
    rng
        The source of chance.
    units
        Units in scope, as `units.drawn` makes them.
    answers
        Their figures, as `figures.drawn` makes them.
    choices
        How often what is said.

    Returns
    -------
    DataFrame
        One row per unit: unit, the code of each partition, 0/1 columns `<dimension>.<code>`, and
        the variables that are answered once: percentages, vacancies, thousand euro.

    Raises
    ------
    ParameterError
        A code is to be chosen by more organisations than may choose.
    """
    views, count = choices.views, len(units)
    last = _of_year(answers, units, max(choices.years))
    growth = np.log(
        last["turnover_defence"] / _of_year(answers, units, min(choices.years))["turnover_defence"]
    )
    table = pd.DataFrame({"unit": units["unit"]}, index=units.index)
    table["exporting"] = units["exporting"].astype(int)
    for name, percents in views.partitions.items():
        order = rng.random(count)
        if name in views.after_growth:
            order = growth.rank(pct=True).to_numpy() + rng.normal(0, 0.35, count)
        table[name] = _in_order(order, percents)
    table["single_source_organisations"] = _some(rng, count, views.single_source)
    for name, chosen in views.overlapping.items():
        marks = _chosen(rng, table, chosen, name)
        table = pd.concat([table, marks], axis=1)
    table = pd.concat(
        [
            table.drop(columns="exporting"),
            _cooperation(rng, units, table, choices),
            _scale_up(rng, units, views.scale_up),
            _trade(rng, last, choices),
            _divided(rng, count, views.rd_payers),
            _domains(units, choices),
        ],
        axis=1,
    )
    return table


def _of_year(answers: pd.DataFrame, units: pd.DataFrame, year: int) -> pd.DataFrame:
    rows = answers[answers["reference_year"] == year].set_index("unit")
    return rows.loc[units["unit"]].reset_index().set_index(units.index)


def _numbers(percents: Mapping[str, float], count: int) -> list[int]:
    return [int(round(percent * count / 100)) for percent in percents.values()]


def _in_order(order: np.ndarray, percents: Mapping[str, float]) -> np.ndarray:
    """Give the first code to those who come first, and so on; the last code takes the rest."""
    codes = np.full(len(order), list(percents)[-1], dtype=object)
    place = np.argsort(order, kind="stable")
    ends = np.cumsum(_numbers(percents, len(order)))
    for code, start, end in zip(percents, [0, *ends[:-1]], ends, strict=True):
        codes[place[start:end]] = code
    return codes


def _some(rng: np.random.Generator, count: int, percent: float) -> np.ndarray:
    marks = np.zeros(count, dtype=int)
    marks[rng.permutation(count)[: int(round(count * percent / 100))]] = 1
    return marks


def _chosen(
    rng: np.random.Generator, table: pd.DataFrame, chosen: Chosen, name: str
) -> pd.DataFrame:
    count = len(table)
    pool = np.flatnonzero(table[chosen.within] == 1) if chosen.within else np.arange(count)
    if chosen.outside and not chosen.within:
        stay_out = _some(rng, count, chosen.outside_percent)
        pool = np.flatnonzero(stay_out == 0)
    base = len(pool) if chosen.base == "these" else count
    numbers = _numbers(chosen.percents, base)
    if max(numbers) > len(pool):
        raise ParameterError(
            f"parameters/synthetic.yml lets {max(numbers)} organisations choose one code of "
            f"{name}, of the {len(pool)} that may. Lower its percentage."
        )
    marks = pd.DataFrame(0, table.index, [f"{name}.{code}" for code in chosen.percents])
    for column, rows in zip(marks, _picks(rng, pool, numbers, bool(chosen.outside)), strict=True):
        marks.loc[marks.index[rows], column] = 1
    if chosen.outside:
        outside = np.ones(count, dtype=int)
        outside[pool] = 0
        more = int(round(count * chosen.outside_percent / 100)) - int(outside.sum())
        outside[rng.permutation(pool)[: max(more, 0)]] = 1
        marks[f"{name}.{chosen.outside}"] = outside
    return marks


def _picks(
    rng: np.random.Generator, pool: np.ndarray, numbers: Sequence[int], each_one: bool
) -> list[np.ndarray]:
    """Deal every code to its number of the pool, at random; to `each_one` at least one code."""
    dealt = rng.permutation(np.repeat(np.arange(len(numbers)), numbers))[: len(pool) * each_one]
    order = rng.permutation(pool)[: len(dealt)]
    picks = []
    for code, size in enumerate(numbers):
        first = order[dealt == code]
        rest = rng.permutation(np.setdiff1d(pool, first))[: size - len(first)]
        picks.append(np.concatenate([first, rest]))
    return picks


def _cooperation(
    rng: np.random.Generator, units: pd.DataFrame, table: pd.DataFrame, choices: Choices
) -> pd.DataFrame:
    forms = list(choices.views.cooperation_forms)
    shares = np.array(list(choices.views.cooperation_forms.values()))
    columns = {}
    names = [n for n in (*units, *table) if n.startswith("knowledge_partner.")]
    for name in names:
        tied = (units[name] if name in units else table[name]).to_numpy() == 1
        form = rng.choice(len(forms), len(units), p=shares / shares.sum())
        institute = name.split(".")[1]
        for number, code in enumerate(forms):
            columns[f"cooperation.{institute}_{code}"] = (tied & (form == number)).astype(int)
    return pd.DataFrame(columns, units.index)


def _scale_up(rng: np.random.Generator, units: pd.DataFrame, choices: ScaleUp) -> pd.DataFrame:
    """Draw the maximum by size class, and what is expected as a part of it.

    Both means over organisations are met exactly, in whole percentages.
    """
    count = len(units)
    usual = units["size_class"].map(choices.at_most_by_size).to_numpy(float)
    first = usual * np.exp(rng.normal(0, choices.spread, count))
    most = scaled(first, count * choices.at_most, low=1, high=900)
    most = rounded(most, round(count * choices.at_most))
    part = rng.beta(0.7, 1.2, count)
    part[rng.random(count) < 0.3] = 0
    total = round(count * choices.in_12_months)
    year = rounded(bent(part, most, total), total)
    half = np.floor(year * rng.beta(3, 3, count) * choices.in_6_of_12 / 50)
    later = year + np.floor((most - year) * rng.beta(2, 2, count) * choices.in_24_of_rest / 50)
    used = choices.capacity_used + STEP * np.round(rng.normal(0, 2.5, count))
    return pd.DataFrame(
        {
            "capacity_used_percent": np.clip(used, 20, 100),
            "scaleup_6_percent": np.minimum(half, year),
            "scaleup_12_percent": year,
            "scaleup_24_percent": np.minimum(later, most),
            "scaleup_max_percent": most,
        },
        units.index,
    )


def _trade(rng: np.random.Generator, last: pd.DataFrame, choices: Choices) -> pd.DataFrame:
    views, count = choices.views, len(last)
    abroad = _fives(rng, count, views.purchases_abroad)
    outside = STEP * np.floor(abroad * _fives(rng, count, views.outside_eu) / 100 / STEP)
    years = views.order_book_years * np.exp(rng.normal(0, 0.6, count))
    vacancies = rng.poisson(last["fte_defence"] * views.vacancy_percent / 100)
    return pd.DataFrame(
        {
            "purchases_abroad_percent": abroad,
            "purchases_outside_eu_percent": outside,
            "order_book": np.round(last["turnover_defence"].to_numpy(float) * years),
            "vacancies": vacancies.astype(float),
            "vacancies_hard": rng.binomial(vacancies, views.hard_percent / 100).astype(float),
        },
        last.index,
    )


def _fives(rng: np.random.Generator, count: int, mean: float) -> np.ndarray:
    share = mean / 100
    return STEP * np.round(100 * rng.beta(2.5 * share, 2.5 * (1 - share), count) / STEP)


def _divided(rng: np.random.Generator, count: int, percents: Mapping[str, float]) -> pd.DataFrame:
    """Divide 100 percent in fives; most organisations have one or two parts."""
    weights = np.array(list(percents.values()), dtype=float)
    parts = rng.dirichlet(3 * weights / weights.sum(), count) * 100 / STEP
    whole = np.array([rounded(row, 100 // STEP) for row in parts]) * STEP
    return pd.DataFrame(whole, columns=list(percents))


def _domains(units: pd.DataFrame, choices: Choices) -> pd.DataFrame:
    names = {f"split.{domain}": f"{domain}_percent" for domain in choices.military_domains}
    return units[list(names)].rename(columns=names)
