"""The questionnaire is written from the codebook, and says the same in every form."""

import csv
import dataclasses
import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
import yaml
from docx import Document
from docx.oxml.ns import qn
from pyxform.xls2xform import convert

from nldtib import __main__ as commands
from nldtib import codebook, questionnaire, rounds
from nldtib.errors import InputError
from nldtib.questionnaire import limesurvey, xlsform

PROJECT = Path(__file__).resolve().parents[1]
BOOKS = {year: rounds.read_codebook(year, PROJECT) for year in (2024, 2026)}
OWN = sorted((PROJECT / "parameters").glob("*/codebook.yml"))
DAY = rounds.read_parameters(2026, PROJECT).published_on


def written(form: str, year: int = 2026, language: str = "nl") -> bytes:
    return questionnaire.written(BOOKS[year], form, DAY, language)


def rows(content: bytes) -> list[dict]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8")), delimiter="\t"))


def with_question(**changes) -> codebook.Codebook:
    """Return the codebook with one question changed."""
    book = BOOKS[2026]
    question = dataclasses.replace(book.questions["rol"], **changes)
    return dataclasses.replace(book, questions={**book.questions, "rol": question})


# --- the codebook itself ------------------------------------------------------------------------


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.parent.name)
def test_every_codebook_of_the_project_keeps_to_all_limits(path):
    book = codebook.read(path, [2023, 2024, 2025])

    assert codebook.broken_limits(book) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "positie_in_keten"}, "letters and digits"),
        ({"code": "positieindeketenvan2026"}, "longer than 20"),
        ({"label": codebook.Label("Onderzoek &amp; zo", "Research")}, "entity or tag"),
        ({"label": codebook.Label("<b>Rol</b>", "Role")}, "entity or tag"),
        ({"label": codebook.Label("Rol", "")}, "lacks a text in en"),
        ({"label": codebook.Label("Wat is de naam ervan?", "Which?")}, "same 15 characters in nl"),
        ({"answers": (codebook.Item("NVT", codebook.Label("Nvt", "N/a")),)}, "have numbers"),
        ({"items": (codebook.Item("LANGER", codebook.Label("A", "A")),)}, "at most 5"),
        ({"asked_if": {"sectro": "Y"}}, "follows sectro"),
    ],
)
def test_a_broken_limit_is_told_and_nothing_is_written(changes, words):
    book = with_question(**changes)

    assert any(words in sentence for sentence in codebook.broken_limits(book))
    with pytest.raises(InputError, match="limit"):
        questionnaire.written(book, "limesurvey", DAY)


def test_every_question_serves_something_and_every_variable_is_asked_once():
    raw = yaml.safe_load((PROJECT / "parameters/2026/codebook.yml").read_text("utf-8"))
    known = {*raw["variables"], *raw["dimensions"], *raw["uses"]}
    fed = []
    for group in raw["groups"]:
        for question in group["questions"]:
            own = question.get("feeds", [])
            own = [own] if isinstance(own, str) else list(own)
            own += [item["feeds"] for item in question.get("items", []) if "feeds" in item]
            assert own and set(own) <= known, question["code"]
            fed += own

    assert len(fed) == len(set(fed)) + fed.count("identity") + fed.count("frame_check") - 2


def test_the_round_of_2024_leaves_out_what_is_asked_since_2026():
    earlier, later = BOOKS[2024], BOOKS[2026]

    assert set(earlier.questions) < set(later.questions)
    assert "order_book" in earlier.not_asked and "order_book_share" in earlier.not_asked
    assert not later.not_asked
    assert "ukraine" in [item.code for item in later.dimensions["destination"].codes]
    assert "ukraine" not in [item.code for item in earlier.dimensions["destination"].codes]
    assert list(later.questions["cap"].items) != list(earlier.questions["cap"].items)


