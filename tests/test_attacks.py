"""Attacks that others suffered, replayed: each succeeds on a naive pattern, and fails on ours.

The attacker (attacker.py) is a third program beside the one that protects and the one that audits.
"""

import dataclasses
import re

import editions
import numpy as np
import pandas as pd
import pytest
from attacker import Secret, attack, derived, differenced, observed
from hypothesis import given, settings
from hypothesis import strategies as st
from small_tables import cells, firms, rules, several

from nldtib import rounds
from nldtib.errors import UnprotectedError
from nldtib.gate import audit, ledger, protect
from nldtib.pages import cells as edition_files
from nldtib.pages import present

DOMAINS = {"domain": ["air", "cyber", "land", "sea"]}
HIDDEN = {"value": np.nan, "low": np.nan, "high": np.nan, "cv": np.nan, "n": np.nan}
MADE_OF = {
    "export_share": ("export:{place}:{year}", "turnover:{place}:{year}"),
    "turnover_share": ("turnover:{place}:{year}", "turnover:total:{year}"),
    "turnover_change": ("turnover:{place}:2023", "turnover:{place}:{year}"),
}


def survey(**sums: list[float]) -> pd.DataFrame:
    """Return contributions by domain; cyber is large and safe."""
    sums = {"cyber": [300.0] * 6, **sums}
    return firms(row for domain, some in sums.items() for row in several(some, domain=domain))


def secret_of(contributions: pd.DataFrame, p: float = 10.0, fewest: int = 3) -> Secret:
    return Secret(contributions, p, fewest)


def table_of(contributions: pd.DataFrame, wanted: protect.Rules) -> pd.DataFrame:
    return cells(contributions, wanted, ("by_domain", "turnover", ("domain",)))


def naive(table: pd.DataFrame, *places: str) -> pd.DataFrame:
    """Return the table with only these places hidden, as somebody would by hand."""
    table = table.assign(status="published", sign="").astype(dict.fromkeys(HIDDEN, float))
    chosen = table["key"].str.split(":").str[1].isin(places)
    table.loc[chosen, [*HIDDEN, "grade", "status", "sign"]] = [
        *HIDDEN.values(),
        "",
        "suppressed",
        ".",
    ]
    return table


def kinds(table: pd.DataFrame, secret: Secret) -> set[str]:
    return {kind for kind, _ in attack(table, secret, ["turnover"])}


GUARDS = {
    # Only the sensitive cell is hidden: it is the margin minus the others.
    "exact": (survey(air=[100.0, 1, 1], land=[50.0] * 4), ["domain=air"]),
    # Two dominated cells hide each other, and together they are dominated.
    "union": (
        survey(air=[100.0, 1, 1], land=[100.0, 1, 1]),
        ["domain=air", "domain=land"],
    ),
    # Land is one company: what it knows leaves air too little room.
    "singleton": (
        survey(air=[100.0, 1, 1], land=[100.0], sea=[2.1] * 4),
        ["domain=air", "domain=land", "domain=sea"],
    ),
    # Land has more companies, but one of them is nearly all of it.
    "partner": (
        survey(air=[100.0, 1, 1], land=[100.0, 2, 2], sea=[1.2] * 4),
        ["domain=air", "domain=land", "domain=sea"],
    ),
    # The cell that covers air can fall by 4 only, where 9 is asked.
    "upper": (
        survey(air=[100.0, 1, 1], land=[1.0] * 4),
        ["domain=air", "domain=land"],
    ),
}


@pytest.mark.parametrize("kind", sorted(GUARDS))
def test_an_attack_that_succeeds_on_a_naive_pattern_fails_on_ours(kind):
    contributions, places = GUARDS[kind]
    wanted = rules(DOMAINS)
    table = table_of(contributions, wanted)
    open_one = naive(table, *places)

    assert kind in kinds(open_one, secret_of(contributions))
    found = audit.tables(open_one, contributions, wanted)
    assert kind in set(found["kind"])

    ours = protect.tables(table, contributions, wanted).cells
    assert kinds(ours, secret_of(contributions)) == set()
    assert audit.tables(ours, contributions, wanted).empty


def test_a_sensitive_cell_left_open_is_seen():
    contributions, _ = GUARDS["exact"]
    table = naive(table_of(contributions, rules(DOMAINS)))

    assert kinds(table, secret_of(contributions)) == {"published"}


