"""Pairs that may be one organisation, for a person to decide.

Splink (Fellegi and Sunter with learned weights) was weighed; METHODS.md says why not.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from nldtib.records.match.names import normalised
from nldtib.rounds import Match

CANDIDATES = ("kind", "left", "right", "score", "same_name", "near_identifier", "same_postcode")
RESPONSE, DUPLICATE, LISTED = "response", "duplicate", "listed"
USABLE = ("ok", "normalised")


def responses(
    answers: pd.DataFrame, frame: pd.DataFrame, identifier: str, choices: Match
) -> pd.DataFrame:
    """Propose units for responses whose identifier is absent, or is not that of one unit.

    Parameters
    ----------
    answers
        The long table; of a response only its identifier and the name of the organisation are
        used, never a person's name or address.
    frame
        One row per unit: unit, name and the column `identifier`.

    Returns
    -------
    DataFrame
        CANDIDATES, kind response: left is the respondent_id, right the unit.
    """
    everyone = answers["respondent_id"].unique()
    names = [identifier, choices.name_answer]
    wide = pd.DataFrame({name: pd.Series(typed(answers, name), everyone) for name in names})
    once = frame[identifier].drop_duplicates(keep=False)
    loose = wide[~wide[identifier].isin(once[once != ""])]
    left = pd.DataFrame(
        {
            "key": loose.index.astype(str),
            "name": loose[choices.name_answer].to_numpy(),
            "identifier": loose[identifier].to_numpy(),
            "postcode": "",
        }
    )
    return _pairs(RESPONSE, left, _sides(frame, "unit", identifier), choices)


def typed(answers: pd.DataFrame, variable: str) -> dict[str, str]:
    """Return what each response gave: as it was read, or as it was typed where it cannot be."""
    given = dict.fromkeys(answers["respondent_id"], "")
    own = answers[answers["variable"] == variable].drop_duplicates("respondent_id")
    texts = own["value"].where(own["status"].isin(USABLE), own["raw"]).fillna("")
    return given | dict(zip(own["respondent_id"], texts, strict=True))


def duplicates(frame: pd.DataFrame, identifier: str, choices: Match) -> pd.DataFrame:
    """Propose pairs of units of the frame that may be one organisation.

    Returns
    -------
    DataFrame
        CANDIDATES, kind duplicate: left stands after right on the frame.
    """
    sides = _sides(frame, "unit", identifier)
    pairs = _pairs(DUPLICATE, sides, sides, choices)
    place = pd.Series(range(len(sides)), sides["key"])
    later = pairs["left"].map(place).to_numpy() > pairs["right"].map(place).to_numpy()
    return pairs[later].reset_index(drop=True)


def listed(
    organisations: pd.DataFrame, frame: pd.DataFrame, identifier: str, choices: Match
) -> pd.DataFrame:
    """Propose, for gathered organisations without identifier, which other one each may be.

    Parameters
    ----------
    organisations
        As `sources.gathered` gives them.
    frame
        One row per unit; one that no list names may be meant as well.
    """
    sides = _sides(organisations, "organisation", identifier)
    units = _sides(frame, "unit", identifier)
    others = pd.concat([sides, units[~units["key"].isin(sides["key"])]], ignore_index=True)
    return _pairs(LISTED, sides[sides["identifier"] == ""], others, choices)


def _sides(table: pd.DataFrame, key: str, identifier: str) -> pd.DataFrame:
    columns = {key: "key", "name": "name", identifier: "identifier", "postcode": "postcode"}
    sides = table[list(columns)].rename(columns=columns).astype(str).reset_index(drop=True)
    return sides.assign(postcode=sides["postcode"].str.replace(" ", ""))


def _pairs(kind: str, left: pd.DataFrame, right: pd.DataFrame, choices: Match) -> pd.DataFrame:
    """Compare every left with every right, and keep the best few of each left.

    A pair is proposed when its names are alike, or when they are somewhat alike and identifier or
    postcode speak for it as well.
    """
    if left.empty or right.empty:
        return pd.DataFrame(columns=CANDIDATES)
    names = [normalised(side["name"], choices).tolist() for side in (left, right)]
    alike = process.cdist(
        *names, scorer=fuzz.token_sort_ratio, score_cutoff=choices.somewhat_alike, dtype=np.uint8
    )
    rows, columns = np.nonzero(alike)
    same = left["key"].to_numpy()[rows] == right["key"].to_numpy()[columns]
    rows, columns = rows[~same], columns[~same]
    rarity = _rarity([*names[0], *names[1]])
    scores = [
        _likeness(names[0][a], names[1][b], rarity) for a, b in zip(rows, columns, strict=True)
    ]
    numbers, codes = (
        [side[name].to_numpy()[places] for side, places in ((left, rows), (right, columns))]
        for name in ("identifier", "postcode")
    )
    near = [
        bool(a and b) and OSA.distance(a, b, score_cutoff=1) <= 1
        for a, b in zip(*numbers, strict=True)
    ]
    pairs = pd.DataFrame(
        {
            "kind": kind,
            "left": left["key"].to_numpy()[rows],
            "right": right["key"].to_numpy()[columns],
            "score": np.array(scores, dtype=int),
            "near_identifier": np.array(near, dtype=int),
            "same_postcode": ((codes[0] == codes[1]) & (codes[0] != "")).astype(int),
        }
    )
    pairs["same_name"] = (pairs["score"] == 100).astype(int)
    besides = pairs["near_identifier"] + pairs["same_postcode"]
    somewhat = (pairs["score"] >= choices.somewhat_alike) & (besides > 0)
    pairs = pairs[(pairs["score"] >= choices.alike) | somewhat].assign(besides=besides)
    pairs = pairs.sort_values(["besides", "score"], ascending=False, kind="stable")
    best = pairs.groupby("left", sort=False).head(choices.most)
    return best.sort_index()[list(CANDIDATES)].reset_index(drop=True)


def _rarity(names: Sequence[str]) -> Mapping[str, float]:
    """Return how much each word tells: the logarithm of all names over those that have it."""
    counts = Counter(word for name in names for word in set(name.split()))
    return {word: math.log(1 + len(names) / count) for word, count in counts.items()}


def _likeness(one: str, other: str, rarity: Mapping[str, float]) -> int:
    """Return the likeness of two names, 0 to 100: words by how much they tell, the worse way round.

    A word is as like the other name as the most alike of its words. Names that differ in spaces
    only are the same.
    """
    ways = []
    for name, against in ((one, other), (other, one)):
        words = name.split()
        weights = [rarity[word] for word in words]
        best = [max(fuzz.ratio(word, its) for its in against.split()) for word in words]
        ways.append(sum(w * b for w, b in zip(weights, best, strict=True)) / sum(weights))
    joined = fuzz.ratio(one.replace(" ", ""), other.replace(" ", ""))
    return round(100 if joined == 100 else min(ways))
