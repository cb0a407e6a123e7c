"""Choices are refused when they are unknown, missing or of another kind."""

import shutil

import pytest
import yaml

from nldtib import codebook, rounds
from nldtib.errors import InputError, ParameterError
from nldtib.records import edit

PROJECT = rounds.project_root()


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Lay out a project with the parameters of round 2026 and an empty round folder."""
    shutil.copytree(PROJECT / "parameters", tmp_path / "parameters")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "data" / "rounds" / "2026" / "raw").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def change(project, **settings):
    path = project / "parameters" / "2026" / "round.yml"
    choices = yaml.safe_load(path.read_text(encoding="utf-8"))
    choices.update(settings)
    path.write_text(yaml.safe_dump({k: v for k, v in choices.items() if v != "drop"}), "utf-8")


@pytest.mark.parametrize("name", ["round.yml", "codebook.yml", "edits.yml"])
def test_a_name_that_stands_twice_is_refused_with_its_line(project, name):
    path = project / "parameters" / "2026" / name
    text = path.read_text(encoding="utf-8")
    twice = {
        "round.yml": ("languages:", "theme: neutral\nlanguages:"),
        "codebook.yml": ("  organisations: {unit", "  fte_total: {}\n  organisations: {unit"),
        "edits.yml": ("- name:", "- name: x\n  name:"),
    }[name]
    path.write_text(text.replace(*twice, 1), encoding="utf-8")

    with pytest.raises(InputError, match=rf"{name} cannot be parsed near line \d+. A name stands"):
        this_round = rounds.read("2026")
        edit.read_rules(this_round.rules_file, this_round.codebook)


def test_a_round_is_found_by_name_and_by_path(project):
    by_name = rounds.read("2026")
    by_path = rounds.read("data/rounds/2026")

    assert by_name.folder == by_path.folder
    assert by_name.name == "2026" and not by_name.invented


def test_a_later_round_may_be_like_another(project):
    parameters = rounds.read_parameters(2024, project)

    assert parameters.reference_years == [2022, 2023]
    assert parameters.strata == rounds.read_parameters(2026, project).strata


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"reference_yaers": [2025]}, "no setting reference_yaers. Closest: reference_years"),
        ({"seed": "drop"}, "lacks the setting seed"),
        ({"seed": "twenty"}, "seed should be a int, not a str"),
        ({"seed": True}, "seed should be a int, not a bool"),
        ({"reference_years": 2025}, "reference_years should be a"),
        ({"interval": {"level": 0.95}}, "lacks the setting most_degrees_of_freedom"),
        ({"survey_round": 2028}, "describes round 2028"),
    ],
)
def test_a_wrong_choice_is_one_sentence(project, settings, sentence):
    change(project, **settings)

    with pytest.raises(ParameterError, match=sentence):
        rounds.read("2026")


def test_a_whole_number_may_be_nought_or_one(project):
    change(project, seed=1)

    assert rounds.read("2026").parameters.seed == 1


def test_an_absent_round_says_how_to_get_the_invented_one(project):
    with pytest.raises(ParameterError, match="nldtib demo"):
        rounds.read("2030")


@pytest.mark.parametrize("edition", ["", "../first", "First", "a b", "-", "x" * 50])
def test_an_edition_cannot_lead_out_of_its_folder(edition):
    with pytest.raises(ParameterError, match="small letters"):
        rounds.edition_folder(PROJECT, 2026, edition)


def test_an_analysts_edition_stays_beside_the_records():
    folder = rounds.edition_folder(PROJECT, 2026, "first", "analyst")

    assert folder.relative_to(PROJECT).parts[:3] == ("data", "rounds", "2026")


def test_a_table_that_names_an_unknown_variable_names_the_closest(project):
    path = project / "parameters" / "2026" / "tables.csv"
    path.write_text(path.read_text("utf-8").replace("fte_defence", "fte_defense", 1), "utf-8")

    with pytest.raises(InputError, match="fte_defense.*Closest: fte_defence"):
        rounds.read("2026")


def test_every_word_that_readers_meet_exists_in_both_languages():
    book = rounds.read_codebook(2026, PROJECT)
    words = [v.label for v in book.variables.values()]
    words += [d.label for d in book.dimensions.values()]
    words += [item.label for d in book.dimensions.values() for item in d.codes]
    words += [q.label for q in book.questions.values()]
    words += [item.label for q in book.questions.values() for item in (*q.items, *q.answers)]

    assert all(word.nl and word.en for word in words)


def test_question_codes_keep_within_the_limits_of_the_survey_tool():
    for question in rounds.read_codebook(2026, PROJECT).questions.values():
        assert question.code.isalnum() and len(question.code) <= 20
        assert all(item.code.isalnum() and len(item.code) <= 5 for item in question.items)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("groups: [", "cannot be parsed near line"),
        ("- a\n- b\n", "is not a codebook"),
        ("title: empty\n", "describes no question"),
        ("groups: [{questions: [{code: a, type: essay}]}]\n", "unknown type: essay"),
        ("groups: [{questions: [{type: text}]}]\n", "has no 'code'"),
        ("groups: [{questions: [{code: a, type: text}, {code: a, type: text}]}]", "a twice"),
    ],
)
def test_a_broken_codebook_is_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "codebook.yml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match=sentence):
        codebook.read(path)


def test_an_absent_codebook_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="There is no codebook"):
        codebook.read(tmp_path / "none.yml")