def test_an_interval_gives_the_sum_of_the_answers_away():
    told = pd.DataFrame({"value": [250.0], "low": [100 + 150 / 2], "high": [100 + 150 * 2]})

    assert observed(told).item() == pytest.approx(100.0)


def test_the_interval_of_three_answers_tells_the_other_two():
    contributions = survey(air=[50.0, 40, 30], land=[50.0] * 12)
    wanted = dataclasses.replace(rules(DOMAINS), fewest_for_interval=10)
    table = table_of(contributions, wanted)
    air = table["key"] == "turnover:domain=air:2025"
    answers = contributions["turnover"][contributions["domain"] == "air"]
    # Half of an interval as a tool makes it: the spread times a factor that METHODS.md states.
    half = 2 * answers.std()
    table.loc[air, "low"], table.loc[air, "high"] = 120 - half, 120 + half
    told = naive(table)[air].iloc[0]

    spread = (told["high"] - told["low"]) / 4
    squares = 2 * spread**2 + told["value"] ** 2 / 3
    rest, left = told["value"] - 30, squares - 30**2
    gap = np.sqrt(2 * left - rest**2)
    assert ((rest + gap) / 2, (rest - gap) / 2) == pytest.approx((50, 40))

    found = audit.tables(naive(table), contributions, wanted)
    assert "spread" in set(found["kind"])
    ours = protect.tables(table, contributions, wanted).cells.set_index("key")
    assert ours.at["turnover:domain=air:2025", "status"] == "published"
    assert ours.loc["turnover:domain=air:2025", ["low", "high", "cv"]].isna().all()
    assert audit.tables(ours.reset_index(), contributions, wanted).empty


def two_years() -> pd.DataFrame:
    """Air is dominated in 2025 alone; a fifth of turnover is export."""
    before = survey(air=[40.0] * 6, land=[50.0] * 4, sea=[60.0] * 4)
    after = survey(air=[400.0, 1, 1, 1, 1, 1], land=[50.0] * 4, sea=[60.0] * 4)
    both = [before.assign(reference_year=2023), after.assign(reference_year=2025)]
    return pd.concat(both, ignore_index=True).assign(export=lambda rows: rows["turnover"] / 5)


@pytest.mark.parametrize(
    ("variable", "place", "follows"),
    [
        # Growth, and one public year.
        ("turnover_change", "domain=air", "turnover:domain=air:2025"),
        # A percentage of a hidden total.
        ("export_share", "domain=air", "turnover:domain=air:2025"),
        ("turnover_share", "domain=air", "turnover:domain=air:2025"),
    ],
)
def test_a_derived_figure_never_gives_back_what_is_hidden(variable, place, follows):
    contributions, wanted = two_years(), rules(DOMAINS)
    plan = ("by_domain", "turnover export export_share turnover_share turnover_change", ("domain",))
    table = cells(contributions, wanted, plan)
    open_one = naive(table, place)
    row = table["key"] == f"{variable}:{place}:2025"
    open_one.loc[row, ["value", "status", "sign"]] = [table["value"][row].item(), "published", ""]
    if variable == "turnover_change":
        first = table["key"] == f"turnover:{place}:2023"
    else:
        first = table["key"] == f"export:{place}:2025"
    open_one.loc[first, "value"] = table["value"][first].item()

    assert follows in derived(open_one, MADE_OF)
    assert "derived" in set(audit.tables(open_one, contributions, wanted)["kind"])

    ours = protect.tables(table, contributions, wanted).cells
    assert ours.set_index("key").at[follows, "status"] == "suppressed"
    assert derived(ours, MADE_OF) == []
    assert audit.tables(ours, contributions, wanted).empty


# A draft, and a final with one late respondent


def test_a_draft_and_a_final_do_not_tell_the_late_respondent(tmp_path):
    # Air comes last, so that one company has one name in both.
    others = {"land": [50.0] * 4, "sea": [60.0] * 4}
    early = survey(**others, air=[40.0, 50, 60, 45])
    late = survey(**others, air=[40.0, 50, 60, 45, 70])
    wanted, plan = rules(DOMAINS), ("by_domain", "turnover organisations", ("domain",))
    draft, final = (cells(rows, wanted, plan) for rows in (early, late))
    shown = protect.tables(draft, early, wanted).cells
    ledger.add(tmp_path, "2026", "draft", "", shown, early, ["a ministry"])
    known = ledger.read([tmp_path])
    alone = protect.tables(final, late, wanted).cells
    ours = protect.tables(final, late, wanted, known).cells

    for name in ("turnover", "organisations"):
        told = (shown, alone, secret_of(early), secret_of(late), name)
        assert differenced(*told) == [
            ("difference", f"{name}:total:2025"),
            ("difference", f"{name}:domain=air:2025"),
        ]
        assert differenced(shown, ours, secret_of(early), secret_of(late), name) == []
    assert audit.tables(alone, late, wanted).empty
    found = audit.tables(alone, late, wanted, known)
    assert set(found["kind"]) == {"difference"}
    assert set(found["variable"]) == {"turnover", "organisations"}
    assert audit.tables(ours, late, wanted, known).empty


