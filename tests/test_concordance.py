"""The lists of 2018 lead to those of the D-SII; a series goes on where codes mean the same."""

from pathlib import Path

import pytest

from nldtib import concordance, rounds
from nldtib.errors import InputError

PROJECT = Path(__file__).resolve().parents[1]
BOOK = rounds.read_codebook(2026, PROJECT)


def project(tmp_path: Path, old: str, new: str) -> Path:
    text = (PROJECT / concordance.SOURCE).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "parameters").mkdir()
    (tmp_path / concordance.SOURCE).write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path


def test_every_code_of_2018_leads_somewhere_or_says_that_it_does_not():
    table = concordance.read(PROJECT, BOOK)

    for name in ("dis_area", "dis_capacity", "dis_knowledge", "dis_technology"):
        codes = {item.code for item in BOOK.dimensions[name].codes}
        assert set(table.loc[table["from_list"] == name, "from_code"]) == codes
    assert set(table["to_list"]) == {"nld_area", "base_area"}
    assert (table["source"] != "").all()


def test_a_series_goes_on_only_between_codes_that_stand_for_each_other_alone():
    table = concordance.read(PROJECT, BOOK)

    areas = concordance.continued(table, "dis_area", "base_area")
    # Cyber stands alone too, but its base area is wider: it adds electronic warfare.
    assert areas == {"robotics": "autonomous"}
    # Two DIS technologies lead to intelligent systems, so neither goes on there.
    onward = concordance.continued(table, "dis_technology", "nld_area")
    assert "ai" not in onward and "robotics" not in onward
    assert onward["space"] == "space"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("dis_area,robotics,base_area,autonomous", "dis_area,robots,base_area,autonomous", "robot"),
        ("dis_area,cyber,base_area,cyber_ew,part", "dis_area,cyber,base_area,cyber_ew,many_to_many", "one_to_one"),  # noqa: E501
        ("weapons_air,base_area,weapon_systems,many_to_many", "weapons_air,base_area,weapon_systems,one_to_one", "many_to_many"),  # noqa: E501
        ("dis_area,cyber,nld_area,,none", "dis_area,robotics,nld_area,,none", "none"),
        ("judgement", "guess", "basis other"),
        ("base_area", "basic_area", "Closest: base_area"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_hold_is_refused(tmp_path, old, new, words):
    with pytest.raises(InputError, match=words):
        concordance.read(project(tmp_path, old, new), BOOK)


def test_a_forgotten_code_is_refused(tmp_path):
    text = (PROJECT / concordance.SOURCE).read_text(encoding="utf-8")
    line = next(row for row in text.splitlines() if row.startswith("dis_area,cyber,base_area"))

    with pytest.raises(InputError, match="forgets 1 code"):
        concordance.read(project(tmp_path, line + "\n", ""), BOOK)
