"""How response may have bent the figures: who answers, balance, rival treatments, large answers.

Diagnostics stand beside the figures and change none of them. What knows single answers
(`sensitivity`) stays with the records.

Sources: Särndal and Lundström (2005), Estimation in Surveys with Nonresponse, chapters 5-6;
Schouten, Cobben and Bethlehem (2009), Survey Methodology 35, 101-113 (R-indicator); Austin (2011),
Multivariate Behavioral Research 46, 399-424 (standardised differences).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

INTERCEPT = "const"


@dataclass(frozen=True)
class Propensity:
    """A logistic model of who answers.

    chance
        Fitted probability of an answer, per unit of the frame.
    terms
        Per level of a covariate: odds_ratio against the most frequent level, low, high.
    r_indicator
        1 less twice the standard deviation of the chances: 1 where everyone is as likely.
    """

    chance: pd.Series
    terms: pd.DataFrame
    r_indicator: float


def levels(about: pd.DataFrame) -> pd.DataFrame:
    """Return a 0/1 column per level of each covariate; a 0/1 covariate keeps its name."""
    parts = []
    for _, column in about.items():
        if pd.api.types.is_numeric_dtype(column):
            parts.append(column.astype(float).to_frame())
        else:
            parts.append(pd.get_dummies(column, dtype=float))
    return pd.concat(parts, axis=1)


def propensity(about: pd.DataFrame, responded: pd.Series, level: float) -> Propensity:
    """Model who answers by what the register knows.

    Levels in which all or none answered cannot be estimated and join the most frequent level.

    Parameters
    ----------
    about
        One row per unit of the frame, a column per covariate: labels, or 0 and 1.
    responded
        Whether each unit answered; same index.
    level
        Of the intervals of the odds ratios.
    """
    # statsmodels takes a second to import, and only this step needs it.
    import statsmodels.api as sm

    table = levels(about)
    most = [column.value_counts().index[0] for _, column in about.items() if column.dtype == object]
    rates = table.apply(lambda one: responded[one == 1].mean())
    usable = [name for name in table if name not in most and 0 < rates[name] < 1]
    fitted = sm.Logit(responded.astype(float), sm.add_constant(table[usable])).fit(disp=0)
    limits = np.exp(fitted.conf_int(alpha=1 - level))
    terms = pd.DataFrame({"odds_ratio": np.exp(fitted.params), "low": limits[0], "high": limits[1]})
    chance = pd.Series(fitted.predict(), about.index)
    spread = float(chance.std(ddof=1))
    return Propensity(chance, terms.drop(index=INTERCEPT), 1 - 2 * spread)


def balance(about: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """Compare respondents with the frame, before and after weighting.

    Parameters
    ----------
    about
        One row per unit of the frame, as in `propensity`.
    weights
        Final weight of each respondent, by unit.

    Returns
    -------
    DataFrame
        Per level: before and after, the standardised difference: the share among respondents
        (unweighted, weighted) less that on the frame, over the frame's standard deviation, in
        percent. Below 10 is usually called balanced.
    """
    table = levels(about)
    table = table.loc[:, table.std(ddof=0) > 0]
    inside = table.loc[weights.index]
    weighted = inside.mul(weights, axis=0).sum() / weights.sum()
    scale = table.std(ddof=0) / 100
    return pd.DataFrame(
        {
            "before": (inside.mean() - table.mean()) / scale,
            "after": (weighted - table.mean()) / scale,
        }
    )


@dataclass(frozen=True)
class Answers:
    """One reference year per unit: what rival treatments of nonresponse start from.

    values
        One row per respondent (zeros for those out of scope), a column per variable.
    register
        One row per unit of the frame: stratum, certainty, employees, group (by which a rival
        post-stratifies) and chance of an answer.
    calibrated
        Final weights of the respondents.
    """

    values: pd.DataFrame
    register: pd.DataFrame
    calibrated: pd.Series


def rivals(answers: Answers) -> pd.DataFrame:
    """Estimate totals under other treatments of nonresponse.

    Returns
    -------
    DataFrame
        One row per variable: calibrated (the one used), expansion (N_h / n_h), propensity (one
        over the chance of an answer), poststratified (expansion, brought to the counts of
        `group`) and lognormal (silent units predicted from employees). Take-all strata are
        expanded in all of them.
    """
    register, values = answers.register, answers.values
    here = register.loc[values.index]
    size = register.groupby("stratum").size() / here.groupby("stratum").size()
    expansion = here["stratum"].map(size)
    free = here["certainty"] == 0
    spread = register[register["certainty"] == 0]
    inverse = 1 / here["chance"]
    inverse = inverse * len(spread) / inverse[free].sum()
    wanted = spread.groupby("group").size() / expansion[free].groupby(here["group"][free]).sum()
    weights = {
        "calibrated": answers.calibrated,
        "expansion": expansion,
        "propensity": inverse.where(free, expansion),
        "poststratified": (expansion * here["group"].map(wanted)).where(free, expansion),
    }
    totals = {name: values.mul(one, axis=0).sum() for name, one in weights.items()}
    silent = spread.drop(index=values.index, errors="ignore")
    predicted = {name: _predicted(one[free], here[free], silent) for name, one in values.items()}
    taken = values[~free].mul(expansion[~free], axis=0).sum()
    totals["lognormal"] = taken + values[free].sum() + pd.Series(predicted)
    return pd.DataFrame(totals)


def band(totals: pd.DataFrame) -> pd.DataFrame:
    """Return the lowest and highest rival of each total, in two digits so that none can be told."""
    ends = pd.DataFrame({"lowest_total": totals.min(axis=1), "highest_total": totals.max(axis=1)})
    return ends.map(lambda end: float(f"{end:.2g}"))


def sensitivity(weighted: pd.DataFrame, stratum: pd.Series) -> pd.DataFrame:
    """Tell how much of each total its largest answers carry. Confidential.

    Parameters
    ----------
    weighted
        Weighted amounts, one row per respondent.
    stratum
        Of each respondent; a respondent left out is replaced by the others of its stratum.

    Returns
    -------
    DataFrame
        One row per variable: estimate; largest, three_largest (shares of it carried by the one
        and the three largest weighted answers); without_largest (the estimate had the largest
        not answered, over the estimate, less 1; missing where it was alone in its stratum).
    """
    values = weighted.to_numpy(float)
    columns = np.arange(values.shape[1])
    total = values.sum(axis=0)
    bottom = np.where(total != 0, total, np.nan)
    carried = np.sort(values, axis=0)[::-1][:3].cumsum(axis=0) / bottom
    first = values.argmax(axis=0)
    largest = values[first, columns]
    groups, _ = pd.factorize(stratum)
    peers = (groups[:, None] == np.arange(groups.max() + 1)).astype(float)
    home = groups[first]
    others = peers.sum(axis=0)[home] - 1
    left = (peers.T @ values)[home, columns] - largest
    more = left / np.where(others > 0, others, np.nan)
    measures = {
        "estimate": total,
        "largest": carried[0],
        "three_largest": carried[-1],
        "without_largest": (more - largest) / bottom,
    }
    return pd.DataFrame(measures, weighted.columns)


def _predicted(values: pd.Series, here: pd.DataFrame, silent: pd.DataFrame) -> float:
    """Predict the sum of silent units: share with any in the stratum, times a lognormal mean."""
    some = values > 0
    if some.sum() < 3 or silent.empty:
        return 0.0
    size = np.log(np.maximum(here["employees"], 1.0))
    design = np.column_stack([np.ones(int(some.sum())), size[some]])
    slopes, *_ = np.linalg.lstsq(design, np.log(values[some]), rcond=None)
    left = np.log(values[some]) - design @ slopes
    variance = float((left**2).sum() / (some.sum() - 2))
    share = some.groupby(here["stratum"]).mean()
    size = np.log(np.maximum(silent["employees"], 1.0))
    mean = np.exp(slopes[0] + slopes[1] * size + variance / 2)
    return float((mean * silent["stratum"].map(share).fillna(some.mean())).sum())


def by_place(
    weighted: pd.DataFrame, stratum: pd.Series, places: pd.DataFrame, names: Sequence[str]
) -> pd.DataFrame:
    """Return `sensitivity` of the whole and of every code of `names`. Confidential.

    Returns
    -------
    DataFrame
        As `sensitivity`, with columns place (`total`, or dimension=code) and variable in front.
    """
    inside = {"total": pd.Series(True, weighted.index)}
    for name in names:
        for code in sorted(places[name].dropna().unique()):
            inside[f"{name}={code}"] = places[name] == code
    rows = [
        sensitivity(weighted.where(members, 0.0, axis=0), stratum)
        .rename_axis("variable")
        .reset_index()
        for members in inside.values()
    ]
    for place, table in zip(inside, rows, strict=True):
        table.insert(0, "place", place)
    return pd.concat(rows, ignore_index=True)
