"""Write `inputs.csv`: the respondents of an invented round, as R and this library both read them.

Run from the project's folder: `python tests/reference/inputs.py`, then
`Rscript tests/reference/numbers.R`, which writes `numbers.csv`.
"""

import tempfile
from pathlib import Path

import numpy as np

from nldtib import produce, rounds
from nldtib.records import synthetic

HERE = Path(__file__).resolve().parent
SEED = 7
YEARS = (2023, 2025)
AMOUNTS = ["turnover_total", "turnover_defence", "export_defence", "fte_defence"]


def main() -> None:
    """Write one row per respondent, with its amounts in two years side by side."""
    with tempfile.TemporaryDirectory() as folder:
        synthetic.write(Path(folder), SEED)
        prepared = produce.prepare(rounds.read(Path(folder) / "2026"))
    survey = prepared.survey
    records = survey.records.assign(stratum=survey.stratum, certainty=prepared.certainty)
    records["N"] = survey.stratum.map(survey.population)
    first, last = (records[records["reference_year"] == year].set_index("unit") for year in YEARS)
    table = first[["stratum", "certainty", "N", "frame.mod_business", "frame.employees"]].copy()
    table.columns = ["stratum", "certainty", "N", "mod_business", "employees"]
    for name in AMOUNTS:
        table[name], table[f"{name}_2025"] = first[name].round(3), last[name].round(3)
    table = table.dropna().sort_values(["stratum", "employees"], kind="stable")
    # Names of units have no place here, and every other respondent is enough.
    table = table.iloc[::2].reset_index(drop=True)
    table["place"] = np.array(["north", "east", "south"])[np.arange(len(table)) * 7 % 3]
    answered = table.groupby("stratum")["N"].transform("size")
    table["w"] = table["N"] / answered
    table.insert(0, "id", np.arange(len(table)) + 1)
    table.to_csv(HERE / "inputs.csv", index=False)


if __name__ == "__main__":
    main()
