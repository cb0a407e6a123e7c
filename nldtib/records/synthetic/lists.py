"""Lists of organisations as trade bodies, buyers and ministries keep them, each in its own way."""

import numpy as np
import pandas as pd

from nldtib.records.synthetic.assemble import chance
from nldtib.records.synthetic.choices import Choices

LISTS = 2
COLUMNS = ("name", "kvk", "postcode", "province")


def of_sources(
    frame: pd.DataFrame, survey_round: int, seed: int, choices: Choices
) -> dict[str, pd.DataFrame]:
    """Write down the organisations that each source names, with the slips that such lists have.

    Returns
    -------
    dict
        By source: unit (the truth, for tests; it does not go into the file), name, kvk, postcode
        and province as text, in random order.
    """
    rng, slips, found = chance(seed, survey_round, LISTS), choices.lists, {}
    for source in choices.sources:
        rows = frame[frame[f"source_{source}"] == 1]
        twice = rows[rng.random(len(rows)) < slips.twice / 100]
        rows = pd.concat([rows, twice], ignore_index=True)
        rows = rows.iloc[rng.permutation(len(rows))].reset_index(drop=True)
        odd = rng.random(len(rows)) < slips.name_otherwise / 100
        bare = rng.random(len(rows)) < slips.without_number / 100
        lost = rng.random(len(rows)) < slips.without_postcode / 100
        rows["name"] = [
            otherwise(rng, name) if other else name
            for name, other in zip(rows["name"], odd, strict=True)
        ]
        rows["kvk"] = rows["kvk"].where(~bare, "")
        rows["postcode"] = rows["postcode"].where(~lost, "")
        found[source] = rows[["unit", *COLUMNS]]
    return found


def otherwise(rng: np.random.Generator, name: str) -> str:
    """Return a name as someone else writes it: another legal form, a word cut short, or a slip."""
    way = rng.integers(0, 4)
    words = name.split(" ")
    if way == 0 or len(words) < 2:
        return " ".join(words[:-1]) + " BV" if len(words) > 1 else name
    if way == 1:
        return name.upper()
    place = int(rng.integers(1, max(len(words[0]) - 1, 2)))
    first = words[0]
    if way == 2:
        words[0] = first[:place] + first[place + 1 :]
    else:
        words[0] = first[:place] + first[place : place + 2][::-1] + first[place + 2 :]
    return " ".join(words)
