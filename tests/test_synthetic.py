"""The invented twin adds up as published, answers as respondents do, and keeps its truth apart."""

import csv
import dataclasses
import io
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nldtib import codebook, rounds
from nldtib.errors import ConvergenceError, InputError, ParameterError
from nldtib.records import edit, load, match, synthetic
from nldtib.records.synthetic import calibrate, typed
from nldtib.rounds import Parameters
from nldtib.schema import DECISIONS, FRAME

PROJECT = Path(__file__).resolve().parents[1]
CHOICES = synthetic.read_choices(PROJECT)
SEED = 2026
SOME_SEEDS = range(4)
AMOUNTS_PAGE, LAST_PAGE = 3, 10
AMOUNTS = ("turnover_total", "turnover_defence", "value_added")

# Berenschot, April 2024: p. 7 (turnover, share, export, fte, R&D fte for defence), p. 55 (R&D fte),
# p. 23 (value added), p. 54 (R&D intensity, 2023 only). Amounts in million euro.
PUBLISHED = {
    2022: {
        "turnover_defence": 5700,
        "share": 12.2,
        "export_defence": 2570,
        "value_added": 2900,
        "fte_defence": 19_576,
        "fte_total": 172_647,
        "fte_rd_defence": 4_775,
        "fte_rd": 24_481,
    },
    2023: {
        "turnover_defence": 7700,
        "share": 14.9,
        "export_defence": 3330,
        "value_added": 3600,
        "rd_defence": 847,
        "fte_defence": 22_453,
        "fte_total": 180_504,
        "fte_rd_defence": 5_600,
        "fte_rd": 26_974,
    },
}
# Same source, p. 11 and 68: organisations and respondents by size class; p. 13: by domain.
ORGANISATIONS = {"lt25": 460, "25-100": 332, "100-250": 133, "250-500": 53}
ORGANISATIONS |= {"500-2500": 55, "ge2500": 17}
RESPONDENTS = {"lt25": 115, "25-100": 93, "100-250": 33, "250-500": 18}
RESPONDENTS |= {"500-2500": 16, "ge2500": 11}
DOMAINS = {"maritime": 198, "air_space": 143, "land": 509, "security": 200}


def parameters_of(survey_round: int) -> Parameters:
    return rounds.read_parameters(survey_round, PROJECT)


BOOKS = {year: rounds.read_codebook(year, PROJECT) for year in (2024, 2026)}


def wave_of(seed: int, survey_round: int = 2026) -> synthetic.Wave:
    everyone = synthetic.population(seed, CHOICES)
    book = BOOKS[survey_round]
    return synthetic.round_of(everyone, parameters_of(survey_round), book, seed, CHOICES)


def in_scope(seed: int = SEED) -> pd.DataFrame:
    everyone = synthetic.population(seed, CHOICES)
    return everyone[everyone["in_scope"]]


def of_2023(seed: int = SEED) -> pd.DataFrame:
    everyone = in_scope(seed)
    return everyone[everyone["reference_year"] == 2023].reset_index(drop=True)


def answered_units(wave: synthetic.Wave) -> set[str]:
    """Return the units of which a response reached the amounts."""
    reached = wave.responses[wave.responses["lastpage"].astype(int) >= AMOUNTS_PAGE]
    unit_of = wave.frame.set_index("kvk")["unit"]
    typed_wrongly = wave.planted.loc[wave.planted["kind"] == "unknown_kvk", "unit"]
    return set(reached["kvk"].str.replace(" ", "").map(unit_of).dropna()) | set(typed_wrongly)


@pytest.fixture(scope="module")
def wave() -> synthetic.Wave:
    return wave_of(SEED)


@pytest.fixture(scope="module")
def waves() -> list[synthetic.Wave]:
    return [wave_of(seed) for seed in SOME_SEEDS]


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    synthetic.write(folder, SEED)
    return folder


# --- the population -----------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2022, 2023])
def test_totals_are_those_that_were_published(year):
    published = PUBLISHED[year]
    units = in_scope()
    units = units[units["reference_year"] == year]
    sums = units.sum(numeric_only=True)
    sums["export_defence"] = (units["turnover_defence"] * units["export_percent"] / 100).sum()
    sums["rd_defence"] = (units["turnover_defence"] * units["rd_percent"] / 100).sum()

    for name, figure in published.items():
        if name == "share":
            turnover = round(100_000 * published["turnover_defence"] / figure)
            assert sums["turnover_total"] == turnover
        else:
            thousands = 1 if name.startswith("fte") else 1000
            assert sums[name] == pytest.approx(thousands * figure, abs=0.5), name


def test_the_years_after_the_last_publication_grow_as_the_data_file_says():
    turnover = in_scope().groupby("reference_year")["turnover_defence"].sum()

    assert turnover[2024] / turnover[2023] == pytest.approx(1.12, abs=0.005)
    assert turnover[2025] / turnover[2024] == pytest.approx(1.13, abs=0.005)


@pytest.mark.parametrize("seed", SOME_SEEDS)
def test_a_fifth_of_the_organisations_makes_85_percent_of_defence_turnover(seed):
    turnover = of_2023(seed)["turnover_defence"].sort_values(ascending=False)

    assert turnover[:210].sum() / turnover.sum() == pytest.approx(0.85, abs=0.005)


