"""Who the invented organisations are: size, domain, place, what they do and their names."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from nldtib.records.synthetic.choices import Choices

COMPANY, INSTITUTE = "company", "knowledge_institute"


def drawn(rng: np.random.Generator, choices: Choices) -> pd.DataFrame:
    """Draw all units of the frame, before they have figures.

    Returns
    -------
    DataFrame
        One row per unit: unit, name, kvk, in_scope, organisation_type, size_class, employees,
        military_domain, split.<military domain> (percent of defence turnover), chain_position,
        province, postcode, dependence (the band drawn), exporting, doing_rd, mod_business,
        source_*, patent_holders, dual_use_percent, and 0/1 columns `<dimension>.<code>`.
    """
    table = _sizes(rng, choices)
    table = _places(rng, table, choices)
    table = _conduct(rng, table, choices)
    table = pd.concat(
        [table, _splits(rng, table, choices), _overlapping(rng, table, choices)], axis=1
    )
    table = table.iloc[rng.permutation(len(table))].reset_index(drop=True)
    table.insert(0, "unit", [f"U{number:04d}" for number in range(1, len(table) + 1)])
    table["name"] = _names(rng, table, choices)
    table["kvk"] = _registered(rng, len(table))
    return table


def dealt(rng: np.random.Generator, percents: Mapping[str, float], count: int) -> np.ndarray:
    """Return `count` codes in random order, each as often as its percentage says."""
    shares = np.array(list(percents.values()), dtype=float)
    exact = count * shares / shares.sum()
    numbers = np.floor(exact).astype(int)
    numbers[np.argsort(numbers - exact, kind="stable")[: count - numbers.sum()]] += 1
    return rng.permutation(np.repeat(np.array(list(percents), dtype=object), numbers))


def _sizes(rng: np.random.Generator, choices: Choices) -> pd.DataFrame:
    parts = []
    for code, group in choices.size_classes.items():
        count = int(group.organisations + group.outside)
        part = pd.DataFrame({"size_class": [code] * count})
        part["in_scope"] = np.arange(count) < group.organisations
        institute = np.arange(count) < group.knowledge_institutes
        part["organisation_type"] = np.where(institute, INSTITUTE, COMPANY)
        part["employees"] = _employees(rng, count, group.at_least, group.below, choices)
        part["dependence"] = dealt(rng, group.dependence, count)
        for name in ("exporting", "doing_rd", "with_patent", "with_annual_account"):
            part[name] = rng.random(count) < getattr(group, name) / 100
        parts.append(part)
    table = pd.concat(parts, ignore_index=True)
    institute = table["organisation_type"] == INSTITUTE
    table["doing_rd"] |= institute
    table["patent_holders"] = table.pop("with_patent").astype(int)
    return table


def _employees(
    rng: np.random.Generator, count: int, at_least: float, below: float, choices: Choices
) -> np.ndarray:
    middle, spread = np.log(choices.employees.median), choices.employees.spread
    low, high = ndtr((np.log([at_least, below]) - middle) / spread)
    sizes = np.exp(middle + spread * ndtri(rng.uniform(low, high, count)))
    return np.clip(np.floor(sizes), at_least, below - 1).astype(int)


def _places(rng: np.random.Generator, table: pd.DataFrame, choices: Choices) -> pd.DataFrame:
    table = table.copy()
    inside = table["in_scope"].to_numpy()
    company = (table["organisation_type"] == COMPANY).to_numpy()
    for column, groups in (
        ("military_domain", choices.military_domains),
        ("chain_position", choices.chain_positions),
    ):
        codes = np.empty(len(table), dtype=object)
        free = inside if column == "military_domain" else inside & company
        counts = {c: int(g.organisations) for c, g in groups.items() if c != "knowledge"}
        tilts = {code: group.size_tilt for code, group in groups.items()}
        codes[free] = _tilted(rng, counts, tilts, table["employees"].to_numpy()[free])
        codes[inside & ~free] = "knowledge"
        codes[~inside] = dealt(rng, counts, int((~inside).sum()))
        table[column] = codes
    for mask in (inside, ~inside):
        percents = {code: place.organisations_percent for code, place in choices.provinces.items()}
        table.loc[mask, "province"] = dealt(rng, percents, int(mask.sum()))
    return table.assign(postcode=_postcodes(rng, table["province"], choices))


def _tilted(
    rng: np.random.Generator,
    counts: Mapping[str, int],
    tilts: Mapping[str, float],
    employees: np.ndarray,
) -> np.ndarray:
    """Fill the groups in turn; a tilt is the power of size that weighs the draw.

    Source: Efraimidis and Spirakis (2006), Information Processing Letters 97, 181-185, with keys
    on the logarithmic scale.
    """
    codes = np.empty(len(employees), dtype=object)
    free = np.arange(len(employees))
    for code, count in counts.items():
        keys = tilts[code] * np.log(employees[free]) + rng.gumbel(size=len(free))
        chosen = np.argsort(-keys)[:count]
        codes[free[chosen]] = code
        free = np.delete(free, chosen)
    return codes


def _postcodes(rng: np.random.Generator, provinces: pd.Series, choices: Choices) -> list[str]:
    first = provinces.map({code: p.postcodes[0] for code, p in choices.provinces.items()})
    last = provinces.map({code: p.postcodes[1] for code, p in choices.provinces.items()})
    figures = rng.integers(first.to_numpy(int), last.to_numpy(int) + 1)
    letters = np.array(list("ABCDEGHJKLMNPRTVWXZ"))[rng.integers(0, 19, (len(figures), 2))]
    return [f"{number} {''.join(pair)}" for number, pair in zip(figures, letters, strict=True)]


def _conduct(rng: np.random.Generator, table: pd.DataFrame, choices: Choices) -> pd.DataFrame:
    table = table.copy()
    count = len(table)
    band = table["dependence"].map(choices.dependence)
    awarded = np.array([b.mod_business for b in band])
    lowest = min(b.mod_business for b in choices.dependence.values())
    awarded = np.where(table["in_scope"], awarded, lowest / 2)
    table["mod_business"] = (rng.random(count) < awarded / 100).astype(int)
    for name, percent in choices.sources.items():
        table[f"source_{name}"] = (rng.random(count) < percent / 100).astype(int)
    table["source_ministry"] = table["mod_business"]
    dual_use = np.array([b.dual_use for b in band]) + rng.normal(0, 20, count)
    table["dual_use_percent"] = np.clip(5 * np.round(dual_use / 5), 0, 100)
    return table


def _splits(rng: np.random.Generator, table: pd.DataFrame, choices: Choices) -> pd.DataFrame:
    """Divide defence turnover over the domains; the unit's own domain has more than half of it."""
    domains = np.array(list(choices.military_domains), dtype=object)
    count = len(table)
    own = pd.Categorical(table["military_domain"], categories=domains).codes.astype(int)
    largest = 5.0 * rng.integers(11, 20, count)
    whole = (rng.random(count) < choices.one_domain / 100) | (
        table["organisation_type"] == INSTITUTE
    )
    largest[whole] = 100
    second = (own + rng.integers(1, len(domains), count)) % len(domains)
    parts = np.zeros((count, len(domains)))
    parts[np.arange(count), own] = largest
    parts[np.arange(count), second] += 100 - largest
    return pd.DataFrame(parts, columns=[f"split.{domain}" for domain in domains])


