"""What a run counts on the way: units in and out, quality per topic, and the record of the run."""

import hashlib
import importlib.metadata
import json
from dataclasses import dataclass

import pandas as pd

from nldtib.records import clean, load, respond, tabulate
from nldtib.rounds import Round
from nldtib.schema import ACCOUNT, Survey


@dataclass(frozen=True)
class Prepared:
    """A round after editing, imputation and weighting, with what is counted on the way."""

    frame: pd.DataFrame
    size_class: pd.Series
    answers: load.Answers
    linked: clean.Linked
    response: pd.DataFrame
    findings: pd.DataFrame
    changes: pd.DataFrame
    survey: Survey
    certainty: pd.Series


def account(prepared: Prepared) -> pd.DataFrame:
    """Return the units in and out of each step, with the reason for the difference."""
    linked, status = prepared.linked, prepared.response["status"].value_counts()
    known = linked.received - linked.strangers
    single = known - linked.duplicates
    usable = single - int(status.get("not_usable", 0))
    rows = [
        ("received", linked.received, linked.received, "responses in the export"),
        ("linked", linked.received, known, "the identifier is not on the frame"),
        ("one_per_unit", known, single, "another response of the same organisation counts"),
        ("usable", single, usable, "every key figure was left open"),
        ("in_scope", usable, int(status.get("answered", 0)), "does not supply the sector"),
    ]
    return pd.DataFrame(rows, columns=ACCOUNT)


def quality(prepared: Prepared, source: tabulate.Source, cells: pd.DataFrame) -> pd.DataFrame:
    """Return what the quality page tells, one count a row: topic, item, measure, value."""
    frame, rows = prepared.frame, []
    domain = frame["military_domain"].replace("", pd.NA).fillna("unknown")
    for topic, group in (("response", prepared.size_class), ("response_domain", domain)):
        rows.append(_melted(topic, respond.ladder(prepared.response, group).set_index("group")))
    rows += [
        _melted("findings", _findings(prepared)),
        _melted("corrections", _counts(prepared.changes, "corrected")),
        _melted("imputation", _imputation(prepared, source)),
        _melted("weights", _weights(prepared.survey)),
        _melted(
            "precision", cells.groupby("grade").size().to_frame("cells").drop("", errors="ignore")
        ),
        _melted("disclosure", _hidden(cells)),
        _melted("doubts", prepared.answers.table.groupby("status").size().to_frame("cells")),
    ]
    return pd.concat(rows, ignore_index=True)


def _melted(topic: str, table: pd.DataFrame) -> pd.DataFrame:
    long = table.rename_axis("item").reset_index().melt("item", var_name="measure")
    return long.assign(topic=topic)[["topic", "item", "measure", "value"]]


def _findings(prepared: Prepared) -> pd.DataFrame:
    counts = prepared.findings.groupby(["rule", "severity"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=["hard", "soft"], fill_value=0)
    emptied = prepared.changes[prepared.changes["origin"] == "emptied"].groupby("rule").size()
    return counts.assign(emptied=emptied).fillna(0)


def _counts(changes: pd.DataFrame, origin: str) -> pd.DataFrame:
    return changes[changes["origin"] == origin].groupby("variable").size().to_frame("values")


def _imputation(prepared: Prepared, source: tabulate.Source) -> pd.DataFrame:
    records = prepared.survey.records
    counts = _counts(prepared.changes, "imputed")
    counts["share"] = 100 * counts["values"] / int(records["in_scope"].sum())
    last = records["in_scope"] & (records["reference_year"] == source.reference_years[-1])
    amounts = tabulate.imputed_amounts(source)
    shares = 100 * amounts.filled[last].sum() / amounts.every[last].sum()
    return counts.assign(weight_share=shares)


def _weights(survey: Survey) -> pd.DataFrame:
    units = survey.records.drop_duplicates("unit").index
    grouped = survey.weight[units].groupby(survey.stratum[units])
    table = grouped.agg(respondents="size", lowest="min", mean="mean", highest="max")
    return table.assign(population=survey.population)


def _hidden(cells: pd.DataFrame) -> pd.DataFrame:
    published = cells["status"].eq("published").groupby(cells["table"]).sum()
    counts = cells.groupby("table").size().to_frame("cells").assign(published=published)
    return counts.assign(not_shown=counts["cells"] - counts["published"])


def run_record(this_round: Round, name: str, prepared: Prepared) -> dict:
    """Return what `run.json` says of the run, the fingerprint of its input among it."""
    answered = int((prepared.response["status"] == "answered").sum())
    return {
        "survey_round": this_round.parameters.survey_round,
        "edition": name,
        "audience": "public",
        "invented": this_round.invented,
        "published_on": this_round.parameters.published_on.isoformat(),
        "reference_years": list(this_round.parameters.reference_years),
        "approached": len(prepared.frame),
        "answered": answered,
        "input_fingerprint": _fingerprint(this_round),
        "program_version": importlib.metadata.version("nldtib"),
        "level": this_round.parameters.interval.level,
    }


def _fingerprint(this_round: Round) -> str:
    """Return one digest of everything that the figures depend on besides the program."""
    parameters = this_round.rules_file.parent
    files = [
        *sorted((this_round.folder / "raw").iterdir()),
        this_round.folder / "decisions.csv",
        this_round.folder / "disclosure.yml",
        *sorted(parameters.iterdir()),
        this_round.root / "parameters" / this_round.name / "round.yml",
    ]
    digests = {path.name: load.fingerprint(path) for path in files if path.is_file()}
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()
