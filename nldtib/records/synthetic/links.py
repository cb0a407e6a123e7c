"""Organisations that stand on the frame twice, and what an analyst decided on who is who.

The frame of a file holds them; the truth and the frame of a wave do not.
"""

import datetime
import re

import pandas as pd

from nldtib.records.synthetic import lists, mistakes
from nldtib.records.synthetic.assemble import chance
from nldtib.records.synthetic.choices import Choices
from nldtib.records.synthetic.wave import Wave
from nldtib.schema import DECISIONS

DOUBLES = 3


def doubled(wave: Wave, survey_round: int, seed: int, choices: Choices) -> pd.DataFrame:
    """Return the units that stand on the frame a second time, as another list knew them.

    Returns
    -------
    DataFrame
        The columns of the frame, under a new unit and without register number, and `same_as`:
        the unit that it is.
    """
    rng = chance(seed, survey_round, DOUBLES)
    frame = wave.frame
    several = frame["name"].str.count(" ") > 0
    rows = frame[several & (frame["known_large"] == 0)]
    rows = rows.iloc[rng.permutation(len(rows))[: int(choices.planted.doubles)]]
    first = int(frame["unit"].str[1:].astype(int).max()) + 1
    return rows.assign(
        same_as=rows["unit"],
        unit=[f"U{first + number:04d}" for number in range(len(rows))],
        name=[lists.otherwise(rng, name) for name in rows["name"]],
        kvk="",
    )


def decided(wave: Wave, doubles: pd.DataFrame, survey_round: int, choices: Choices) -> pd.DataFrame:
    """Return what an analyst decided: DECISIONS on the doubles and on responses without a unit.

    The last response that bears a wrong number is left undecided.
    """
    said = choices.decisions
    same = pd.DataFrame(
        {
            "unit": doubles["unit"],
            "variable": "duplicate_of",
            "old": doubles["kvk"],
            "new": doubles["same_as"],
            "reason": said.reason_same,
        }
    )
    wrong = wave.planted[wave.planted["kind"] == mistakes.UNKNOWN_KVK]
    wrong = wrong.sort_values("respondent_id", key=lambda ids: ids.astype(int)).iloc[:-1]
    typed = wave.responses.set_index("id")["kvk"]
    theirs = pd.DataFrame(
        {
            "unit": wrong["respondent_id"],
            "variable": "unit",
            "old": [re.sub(r"\D", "", typed[number]) for number in wrong["respondent_id"]],
            "new": wrong["unit"],
            "reason": said.reason_response,
        }
    )
    days = choices.fieldwork_days + said.days_after_fieldwork
    day = choices.fieldwork[str(survey_round)] + datetime.timedelta(days=days)
    links = pd.concat([same, theirs], ignore_index=True)
    return links.assign(year="", who=said.who, date=day.isoformat())[list(DECISIONS)]
