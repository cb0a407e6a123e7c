"""A round on the bench: its edited answers, and the weights that a choice gives them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from nldtib.produce import editing, silent, weighting
from nldtib.produce.editing import Edits, Gathered
from nldtib.records import estimate, weight
from nldtib.rounds import Round
from nldtib.schema import Survey

# A column of the frame with more codes than this is no margin but an amount or a name.
MOST_CODES = 12
DISTANCES = ("linear", "raking", "logit")


@dataclass(frozen=True)
class Trial:
    """What may be tried; the names are those of round.yml.

    fewest_respondents
        A size stratum with fewer is merged with the next smaller one.
    """

    counts: tuple[str, ...]
    amounts: tuple[str, ...]
    distance: str
    bounds: tuple[float, float]
    fewest_respondents: int


@dataclass(frozen=True)
class Weighted:
    """What a trial gives.

    strata
        One row per stratum: population, respondents, and the lowest, mean and highest weight.
    totals
        One row per calibration total: margin, code ("" for a sum), wanted (of the frame) and start
        (what the weights gave before calibration).
    spread
        As `weight.summary` gives it.
    at_bounds
        How many organisations have a weight that may move no further.
    figures
        As `estimate.total` gives it: the key figures in the last reference year.
    """

    trial: Trial
    strata: pd.DataFrame
    totals: pd.DataFrame
    spread: pd.DataFrame
    at_bounds: int
    figures: pd.DataFrame


@dataclass(frozen=True)
class Bench:
    """A round up to its edited answers, with what its own choice of weights gives."""

    this_round: Round
    found: Gathered
    edits: Edits
    complete: pd.DataFrame
    own: Weighted
    language: str


def opened(this_round: Round, language: str) -> Bench:
    """Read, edit and impute a round, and weight it as round.yml says. Nothing is written.

    Raises
    ------
    NldtibError
        The round cannot be read, or cannot be weighted as it says.
    """
    found = editing.gathered(this_round, silent)
    edits = editing.edited(this_round, found)
    frame = found.known.frame
    complete = weighting.imputed(this_round, edits, frame, found.strata).records
    own = _weighted(this_round, complete, found, found.strata)
    return Bench(this_round, found, edits, complete, own, language)


def tried(bench: Bench, trial: Trial) -> Weighted:
    """Weight the round anew by a trial; other strata also impute anew, as a run would.

    Raises
    ------
    NldtibError
        The totals cannot be met within the bounds, a stratum is left without respondents, or a
        choice is unknown.
    """
    this_round, found = _with(bench.this_round, trial), bench.found
    if trial.fewest_respondents == bench.own.trial.fewest_respondents:
        return _weighted(this_round, bench.complete, found, found.strata)
    frame = found.known.frame
    strata = editing.strata(this_round, frame, set(found.records["unit"]))
    complete = weighting.imputed(this_round, bench.edits, frame, strata).records
    return _weighted(this_round, complete, found, strata)


def margins(bench: Bench) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns of the frame that may be counted, and those that may be summed.

    Only columns without gaps, that tell units apart whose weights may move; those of the round
    come first, in its own order.
    """
    about = weighting.register(bench.found.known.frame, bench.found.strata)
    free = about[about["certainty"] == 0].drop(columns=["certainty"])
    filled = [name for name in free if free[name].notna().all() and (free[name] != "").all()]
    codes = free[filled].nunique()
    counted = [name for name in filled if 1 < codes[name] <= MOST_CODES]
    numeric = free[filled].select_dtypes("number").columns
    summed = [name for name in numeric if codes[name] > MOST_CODES]
    own = bench.own.trial
    return _first(own.counts, counted), _first(own.amounts, summed)


def _first(own: Sequence[str], offered: Sequence[str]) -> tuple[str, ...]:
    return (*own, *(name for name in offered if name not in own))


def _with(this_round: Round, trial: Trial) -> Round:
    choices = this_round.parameters
    calibration = replace(
        choices.calibration,
        counts=list(trial.counts),
        amounts=list(trial.amounts),
        distance=trial.distance,
        bounds=list(trial.bounds),
    )
    strata = replace(choices.strata, fewest_respondents=trial.fewest_respondents)
    return replace(this_round, parameters=replace(choices, calibration=calibration, strata=strata))


def _trial(this_round: Round) -> Trial:
    chosen = this_round.parameters.calibration
    low, high = chosen.bounds
    fewest = this_round.parameters.strata.fewest_respondents
    return Trial(tuple(chosen.counts), tuple(chosen.amounts), chosen.distance, (low, high), fewest)


def _weighted(
    this_round: Round, complete: pd.DataFrame, found: Gathered, strata: pd.DataFrame
) -> Weighted:
    survey = weighting.weighted(this_round, complete, found.known.frame, strata)
    trial = _trial(this_round)
    factors = survey.calibration.factors
    low, high = (abs(factors - bound) < 1e-6 * max(bound, 1) for bound in trial.bounds)
    return Weighted(
        trial,
        _strata(this_round, survey),
        _totals(survey),
        weight.summary(survey),
        int((low | high).sum()),
        _figures(this_round, survey),
    )


def _strata(this_round: Round, survey: Survey) -> pd.DataFrame:
    first = survey.records.drop_duplicates("unit").index
    grouped = survey.weight[first].groupby(survey.stratum[first])
    table = grouped.agg(respondents="size", lowest="min", mean="mean", highest="max")
    table.insert(0, "population", survey.population)
    sizes = [item.code for item in this_round.codebook.dimensions["size_class"].codes]
    return table.sort_index(key=lambda names: names.map(lambda name: _place(name, sizes)))


def _place(name: str, sizes: Sequence[str]) -> tuple[int, str]:
    """Order the strata by size; those that stand for themselves come last."""
    return (sizes.index(name), "") if name in sizes else (len(sizes), name)


def _totals(survey: Survey) -> pd.DataFrame:
    model, units = survey.calibration, weight.units_of(survey)
    start = (units.weight / model.factors) @ model.auxiliaries
    named = [name.removeprefix("frame.").partition("=") for name in model.names]
    return pd.DataFrame(
        {
            "margin": [margin for margin, _, _ in named],
            "code": [code for _, _, code in named],
            "wanted": model.totals,
            "start": start,
        }
    )


def _figures(this_round: Round, survey: Survey) -> pd.DataFrame:
    choices, records = this_round.parameters, survey.records
    last = records["in_scope"] & (records["reference_year"] == choices.reference_years[-1])
    names: Sequence[str] = choices.diagnosis.rival_totals
    precision = choices.interval.level, choices.interval.most_degrees_of_freedom
    return estimate.total(survey, names, None, last, *precision).set_index("variable")
