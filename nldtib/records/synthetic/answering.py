"""Which of the invented organisations answer, and how far they get.

Within a size class the number of respondents is as published, and those with business with the
ministry answer with higher odds. The known large suppliers are followed up until they have
answered in full; so are the few organisations with an odd name, which every round should hold.
"""

import numpy as np
import pandas as pd

from nldtib.records.synthetic import units
from nldtib.records.synthetic.choices import Choices

COMPLETE, SECOND_PAGE, FIRST_PAGE, OUTSIDE = "complete", "second page", "first page", "outside"


def respondents(rng: np.random.Generator, register: pd.DataFrame, choices: Choices) -> pd.DataFrame:
    """Draw who answers.

    Parameters
    ----------
    rng
        The source of chance of this round.
    register
        One row per unit of the frame, with size_class, mod_business, known_large,
        organisation_type, in_scope and inclination.
    choices
        Response by size class, odds and numbers.

    Returns
    -------
    DataFrame
        One row per respondent, in the order of the frame: unit, stage (how far it got) and
        followed_up (answers everything, as exactly as asked).

    Source
    ------
    A unit answers when its inclination, log odds plus logistic chance, is among the highest of its
    class: a logistic response model given the number of respondents.
    """
    followed_up = (register["known_large"] == 1).to_numpy(copy=True)
    followed_up[units.odd_rows(register, choices)] = True
    willing = _inclination(rng, register, followed_up, choices)
    stage = np.full(len(register), "", dtype=object)
    inside = register["in_scope"].to_numpy()
    for code, group in choices.size_classes.items():
        rows = np.flatnonzero(inside & (register["size_class"] == code).to_numpy())
        order = rows[np.argsort(-willing[rows], kind="stable")]
        certain = int(np.isposinf(willing[rows]).sum())
        stage[order[: max(int(group.respondents), certain)]] = COMPLETE
    answering = choices.answering
    free = np.flatnonzero((stage == COMPLETE) & ~followed_up)
    left = round((stage == COMPLETE).sum() * answering.left_on_second_page / 100)
    stage[rng.permutation(free)[:left]] = SECOND_PAGE
    silent = np.flatnonzero(inside & (stage == "") & ~np.isneginf(willing))
    stage[rng.permutation(silent)[: int(answering.left_on_first_page)]] = FIRST_PAGE
    outside = np.flatnonzero(~inside)
    stage[rng.permutation(outside)[: int(answering.outside)]] = OUTSIDE
    table = pd.DataFrame({"unit": register["unit"], "stage": stage, "followed_up": followed_up})
    return table[table["stage"] != ""].reset_index(drop=True)


def _inclination(
    rng: np.random.Generator, register: pd.DataFrame, followed_up: np.ndarray, choices: Choices
) -> np.ndarray:
    count = len(register)
    habit = rng.random(count) < choices.answering.habit
    willing = np.where(habit, register["inclination"], rng.logistic(size=count))
    willing = willing + np.log(choices.answering.odds_mod_business) * register["mod_business"]
    willing = willing.to_numpy(float, copy=True)
    institutes = (register["organisation_type"] == units.INSTITUTE).to_numpy()
    rows = np.flatnonzero(institutes)
    order = rows[np.argsort(-willing[rows], kind="stable")]
    answering = int(choices.answering.knowledge_institutes)
    willing[order[:answering]] = np.inf
    willing[order[answering:]] = -np.inf
    willing[followed_up] = np.inf
    return willing
