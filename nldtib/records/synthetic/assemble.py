"""The whole invented population: who the units are, what their figures are, who controls them."""

import numpy as np
import pandas as pd

from nldtib import rounds
from nldtib.errors import ParameterError
from nldtib.records.synthetic import choices as twin
from nldtib.records.synthetic import figures, units, views
from nldtib.records.synthetic.choices import Choices

# Streams of chance that do not disturb each other when one of them draws more.
UNITS, FIGURES, HOLDINGS, INCLINATION, VIEWS = range(5)


def population(seed: int, choices: Choices | None = None) -> pd.DataFrame:
    """Make the invented population, of which everything is known.

    Parameters
    ----------
    seed
        A whole number from 0; the same seed gives the same population.
    choices
        What the population is made of; by default parameters/synthetic.yml of this project.

    Returns
    -------
    DataFrame
        One row per unit and reference year: unit, reference_year, in_scope, holding, what the
        frame says (name, kvk, organisation_type, employees, ...), dimension columns (`<dimension>`
        or `<dimension>.<code>`) and the answered variables: amounts in thousand euro, fte,
        percentages. Units out of scope have no figures and no views.

        Sums over units in scope are those of `choices.totals`: amounts in whole thousand euro and
        fte in tenths exactly; export and R&D spending, being amount times percentage, within 0.5
        thousand euro.

    Raises
    ------
    ParameterError
        The seed is no whole number from 0, or a choice does not fit.
    ConvergenceError
        The choices leave no room for the totals.
    """
    choices = choices or twin.read(rounds.project_root())
    table = units.drawn(chance(seed, UNITS), choices)
    inside = table[table["in_scope"]].reset_index(drop=True)
    answers = figures.drawn(chance(seed, FIGURES), inside, choices)
    base = answers[answers["reference_year"] == choices.base_year]
    by_size = base.sort_values(["turnover_defence", "unit"], ascending=[False, True])["unit"]
    table["known_large"] = table["unit"].isin(by_size[: int(choices.known_large)]).astype(int)
    groups = _groups(chance(seed, HOLDINGS), by_size.to_numpy(), choices)
    table["holding"] = "H" + table["unit"].map(groups).fillna(table["unit"]).str[1:]
    table["inclination"] = chance(seed, INCLINATION).logistic(size=len(table))
    opinions = views.drawn(chance(seed, VIEWS), inside, answers, choices)
    table = table.merge(opinions, on="unit", how="left")
    table = table.drop(columns="dependence").merge(
        pd.DataFrame({"reference_year": choices.years}), how="cross"
    )
    table = table.merge(answers, on=["unit", "reference_year"], how="left")
    first = ["unit", "reference_year", "in_scope", "holding"]
    return table[first + [name for name in table if name not in first]]


def chance(seed: int, *stream: int) -> np.random.Generator:
    """Return a generator for one stream of chance.

    Raises
    ------
    ParameterError
        The seed is no whole number from 0.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ParameterError("A seed is a whole number from 0, as in --seed 2026.")
    return np.random.default_rng([int(seed), *stream])


def _groups(rng: np.random.Generator, by_size: np.ndarray, choices: Choices) -> dict[str, str]:
    """Return the first unit of its group, for every unit that is in a group."""
    sizes = [
        int(size) for size, count in choices.holdings.groups.items() for _ in range(int(count))
    ]
    sizes = rng.permutation(sizes)
    among = int(choices.holdings.among_largest)
    large, others = rng.permutation(by_size[:among]), rng.permutation(by_size[among:])
    groups = {}
    for number, size in enumerate(sizes):
        if number < choices.holdings.large_groups:
            members, large = large[:size], large[size:]
        else:
            members, others = others[:size], others[size:]
        groups.update(dict.fromkeys(members, min(members, default="")))
    return groups
