"""Everything that ever left the room: editions and drafts, what they showed and to whom.

The ledger stands beside the records, in `disclosure/ledger/`. It is a list of entries to which
lines are added and from which none is taken away. Every line carries the digest of the line
before it and of the tables that it speaks of, so that a change made afterwards is seen.
"""

import csv
import datetime
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import pandas as pd

from nldtib.errors import InputError, UnprotectedError

FOLDER = Path("disclosure") / "ledger"
ENTRIES = "entries.csv"
WITHDRAWN = Path("disclosure") / "withdrawn.csv"
RELEASED, TAKEN_BACK = "released", "withdrawn"
BEGIN = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One line of the ledger.

    number
        From 1.
    what
        `released`, or `withdrawn`: the entry in `about` was never shown to anyone.
    edition, survey_round
        Which publication.
    recipients
        Who received it, separated by semicolons; nothing means everybody.
    on
        The day.
    about
        Digest of what was decided upon (released), or the number of an entry (withdrawn).
    cells, contributions
        Digests of the tables that stand in the folder under that name.
    previous, digest
        Of the line before this one, and of this one.
    """

    number: str
    what: str
    survey_round: str
    edition: str
    recipients: str
    on: str
    about: str
    cells: str
    contributions: str
    previous: str
    digest: str


@dataclass(frozen=True)
class Release:
    """One publication as it was: the cells that were shown, the contributions behind them."""

    entry: Entry
    cells: pd.DataFrame
    contributions: pd.DataFrame


@dataclass(frozen=True)
class Ledger:
    """The releases that a new edition is decided together with, oldest first."""

    releases: tuple[Release, ...] = ()

    def before(self, edition: str, about: str) -> "Ledger":
        """Return the ledger as it stood when this very edition was first released, or all of it.

        The same input then gives the same bytes, however often it is run.
        """
        for number, release in enumerate(self.releases):
            if (release.entry.edition, release.entry.about) == (edition, about):
                return Ledger(self.releases[:number])
        return self

    def holds(self, edition: str, about: str) -> bool:
        """Return whether this very edition was released before."""
        return self.before(edition, about) is not self


def read(rounds: Iterable[Path]) -> Ledger:
    """Read the ledgers of some rounds, oldest first, without what was withdrawn.

    Raises
    ------
    UnprotectedError
        A line or a table was changed or taken away since it was written.
    """
    return Ledger(tuple(release for folder in rounds for release in _releases(folder)))


def about(parts: Iterable[bytes]) -> str:
    """Return one digest of all that an edition was decided upon."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def add(
    round_folder: Path,
    survey_round: str,
    edition: str,
    decided_upon: str,
    cells: pd.DataFrame,
    contributions: pd.DataFrame,
    recipients: Sequence[str] = (),
) -> None:
    """Add one release at the end of the ledger of a round.

    Parameters
    ----------
    decided_upon
        Digest of what the edition was decided upon, as `about` gives it.
    cells, contributions
        What was shown, and the contributions behind it; both stay in the ledger.
    recipients
        Who receives the edition; nobody named means everybody.
    """
    folder = round_folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    entries = _entries(folder)
    kept = [_kept(folder, table) for table in (cells, contributions)]
    names = "; ".join(sorted(recipients))
    _append(folder, entries, RELEASED, survey_round, edition, names, decided_upon, *kept)


def withdraw(round_folder: Path) -> int:
    """Note the drafts that a person declared never shown to anyone; return how many are new.

    `disclosure/withdrawn.csv` names them: number (of the entry), who, date, reason.

    Raises
    ------
    InputError
        The file names an entry that is not there, or is not signed.
    """
    path = round_folder / WITHDRAWN
    if not path.is_file():
        return 0
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    missing = [name for name in ("number", "who", "date", "reason") if name not in rows]
    if missing or (rows[["who", "date", "reason"]] == "").any(axis=None):
        raise InputError(
            "withdrawn.csv needs number, who, date and reason on every line. Sign it first."
        )
    folder = round_folder / FOLDER
    entries = _entries(folder)
    released = {entry.number: entry for entry in entries if entry.what == RELEASED}
    gone = {entry.about for entry in entries if entry.what == TAKEN_BACK}
    unknown = sorted(set(rows["number"]) - set(released))
    if unknown:
        raise InputError(
            f"withdrawn.csv names {len(unknown)} entry(s) that the ledger does not have. "
            f"Numbers stand in {FOLDER / ENTRIES}."
        )
    new = [row for row in rows.to_dict("records") if row["number"] not in gone]
    for row in new:
        entry = released[row["number"]]
        signed = f"{row['who']} {row['date']}: {row['reason']}"
        words = (entry.survey_round, entry.edition, signed, entry.number, "", "")
        _append(folder, _entries(folder), TAKEN_BACK, *words)
    return len(new)


def _releases(round_folder: Path) -> list[Release]:
    folder = round_folder / FOLDER
    entries = _entries(folder)
    gone = {entry.about for entry in entries if entry.what == TAKEN_BACK}
    return [
        Release(entry, _table(folder, entry.cells), _table(folder, entry.contributions))
        for entry in entries
        if entry.what == RELEASED and entry.number not in gone
    ]


def _entries(folder: Path) -> list[Entry]:
    path = folder / ENTRIES
    if not path.is_file():
        if folder.is_dir() and any(folder.iterdir()):
            raise _tampered("its list of entries is gone")
        return []
    names = [field.name for field in fields(Entry)]
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if any(set(row) != set(names) or None in row.values() for row in rows):
        raise _tampered("a line has another shape")
    entries = [Entry(**row) for row in rows]
    previous = BEGIN
    for number, entry in enumerate(entries, 1):
        line = astuple(entry)
        if (entry.number, entry.previous, entry.digest) != (str(number), previous, _of(line[:-1])):
            raise _tampered(f"line {number} is not the line that was written")
        previous = entry.digest
    return entries


def _append(folder: Path, entries: Sequence[Entry], *words: str) -> None:
    previous = entries[-1].digest if entries else BEGIN
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    line = (str(len(entries) + 1), *words[:4], today, *words[4:], previous)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if not entries:
        writer.writerow([field.name for field in fields(Entry)])
    writer.writerow([*line, _of(line)])
    with (folder / ENTRIES).open("a", encoding="utf-8", newline="") as lines:
        lines.write(text.getvalue())


def _of(line: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(line).encode("utf-8")).hexdigest()


def _kept(folder: Path, table: pd.DataFrame) -> str:
    content = table.to_csv(index=False, lineterminator="\n").encode("utf-8")
    digest = hashlib.sha256(content).hexdigest()
    path = folder / f"{digest}.csv"
    if not path.is_file():
        path.write_bytes(content)
    return digest


def _table(folder: Path, digest: str) -> pd.DataFrame:
    path = folder / f"{digest}.csv"
    if not path.is_file():
        raise _tampered("a table that it speaks of is gone")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise _tampered("a table that it speaks of was changed")
    text = {"table", "key", "variable", "status", "sign", "base", "grade", "unit_of_measure"}
    head = content.split(b"\n", 1)[0].decode("utf-8").split(",")
    kinds = {name: str for name in (*text, "unit", "holding") if name in head}
    return pd.read_csv(io.BytesIO(content), dtype=kinds, low_memory=False)


def _tampered(what: str) -> UnprotectedError:
    return UnprotectedError(
        f"The ledger of what was released cannot be trusted: {what}. Nothing is published; "
        "restore disclosure/ledger/ from a copy."
    )
