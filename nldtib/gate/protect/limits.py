"""What everybody knows of two variables: that one is at most the other."""

import ast
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from nldtib.codebook import Variable
from nldtib.gate.protect.rules import COUNTED
from nldtib.gate.protect.shares import Shares

BETWEEN = " less "


def room(part: str, whole: str) -> str:
    """Return the name of what a whole has beyond a part."""
    return f"{whole}{BETWEEN}{part}"


def is_room(name: str) -> bool:
    """Return whether a name is that of a room between two variables."""
    return BETWEEN in name


def pairs(
    names: Iterable[str], rows: pd.DataFrame, variables: Mapping[str, Variable]
) -> Iterator[tuple[str, str]]:
    """Give variables of which everybody knows that the first is at most the second.

    The numerator of a ratio is part of its denominator, an amount is at most what it is computed
    from, and what is counted is at most all organisations. Where the answers say otherwise, nobody
    can know it.

    Parameters
    ----------
    names
        Variables of the tables; one without a column counts every respondent.
    rows
        Answers of one reference year.
    """
    names = set(names)
    made = {(v.numerator, v.denominator) for v in variables.values()}
    counts = {name for name in names if name in variables and _counts(variables[name])}
    everybody = {name for name in names if name not in rows or _all_one(name, counts, rows)}
    for name in names & set(variables):
        made |= {(name, other) for other in _used(variables[name].formula)}
    made |= {(name, whole) for name in counts for whole in everybody}
    for part, whole in sorted(made):
        if part != whole and {part, whole} <= names and part not in everybody:
            most = rows[whole].to_numpy(float) if whole in rows else 1.0
            if (rows[part].to_numpy(float) <= most).all():
                yield part, whole


def beyond(part: Shares, whole: Shares) -> Shares:
    """Return what each holding contributes to a whole beyond a part at the same places."""
    names = ("observed", "weighted", "answered")
    rest = [np.maximum(getattr(whole, name) - getattr(part, name), 0.0) for name in names]
    return Shares(whole.cell, whole.holding, *rest, whole.waived)


def _counts(variable: Variable) -> bool:
    return variable.statistic == "total" and variable.unit_of_measure == COUNTED


def _all_one(name: str, counts: set[str], rows: pd.DataFrame) -> bool:
    return name in counts and bool((rows[name] == 1).all())


def _used(formula: str) -> set[str]:
    nodes = ast.walk(ast.parse(formula, mode="eval")) if formula else ()
    return {node.id for node in nodes if isinstance(node, ast.Name)}
