"""Figures that changed between two editions: only what both tell, and never what one hides."""

from pathlib import Path

import editions
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from nldtib import report
from nldtib.errors import InputError, ParameterError
from nldtib.pages import cells, compare

ROOT = Path(__file__).resolve().parents[1]
TRUTH = editions.truth()
TOTAL, FTE, SHARE = (
    "turnover_defence:total:2025",
    "fte_defence:total:2025",
    "export_share:total:2025",
)
HIDDEN = "turnover_defence:military_domain=land:2025"
LATER_HIDDEN = "turnover_defence:military_domain=maritime:2025"


def changed(**values: float) -> pd.DataFrame:
    figures = TRUTH.copy()
    for key, factor in values.items():
        rows = figures["key"] == key
        figures.loc[rows, "value"] *= factor
    return figures


@pytest.fixture(scope="module")
def outputs(tmp_path_factory) -> Path:
    """Write two editions: one figure a tenth larger, one equal as printed, two hidden in turn."""
    folder = tmp_path_factory.mktemp("compared")
    later = changed(**{TOTAL: 1.1, FTE: 1.000001, SHARE: 1.05})
    editions.write(folder, editions.hidden(TRUTH, [HIDDEN]), edition="first")
    editions.write(folder, editions.hidden(later, [LATER_HIDDEN]), edition="revised")
    return folder


@pytest.fixture(scope="module")
def found(outputs) -> pd.DataFrame:
    old, new = (cells.at(outputs / "2026" / name, ROOT) for name in ("first", "revised"))
    return compare.editions(old, new).set_index("key")


def test_what_changed_is_told_with_both_values_and_their_difference(found):
    value = TRUTH.loc[TRUTH["key"] == TOTAL, "value"].iloc[0]

    assert found.loc[TOTAL, "kind"] == "changed"
    assert found.loc[TOTAL, "difference"] == pytest.approx(0.1 * value)
    assert found.loc[TOTAL, "percent"] == pytest.approx(10)


def test_a_percentage_changes_in_points_not_in_percent_of_itself(found):
    value = TRUTH.loc[TRUTH["key"] == SHARE, "value"].iloc[0]

    assert found.loc[SHARE, "difference"] == pytest.approx(0.05 * value)
    assert pd.isna(found.loc[SHARE, "percent"])


def test_what_rounding_hides_has_not_changed(found):
    assert FTE not in found.index


@pytest.mark.parametrize(("key", "kind"), [(HIDDEN, "new"), (LATER_HIDDEN, "gone")])
def test_a_figure_that_one_edition_hides_has_no_difference(found, key, kind):
    row = found.loc[key]

    assert row["kind"] == kind
    assert pd.isna(row["old" if kind == "new" else "new"])
    assert pd.isna(row["difference"]) and pd.isna(row["percent"])


def test_the_same_edition_twice_has_no_differences(outputs):
    edition = cells.at(outputs / "2026" / "first", ROOT)

    assert compare.editions(edition, edition).empty


def test_pages_and_file_stand_apart_from_the_editions(outputs, monkeypatch):
    monkeypatch.setenv("NLDTIB_OUTPUTS", str(outputs))

    place = report.comparison(ROOT, "2026/first", str(outputs / "2026" / "revised"))

    names = {path.name for path in place.parent.iterdir()}
    assert names == {"changes.html", "changes.en.html", "changes.csv"}
    page = BeautifulSoup(place.read_text("utf-8"), "html.parser")
    rows = {row.th.get_text(): row.get_text("|") for row in page.tbody.find_all("tr")}
    (total,) = [
        text
        for head, text in rows.items()
        if head.startswith("Defensieomzet (") and "totaal, 2025" in head
    ]
    assert "+10,0\u00a0%" in total
    assert sum("n.v.t." in text for text in rows.values()) == 2
    assert len(pd.read_csv(place.parent / "changes.csv")) == len(rows)


def test_editions_that_do_not_compare_are_refused(outputs, tmp_path, monkeypatch):
    monkeypatch.setenv("NLDTIB_OUTPUTS", str(outputs))
    real = editions.write(tmp_path, TRUTH, invented=False)
    with pytest.raises(ParameterError, match="One of these editions is invented"):
        report.comparison(ROOT, "2026/first", str(real))
    with pytest.raises(InputError, match=r"There is no edition 2026/nope\."):
        report.comparison(ROOT, "2026/nope", "2026/first")
