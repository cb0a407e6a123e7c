"""What the largest hold is told as a band, and a band tells no more than it may."""

import dataclasses

import editions
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_tables import cells, firms, rules, several

from nldtib.codebook import Label, Variable
from nldtib.errors import UnprotectedError
from nldtib.gate import audit, protect
from nldtib.gate.audit import bands as audited
from nldtib.pages import cells as edition_files
from nldtib.pages import present
from nldtib.pages.present import figures, passports
from nldtib.records import estimate, weight
from nldtib.records.tabulate import concentration
from nldtib.schema import BAND, Survey

WANTED = dataclasses.replace(
    rules({"domain": ["air", "land"]}, p=9.0), band=5.0, fewest_in_top=10, fewest_for_interval=10
)
TOP = Variable("top", Label("", ""), "percent", "top_share", numerator="turnover", largest=0.1)
KEY = "turnover_top:total:2025"


def survey(largest: list[float]) -> pd.DataFrame:
    """Return a hundred companies: the largest are in the air, all others are alike and on land."""
    rest = (100 - sum(largest)) / (100 - len(largest))
    rows = several(largest, domain="air") + several([rest] * (100 - len(largest)), domain="land")
    return firms(rows)


def table_of(contributions: pd.DataFrame, value: float) -> pd.DataFrame:
    table = cells(contributions, WANTED, ("by_domain", "turnover organisations", ("domain",)))
    told = {"table": "concentration", "key": KEY, "variable": "turnover_top", "domain": "total"}
    spread = {"value": value, "low": value - 1.3, "high": value + 1.4, "cv": 0.02}
    row = table.iloc[0].to_dict() | told | spread | {"unit_of_measure": "percent"}
    return pd.concat([table, pd.DataFrame([row])], ignore_index=True)


def ours(contributions: pd.DataFrame, value: float) -> pd.DataFrame:
    return protect.tables(table_of(contributions, value), contributions, WANTED).cells


# Ten in the air have 6 each; the largest tenth of a hundred is these ten.
EVEN = survey([6.0] * 10)


def test_the_largest_tenth_is_told_as_a_band():
    found = ours(EVEN, 60.0).set_index("key").loc[KEY]

    assert (found["value"], found["low"], found["high"]) == (62.5, 60.0, 65.0)
    assert pd.isna(found["cv"]) and found["sign"] == BAND and found["status"] == "published"
    assert audit.tables(ours(EVEN, 60.0), EVEN, WANTED).empty


def test_fewer_than_ten_holdings_are_no_band(monkeypatch):
    several_units = EVEN.assign(holding=EVEN["holding"].replace("u0001", "u0000"))

    assert ours(several_units, 60.0).set_index("key").at[KEY, "status"] == "suppressed"
    monkeypatch.setattr(protect.bands, "_sensitive", lambda *_: "")
    found = audit.tables(ours(several_units, 60.0), several_units, WANTED)
    assert set(found["kind"]) == {"band"}


def test_a_giant_among_the_largest_is_no_band(monkeypatch):
    # Nine of 0.6, less the largest of these, are less than 9 % of 60.
    giant = survey([60.0, *[0.6] * 9])

    assert ours(giant, 65.4).set_index("key").at[KEY, "status"] == "suppressed"
    monkeypatch.setattr(protect.bands, "_sensitive", lambda *_: "")
    monkeypatch.setattr(protect.bands, "_leaves_room", lambda *_: True)
    assert "band" in set(audit.tables(ours(giant, 65.4), giant, WANTED)["kind"])


def test_a_band_that_limits_a_hidden_cell_is_not_told(monkeypatch):
    # Two in the air have 76; the largest tenth has 79.92, so no two have more than 80.
    contributions = survey([40.0, 36.0])
    eight = contributions.index[2:10]
    contributions.loc[eight, "turnover"] = 0.49
    contributions.loc[contributions.index[10:], "turnover"] = (24 - 8 * 0.49) / 90

    table = ours(contributions, 79.92).set_index("key")
    assert table.at["turnover:domain=air:2025", "status"] == "suppressed"
    assert table.at[KEY, "status"] == "suppressed"
    assert audit.tables(table.reset_index(), contributions, WANTED).empty

    monkeypatch.setattr(protect.bands, "_leaves_room", lambda *_: True)
    careless = ours(contributions, 79.92)
    assert careless.set_index("key").at[KEY, "low"] == 75
    found = audit.tables(careless, contributions, WANTED)
    assert ("upper", "domain=air") in set(zip(found["kind"], found["place"], strict=True))


