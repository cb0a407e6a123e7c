"""Very many cells: what moves is near each sensitive cell, and what is not proven is not shown."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_tables import cells, firms, rules

from nldtib.gate import audit, protect
from nldtib.gate.protect import Budget

CODES = {"domain": list("abcde"), "province": list("uvwxyz"), "size": list("lms")}
WANTED = rules(CODES)
SMALL = Budget(cells_at_once=20, codes_near=2, programmes=400)


def survey(seed: int, count: int, codes=CODES):
    """Return firms of very unequal size, thinly spread over the codes."""
    random = np.random.default_rng(seed)
    return firms(
        {
            **{name: str(random.choice(several)) for name, several in codes.items()},
            "turnover": float(np.round(np.exp(random.normal(3, 1.5)))) + 1,
        }
        for _ in range(count)
    )


def shown(rows, budget, *tables):
    wanted = dataclasses.replace(WANTED, budget=budget)
    return protect.tables(cells(rows, wanted, *tables), rows, wanted)


FULL = ("full", "turnover", ("domain", "province", "size"))


def test_a_table_beyond_one_programme_is_protected_near_each_sensitive_cell():
    rows = survey(0, 500)

    pattern = shown(rows, SMALL, FULL)

    assert "not proven" not in set(pattern.reasons["reason"])
    assert (pattern.cells["status"] == "published").mean() > 0.3
    assert audit.tables(pattern.cells, rows, WANTED).empty


def test_what_is_not_proven_within_the_budget_is_not_published():
    rows = survey(0, 500)

    pattern = shown(rows, dataclasses.replace(SMALL, programmes=0), FULL)

    reasons = pattern.reasons.set_index("key")["reason"]
    assert (reasons == "not proven").any()
    hidden = pattern.cells["key"].isin(reasons.index[reasons == "not proven"])
    assert set(pattern.cells["status"][hidden]) == {"suppressed"}
    assert pattern.cells["value"][hidden].isna().all()
    assert "not proven" not in pattern.cells.astype(str).to_numpy()
    assert audit.tables(pattern.cells, rows, WANTED).empty


def test_the_budget_is_counted_so_the_same_input_gives_the_same_pattern():
    rows = survey(1, 300)
    few = dataclasses.replace(SMALL, programmes=5)

    one, other = shown(rows, few, FULL), shown(rows.sample(frac=1, random_state=0), few, FULL)

    assert one.cells.equals(other.cells)
    assert one.reasons.equals(other.reasons)


@pytest.mark.parametrize("budget", [SMALL, Budget(10, 1, 3), Budget()], ids=str)
@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), count=st.integers(10, 90))
def test_whatever_the_budget_no_sum_of_linked_tables_follows(budget, seed, count):
    few = {name: several[:3] for name, several in CODES.items()}
    rows = survey(seed, count, few)
    pairs = itertools.combinations(CODES, 2)

    pattern = shown(rows, budget, *(("_".join(by), "turnover", by) for by in pairs))

    assert audit.tables(pattern.cells, rows, WANTED).empty