def test_organisations_are_as_many_as_published_in_every_class():
    units = of_2023()

    assert len(units) == 1050
    assert units["size_class"].value_counts().to_dict() == ORGANISATIONS
    assert units["military_domain"].value_counts().to_dict() == DOMAINS
    assert (units["chain_position"] == "oem").sum() == 200  # 19 %
    assert (units["organisation_type"] == "knowledge_institute").sum() == 12
    provinces = units["province"].value_counts()
    assert set(provinces.index[:2]) == {"NB", "ZH"}
    assert provinces["NB"] >= 161


@pytest.mark.parametrize("seed", SOME_SEEDS)
def test_about_15_percent_depend_wholly_and_20_percent_hardly(seed):
    units = of_2023(seed)
    share = units["turnover_defence"] / units["turnover_total"]

    assert (share >= 0.9).mean() == pytest.approx(0.15, abs=0.015)
    assert (share < 0.1).mean() == pytest.approx(0.20, abs=0.02)


@pytest.mark.parametrize(
    ("rate", "domain", "percent"),
    [
        # Berenschot 2024, p. 36 and 54.
        ("export_percent", "maritime", 54),
        ("export_percent", "air_space", 57),
        ("export_percent", "land", 32),
        ("export_percent", "security", 24),
        ("rd_percent", "maritime", 16),
        ("rd_percent", "air_space", 9),
        ("rd_percent", "land", 8),
        ("rd_percent", "security", 20),
    ],
)
def test_rates_differ_by_military_domain_as_published(rate, domain, percent):
    units = of_2023()
    units = units[units["military_domain"] == domain]
    found = (units["turnover_defence"] * units[rate]).sum() / units["turnover_defence"].sum()

    assert found == pytest.approx(percent, rel=0.1)


@pytest.mark.parametrize("seed", SOME_SEEDS)
def test_register_employees_tell_much_of_staff_and_less_of_defence_turnover(seed):
    units = of_2023(seed)
    logs = np.log(units[["employees", "fte_total", "turnover_defence"]])

    assert 0.88 < logs.corr().loc["employees", "fte_total"] < 0.97
    assert 0.68 < logs.corr().loc["employees", "turnover_defence"] < 0.85


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**9))
def test_every_unit_is_consistent_in_every_year_for_every_seed(seed):
    units = in_scope(seed)
    numbers = units[[v.name for v in BOOKS[2026].answered()]]

    assert numbers.notna().all(axis=None)
    assert (numbers >= 0).all(axis=None)
    assert (units["turnover_defence"] > 0).all()
    assert (units["turnover_defence"] <= units["turnover_total"]).all()
    assert (units["value_added"] <= units["turnover_defence"]).all()
    assert (units["fte_defence"] <= units["fte_total"]).all()
    assert (units["fte_rd"] <= units["fte_total"]).all()
    assert (units["fte_rd_defence"] <= units["fte_rd"]).all()
    assert (units["fte_rd_defence"] <= units["fte_defence"]).all()
    civil_rd = units["fte_rd"] - units["fte_rd_defence"]
    assert (civil_rd <= units["fte_total"] - units["fte_defence"] + 1e-9).all()
    assert (units[["export_percent", "rd_percent", "dual_use_percent"]] <= 100).all(axis=None)
    assert (units["turnover_total"] / units["fte_total"]).between(5, 5000).all()
    abroad = units[CHOICES.abroad]
    assert (abroad.any(axis=1) | (units["export_percent"] == 0)).all()
    assert not (abroad.any(axis=1) & ~units["exporting"]).any()


def test_size_class_follows_from_register_employees_as_the_codebook_says():
    dimension = BOOKS[2026].dimensions["size_class"]
    bounds = [group.at_least for group in CHOICES.size_classes.values()]
    units = of_2023().groupby("size_class")["employees"]

    assert list(CHOICES.size_classes) == [item.code for item in dimension.codes]
    assert bounds[1:] == list(dimension.lower_bounds)[1:]
    for code, group in CHOICES.size_classes.items():
        assert group.at_least <= units.min()[code] <= units.max()[code] < group.below


def test_the_nine_known_suppliers_are_the_nine_largest_and_not_all_large_employers(waves):
    below = 0
    for wave in waves:
        frame = wave.frame.set_index("unit")
        truth = wave.truth[wave.truth["reference_year"] == 2023].set_index("unit")
        known = frame.index[frame["known_large"] == 1]
        assert set(known) == set(truth["turnover_defence"].nlargest(9).index)
        below += (frame.loc[known, "employees"] < 2500).sum()

    assert below > 0


def test_some_units_are_under_one_control_also_large_ones():
    units = of_2023()
    sizes = Counter(units["holding"].value_counts())
    largest = units.nlargest(60, "turnover_defence")

    assert sizes == {1: 1050 - 80, 2: 20, 3: 8, 4: 4}
    assert largest["holding"].duplicated().any()


