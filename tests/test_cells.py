"""The safe file: what is written is read back, and nothing unprotected comes through."""

import json
from pathlib import Path

import editions
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nldtib.errors import (
    InputError,
    NldtibError,
    ParameterError,
    SchemaError,
    UnprotectedError,
)
from nldtib.pages import cells

FILES = ("cells.csv", "account.csv", "quality.csv", "run.json")
TRUTH = editions.truth()

QUALITY = editions.quality(TRUTH)

anywhere = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def outputs(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("NLDTIB_OUTPUTS", str(tmp_path))
    return tmp_path


def small(**columns: list) -> pd.DataFrame:
    """Return the figures of one small table, with some columns replaced."""
    chosen = TRUTH[(TRUTH["table"] == "turnover_by_military_domain")].head(6)
    return chosen.reset_index(drop=True).assign(**columns)


def written(folder: Path, figures: pd.DataFrame, **changes: object) -> Path:
    run = editions.run() | changes
    cells.write(folder, figures, editions.account(), QUALITY, run)
    return folder


def mended(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(kind: type[NldtibError], **choices: object) -> str:
    with pytest.raises(kind) as refused:
        cells.read(**{"survey_round": 2026, "edition": "first", **choices})
    return str(refused.value)


# What is written is what is read


@anywhere
@given(
    values=st.lists(
        st.floats(-1e12, 1e12).map(lambda value: float(f"{value:.10g}") + 0.0),
        min_size=6,
        max_size=6,
    ),
    hidden=st.sets(st.integers(0, 5), max_size=6),
)
def test_cells_come_back_as_they_were_written(outputs, values, hidden):
    figures = small(value=values, low=values, high=values)
    figures = editions.hidden(figures, figures["key"].iloc[sorted(hidden)])
    written(outputs / "2026" / "first", figures)

    read = cells.read(2026, "first").cells

    expected = figures.sort_values(["table", "key"]).reset_index(drop=True)
    expected = expected.astype({"n": "Int64"})
    pd.testing.assert_frame_equal(read[expected.columns], expected, rtol=1e-9)
    pd.testing.assert_series_equal(read["value"], expected["value"], rtol=0, atol=0)


@anywhere
@given(order=st.permutations(range(6)))
def test_the_order_of_the_rows_leaves_no_trace(outputs, order):
    one, two = outputs / "one", outputs / "two"

    written(one, small())
    written(two, small().iloc[list(order)])

    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in FILES)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7_700_000.0, "7700000"),
        (1 / 3, "0.3333333333"),
        (2 / 3 * 1e6, "666666.6667"),
        (0.1 + 0.2, "0.3"),
        (-0.0, "0"),
        (-12.5, "-12.5"),
        (1e-7, "1e-07"),
    ],
)
def test_a_number_is_written_with_ten_digits_and_no_more_signs_than_needed(tmp_path, value, text):
    figures = small(value=[value] * 6)

    lines = (written(tmp_path, figures) / "cells.csv").read_text("utf-8").splitlines()

    place = lines[0].split(",").index("value")
    assert lines[1].split(",")[place] == text


def test_the_files_are_utf_8_with_bare_line_ends(tmp_path):
    folder = written(tmp_path, small(base=["populatie, één"] * 6))

    for name in FILES:
        text = (folder / name).read_bytes()
        assert b"\r" not in text and text.endswith(b"\n")
        text.decode("utf-8")
    assert "één" in (folder / "cells.csv").read_text(encoding="utf-8")


def test_an_edition_brings_its_words_its_plan_and_the_figures_published_before(outputs):
    editions.write(outputs)

    edition = cells.read(2026, "first", language="en")

    assert (edition.name, edition.survey_round, edition.language) == ("first", 2026, "en")
    assert edition.years == (2023, 2024, 2025)
    assert edition.invented
    assert edition.tables["changes"].page == "trends"
    assert {2006, 2023} < set(edition.reference["reference_year"])
    assert "R24" in set(edition.sources["key"])


def test_the_newest_edition_of_an_earlier_round_comes_along(outputs):
    for name in ("draft-1", "first", "revised"):
        editions.write(outputs, editions.truth(2024), 2024, name)
    editions.write(outputs)

    (earlier,) = cells.read(2026, "first").earlier

    assert (earlier.survey_round, earlier.name, earlier.earlier) == (2024, "revised", ())


def test_an_earlier_round_may_be_absent(outputs):
    editions.write(outputs)

    assert cells.read(2026, "first").earlier == ()


# What does not come through


def test_an_edition_that_is_not_there_says_how_to_make_it(outputs):
    assert "nldtib run" in refusal(InputError, edition="second")


@pytest.mark.parametrize("name", FILES)
def test_an_unfinished_edition_is_refused(outputs, name):
    (editions.write(outputs) / name).unlink()

    assert name in refusal(InputError)