@pytest.mark.parametrize(
    "changed",
    [
        {"value": 60.0, "low": 58.7, "high": 61.4, "sign": ""},
        {"low": 61.0},
        {"value": 60.1},
        {"cv": 0.02},
        {"value": 67.5, "low": 65.0, "high": 70.0},
    ],
)
def test_a_band_that_tells_more_or_less_is_found(changed):
    table = ours(EVEN, 60.0)
    table.loc[table["key"] == KEY, list(changed)] = list(changed.values())

    assert set(audit.tables(table, EVEN, WANTED)["kind"]) == {"band"}


def test_the_gate_wants_the_share_of_these_contributions_and_of_all():
    with pytest.raises(UnprotectedError, match="not that of the contributions"):
        ours(EVEN, 61.0)
    table = table_of(EVEN, 60.0)
    table.loc[table["key"] == KEY, ["domain", "key"]] = ["land", "turnover_top:domain=land:2025"]
    with pytest.raises(UnprotectedError, match="broken down"):
        protect.tables(table, EVEN, WANTED)


@given(
    st.lists(st.floats(0.01, 1e4), min_size=8, max_size=30),
    st.lists(st.booleans(), min_size=30, max_size=30),
)
def test_no_group_holds_more_than_bands_allow(amounts, chosen):
    amount = np.sort(amounts)[::-1]
    points = []
    for share in (0.1, 0.2, 0.5):
        held = np.interp(share * len(amount), range(len(amount) + 1), [0, *np.cumsum(amount)])
        points.append((share, *protect.bands.ends(100 * held / amount.sum(), 5.0)))
    group = np.array(chosen[: len(amount)])

    most = protect.bands.highest(group.mean(), points)

    assert 100 * amount[group].sum() / amount.sum() <= most + 1e-6
    assert audited.most_of(group.mean(), points) == pytest.approx(most)


def test_the_share_of_the_largest_is_a_ratio_of_totals():
    # Of eight units, the largest quarter are two: 40 and 30 of 100.
    amounts = [40.0, 30, 10, 8, 6, 4, 1, 1]
    records = pd.DataFrame({"unit": range(8), "turnover": amounts})
    known = Survey(records, np.full(8, 1.0), np.zeros(8, int), {0: 8})
    quarter = dataclasses.replace(TOP, largest=0.25)

    found = concentration.top_share(known, quarter, pd.Series([True] * 8), (0.95, 5))

    assert found["estimate"].item() == pytest.approx(0.7)


def test_its_spread_is_that_of_replicates():
    rng = np.random.default_rng(4)
    records = pd.DataFrame({"unit": range(300), "turnover": rng.lognormal(0, 1.2, 300)})
    sample = Survey(records, rng.uniform(2, 4, 300), np.zeros(300, int), {0: 900})
    resampled = estimate.top_share(weight.bootstrap(sample, seed=2), "turnover", 0.2).iloc[0]

    ratio = dataclasses.replace(TOP, largest=0.2)
    found = concentration.top_share(sample, ratio, pd.Series([True] * 300), (0.95, 5)).iloc[0]

    assert found["estimate"] == pytest.approx(resampled["estimate"])
    assert found["se"] == pytest.approx(resampled["se"], rel=0.15)


@pytest.mark.parametrize(("language", "said"), [("nl", "70 tot 75 %"), ("en", "70 to 75%")])
def test_pages_say_the_band(tmp_path, monkeypatch, language, said):
    monkeypatch.setenv("NLDTIB_OUTPUTS", str(tmp_path))
    truth = editions.truth()
    key = "turnover_defence_top10:total:2025"
    editions.write(tmp_path, truth)
    edition = edition_files.read(2026, "first", language=language)

    page = present.table(edition, "concentration").data
    assert "70 –" in page.replace("\u00a0", " ") and "72" not in page
    figure = figures.by_key(edition, key, "turnover_defence_top10", 2025)
    sentence = passports.sentence(edition, figure, "total").replace("\u00a0", " ")
    assert said in sentence and "72" not in sentence
    assert "72" not in present.passport(edition, key).data
