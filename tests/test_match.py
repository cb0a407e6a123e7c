"""Which organisation is which: numbers are checked, likeness is proposed, people decide."""

import csv

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nldtib import produce, rounds
from nldtib.errors import InputError
from nldtib.produce import linking
from nldtib.records import clean, load, match, synthetic
from nldtib.records.synthetic import lists
from nldtib.records.synthetic.choices import read as read_choices

ROOT = rounds.project_root()
CHOICES = rounds.read_parameters(2026, ROOT).match
STARTS = rounds.read_postcodes(ROOT)


def reference(name: str) -> list[dict]:
    folders = [folder / "shared" / "reference_data" for folder in ROOT.parents]
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        pytest.skip(f"{name} does not stand beside this project")
    return list(csv.DictReader(path.open(encoding="utf-8")))


def frame(**changed) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "unit": ["a", "b", "c"],
            "name": ["Kwelbroek Optronica B.V.", "Zoemveen Advies N.V.", "Stichting Ruishorst"],
            "kvk": ["00000001", "00000002", "00000003"],
            "postcode": ["1011 AB", "4701 AB", "9901 AB"],
            "province": ["NH", "NB", "GR"],
            "holding": list("abc"),
            "organisation_type": "company",
            "employees": 10.0,
            "military_domain": "land",
            "mod_business": 0,
            "known_large": 0,
            "source_ministry": [0, 1, 0],
        }
    )
    return table.assign(**changed)


def answers(*rows) -> pd.DataFrame:
    """Each row: respondent, typed name, typed number."""
    found = [
        (respondent, variable, value, "ok")
        for respondent, name, number in rows
        for variable, value in (("orgnaam", name), ("kvk", number))
    ]
    table = pd.DataFrame(found, columns=["respondent_id", "variable", "value", "status"])
    wrong = (table["variable"] == "kvk") & ~table["value"].map(match.CHECKS["kvk"])
    table.loc[wrong, "status"] = "invalid"
    raw = table["value"].copy()
    table.loc[wrong, "value"] = ""
    return table.assign(raw=raw, note="", year=pd.array([None] * len(table), dtype="Int64"))


def decisions(*rows) -> pd.DataFrame:
    """Each row: unit, variable, old, new."""
    table = pd.DataFrame(rows, columns=["unit", "variable", "old", "new"], dtype=str)
    return table.assign(year="", reason="looked it up", who="analyst", date="2026-02-01")


# --- identifiers


@pytest.mark.parametrize(
    ("kind", "text", "holds"),
    [
        ("rsin", "123456782", True),  # 9+16+21+24+25+24+21+16-2 = 154 = 14 x 11
        ("rsin", "123456789", False),
        ("rsin", "000000000", False),
        ("kvk", "01234567", True),
        ("kvk", "1234567", False),
        ("vestigingsnummer", "000012345678", True),
        ("btw_id", "NL123456782B01", True),
        ("btw_id", "NL123456789B13", True),
        ("btw_id", "NL123456789B01", False),
        ("postcode", "1234 AB", True),
        ("postcode", "1234SS", False),
        ("postcode", "0123AB", False),
    ],
)
def test_a_number_holds_or_not(kind, text, holds):
    assert match.CHECKS[kind](text) is holds


def test_every_example_of_the_reference_list_is_judged_right():
    rows = reference("nl_identifier_test_values.csv")

    judged = [
        match.CHECKS[row["identifier"]](row["value"]) == (row["valid"] == "1") for row in rows
    ]

    assert len(rows) > 30 and all(judged)


@given(st.integers(10_000_000, 99_999_999), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_figure_never_passes_the_eleven_test(eight, place, step):
    passing = [f"{eight}{last}" for last in range(10) if match.CHECKS["rsin"](f"{eight}{last}")]
    for text in passing:
        wrong = text[:place] + str((int(text[place]) + step) % 10) + text[place + 1 :]
        assert not match.CHECKS["rsin"](wrong)


def test_every_known_postcode_lies_in_its_province():
    names = {"Noord-Holland": "NH", "Zuid-Holland": "ZH", "Noord-Brabant": "NB", "Gelderland": "GE"}
    names |= {"Flevoland": "FL", "Utrecht": "UT", "Zeeland": "ZE", "Limburg": "LI"}
    names |= {"Overijssel": "OV", "Drenthe": "DR", "Friesland": "FR", "Groningen": "GR"}
    rows = reference("nl_pc4_province.csv")

    right = [match.province_of(row["pc4"], STARTS) == names[row["province"]] for row in rows]

    assert len(rows) > 4000 and np.mean(right) > 0.998


@pytest.mark.parametrize(
    ("changed", "check", "units"),
    [
        ({"kvk": ["1", "00000002", "00000003"]}, "kvk_invalid", ["a"]),
        ({"kvk": ["", "00000002", "00000003"]}, "kvk_empty", ["a"]),
        ({"kvk": ["00000002", "00000002", "00000003"]}, "kvk_twice", ["a", "b"]),
        ({"rsin": ["123456782", "123456789", ""]}, "rsin_invalid", ["b"]),
        ({"postcode": ["1011 SS", "4701 AB", "9901 AB"]}, "postcode_invalid", ["a"]),
        ({"province": ["NH", "NB", "NH"]}, "province_differs", ["c"]),
    ],
)
def test_a_failing_check_is_a_finding(changed, check, units):
    found = match.findings(frame(**changed), "kvk", STARTS)

    assert found.to_dict("list") == {"unit": units, "check": [check] * len(units)}


# --- names


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Kwelbroek Optronica B.V.", "kwelbroek optronica"),
        ("KWELBROEK OPTRONICA BV", "kwelbroek optronica"),
        ("Stichting Coördinatie & Revisie", "coordinatie en revisie"),
        ("Ørsted Holding N.V.", "orsted"),
        ("Holding B.V.", "holding bv"),
        ("Zoem v.o.f.", "zoem"),
    ],
)
def test_what_tells_nothing_is_taken_out_of_a_name(name, plain):
    assert match.normalised(pd.Series([name]), CHOICES).item() == plain


