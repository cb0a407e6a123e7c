"""Intervals hold the truth as often as METHODS.md says: a small run of the benchmark.

Limits are those of the full run, less 2.6 standard errors of a proportion in so many samples.
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

# Loaded from its path: a package of the name `coverage` may be installed.
BENCHMARK = Path(__file__).parent / "benchmarks" / "coverage.py"
SPEC = importlib.util.spec_from_file_location("benchmark_of_coverage", BENCHMARK)
coverage = importlib.util.module_from_spec(SPEC)
sys.modules[SPEC.name] = coverage
SPEC.loader.exec_module(coverage)

SAMPLES = 100


def least(percent: float, samples: int = SAMPLES) -> float:
    """Return the lowest percentage that chance alone makes of `percent` in so many samples."""
    return percent - 260 * np.sqrt(percent / 100 * (1 - percent / 100) / samples)


@pytest.fixture(scope="module")
def skewed() -> pd.DataFrame:
    """Scenario F: a fifth of the firms makes nearly all, and only the largest answer in full."""
    return coverage.summary(coverage.measured("F", SAMPLES)).loc["F"]


@pytest.fixture(scope="module")
def twin() -> pd.DataFrame:
    return coverage.summary(coverage.measured(coverage.TWIN, SAMPLES)).loc[coverage.TWIN]


def test_intervals_of_a_skewed_population_hold_the_truth(skewed):
    assert (skewed.loc["total", "holds"] >= least(93)).all()
    assert (skewed.loc["change", "holds"] >= least(93)).all()
    assert (skewed.loc["domain total", "holds"] >= least(92)).all()
    assert (skewed.loc["median", "holds"] >= least(93)).all()


def test_the_ordinary_interval_would_not(skewed):
    assert (skewed.loc["total", "plain_holds"] < skewed.loc["total", "holds"] - 5).all()


def test_intervals_are_not_bought_with_width(skewed):
    assert (skewed.loc["total", "times_plain"] <= 1.4).all()


def test_intervals_of_the_twin_hold_its_truth(twin):
    made = twin.xs("calibrated", level="weights")

    for name in (*coverage.TWIN_VARIABLES, "organisations"):
        assert made.loc[f"total {name}", "holds"] >= least(93)
    assert made.loc["change", "holds"] >= least(93)
    assert made.loc["domain total", "holds"] >= least(92)
    assert made.loc["median", "holds"] >= least(93)


def test_calibration_takes_the_bias_out_of_the_twin(twin):
    bias = twin["bias"].abs().unstack("weights").loc["total turnover_total"]

    assert bias["calibrated"] < 5 < bias["expansion"]
