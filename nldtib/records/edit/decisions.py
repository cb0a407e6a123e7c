"""Decisions of people: read, checked against the answers they were made on, and applied."""

import csv
import datetime
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from nldtib.errors import InputError
from nldtib.records.edit.rules import Rule
from nldtib.schema import CHANGES, DECISIONS, Edited, check

CORRECTED, CONFIRMED, EMPTIED = "corrected", "confirmed", "emptied"


def read_decisions(path: Path) -> pd.DataFrame:
    """Read what people decided, in the order of the file; an absent file means nothing.

    Raises
    ------
    InputError
        A decision lacks its unit, variable, reason or person, or has no date as in 2026-03-31.
    """
    if not path.is_file():
        return pd.DataFrame(columns=DECISIONS)
    decisions = pd.read_csv(path, dtype=str, keep_default_na=False)
    decisions = check(decisions, DECISIONS, path.name).apply(lambda column: column.str.strip())
    _refuse_bare(decisions)
    return decisions


def with_one_more(decisions: pd.DataFrame, decision: Mapping[str, str]) -> pd.DataFrame:
    """Return decisions with one more at their end.

    Raises
    ------
    InputError
        As for `read_decisions`.
    """
    row = pd.DataFrame([decision], columns=list(DECISIONS), dtype="str")
    _refuse_bare(row)
    return pd.concat([decisions, row], ignore_index=True)


def append(path: Path, decision: Mapping[str, str]) -> None:
    """Write one decision at the end of the file; what stands there stays as it is, to the byte."""
    before = path.read_bytes() if path.is_file() else (",".join(DECISIONS) + "\n").encode()
    if not before.endswith(b"\n"):
        before += b"\n"
    heads = next(csv.reader([before.decode("utf-8-sig").splitlines()[0]]))
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([decision.get(head, "") for head in heads])
    # A file that is half written would stop the round.
    half = path.with_suffix(".csv.new")
    half.write_bytes(before + line.getvalue().encode("utf-8"))
    half.replace(path)


def _refuse_bare(decisions: pd.DataFrame) -> None:
    needed = [column for column in DECISIONS if column not in ("old", "new", "year")]
    bare = int((decisions[needed] == "").any(axis=1).sum())
    undated = int((~decisions["date"].map(_is_date)).sum()) - int((decisions["date"] == "").sum())
    if bare or undated:
        raise InputError(
            f"{bare} of {len(decisions)} decisions lack a unit, variable, reason, person or date, "
            f"and {undated} have a date that is not written as 2026-03-31. Complete decisions.csv: "
            "a correction without its reason is not made."
        )


@dataclass
class _Tally:
    """What is wrong with decisions, counted."""

    lost: int = 0
    stale: int = 0
    unreadable: int = 0
    changes: list[tuple] = field(default_factory=list)


def decide(records: pd.DataFrame, decisions: pd.DataFrame) -> Edited:
    """Apply decisions in order, each to the value that it was made on.

    A decision whose new value is the old one confirms an answer: it is not emptied later. A
    decision without year is about a question that was asked once, and holds for every year.

    Returns
    -------
    Edited
        Records after all decisions, and one row per value decided (origin corrected or confirmed).

    Raises
    ------
    InputError
        A decision names an unknown unit, variable or year, a value that has changed since, or a
        new value that its variable cannot have. Then none is applied.
    """
    table, tally = records.copy(), _Tally()
    keys = zip(table.index, table["unit"], table["reference_year"].astype(str), strict=True)
    place = {(unit, year): row for row, unit, year in keys}
    every = {unit: list(rows) for unit, rows in table.groupby("unit").groups.items()}
    for decision in decisions.itertuples():
        rows = [place.get((decision.unit, decision.year))]
        if not decision.year:
            rows = every.get(decision.unit, [None])
        if None in rows or decision.variable not in table:
            tally.lost += 1
            continue
        _apply(table, rows, decision, tally)
    wrong = tally.lost + tally.stale + tally.unreadable
    if wrong:
        raise InputError(
            f"{tally.lost} of {len(decisions)} decisions name a unit, variable or year without "
            f"answer, {tally.stale} were made on a value that has changed since, and "
            f"{tally.unreadable} hold a value that the variable cannot have. "
            "Look at them again in decisions.csv."
        )
    return Edited(table, pd.DataFrame(tally.changes, columns=CHANGES))


def empty(
    records: pd.DataFrame, findings: pd.DataFrame, rules: tuple[Rule, ...], settled: pd.DataFrame
) -> Edited:
    """Empty the values on which a hard rule failed and that nobody confirmed.

    Such a value cannot stand beside the others: it becomes missing, is imputed later, and stays
    listed among the changes.

    Parameters
    ----------
    settled
        The changes that `decide` gave.
    """
    table = records.copy()
    changes = []
    confirmed = settled[settled["origin"] == CONFIRMED]
    confirmed = set(zip(*(confirmed[name] for name in CHANGES[:3]), strict=True))
    keys = zip(table["unit"], table["reference_year"], strict=True)
    position = dict(zip(keys, table.index, strict=True))
    for rule in (rule for rule in rules if rule.severity == "hard"):
        variables = list(dict.fromkeys(rule.empties))
        failing = findings[findings["rule"] == rule.name]
        keys = list(zip(failing["unit"], failing["reference_year"], strict=True))
        rows = [position[key] for key in keys]
        emptied: dict[str, list] = {variable: [] for variable in variables}
        olds = table.loc[rows, variables].itertuples(index=False, name=None)
        for key, row, values in zip(keys, rows, olds, strict=True):
            for variable, old in zip(variables, values, strict=True):
                if pd.notna(old) and (*key, variable) not in confirmed:
                    emptied[variable].append(row)
                    change = (EMPTIED, rule.name, old, float("nan"), "", "")
                    changes.append((*key, variable, *change))
        for variable, gone in emptied.items():
            table.loc[gone, variable] = float("nan")
    return Edited(table, pd.DataFrame(changes, columns=CHANGES))


def _apply(table: pd.DataFrame, rows: list, decision: tuple, tally: _Tally) -> None:
    read = _number if pd.api.types.is_numeric_dtype(table[decision.variable]) else _text
    try:
        old, new = read(decision.old), read(decision.new)
    except ValueError:
        tally.unreadable += 1
        return
    if not all(_same(table.at[row, decision.variable], old) for row in rows):
        tally.stale += 1
        return
    origin = CONFIRMED if _same(new, old) else CORRECTED
    for row in rows:
        table.at[row, decision.variable] = new
        key = (decision.unit, int(table.at[row, "reference_year"]), decision.variable)
        values = (decision.reason, old, new, decision.who, decision.date)
        tally.changes.append((*key, origin, *values))


def _number(text: str) -> float:
    number = float(text) if text else float("nan")
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def _text(text: str) -> str | None:
    return text or None


def _same(now: object, before: object) -> bool:
    if pd.isna(now) or pd.isna(before):
        return bool(pd.isna(now) and pd.isna(before))
    if isinstance(before, str):
        return now == before
    return bool(abs(now - before) <= 1e-9 * max(1.0, abs(before)))


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2026-03-31")
