"""How long protection and audit take: linked tables of three years, and a full table of one year.

Run by hand: python tests/benchmarks/disclosure.py
Every figure stands beside a baseline run on the same machine: one linear programme of scipy over
the cells of a full table, and counts processor seconds of this process alone. It needs the
instances of known answers that stand beside the project.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linprog

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from small_tables import cells, firms, rules

from nldtib.gate import audit, protect

SURVEY = "shared/oracle/disclosure/synthetic_survey/micro.csv"
NAMES = ("domain", "size", "prov")
PAIRS = (("domain", "size"), ("domain", "prov"), ("size", "prov"))


def survey() -> pd.DataFrame:
    path = Path(__file__).resolve().parents[3] / SURVEY
    if not path.is_file():
        sys.exit(f"There is no {SURVEY} beside the project.")
    micro = pd.read_csv(path).rename(
        columns={"firm": "unit", "year": "reference_year", "value": "turnover"}
    )
    return firms(micro.assign(holding=micro["unit"]).to_dict("records"))


def baseline(size: int = 400) -> float:
    """Return the processor seconds of one linear programme of a fixed size."""
    random = np.random.default_rng(0)
    matrix, right = random.random((size, size)), random.random(size)
    start = time.process_time()
    linprog(-random.random(size), A_ub=matrix, b_ub=right, method="highs-ds")
    return time.process_time() - start


def measured(name: str, rows: pd.DataFrame, tables: Sequence[tuple[str, ...]]) -> None:
    """Protect and audit turnover by some breakdowns, insiders included, and print what it took."""
    rule = rules({one: sorted(set(rows[one])) for one in NAMES})
    plan = cells(rows, rule, *(("_".join(by), "turnover", by) for by in tables))
    one = baseline()
    start = time.process_time()
    pattern = protect.tables(plan, rows, rule)
    protected = time.process_time()
    found = audit.tables(pattern.cells, rows, rule)
    audited = time.process_time()
    here = plan.drop_duplicates("key")
    print(
        f"{name}: {int((here['n'] > 0).sum())} cells, {len(pattern.reasons)} hidden; protect "
        f"{protected - start:.1f} s ({(protected - start) / one:.0f} x), audit "
        f"{audited - protected:.1f} s ({(audited - protected) / one:.0f} x), {len(found)} findings",
        flush=True,
    )


def main() -> None:
    """Measure the two sizes of a report."""
    rows = survey()
    measured("three years of three linked tables", rows, PAIRS)
    last = rows[rows["reference_year"] == rows["reference_year"].max()]
    measured("domain x size x province of one year", last, [NAMES])


if __name__ == "__main__":
    main()
