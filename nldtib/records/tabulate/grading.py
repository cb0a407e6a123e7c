"""How good a cell is, by a rule that can be printed: its grade, and the mark of what is fragile."""

import numpy as np
import pandas as pd

from nldtib.rounds import Grades
from nldtib.schema import FRAGILE, MODEL

LETTERS = "ABCDEF"
NOT_PUBLISHED = "F"


def grade(cv: float, imputed: float, n: int, limits: Grades) -> str:
    """Return the worst of three grades: by cv (a share), imputed share and respondents.

    A is the best; F, worse than every limit, is not published.
    """
    by_cv = next((g for g, limit in limits.cv.items() if cv <= limit), NOT_PUBLISHED)
    by_imputed = next((g for g, limit in limits.imputed.items() if imputed <= limit), NOT_PUBLISHED)
    by_n = next((g for g, limit in limits.respondents.items() if n >= limit), NOT_PUBLISHED)
    return max(by_cv, by_imputed, by_n, key=LETTERS.index)


def rule(limits: Grades) -> pd.DataFrame:
    """Return the rule of the grades as a table for readers.

    Returns
    -------
    DataFrame
        One row per grade A to E: cv_at_most and imputed_at_most (percent), respondents_at_least.
        A figure takes the worst of its three grades; worse than E is not published.
    """
    percent = {name: 100 * pd.Series(getattr(limits, name)) for name in ("cv", "imputed")}
    return pd.DataFrame(
        {
            "cv_at_most": percent["cv"],
            "imputed_at_most": percent["imputed"],
            "respondents_at_least": pd.Series(limits.respondents),
        }
    )


def graded(rows: pd.DataFrame, limits: Grades) -> pd.DataFrame:
    """Give every cell its grade, the status that follows from it, and its sign; `imputed` stays.

    Parameters
    ----------
    rows
        Cells with value, cv and n, the imputed part of each, and the part of it that the largest
        answer outside the take-all strata carries once weighted (`largest`); both are shares.
        `model` tells what is modelled. Without value a cell is not applicable.
    """
    cv = rows["cv"].fillna(np.inf).where(rows["value"] != 0, 0.0)
    rows = rows.assign(
        grade=[grade(*cell, limits) for cell in zip(cv, rows["imputed"], rows["n"], strict=True)]
    )
    absent = rows["value"].isna() & (rows["n"] > 0) & rows["cv"].notna()
    unreliable = (rows["grade"] == NOT_PUBLISHED) & ~absent
    rows["status"] = np.select([absent, unreliable], ["not_applicable", "unreliable"], "")
    rows["grade"] = rows["grade"].mask(absent, "")
    marks = ((FRAGILE, rows["largest"] > limits.fragile), (MODEL, rows["model"]))
    signs = [pd.Series(np.where(holds & ~absent, sign, ""), rows.index) for sign, holds in marks]
    rows["sign"] = signs[0] + signs[1]
    return rows.drop(columns=["largest", "model"])
