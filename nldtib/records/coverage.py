"""How many organisations stand on no list: capture-recapture over overlapping source lists.

The frame is put together from lists that overlap (`source_<name>`, 0 or 1). How often lists find
the same organisation tells how many none of them found. An experiment: it rests on a model of how
lists depend on one another, and only numbers come out.

Sources: Fienberg (1972), Biometrika 59, 591-603 (log-linear models of incomplete tables);
Burnham and Anderson (2002), Model Selection and Multimodel Inference, section 2.6 (differences of
AIC); Buckland and Garthwaite (1991), Biometrics 47, 255-268 (parametric bootstrap).
"""

from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pandas as pd
from scipy import special

from nldtib.rounds import FrameCoverage

SOURCE = "source_"
STEPS, TOLERANCE = 60, 1e-9
# Keeps the equations solvable where a pattern without units drives a parameter to minus infinity.
RIDGE = 1e-9


@dataclass(frozen=True)
class Missed:
    """How many organisations no list has, with an interval.

    lists
        Names of the lists.
    listed, unlisted
        Units of the frame on at least one list, and on none (found otherwise).
    missed, low, high
        Organisations that stand on no list, `unlisted` among them.
    dependent
        Pairs of lists that share more, or fewer, organisations than by chance, by the model chosen.
    """

    lists: tuple[str, ...]
    listed: int
    unlisted: int
    missed: float
    low: float
    high: float
    dependent: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Model:
    """A log-linear model: its pairs of dependent lists, and the design of the patterns (C x P)."""

    pairs: tuple[tuple[int, int], ...]
    design: np.ndarray


def patterns(frame: pd.DataFrame) -> pd.Series:
    """Count the units of the frame by the lists on which they stand.

    Returns
    -------
    Series
        Units per pattern, a tuple of 0 and 1 in the order of the source columns; all 2^k
        patterns, first that of no list.
    """
    names = [name for name in frame if name.startswith(SOURCE)]
    every = list(product((0, 1), repeat=len(names)))
    found = frame[names].apply(tuple, axis=1).value_counts() if names else pd.Series(dtype=int)
    order = pd.Index(every, tupleize_cols=False)
    return pd.Series([int(found.get(one, 0)) for one in every], order)


def missed(frame: pd.DataFrame, choices: FrameCoverage, level: float, seed: int) -> Missed | None:
    """Estimate how many organisations stand on no list; None where lists cannot tell.

    Counts of the patterns are Poisson, log-linear in the lists and in pairs of lists; the model
    with the lowest AIC is chosen among all sets of pairs. The interval is a parametric bootstrap
    in which models within `plausible_aic` of the best compete again.

    Parameters
    ----------
    frame
        One row per unit, with 0/1 columns `source_<name>`.
    choices
        Number of replicates, and how much worse a model may fit and still compete.
    level
        Of the interval, a share.
    seed
        Of the replicates.

    Returns
    -------
    Missed or None
        None with fewer than two lists, with more than `most_lists`, or where no two lists share
        a unit.
    """
    counts = patterns(frame)
    lists = tuple(n.removeprefix(SOURCE) for n in frame if n.startswith(SOURCE))
    shared = sum(count for one, count in counts.items() if sum(one) > 1)
    if not 2 <= len(lists) <= choices.most_lists or not shared:
        return None
    seen = counts.to_numpy(float)[1:]
    candidates = models(len(lists))
    aic, unseen = compared(seen[None, :], candidates)
    best = int(np.argmin(aic[0]))
    plausible = [
        candidates[i] for i in np.flatnonzero(aic[0] <= aic[0, best] + choices.plausible_aic)
    ]
    estimate = unseen[0, best]
    fitted = _fitted(seen[None, :], candidates[best].design)[0]
    everyone = round(seen.sum() + estimate)
    shares = np.append(fitted, estimate) / (fitted.sum() + estimate)
    rng = np.random.default_rng([seed, len(lists)])
    drawn = rng.multinomial(everyone, shares, choices.replicates)[:, :-1].astype(float)
    aic, unseen = compared(drawn, plausible)
    again = unseen[np.arange(len(drawn)), np.argmin(aic, axis=1)]
    low, high = np.quantile(again, [(1 - level) / 2, (1 + level) / 2])
    pairs = tuple((lists[a], lists[b]) for a, b in candidates[best].pairs)
    listed = int(seen.sum())
    return Missed(
        lists, listed, int(counts.iloc[0]), float(estimate), float(low), float(high), pairs
    )


def models(lists: int) -> list[Model]:
    """Return the models with every set of pairs that the observable patterns can tell apart."""
    seen = np.array(list(product((0, 1), repeat=lists))[1:], float)
    pairs = list(combinations(range(lists), 2))
    models = []
    for size in range(len(pairs) + 1):
        for chosen in combinations(pairs, size):
            together = [seen[:, a] * seen[:, b] for a, b in chosen]
            design = np.column_stack([np.ones(len(seen)), seen, *together])
            if design.shape[1] <= len(seen):
                models.append(Model(chosen, design))
    return models


def compared(counts: np.ndarray, models: list[Model]) -> tuple[np.ndarray, np.ndarray]:
    """Return AIC and the number on no list, per replicate and model (R x M)."""
    aic, unseen = [], []
    for model in models:
        fitted = _fitted(counts, model.design)
        log = np.log(np.maximum(fitted, np.finfo(float).tiny))
        likelihood = (counts * log - fitted - special.gammaln(counts + 1)).sum(axis=1)
        parameters = model.design.shape[1]
        aic.append(2 * parameters - 2 * likelihood)
        # All log-linear terms but the constant are 0 at the pattern of no list.
        constant = np.linalg.lstsq(model.design, log.T, rcond=None)[0][0]
        unseen.append(np.exp(constant))
    aic, unseen = np.column_stack(aic), np.column_stack(unseen)
    return np.where(np.isfinite(unseen), aic, np.inf), unseen


def _fitted(counts: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Return the expected counts (R x C) of a Poisson log-linear model, by Newton's method.

    All replicates are solved at once; statsmodels, one by one, takes minutes for the bootstrap.
    """
    start = np.log(counts + 0.5)
    terms = np.linalg.lstsq(design, start.T, rcond=None)[0].T
    ridge = RIDGE * np.eye(design.shape[1])
    squares = np.einsum("cp,cq->cpq", design, design).reshape(len(design), -1)
    for _ in range(STEPS):
        expected = np.exp(np.clip(terms @ design.T, -30, 30))
        score = (counts - expected) @ design
        information = (expected @ squares).reshape(len(counts), *ridge.shape) + ridge
        step = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        terms = terms + np.clip(step, -2, 2)
        if (np.abs(score) <= TOLERANCE * (1 + counts.sum(axis=1)[:, None])).all():
            break
    return np.exp(np.clip(terms @ design.T, -30, 30))
