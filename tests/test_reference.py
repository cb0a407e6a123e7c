"""Figures published before: each has a source, and the break in the series is never blurred."""

import csv
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
REFERENCE = PROJECT / "data" / "reference"
GATHERED = PROJECT.parent / "shared" / "published_figures.csv"

COLUMNS = (
    "edition published_by reference_year variable dimension code value unit_of_measure "
    "certainty method page source note"
).split()
UNITS = {
    "organisations": "organisations",
    "organisations_responding": "organisations",
    "response_rate": "percent",
    "turnover_total": "keur",
    "turnover_defence": "keur",
    "defence_share": "percent",
    "export_defence": "keur",
    "export_share": "percent",
    "value_added": "keur",
    "fte_total": "fte",
    "fte_defence": "fte",
    "fte_defence_share": "percent",
    "fte_rd": "fte",
    "fte_rd_defence": "fte",
    "rd_intensity": "percent",
}
CODES = {
    "total": ["total"],
    "size_class": ["lt25", "25-100", "100-250", "250-500", "500-2500", "ge2500"],
    "military_domain": ["maritime", "air_space", "land", "security"],
    "chain_position": ["oem", "tier1", "tier2", "tier3", "services", "trade", "knowledge"],
}

# What the list of gathered figures calls our variables, sources and codes.
INDICATORS = {
    "organisations": "companies_population",
    "organisations_responding": "companies_responding",
    "response_rate": "response_rate",
    "turnover_total": "total_turnover_nl_establishments",
    "turnover_defence": "defence_security_turnover",
    "defence_share": "defence_security_share_of_total_turnover",
    "export_defence": "defence_security_export",
    "export_share": "export_share_of_defence_turnover",
    "value_added": "value_added_nl_establishments",
    "fte_total": "fte_total_companies",
    "fte_defence": "fte_defence_security",
    "fte_defence_share": "share_defence_fte_in_total_fte",
    "fte_rd": "fte_rd_total_companies",
    "fte_rd_defence": "fte_rd_defence_security",
    "rd_intensity": "rd_intensity",
}
CATEGORIES = {
    "total": {"total": "total"},
    "size class (employees)": {
        "0-25": "lt25",
        "25-100": "25-100",
        "100-250": "100-250",
        "250-500": "250-500",
        "500-2500": "500-2500",
        ">2500": "ge2500",
    },
    "dominant domain": {
        "total": "total",
        "maritime": "maritime",
        "air and space": "air_space",
        "land": "land",
        "security": "security",
    },
    "chain position": {
        "OEM": "oem",
        "Tier 1": "tier1",
        "Tier 2": "tier2",
        "Tier 3": "tier3",
        "Services": "services",
        "Value added logistics": "trade",
    },
}
LABELLED_2009_IN_ITS_CHART = ("turnover_total", "export_share")


