"""What a person at the command line hears about an export; no answer is ever quoted."""

from nldtib.records.load.long import Answers


def report(answers: Answers) -> str:
    """Return a plain-text report: what was recognised, counts, losses and doubts.

    Parameters
    ----------
    answers
        One export as it was read.
    """
    table = answers.table
    submitted = table.loc[table["variable"] == "_submitted", "value"]
    complete = int((submitted == "1").sum())
    partial = int((submitted == "0").sum())
    own = table["variable"].str.startswith("_")
    statuses = table.loc[~own, "status"].value_counts().sort_index()
    lines = [
        f"Recognised: {answers.format}",
        f"Respondents: {len(submitted):,} ({complete:,} complete, {partial:,} partial"
        + (")" if complete + partial else "; the file does not say which)"),
        f"Answers: {int((~own).sum()):,}",
        *(f"  {status:<15}{count:>9,}" for status, count in statuses.items()),
        f"Doubtful answers: {len(answers.doubts):,}",
        f"Personal columns set apart: {answers.personal.shape[1] - 1}",
    ]
    if answers.losses:
        lines += ["Lost or damaged by this format:", *(f"  - {loss}" for loss in answers.losses)]
    return "\n".join(lines) + "\n"