def test_names_and_register_numbers_are_unique_and_invented(wave):
    frame = wave.frame

    assert frame["unit"].is_unique and frame["kvk"].is_unique and frame["name"].is_unique
    assert frame["kvk"].str.fullmatch(r"(99|00)\d{6}").all()
    assert {"NA", "N/A"} <= set(frame["name"])
    emails = wave.responses["email"].dropna()
    assert emails.str.fullmatch(r"[a-z.\-]+@u\d{4}\.example").all()


# --- who answers --------------------------------------------------------------------------------


def test_response_by_size_class_is_about_as_published(waves):
    for wave in waves:
        truth = wave.truth.drop_duplicates("unit").set_index("unit")
        rates = truth.index.isin(list(answered_units(wave)))
        rates = pd.Series(rates, truth.index).groupby(truth["size_class"]).mean()
        for code, number in RESPONDENTS.items():
            assert rates[code] == pytest.approx(number / ORGANISATIONS[code], abs=0.06), code


def test_business_with_the_ministry_doubles_the_odds_of_answering(waves):
    # Mantel-Haenszel odds ratio over size classes, without those who are followed up.
    above = below = 0.0
    for wave in waves:
        truth = wave.truth.drop_duplicates("unit")
        frame = wave.frame[wave.frame["unit"].isin(truth.loc[truth["certainty"] == 0, "unit"])]
        size = frame["unit"].map(truth.set_index("unit")["size_class"])
        answers = frame["unit"].isin(answered_units(wave))
        business = frame["mod_business"] == 1
        for code in size.unique():
            here = size == code
            above += (
                (here & answers & business).sum()
                * (here & ~answers & ~business).sum()
                / (here.sum())
            )
            below += (
                (here & answers & ~business).sum()
                * (here & ~answers & business).sum()
                / (here.sum())
            )
        assert wave.frame["mod_business"].mean() == pytest.approx(0.45, abs=0.05)

    assert 1.5 < above / below < 2.7


def test_the_known_suppliers_answer_in_full_and_knowledge_institutes_nearly_all(waves):
    for wave in waves:
        frame = wave.frame.set_index("unit")
        institutes = frame.index[frame["organisation_type"] == "knowledge_institute"]
        known = wave.frame.loc[wave.frame["known_large"] == 1, "kvk"]
        rows = wave.responses.set_index(wave.responses["kvk"].str.replace(" ", "")).loc[known]
        tables = rows[[name for name in rows if name.startswith(("fin[", "fte["))]]

        assert len(rows) == 9
        assert rows["submitdate"].notna().all()
        assert tables.map(lambda text: bool(re.search(r"\d", text))).all(axis=None)
        assert len(answered_units(wave) & set(institutes)) in (11, 12)
        planted = wave.planted[wave.planted["kind"] != "unknown_kvk"]
        assert not set(planted["unit"]) & set(frame.index[frame["known_large"] == 1])


def test_two_rounds_share_truth_and_units_but_not_who_answers():
    earlier, later = wave_of(SEED, 2024), wave_of(SEED, 2026)
    first, second = answered_units(earlier), answered_units(later)
    truths = [wave.truth[wave.truth["reference_year"] == 2023] for wave in (earlier, later)]

    asked_in_both = list(truths[0])
    assert set(asked_in_both) < set(truths[1])
    pd.testing.assert_frame_equal(
        *(truth[asked_in_both].reset_index(drop=True) for truth in truths)
    )
    assert earlier.frame["unit"].equals(later.frame["unit"])
    assert set(earlier.truth["reference_year"]) == {2022, 2023}
    # 27 % of 286 would answer again by chance.
    assert 100 < len(first & second) < 230


# --- what they answer ---------------------------------------------------------------------------


def test_the_export_has_the_columns_of_limesurvey_in_their_order(wave):
    headings = list(wave.responses)

    assert headings[:10] == (
        ["id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp"]
        + ["orgnaam", "kvk", "sector"]
    )
    assert headings[-4:] == ["token", "firstname", "lastname", "email"]
    start = headings.index("fin[OMZ_J2023]")
    assert headings[start : start + 4] == [
        "fin[OMZ_J2023]",
        "fin[OMZ_J2024]",
        "fin[OMZ_J2025]",
        "fin[DEF_J2023]",
    ]
    for heading in ("act[ONW]", "domsplit[ZEE]", "dualuse", "finuitd[UIT]", "finuitd[UITcomment]"):
        assert heading in headings


def test_the_file_is_written_as_limesurvey_writes_it(written):
    content = (written / "2026" / "raw" / "responses.csv").read_bytes()
    text = content.decode("utf-8")

    assert content.startswith(b'\xef\xbb\xbf"id","submitdate"')
    assert content.endswith(b"\r\n") and not content.endswith(b"\r\n\r\n")
    outside_quotes = re.sub(r'"(?:[^"]|"")*"', "", text[1:])
    assert set(outside_quotes) == {",", "\r", "\n"}
    assert outside_quotes.count("\r\n") == outside_quotes.count("\n")
    # A partial response: blank on a page that was seen, nothing at all on later pages.
    partial = next(line for line in text.split("\r\n")[1:] if re.match(r'"\d+",,"2"', line))
    assert '""' in partial and ",,,," in partial


