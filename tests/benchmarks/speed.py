"""How much slower than plain NumPy, and how much faster than R, estimation is in the same run.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/speed.py [--large]

NumPy's figures are what a good programmer would write for exactly one task, on arrays that are
ready: no checks, no table, no intervals. R's are those of its survey package, when `Rscript` is
there. Times are medians of processor seconds; only their ratios mean anything.
"""

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from nldtib.records import estimate, weight
from nldtib.schema import Survey

STRATA, VARIABLES, DOMAINS, REPLICATES = 30, 40, 12, 2000
MARGINS = {"size": 5, "place": 12, "kind": 4, "activity": 6}
R_TOTALS = """
suppressMessages(library(survey))
d <- read.csv("{folder}/data.csv")
variables <- paste0("v", 0:39)
design <- svydesign(ids = ~1, strata = ~stratum, weights = ~w, fpc = ~N, data = d)
timed <- system.time({{
  y <- as.matrix(d[variables])
  for (k in 0:11) svytotal(y * (d$domain == k), design)
}})
cat(timed[["user.self"]] + timed[["sys.self"]])
"""


def population(n: int, seed: int = 1) -> Survey:
    """Make a sample of n units in 30 strata, of which one in ten of the units answered."""
    rng = np.random.default_rng(seed)
    stratum = np.sort(
        np.concatenate([np.repeat(np.arange(STRATA), 3), rng.integers(0, STRATA, n - 3 * STRATA)])
    )
    values = np.exp(rng.normal(3, 1.5, (VARIABLES, n)))
    columns = {f"v{k}": values[k] for k in range(VARIABLES)}
    columns["domain"] = rng.integers(0, DOMAINS, n)
    for name, codes in MARGINS.items():
        columns[name] = rng.integers(0, codes, n)
    counts = np.bincount(stratum, minlength=STRATA)
    weights = np.repeat(10.0, n)
    return Survey(pd.DataFrame(columns), weights, stratum, pd.Series(counts * 10.0))


def median(task: Callable[[], object], repeats: int) -> float:
    """Return the median time of a task in seconds, after one run to warm up."""
    task()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        task()
        times.append(time.process_time() - start)
    return float(np.median(times))


