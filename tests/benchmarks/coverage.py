"""How often intervals hold the truth: seven skewed populations and the invented twin.

From the project's folder: `python tests/benchmarks/coverage.py [SAMPLES] [PROCESSES] [NAME...]`.
Every sample goes through the functions that make the report: `weight.design`, `weight.calibrate`
and the verbs of `estimate`. Answers are complete and correct, so neither editing nor imputation is
in these figures; `twin_coverage.py` measures the whole corridor. The table that this prints stands
in METHODS.md, "Intervals".
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd
from scipy import stats

from nldtib import rounds
from nldtib.errors import ConvergenceError
from nldtib.records import clean, estimate, synthetic, weight
from nldtib.records.synthetic import answering, truth
from nldtib.records.synthetic.assemble import chance
from nldtib.schema import Survey

FIRMS, TAKE_ALL, SIGMA = 1000, 100, 1.9
PER_POPULATION = 5
FIRST, LAST = 2023, 2025
CALIBRATIONS = {
    "employees": ("employees",),
    "employees, logs": ("employees", "log_employees"),
}
# Where no weights lie within the usual bounds, an analyst would widen them.
WIDE = (0.1, 10.0)
TWIN = "twin"
TWIN_VARIABLES = ("turnover_defence", "turnover_total", "export_defence", "fte_defence")


@dataclass(frozen=True)
class Scenario:
    """One kind of population: how register size and turnover hang together, and who answers.

    correlation
        Of the logs of register employees and turnover.
    zeros, unrelated
        Share of firms without turnover; share whose register size says nothing of their turnover.
    top_response
        Share of the take-all stratum that answers.
    size_odds
        Factor on the odds of answering per standard deviation of log employees in the stratum.
    pareto_tail
        Exponent of a Pareto distribution in place of the lognormal one, or 0.
    """

    correlation: float = 0.7
    zeros: float = 0.0
    unrelated: float = 0.0
    top_response: float = 0.8
    size_odds: float = 1.0
    pareto_tail: float = 0.0


SCENARIOS = {
    "A": Scenario(),
    "B": Scenario(correlation=0.9),
    "D": Scenario(zeros=0.25),
    "E": Scenario(size_odds=2.0),
    "F": Scenario(top_response=1.0),
    "N": Scenario(unrelated=0.1),
    "P": Scenario(pareto_tail=1.3),
}


@cache
def most_degrees() -> float:
    """Return the most degrees of freedom that the round grants a skewed figure."""
    return rounds.read_parameters(2026, rounds.project_root()).interval.most_degrees_of_freedom


def population(rng: np.random.Generator, scenario: Scenario) -> pd.DataFrame:
    """Draw 1,000 firms: employees, stratum, domain (22 % are in it), turnover of two years."""
    common = rng.standard_normal(FIRMS)
    own = rng.standard_normal(FIRMS)
    register = scenario.correlation * common + np.sqrt(1 - scenario.correlation**2) * own
    lost = rng.random(FIRMS) < scenario.unrelated
    register = np.where(lost, rng.standard_normal(FIRMS), register)
    turnover = np.exp(SIGMA * common)
    if scenario.pareto_tail:
        turnover = stats.norm.sf(common) ** (-1 / scenario.pareto_tail)
    turnover = np.where(rng.random(FIRMS) < scenario.zeros, 0.0, turnover)
    rank = np.argsort(np.argsort(-register))
    stratum = np.where(rank < TAKE_ALL, 0, 1 + (rank - TAKE_ALL) * 4 // (FIRMS - TAKE_ALL))
    return pd.DataFrame(
        {
            "unit": np.arange(FIRMS),
            "employees": np.exp(1.5 * register),
            "log_employees": 1.5 * register,
            "stratum": stratum,
            "domain": (rng.random(FIRMS) < 0.22).astype(float),
            FIRST: turnover,
            LAST: turnover * np.exp(0.1 + 0.25 * rng.standard_normal(FIRMS)),
        }
    )


def sample(rng: np.random.Generator, firms: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Draw who answers: a fixed number per stratum, larger firms with higher odds where asked."""
    within = firms.groupby("stratum")["log_employees"]
    deviation = (firms["log_employees"] - within.transform("mean")) / within.transform("std")
    keys = np.log(scenario.size_odds) * deviation + rng.gumbel(size=FIRMS)
    chosen = []
    for stratum, rows in keys.groupby(firms["stratum"]):
        share = 0.2 if stratum else scenario.top_response
        chosen.append(rows.nlargest(round(share * len(rows))).index)
    return firms.loc[np.concatenate(chosen)]


