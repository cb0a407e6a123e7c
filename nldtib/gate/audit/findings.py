"""What the audit says: one row per successful attack, or per thing that it could not decide."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import pandas as pd

from nldtib import schema
from nldtib.codebook import Dimension, Variable

Place = frozenset[str]

OUTSIDER = "outsider"
LARGEST = "largest contributor"
SOLE = "sole contributor"
CONTRIBUTOR = "contributor"


class Rules(Protocol):
    """What the audit needs to know of the confidential rule."""

    fewest_holdings: int
    p_percent: float
    variables: Mapping[str, Variable]
    dimensions: Mapping[str, Dimension]
    dominant_holdings: int
    k_percent: float
    fewest_for_interval: int
    band: float
    fewest_in_top: int

    def waived(self, variable: str) -> frozenset[str]:
        """Return the holdings that agreed to be recognised in a variable."""


class Finding(NamedTuple):
    """One successful attack, or one thing that could not be decided. It never holds a value."""

    kind: str
    table: str
    variable: str
    reference_year: int
    place: str
    attacker: str
    reason: str


def table_of(found: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a table, each once, sorted."""
    return pd.DataFrame(sorted(set(found)), columns=list(Finding._fields))


def dimension(label: str) -> str:
    """Return the dimension of a label such as `province=ZE` or `activity!=design`."""
    return label.split("=")[0].removesuffix("!")


def words(place: Place) -> str:
    """Return a place as its key names it."""
    return ",".join(sorted(place)) or schema.TOTAL
