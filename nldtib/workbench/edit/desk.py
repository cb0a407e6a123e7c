"""What lies on the desk: the answers of a round, what was found, and the decisions so far."""

import datetime
import re
from dataclasses import dataclass, replace

import pandas as pd

from nldtib.errors import InputError
from nldtib.pages.present import words as shown
from nldtib.produce import editing, silent
from nldtib.produce.editing import Edits, Gathered
from nldtib.records import edit
from nldtib.rounds import Round
from nldtib.workbench.edit import words

LISTS = ("scores", "unit_errors", "hard", "soft")
NUMBER = re.compile(r"-?[0-9]+(?:[.,](?:[0-9]{1,2}|[0-9]{4,}))?")


@dataclass(frozen=True)
class Desk:
    """A round that is being edited.

    gathered
        Answers and frame, before any decision on an answer.
    edits
        What decisions made of them, and what was found.
    """

    this_round: Round
    gathered: Gathered
    edits: Edits
    accounts: pd.DataFrame | None
    language: str


@dataclass(frozen=True)
class Item:
    """One answer to look at; `why` says what brought it on the list."""

    unit: str
    year: int
    variable: str
    why: str


def opened(this_round: Round, language: str) -> Desk:
    """Read a round and look for what is wrong in it; nothing is written.

    Raises
    ------
    NldtibError
        The round cannot be read, or a decision does not fit.
    """
    gathered = editing.gathered(this_round, silent)
    edits = editing.edited(this_round, gathered)
    accounts = editing.accounts(this_round, gathered.known.frame)
    return Desk(this_round, gathered, edits, accounts, language)


def worklist(desk: Desk, name: str) -> list[Item]:
    """Return the answers of one list, what matters most first; decided ones have left it."""
    edits, shown = desk.edits, desk.this_round.parameters.edit.scores.shown
    settled = edits.changes[edits.changes["origin"] != "emptied"]
    done = set(zip(settled["unit"], settled["reference_year"], settled["variable"], strict=True))
    if name == "scores":
        rows = edit.largest(edits.scores, settled, shown)
        found = [
            _item(r, r.variable, _said(desk, "score", 100 * r.score)) for r in rows.itertuples()
        ]
    elif name == "unit_errors":
        rows = edits.suspects.itertuples()
        found = [_item(r, r.variable, _said(desk, "factor", r.factor)) for r in rows]
    else:
        found = _broken(desk, name)
    return [item for item in found if (item.unit, item.year, item.variable) not in done]


def decided(desk: Desk, item: Item, new: str | None, reason: str, who: str) -> Desk:
    """Record a decision on one answer, and look again at what is wrong.

    Parameters
    ----------
    new
        The new value as it was typed; None confirms the answer as it is.

    Raises
    ------
    InputError
        The value is no plain number, a reason or person is absent, or the decision does not fit.
        Then nothing is written.
    """
    rows = desk.edits.decided.set_index(["unit", "reference_year"])
    old = _plain(rows.at[(item.unit, item.year), item.variable])
    decision = {
        "unit": item.unit,
        "variable": item.variable,
        "year": str(item.year),
        "old": old,
        "new": old if new is None else _read(new, desk.language),
        "reason": reason.strip(),
        "who": who.strip(),
        "date": datetime.date.today().isoformat(),
    }
    path = desk.this_round.folder / "decisions.csv"
    decisions = edit.with_one_more(edit.read_decisions(path), decision)
    gathered = replace(desk.gathered, decisions=decisions)
    edits = editing.edited(desk.this_round, gathered)
    edit.append(path, decision)
    return replace(desk, gathered=gathered, edits=edits)


def _broken(desk: Desk, severity: str) -> list[Item]:
    """Return the answers on which findings of rules lie, in the order of the rules."""
    protects = {rule.name: (*rule.empties, *rule.protects) for rule in desk.gathered.rules}
    answered = {variable.name for variable in desk.this_round.codebook.answered()}
    found = desk.edits.findings
    found = found[(found["severity"] == severity) & found["rule"].isin(list(protects))]
    items = []
    for row in found.itertuples():
        named = [name for name in protects[row.rule] if name in answered]
        if named:
            items.append(_item(row, named[0], rule_label(row.rule, desk.language)))
    return items


def rule_label(rule: str, language: str) -> str:
    """Return what a rule says, for readers; its name where nobody wrote it down."""
    return shown.text_or(language, f"rules.{rule}", rule)


def _item(row: tuple, variable: str, why: str) -> Item:
    return Item(row.unit, int(row.reference_year), variable, why)


def _said(desk: Desk, key: str, value: float) -> str:
    digits = f"{value:.1f}" if key == "score" else f"{value:g}"
    if desk.language == "nl":
        digits = digits.replace(".", ",")
    return words.phrase(desk.language, f"why.{key}", {key: digits})


def _plain(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.15g}"


def _read(text: str, language: str) -> str:
    text = text.strip()
    if text and not NUMBER.fullmatch(text):
        raise InputError(words.text(language, "number"))
    return text.replace(",", ".")
