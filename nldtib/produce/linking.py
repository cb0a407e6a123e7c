"""Who is who in a round: the frame without known duplicates, and what is left to decide."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from nldtib import rounds
from nldtib.records import load, match
from nldtib.rounds import Round


@dataclass(frozen=True)
class Known:
    """The frame after decisions, and what was found about organisations on the way.

    frame
        Without the units that people decided to be another one.
    unit_of
        The unit of single responses, by respondent_id, as decided.
    candidates
        Pairs on which nobody decided yet (match.CANDIDATES).
    decided
        How many decisions were taken: a row per kind of candidate, accepted and rejected.
    identifiers
        Failed checks of register numbers and postcodes: unit, check.
    organisations
        What the lists of the sources name together (match.gathered).
    """

    frame: pd.DataFrame
    unit_of: Mapping[str, str]
    candidates: pd.DataFrame
    decided: pd.DataFrame
    identifiers: pd.DataFrame
    organisations: pd.DataFrame


def known(this_round: Round, answers: pd.DataFrame, decisions: pd.DataFrame) -> Known:
    """Read frame and lists, apply what people decided on links, and propose the rest.

    Raises
    ------
    InputError
        Frame or a list cannot be read, or a decision does not fit.
    """
    choices, raw = this_round.parameters, this_round.folder / "raw"
    identifier, alike = choices.clean.identifier, choices.match
    frame = load.frame(raw / "frame.csv")
    starts = rounds.read_postcodes(this_round.root)
    identifiers = match.findings(frame, identifier, starts)
    links = match.decided(decisions, answers, frame, identifier)
    kept = match.merged(frame, links.same)
    organisations = match.gathered(load.lists(raw / "sources"), kept, links.same)
    found = [
        match.responses(answers, kept, identifier, alike),
        match.duplicates(kept, identifier, alike),
        match.listed(organisations, kept, identifier, alike),
    ]
    candidates = match.open_candidates(pd.concat(found, ignore_index=True), links)
    taken = match.tallied(decisions)
    return Known(kept, links.unit_of, candidates, taken, identifiers, organisations)


def told(found: Known) -> list[str]:
    """Say in counts what is left to decide about organisations."""
    kinds = found.candidates.groupby("kind")["left"].nunique()
    lines = [
        f"{len(found.identifiers)} register numbers or postcodes of the frame fail a check. "
        f"{kinds.get('response', 0)} responses and {kinds.get('duplicate', 0)} units look like "
        f"a unit of the frame; decide in decisions.csv, prepared/candidates.csv lists them."
    ]
    if len(found.organisations):
        absent = int((found.organisations["unit"] == "").sum())
        lines.append(
            f"The lists of sources name {len(found.organisations):,} organisations, {absent} of "
            f"them not on the frame; {kinds.get('listed', 0)} look like another one."
        )
    return lines


def measures(found: Known) -> Mapping[str, pd.DataFrame]:
    """Return the topics of quality.csv about links and identifiers, in counts only."""
    kinds = found.candidates.groupby("kind")["left"].nunique()
    links = found.decided.assign(open=kinds).fillna(0)
    checks = found.identifiers.groupby("check").size().to_frame("units")
    return {"links": links, "identifiers": checks}
