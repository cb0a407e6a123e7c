"""What a run counts on the way: units in and out, quality per topic, and the record of the run."""

import hashlib
import importlib.metadata
import json
from dataclasses import dataclass

import pandas as pd

from nldtib.produce import editing, linking
from nldtib.records import edit, load, respond, tabulate
from nldtib.rounds import Grades, Round
from nldtib.schema import ACCOUNT, FRAGILE, Survey


@dataclass(frozen=True)
class Prepared:
    """A round after editing, imputation and weighting, with what is counted on the way."""

    gathered: editing.Gathered
    frame: pd.DataFrame
    size_class: pd.Series
    edits: editing.Edits
    changes: pd.DataFrame
    survey: Survey
    certainty: pd.Series


def account(prepared: Prepared) -> pd.DataFrame:
    """Return the units in and out of each step, with the reason for the difference."""
    linked, status = prepared.gathered.linked, prepared.gathered.response["status"].value_counts()
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
        rows.append(
            melted(topic, respond.ladder(prepared.gathered.response, group).set_index("group"))
        )
    rows += [
        *(
            melted(topic, table)
            for topic, table in linking.measures(prepared.gathered.known).items()
        ),
        melted("findings", _findings(prepared)),
        melted("suspects", _suspects(prepared)),
        melted("corrections", _corrections(prepared)),
        melted("imputation", _imputation(prepared, source)),
        melted("imputation_method", _by_method(prepared)),
        melted("weights", _weights(prepared.survey)),
        melted(
            "precision", cells.groupby("grade").size().to_frame("cells").drop("", errors="ignore")
        ),
        melted("grades", tabulate.rule(source.grades)),
        melted("fragility", _fragile(cells)),
        melted("disclosure", _hidden(cells)),
        melted(
            "doubts", prepared.gathered.answers.table.groupby("status").size().to_frame("cells")
        ),
    ]
    return pd.concat(rows, ignore_index=True)


def most_important(prepared: Prepared, count: int) -> str:
    """Say in one sentence how much of all doubt lies in the answers with the largest scores."""
    scores, changes = prepared.edits.scores, prepared.edits.changes
    first = edit.largest(scores, changes[changes["origin"] != "emptied"], count)
    part = 100 * first["score"].sum() / scores["score"].sum() if len(first) else 0.0
    return (
        f"The {len(first)} answers that matter most hold {part:.0f} % of the score of all "
        f"{len(scores):,}; prepared/scores.csv lists them after produce."
    )


def imputed_figures(cells: pd.DataFrame, parts: pd.DataFrame, limits: Grades) -> pd.DataFrame:
    """Count the published figures by the grade of their imputed part, as rows of quality.

    Parameters
    ----------
    parts
        The imputed part (a share) of each figure, by key.
    """
    shown = cells.loc[cells["status"] == "published", "key"].drop_duplicates()
    part = parts.set_index("key")["imputed"].reindex(shown)
    band = pd.cut(part, [-1.0, *limits.imputed.values()], labels=list(limits.imputed))
    counts = band.value_counts().reindex(list(limits.imputed)).to_frame("cells")
    at_most = 100 * pd.Series(limits.imputed)
    return melted("imputed_figures", counts.assign(imputed_at_most=at_most))


def melted(topic: str, table: pd.DataFrame) -> pd.DataFrame:
    """Lay a table of measures (columns) by item (index) out as rows of quality.csv."""
    long = table.rename_axis("item").reset_index().melt("item", var_name="measure")
    return long.assign(topic=topic)[["topic", "item", "measure", "value"]]


def _findings(prepared: Prepared) -> pd.DataFrame:
    findings = prepared.edits.findings
    findings = findings[~findings["rule"].str.startswith(edit.DETECTED)]
    counts = findings.groupby(["rule", "severity"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=["hard", "soft"], fill_value=0)
    emptied = prepared.changes[prepared.changes["origin"] == "emptied"].groupby("rule").size()
    return counts.assign(emptied=emptied).fillna(0)


def _suspects(prepared: Prepared) -> pd.DataFrame:
    """Count what was found without a rule, by variable and by what looked for it."""
    rules, counts = prepared.edits.findings["rule"], {}
    for prefix in edit.DETECTED:
        found = rules[rules.str.startswith(prefix)].str.removeprefix(prefix)
        counts[prefix.rstrip("_")] = found.value_counts().sort_index()
    return pd.DataFrame(counts).fillna(0)


def _corrections(prepared: Prepared) -> pd.DataFrame:
    changes = prepared.edits.changes
    counts = changes.groupby(["variable", "origin"]).size().unstack(fill_value=0)
    return counts.reindex(columns=["corrected", "confirmed", "emptied"], fill_value=0)


def _by_method(prepared: Prepared) -> pd.DataFrame:
    filled = prepared.changes[prepared.changes["origin"] == "imputed"]
    return filled.groupby(["variable", "rule"]).size().unstack(fill_value=0)


def _imputation(prepared: Prepared, source: tabulate.Source) -> pd.DataFrame:
    records = prepared.survey.records
    imputed = prepared.changes[prepared.changes["origin"] == "imputed"]
    counts = imputed.groupby("variable").size().to_frame("values")
    counts["share"] = 100 * counts["values"] / int(records["in_scope"].sum())
    last = records["in_scope"] & (records["reference_year"] == source.reference_years[-1])
    amounts = tabulate.weighted_amounts(source)
    shares = 100 * amounts.filled[last].sum() / amounts.every[last].sum()
    # Of few values the share would tell what was put in their place: another year's answer.
    given = (amounts.filled[last] > 0).groupby(records.loc[last, "holding"]).any().sum()
    given = given.reindex(counts.index, fill_value=0)
    enough = given >= source.interval.fewest_for_interval
    return counts.assign(weight_share=shares.round(1).reindex(counts.index).where(enough))


def _weights(survey: Survey) -> pd.DataFrame:
    units = survey.records.drop_duplicates("unit").index
    grouped = survey.weight[units].groupby(survey.stratum[units])
    table = grouped.agg(respondents="size", lowest="min", mean="mean", highest="max")
    # With an exact weight the decimals of a sum would tell an answer.
    return table.round({"lowest": 1, "mean": 1, "highest": 1}).assign(population=survey.population)


def _fragile(cells: pd.DataFrame) -> pd.DataFrame:
    """Count per table the published figures of which one answer carries much."""
    published = cells[cells["status"] == "published"]
    counts = published.groupby("table").size().to_frame("published")
    marked = published["sign"].str.contains(FRAGILE, regex=False)
    return counts.assign(fragile=marked.groupby(published["table"]).sum())


def _hidden(cells: pd.DataFrame) -> pd.DataFrame:
    published = cells["status"].eq("published").groupby(cells["table"]).sum()
    counts = cells.groupby("table").size().to_frame("cells").assign(published=published)
    return counts.assign(not_shown=counts["cells"] - counts["published"])


def run_record(this_round: Round, name: str, prepared: Prepared, audience: str) -> dict:
    """Return what `run.json` says of the run, the fingerprint of its input among it."""
    answered = int((prepared.gathered.response["status"] == "answered").sum())
    return {
        "survey_round": this_round.parameters.survey_round,
        "edition": name,
        "audience": audience,
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
        *sorted((this_round.folder / "raw").rglob("*")),
        this_round.root / "parameters" / "postcodes.yml",
        this_round.folder / "decisions.csv",
        this_round.folder / "disclosure.yml",
        *sorted(parameters.iterdir()),
        this_round.root / "parameters" / this_round.name / "round.yml",
    ]
    digests = {path.name: load.fingerprint(path) for path in files if path.is_file()}
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()