def test_the_lists_are_as_long_as_the_edition_of_2024_has_them():
    lengths = {name: len(BOOKS[2024].dimensions[name].codes) for name in BOOKS[2024].dimensions}

    assert lengths["dis_capacity"] == lengths["dis_knowledge"] == lengths["customer"] == 10
    assert lengths["dis_technology"] == 11 and lengths["destination"] == 22
    assert lengths["growth_expectation"] == 5 and lengths["scaleup_way"] == 7
    assert lengths["finance_source"] == 8
    assert lengths["finance_none_reason"] == lengths["finance_challenge"] == 6


def test_the_burden_is_that_of_its_parts_as_worked_by_hand():
    book = BOOKS[2026]

    # Reading 8 s; for three years three amounts to look up (50 s) and two shares (20 s).
    assert codebook.minutes(book.questions["fin"], book) == pytest.approx((8 + 450 + 120) / 60)
    # Reading 8 s and four ticks of 3 s.
    assert codebook.minutes(book.questions["act"], book) == pytest.approx(20 / 60)
    alone = sum(codebook.minutes(question, book) for question in book.questions.values())
    assert codebook.minutes_together(book) == pytest.approx(alone)
    assert codebook.minutes_together(BOOKS[2024]) < codebook.minutes_together(book)


def test_the_listing_has_a_row_per_question_and_item_with_its_concept():
    table = codebook.listing(BOOKS[2026], "en").set_index(["question", "item"])

    assert table.index.is_unique
    assert table.loc[("fin", "DEF"), "feeds"] == "turnover_defence"
    assert "related to defence and security" in table.loc[("fin", "DEF"), "concept"]
    assert table.loc[("finwaar", ""), "asked_if"] == "sector = Y; finbron_NON = Y"
    assert table.loc[("klant", ""), "equals"] == "2024: R24 p. 33"
    assert table.loc[("fin", "EXP"), "unit"] == "percent"


# --- LimeSurvey ---------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2024, 2026])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_structure_reads_back_as_the_questions_items_and_answers(year, language):
    book, found, code = BOOKS[year], {}, ""
    for row in rows(written("limesurvey", year)):
        if row["language"] != language:
            continue
        if row["class"] == "Q":
            code = row["name"]
            found[code] = {"Q": row, "SQ0": {}, "SQ1": {}, "A0": {}}
        if row["class"] in ("SQ", "A"):
            found[code][row["class"] + row["type/scale"]][row["name"]] = row["text"]

    assert list(found) == list(book.questions)
    for code, question in book.questions.items():
        row = found[code]["Q"]
        assert row["text"] == question.label.in_language(language)
        assert row["help"] == question.help.in_language(language)
        assert row["type/scale"] == limesurvey.TYPES[question.type]
        assert row["mandatory"] == ("Y" if question.mandatory else "N")
        texts = {item.code: item.label.in_language(language) for item in question.items}
        assert found[code]["SQ0"] == texts
        assert list(found[code]["SQ1"]) == [f"J{y}" for y in question.years]
        answers = {item.code: item.label.in_language(language) for item in question.answers}
        assert found[code]["A0"] == answers


def test_routing_and_limits_stand_in_the_structure():
    table = rows(written("limesurvey"))
    question = {
        row["name"]: row for row in table if row["class"] == "Q" and row["language"] == "nl"
    }
    groups = [row for row in table if row["class"] == "G"]

    assert question["finwaar"]["relevance"] == 'finbron_NON.NAOK == "Y"'
    assert question["finbron"]["exclude_all_others"] == "NON"
    assert question["domsplit"]["equals_num_value"] == "100"
    assert groups[0]["relevance"] == "1"
    assert {row["relevance"] for row in groups[1:10]} == {'sector.NAOK == "Y"'}
    # The importer matches languages of a group by this number, not by its name.
    assert [row["type/scale"] for row in groups] == 2 * [f"G{n}" for n in range(1, 11)]


def test_no_column_of_the_structure_would_be_taken_for_an_unknown_attribute():
    content = written("limesurvey").decode("utf-8")
    lines = content.split("\n")

    assert "id" not in lines[0].split("\t")
    assert len(rows(content.encode())) == len(lines) - 2  # no line break inside a cell
    assert not content.startswith("\ufeff")