def test_nothing_and_blank_stand_where_limesurvey_puts_them(wave):
    rows = wave.responses
    complete = rows[rows["submitdate"].notna() & (rows["sector"] == "Y")]
    first_page = rows[rows["submitdate"].isna() & (rows["lastpage"] == "2")]
    outside = rows[rows["sector"] == "N"]
    start, end = list(rows).index("postc"), list(rows).index("token")

    # Numeric questions know no blank; all others are blank when seen and left.
    assert complete["domsplit[ZEE]"].isna().any() and not (complete["domsplit[ZEE]"] == "").any()
    assert complete[["fin[TWD_J2025]", "octrooi", "nldgeb[QUA]", "opm"]].notna().all(axis=None)
    assert (complete["fin[TWD_J2025]"] == "").any()
    assert len(first_page) >= 9
    assert first_page["act[ONW]"].notna().all() and first_page["fin[OMZ_J2025]"].isna().all()
    assert len(outside) == 11
    assert outside["submitdate"].notna().all()
    assert outside.iloc[:, start:end].isna().all(axis=None)
    assert outside[["orgnaam", "kvk"]].notna().all(axis=None)


def test_amounts_are_typed_in_many_ways_and_words_stand_between_them(wave):
    columns = [name for name in wave.responses if name.startswith("fin[")]
    cells = set(wave.responses[columns].stack().dropna())

    for pattern in (
        r"\d{4,}",
        r"\d{1,3}(\.\d{3})+",
        r"€ \d{1,3}(\.\d{3})*",
        r"\d{1,3} \d{3}",
        r"\d+,\d\d? mln",
        r"ca\. [\d.]+",
        r"\d+%",
        r"\d+ %",
        r"\d+,\d%?",
        r"n\.v\.t\.",
        r"weet niet",
    ):
        assert any(re.fullmatch(pattern, cell) for cell in cells), pattern
    assert wave.responses["kvk"].str.contains(" ").any()


def test_item_nonresponse_is_heavier_for_value_added_and_research(waves):
    rates = {}
    for source in ("OMZ", "DEF", "TWD", "EXP", "RDP"):
        cells = []
        for wave in waves:
            rows = wave.responses[wave.responses["submitdate"].notna()]
            cells.append(rows.loc[rows["sector"] == "Y", f"fin[{source}_J2025]"])
        rates[source] = 1 - pd.concat(cells).str.contains(r"\d").mean()

    assert 0.02 < rates["DEF"] < 0.09 and 0.03 < rates["OMZ"] < 0.10
    assert rates["TWD"] > 0.10 and rates["RDP"] > 0.08
    assert rates["TWD"] > rates["EXP"] > rates["DEF"]


def test_hostile_and_awkward_texts_are_in_every_round(wave):
    remarks, names = set(wave.responses["opm"].dropna()), set(wave.responses["orgnaam"])

    assert any("<script>" in remark for remark in remarks)
    assert any(remark.startswith("=HYPERLINK(") for remark in remarks)
    assert any(remark.startswith("@SUM") for remark in remarks)
    assert any("\n" in remark and '"' in remark for remark in remarks)
    assert any(re.search("[éëï’]", remark) for remark in remarks)
    assert {"NA", "N/A"} <= names


def test_some_came_twice_once_in_part_and_later_in_full(wave):
    rows = wave.responses.assign(kvk=wave.responses["kvk"].str.replace(" ", ""))
    twice = rows[rows["kvk"].duplicated(keep=False)]

    assert twice["kvk"].nunique() == 4
    for _, visits in twice.groupby("kvk"):
        assert list(visits["submitdate"].isna()) == [True, False]
    assert set(twice["lastpage"]) == {"2", "3", str(LAST_PAGE)}


def test_two_register_numbers_are_not_on_the_frame(wave):
    strangers = ~wave.responses["kvk"].str.replace(" ", "").isin(wave.frame["kvk"])

    assert strangers.sum() == 2


def test_mistakes_stand_in_the_export_as_listed(wave):
    kinds = wave.planted.groupby("kind")["unit"].nunique()
    errors = wave.planted[wave.planted["variable"] != ""]
    rows = wave.responses.set_index("id")
    source = {v.name: v.answer for v in BOOKS[2026].answered()}

    assert kinds["whole_euros"] == 7
    assert kinds["defence_above_total"] == kinds["rd_fte_above_fte"] == 3
    assert kinds["percent_above_100"] == 3
    for error in errors[~errors["kind"].isin(["millions", "about"])].itertuples():
        question, row = source[error.variable].split("_")
        cell = rows.at[error.respondent_id, f"{question}[{row}_J{error.year}]"]
        number = re.sub(r"[^\d,.]", "", cell).rstrip(",")
        if question == "fin":
            number = number.replace(".", "")
        assert float(number.replace(",", ".")) == pytest.approx(error.answer), error.kind
    rounded = errors[errors["kind"].isin(["millions", "about"])]
    assert (rounded["answer"] / rounded["truth"] - 1).abs().max() < 0.006