# --- candidates


def test_a_misspelt_number_with_a_like_name_is_proposed_and_not_linked():
    given = answers(("1", "KWELBROEK OPTRONICA BV", "10000001"), ("2", "Zoemveen", "00000002"))

    found = match.responses(given, frame(), "kvk", CHOICES)

    assert found[["left", "right", "same_name", "near_identifier"]].values.tolist() == [
        ["1", "a", 1, 1]
    ]
    assert clean.link(given, frame(), "kvk").strangers == 1


def test_a_number_that_cannot_be_is_held_against_the_frame_as_it_was_typed():
    found = match.responses(
        answers(("1", "Kwelbrook Optronica", "0000001")), frame(), "kvk", CHOICES
    )

    assert found[["right", "near_identifier"]].values.tolist() == [["a", 1]]


def test_a_number_that_two_units_bear_links_nothing_and_both_are_proposed():
    twice = frame(kvk="00000001", name="Kwelbroek B.V.")
    given = answers(("1", "Kwelbroek", "00000001"), ("2", "Kwelbroek", "00000001"))

    with pytest.raises(InputError, match="None of 2 responses"):
        clean.link(given, twice, "kvk")
    assert len(match.responses(given, twice, "kvk", CHOICES)) == 6


def test_two_units_with_like_names_are_proposed_once():
    table = frame(name=["Kwelbroek Optronica B.V.", "Zoemveen Advies", "Kwelbroek Optronika"])

    found = match.duplicates(table, "kvk", CHOICES)

    assert found[["left", "right"]].values.tolist() == [["c", "a"]]
    assert 92 <= found["score"].item() < 100


def test_a_common_word_tells_less_than_a_rare_one():
    names = ["Kwel Optronica", "Zoem Optronica", "Ruis Optronica"]

    assert match.duplicates(frame(name=names), "kvk", CHOICES).empty


# --- decisions on links


def linked(table, given, *rows) -> match.Links:
    return match.decided(decisions(*rows), given, table, "kvk")


def test_a_decided_response_is_linked_and_no_longer_proposed():
    given = answers(("1", "Kwelbroek Optronica", "10000001"), ("2", "Zoemveen", "00000002"))

    links = linked(frame(), given, ("1", "unit", "10000001", "a"))
    proposed = match.responses(given, frame(), "kvk", CHOICES)

    assert clean.link(given, frame(), "kvk", links.unit_of).strangers == 0
    assert len(proposed) == 1 and match.open_candidates(proposed, links).empty


def test_a_response_may_be_decided_to_belong_to_no_unit():
    given = answers(("1", "Kwelbroek Optronica", "10000001"), ("2", "Zoemveen", "00000002"))

    links = linked(frame(), given, ("1", "unit", "10000001", "none"))

    assert clean.link(given, frame(), "kvk", links.unit_of).strangers == 1
    assert match.open_candidates(match.responses(given, frame(), "kvk", CHOICES), links).empty


def test_a_duplicate_leaves_the_frame_with_its_responses_and_sources_moved():
    given = answers(("1", "Zoemveen", "00000002"))

    links = linked(frame(), given, ("b", "duplicate_of", "00000002", "a"))
    kept = match.merged(frame(), links.same)

    assert kept["unit"].tolist() == ["a", "c"]
    assert kept["source_ministry"].tolist() == [1, 0]
    assert clean.link(given, kept, "kvk", links.unit_of).table["unit"].unique().tolist() == ["a"]


def test_a_chain_of_duplicates_ends_at_the_unit_that_stays():
    rows = (("c", "duplicate_of", "00000003", "b"), ("b", "duplicate_of", "00000002", "a"))

    assert linked(frame(), answers(), *rows).same == {"c": "a", "b": "a"}


