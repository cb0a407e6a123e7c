"""Replicates keep what is certain, carry the calibration, and spread as the linearisation says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from nldtib.errors import ConvergenceError, ParameterError
from nldtib.records import estimate, weight
from nldtib.schema import Survey

# A Monte-Carlo error of a standard error from R replicates is about 1 / sqrt(2 R).
REPLICATES = 2000


def three_strata(seed: int = 1) -> Survey:
    """Ten of ten large units, eight of twelve middle ones, thirty of two hundred small ones."""
    rng = np.random.default_rng(seed)
    stratum = np.repeat(["large", "middle", "small"], [10, 8, 30])
    size = np.exp(np.repeat([6.0, 4.0, 2.0], [10, 8, 30]) + rng.normal(0, 0.7, 48))
    turnover = size * np.exp(rng.normal(0, 0.6, 48))
    records = pd.DataFrame(
        {
            "unit": [f"u{i}" for i in range(48)],
            "size": size,
            "turnover": turnover,
            "place": np.where(rng.random(48) < 0.4, "north", "south"),
        }
    )
    population = pd.Series({"large": 10.0, "middle": 12.0, "small": 200.0})
    answered = pd.Series(stratum).map(pd.Series(stratum).value_counts())
    weights = pd.Series(stratum).map(population) / answered
    return Survey(records, weights, pd.Series(stratum), population)


def with_group(survey: Survey) -> Survey:
    return replace(survey, records=survey.records.assign(group=survey.stratum))


@pytest.fixture(scope="module")
def survey() -> Survey:
    return with_group(three_strata())


@pytest.fixture(scope="module")
def raked(survey: Survey) -> Survey:
    fixed = survey.stratum == "large"
    size = float((survey.weight * survey.records["size"])[~fixed].sum())
    totals = {"group": {"middle": 12.0, "small": 200.0}, "size": 1.05 * size}
    return weight.calibrate(survey, totals, "raking", fixed=fixed)


def test_units_that_stand_for_nobody_else_have_factor_one_in_every_replicate(survey, raked):
    for one in (survey, raked):
        large = (one.stratum == "large").to_numpy()
        made = weight.bootstrap(one, seed=1, replicates=50).replicates.weights[large]
        assert (made == 1.0).all()
    left_out = weight.jackknife(survey).replicates.weights
    assert left_out.shape == (48, 38)
    assert (left_out[(survey.stratum == "large").to_numpy()] == 1.0).all()


def test_the_mean_of_replicate_totals_is_the_estimate_within_noise(survey, raked):
    for one in (survey, raked):
        made = weight.bootstrap(one, seed=3, replicates=REPLICATES)
        turnover = one.records["turnover"].to_numpy()
        thetas = turnover @ made.replicates.weights
        total = estimate.total(made, "turnover", errors="replicates").iloc[0]
        noise = thetas.std() / REPLICATES**0.5
        # Calibrated totals are slightly nonlinear, so their mean may sit beside by a little more.
        assert abs(thetas.mean() - total["estimate"]) < 4 * noise + 0.02 * total["se"]


@pytest.mark.parametrize("by", [None, "place"])
def test_replicates_spread_as_the_linearisation_says(survey, by):
    made = weight.bootstrap(survey, seed=2, replicates=REPLICATES)
    both = [
        estimate.total(made, ["turnover", "size"], by=by, errors=errors)["se"]
        for errors in ("linearised", "replicates")
    ]
    assert both[1].to_numpy() == pytest.approx(both[0].to_numpy(), rel=0.07)


def test_the_jackknife_of_a_total_equals_the_linearisation_exactly(survey):
    made = weight.jackknife(survey)

    for by in (None, "place"):
        linear = estimate.total(made, "turnover", by=by)
        resampled = estimate.total(made, "turnover", by=by, errors="replicates")
        assert resampled["se"].tolist() == pytest.approx(linear["se"].tolist(), rel=1e-9)
        assert resampled["estimate"].tolist() == linear["estimate"].tolist()


def test_calibration_is_redone_in_every_replicate(raked):
    for made in (weight.bootstrap(raked, seed=4, replicates=80), weight.jackknife(raked)):
        weights = made.replicates.weights
        free = (raked.stratum != "large").to_numpy()
        size = raked.records["size"].to_numpy()[free] @ weights[free]
        middle = weights[(raked.stratum == "middle").to_numpy()].sum(axis=0)
        assert size == pytest.approx(np.full(weights.shape[1], raked.calibration.totals[-1]))
        assert middle == pytest.approx(np.full(weights.shape[1], 12.0))
        # What is calibrated to is known: it has no spread left.
        total = estimate.total(made, "size", errors="replicates").iloc[0]
        assert total["se"] < 1e-5 * total["estimate"]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(survey):
    one, again, other = (weight.bootstrap(survey, seed, 20).replicates for seed in (7, 7, 8))

    assert (one.weights == again.weights).all()
    assert (one.weights != other.weights).any()


def test_a_lonely_stratum_is_resampled_together_with_its_neighbour(survey):
    keep = [*range(10), 10, *range(18, 48)]
    lonely = Survey(
        survey.records.iloc[keep],
        survey.weight.iloc[keep].where(survey.stratum != "middle", 12.0),
        survey.stratum.iloc[keep],
        survey.population,
    )
    made = weight.bootstrap(lonely, seed=1, replicates=200)

    assert made.replicates.weights[10].std() > 0
    assert weight.jackknife(lonely).replicates.weights.shape == (41, 31)


def test_bounds_that_a_replicate_cannot_keep_are_left_and_counted(survey):
    size = float((survey.weight * survey.records["size"]).sum())
    tight = weight.calibrate(survey, {"size": size}, "linear", (0.99, 1.01))

    made = weight.bootstrap(tight, seed=1, replicates=40).replicates

    assert made.relaxed > 0
    assert (made.weights > 0).all()
    assert survey.records["size"].to_numpy() @ made.weights == pytest.approx(np.full(40, size))


def test_a_group_that_a_replicate_loses_is_refused(survey):
    records = survey.records.assign(rare=[0] * 47 + [1])
    rare = weight.calibrate(replace(survey, records=records), {"rare": {1: 7.0}})

    with pytest.raises(ConvergenceError, match="In 1 of 38 replicates no weights meet"):
        weight.jackknife(rare)


def test_replicates_are_asked_for_by_name_and_must_exist(survey):
    with pytest.raises(ParameterError, match="no replicate weights"):
        estimate.total(survey, "turnover", errors="replicates")
    with pytest.raises(ParameterError, match="Unknown method 'guess'"):
        estimate.total(survey, "turnover", errors="guess")
    with pytest.raises(ParameterError, match="at least 2"):
        weight.bootstrap(survey, seed=1, replicates=1)
    everyone = survey.stratum == "large"
    full = Survey(
        survey.records[everyone],
        survey.weight[everyone],
        survey.stratum[everyone],
        survey.population[["large"]],
    )
    with pytest.raises(ParameterError, match="nothing to resample"):
        weight.jackknife(full)


def test_a_plain_table_of_replicates_counts_each_alike():
    records = pd.DataFrame({"military_domain": ["air", "air", "sea", "sea"], "turnover": [1.0] * 4})
    records["turnover"] = [10.0, 20.0, 30.0, 40.0]
    table = pd.DataFrame({"r1": [4.0, 0, 4, 0], "r2": [0.0, 4, 0, 4]})
    survey = Survey(records, np.full(4, 2.0), np.repeat("one", 4), {"one": 8.0}, table)

    totals = estimate.total(survey, "turnover", by="military_domain", errors="replicates")

    assert totals["se"].tolist() == [20.0, 20.0]  # air: 40 and 80, around 60
