"""From a raw round to protected cells. This room knows the order of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path

import pandas as pd

from nldtib.gate import audit
from nldtib.pages import cells as edition_files
from nldtib.produce import counts, diagnosis, editing, gate, linking, weighting, withheld
from nldtib.produce.counts import Prepared
from nldtib.produce.editing import Progress
from nldtib.records import clean, load, tabulate
from nldtib.rounds import ANALYST, PUBLIC, Round, read_factors
from nldtib.schema import CELLS, CONTRIBUTIONS


@dataclass(frozen=True)
class Produced:
    """The safe files of an edition, and the tables that stay beside the records.

    `flagged` are the contributions with a column for what was imputed of each variable, as the
    gate wants them. `secret` holds, by the file they go to: contributions, findings, changes,
    doubts, reasons.
    `about` is a digest of all that the gate decided upon.
    """

    cells: pd.DataFrame
    account: pd.DataFrame
    quality: pd.DataFrame
    run: dict
    contributions: pd.DataFrame
    flagged: pd.DataFrame
    secret: dict[str, pd.DataFrame]
    about: str


def silent(_: str) -> None:
    """Report no progress."""


def prepare(this_round: Round, progress: Progress = silent) -> Prepared:
    """Read, edit, impute and weight the answers of a round. Nothing is written.

    Raises
    ------
    NldtibError
        Anything in the round that cannot be trusted; the message says what to mend.
    """
    found = editing.gathered(this_round, progress)
    frame, strata, records = found.known.frame, found.strata, found.records
    progress("edit")
    edits = editing.edited(this_round, found)
    progress("impute")
    imputed = weighting.imputed(this_round, edits, frame, strata)
    progress("weight")
    certainty = records["unit"].map(strata["certainty"])
    survey = weighting.weighted(this_round, imputed.records, frame, strata)
    changes = pd.concat([edits.changes, imputed.changes], ignore_index=True)
    size_class = clean.size_class(frame, this_round.codebook)
    return Prepared(found, frame, size_class, edits, changes, survey, certainty)


def check(this_round: Round, progress: Progress = silent) -> str:
    """Say whether a round is complete and readable, in counts only. Nothing is written."""
    prepared = prepare(this_round, progress)
    status = prepared.gathered.response["status"].value_counts()
    findings = prepared.edits.findings["severity"].value_counts()
    origins = prepared.changes["origin"].value_counts()
    return "\n".join(
        [
            load.report(prepared.gathered.answers),
            f"{len(prepared.frame)} organisations on the frame: {status.get('answered', 0)} "
            f"answered, {status.get('out_of_scope', 0)} out of scope, "
            f"{status.get('not_usable', 0)} began only.",
            f"{prepared.gathered.linked.strangers} responses are not on the frame, "
            f"{prepared.gathered.linked.duplicates} are a second response of one organisation.",
            *linking.told(prepared.gathered.known),
            f"{findings.get('hard', 0)} hard and {findings.get('soft', 0)} soft findings; "
            f"{origins.get('corrected', 0)} values corrected by decision, "
            f"{origins.get('emptied', 0)} emptied, {origins.get('imputed', 0)} imputed.",
            counts.most_important(prepared, this_round.parameters.edit.scores.shown),
            f"Round {this_round.name} is complete and readable. Nothing was written.",
        ]
    )


def edition(
    this_round: Round, name: str, progress: Progress = silent, audience: str = PUBLIC
) -> Produced:
    """Make the cells of one edition: protected, unless it is for analysts.

    `write` has protected cells audited as they are written.

    Raises
    ------
    NldtibError
        As in `prepare`.
    """
    if audience == PUBLIC:
        gate.begin(this_round)
    prepared = prepare(this_round, progress)
    choices, book = this_round.parameters, this_round.codebook
    progress("estimate")
    imputed = prepared.changes[prepared.changes["origin"] == "imputed"]
    source = tabulate.Source(
        prepared.survey,
        imputed,
        prepared.certainty,
        book,
        choices.reference_years,
        choices.interval,
        choices.grades,
        read_factors(choices, this_round.root),
    )
    cells = tabulate.cells(source, this_round.tables)
    imputed_figures = cells[["key", "imputed"]].drop_duplicates("key")
    cells = cells[_cell_columns(book.dimensions)]
    contributions = contributions_of(prepared, this_round)
    flagged = pd.concat([contributions, gate.imputed_of(prepared, source)], axis=1)
    if audience == PUBLIC:
        progress("protect")
        decided = gate.decide(this_round, name, cells, flagged)
    else:
        decided = gate.undecided(cells)
    pattern = decided.pattern
    for sentence in pattern.advice:
        progress(sentence)
    run = counts.run_record(this_round, name, prepared, audience)
    account, quality = counts.account(prepared), counts.quality(prepared, source, pattern.cells)
    by_part = counts.imputed_figures(pattern.cells, imputed_figures, choices.grades)
    beside = diagnosis.measures(prepared, source, pattern.cells, choices)
    topics = starmap(counts.melted, beside.items())
    quality = pd.concat([quality, by_part, *topics], ignore_index=True)
    secret = {
        "prepared/contributions.csv": contributions,
        "prepared/candidates.csv": prepared.gathered.known.candidates,
        "prepared/identifiers.csv": prepared.gathered.known.identifiers,
        "prepared/frame_proposal.csv": prepared.gathered.known.organisations,
        "prepared/findings.csv": prepared.edits.findings,
        "prepared/unit_errors.csv": prepared.edits.suspects,
        "prepared/scores.csv": prepared.edits.scores,
        "prepared/imputed_figures.csv": imputed_figures,
        "prepared/changes.csv": prepared.changes,
        "prepared/sensitivity.csv": diagnosis.sensitivity(prepared, source),
        "prepared/doubts.csv": prepared.gathered.answers.doubts,
        "personal/personal.csv": prepared.gathered.answers.personal,
        withheld.FILE: withheld.table(prepared, book),
    }
    if audience == PUBLIC:
        secret["disclosure/reasons.csv"] = pattern.reasons
    return Produced(
        pattern.cells, account, quality, run, contributions, flagged, secret, decided.about
    )


def write(produced: Produced, this_round: Round, folder: Path, progress: Progress = silent) -> None:
    """Write the safe files into the edition's folder and the secret ones beside the records.

    The cells are audited as they stand in the file, together with all that left the room before.
    Only then the certificate is written, without which no report is made. Cells for analysts get
    a paper that says that nobody audited them.

    Raises
    ------
    UnprotectedError
        The independent audit found a way to a hidden value.
    """
    folder.mkdir(parents=True, exist_ok=True)
    edition_files.write(folder, produced.cells, produced.account, produced.quality, produced.run)
    for name, table in produced.secret.items():
        path = this_round.folder / name
        path.parent.mkdir(exist_ok=True)
        table.to_csv(path, index=False, lineterminator="\n")
    if produced.run["audience"] == ANALYST:
        audit.withhold(folder)
        return
    progress("audit")
    known = gate.released(this_round).before(str(produced.run["edition"]), produced.about)
    audit.certify(folder, produced.flagged, gate.rules_of(this_round), known)


def release(produced: Produced, this_round: Round, recipients: Sequence[str] = ()) -> None:
    """Note in the ledger that an edition leaves the room; what stands there already stays.

    An edition for analysts does not leave the room.

    Parameters
    ----------
    recipients
        Who receives it; nobody named means everybody.
    """
    if produced.run["audience"] == ANALYST:
        return
    name = str(produced.run["edition"])
    gate.note(this_round, name, produced.about, produced.cells, produced.contributions, recipients)


def contributions_of(prepared: Prepared, this_round: Round) -> pd.DataFrame:
    """Return one row per respondent in scope and reference year: what each adds to every cell."""
    records, book = prepared.survey.records, this_round.codebook
    places = [name for name in records if name.split(".")[0] in book.dimensions]
    variables = [v.name for v in book.variables.values() if v.statistic == "total"]
    table = records.assign(weight=prepared.survey.weight, certainty=prepared.certainty)
    table = table.loc[table["in_scope"], [*CONTRIBUTIONS, *places, *variables]]
    return table.reset_index(drop=True)


def _cell_columns(dimensions: dict) -> list[str]:
    place = CELLS.index("variable")
    return [*CELLS[:place], *dimensions, *CELLS[place:]]