def table(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def published() -> list[dict[str, str]]:
    return table("published.csv")


def series(variable: str) -> dict[int, str]:
    return {
        int(row["reference_year"]): row["value"]
        for row in published()
        if (row["edition"], row["variable"], row["code"]) == ("2024", variable, "total")
    }


def place(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("variable", "reference_year", "dimension", "code"))


def number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def gathered() -> list[dict[str, str]]:
    if not GATHERED.exists():
        pytest.skip("the list of gathered figures is not here")
    with GATHERED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def as_gathered() -> dict[tuple, tuple[str, str, str]]:
    """Return value, certainty and note by (edition, variable, year, code, address)."""
    variable_of = {indicator: variable for variable, indicator in INDICATORS.items()}
    found = {}
    for row in gathered():
        code = CATEGORIES.get(row["breakdown"], {}).get(row["category"])
        variable = variable_of.get(row["indicator"])
        if code is None or variable is None:
            continue
        certainty = re.match(r"\[(\w+)", row["note"]).group(1)
        years, values = row["reference_year"].split(";"), row["value"].split(";")
        for year, value in zip(years, values, strict=True):
            key = (row["edition_year"], variable, year, code, row["source_url"])
            assert key not in found, f"gathered twice: {key}"
            found[key] = (value, certainty, row["note"])
    return found


def test_the_columns_are_those_that_the_readme_explains():
    with (REFERENCE / "published.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == COLUMNS

    explained = (REFERENCE / "README.md").read_text(encoding="utf-8")
    assert [name for name in (*COLUMNS, *UNITS) if f"`{name}`" not in explained] == []


def test_every_figure_has_a_known_source_and_every_source_is_used():
    sources = [row["key"] for row in table("sources.csv")]

    assert len(sources) == len(set(sources))
    assert {row["source"] for row in published()} == set(sources)
    assert all(
        row["publisher"] and row["title"] and row["date"] and row["address"].startswith("http")
        for row in table("sources.csv")
    )


def test_certainty_is_one_of_four_words_and_a_quotation_is_secondary():
    rows = published()

    assert {row["certainty"] for row in rows} <= {"exact", "inferred", "secondary", "derived"}
    assert all((row["certainty"] == "secondary") == (row["source"] != "R24") for row in rows)
    assert all(re.fullmatch(r"\d+(;\d+)*", row["page"]) for row in rows if row["source"] == "R24")


def test_the_method_changes_between_2017_and_2019_and_nowhere_else():
    methods = {(int(row["reference_year"]), row["method"]) for row in published()}

    assert {year for year, method in methods if method == "before_2019"} == {2006, 2010, 2014, 2017}
    assert {year for year, method in methods if method == "from_2019"} == set(range(2019, 2025))
    assert {method for _, method in methods} == {"before_2019", "from_2019"}


def test_values_are_numbers_in_the_unit_of_their_variable():
    for row in published():
        value = number(row["value"])
        assert value is not None and value > 0, f"no number for {place(row)}"
        assert row["unit_of_measure"] == UNITS[row["variable"]]
        if row["unit_of_measure"] == "percent":
            assert value <= 100
        else:
            assert value == int(value)
            assert value > 1_000_000 or row["unit_of_measure"] != "keur"


def test_codes_belong_to_their_dimension():
    stray = [place(row) for row in published() if row["code"] not in CODES[row["dimension"]]]

    assert stray == []


def test_no_figure_is_entered_twice():
    counts = Counter((*place(row), row["edition"]) for row in published())

    assert [key for key, times in counts.items() if times > 1] == []


def test_defence_turnover_is_the_headline_series():
    worked = "3.0 3.1 4.5 5.0 4.2 4.5 4.7 5.7 7.7".split()
    years = [2006, 2010, 2014, 2017, 2019, 2020, 2021, 2022, 2023]

    assert series("turnover_defence") == {
        year: str(int(Decimal(billion) * 1_000_000))
        for year, billion in zip(years, worked, strict=True)
    }


def test_the_four_official_key_figures_of_2023_are_there():
    key_figures = {
        "turnover_defence": "7700000",
        "export_defence": "3330000",
        "fte_defence": "22453",
        "rd_intensity": "11",
    }

    assert {variable: series(variable)[2023] for variable in key_figures} == key_figures


def test_the_contradicted_row_of_page_12_is_absent():
    contradicted = {"14230", "14753", "18200", "21560"}

    assert contradicted.isdisjoint(series("fte_defence").values())
    assert contradicted < set(series("fte_rd").values())


@pytest.mark.parametrize(
    ("share", "part", "whole", "points"),
    [
        # Half a unit of the printed share, plus what rounding of part and whole can add.
        ("fte_defence_share", "fte_defence", "fte_total", 1),
        ("export_share", "export_defence", "turnover_defence", 2),
        ("defence_share", "turnover_defence", "turnover_total", Decimal("0.6")),
    ],
)
def test_printed_shares_agree_with_the_series_they_come_from(share, part, whole, points):
    parts, wholes = series(part), series(whole)
    off = {
        year: round(100 * int(parts[year]) / Decimal(wholes[year]) - Decimal(printed), 1)
        for year, printed in series(share).items()
    }

    assert {year: gap for year, gap in off.items() if abs(gap) > points} == {}


@pytest.mark.parametrize(
    ("variable", "dimension", "total"),
    [
        ("organisations", "size_class", 1050),
        ("organisations", "military_domain", 1050),
        ("organisations_responding", "size_class", 286),
        ("organisations_responding", "military_domain", 286),
    ],
)
def test_counts_of_a_partition_add_up_to_the_whole(variable, dimension, total):
    parts = [
        int(row["value"])
        for row in published()
        if (row["variable"], row["dimension"]) == (variable, dimension)
    ]

    assert len(parts) == len(CODES[dimension])
    assert sum(parts) == total


def test_every_figure_is_found_among_those_gathered():
    address = {row["key"]: row["address"] for row in table("sources.csv")}
    found = as_gathered()
    for row in published():
        year = row["reference_year"]
        if year == "2006" and row["variable"] in LABELLED_2009_IN_ITS_CHART:
            year = "2009"
        key = (row["edition"], row["variable"], year, row["code"], address[row["source"]])
        value, certainty, note = found[key]
        in_thousands = 1_000_000 if row["unit_of_measure"] == "keur" else 1

        assert Decimal(row["value"]) == Decimal(value) * in_thousands, key
        # The list calls these chart labels exact; the weaker word is kept.
        assert row["certainty"] == ("inferred" if row["variable"] == "fte_rd" else certainty), key
        assert set(row["page"].split(";")) - {""} <= set(re.findall(r"p\.(\d+)", note)), key


def test_the_readme_accounts_for_every_figure_gathered():
    readme = (REFERENCE / "README.md").read_text(encoding="utf-8")
    said = re.search(r"Of (\d+) printed .* (\d+) were entered \((\d+) rows", readme)
    left_out = [int(count) for count in re.findall(r"^\| .* \| (\d+) \|$", readme, re.MULTILINE)]
    figures, entered, rows = (int(count) for count in said.groups())

    assert rows == len(published())
    assert figures == entered + sum(left_out)
    assert figures == len(gathered())