def test_one_who_typed_whole_euros_is_large_and_turnover_per_fte_betrays_them_all(waves):
    for wave in waves:
        euros = wave.planted[wave.planted["kind"] == "whole_euros"]
        employees = wave.frame.set_index("unit").loc[euros["unit"].unique(), "employees"]
        truth = wave.truth.set_index(["unit", "reference_year"])

        assert employees.max() >= 250
        rows = wave.responses.set_index("id").loc[euros["respondent_id"].unique()]
        tables = rows[[name for name in rows if name.startswith(("fin[OMZ", "fte[TOT"))]]
        assert (tables != "").all(axis=None)
        assert (euros["answer"] == 1000 * euros["truth"]).all()
        fte = truth.loc[list(zip(euros["unit"], euros["year"], strict=True)), "fte_total"]
        total = (euros["variable"] == "turnover_total").to_numpy()
        assert (euros["answer"].to_numpy()[total] / fte.to_numpy()[total] > 5000).all()


def test_decisions_mend_most_unit_errors_and_start_from_the_answer(wave):
    decisions, euros = wave.decisions, wave.planted[wave.planted["kind"] == "whole_euros"]
    keys = ["unit", "variable", "year"]
    both = decisions.merge(euros.astype({"year": int}), on=keys)

    assert tuple(decisions) == DECISIONS
    assert decisions["unit"].nunique() == 6 and euros["unit"].nunique() == 7
    assert len(both) == len(decisions)
    assert (both["old"].astype(float) == both["answer"]).all()
    assert (both["new"].astype(float) == both["truth"]).all()
    assert decisions.ne("").all(axis=None)


# --- the files ----------------------------------------------------------------------------------


def test_a_round_is_written_whole_and_can_be_read_as_a_round(written):
    for name in ("2024", "2026"):
        files = {p.relative_to(written / name).as_posix() for p in (written / name).rglob("*.*")}
        this_round = rounds.read(written / name)

        assert files == {
            "raw/responses.csv",
            "raw/frame.csv",
            "raw/accounts.csv",
            *(
                f"raw/sources/{name}.csv"
                for name in ("trade_body", "tender", "ministry", "earlier")
            ),
            "decisions.csv",
            "disclosure.yml",
            "truth.csv",
        }
        assert this_round.name == name
        assert rounds.read_disclosure(this_round.folder) == rounds.Disclosure(3, 10.0)


def test_who_stands_twice_is_proposed_and_decided_and_so_is_a_wrong_number(written):
    for name in ("2024", "2026"):
        this_round = rounds.read(written / name)
        wave, choices = wave_of(SEED, int(name)), this_round.parameters.match
        frame = load.frame(written / name / "raw" / "frame.csv")
        answers = load.answers(written / name / "raw" / "responses.csv", this_round.codebook).table
        decisions = edit.read_decisions(written / name / "decisions.csv")

        links = match.decided(decisions, answers, frame, "kvk")
        proposed = match.duplicates(frame, "kvk", choices)

        assert len(links.same) == 3 and len(frame) == len(wave.frame) + 3
        assert set(links.same.items()) <= set(zip(proposed["left"], proposed["right"], strict=True))
        kept = match.merged(frame, links.same)
        assert kept["unit"].tolist() == wave.frame["unit"].tolist()
        wrong = wave.planted[wave.planted["kind"] == "unknown_kvk"]
        truth = dict(zip(wrong["respondent_id"], wrong["unit"], strict=True))
        assert len(links.unit_of) == 1 and links.unit_of.items() <= truth.items()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(written, tmp_path):
    synthetic.write(tmp_path / "again", SEED)
    synthetic.write(tmp_path / "other", SEED + 1)

    for path in sorted(written.rglob("*.csv")):
        name = path.relative_to(written)
        assert (tmp_path / "again" / name).read_bytes() == path.read_bytes(), name
        assert (tmp_path / "other" / name).read_bytes() != path.read_bytes(), name


def test_the_frame_tells_nothing_that_only_answers_tell(wave):
    silent = set(wave.truth["unit"]) - answered_units(wave)
    frame = wave.frame[wave.frame["unit"].isin(silent)].set_index("unit")
    truth = wave.truth.set_index("unit")
    register = frame["turnover_register"].dropna().astype(float)
    same = [value in set(truth.loc[[unit], "turnover_total"]) for unit, value in register.items()]
    before = truth[truth["reference_year"] == 2024]["turnover_total"].reindex(register.index)

    extra = {"turnover_register"} | {name for name in frame if name.startswith("source_")}
    assert set(frame) | {"unit"} == set(FRAME) | extra
    assert np.mean(same) < 0.05
    assert 0.04 < (register / before - 1).abs().median() < 0.15
    assert frame["turnover_register"].isna().mean() > 0.4


def test_who_is_silent_stands_nowhere_in_the_export(wave):
    rows = wave.responses
    responded = set(rows["kvk"].str.replace(" ", "").map(wave.frame.set_index("kvk")["unit"]))
    responded |= set(wave.planted.loc[wave.planted["kind"] == "unknown_kvk", "unit"])
    silent = wave.frame[~wave.frame["unit"].isin(responded)]
    content = synthetic.export(rows).decode("utf-8-sig")

    assert len(silent) > 700
    assert not [name for name in silent["name"] if f'"{name}"' in content]
    assert not set(silent["kvk"]) & set(re.findall(r"(?<!\d)\d{8}(?!\d)", content.replace(" ", "")))
    assert not [unit for unit in silent["unit"] if unit.lower() in content]