@pytest.mark.parametrize(
    "choices",
    [
        {"language": "fr"},
        {"audience": "friends"},
        {"edition": "../first"},
        {"survey_round": "../2026"},
        {"survey_round": 20260},
    ],
)
def test_what_cannot_be_asked_is_refused(outputs, choices):
    editions.write(outputs)

    refusal(ParameterError, **choices)


def test_a_hidden_figure_with_a_value_is_neither_written_nor_read(outputs):
    key = "turnover_defence:military_domain=land:2025"
    leaking = editions.hidden(TRUTH, [key])
    leaking.loc[leaking["key"] == key, "high"] = 987_654.0

    with pytest.raises(UnprotectedError) as refused:
        written(outputs / "2026" / "first", leaking)
    assert "987" not in str(refused.value)

    folder = editions.write(outputs, editions.hidden(TRUTH, [key]))
    mended(folder / "cells.csv", ",,,,,", ",,,987654,,")
    assert "1 figures" in refusal(UnprotectedError)


@pytest.mark.parametrize("status", ["", "primary", "Published", "ok"])
def test_a_figure_without_a_known_status_is_refused(tmp_path, status):
    with pytest.raises(UnprotectedError, match="6 of 6"):
        written(tmp_path, small(status=[status] * 6))


def test_a_figure_hidden_in_one_table_and_shown_in_another_is_refused(tmp_path):
    figures = TRUTH.copy()
    first = figures.index[figures["key"] == "turnover_defence:total:2025"][0]
    torn = editions.hidden(figures.loc[[first]], ["turnover_defence:total:2025"])
    figures = pd.concat([figures.drop(first), torn])

    with pytest.raises(UnprotectedError, match="published in one table and hidden in another"):
        written(tmp_path, figures)


def test_a_key_stands_once_in_a_table(tmp_path):
    with pytest.raises(SchemaError, match="twice"):
        written(tmp_path, pd.concat([small(), small()]))


@pytest.mark.parametrize("name", ["value", "status", "key", "sign"])
def test_a_missing_column_is_named(tmp_path, name):
    with pytest.raises(SchemaError, match=name):
        written(tmp_path, small().drop(columns=name))


@pytest.mark.parametrize("contents", [[0.25] * 6, ["a holding of five"] * 6, [None] * 6, [7] * 6])
def test_a_column_that_is_not_agreed_stays_behind(tmp_path, contents):
    with pytest.raises(SchemaError, match="contribution"):
        written(tmp_path, small(contribution=contents))


def test_a_column_of_codes_that_the_codebook_does_not_know_is_not_read(outputs):
    written(outputs / "2026" / "first", small(reason=["primary"] * 6))

    assert "reason" in refusal(SchemaError)


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_refused(tmp_path, value):
    with pytest.raises(SchemaError, match="not finite"):
        written(tmp_path, small(value=[value] * 6))


def test_a_published_figure_has_a_value(tmp_path):
    with pytest.raises(SchemaError, match="6 published figures have no value"):
        written(tmp_path, small(value=[float("nan")] * 6))


def test_text_among_the_numbers_is_counted_and_never_quoted(outputs):
    folder = editions.write(outputs)
    mended(folder / "quality.csv", ",460\n", ",Acme BV\n")

    said = refusal(SchemaError)

    assert "1 entries of column value in quality.csv" in said
    assert "Acme" not in said


def test_bytes_that_are_no_table_are_refused(outputs):
    folder = editions.write(outputs)
    (folder / "cells.csv").write_bytes(b"\xff\xfe\x00table")

    assert "cells.csv" in refusal(InputError)


@pytest.mark.parametrize(
    ("setting", "value", "kind"),
    [
        ("audience", "analyst", UnprotectedError),
        ("edition", "second", InputError),
        ("survey_round", 2024, InputError),
    ],
)
def test_an_edition_in_the_place_of_another_is_refused(outputs, setting, value, kind):
    folder = editions.write(outputs)
    run = json.loads((folder / "run.json").read_text("utf-8"))
    (folder / "run.json").write_text(json.dumps(run | {setting: value}), "utf-8")

    refusal(kind)


def test_run_json_holds_the_agreed_settings_and_no_other(tmp_path):
    with pytest.raises(SchemaError, match="user"):
        written(tmp_path, small(), user="somebody")

    run = editions.run()
    del run["level"]
    with pytest.raises(SchemaError, match="level"):
        cells.write(tmp_path, small(), editions.account(), QUALITY, run)


def test_a_refused_edition_leaves_no_file(tmp_path):
    with pytest.raises(UnprotectedError):
        written(tmp_path / "first", small(status=["?"] * 6))

    assert not (tmp_path / "first").exists()
