"""A round up to its edited records: what a run does first, and what the editing desk works on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nldtib.errors import InputError
from nldtib.produce import linking
from nldtib.records import clean, edit, load, match, respond, weight
from nldtib.rounds import Round

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Gathered:
    """The answers of a round as records, before any decision on an answer.

    records
        One row per unit with a usable answer and reference year.
    strata
        As `weight.merged` gives them, indexed by unit.
    decisions
        DECISIONS on links and on answers.
    """

    answers: load.Answers
    known: linking.Known
    linked: clean.Linked
    response: pd.DataFrame
    records: pd.DataFrame
    strata: pd.DataFrame
    rules: tuple[edit.Rule, ...]
    decisions: pd.DataFrame


@dataclass(frozen=True)
class Edits:
    """Records after editing, and what was found on the way: `schema` names the tables.

    decided, records
        After the decisions of people; and after emptying what nobody settled.
    suspects
        As `edit.unit_errors` gives them.
    scores
        As `edit.scores` gives them, largest first.
    """

    decided: pd.DataFrame
    records: pd.DataFrame
    changes: pd.DataFrame
    findings: pd.DataFrame
    suspects: pd.DataFrame
    scores: pd.DataFrame


def gathered(this_round: Round, progress: Progress) -> Gathered:
    """Read the answers of a round, tie them to the frame and lay them out as records.

    Raises
    ------
    NldtibError
        Anything in the round that cannot be read.
    """
    choices, book = this_round.parameters, this_round.codebook
    progress("load")
    answers = load.answers(responses_file(this_round), book)
    decisions = edit.read_decisions(this_round.folder / "decisions.csv")
    progress("match")
    known = linking.known(this_round, answers.table, decisions)
    progress("clean")
    linked = clean.link(answers.table, known.frame, choices.clean.identifier, known.unit_of)
    rules = edit.read_rules(this_round.rules_file, book)
    records = clean.records(linked.table, known.frame, book, choices.reference_years)
    response = respond.status(known.frame, records, choices.clean.least_answered)
    useful = response.loc[response["status"].isin(["answered", "out_of_scope"]), "unit"]
    records = records[records["unit"].isin(useful)].reset_index(drop=True)
    unit_strata = strata(this_round, known.frame, set(useful))
    return Gathered(answers, known, linked, response, records, unit_strata, rules, decisions)


def edited(this_round: Round, found: Gathered) -> Edits:
    """Apply decisions, find what is wrong, score what matters, and empty what nobody settled.

    Raises
    ------
    InputError
        A decision does not fit.
    """
    choices = this_round.parameters.edit
    decisions = found.decisions[~found.decisions["variable"].isin(match.DECIDES)]
    decided = edit.decide(found.records, decisions)
    broken = edit.confront(decided.records, found.rules)
    within = this_round.parameters.imputation.at_most
    suspects = edit.unit_errors(decided.records, choices.unit_error, within)
    unlike = edit.outliers(decided.records, choices.outliers)
    findings = pd.concat([broken, edit.as_findings(suspects), unlike], ignore_index=True)
    survey = weight.design(found.records, found.strata.reset_index())
    suspect = pd.concat([suspects, edit.guarded(broken, found.rules)], ignore_index=True)
    scores = edit.scores(decided.records, survey.weight, survey.stratum, suspect, choices.scores)
    emptied = edit.empty(decided.records, broken, found.rules, decided.changes)
    changes = pd.concat([decided.changes, emptied.changes], ignore_index=True)
    return Edits(decided.records, emptied.records, changes, findings, suspects, scores)


def responses_file(this_round: Round) -> Path:
    """Return the one export in `raw/`.

    Raises
    ------
    InputError
        There is none, or more than one.
    """
    found = sorted((this_round.folder / "raw").glob("responses.*"))
    if len(found) != 1:
        raise InputError(
            f"raw/ of round {this_round.name} holds {len(found)} files called responses.*; "
            "it should hold one, as the survey tool exported it."
        )
    return found[0]


def accounts(this_round: Round, frame: pd.DataFrame) -> pd.DataFrame | None:
    """Read what analysts noted from annual accounts; None where they noted nothing.

    Raises
    ------
    InputError
        A figure is of an unknown unit or variable, or the file cannot be read.
    """
    table = load.accounts(this_round.folder / "raw" / "accounts.csv")
    if table is None:
        return None
    strange = ~table["unit"].isin(frame["unit"])
    strange |= ~table["variable"].isin([v.name for v in this_round.codebook.answered()])
    if strange.any():
        raise InputError(
            f"{int(strange.sum())} of {len(table)} rows of accounts.csv name a unit that is not "
            "on the frame, or a variable that is not answered. Mend them."
        )
    return table


def strata(this_round: Round, frame: pd.DataFrame, answered: set[str]) -> pd.DataFrame:
    """Return the strata of a round as `weight.merged` gives them, indexed by unit.

    Parameters
    ----------
    answered
        The units with a usable answer.
    """
    choices, book = this_round.parameters.strata, this_round.codebook
    alone = weight.strata(
        frame,
        clean.size_class(frame, book),
        choices.take_all_employees,
        choices.take_all_list,
        choices.take_all_types,
    )
    order = [item.code for item in book.dimensions["size_class"].codes] + ["large"]
    return weight.merged(alone, answered, order, choices.fewest_respondents).set_index("unit")
