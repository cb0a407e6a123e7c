"""Overlapping lists tell how many organisations none of them has."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from nldtib.records import coverage, synthetic
from nldtib.rounds import FrameCoverage

CHOICES = FrameCoverage(replicates=200, plausible_aic=4.0, most_lists=4)


def frame(counts: dict[str, int]) -> pd.DataFrame:
    """Return a frame with so many units per pattern: `"101": 7` are on the first and third list."""
    rows = [list(map(int, pattern)) for pattern, count in counts.items() for _ in range(count)]
    width = len(next(iter(counts)))
    return pd.DataFrame(rows, columns=[f"source_{'abcd'[i]}" for i in range(width)])


def missed(table: pd.DataFrame, seed: int = 1) -> coverage.Missed | None:
    return coverage.missed(table, CHOICES, 0.95, seed)


def independent(rng: np.random.Generator, size: int, chances: tuple[float, ...]) -> pd.DataFrame:
    marks = (rng.random((size, len(chances))) < chances).astype(int)
    return pd.DataFrame(marks, columns=[f"source_{'abcd'[i]}" for i in range(len(chances))])


def test_two_lists_give_the_estimate_of_lincoln_and_petersen():
    """Thirty on both, 20 and 40 on one: 20 x 40 / 30 on none; Chapman: 51 x 71 / 31 - 91 = 25.8."""
    found = missed(frame({"11": 30, "10": 20, "01": 40}))

    assert found.missed == pytest.approx(20 * 40 / 30)
    assert found.low < 51 * 71 / 31 - 91 < found.high
    assert (found.listed, found.unlisted, found.dependent) == (90, 0, ())


def test_three_independent_lists_give_back_what_was_hidden():
    chances = (0.5, 0.4, 0.3)
    counts = {
        "".join(map(str, one)): round(
            1000 * np.prod([p if on else 1 - p for p, on in zip(chances, one, strict=True)])
        )
        for one in product((0, 1), repeat=3)
    }
    hidden = counts.pop("000")

    found = missed(frame(counts))

    assert hidden == 210
    assert found.missed == pytest.approx(hidden)
    assert found.dependent == ()


def test_lists_that_copy_each_other_are_found_and_allowed_for():
    """Being on a triples the odds of b: 300 are on both where chance gives 100."""
    counts = {"100": 200, "010": 100, "110": 300, "001": 100, "101": 100, "011": 50, "111": 150}

    found = missed(frame(counts))

    assert found.dependent == (("a", "b"),)
    assert found.missed == pytest.approx(200)
    on_a, on_b, on_both = 750, 600, 450
    assert on_a * on_b / on_both - 900 < found.low


def test_units_found_otherwise_are_counted_apart():
    table = frame({"11": 30, "10": 20, "01": 40, "00": 5})

    assert missed(table).unlisted == 5
    assert missed(table).missed == pytest.approx(20 * 40 / 30)


def test_every_model_agrees_with_statsmodels():
    table = synthetic.population(7).drop_duplicates("unit")
    counts = coverage.patterns(table).to_numpy(float)[1:]
    models = coverage.models(4)
    aic, unseen = coverage.compared(counts[None, :], models)

    assert len(models) == 64
    for number, model in enumerate(models):
        fitted = sm.GLM(counts, model.design, family=sm.families.Poisson()).fit()
        assert aic[0, number] == pytest.approx(fitted.aic, rel=1e-6)
        assert unseen[0, number] == pytest.approx(np.exp(fitted.params[0]), rel=1e-4)


def test_the_interval_holds_what_is_hidden():
    rng, held = np.random.default_rng(5), 0
    for number in range(60):
        table = independent(rng, 1100, (0.5, 0.4, 0.6))
        hidden = int((table.sum(axis=1) == 0).sum())
        found = missed(table[table.sum(axis=1) > 0], number)
        held += found.low <= hidden <= found.high

    assert held >= 51


def test_the_interval_holds_for_the_twin():
    """Units of the twin that stand on no list are known; the estimate does not look at them."""
    held = 0
    for seed in range(1, 6):
        found = missed(synthetic.population(seed).drop_duplicates("unit"), seed)
        held += found.low <= found.unlisted <= found.high

    assert held >= 4


def test_lists_that_cannot_tell_give_nothing():
    assert missed(pd.DataFrame({"unit": ["a"]})) is None
    assert missed(frame({"1": 3})) is None
    assert missed(frame({"10": 3, "01": 4})) is None


def test_the_same_lists_give_the_same_interval():
    table = frame({"11": 30, "10": 20, "01": 40})

    assert missed(table) == missed(table)
