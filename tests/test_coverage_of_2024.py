"""Every table and figure of the edition of 2024 has its table here, or a reason to be out.

Pages and titles are those of the edition of April 2024, titles translated and shortened.
"""

from pathlib import Path

import pytest

from nldtib import rounds

PROJECT = Path(__file__).resolve().parents[1]
PLAN = {table.name: table for table in rounds.read_plan(2026, PROJECT)}
PUBLIC = "public budget or European figure, not asked of organisations: data/reference/"
SMALL = "by the five answers most of its cells would rest on too few answers"
TWICE = "both breakdowns overlap, so nothing in it adds up"
ROWS = [
    (7, "key figures over time", ["key_figures"], ["trends"]),
    (11, "population and respondents by size class", [], ["quality"]),
    (12, "development of key figures", ["key_figures"], ["trends"]),
    (13, "sample and population by domain", [], ["quality"]),
    (14, "establishments and employees on the map", ["organisations_by_province"], []),
    (15, "chain position by domain", ["organisations_by_chain_position_and_domain"], []),
    (16, "companies per DIS area", ["turnover_by_dis_area"], []),
    (16, "chain position by DIS area", [], [SMALL]),
    (18, "total and defence fte", ["key_figures"], ["trends"]),
    (19, "jobs by domain", ["turnover_by_military_domain"], []),
    (19, "jobs by chain position", ["turnover_by_chain_position"], []),
    (20, "share of defence jobs by domain", ["turnover_by_military_domain"], []),
    (21, "jobs per DIS area", ["turnover_by_dis_area"], []),
    (23, "turnover and added value", ["key_figures"], []),
    (24, "turnover by domain", ["turnover_by_military_domain"], []),
    (25, "share of turnover by domain", ["turnover_by_military_domain"], []),
    (26, "share of defence turnover by companies", ["organisations_by_dependence"], []),
    (27, "turnover per domain by chain position and by own domain", ["turnover_in_domains"], []),
    (27, "cross-supply between domains", ["turnover_in_domains_by_domain"], []),
    (28, "turnover per DIS area", ["turnover_by_dis_area"], []),
    (29, "compared with Europe", [], [PUBLIC]),
    (30, "budget of the ministry of Defence", [], [PUBLIC]),
    (31, "defence budget as share of GDP, NATO", [], [PUBLIC]),
    (33, "customers", ["organisations_by_customer"], []),
    (34, "customers by chain position", ["customers_by_chain_position"], []),
    (35, "countries supplied", ["organisations_by_destination"], []),
    (36, "export share by domain", ["export_by_military_domain"], []),
    (37, "export share by size class", ["export_by_size_class"], []),
    (37, "export share by chain position", ["export_by_chain_position"], []),
    (39, "growth expectation", ["organisations_by_growth_expectation"], []),
    (40, "growth expectation by domain", ["growth_expectation_by_military_domain"], []),
    (40, "growth expectation by chain position and size class", [], [SMALL]),
    (41, "expected employment by domain", ["employment_expectation_by_military_domain"], []),
    (41, "expected employment by chain position", [], [SMALL]),
    (42, "growth expectation per DIS area", ["growth_expectation_by_dis_area"], []),
    (43, "expected scale-up and maximum capacity", ["scaleup", "scaleup_by_military_domain"], []),
    (43, "scale-up by size class", ["scaleup_by_size_class"], []),
    (44, "scale-up by chain position", ["scaleup_by_chain_position"], []),
    (44, "scale-up by expected growth", ["scaleup_by_growth_expectation"], []),
    (45, "ways of scaling up", ["organisations_by_scaleup_way"], []),
    (45, "ways of scaling up by domain", ["scaleup_way_by_military_domain"], []),
    (45, "ways of scaling up by size class", [], [SMALL]),
    (46, "scale-up per DIS area", ["scaleup_by_dis_area"], []),
    (47, "challenges in scaling up", ["organisations_by_bottleneck"], []),
    (50, "DIS industrial capacities", ["organisations_by_dis_capacity"], []),
    (51, "DIS knowledge fields", ["organisations_by_dis_knowledge"], []),
    (52, "technologies to invest in", ["organisations_by_dis_technology"], []),
    (54, "R&D intensity by domain", ["rd_by_military_domain"], []),
    (54, "R&D intensity by chain position", ["rd_by_chain_position"], []),
    (55, "R&D jobs and share", ["key_figures"], []),
    (56, "R&D jobs by chain position and domain", ["rd_by_chain_position"], []),
    (57, "R&D per DIS area", ["turnover_by_dis_area"], []),
    (59, "external finance", ["organisations_by_finance_source"], []),
    (60, "external finance by domain and size class", [], [SMALL]),
    (61, "why no external finance", ["organisations_by_finance_none_reason"], []),
    (61, "why no external finance by domain and size class", [], [SMALL]),
    (62, "challenges in finance", ["organisations_by_finance_challenge"], []),
    (63, "challenges in finance by domain", ["finance_challenge_by_military_domain"], []),
    (63, "challenges in finance by size class", [], [SMALL]),
    (64, "finance per DIS area", [], [TWICE]),
    (66, "approach, response and accountability", [], ["quality"]),
    (69, "sources", [], ["trends"]),
]
NOTEBOOKS = {
    path.stem: path.read_text(encoding="utf-8") for path in (PROJECT / "notebooks").glob("*.ipynb")
}


@pytest.mark.parametrize(("page", "title", "tables", "otherwise"), ROWS, ids=lambda one: str(one))
def test_what_the_edition_of_2024_showed_is_here_or_has_a_reason(page, title, tables, otherwise):
    assert tables or otherwise, f"p. {page}: {title} has neither table nor reason"
    for name in tables:
        assert name in PLAN, f"p. {page}: {title} names a table that is not planned: {name}"
        assert f'\\"{name}\\"' in NOTEBOOKS[PLAN[name].page], (
            f"p. {page}: {title}: {name} is planned and not on its page"
        )
    for word in otherwise:
        assert word in {*NOTEBOOKS, PUBLIC, SMALL, TWICE}


def test_every_table_of_the_plan_is_shown_on_its_page():
    every = "".join(NOTEBOOKS.values())
    assert [name for name in PLAN if f'\\"{name}\\"' not in every] == []
