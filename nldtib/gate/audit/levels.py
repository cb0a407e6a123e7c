"""How far from its value the doubt about a sum must reach, for whoever attacks it."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from nldtib.gate.audit.findings import Rules

# A level is never below this share of the largest contribution.
SMALLEST_LEVEL = 0.001
# So many contributions are worked out at once.
TOGETHER = 1_000_000


@dataclass(frozen=True)
class Levels:
    """Protection levels of many sums, one entry each; zero where nothing need be hidden.

    outsider
        For everybody but the largest contributor, who may be the second.
    largest
        For the largest contributor, who looks for the second.
    first
        Which holding is the largest; -1 where all contribute zero.
    alone
        Whether that holding is the only one with a contribution.
    """

    outsider: np.ndarray
    largest: np.ndarray
    first: np.ndarray
    alone: np.ndarray


Waived = tuple[np.ndarray, np.ndarray] | None


def higher(every: Levels, answered: Levels) -> Levels:
    """Return the higher of the levels with imputed values and without them.

    Who can redo an imputation knows it, so it covers nobody; and who is the largest by one alone
    looks for the others like everybody else.
    """
    same = every.first == answered.first
    largest = np.where(same, answered.largest, answered.outsider)
    return Levels(
        np.maximum(every.outsider, answered.outsider),
        np.maximum(every.largest, largest),
        every.first,
        every.alone,
    )


def of_sums(
    own: sparse.csr_array,
    answered: sparse.csr_array,
    weighted: np.ndarray,
    counted: np.ndarray,
    smallest: np.ndarray,
    rules: Rules,
    waived: Waived = None,
) -> Levels:
    """Return the levels of very many sums to which few of the holdings contribute.

    Parameters as those of `of`, but for `answered`: what of `own` was not imputed; and `waived`:
    per sum the number of its row in the second, and there, per holding, whether it may be
    recognised.
    """
    given = (weighted, counted, smallest, rules, waived)
    every = _packed(own, *given)
    imputed = (own - answered).count_nonzero() > 0
    return higher(every, _packed(answered, *given)) if imputed else every


def _packed(
    own: sparse.csr_array,
    weighted: np.ndarray,
    counted: np.ndarray,
    smallest: np.ndarray,
    rules: Rules,
    waived: Waived,
) -> Levels:
    """Return the levels of sums; those with as many contributions are worked out together."""
    many = np.diff(own.indptr)
    order = np.argsort(many, kind="stable")
    found = of(np.zeros((0, 0)), weighted[:0], counted, smallest, rules)
    columns = {name: np.zeros(len(many), dtype=part.dtype) for name, part in vars(found).items()}
    start = 0
    while start < len(order):
        after = start + 1
        while after < len(order) and (after - start) * many[order[after]] < TOGETHER:
            after += 1
        rows = order[start:after]
        there = np.arange(max(int(many[rows].max()), 1)) < many[rows][:, None]
        entries = (own.indptr[rows][:, None] + np.arange(there.shape[1]))[there]
        packed, agreed = np.zeros(there.shape), np.zeros(there.shape, dtype=bool)
        packed[there] = own.data[entries]
        whose = np.full(there.shape, -1)
        whose[there] = own.indices[entries]
        if waived is not None:
            agreed[there] = waived[1][waived[0][rows].repeat(many[rows]), own.indices[entries]]
        given = (packed, weighted[rows], counted[rows], smallest[rows], rules)
        found = of(*given, None if waived is None else agreed)
        for name, part in vars(found).items():
            columns[name][rows] = part
        first = whose[np.arange(len(rows)), found.first]
        columns["first"][rows] = np.where(found.first >= 0, first, -1)
        start = after
    return Levels(**columns)


def of(
    own: np.ndarray,
    weighted: np.ndarray,
    counted: np.ndarray,
    smallest: np.ndarray,
    rules: Rules,
    waived: np.ndarray | None = None,
) -> Levels:
    """Return the levels of sums.

    Parameters
    ----------
    own
        Contributions by holding, a sum per row, a holding per column.
    weighted
        The estimate of each sum.
    counted
        Which sums count organisations or respondents; these are never dominated.
    smallest
        The smallest contribution above zero of any holding to the variable of each sum; it
        measures the doubt about a zero.
    rules
        The confidential rule.
    waived
        Which holdings may be recognised in which sum: the largest is then the largest other one.

    Source
    ------
    Handbook on Statistical Disclosure Control, 2nd ed., chapter 4 (p % rule, upper protection
    level); the level of a sum of too few holdings is METHODS.md section 10.
    """
    if not len(own):
        nothing = np.zeros(0)
        return Levels(nothing, nothing, nothing.astype(int), nothing.astype(bool))
    share = rules.p_percent / 100
    needy = own if waived is None else np.where(waived, 0.0, own)
    one, mine = needy.max(axis=1, initial=0.0), needy.argmax(axis=1) if own.shape[1] else 0
    rivals = own.copy()
    rivals[np.arange(len(own)), mine] = 0.0
    two = rivals.max(axis=1, initial=0.0)
    sums = np.minimum(own.sum(axis=1), weighted)
    rest = sums - one - two
    present = (own > 0).sum(axis=1)
    few = (present < rules.fewest_holdings) & ((one > 0) | (present == 0))
    short = share * one - rest
    if rules.dominant_holdings:
        most = -np.sort(-own, axis=1)[:, : rules.dominant_holdings].sum(axis=1)
        short = np.maximum(short, np.where(one > 0, 100 / rules.k_percent * most - sums, 0.0))
    counted = counted.astype(bool)
    dominated = ~few & ~counted & (short > 1e-9 * one)
    level = np.where(dominated, np.maximum(short, SMALLEST_LEVEL * one), 0.0)
    level = np.where(few, np.maximum(np.maximum(short, share * one), SMALLEST_LEVEL * one), level)
    level = np.where(present == 0, share * smallest, level)
    level = np.where(counted & few, np.maximum(level, 1.0), level)
    second = np.where(few, SMALLEST_LEVEL * two, 0.0)
    second = np.where(counted, second, np.maximum(second, share * two - rest))
    second = np.where((level > 0) & (second > 1e-9 * one), second, 0.0)
    first = np.where(present > 0, own.argmax(axis=1), -1)
    return Levels(level, second, first, present == 1)
