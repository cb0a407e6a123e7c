"""What the gate needs to know of a round: its rule, what people decided, and the ledger."""

import csv
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from nldtib.errors import InputError
from nldtib.gate import ledger, protect
from nldtib.gate.ledger import Ledger
from nldtib.produce.counts import Prepared
from nldtib.records import tabulate
from nldtib.rounds import Round, read_disclosure

WAIVERS = Path("disclosure") / "waivers.csv"
FORCED = Path("disclosure") / "forced.csv"
OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True)
class Decided:
    """What the gate decided for an edition, and a digest of all that it decided upon."""

    pattern: protect.Pattern
    about: str


def begin(this_round: Round) -> None:
    """Note which drafts people declared never shown, and ask for the confidential rule.

    A rule that is missing or not signed should not come to light after a minute.

    Raises
    ------
    InputError
        As in `rules_of`, or the list of drafts never shown is not signed.
    """
    ledger.withdraw(this_round.folder)
    rules_of(this_round)


def rules_of(this_round: Round) -> protect.Rules:
    """Return the confidential rule of a round with its codebook and its waivers.

    Raises
    ------
    InputError
        A waiver is not signed.
    """
    limits, book = read_disclosure(this_round.folder), this_round.codebook
    signed = _signed(this_round.folder / WAIVERS, ("holding", "who", "date", "scope"))
    return protect.Rules(
        limits.fewest_holdings,
        limits.p_percent,
        book.variables,
        book.dimensions,
        limits.dominant_holdings,
        limits.k_percent,
        tuple(protect.Waiver(**{name: row[name] for name in row}) for row in signed),
        this_round.parameters.interval.fewest_for_interval,
        this_round.parameters.concentration.band,
        this_round.parameters.concentration.fewest_holdings,
        protect.Budget(**dataclasses.asdict(this_round.parameters.proof)),
    )


def decide(
    this_round: Round,
    edition: str,
    cells: pd.DataFrame,
    contributions: pd.DataFrame,
) -> Decided:
    """Protect the cells of an edition together with all that left the room before.

    Parameters
    ----------
    contributions
        Also with a column `imputed.<variable>` of 0 and 1 for what was imputed.
    """
    rules, forced = rules_of(this_round), _forced(this_round.folder)
    limits = (read_disclosure(this_round.folder), rules.waivers, sorted(forced.open))
    limits = (*limits, rules.fewest_for_interval, rules.band, rules.fewest_in_top, rules.budget)
    about = ledger.about(
        [
            cells.to_csv(index=False).encode(),
            contributions.to_csv(index=False).encode(),
            repr((limits, sorted(forced.closed))).encode(),
        ]
    )
    known = released(this_round).before(edition, about)
    return Decided(protect.tables(cells, contributions, rules, known, forced), about)


def undecided(cells: pd.DataFrame) -> Decided:
    """Return the cells as analysts see them: open wherever anybody answered, grades as they are."""
    there = cells["value"].notna() & (cells["n"] > 0)
    shown = cells.assign(
        status=np.where(there, "published", "not_applicable"),
        grade=cells["grade"].where(there, ""),
        sign=cells["sign"].where(there, ""),
        **{name: cells[name].where(there) for name in ("value", "low", "high", "cv")},
    )
    reasons = pd.DataFrame(columns=["table", "key", "reason"])
    return Decided(protect.Pattern(shown, reasons, ()), "")


def released(this_round: Round) -> Ledger:
    """Return all that left the room, of this round and of the rounds before it."""
    earlier = [
        this_round.folder.parent / str(name)
        for name in sorted(this_round.parameters.earlier_rounds)
    ]
    return ledger.read([*earlier, this_round.folder])


def note(
    this_round: Round,
    edition: str,
    about: str,
    cells: pd.DataFrame,
    contributions: pd.DataFrame,
    recipients: Sequence[str],
) -> None:
    """Put an edition that is about to leave the room in the ledger, unless it stands there."""
    if not released(this_round).holds(edition, about):
        folder, name = this_round.folder, this_round.name
        ledger.add(folder, name, edition, about, cells, contributions, recipients)


def imputed_of(prepared: Prepared, source: tabulate.Source) -> pd.DataFrame:
    """Return which values of the contributions were imputed, as protect wants to know it."""
    inside = prepared.survey.records["in_scope"]
    flags = (tabulate.weighted_amounts(source).filled[inside] > 0).astype(int)
    flags = flags.loc[:, flags.any()]
    return flags.add_prefix("imputed.").reset_index(drop=True)


def _forced(folder: Path) -> protect.Forced:
    rows = _signed(folder / FORCED, ("key", "decision", "who", "date", "reason"))
    strange = [row for row in rows if row["decision"] not in (OPEN, CLOSED)]
    if strange:
        raise InputError(
            f"{len(strange)} line(s) of forced.csv have a decision other than open or closed."
        )
    chosen = {
        decision: frozenset(row["key"] for row in rows if row["decision"] == decision)
        for decision in (OPEN, CLOSED)
    }
    return protect.Forced(chosen[OPEN], chosen[CLOSED])


def _signed(path: Path, names: tuple[str, ...]) -> list[dict[str, str]]:
    """Read a list that a person keeps by hand; every line says who decided and when."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    wrong = [row for row in rows if set(row) != set(names) or not all(row.values())]
    if wrong:
        raise InputError(
            f"{len(wrong)} line(s) of {path.name} are not complete. Each needs {', '.join(names)}; "
            "what is not signed does not count."
        )
    return rows
