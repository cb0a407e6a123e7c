"""What people decided on candidates: which response is which unit, and which units are one.

In decisions.csv `unit` says whom it is about, `old` the identifier that it bore when the decision
was made, and `new` the unit that it is:

    variable           unit                 new
    unit               the response         its unit, or none when it belongs to no unit
    duplicate_of       the unit to drop     the unit that stays
    not_duplicate_of   one unit             another, with which it is not one
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from nldtib.errors import InputError
from nldtib.records.match.candidates import DUPLICATE, LISTED, RESPONSE, typed

UNIT, SAME, APART = "unit", "duplicate_of", "not_duplicate_of"
DECIDES = (UNIT, SAME, APART)
NONE = "none"


@dataclass(frozen=True)
class Links:
    """Links that people decided.

    unit_of
        The unit of a response, by respondent_id; `none` for one that belongs to no unit.
    same
        The unit that stays, by the unit that is dropped.
    apart
        Pairs that are not one, in both orders.
    """

    unit_of: Mapping[str, str]
    same: Mapping[str, str]
    apart: frozenset[tuple[str, str]]


def decided(
    decisions: pd.DataFrame, answers: pd.DataFrame, frame: pd.DataFrame, identifier: str
) -> Links:
    """Check the decisions on links, and return what they come to.

    A response that bears the identifier of a dropped unit goes to the unit that stays.

    Parameters
    ----------
    decisions
        DECISIONS; rows of other variables are passed over.

    Raises
    ------
    InputError
        A decision names an unknown response or unit, was made on an identifier that has changed
        since, or leads back to the unit that it drops.
    """
    given = typed(answers, identifier)
    registered = dict(zip(frame["unit"], frame[identifier], strict=True))
    listed = decisions["unit"].str.contains(":")
    lost = stale = 0
    found: dict[str, dict[str, str]] = {UNIT: {}, SAME: {}}
    apart: set[tuple[str, str]] = set()
    for row, in_list in zip(decisions.itertuples(), listed, strict=True):
        if row.variable not in DECIDES:
            continue
        # A row of a list has no unit yet; its number is its own.
        known = given if row.variable == UNIT else registered
        if (row.unit not in known and not in_list) or (
            row.new not in registered and (row.variable, row.new) != (UNIT, NONE)
        ):
            lost += 1
        elif known.get(row.unit, row.old) != row.old:
            stale += 1
        elif row.variable == APART:
            apart |= {(row.unit, row.new), (row.new, row.unit)}
        else:
            found[row.variable][row.unit] = row.new
    same = {unit: _last(unit, found[SAME]) for unit in found[SAME]}
    circles = sum(not unit for unit in same.values())
    if lost or stale or circles:
        raise InputError(
            f"{lost} decisions on links name an unknown response or unit, {stale} were made on an "
            f"identifier that has changed since, and {circles} lead back to themselves. "
            "Look at them again in decisions.csv."
        )
    moved = {number: same[unit] for unit, number in registered.items() if unit in same}
    unit_of = {one: moved[number] for one, number in given.items() if number in moved}
    unit_of |= {one: same.get(unit, unit) for one, unit in found[UNIT].items()}
    return Links(unit_of, same, frozenset(apart))


def tallied(decisions: pd.DataFrame) -> pd.DataFrame:
    """Count the decisions on links: a row per kind of candidate, columns accepted and rejected."""
    listed = decisions["unit"].str.contains(":")
    variable, none = decisions["variable"], decisions["new"] == NONE
    rows = {
        RESPONSE: ((variable == UNIT) & ~none, (variable == UNIT) & none),
        DUPLICATE: ((variable == SAME) & ~listed, (variable == APART) & ~listed),
        LISTED: ((variable == SAME) & listed, (variable == APART) & listed),
    }
    counts = {kind: [int(mask.sum()) for mask in masks] for kind, masks in rows.items()}
    return pd.DataFrame.from_dict(counts, "index", columns=["accepted", "rejected"])


def merged(frame: pd.DataFrame, same: Mapping[str, str]) -> pd.DataFrame:
    """Drop the units that are another one; the one that stays inherits their sources."""
    sources = [name for name in frame if name.startswith("source_")]
    kept = frame["unit"].map(lambda unit: same.get(unit, unit))
    table = frame[~frame["unit"].isin(set(same))].copy()
    if sources and same:
        table[sources] = frame[sources].groupby(kept).max().loc[table["unit"]].to_numpy()
    return table.reset_index(drop=True)


def open_candidates(candidates: pd.DataFrame, links: Links) -> pd.DataFrame:
    """Return the candidates on which nobody decided yet."""
    gone = candidates["left"].isin({*links.unit_of, *links.same})
    gone |= candidates["right"].isin(set(links.same))
    pairs = pd.MultiIndex.from_frame(candidates[["left", "right"]])
    gone |= pairs.isin(list(links.apart))
    return candidates[~gone].reset_index(drop=True)


def _last(unit: str, same: Mapping[str, str]) -> str:
    seen = [unit]
    while seen[-1] in same:
        if same[seen[-1]] in seen:
            return ""
        seen.append(same[seen[-1]])
    return seen[-1]