def numpy_totals(
    values: np.ndarray, weights: np.ndarray, cell: np.ndarray, n: np.ndarray, unseen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Estimate totals and standard errors by domain with nothing around them."""
    size = STRATA * DOMAINS
    sums, squares = np.empty((2, len(values), size))
    for k, column in enumerate(values):
        weighted = weights * column
        sums[k] = np.bincount(cell, weighted, size)
        weighted *= weighted
        squares[k] = np.bincount(cell, weighted, size)
    sums, squares = (part.reshape(-1, STRATA, DOMAINS) for part in (sums, squares))
    stretch = (unseen * n / (n - 1))[:, None]
    variance = (stretch * (squares - sums**2 / n[:, None])).sum(axis=1)
    return sums.sum(axis=1), np.sqrt(variance)


def numpy_bootstrap(
    values: np.ndarray, weights: np.ndarray, starts: np.ndarray, n: np.ndarray, unseen: np.ndarray
) -> np.ndarray:
    """Draw rescaled bootstrap weights stratum by stratum, and the spread of the totals."""
    rng = np.random.default_rng(1)
    factors = np.empty((REPLICATES, len(weights)))
    for start, size, part in zip(starts, n, unseen, strict=True):
        times = rng.multinomial(size - 1, np.full(size, 1 / size), REPLICATES)
        stretch = np.sqrt(part)
        factors[:, start : start + size] = 1 + stretch * (times * (size / (size - 1)) - 1)
    return ((factors * weights) @ values.T).std(axis=0)


def numpy_raking(start: np.ndarray, margins: list[np.ndarray], totals: list) -> np.ndarray:
    """Rake all replicates at once by iterative proportional fitting."""
    weights = start.copy()
    indicators = [np.eye(codes.max() + 1)[codes] for codes in margins]
    for _ in range(200):
        for codes, indicator, total in zip(margins, indicators, totals, strict=True):
            weights *= (total / (weights @ indicator))[:, codes]
        worst = max(
            np.abs(weights @ indicator / total - 1).max()
            for indicator, total in zip(indicators, totals, strict=True)
        )
        if worst < 1e-4:
            return weights
    raise RuntimeError("The margins were not met.")


def totals_task(n: int, repeats: int) -> tuple[float, float]:
    """Return the times of NumPy and of ours for 40 totals in 12 domains."""
    survey = population(n)
    names = [f"v{k}" for k in range(VARIABLES)]
    values = np.ascontiguousarray(survey.records[names].to_numpy().T)
    weights, stratum = survey.weight.to_numpy(), survey.stratum.to_numpy()
    cell = stratum * DOMAINS + survey.records["domain"].to_numpy()
    counts = np.bincount(stratum)
    unseen = 1 - counts / survey.population.to_numpy()
    plain = numpy_totals(values, weights, cell, counts, unseen)
    ours = estimate.total(survey, names, by="domain")
    assert np.allclose(ours["estimate"], plain[0].ravel(), rtol=1e-9)
    assert np.allclose(ours["se"], plain[1].ravel(), rtol=1e-6)
    return (
        median(lambda: numpy_totals(values, weights, cell, counts, unseen), repeats),
        median(lambda: estimate.total(survey, names, by="domain"), repeats),
    )


def bootstrap_task(n: int, repeats: int) -> tuple[float, float]:
    """Return the times for 2,000 bootstrap replicates of 40 totals, drawing included."""
    survey = population(n)
    names = [f"v{k}" for k in range(VARIABLES)]
    values = np.ascontiguousarray(survey.records[names].to_numpy().T)
    weights = survey.weight.to_numpy()
    counts = np.bincount(survey.stratum.to_numpy())
    starts = np.cumsum(counts) - counts
    unseen = 1 - counts / survey.population.to_numpy()

    def ours() -> pd.DataFrame:
        made = weight.bootstrap(survey, seed=1, replicates=REPLICATES)
        return estimate.total(made, names, errors="replicates")

    plain = numpy_bootstrap(values, weights, starts, counts, unseen)
    assert np.allclose(ours()["se"], plain, rtol=0.15)
    return median(
        lambda: numpy_bootstrap(values, weights, starts, counts, unseen), repeats
    ), median(ours, repeats)


def raking_task(n: int, repeats: int) -> tuple[float, float]:
    """Return the times for raking 2,000 replicates to four margins, to within 1e-4."""
    survey = population(n)
    rng = np.random.default_rng(2)
    codes = [survey.records[name].to_numpy() for name in MARGINS]
    totals = []
    for column in codes:
        counts = np.bincount(column) * 10.0 * rng.uniform(0.85, 1.15, column.max() + 1)
        totals.append(counts * (10 * n / counts.sum()))
    named = {name: dict(enumerate(total)) for name, total in zip(MARGINS, totals, strict=True)}
    raked = weight.calibrate(survey, named, "raking")
    made = weight.bootstrap(survey, seed=1, replicates=REPLICATES).replicates.weights.T.copy()
    units = weight.units_of(raked)

    def ours() -> tuple[np.ndarray, np.ndarray]:
        return weight.factors_of(made, units, raked.calibration, 1e-4)

    plain, factors = numpy_raking(made, codes, totals), ours()
    assert factors[1].all()
    assert np.allclose(made * factors[0], plain, rtol=1e-2)
    return median(lambda: numpy_raking(made, codes, totals), repeats), median(ours, repeats)


def r_totals(n: int) -> float | None:
    """Return R's time for the 40 totals in 12 domains, or None without R."""
    if shutil.which("Rscript") is None:
        return None
    survey = population(n)
    table = survey.records.assign(
        stratum=survey.stratum, w=survey.weight, N=survey.stratum.map(survey.population)
    )
    with tempfile.TemporaryDirectory() as folder:
        table.to_csv(Path(folder) / "data.csv", index=False)
        done = subprocess.run(
            ["Rscript", "-e", R_TOTALS.format(folder=folder)],
            capture_output=True,
            text=True,
            check=False,
        )
    return float(done.stdout.split()[-1]) if done.returncode == 0 else None


def main() -> None:
    """Print the table that METHODS.md shows."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--large", action="store_true", help="also a million units (2 GB)")
    large = options.parse_args().large
    print("| work | n | NumPy s | ours s | ours / NumPy | at most | R / ours | at least |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    sizes = [(250, 200, 20, 40), (25_000, 15, 5, 20)] + ([(1_000_000, 3, 3, None)] if large else [])
    for n, repeats, most, least in sizes:
        plain, ours = totals_task(n, repeats)
        r = r_totals(n) if least else None
        faster = f"{r / ours:.0f} | {least}" if r else " | "
        print(
            f"| 40 totals x 12 domains, with errors | {n:,} | {plain:.5f} | {ours:.5f} | "
            f"{ours / plain:.1f} | {most} | {faster} |",
            flush=True,
        )
    for label, task in (
        ("2,000 bootstrap replicates x 40 totals", bootstrap_task),
        ("2,000 raked replicates, 4 margins, 1e-4", raking_task),
    ):
        plain, ours = task(250, 15)
        print(
            f"| {label} | 250 | {plain:.4f} | {ours:.4f} | {ours / plain:.1f} | 3 | | |", flush=True
        )


if __name__ == "__main__":
    main()
