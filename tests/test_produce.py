"""A raw round becomes protected cells: whole, honest, and without a trace of one company."""

import dataclasses

import pandas as pd
import pytest

from nldtib import produce, rounds
from nldtib.errors import InputError, NldtibError, UnprotectedError
from nldtib.gate import audit, ledger, protect
from nldtib.records import estimate, load, synthetic
from nldtib.schema import CELLS, CONTRIBUTIONS, STATUSES


@pytest.fixture(scope="module")
def this_round(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twin")
    synthetic.write(folder, 2026)
    return rounds.read(folder / "2026")


@pytest.fixture(scope="module")
def produced(this_round):
    return produce.edition(this_round, "first")


@pytest.fixture(scope="module")
def prepared(this_round):
    return produce.prepare(this_round)


def copied(this_round, folder):
    """Copy the raw files of the round, so that a test may spoil them."""
    for name in ("raw/responses.csv", "raw/frame.csv", "decisions.csv", "disclosure.yml"):
        target = folder / "2026" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((this_round.folder / name).read_bytes())
    return folder / "2026"


def test_the_truth_of_2023_lies_in_the_interval(this_round, produced):
    truth = pd.read_csv(this_round.folder / "truth.csv")
    cells = produced.cells.set_index(["table", "key"])

    cell = cells.loc[("key_figures", "turnover_defence:total:2023")]

    known = truth.loc[truth["reference_year"] == 2023, "turnover_defence"].sum()
    assert cell["low"] <= known <= cell["high"]


def test_cells_have_the_promised_columns_and_words(produced):
    assert set(CELLS) <= set(produced.cells.columns)
    assert set(produced.cells["status"]) <= set(STATUSES)
    hidden = produced.cells["status"] != "published"
    assert hidden.any()
    assert produced.cells.loc[hidden, ["value", "low", "high", "cv"]].isna().all(axis=None)
    shown = produced.cells[~hidden]
    assert not ((shown["low"] > shown["value"]) | (shown["value"] > shown["high"])).any()
    assert shown["low"].notna().mean() > 0.9


def test_parts_add_up_to_the_whole_where_all_are_shown(produced):
    table = produced.cells[produced.cells["table"] == "turnover_by_size_class"]
    table = table[(table["variable"] == "organisations") & (table["reference_year"] == 2025)]
    whole = table.loc[table["size_class"] == "total", "value"].item()

    assert table.loc[table["size_class"] != "total", "value"].sum() == pytest.approx(whole)


def test_contributions_reproduce_the_estimates(produced):
    assert set(CONTRIBUTIONS) <= set(produced.contributions.columns)
    last = produced.contributions[produced.contributions["reference_year"] == 2025]
    cells = produced.cells.set_index(["table", "key"])

    total = cells.loc[("key_figures", "turnover_defence:total:2025"), "value"]

    assert (last["weight"] * last["turnover_defence"]).sum() == pytest.approx(total)


def test_the_account_loses_nobody(this_round, produced):
    steps = produced.account
    responses = load.answers(
        this_round.folder / "raw" / "responses.csv", this_round.codebook
    ).table["respondent_id"]

    assert steps["units_in"].iloc[0] == responses.nunique()
    assert steps["units_in"].tolist()[1:] == steps["units_out"].tolist()[:-1]
    assert steps["units_out"].iloc[-1] == produced.run["answered"]


def test_every_unit_of_the_frame_is_counted_once(produced):
    ladder = produced.quality[produced.quality["topic"] == "response"]
    total = ladder[ladder["item"] == "total"].set_index("measure")["value"]

    assert total["approached"] == produced.run["approached"]
    assert total[["answered", "out_of_scope", "not_usable", "silent"]].sum() == total["approached"]


def test_the_same_round_gives_the_same_cells(this_round, produced):
    again = produce.edition(this_round, "first")

    pd.testing.assert_frame_equal(again.cells, produced.cells)
    assert again.run == produced.run


def test_nothing_that_leaves_names_a_company(this_round, produced, tmp_path):
    produce.write(produced, this_round, tmp_path)
    published = "".join(p.read_text("utf-8") for p in tmp_path.iterdir())
    frame = load.frame(this_round.folder / "raw" / "frame.csv")

    for column in ("name", "kvk", "unit", "holding"):
        told = [word for word in frame[column] if len(word) > 4 and word in published]
        assert told == []
    assert "@" not in published and str(this_round.root) not in published


def test_people_are_in_no_table_that_a_later_step_reads(this_round, produced):
    answers = load.answers(this_round.folder / "raw" / "responses.csv", this_round.codebook)
    people = answers.personal[answers.personal["email"] != ""]
    tables = {name: table.to_csv() for name, table in produced.secret.items()}
    set_apart = tables.pop("personal/personal.csv")
    tables |= {name: getattr(produced, name).to_csv() for name in ("cells", "account", "quality")}
    tables |= {"long table": answers.table.to_csv(), "report": load.report(answers)}

    whole_names = people["firstname"] + " " + people["lastname"]
    told = [*people["token"], *people["email"], *whole_names]
    assert len(people) > 100
    assert all(text in set_apart for text in [*people["token"], *people["email"]])
    found = {name: [text for text in told if text in table] for name, table in tables.items()}
    assert found == dict.fromkeys(tables, [])


def test_an_edition_that_fails_its_audit_is_not_produced(this_round, produced):
    secret = rounds.read_disclosure(this_round.folder)
    book = this_round.codebook
    rules = protect.Rules(secret.fewest_holdings, secret.p_percent, book.variables, book.dimensions)
    assert audit.tables(produced.cells, produced.contributions, rules).empty
    strict = protect.Rules(40, secret.p_percent, book.variables, book.dimensions)
    assert len(audit.tables(produced.cells, produced.contributions, strict))


def test_an_edition_whose_imputed_values_hide_others_fails_its_audit(
    this_round, tmp_path, monkeypatch
):
    # The gate no longer knows what was imputed; the audit does.
    monkeypatch.setattr(protect.plan, "IMPUTED", "forgotten.")
    careless = produce.edition(this_round, "careless")

    with pytest.raises(UnprotectedError, match=r"The audit found \d+ way\(s\)"):
        produce.write(careless, this_round, tmp_path)


def test_a_final_that_differs_from_its_draft_by_one_respondent_is_not_written(
    this_round, produced, tmp_path
):
    where = copied(this_round, tmp_path)
    another = dataclasses.replace(this_round, folder=where)
    late = produced.contributions["unit"] == produced.contributions["unit"].iloc[0]
    names = ("2026", "draft", "", produced.cells, produced.contributions[~late])
    ledger.add(where, *names, ["a ministry"])

    with pytest.raises(UnprotectedError, match="The audit found"):
        produce.write(produced, another, tmp_path / "edition")
    assert not (tmp_path / "edition" / "audit.json").exists()


def test_a_unit_that_is_a_giant_stands_for_itself_alone(prepared):
    known = prepared.survey.stratum == "known_large"

    assert known.any()
    assert (prepared.survey.weight[known] == 1.0).all()


def test_weights_reproduce_the_counts_of_the_frame(prepared):
    survey, frame = prepared.survey, prepared.frame
    once = survey.records.drop_duplicates("unit").index

    assert survey.weight[once].sum() == pytest.approx(len(frame))
    by_class = survey.weight[once].groupby(survey.records.loc[once, "frame.stratum"]).sum()
    pd.testing.assert_series_equal(
        by_class, survey.population.reindex(by_class.index), check_names=False
    )


def test_organisations_out_of_scope_make_the_base_smaller_than_the_frame(prepared):
    survey = prepared.survey
    where = survey.records["in_scope"] & (survey.records["reference_year"] == 2025)

    count = estimate.total(survey, "organisations", where=where).iloc[0]

    assert count["estimate"] < survey.population.sum()
    assert count["low"] < count["estimate"] < count["high"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("raw/responses.csv", "holds 0 files called responses"),
        ("raw/frame.csv", "frame.csv"),
        ("disclosure.yml", "no disclosure.yml"),
    ],
)
def test_a_missing_file_is_one_sentence(this_round, tmp_path, name, sentence):
    folder = copied(this_round, tmp_path)
    (folder / name).unlink()

    with pytest.raises(NldtibError, match=sentence) as refusal:
        produce.edition(rounds.read(folder), "first")

    assert len(str(refusal.value).splitlines()) == 1


def test_a_second_export_in_the_folder_is_refused(this_round, tmp_path):
    folder = copied(this_round, tmp_path)
    (folder / "raw" / "responses.xlsx").write_bytes(b"another")

    with pytest.raises(InputError, match="holds 2 files called responses"):
        produce.edition(rounds.read(folder), "first")


def test_a_decision_that_no_longer_fits_stops_the_round(this_round, tmp_path):
    folder = copied(this_round, tmp_path)
    path = folder / "decisions.csv"
    decisions = pd.read_csv(path, dtype=str, keep_default_na=False)
    decisions.loc[0, "old"] = "123"
    decisions.to_csv(path, index=False)

    with pytest.raises(InputError, match="1 were made on a value that has changed"):
        produce.edition(rounds.read(folder), "first")


def test_checking_writes_nothing_and_quotes_no_company(this_round):
    before = sorted(this_round.folder.rglob("*"))

    told = produce.check(this_round)

    assert sorted(this_round.folder.rglob("*")) == before
    frame = load.frame(this_round.folder / "raw" / "frame.csv")
    assert not any(name in told for name in frame["name"] if len(name) > 4)
    assert "is complete and readable" in told
