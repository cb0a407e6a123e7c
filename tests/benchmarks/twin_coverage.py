"""How often the interval of the invented twin holds the truth, over many seeds.

Run from the project's folder: `python tests/benchmarks/twin_coverage.py [SEEDS] [PROCESSES]`. Every
seed draws another population with the same published totals, lets it answer, and takes its files
through the whole corridor. The table that this prints stands in METHODS.md, "Intervals".
"""

import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd

from nldtib import produce, rounds
from nldtib.records import estimate, synthetic

VARIABLES = ["organisations", "turnover_total", "turnover_defence", "export_defence", "fte_defence"]


def one_seed(seed: int) -> pd.DataFrame:
    """Return, per variable and year of one twin, estimate, limits, plain t limits and truth."""
    with tempfile.TemporaryDirectory() as folder:
        synthetic.write(Path(folder), seed)
        this_round = rounds.read(Path(folder) / "2026")
        survey = produce.prepare(this_round).survey
        truth = pd.read_csv(Path(folder) / "2026" / "truth.csv")
    rows = []
    for year in this_round.parameters.reference_years:
        where = survey.records["in_scope"] & (survey.records["reference_year"] == year)
        found = estimate.total(survey, VARIABLES, where=where)
        sums = truth.loc[truth["reference_year"] == year, VARIABLES].sum()
        rows.append(found.assign(year=year, seed=seed, truth=found["variable"].map(sums)))
    return pd.concat(rows)


def summary(results: pd.DataFrame) -> pd.DataFrame:
    """Return coverage, misses on each side, median width and bias, in percent."""
    results = results.assign(
        held=(results["low"] <= results["truth"]) & (results["truth"] <= results["high"]),
        truth_above=results["truth"] > results["high"],
        truth_below=results["truth"] < results["low"],
        plain=(results["estimate"] - results["truth"]).abs() <= 1.97 * results["se"],
        width=(results["high"] - results["low"]) / results["truth"],
        bias=results["estimate"] / results["truth"] - 1,
    )
    grouped = results.groupby(["variable", "year"])
    table = grouped[["held", "truth_above", "truth_below", "plain", "bias"]].mean()
    return (100 * table.assign(width=grouped["width"].median())).round(1)


if __name__ == "__main__":
    seeds, processes = (int(word) for word in (sys.argv[1:] + ["100", "2"][len(sys.argv) - 1 :]))
    with ProcessPoolExecutor(processes) as pool:
        outcome = pd.concat(pool.map(one_seed, range(1, seeds + 1)), ignore_index=True)
    print(summary(outcome).to_string())