def test_truth_has_one_row_per_unit_and_year_and_the_columns_of_the_records(wave):
    truth, book = wave.truth, BOOKS[2026]
    expected = ["unit", "holding", "reference_year", "certainty"]
    for dimension in book.dimensions.values():
        codes = [item.code for item in dimension.codes]
        names = [f"{dimension.name}.{code}" for code in codes]
        expected += names if dimension.overlapping else [dimension.name]
        if dimension.overlapping:
            assert set(truth[names].to_numpy().ravel()) == {0, 1}
        else:
            assert set(truth[dimension.name]) <= set(codes)
    expected += [v.name for v in book.variables.values() if v.statistic == "total"]

    assert list(truth) == expected
    assert len(truth) == 3150 and not truth.duplicated(["unit", "reference_year"]).any()
    assert truth.notna().all(axis=None)


def test_derived_figures_of_the_truth_follow_from_the_answered_ones(wave):
    truth = wave.truth
    share = 100 * truth["turnover_defence"] / truth["turnover_total"]
    names = ["low", "part", "high", "full"]
    bands = pd.cut(share, [-1, 10, 50, 90, 101], right=False, labels=names)
    frame = wave.frame.set_index("unit")
    certain = (frame["known_large"] == 1) | (frame["employees"] >= 2500)
    certain |= frame["organisation_type"] == "knowledge_institute"

    assert (truth["dependence"] == bands.astype(str)).all()
    assert (truth["organisations"] == 1).all()
    export = truth["turnover_defence"] * truth["export_percent"] / 100
    assert np.allclose(truth["export_defence"], export, atol=0.001)
    assert (truth["certainty"] == truth["unit"].map(certain).astype(int)).all()


def test_the_export_loads_and_says_the_truth_where_nothing_was_planted(written):
    for name, wave in synthetic.write(written, SEED).items():
        book, folder = BOOKS[int(name)], written / name / "raw"
        answers = load.answers(folder / "responses.csv", book).table
        frame = load.frame(folder / "frame.csv")
        kvk = answers[answers["variable"] == "kvk"].set_index("respondent_id")["value"]
        unit_of = kvk.map(frame[frame["kvk"] != ""].set_index("kvk")["unit"])
        planted = wave.planted[["unit", "variable", "year"]]
        planted = set(planted.itertuples(index=False, name=None))
        truth = wave.truth.set_index(["unit", "reference_year"])
        last, compared = max(book.questions["fin"].years), 0
        for variable in book.answered():
            cells = answers[(answers["variable"] == variable.answer) & (answers["status"] == "ok")]
            cells = cells.assign(unit=cells["respondent_id"].map(unit_of)).dropna(subset=["unit"])
            for cell in cells.itertuples():
                year = last if pd.isna(cell.year) else int(cell.year)
                if (cell.unit, variable.name, year) not in planted:
                    said = float({"Y": 1, "N": 0}.get(cell.value, cell.value))
                    assert said == pytest.approx(truth.at[(cell.unit, year), variable.name])
                    compared += 1
        assert compared > 4000
        assert not set(answers["status"]) & {"unparsed", "invalid", "suspect", "ambiguous"}


def test_what_is_ticked_and_divided_agrees_with_the_truth(wave):
    unit_of = wave.frame.set_index("kvk")["unit"]
    rows = wave.responses[wave.responses["submitdate"].notna() & (wave.responses["sector"] == "Y")]
    rows = rows.assign(unit=rows["kvk"].str.replace(" ", "").map(unit_of)).dropna(subset=["unit"])
    truth = wave.truth.drop_duplicates("unit").set_index("unit").loc[rows["unit"]]
    domains = {"ZEE": "maritime", "LUC": "air_space", "LAN": "land", "VEI": "security"}
    parts = rows[[f"domsplit[{code}]" for code in domains]].astype(float).fillna(0)
    parts.columns = list(domains.values())
    divided = parts.sum(axis=1) > 0

    assert divided.mean() > 0.9
    assert (parts.sum(axis=1)[divided] == 100).all()
    dominant = parts[divided].idxmax(axis=1)
    assert (dominant.to_numpy() == truth["military_domain"][divided.to_numpy()].to_numpy()).all()
    ticked = (rows["klant[PRB]"] == "Y").to_numpy()
    assert (ticked == (truth["customer.producer_abroad"] == 1)).all()
    positions = rows["rol"].map(BOOKS[2026].dimensions["chain_position"].answer_codes)
    answered = positions.notna().to_numpy()
    assert answered.mean() > 0.9
    assert (positions.to_numpy() == truth["chain_position"].to_numpy())[answered].all()


def test_the_csv_module_reads_as_many_rows_as_were_made(written, wave):
    text = (written / "2026" / "raw" / "responses.csv").read_text(encoding="utf-8-sig")

    assert len(list(csv.reader(io.StringIO(text)))) == len(wave.responses) + 1


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [-1, 1.5, "2026", True, None])
def test_a_seed_that_is_no_whole_number_from_0_is_refused(seed):
    with pytest.raises(ParameterError, match="whole number from 0"):
        synthetic.population(seed, CHOICES)


