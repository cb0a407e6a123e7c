"""Attack the protected tables as a reader would, from the cells alone.

The audit shares no code with what chose the pattern: it places cells by their keys, writes its own
equations, and solves them with another program. An empty table of findings means that no attack
succeeded; whatever the audit cannot decide is a finding.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from nldtib import schema
from nldtib.codebook import Codebook
from nldtib.errors import UnprotectedError
from nldtib.gate.audit import (
    attacks,
    bands,
    certificate,
    derived,
    leaks,
    released,
    seen,
    shown,
    spread,
    world,
)
from nldtib.gate.audit.certificate import withhold
from nldtib.gate.audit.findings import OUTSIDER, Finding, Rules, table_of, words
from nldtib.gate.audit.released import Ledger
from nldtib.gate.audit.world import COUNTS, RESPONDENTS, World

__all__ = ["certify", "refuse_unfit", "tables", "withhold"]

# Published values may be rounded to whole units of measure.
WHOLE_UNITS = 0.5


def tables(
    published: pd.DataFrame,
    contributions: pd.DataFrame,
    rules: Rules,
    ledger: Ledger | None = None,
) -> pd.DataFrame:
    """Return every way found to learn from the tables what should stay hidden.

    Every hidden sensitive sum is attacked by a reader and by each holding that contributed: linear
    programmes give the furthest that it can lie above and below its value while all published
    cells, all sums, zero as a floor and the attacker's own answers hold. That doubt must reach the
    protection level; it must do so for the weighted estimates, and again for the sums of the
    respondents, since published intervals give those away.

    Parameters
    ----------
    published
        The cells as they would be published: `schema.CELLS` and a column per dimension.
    contributions
        One row per respondent and reference year, non-negative; they say what is sensitive. A
        column `imputed.<variable>` of 0 and 1 tells which values nobody answered.
    rules
        The confidential rule and the codebook.
    ledger
        All that was released before: what did not change since stays known, and what did is
        judged as the difference that it is.

    Returns
    -------
    One row per finding, sorted: kind, table, variable, reference_year, place, attacker, reason.
    Kinds: published, exact, upper, lower, singleton, partner, union, difference, derived, band,
    spread, value, repeated, status, inconsistent, unknown, solver. No finding quotes a value.

    Raises
    ------
    UnprotectedError
        The tables or contributions cannot be audited at all.
    SchemaError
        A column is missing.

    Source
    ------
    Handbook on Statistical Disclosure Control, 2nd ed., chapter 4 (rules, levels, interval
    attack on linked tables).
    """
    schema.check(published, schema.CELLS, "audit")
    schema.check(contributions, schema.CONTRIBUTIONS, "audit")
    if not (rules.fewest_holdings >= 1 and 0 < rules.p_percent < np.inf):
        raise UnprotectedError("The confidential rule protects nothing, so nothing is audited.")
    cells = shown.placed(published, rules)
    totals = cells[cells["statistic"] == "total"]
    _refuse_unusable(contributions, sorted(set(totals["variable"])))
    found = [
        *shown.appearance(cells, rules),
        *shown.repeated(cells),
        *derived.findings(cells, contributions, rules),
        *bands.findings(cells, contributions, rules),
    ]
    named, given = shown.tables_of(cells), {}
    for year, part in cells.groupby(cells["reference_year"].astype(int)):
        rows = contributions[contributions["reference_year"].astype(int) == year]
        here = world.build(part, rows, rules)
        found += _false(part, here, int(year))
        given |= spread.answers(here, int(year))
        counted, before = _counted(here, rules), released.worlds(ledger, int(year), rules)
        spots = dict(zip(here.spots, counted, strict=True))
        found += released.differences(here, before, spots, int(year), rules)
        found += spread.subtracted(part, here, before, int(year), rules)
        known = bands.limited(released.known(here, before), part, rows, rules)
        for hit in attacks.hits(known, _counted(known, rules), rules):
            name, place = hit.spot
            table = named.get((name, int(year), place), _nearest(part, name))
            found.append(
                Finding(hit.kind, table, name, int(year), words(place), hit.attacker, hit.reason)
            )
    return table_of([*found, *spread.findings(cells, given, rules)])


def certify(
    folder: Path, contributions: pd.DataFrame, rules: Rules, ledger: Ledger | None = None
) -> None:
    """Audit the cells of an edition as they stand in its file, and certify these bytes.

    Raises
    ------
    UnprotectedError
        Something was found; there is no certificate then.
    """
    cells = certificate.read_cells(folder)
    found = tables(cells, contributions, rules, ledger)
    if len(found):
        first = found.iloc[0]
        raise UnprotectedError(
            f"The audit found {len(found)} way(s) to a hidden value, the first in "
            f"{first['variable']} of {first['reference_year']}, table {first['table']}. "
            "Nothing is published."
        )
    once = cells.drop_duplicates("key")["status"]
    attacked = {
        "tables": int(cells["table"].nunique()),
        "cells": len(once),
        "hidden_cells": int(once.isin(["suppressed", "unreliable"]).sum()),
    }
    certificate.write(folder, attacked)


def refuse_unfit(
    folder: Path, earlier: Iterable[Path], book: Codebook, withheld: Path, own: str
) -> None:
    """Refuse an edition that was changed after its audit, shows a hidden cell, or names anyone.

    Parameters
    ----------
    folder
        The edition as it would be published, all its files.
    earlier
        Editions whose figures its pages may repeat.
    book
        The codebook.
    withheld
        The file of what may not leave, as needles.
    own
        Our own public texts.

    Raises
    ------
    UnprotectedError
        The certificate is missing or of other bytes, the list is not there, or something was
        found; the message counts and never quotes.
    """
    certificate.check(folder)
    if not withheld.is_file():
        raise UnprotectedError(
            f"There is no {withheld.name} beside the records, so nobody can say whether the pages "
            "name anyone. Make the edition again with `nldtib run`."
        )
    listed = pd.read_csv(withheld, dtype=str, keep_default_na=False)
    shows = seen.search(folder, earlier, book)
    for found, what in (
        (shows, "figure(s) in its files are not those of cells.csv"),
        (leaks.search(folder, listed, own), "thing(s) that may not leave stand in the edition"),
    ):
        if len(found):
            raise UnprotectedError(
                f"{int(found['count'].sum())} {what}: "
                f"{leaks.described(found.itertuples(index=False))}. Nothing is published."
            )


def _refuse_unusable(contributions: pd.DataFrame, variables: list[str]) -> None:
    schema.check(contributions, tuple(variables), "audit")
    for name in ("weight", *variables):
        numbers = pd.to_numeric(contributions[name], errors="coerce")
        wrong = int((~(numbers >= 0) | np.isinf(numbers)).sum())
        if wrong:
            raise UnprotectedError(
                f"{name} has {wrong} contribution(s) that are missing or negative, so the tables "
                "cannot be audited. Edit and impute first."
            )
    homeless = int(contributions["holding"].isna().sum())
    if homeless:
        raise UnprotectedError(
            f"{homeless} contribution(s) have no holding, so holdings cannot be counted."
        )


def _false(cells: pd.DataFrame, here: World, year: int) -> Iterator[Finding]:
    """Find published values that do not follow from the contributions, so not all are known."""
    weighted = dict(zip(here.spots, here.own_weighted.sum(axis=1), strict=True))
    present = {place: n for (name, place), n in weighted.items() if name == RESPONDENTS}
    for row in cells[cells["status"] == "published"].itertuples():
        where = (row.table, row.variable, year, words(row.place), OUTSIDER)
        if row.statistic == "total":
            expected = weighted.get((row.variable, row.place), 0.0)
            if not abs(float(row.value) - expected) <= WHOLE_UNITS + 1e-6 * abs(expected):
                reason = "the value does not follow from the contributions"
                yield Finding("inconsistent", *where, reason)
        if not pd.isna(row.n) and float(row.n) > present.get(row.place, 0.0):
            yield Finding("inconsistent", *where, "it counts more respondents than contributed")


def _counted(here: World, rules: Rules) -> np.ndarray:
    units = {name: about.unit_of_measure for name, about in rules.variables.items()}
    return np.array(
        [name == RESPONDENTS or units.get(name) == COUNTS for name, _ in here.spots], dtype=bool
    )


def _nearest(cells: pd.DataFrame, name: str) -> str:
    """Return a table from whose cells a place that is in no table follows."""
    among = cells["table"][cells["variable"] == name]
    return str(among.iloc[0] if len(among) else cells["table"].iloc[0])