def test_units_decided_to_be_two_are_no_longer_proposed():
    table = frame(name="Kwelbroek B.V.")

    links = linked(table, answers(), ("b", "not_duplicate_of", "00000002", "a"))

    left = match.open_candidates(match.duplicates(table, "kvk", CHOICES), links)
    assert left[["left", "right"]].values.tolist() == [["c", "a"], ["c", "b"]]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("9", "unit", "10000001", "a"), "^1 decisions on links name an unknown"),
        (("1", "unit", "10000001", "z"), "^1 decisions on links name an unknown"),
        (("1", "unit", "10000009", "a"), "1 were made on an identifier"),
        (("b", "duplicate_of", "00000009", "a"), "1 were made on an identifier"),
        (("b", "duplicate_of", "00000002", "b"), "1 lead back to themselves"),
        (("b", "duplicate_of", "00000002", "none"), "^1 decisions on links name an unknown"),
    ],
)
def test_a_decision_on_a_link_that_does_not_fit_is_refused(row, sentence):
    with pytest.raises(InputError, match=sentence):
        linked(frame(), answers(("1", "Kwelbroek", "10000001")), row)


# --- lists of sources


def test_rows_of_several_lists_meet_by_their_number_alone():
    named = {
        "ministry": pd.DataFrame(
            {"name": ["Kwelbroek", "Nieuw"], "kvk": ["0000 0001", "00000009"]}
        ),
        "tender": pd.DataFrame(
            {"name": ["KWELBROEK BV", "Nieuw", "Los"], "kvk": ["00000001", "", ""]}
        ),
    }

    found = match.gathered(named, frame(), {"tender:3": "c"})

    assert found[["organisation", "unit", "source_ministry", "source_tender"]].values.tolist() == [
        ["a", "a", 1, 1],
        ["00000009", "", 1, 0],
        ["tender:2", "", 0, 1],
        ["c", "c", 0, 1],
    ]
    proposed = match.listed(found, frame(), "kvk", CHOICES)
    assert proposed[["left", "right"]].values.tolist() == [["tender:2", "00000009"]]


def test_a_list_without_names_is_refused(tmp_path):
    (tmp_path / "ministry.csv").write_text("kvk\n1\n", encoding="utf-8")

    with pytest.raises(InputError, match="lacks the column name"):
        load.lists(tmp_path)


# --- how good it is, on the invented twin


@pytest.fixture(scope="module")
def twin(tmp_path_factory) -> tuple:
    folder = tmp_path_factory.mktemp("twin")
    waves = synthetic.write(folder, 2026)
    return rounds.read(folder / "2026"), waves["2026"]


def test_misspelt_numbers_are_all_proposed_and_nothing_else(twin):
    this_round, wave = twin
    given = load.answers(this_round.folder / "raw" / "responses.csv", this_round.codebook).table

    found = match.responses(given, wave.frame, "kvk", CHOICES)

    wrong = wave.planted[wave.planted["kind"] == "unknown_kvk"]
    truth = set(zip(wrong["respondent_id"], wrong["unit"], strict=True))
    assert set(zip(found["left"], found["right"], strict=True)) == truth


def test_most_planted_duplicates_are_proposed(twin):
    _, wave = twin
    rng, chosen = np.random.default_rng(7), wave.frame.sample(60, random_state=7)
    names = [lists.otherwise(rng, name) for name in chosen["name"]]
    planted = chosen.assign(unit="D" + chosen["unit"], name=names, kvk="")
    planted.loc[planted.index[::2], "postcode"] = ""
    table = pd.concat([wave.frame, planted], ignore_index=True)

    found = match.duplicates(table, "kvk", CHOICES)

    hit = found["left"].str.slice(1).eq(found["right"]) & found["left"].str.startswith("D")
    assert found.loc[hit, "left"].nunique() / len(planted) >= 0.95  # recall
    assert hit.mean() >= 0.8  # precision


def test_rows_of_lists_without_number_find_their_organisation(twin):
    this_round, wave = twin
    named = lists.of_sources(wave.frame, 2026, 2026, read_choices(ROOT))
    truth = {
        f"{source}:{number}": unit
        for source, table in named.items()
        for number, unit in enumerate(table["unit"], start=1)
    }

    organisations = match.gathered(
        load.lists(this_round.folder / "raw" / "sources"), wave.frame, {}
    )
    found = match.listed(organisations, wave.frame, "kvk", CHOICES)

    bare = organisations.loc[organisations["organisation"].str.contains(":"), "organisation"]
    is_unit = found["right"].map(lambda key: truth.get(key, key))
    right = found["left"].map(truth) == is_unit
    assert found.loc[right, "left"].nunique() / len(bare) >= 0.95
    assert right.mean() >= 0.9


def test_what_is_told_of_links_is_counts_only(twin):
    this_round, wave = twin
    known = produce.prepare(this_round).gathered.known

    told = " ".join(linking.told(known))

    assert not any(name in told for name in wave.frame["name"] if len(name) > 4)
    links = linking.measures(known)["links"]
    assert links.loc["response", ["open", "accepted"]].tolist() == [1, 1]
    assert links.loc["duplicate", "accepted"] == 3