def test_a_total_that_the_organisations_cannot_reach_is_refused():
    totals = dict(CHOICES.totals)
    totals["2023"] = dataclasses.replace(totals["2023"], export_defence=7_700_001)

    with pytest.raises(ConvergenceError, match=r"synthetic\.yml"):
        synthetic.population(SEED, dataclasses.replace(CHOICES, totals=totals))


def test_a_round_that_asks_for_an_unknown_year_is_refused():
    asked = dataclasses.replace(parameters_of(2026), reference_years=[2025, 2026])
    everyone = synthetic.population(SEED, CHOICES)

    with pytest.raises(ParameterError, match="no figures of 2026"):
        synthetic.round_of(everyone, asked, BOOKS[2026], SEED, CHOICES)


def test_a_rate_for_an_unknown_variable_is_refused_with_the_closest_known():
    wrong = dataclasses.replace(CHOICES, unanswered={"turnover_defense": 5.0})
    everyone = synthetic.population(SEED, CHOICES)

    with pytest.raises(ParameterError, match="Closest: turnover_defence"):
        synthetic.round_of(everyone, parameters_of(2026), BOOKS[2026], SEED, wrong)


def test_a_codebook_with_other_codes_is_refused():
    book = BOOKS[2026]
    province = book.dimensions["province"]
    fewer = dataclasses.replace(province, codes=province.codes[1:])
    book = dataclasses.replace(book, dimensions={**book.dimensions, "province": fewer})
    everyone = synthetic.population(SEED, CHOICES)

    with pytest.raises(InputError, match="province"):
        synthetic.round_of(everyone, parameters_of(2026), book, SEED, CHOICES)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("base_year: 2023", "base_yaer: 2023", "base_yaer"),
        ("maritime:  {organisations: 198", "maritime:  {organisations: 199", "by military domain"),
        ("base_year: 2023", "base_year: 2019", "base year"),
        ("totals:", "totals: [", "near line"),
    ],
)
def test_a_data_file_that_contradicts_itself_is_refused(tmp_path, old, new, words):
    text = (PROJECT / "parameters" / "synthetic.yml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "parameters").mkdir()
    changed = text.replace(old, new, 1)
    (tmp_path / "parameters" / "synthetic.yml").write_text(changed, encoding="utf-8")

    with pytest.raises(ParameterError, match=words):
        synthetic.read_choices(tmp_path)


def test_a_question_that_the_twin_does_not_know_stays_blank():
    book = BOOKS[2026]
    question = codebook.Question("nieuw", "text", codebook.Label("Nieuw?", "New?"))
    number = codebook.Question("getal", "number", codebook.Label("Getal?", "Number?"))
    added = {**book.questions, "nieuw": question, "getal": number}
    wave = synthetic.round_of(
        synthetic.population(SEED, CHOICES),
        parameters_of(2026),
        dataclasses.replace(
            book,
            questions=added,
            groups=(*book.groups, codebook.Group(question.label, ("nieuw", "getal"))),
        ),
        SEED,
        CHOICES,
    )

    assert set(wave.responses["nieuw"].dropna()) <= {""}
    assert wave.responses["getal"].isna().all()


# --- how figures are made to add up -------------------------------------------------------------


def test_rounding_gives_the_rest_to_the_largest_remainders():
    assert list(calibrate.rounded(np.array([1.5, 2.2, 3.3]), 7)) == [2, 2, 3]


def test_bending_doubles_the_odds_where_that_meets_the_total():
    # Odds 1:1 and 1:3 become 2:1 and 2:3; nothing stays nothing and all stays all.
    shares, wholes = np.array([0.5, 0.25, 0.0, 1.0]), np.array([3.0, 5.0, 7.0, 2.0])

    parts = calibrate.bent(shares, wholes, total=2 + 2 + 0 + 2)

    assert parts == pytest.approx([2, 2, 0, 2])


def test_scaling_keeps_to_the_bounds():
    values = calibrate.scaled(np.array([1.0, 10.0, 100.0]), 63, low=3, high=50)

    assert values == pytest.approx([3, 10, 50])


@given(st.lists(st.integers(1, 10**6), max_size=20), st.data())
def test_nudged_percentages_meet_the_total_when_there_are_bases_of_all_sizes(bases, data):
    bases = np.array([*bases, *2.0 ** np.arange(20)])
    percents = data.draw(st.lists(st.integers(30, 70), min_size=len(bases), max_size=len(bases)))
    wanted = bases @ percents / 100 * data.draw(st.floats(0.95, 1.05))

    moved = calibrate.nudged(np.array(percents, dtype=float), bases, wanted)

    assert abs(bases @ moved / 100 - wanted) <= 0.001 + 1e-6
    assert ((moved >= 0) & (moved <= 100)).all()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_rounded_numbers_meet_the_total_and_pass_no_whole_number(values):
    total = round(sum(values))
    exact = np.array(values) + (total - sum(values)) / len(values)

    numbers = calibrate.rounded(exact, total)

    assert numbers.sum() == total
    assert ((numbers >= np.floor(exact)) & (numbers <= np.ceil(exact + 1e-6))).all()


@pytest.mark.parametrize(
    ("amount", "style", "text", "says"),
    [
        (7138, "plain", "7138", 7138),
        (7138, "points", "7.138", 7138),
        (7138, "euro", "€ 7.138", 7138),
        (1234567, "spaces", "1 234 567", 1234567),
        (7138, "comma_zero", "7.138,0", 7138),
        (500, "dash", "500,-", 500),
        (1200, "millions", "1,2 mln", 1200),
        (7138, "millions", "7,14 mln", 7140),
        (713, "millions", "713", 713),
        (7138, "about", "ca. 7.140", 7140),
        (500, "about", "ca. 500", 500),
        (50, "about", "50", 50),
    ],
)
def test_amounts_are_typed_as_dutch_people_type_them(amount, style, text, says):
    assert typed.amount(amount, style) == (text, says)


# --- what they expect, owe and work with --------------------------------------------------------


def views_of_2023(seed: int = SEED) -> pd.DataFrame:
    units = in_scope(seed)
    return units[units["reference_year"] == 2023]


# Berenschot 2024, p. 39, 59, 62 and 35, of 1,050 organisations.
@pytest.mark.parametrize(
    ("column", "percent"),
    [
        ("finance_source.none", 75),
        ("finance_source.parent", 13),
        ("finance_source.bank_nl", 5),
        ("finance_challenge.none", 64),
        ("finance_challenge.exclusion", 17),
        ("destination.netherlands", 90),
        ("destination.germany", 46),
        ("destination.china", 1),
        ("dis_area.cyber", 11),
    ],
)
def test_so_many_say_so_as_was_published(column, percent):
    assert views_of_2023()[column].sum() == pytest.approx(10.5 * percent, abs=1)


@pytest.mark.parametrize("seed", SOME_SEEDS)
def test_71_percent_expect_growth_and_scale_up_means_are_22_and_57(seed):
    units = views_of_2023(seed)
    expected = units["growth_expectation"].value_counts(normalize=True)

    assert expected["rise"] + expected["large_rise"] == pytest.approx(0.71, abs=0.002)
    assert expected["large_rise"] == pytest.approx(0.37, abs=0.002)
    assert units["scaleup_12_percent"].mean() == pytest.approx(22, abs=0.001)
    assert units["scaleup_max_percent"].mean() == pytest.approx(57, abs=0.001)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10**9))
