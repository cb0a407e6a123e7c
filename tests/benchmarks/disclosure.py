"""How long protection and audit take: linked tables, a full table, and 100,000 cells.

Run by hand: python tests/benchmarks/disclosure.py [linked] [full] [large]
Every figure stands beside a baseline run on the same machine: one linear programme of scipy over
a matrix of a fixed size; both count processor seconds of this process alone. Wished for: 600
linked cells in 3 s and a full table in 30 s, protected and audited; 100,000 cells protected in
60 s. The first two need the instances of known answers that stand beside the project.
"""

import itertools
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
NAMES_LARGE = ("activity", "region", "size")
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


def population(units: int, shape: dict[str, int]) -> pd.DataFrame:
    """Return invented units over some dimensions, with skewed codes and heavy tails."""
    random = np.random.default_rng(0)
    rows = {}
    for name, count in shape.items():
        often = np.arange(1, count + 1) ** -0.3
        codes = np.array([f"{name}{number:03}" for number in range(count)])
        rows[name] = codes[random.choice(count, units, p=often / often.sum())]
    turnover = np.round(np.exp(random.normal(4, 1.5, units))) + 1
    unit = [f"u{number:07}" for number in range(units)]
    fixed = {"weight": 1.0, "reference_year": 2025, "certainty": 0, "organisations": 1}
    return pd.DataFrame(rows).assign(turnover=turnover, unit=unit, holding=unit, **fixed)


def every_cell(rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return all cells of one table that are not empty."""
    parts = []
    for by in itertools.chain.from_iterable(
        itertools.combinations(names, size) for size in range(len(names) + 1)
    ):
        groups = rows.groupby(list(by)) if by else rows.groupby("reference_year")
        part = groups["turnover"].agg(value="sum", n="count").reset_index()
        parts.append(
            part.assign(**{name: "total" for name in names if name not in by})[
                [*names, "value", "n"]
            ]
        )
    table = pd.concat(parts, ignore_index=True)
    places = [
        ",".join(
            f"{name}={code}" for name, code in zip(names, codes, strict=True) if code != "total"
        )
        for codes in table[list(names)].itertuples(index=False)
    ]
    return table.assign(
        table="large",
        key=[f"turnover:{place or 'total'}:2025" for place in places],
        reference_year=2025,
        variable="turnover",
        unit_of_measure="keur",
        **{"base": "", "low": np.nan, "high": np.nan, "cv": np.nan},
        **{"grade": "A", "status": "", "sign": ""},
    )


def large() -> None:
    """Protect 100,000 cells, and print what it took and what is not proven."""
    shape = dict(zip(NAMES_LARGE, (110, 95, 9), strict=True))
    rows = population(450_000, shape)
    plan = every_cell(rows, NAMES_LARGE)
    rule = rules({name: sorted(set(rows[name])) for name in NAMES_LARGE})
    one = baseline()
    start = time.process_time()
    pattern = protect.tables(plan, rows, rule)
    took = time.process_time() - start
    why = pattern.reasons["reason"].value_counts().to_dict()
    shown = pattern.cells["status"] == "published"
    value = plan["value"][shown.to_numpy()].sum() / plan["value"].sum()
    print(
        f"{len(plan)} cells: hidden {why}; {100 * shown.mean():.0f} % of the cells and "
        f"{100 * value:.0f} % of their value published; protect {took:.1f} s ({took / one:.0f} x)",
        flush=True,
    )


def main(chosen: Sequence[str]) -> None:
    """Measure the sizes asked for, or all."""
    chosen = chosen or ("linked", "full", "large")
    if "linked" in chosen:
        measured("three years of three linked tables", survey(), PAIRS)
    if "full" in chosen:
        rows = survey()
        last = rows[rows["reference_year"] == rows["reference_year"].max()]
        measured("domain x size x province of one year", last, [NAMES])
    if "large" in chosen:
        large()


if __name__ == "__main__":
    main(sys.argv[1:])