def surveyed(firms: pd.DataFrame, answers: pd.DataFrame) -> Survey:
    """Return the survey of those who answered, two rows each, weighted by the design."""
    years = [answers.assign(reference_year=y, turnover=answers[y]) for y in (FIRST, LAST)]
    records = pd.concat(years, ignore_index=True)
    return weight.design(records, firms[["unit", "stratum"]])


def calibrated(survey: Survey, firms: pd.DataFrame, amounts: tuple[str, ...]) -> Survey:
    """Calibrate to the counts of the strata and to sums over all firms."""
    known = {"stratum": firms["stratum"].value_counts()}
    known |= {name: float(firms[name].sum()) for name in amounts}
    try:
        return weight.calibrate(survey, known, "linear", (0.5, 2.0))
    except ConvergenceError:
        return weight.calibrate(survey, known, "linear", WIDE)


def of_scenario(name: str, number: int, count: int) -> pd.DataFrame:
    """Return the estimates of `count` samples from one population of a scenario."""
    scenario = SCENARIOS[name]
    rng = np.random.default_rng([sum(map(ord, name)), number])
    firms = population(rng, scenario)
    inside = firms["domain"] == 1
    truths = {
        "total": firms[LAST].sum(),
        "domain total": firms.loc[inside, LAST].sum(),
        "change": firms[LAST].sum() / firms[FIRST].sum() - 1,
        "median": np.sort(firms[LAST])[FIRMS // 2 - 1],
    }
    found = []
    for _ in range(count):
        survey = surveyed(firms, sample(rng, firms, scenario))
        found.append(_targets(survey).assign(weights="expansion"))
        for label, amounts in CALIBRATIONS.items():
            found.append(_targets(calibrated(survey, firms, amounts)).assign(weights=label))
    table = pd.concat(found, ignore_index=True)
    return table.assign(scenario=name, truth=table["target"].map(truths))


def _targets(survey: Survey) -> pd.DataFrame:
    last = survey.records["reference_year"] == LAST
    inside = last & (survey.records["domain"] == 1)
    most = {"most_degrees": most_degrees()}
    results = {
        "total": estimate.total(survey, "turnover", where=last, **most),
        "domain total": estimate.total(survey, "turnover", where=inside, **most),
        "change": estimate.change(survey, "turnover", FIRST, LAST, **most),
        "median": estimate.quantile(survey, "turnover", where=last),
    }
    table = pd.concat([result.assign(target=name) for name, result in results.items()])
    return table.assign(respondents=last.sum(), strata=len(survey.population))


def of_twin(number: int, count: int) -> pd.DataFrame:
    """Return the estimates of `count` responses drawn from the twin of one seed."""
    this_round = rounds.read_parameters(2026, rounds.project_root())
    book = rounds.read_codebook(2026, rounds.project_root())
    choices = synthetic.read_choices(rounds.project_root())
    everyone = synthetic.population(number, choices)
    register = everyone.drop_duplicates("unit").reset_index(drop=True)
    frame = truth.frame(everyone, this_round, number, choices)
    figures = truth.known(everyone, this_round, book)
    found = []
    for draw in range(count):
        who = answering.respondents(chance(number, draw, len("redrawn")), register, choices)
        who = who[who["stage"] != answering.FIRST_PAGE]
        for name, survey in _twin_surveys(frame, figures, who, this_round, book):
            found.append(_twin_targets(survey).assign(weights=name))
    table = pd.concat(found, ignore_index=True)
    return table.assign(scenario=TWIN, truth=table["target"].map(_twin_truths(figures)))


def _twin_surveys(
    frame: pd.DataFrame,
    figures: pd.DataFrame,
    who: pd.DataFrame,
    choices: rounds.Parameters,
    book: rounds.Codebook,
) -> Iterator[tuple[str, Survey]]:
    """Yield the survey under design weights and calibrated, built as `produce.prepare` does."""
    size_class = clean.size_class(frame, book)
    strata = weight.strata(
        frame,
        size_class,
        choices.strata.take_all_employees,
        choices.strata.take_all_list,
        choices.strata.take_all_types,
    )
    order = [item.code for item in book.dimensions["size_class"].codes] + ["large"]
    fewest = choices.strata.fewest_respondents
    strata = weight.merged(strata, set(who["unit"]), order, fewest).set_index("unit")
    years = pd.DataFrame({"reference_year": choices.reference_years})
    records = who[["unit"]].merge(years, how="cross")
    records = records.merge(figures, how="left", on=["unit", "reference_year"])
    # Whoever does not belong stays with zeros.
    records["in_scope"] = records["organisations"].notna()
    records = records.fillna(dict.fromkeys(("organisations", *TWIN_VARIABLES), 0.0))
    register = frame.set_index("unit").join(strata)
    spread = register[register["certainty"] == 0]
    totals = {}
    for name in choices.calibration.counts:
        totals[name] = spread[name].value_counts().sort_index()
    totals |= {name: float(spread[name].sum()) for name in choices.calibration.amounts}
    records = records.drop(columns=["certainty", *(set(totals) & set(records))])
    records = records.merge(register[[*totals, "certainty"]], left_on="unit", right_index=True)
    survey = weight.design(records, strata.reset_index())
    yield "expansion", survey
    fixed = records["certainty"] == 1
    calibration = choices.calibration
    try:
        made = weight.calibrate(survey, totals, calibration.distance, calibration.bounds, fixed)
    except ConvergenceError:
        made = weight.calibrate(survey, totals, calibration.distance, WIDE, fixed)
    yield "calibrated", made


def _twin_targets(survey: Survey) -> pd.DataFrame:
    records = survey.records
    last = records["in_scope"] & (records["reference_year"] == LAST)
    most = {"most_degrees": most_degrees()}
    totals = estimate.total(survey, ["organisations", *TWIN_VARIABLES], where=last, **most)
    inside = last & (records["military_domain"] == "maritime")
    name, counted = "turnover_defence", records["in_scope"]
    results = [
        totals.assign(target="total " + totals["variable"]),
        estimate.total(survey, name, where=inside, **most).assign(target="domain total"),
        estimate.change(survey, name, FIRST, LAST, where=counted, **most).assign(target="change"),
        estimate.quantile(survey, name, where=last).assign(target="median"),
    ]
    table = pd.concat(results)
    return table.assign(respondents=last.sum(), strata=len(survey.population))


def _twin_truths(figures: pd.DataFrame) -> dict[str, float]:
    last = figures[figures["reference_year"] == LAST]
    first = figures[figures["reference_year"] == FIRST]
    truths = {f"total {name}": last[name].sum() for name in ("organisations", *TWIN_VARIABLES)}
    defence = last["turnover_defence"]
    return truths | {
        "domain total": defence[last["military_domain"] == "maritime"].sum(),
        "change": defence.sum() / first["turnover_defence"].sum() - 1,
        "median": np.sort(defence)[(len(defence) - 1) // 2],
    }


def summary(results: pd.DataFrame) -> pd.DataFrame:
    """Return coverage, misses on each side, bias and median widths, per scenario and target.

    Everything in percent; widths are in percent of the truth, those of a change in points.
    `plain` is the ordinary interval, estimate +- t se with respondents minus strata degrees.
    """
    reach = stats.t.ppf(0.975, results["respondents"] - results["strata"]) * results["se"]
    size = results["truth"].where(results["target"] != "change", 1.0)
    columns = {
        "holds": results["truth"].between(results["low"], results["high"]),
        "above": results["truth"] > results["high"],
        "below": results["truth"] < results["low"],
        "plain_holds": (results["estimate"] - results["truth"]).abs() <= reach,
        "bias": (results["estimate"] - results["truth"]) / size,
    }
    keys = ["scenario", "target", "weights"]
    grouped = results.assign(
        **columns, width=(results["high"] - results["low"]) / size, plain_width=2 * reach / size
    ).groupby(keys, sort=False)
    table = 100 * grouped[list(columns)].mean()
    table = table.join(100 * grouped[["width", "plain_width"]].median())
    return table.assign(times_plain=table["width"] / table["plain_width"]).round(2)


def measured(name: str, samples: int, run: Callable = map) -> pd.DataFrame:
    """Return the estimates of all samples of one scenario, or of the twin."""
    one = of_twin if name == TWIN else partial(of_scenario, name)
    numbers = range(1, samples // PER_POPULATION + 1)
    return pd.concat(run(one, numbers, [PER_POPULATION] * len(numbers)), ignore_index=True)


if __name__ == "__main__":
    words = sys.argv[1:]
    wanted = int(words[0]) if words else 1000
    processes = int(words[1]) if len(words) > 1 else 2
    with ProcessPoolExecutor(processes) as pool:
        for chosen in words[2:] or [*SCENARIOS, TWIN]:
            print(summary(measured(chosen, wanted, pool.map)).to_string(), flush=True)