def test_views_do_not_contradict_each_other_for_any_seed(seed):
    units = views_of_2023(seed)
    raised = units[[c for c in units if c.startswith("finance_source.")]]
    raised = raised.drop(columns="finance_source.none").any(axis=1)
    abroad = [c for c in units if c.startswith("destination.") and c != "destination.netherlands"]
    reasons = [c for c in units if c.startswith("finance_none_reason.")]
    payers = ["rd_own_percent", "rd_ministry_percent", "rd_eu_percent", "rd_customers_percent"]
    domains = [f"{domain}_percent" for domain in CHOICES.military_domains]
    order = ["scaleup_6_percent", "scaleup_12_percent", "scaleup_24_percent", "scaleup_max_percent"]

    assert (raised == (units["finance_source.none"] == 0)).all()
    assert (units.loc[units["finance_source.none"] == 0, reasons] == 0).all(axis=None)
    assert (units[abroad].any(axis=1) <= units["exporting"].astype(bool)).all()
    assert (units[payers].sum(axis=1) == 100).all() and (units[domains].sum(axis=1) == 100).all()
    assert (units[order].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert (units["purchases_outside_eu_percent"] <= units["purchases_abroad_percent"]).all()
    assert (units["vacancies_hard"] <= units["vacancies"]).all()
    for institute in ("tno", "university", "abroad"):
        forms = [c for c in units if c.startswith(f"cooperation.{institute}_")]
        assert (units[forms].sum(axis=1) == units[f"knowledge_partner.{institute}"]).all()


def test_a_code_that_more_choose_than_may_is_refused():
    views = CHOICES.views
    chosen = views.overlapping["finance_source"]
    chosen = dataclasses.replace(chosen, percents={**chosen.percents, "parent": 30.0})
    overlapping = {**views.overlapping, "finance_source": chosen}
    wrong = dataclasses.replace(CHOICES, views=dataclasses.replace(views, overlapping=overlapping))

    with pytest.raises(ParameterError, match="315 organisations choose one code of finance_source"):
        synthetic.population(SEED, wrong)


def test_routing_and_exclusive_answers_hold_in_every_complete_response(wave):
    rows = wave.responses[wave.responses["submitdate"].notna() & (wave.responses["sector"] == "Y")]
    none = rows["finbron[NON]"] == "Y"
    others = rows[[c for c in rows if c.startswith("finbron[") and c != "finbron[NON]"]]

    assert (others[none] != "Y").all(axis=None)
    assert rows.loc[none, "finwaar[NOD]"].notna().all()
    assert rows.loc[~none, "finwaar[NOD]"].isna().all()
    assert rows.loc[rows["afhank"] != "Y", "afhwat[CHP]"].isna().all()
    assert set(rows["groei"].dropna()) == {"1", "2", "3", "4", "5", "9"}
    assert set(rows["eenheid"]) == {"", "1", "2"}