def _overlapping(rng: np.random.Generator, table: pd.DataFrame, choices: Choices) -> pd.DataFrame:
    columns = {}
    for dimension, codes in choices.overlapping.items():
        for code, percents in codes.items():
            percent = table["military_domain"].map(percents).fillna(percents["any"]).to_numpy(float)
            columns[f"{dimension}.{code}"] = (rng.random(len(table)) < percent / 100).astype(int)
    marks = pd.DataFrame(columns)
    marks[choices.ministry] = table["mod_business"]
    marks.loc[~table["exporting"], choices.abroad] = 0
    unplaced = table["exporting"] & (marks[choices.abroad].sum(axis=1) == 0)
    marks.loc[unplaced, choices.abroad[0]] = 1
    for column in choices.where_none:
        dimension = column.split(".")[0] + "."
        same = [name for name in marks if name.startswith(dimension)]
        marks.loc[marks[same].sum(axis=1) == 0, column] = 1
    return marks


def _names(rng: np.random.Generator, table: pd.DataFrame, choices: Choices) -> list[str]:
    words = choices.names
    sizes = (len(words.first), len(words.second), len(words.third))
    places = rng.choice(np.prod(sizes), len(table), replace=False)
    first, second, third = np.unravel_index(places, sizes)
    forms = rng.integers(0, len(words.legal_forms), len(table))
    institute = (table["organisation_type"] == INSTITUTE).to_numpy()
    names = []
    for row, (a, b, c, form) in enumerate(zip(first, second, third, forms, strict=True)):
        stem = f"{words.first[a]}{words.second[b]} {words.third[c]}"
        company = f"{stem} {words.legal_forms[form]}"
        names.append(f"{words.knowledge_institute} {stem}" if institute[row] else company)
    for row, odd in zip(odd_rows(table, choices), words.odd, strict=False):
        names[row] = odd
    return names


def odd_rows(table: pd.DataFrame, choices: Choices) -> np.ndarray:
    """Return the rows of the organisations with an odd name: the first small ones in scope."""
    smallest = next(iter(choices.size_classes))
    small = (table["size_class"] == smallest) & table["in_scope"]
    company = table["organisation_type"] == COMPANY
    return np.flatnonzero(small & company)[: len(choices.names.odd)]


def _registered(rng: np.random.Generator, count: int) -> list[str]:
    """Return register numbers, all different; invented ones begin with 99 or 00."""
    numbers = rng.choice(2_000_000, count, replace=False)
    return [f"{'99' if number < 1_000_000 else '00'}{number % 1_000_000:06d}" for number in numbers]
