"""The weighting panel: a trial gives what a run would give, and writes nothing."""

from dataclasses import replace

import bs4
import numpy as np
import pandas as pd
import pytest
import yaml

from nldtib import produce, rounds
from nldtib.errors import ConvergenceError
from nldtib.records import estimate, synthetic
from nldtib.workbench import weighting
from nldtib.workbench.weighting import app as panels_app
from nldtib.workbench.weighting import bench as benches
from nldtib.workbench.weighting import views


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twin")
    synthetic.write(folder, 2026)
    return rounds.read(folder / "2026")


@pytest.fixture(scope="module")
def bench(twin):
    return weighting.opened(twin, "nl")


def run_with(this_round, trial) -> pd.DataFrame:
    """Return the key figures of a run whose round.yml holds the trial."""
    choices = this_round.parameters
    own = yaml.safe_load(views.round_yml(trial))
    calibration = replace(choices.calibration, **own["calibration"])
    strata = replace(choices.strata, **own["strata"])
    changed = replace(choices, calibration=calibration, strata=strata)
    survey = produce.prepare(replace(this_round, parameters=changed)).survey
    last = survey.records["reference_year"] == choices.reference_years[-1]
    return estimate.total(
        survey,
        choices.diagnosis.rival_totals,
        None,
        last & survey.records["in_scope"],
        choices.interval.level,
        choices.interval.most_degrees_of_freedom,
    ).set_index("variable")


def test_a_trial_gives_the_figures_of_a_run_with_that_round_yml(twin, bench):
    trial = weighting.Trial(("stratum", "province"), ("employees",), "raking", (0.2, 5.0), 20)

    new = weighting.tried(bench, trial)

    pd.testing.assert_frame_equal(new.figures, run_with(twin, trial))
    moved = new.figures["estimate"] / bench.own.figures["estimate"] - 1
    assert (moved.abs() > 1e-4).any(), "the trial changed nothing, so it was not tried"


def test_the_choice_of_the_round_is_what_the_bench_opens_with(twin, bench):
    chosen = twin.parameters.calibration

    assert list(bench.own.trial.counts) == chosen.counts
    again = weighting.tried(bench, bench.own.trial)
    pd.testing.assert_frame_equal(again.figures, bench.own.figures)


def test_the_totals_are_those_of_the_frame_whose_weights_may_move(bench):
    frame = bench.found.known.frame.set_index("unit").join(bench.found.strata)
    free = frame[frame["certainty"] == 0]
    totals = bench.own.totals.set_index(["margin", "code"])

    assert totals.at[("employees", ""), "wanted"] == free["employees"].sum()
    assert totals.at[("military_domain", "land"), "wanted"] == (
        (free["military_domain"] == "land").sum()
    )
    # Before calibration a respondent stands for N / n of its stratum.
    strata = bench.own.strata
    units = bench.found.records["unit"].unique()
    answered = frame.loc[units]
    weights = answered["stratum"].map(strata["population"] / strata["respondents"])
    land = (answered["military_domain"] == "land") & (answered["certainty"] == 0)
    start = totals.at[("military_domain", "land"), "start"]
    assert start == pytest.approx(weights[land].sum())


def test_only_columns_that_can_be_met_are_offered(bench):
    counts, amounts = benches.margins(bench)

    assert {"stratum", "province", "military_domain", "mod_business"} <= set(counts)
    assert amounts == ("employees",)
    # A register that lacks two thirds of the turnovers has no total of it.
    assert bench.found.known.frame["turnover_register"].isna().any()


def test_organisations_at_a_bound_are_counted(bench):
    low, high = bench.own.trial.bounds
    spread = bench.own.spread.loc["factor"]

    wide = weighting.tried(bench, replace(bench.own.trial, bounds=(0.01, 100.0)))

    assert (bench.own.at_bounds > 0) == bool(
        np.isclose(spread["smallest"], low) or np.isclose(spread["largest"], high)
    )
    assert wide.at_bounds == 0
    tight = weighting.tried(bench, replace(bench.own.trial, bounds=(0.45, 3.0)))
    assert tight.at_bounds > 0


def test_bounds_that_are_too_tight_are_refused(bench):
    with pytest.raises(ConvergenceError, match="No weights between 0.99 and 1.01"):
        weighting.tried(bench, replace(bench.own.trial, bounds=(0.99, 1.01)))


def test_the_lines_to_copy_are_read_back_as_the_trial(twin, bench, tmp_path):
    trial = weighting.Trial(("stratum",), ("employees",), "logit", (0.3, 4.0), 12)

    lines = yaml.safe_load(
        weighting.result(bench, weighting.tried(bench, trial))
        .split("<pre")[1]
        .partition(">")[2]
        .partition("</pre>")[0]
    )

    assert lines["strata"]["fewest_respondents"] == 12
    assert lines["calibration"] == {
        "counts": ["stratum"],
        "amounts": ["employees"],
        "distance": "logit",
        "bounds": [0.3, 4.0],
    }


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_table_names_itself_its_columns_and_its_rows(bench, language):
    shown = replace(bench, language=language)
    trial = replace(bench.own.trial, counts=("stratum", "mod_business", "source_tender"))
    page = bs4.BeautifulSoup(weighting.result(shown, weighting.tried(bench, trial)), "html.parser")

    assert len(page.find_all("table")) == len(page.find_all("caption")) == 4
    assert all(cell["scope"] in ("row", "col") for cell in page.find_all("th"))
    for table in page.find_all("table"):
        heads = len(table.thead.find_all("th"))
        assert {len(row.find_all(["th", "td"])) for row in table.tbody.find_all("tr")} == {heads}
    assert page.find(role="status").text.count("%") == 1
    assert not [line for line in page.get_text("\n").split("\n") if "source_" in line][:-8]


# --- the app


@pytest.fixture
def ready(bench, monkeypatch):
    """Give the panel a round that was opened before."""
    monkeypatch.setattr(panels_app, "opened", lambda *_: bench)
    return bench.this_round


def controls(app) -> dict:
    return {one.description: one for one in app.children if getattr(one, "description", "")}


def test_every_control_has_a_name_and_a_choice_is_tried_at_the_button(ready):
    app = weighting.panel(ready)
    named = controls(app)
    result = app.children[-1]

    assert {"Stratum", "Provincie", "Afstand", "Laagste factor", "Weeg opnieuw"} <= set(named)
    assert named["Stratum"].value and not named["Provincie"].value
    assert "Dit is de keuze van de ronde" in result.value
    named["Provincie"].value = True
    named["Weeg opnieuw"].click()
    assert "Het meest verandert" in result.value
    assert "Provincie: Zeeland" in result.value


def test_what_cannot_be_weighted_is_one_sentence_and_takes_the_old_figures_away(ready):
    app = weighting.panel(ready)
    named = controls(app)

    named["Hoogste factor"].value = 1.01
    named["Weeg opnieuw"].click()

    result = app.children[-1].value
    assert 'role="alert"' in result and "<table" not in result
    assert result.count("Zo kan de ronde niet worden gewogen.") == 1


def test_nothing_is_written(twin):
    def files() -> dict:
        return {path: path.read_bytes() for path in twin.folder.rglob("*") if path.is_file()}

    before = files()
    named = controls(weighting.panel(twin))
    named["Provincie"].value = True
    named["Weeg opnieuw"].click()

    assert files() == before


def test_a_round_that_cannot_be_opened_is_one_sentence(tmp_path):
    app = weighting.panel(tmp_path / "1999")

    assert controls(app) == {}
    assert "There is no round" in app.children[-1].value