# What each type knows, from the descriptions of question types that LimeSurvey 6 ships.
KNOWN = {
    "K": {"equals_num_value", "min_num_value_n", "max_num_value_n", "exclude_all_others"},
    "N": {"min_num_value_n", "max_num_value_n"},
    "M": {"exclude_all_others"},
    "P": {"exclude_all_others"},
    ":": {"multiflexible_min", "input_boxes"},
}
OF_THE_FORMAT = {"class", "type/scale", "name", "relevance", "text", "help", "language"}
OF_THE_FORMAT |= {"validation", "mandatory", "other", "default", "same_default"}


def imported(content: bytes) -> dict[str, dict]:
    """Take a structure in as the importer does: rows in order, each below the last of its kind.

    Returns, by language, groups by number, questions by (group, name) with type, attributes,
    items by (scale, name) and answers by (scale, name), in their order.
    """
    found: dict[str, dict] = {}
    group, question = "", {}
    for row in rows(content):
        language = found.setdefault(row["language"], {"groups": {}, "questions": {}})
        if row["class"] == "G":
            group = row["type/scale"]
            language["groups"][group] = row["name"]
        elif row["class"] == "Q":
            attributes = {key for key in row.keys() - OF_THE_FORMAT if row[key]}
            question = {"type": row["type/scale"], "attributes": attributes, "SQ": [], "A": []}
            question["other"] = row["other"]
            language["questions"][group, row["name"]] = question
        elif row["class"] in ("SQ", "A"):
            question[row["class"]].append((row["type/scale"], row["name"]))
    return found


@pytest.mark.parametrize("year", [2024, 2026])
def test_the_importer_joins_both_languages_and_loses_no_row(year):
    content = written("limesurvey", year)
    found = imported(content)
    settings_of = {row["name"]: row["text"] for row in rows(content) if row["class"] == "S"}

    # Without a language of the survey the importer has none to fall back on.
    assert settings_of["language"] == "nl" and settings_of["additional_languages"] == "en"
    titles = [row["language"] for row in rows(content) if row["class"] == "SL" and row["text"]]
    assert titles == ["nl", "en"]
    # Groups are joined by number; questions by group and code; items and answers by scale and code.
    assert list(found["nl"]["groups"]) == list(found["en"]["groups"])
    assert found["nl"]["questions"] == found["en"]["questions"]
    assert len(found["nl"]["questions"]) == len({name for _, name in found["nl"]["questions"]})
    classes = {row["class"] for row in rows(content)}
    assert classes == {"S", "SL", "G", "Q", "SQ", "A"}


@pytest.mark.parametrize("year", [2024, 2026])
def test_codes_and_attributes_are_those_that_the_importer_keeps(year):
    for (_, name), question in imported(written("limesurvey", year))["nl"]["questions"].items():
        # Other codes are renamed on import, and answers would come back under unknown names.
        assert re.fullmatch("[A-Za-z][A-Za-z0-9]{0,19}", name)
        assert question["attributes"] <= KNOWN.get(question["type"], set()), name
        for kind in ("SQ", "A"):
            assert len(question[kind]) == len(set(question[kind])), name
            assert all(re.fullmatch("[A-Za-z0-9]{1,5}", code) for _, code in question[kind])
            assert {scale for scale, _ in question[kind]} <= {"0", "1"}
        if question["type"] in ("S", "T", "N", "Y", "D"):
            assert not question["SQ"] and not question["A"], name
        if question["type"] in ("M", "P", "K", "Q"):
            assert question["SQ"] and not question["A"], name
        if question["type"] in ("L", "O", "R"):
            assert question["A"] and not question["SQ"], name
        # The importer takes such a row for the default of the other answer.
        assert question["other"] == "N" or ("0", "other") not in question["SQ"]


@pytest.mark.parametrize("year", [2024, 2026])
def test_no_text_is_changed_by_how_the_importer_reads_quotes(year):
    for row in rows(written("limesurvey", year)):
        for text in row.values():
            assert "\\" not in text, "PHP takes a backslash before a quote for its mask"
            assert not re.fullmatch('".*"', text), "quotes around a whole text are taken off"
            assert text == text.strip() and "\u00a0" not in text


