"""Bands that lie within wider bands add up to them, for the gate and for the audit."""

import dataclasses

import pytest
from small_tables import cells, firms, rules, several

from nldtib.gate import audit, protect

CLASSES = {"size": ["small", "medium", "large"], "company": ["sme", "big"]}
PLAN = (("by_size", "turnover", ("size",)), ("by_company", "turnover", ("company",)))


def wanted(bands_of: str = "employees") -> protect.Rules:
    plain = rules(CLASSES)
    bands = {
        name: dataclasses.replace(one, bands_of=bands_of) for name, one in plain.dimensions.items()
    }
    return dataclasses.replace(plain, dimensions=bands)


# Small is dominated; small and medium are the sme, which is told.
CONTRIBUTIONS = firms(
    [
        *several([90.0, 3, 2, 1], size="small", company="sme"),
        *several([40.0] * 5, size="medium", company="sme"),
        *several([30.0] * 6, size="large", company="big"),
    ]
)


def hidden(rule: protect.Rules) -> set[str]:
    table = cells(CONTRIBUTIONS, rule, *PLAN)
    found = protect.tables(table, CONTRIBUTIONS, rule).cells
    assert audit.tables(found, CONTRIBUTIONS, rule).empty
    return {key.split(":")[1] for key in found["key"][found["status"] == "suppressed"]}


def test_a_class_does_not_follow_from_the_group_that_holds_it():
    # With large as its partner, small would be the sme less medium.
    assert {"size=small", "size=medium"} <= hidden(wanted())


@pytest.mark.parametrize("partner", ["size=large", "size=medium"])
def test_the_audit_subtracts_a_class_from_its_group(partner):
    table = cells(CONTRIBUTIONS, wanted(), *PLAN).assign(status="published")
    closed = table["key"].str.split(":").str[1].isin(["size=small", partner])
    table.loc[closed, ["value", "low", "high", "cv", "n"]] = float("nan")
    table.loc[closed, ["status", "sign", "grade"]] = ["suppressed", ".", ""]

    found = audit.tables(table, CONTRIBUTIONS, wanted())

    places = set(zip(found["kind"], found["place"], strict=True))
    assert (("exact", "size=small") in places) == (partner == "size=large")


def test_a_gate_that_knows_no_nesting_fails_the_audit():
    alone = rules(CLASSES)
    careless = protect.tables(cells(CONTRIBUTIONS, alone, *PLAN), CONTRIBUTIONS, alone).cells

    closed = careless["status"] == "suppressed"
    assert "turnover:size=large:2025" in set(careless["key"][closed])
    assert "exact" in set(audit.tables(careless, CONTRIBUTIONS, wanted())["kind"])