# Charts


def order_of(page: str, labels: list[str]) -> list[str]:
    """Return labels from top to bottom, as the text of a drawing places them."""
    heights = {}
    for y, text in re.findall(r'<text[^>]* y="([\d.]+)"[^>]*>([^<]+)<', page):
        if text in labels:
            heights[text] = float(y)
    return sorted(heights, key=heights.__getitem__)


def between(order: list[str], shown: dict[str, float], hidden: str) -> tuple[float, float]:
    """Return the limits that a sorted chart sets to a hidden bar: its shown neighbours."""
    place = order.index(hidden)
    above = [shown[label] for label in order[:place] if label in shown]
    below = [shown[label] for label in order[place + 1 :] if label in shown]
    return (max(below, default=0.0), min(above, default=np.inf))


def test_the_order_of_a_chart_tells_nothing_of_a_hidden_bar(tmp_path, monkeypatch):
    monkeypatch.setenv("NLDTIB_OUTPUTS", str(tmp_path))
    figures = editions.truth()
    last = figures[
        (figures["table"] == "turnover_by_chain_position")
        & (figures["variable"] == "turnover_defence")
        & (figures["reference_year"] == 2025)
        & (figures["chain_position"] != "total")
    ].set_index("chain_position")["value"]
    middle = last.sort_values().index[len(last) // 2]
    key = f"turnover_defence:chain_position={middle}:2025"
    editions.write(tmp_path, editions.hidden(figures, [key]))
    edition = edition_files.read(2026, "first")
    labels = {
        item.code: item.label.nl for item in edition.codebook.dimensions["chain_position"].codes
    }
    shown = {labels[code]: value for code, value in last.items() if code != middle}

    by_size = [labels[code] for code in last.sort_values(ascending=False).index]
    low, high = between(by_size, shown, labels[middle])
    assert 0 < low < last[middle] < high < np.inf

    page = present.bars(edition, "turnover_by_chain_position", "turnover_defence").data
    ours = order_of(page, list(labels.values()))
    assert set(ours) == set(labels.values())
    assert ours[-1] == labels[middle]
    assert between(ours, shown, labels[middle])[0] == 0.0
    assert f"{last[middle] / 1e6:.0f}" not in re.findall(r"<title[^>]*>([^<]*)<", page)[0]


# Any small world


LINKED = {"area": ["sensors"], "domain": ["air", "land", "sea"], "size": ["large", "small"]}
LINKED_RULES = rules(LINKED, overlapping=["area"])
PLAN = (
    ("crossed", "turnover organisations", ("domain", "size")),
    ("by_area", "turnover", ("area",)),
)
FIRM = st.fixed_dictionaries(
    {
        "holding": st.sampled_from([f"h{number}" for number in range(9)]),
        "domain": st.sampled_from(LINKED["domain"]),
        "size": st.sampled_from(LINKED["size"]),
        "area.sensors": st.sampled_from([0, 1]),
        "turnover": st.sampled_from([0.0, 1.0, 2.0, 5.0, 20.0, 90.0, 400.0]),
        "weight": st.sampled_from([1.0, 1.5, 3.0]),
    }
)
WORLDS = st.lists(FIRM, min_size=4, max_size=12).map(firms)


def linked_secret(contributions: pd.DataFrame) -> Secret:
    return Secret(contributions, 10.0, 3, frozenset({"area"}))


@given(WORLDS)
@settings(max_examples=5)
def test_what_is_protected_withstands_the_audit_and_the_attacker(contributions):
    table = cells(contributions, LINKED_RULES, *PLAN)
    try:
        ours = protect.tables(table, contributions, LINKED_RULES).cells
    except UnprotectedError:
        return  # nothing is published, and nothing tells

    assert audit.tables(ours, contributions, LINKED_RULES).to_dict("records") == []
    assert attack(ours, linked_secret(contributions), ["turnover", "organisations"]) == []


@given(WORLDS, st.randoms(use_true_random=False))
@settings(max_examples=12)
def test_what_the_attacker_finds_the_audit_finds(contributions, chance):
    table = cells(contributions, LINKED_RULES, *PLAN)
    places = sorted(set(table["key"].str.split(":").str[1]))
    drawn = naive(table, *chance.sample(places, chance.randint(0, len(places))))

    found = attack(drawn, linked_secret(contributions), ["turnover"])

    if found:
        assert len(audit.tables(drawn, contributions, LINKED_RULES))


def test_a_secondary_that_is_needed_is_missed_by_all():
    contributions, _ = GUARDS["upper"]
    wanted = rules(DOMAINS)
    table = table_of(contributions, wanted)
    ours = protect.tables(table, contributions, wanted).cells
    secondary = ours["status"].eq("suppressed") & (ours["key"] != "turnover:domain=air:2025")

    assert secondary.any()
    for key in ours["key"][secondary]:
        opened = ours.copy()
        opened.loc[opened["key"] == key, ["status", "sign"]] = ["published", ""]
        opened.loc[opened["key"] == key, "value"] = table.set_index("key").at[key, "value"]
        assert kinds(opened, secret_of(contributions))
        assert len(audit.tables(opened, contributions, wanted))


def test_nothing_is_found_in_the_invented_edition(demo_edition):
    folder = demo_edition.parents[2] / "data" / "demo" / "2026"
    book = rounds.read_codebook(2026, demo_edition.parents[2])
    overlapping = frozenset(name for name, one in book.dimensions.items() if one.overlapping)
    published = pd.read_csv(demo_edition / "cells.csv", keep_default_na=False)
    published = published.replace({name: {"": np.nan} for name in HIDDEN})
    contributions = pd.read_csv(folder / "prepared" / "contributions.csv")
    limits = rounds.read_disclosure(folder)
    secret = Secret(contributions, limits.p_percent, limits.fewest_holdings, overlapping)

    totals = sorted(set(published["variable"]) & set(contributions))

    assert {"turnover_defence", "organisations", "export_defence", "fte_defence"} <= set(totals)
    assert (published["status"] == "suppressed").any()
    assert attack(published, secret, totals) == []


def test_the_imputed_part_of_a_total_is_not_told_of_few_holdings(demo_edition):
    prepared = demo_edition.parents[2] / "data" / "demo" / "2026" / "prepared"
    changes, rows = (
        pd.read_csv(prepared / f"{name}.csv", low_memory=False)
        for name in ("changes", "contributions")
    )
    quality = pd.read_csv(demo_edition / "quality.csv")
    told = quality[(quality["measure"] == "weight_share") & quality["value"].notna()]["item"]
    imputed = changes[(changes["origin"] == "imputed") & (changes["reference_year"] == 2025)]
    last = rows[rows["reference_year"] == 2025].merge(imputed[["unit", "variable"]], on="unit")

    assert "turnover_defence" in set(told)
    for name in set(told) & set(rows):
        amounts = last[(last["variable"] == name) & (last[name] > 0)]
        assert amounts["holding"].nunique() >= 10


def test_the_decimals_of_a_sum_tell_no_answer():
    # Three giants weigh 1 and answered in whole thousands; one small company weighs 3.243519.
    contributions = survey(air=[400806.0, 163420, 342809, 5243]).assign(weight=1.0)
    contributions.loc[contributions["turnover"] == 5243, "weight"] = 3.243519
    wanted = rules(DOMAINS)
    table = table_of(contributions, wanted)
    air = table["key"] == "turnover:domain=air:2025"
    answers = np.arange(1, 10_000)

    def that_fit(cells: pd.DataFrame, within: float) -> np.ndarray:
        giants = cells.loc[air, "value"].item() - 3.243519 * answers
        return answers[np.abs(giants - np.round(giants)) <= within]

    assert 5243 in that_fit(table, 1e-4) and len(that_fit(table, 1e-4)) < 5
    ours = protect.tables(table, contributions, wanted).cells
    assert (ours.loc[air, ["status", "value"]] == ["published", 924041]).all(axis=None)
    assert len(that_fit(ours, 0.5)) == len(answers)
    assert audit.tables(ours, contributions, wanted).empty

    ours.loc[air, "value"] = table.loc[air, "value"]
    assert set(audit.tables(ours, contributions, wanted)["kind"]) == {"value"}