# --- XLSForm ------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2024, 2026])
def test_pyxform_converts_the_form_without_a_warning(tmp_path, year):
    path = tmp_path / "form.xlsx"
    path.write_bytes(written("xlsform", year))
    warnings: list[str] = []

    form = convert(path, warnings=warnings).xform

    assert warnings == []
    for question in BOOKS[year].questions.values():
        name = f"{question.code}_table" if question.type.startswith("array") else question.code
        assert f"/{name}" in form, question.code


def test_tables_are_unrolled_and_routing_is_kept():
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsform")))["survey"]
    head, *body = sheet.iter_rows(values_only=True)
    survey = {row[1]: dict(zip(head, row, strict=True)) for row in body if row[1]}

    assert survey["fin_DEF_J2025"]["type"] == "decimal"
    assert survey["partner_TNO"]["type"] == "select_one partner"
    assert survey["finwaar"]["relevant"] == "selected(${finbron}, 'NON')"
    assert survey["page2"]["relevant"] == "${sector} = 'Y'"
    assert "count-selected(.) > 1" in survey["finbron"]["constraint"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_a_label_that_looks_like_a_formula_is_made_harmless(start):
    text = f"{start}1+1"
    book = with_question(label=codebook.Label(text, text))
    book_bytes = xlsform.workbook(book, DAY)
    sheet = openpyxl.load_workbook(io.BytesIO(book_bytes))["survey"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value]

    assert any(cell.value == f"'{text}" for cell in cells)
    assert all(cell.data_type != "f" for cell in cells)


# --- the document -------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "locale"), [("nl", "nl-NL"), ("en", "en-GB")])
def test_the_document_numbers_every_question_under_headings_in_its_language(language, locale):
    book = BOOKS[2026]
    target = Document(io.BytesIO(written("docx", language=language)))
    headings = [p.text for p in target.paragraphs if p.style.name == "Heading 2"]
    levels = [p.style.name for p in target.paragraphs if p.style.name.startswith("Heading")]

    questions = list(book.questions.values())
    assert headings == [
        f"{n}. {q.label.in_language(language)}" for n, q in enumerate(questions, start=1)
    ]
    assert levels.count("Heading 1") == len(book.groups) and levels[0] == "Heading 1"
    assert target.core_properties.language == locale
    spoken = {node.get(qn("w:val")) for node in target.styles.element.iter(qn("w:lang"))}
    assert spoken == {locale}
    tables = [table for table in target.tables if table.rows[0]._tr.trPr is not None]
    assert len(tables) == len(target.tables) == 3  # fin, fte, partner


def test_routing_is_told_in_words():
    texts = [p.text for p in Document(io.BytesIO(written("docx"))).paragraphs]
    why = next(i for i, text in enumerate(texts) if "Waarom hebt u geen externe" in text)

    assert "Geen externe financiering aangetrokken" in texts[why + 1]
    assert any(text.startswith("Alleen bij “Ja”") for text in texts)


# --- all of them --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", questionnaire.FORMS)
def test_the_same_codebook_gives_the_same_bytes(form, monkeypatch):
    first = written(form)
    monkeypatch.setattr("time.localtime", lambda *_: (2031, 5, 6, 7, 8, 9, 0, 1, 0))

    assert written(form) == first
    if form != "limesurvey":
        with zipfile.ZipFile(io.BytesIO(first)) as archive:
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert b"T00:00:00Z" in archive.read("docProps/core.xml")


@pytest.mark.parametrize("form", questionnaire.FORMS)
def test_the_command_writes_the_file_and_says_how_long_it_takes(tmp_path, capsys, form):
    out = tmp_path / "form"

    assert commands.main(["questionnaire", "2026", "--to", form, "--out", str(out)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert out.read_bytes() == written(form)
    assert said[-1] == str(out)
    assert said[-2].endswith("39 questions together")


def test_an_unknown_round_is_one_sentence(capsys):
    assert commands.main(["questionnaire", "1999", "--to", "docx"]) == commands.REFUSED
    assert "round.yml" in capsys.readouterr().err
