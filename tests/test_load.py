"""Survey exports and the frame, read as they came."""

import csv
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from nldtib import codebook
from nldtib.errors import InputError
from nldtib.records import load
from nldtib.records.load import amounts, notation
from nldtib.records.load.grid import coded

SAMPLES = Path(__file__).resolve().parents[1].parent / "shared" / "samples" / "survey_exports"
CODES = "limesurvey_codes_comma.csv"
FULL_TEXT = "limesurvey_fulltext_labels_semicolon.csv"
WORKBOOK = "limesurvey_codetext_labels.xlsx"
with_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample exports are not here")

THOUSANDS = amounts.Measure(size=1000)
PERCENT = amounts.Measure(percent=True)


# --- small things to read


def small_codebook(folder):
    """One question of every kind that these tests touch."""
    questions = [
        {"code": "org", "type": "text", "nl": "Naam van R&D-organisatie", "en": "Name"},
        {"code": "kvk", "type": "text", "nl": "KVK-nummer", "en": "Chamber of Commerce number"},
        {
            "code": "act",
            "type": "multiple_with_comment",
            "nl": "Wat doet u?",
            "en": "What do you do?",
            "items": [{"code": "ONT", "nl": "Ontwerpen", "en": "Design"}],
        },
        {
            "code": "fin",
            "type": "array_text",
            "nl": "Omzet",
            "en": "Turnover",
            "years": [2024, 2025],
            "items": [
                {"code": "OMZ", "nl": "Omzet (x € 1.000)", "en": "Turnover (x € 1,000)"},
                {"code": "EXP", "nl": "Export (%)", "en": "Exports (%)"},
            ],
        },
        {
            "code": "rol",
            "type": "single",
            "nl": "Uw rol?",
            "en": "Your role?",
            "answers": [
                {"code": "1", "nl": "OEM&#39;s leverancier", "en": "Supplier of OEM's"},
                {"code": "2", "nl": "Weet niet", "en": "Don't know"},
            ],
        },
        {"code": "pat", "type": "yes_no", "nl": "Octrooi?", "en": "Patent?"},
        {
            "code": "patn",
            "type": "number",
            "nl": "Hoeveel?",
            "en": "How many?",
            "relevance": 'pat=="Y"',
        },
        {"code": "opm", "type": "text_long", "nl": "Opmerkingen?", "en": "Remarks?"},
    ]
    path = folder / "codebook.json"
    path.write_text(json.dumps({"title": "T", "groups": [{"questions": questions}]}))
    return codebook.read(path)


HEADINGS = [
    *("id", "submitdate", "lastpage", "startlanguage", "org", "kvk", "act[ONT]", "act[ONTcomment]"),
    *("fin[OMZ_J2024]", "fin[OMZ_J2025]", "fin[EXP_J2024]", "fin[EXP_J2025]"),
    *("rol", "pat", "patn", "opm"),
]
ANSWERED = {
    **{"id": "1", "submitdate": "2026-11-23 18:24:34", "lastpage": "1", "startlanguage": "nl"},
    **{"org": "Molenkolk", "kvk": "99202739", "act[ONT]": "Y", "act[ONTcomment]": ""},
    **{"fin[OMZ_J2024]": "7138", "fin[OMZ_J2025]": "", "fin[EXP_J2024]": "33"},
    **{"fin[EXP_J2025]": "", "rol": "1", "pat": "Y", "patn": "3", "opm": "Geen."},
}


def response(number=1, **changes):
    """One row of the small survey; None is NULL, keys are headings or variables."""
    known = {heading.replace("[", "_").replace("]", ""): heading for heading in HEADINGS}
    return ANSWERED | {"id": str(number)} | {known[key]: text for key, text in changes.items()}


def quoted(text):
    return "" if text is None else '"' + text.replace('"', '""') + '"'


def as_csv(rows, separator=","):
    return "".join(separator.join(map(quoted, row)) + "\r\n" for row in rows)


def export(folder, responses, headings=None, name="export.csv", separator=",", codec="utf-8-sig"):
    keys = list(responses[0]) if responses else HEADINGS
    rows = [headings or keys, *([response[key] for key in keys] for response in responses)]
    path = folder / name
    path.write_bytes(as_csv(rows, separator).encode(codec))
    return path


def read(folder, *responses, **how):
    return load.answers(export(folder, responses, **how), small_codebook(folder))


def cell(answers, variable, year=None, respondent="1"):
    """(value, status) of one cell."""
    table = answers.table
    here = (table["respondent_id"] == respondent) & (table["variable"] == variable)
    here &= table["year"].isna() if year is None else (table["year"] == year).fillna(False)
    return tuple(table.loc[here, ["value", "status"]].iloc[0])


def refusal(path, questions):
    with pytest.raises(InputError) as refused:
        load.answers(path, questions)
    return str(refused.value)


# --- the samples


def sample_codebook():
    return codebook.read(SAMPLES / "codebook.json")


def truth():
    with (SAMPLES / "truth.csv").open(encoding="utf-8", newline="") as stream:
        return [tuple(row.values()) for row in csv.DictReader(stream)]


def rows_of(answers):
    table = answers.table.assign(year=answers.table["year"].astype("str").fillna(""))
    return [tuple("" if cell == "<NA>" else cell for cell in row) for row in table.to_numpy()]


@with_samples
@pytest.mark.parametrize("name", [CODES, FULL_TEXT])
def test_a_sample_csv_gives_every_true_cell_in_order_and_no_other(name):
    answers = load.answers(SAMPLES / name, sample_codebook())

    assert [row[:5] for row in rows_of(answers)] == [row[:5] for row in truth()]


@with_samples
def test_the_code_csv_gives_the_true_raw_text_wherever_the_export_holds_it():
    answers = load.answers(SAMPLES / CODES, sample_codebook())

    compared = [
        (found[5:], true[5:])
        for found, true in zip(rows_of(answers), truth(), strict=True)
        if not true[5].endswith("0000000")  # the database writes 100.0000000000, the export 100
    ]
    assert len(compared) > 900
    assert [found for found, _ in compared] == [true for _, true in compared]


@with_samples
def test_recognition_says_tool_headings_answers_separator_and_encoding():
    questions = sample_codebook()

    assert [
        load.answers(SAMPLES / name, questions).format for name in (CODES, FULL_TEXT, WORKBOOK)
    ] == [
        "LimeSurvey CSV, question codes, answer codes, comma, UTF-8 with BOM",
        "LimeSurvey CSV, full question text, full answers, semicolon, UTF-8 with BOM",
        "LimeSurvey spreadsheet (.xlsx), question codes and text, full answers",
    ]


@with_samples
def test_no_amount_of_the_workbook_is_silently_wrong():
    answers = load.answers(SAMPLES / WORKBOOK, sample_codebook())

    pairs = list(zip(rows_of(answers), truth(), strict=True))
    wrong = [found for found, true in pairs if found[4] == "ok" and found[:5] != true[:5]]
    # LimeSurvey makes a number of every text with one point; truth keeps that text as raw.
    damaged = [
        true
        for _, true in pairs
        if true[1] in ("fin_OMZ", "fin_DEF")
        and true[5].count(".") == 1
        and "," not in true[5]
        and true[4] == "ok"
    ]
    flagged = [found[:3] for found, _ in pairs if found[4] == "suspect_decimal"]
    assert wrong == []
    assert len(damaged) == 21
    assert flagged == [true[:3] for true in damaged]
    assert [row.split(" | ")[0] for row in answers.doubts["alternatives"] if row] == [
        true[3] for true in damaged
    ]
    assert "21 amounts" in " ".join(answers.losses)
    assert "CSV" in " ".join(answers.losses)


@with_samples
def test_all_other_cells_of_the_workbook_are_true():
    answers = load.answers(SAMPLES / WORKBOOK, sample_codebook())

    other = [
        (found, true[:5])
        for found, true in zip([row[:5] for row in rows_of(answers)], truth(), strict=True)
        if found != true[:5] and found[4] != "suspect_decimal"
    ]
    assert other == [(("4", "opm", "", "=1+2", "suspect"), ("4", "opm", "", "=1+2", "ok"))]


@with_samples
@pytest.mark.parametrize(
    "separator, codec, words",
    [
        (";", "utf-8-sig", "semicolon, UTF-8 with BOM"),
        ("\t", "utf-8", "tab, UTF-8"),
        (",", "cp1252", "comma, Windows-1252"),
        (",", "utf-16", "comma, UTF-16"),
        (";", "utf-16-le", "semicolon, UTF-16 without BOM"),
    ],
)
@pytest.mark.parametrize("name", [CODES, FULL_TEXT])
def test_separator_and_encoding_change_nothing(tmp_path, name, separator, codec, words):
    text = (SAMPLES / name).read_bytes().decode("utf-8-sig")
    rows = load.delimited.records(text, "," if name == CODES else ";", name).rows
    path = tmp_path / "no_extension"
    path.write_bytes(as_csv(rows, separator).encode(codec))

    answers = load.answers(path, sample_codebook())

    assert answers.format.endswith(words)
    assert [row[:5] for row in rows_of(answers)] == [row[:5] for row in truth()]


@with_samples
def test_headings_of_code_and_text_with_any_divider_are_found(tmp_path):
    codes = load.delimited.records((SAMPLES / CODES).read_text("utf-8-sig"), ",", "").rows
    texts = load.delimited.records((SAMPLES / FULL_TEXT).read_text("utf-8-sig"), ";", "").rows
    shorter = [re.sub(r"([^\[\]]{20})[^\[\]]+", r"\1.. ", text) for text in texts[0]]
    cases = [(divider, texts[0]) for divider in (". ", " | ", " - ", ": ", "_", "")]
    for divider, words in [*cases, (" | ", shorter), (" ", shorter)]:
        both = [f"{code}{divider}{text}" for code, text in zip(codes[0], words, strict=True)]
        if words is shorter:
            both = [heading.replace(" ", "_") for heading in both]
        path = tmp_path / "both.csv"
        path.write_text(as_csv([both, *codes[1:]]), encoding="utf-8", newline="")

        answers = load.answers(path, sample_codebook())

        assert "question codes and text, answer codes" in answers.format
        assert [row[:5] for row in rows_of(answers)] == [row[:5] for row in truth()]


@with_samples
def test_underscores_for_spaces_and_for_brackets_are_found(tmp_path):
    codes = load.delimited.records((SAMPLES / CODES).read_text("utf-8-sig"), ",", "").rows
    texts = load.delimited.records((SAMPLES / FULL_TEXT).read_text("utf-8-sig"), ";", "").rows
    dual = {"[1]": "_0", "[2]": "_1"}  # ExpressionScript counts the two scales from 0
    expression = [
        heading[:-3].replace("[", "_").replace("]", "") + dual[heading[-3:]]
        if heading.startswith("samenw")
        else heading.replace("[", "_").replace("]", "")
        for heading in codes[0]
    ]
    for headings in (expression, [text.replace(" ", "_") for text in texts[0]]):
        path = tmp_path / "underscores.csv"
        path.write_text(as_csv([headings, *codes[1:]]), encoding="utf-8", newline="")

        answers = load.answers(path, sample_codebook())

        assert [row[:5] for row in rows_of(answers)] == [row[:5] for row in truth()]


@with_samples
def test_a_csv_saved_again_by_another_program_keeps_its_values_and_names_its_loss(tmp_path):
    rows = load.delimited.records((SAMPLES / CODES).read_text("utf-8-sig"), ",", "").rows
    path = tmp_path / "again.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)

    answers = load.answers(path, sample_codebook())

    assert [row[:5] for row in rows_of(answers)] == [row[:5] for row in truth()]
    assert "Another program saved this CSV again" in answers.losses[0]


@with_samples
def test_the_report_counts_and_never_quotes():
    answers = load.answers(SAMPLES / WORKBOOK, sample_codebook())

    text = load.report(answers)

    assert "Respondents: 12 (10 complete, 2 partial)" in text
    assert "suspect_decimal       21" in text
    assert "Doubtful answers: 22" in text
    quotes = {value for value in answers.table["value"] if len(value) > 3}
    assert not [value for value in quotes if value in text]


# --- what a cell says


def test_an_unquoted_empty_field_is_not_an_empty_answer(tmp_path):
    answers = read(
        tmp_path,
        response(1, act_ONT="", org=""),
        response(2, act_ONT=None, pat=None, patn=None, fin_OMZ_J2024=None),
        response(3, submitdate=None, act_ONT=None, org="", pat=None, patn=None),
    )

    assert cell(answers, "act_ONT") == ("0", "ok")
    assert cell(answers, "org") == ("", "missing")
    assert cell(answers, "act_ONT", respondent="2") == ("", "missing")
    assert cell(answers, "patn", respondent="2") == ("", "not_shown")
    assert cell(answers, "fin_OMZ", 2024, respondent="2") == ("", "missing")
    assert cell(answers, "_submitted", respondent="3") == ("0", "ok")
    assert cell(answers, "org", respondent="3") == ("", "missing")
    assert cell(answers, "act_ONT", respondent="3") == ("", "not_reached")
    assert cell(answers, "patn", respondent="3") == ("", "not_reached")


@pytest.mark.parametrize("name", ["NA", "N/A", "None", "NULL", "nan", "", "null", "-", "#N/A"])
def test_an_organisation_may_have_any_name(tmp_path, name):
    assert cell(read(tmp_path, response(org=name)), "org") == (name, "ok" if name else "missing")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '=HYPERLINK("http://x","y")',
        "@SUM(1+1)",
        "+31 6",
        "-2+3",
        "a,b;c\td",
        'said "sorry"',
        "two\nlines",
        "{{ 7*7 }} %s {0}",
        "&lt;b&gt; &#39;",
        "‮evil",
    ],
)
def test_injection_comes_through_as_the_text_it_is(tmp_path, text):
    assert cell(read(tmp_path, response(org=text)), "org") == (text, "ok")


def test_a_register_number_keeps_its_zeros_and_loses_its_spaces(tmp_path):
    answers = read(
        tmp_path,
        response(1, kvk="00105484"),
        response(2, kvk="00 98 76 54"),
        response(3, kvk="105484"),
        response(4, kvk="n.v.t."),
    )

    found = [cell(answers, "kvk", respondent=str(number)) for number in (1, 2, 3, 4)]
    assert found == [
        ("00105484", "ok"),
        ("00987654", "normalised"),
        ("", "invalid"),
        ("", "not_applicable"),
    ]


def test_dutch_seed_is_no_place_and_entities_in_headings_and_labels_are_read(tmp_path):
    headings = ["Respons-ID", "Datum verzonden", "Laatste pagina", "Begin taal"]
    headings += ["Naam van R&amp;D-organisatie", "KVK-nummer", "Wat doet u? [Ontwerpen]"]
    headings += ["Wat doet u? [Ontwerpen][Opmerking]"]
    headings += [
        f"Omzet [{item}][{year}]"
        for item in ("Omzet (x € 1.000)", "Export (%)")
        for year in (2024, 2025)
    ]
    headings += ["Uw rol?", "Octrooi?", "Hoeveel?", "Opmerkingen?"]
    row = response(act_ONT="Ja", rol="OEM's leverancier", pat="Nee", patn=None)
    row = {"id": row.pop("id"), **row}
    answers = read(tmp_path, row, headings=headings)

    assert cell(answers, "org") == ("Molenkolk", "ok")
    assert cell(answers, "rol") == ("1", "ok")
    assert cell(answers, "act_ONT") == ("1", "ok")
    assert cell(answers, "pat") == ("N", "ok")

    seeded = {key: text for key, text in row.items() if key in HEADINGS[:4]} | {
        "seed": "1138603050"
    }
    seeded |= {key: text for key, text in row.items() if key not in seeded}
    answers = read(tmp_path, seeded, headings=[*headings[:4], "Plaats", *headings[4:]])

    assert "1138603050" not in set(answers.table["value"])


def test_a_question_called_plaats_is_no_seed(tmp_path):
    path = tmp_path / "codebook.json"
    question = {"code": "plaats", "type": "text", "nl": "Plaats", "en": "Town"}
    path.write_text(json.dumps({"title": "T", "groups": [{"questions": [question]}]}))
    file = tmp_path / "export.csv"
    file.write_text(
        as_csv([["Respons-ID", "Datum verzonden", "Plaats", "Plaats"], ["1", "2026", "77", "Urk"]])
    )

    answers = load.answers(file, codebook.read(path))

    assert cell(answers, "plaats") == ("Urk", "ok")


def test_a_code_that_is_labelled_dont_know_keeps_its_code(tmp_path):
    answers = read(tmp_path, response(1, rol="2"), response(2, rol="7"))

    assert cell(answers, "rol") == ("2", "dont_know")
    assert cell(answers, "rol", respondent="2") == ("", "unparsed")


def test_personal_columns_are_split_off_at_the_door(tmp_path):
    person = {"token": "geheim-1", "email": "a@b.nl", "attribute_1": "Piet", "ipaddr": "10.0.0.7"}
    nobody = dict.fromkeys(person)
    answers = read(tmp_path, response(1) | nobody, response(2) | person)

    assert answers.personal.to_dict("records") == [
        {"respondent_id": "1", **dict.fromkeys(person, "")},
        {"respondent_id": "2", **person},
    ]
    everything = answers.table.to_csv() + answers.doubts.to_csv() + load.report(answers)
    assert not [text for text in person.values() if text in everything]


def test_timings_are_set_aside_and_counted(tmp_path):
    answers = read(
        tmp_path, response() | {"interviewtime": "12", "groupTime3": "1", "orgTime": "2"}
    )

    assert "2 columns of timings were set aside." in answers.losses


def test_ticks_made_into_numbers_make_their_texts_doubtful(tmp_path):
    answers = read(
        tmp_path,
        response(1, act_ONT="1", act_ONTcomment="goed"),
        response(2, act_ONT="2", act_ONTcomment="2", pat="2", patn=None),
    )

    assert cell(answers, "act_ONT") == ("1", "ok")
    assert cell(answers, "act_ONT", respondent="2") == ("0", "ok")
    assert cell(answers, "pat", respondent="2") == ("", "ambiguous")
    assert cell(answers, "act_ONTcomment") == ("goed", "ok")
    assert cell(answers, "act_ONTcomment", respondent="2") == ("", "ambiguous")
    assert answers.doubts["alternatives"].tolist() == ["(blank) | 2", "N | (blank)"]
    assert "Y and N were written as numbers" in " ".join(answers.losses)


def test_in_full_answers_not_available_is_no_answer_where_the_question_has_no_such_label(tmp_path):
    labels = {"act_ONT": "Nee", "rol": "Weet niet", "pat": "Ja"}
    answers = read(
        tmp_path,
        response(1, **labels),
        response(2, **labels | {"act_ONT": "N/A", "pat": "N/A", "org": "N/A"}),
        response(3, submitdate=None, **labels | {"act_ONT": "N/A", "pat": "N/A"}),
        response(4, submitdate=None, **labels | {"pat": "N/A"}, patn=None, opm=None),
    )

    assert cell(answers, "act_ONT") == ("0", "ok")
    assert cell(answers, "act_ONT", respondent="2") == ("", "missing")
    assert cell(answers, "pat", respondent="2") == ("", "missing")
    assert cell(answers, "org", respondent="2") == ("N/A", "ok")
    assert cell(answers, "act_ONT", respondent="3") == ("", "not_reached")
    assert cell(answers, "pat", respondent="3") == ("", "missing")
    assert cell(answers, "pat", respondent="4") == ("", "not_reached")


def test_a_label_of_two_codes_is_listed_and_not_chosen(tmp_path):
    questions = [
        {
            "code": "rol",
            "type": "single",
            "nl": "Rol?",
            "answers": [{"code": code, "nl": "Maker"} for code in "12"]
            + [{"code": "3", "nl": "X"}],
        }
    ]
    path = tmp_path / "codebook.json"
    path.write_text(json.dumps({"title": "T", "groups": [{"questions": questions}]}))
    file = tmp_path / "export.csv"
    file.write_text(as_csv([["id", "submitdate", "rol"], ["1", "2026", "Maker"]]))

    answers = load.answers(file, codebook.read(path))

    assert cell(answers, "rol") == ("", "ambiguous")
    assert answers.doubts["alternatives"].tolist() == ["1 | 2"]


def test_blanks_made_into_numbers_are_found_in_full_answers_too(tmp_path):
    labels = {"rol": "Weet niet", "pat": "Nee"}
    answers = read(tmp_path, response(1, act_ONT="Ja", act_ONTcomment="2", **labels))

    assert cell(answers, "act_ONT") == ("1", "ok")
    assert cell(answers, "act_ONTcomment") == ("", "ambiguous")
    assert cell(answers, "pat") == ("N", "ok")


def test_a_comment_may_be_a_number_where_blanks_are_kept(tmp_path):
    answers = read(tmp_path, response(1, act_ONTcomment="2"), response(2, act_ONTcomment=""))

    assert cell(answers, "act_ONTcomment") == ("2", "ok")


def test_a_response_without_a_last_page_is_complete_when_it_was_submitted(tmp_path):
    answers = read(tmp_path, response(lastpage=None))

    assert cell(answers, "_submitted") == ("1", "ok")
    assert cell(answers, "_lastpage") == ("", "missing")


def test_a_number_is_stored_with_a_point_and_never_with_thousands(tmp_path):
    answers = read(tmp_path, response(1, patn="1.234"), response(2, patn="58.0000000000"))

    assert cell(answers, "patn") == ("1.234", "ok")
    assert cell(answers, "patn", respondent="2") == ("58", "ok")


def test_where_a_number_came_in_as_it_was_typed_a_point_may_mark_thousands(tmp_path):
    answers = read(
        tmp_path, *(response(n, patn=t) for n, t in enumerate(("1.234", "120,0", "6.5")))
    )

    found = [cell(answers, "patn", respondent=str(number)) for number in range(3)]
    assert found == [("", "suspect_decimal"), ("120", "ok"), ("6.5", "ok")]
    assert answers.doubts["alternatives"].tolist() == ["1234 | 1.234"]


# --- amounts


@pytest.mark.parametrize(
    "text, value, status",
    [
        ("7270", "7270", "ok"),
        ("2.500.000", "2500000", "ok"),
        ("1.295,9", "1295.9", "ok"),
        ("1.353,0", "1353", "ok"),
        ("129,6", "129.6", "ok"),
        ("1980.1", "1980.1", "ok"),
        ("0.5", "0.5", "ok"),
        ("1,295.9", "1295.9", "ok"),
        ("1 234", "1234", "ok"),
        ("1\u00a0234,5", "1234.5", "ok"),
        ("1'234'567", "1234567", "ok"),
        ("1’234", "1234", "ok"),
        ("€ 1.234,5 mln", "1234500", "ok"),
        ("1,2 mrd", "1200000", "ok"),
        ("1.2 mln", "1200", "ok"),
        ("500k", "500", "ok"),
        ("500 k€", "500", "ok"),
        ("500,-", "500", "ok"),
        ("€ 1.234,-", "1234", "ok"),
        ("-5", "-5", "ok"),
        ("− 5,5", "-5.5", "ok"),
        ("0", "0", "ok"),
        ("ca. 500", "500", "approximate"),
        ("± € 2,5 mln", "2500", "approximate"),
        ("ongeveer 7 miljoen", "7000", "approximate"),
        ("-", "", "not_applicable"),
        ("N.v.t.", "", "not_applicable"),
        (" weet niet ", "", "dont_know"),
        ("geheim", "", "refused"),
        ("wil niet zeggen", "", "refused"),
        ("33%", "", "invalid"),
        ("500-600", "", "ambiguous"),
        ("12.34.567", "", "unparsed"),
        ("12 34", "", "unparsed"),
        ("1e6", "1000000", "ok"),
        ("2,5E+06", "2500000", "ok"),
        ("1.5M", "1500", "ok"),
        ("€10M", "10000", "ok"),
        ("10 M€", "10000", "ok"),
        ("12K", "12", "ok"),
        ("twee miljoen", "2000", "ok"),
        ("anderhalf miljoen", "1500", "ok"),
        ("25.000,-", "25000", "ok"),
        (",5", "0.5", "ok"),
        ("+500", "500", "ok"),
        ("€ -500", "-500", "ok"),
        ("nihil", "0", "ok"),
        ("500?", "500", "approximate"),
        ("500 (schatting)", "500", "approximate"),
        ("naar schatting 500", "500", "approximate"),
        ("n.b.", "", "dont_know"),
        ("500 fte", "", "invalid"),
        ("-500-", "", "unparsed"),
        ("$ 500", "", "unparsed"),
        ("1 miljoen 200 duizend", "", "unparsed"),
        ("ca. een half miljoen", "500", "approximate"),
        ("a", "", "unparsed"),
        ("=1+1", "", "unparsed"),
        ("veel", "", "unparsed"),
        ("9" * 40, "", "unparsed"),
        ("٣", "", "unparsed"),
    ],
)
def test_an_amount_in_thousand_euro_as_it_is_typed(text, value, status):
    assert amounts.typed(text, THOUSANDS)[:2] == (value, status)


@pytest.mark.parametrize(
    "text, alternatives",
    [
        ("1.234", ("1234", "1.234")),
        ("1,234", ("1234", "1.234")),
        ("1.23", ("1230", "1.23")),
        ("1.234 mln", ("1234000", "1234")),
        ("500-600", ("500", "600")),
        ("ca. 3 à 4 mln", ("3000", "4000")),
        ("tussen 3 en 4 mln", ("3000", "4000")),
        ("2 mln – 3 mln", ("2000", "3000")),
        ("1.000-2.000", ("1000", "1", "2000", "2")),
        ("<1 mln", ("1000",)),
        ("meer dan 500", ("500",)),
        ("500+", ("500",)),
        ("(500)", ("-500", "500")),
        ("geen", ("0",)),
    ],
)
def test_an_amount_with_two_senses_has_no_value(text, alternatives):
    reading = amounts.typed(text, THOUSANDS)

    assert reading[:3] == ("", "ambiguous", alternatives)


@pytest.mark.parametrize(
    "text, value, status",
    [
        ("33%", "33", "ok"),
        ("44,3 %", "44.3", "ok"),
        ("44.3", "44.3", "ok"),
        ("0,33", "0.33", "ok"),
        ("8.333", "", "ambiguous"),
        ("€ 5", "", "invalid"),
        ("2 mln", "", "invalid"),
        ("2 M", "", "invalid"),
        ("12 fte", "", "invalid"),
        ("30-40%", "", "ambiguous"),
        ("5 (vijf)", "", "unparsed"),
    ],
)
def test_a_percentage_as_it_is_typed(text, value, status):
    assert amounts.typed(text, PERCENT)[:2] == (value, status)


@pytest.mark.parametrize(
    "text, value, status",
    [
        ("12,5 fte", "12.5", "ok"),
        ("ca. 12 FTE's", "12", "approximate"),
        ("€ 12 fte", "", "invalid"),
    ],
)
def test_pieces_may_be_named_where_no_money_was_asked(text, value, status):
    assert amounts.typed(text, amounts.Measure())[:2] == (value, status)


def test_the_unit_stands_in_the_row_before_the_question(tmp_path):
    question = small_codebook(tmp_path).questions["fin"]

    units = [amounts.measure(item.label, question.label) for item in question.items]

    assert units == [THOUSANDS, PERCENT]


def amounts_of(folder, *rows, language="nl"):
    """(value, status) of turnover 2024 and 2025 for each respondent."""
    answers = read(
        folder,
        *(
            response(number, startlanguage=language, fin_OMZ_J2024=first, fin_OMZ_J2025=second)
            for number, (first, second) in enumerate(rows, start=1)
        ),
    )
    return [
        [cell(answers, "fin_OMZ", year, respondent=str(number)) for year in (2024, 2025)]
        for number in range(1, len(rows) + 1)
    ]


def test_three_digits_after_a_point_are_thousands_in_a_dutch_text_array(tmp_path):
    assert amounts_of(tmp_path, ("7.138", "46.404")) == [[("7138", "ok"), ("46404", "ok")]]


def test_without_evidence_an_english_form_leaves_them_open(tmp_path):
    assert amounts_of(tmp_path, ("7.138", ""), language="en")[0][0] == ("", "ambiguous")


def test_a_column_of_decimal_points_leaves_thousands_open(tmp_path):
    found = amounts_of(tmp_path, ("1980.1", "2012.5"), ("7.138", ""))

    assert found[0] == [("1980.1", "ok"), ("2012.5", "ok")]
    assert found[1][0] == ("", "ambiguous")


def test_a_respondents_own_notation_decides_before_the_column(tmp_path):
    found = amounts_of(
        tmp_path,
        ("1.295,9", "1.324"),
        ("1,295.9", "1,324"),
        ("1980.1", "1.324"),
        ("129,6", "1,324"),
        ("12.5", "7.138"),
    )

    assert [second for _, second in found] == [
        ("1324", "ok"),
        ("1324", "ok"),
        ("", "ambiguous"),
        ("1.324", "ok"),
        ("", "ambiguous"),
    ]


def test_a_comma_and_three_digits_is_never_decided_by_a_dutch_column(tmp_path):
    found = amounts_of(tmp_path, ("129,6", "135,3"), ("1,234", "7.138"))

    assert found[1] == [("", "ambiguous"), ("7138", "ok")]


@pytest.mark.parametrize(
    "own, shape, percent, notation_of",
    [
        ([amounts.DUTCH, amounts.ENGLISH], notation.POINT, False, ""),
        ([amounts.DUTCH, amounts.SHORT_POINT], notation.POINT, False, ""),
        ([amounts.DUTCH, amounts.SHORT_POINT], notation.COMMA, False, amounts.DUTCH),
        ([amounts.SHORT_POINT], notation.POINT, False, ""),
        ([amounts.SHORT_POINT], amounts.SHORT_POINT, False, ""),
        ([amounts.ENGLISH, amounts.SHORT_POINT], amounts.SHORT_POINT, False, amounts.ENGLISH),
        ([amounts.DUTCH], notation.COMMA, True, amounts.DUTCH),
        ([amounts.DUTCH], notation.POINT, True, ""),
        ([amounts.ENGLISH], notation.POINT, True, amounts.ENGLISH),
        ([], notation.POINT, True, ""),
    ],
)
def test_what_a_respondent_proved_for_an_amount_with_two_senses(own, shape, percent, notation_of):
    evidence, respondent = notation.evidence(coded(["nl"]), dominance=0.9), np.array([0])
    for proof in own:
        evidence.add(respondent, proof)

    known = evidence.decide(respondent, np.array([notation.SHAPES.index(shape)]), percent)

    assert notation.KNOWN[known.item()] == notation_of


def test_a_short_point_beside_a_dutch_column_is_not_decided(tmp_path):
    rows = [(f"{number},5", "") for number in range(129, 169)]

    found = amounts_of(tmp_path, *rows, ("12.5", "7.138"))

    assert found[-1] == [("", "ambiguous"), ("", "ambiguous")]


def test_every_undecided_amount_is_listed_with_its_alternatives(tmp_path):
    first = response(fin_OMZ_J2024="1,234", fin_OMZ_J2025="1.23")
    answers = read(tmp_path, first, response(2, fin_OMZ_J2024="veel", fin_OMZ_J2025="10"))

    assert answers.doubts.to_dict("list") == {
        "respondent_id": ["1", "1", "2"],
        "variable": ["fin_OMZ"] * 3,
        "year": [2024, 2025, 2024],
        "raw": ["1,234", "1.23", "veel"],
        "value": ["", "", ""],
        "alternatives": ["1234 | 1.234", "1230 | 1.23", ""],
    }


def test_whole_euros_are_not_corrected(tmp_path):
    assert amounts_of(tmp_path, ("2.500.000", "2500000")) == [
        [("2500000", "ok"), ("2500000", "ok")]
    ]


# --- workbooks


def workbook(folder, *responses, sheets=1):
    book = openpyxl.Workbook()
    book.active.append(list(responses[0]))
    for row in responses:
        book.active.append(list(row.values()))
    for _ in range(1, sheets):
        book.create_sheet().append(["old data"])
    path = folder / "export.csv"
    book.save(path)
    return path


def test_a_workbook_is_recognised_by_content_and_its_damage_is_counted(tmp_path):
    rows = [
        response(1, fin_OMZ_J2024=7.138, fin_OMZ_J2025=9, kvk=99202739, org="=1+2"),
        response(2, fin_OMZ_J2024=1980.1, fin_OMZ_J2025=9, kvk=105484, fin_EXP_J2024=44.3),
    ]
    answers = load.answers(workbook(tmp_path, *rows, sheets=2), small_codebook(tmp_path))

    assert answers.format.startswith("LimeSurvey spreadsheet (.xlsx)")
    assert cell(answers, "fin_OMZ", 2024) == ("", "suspect_decimal")
    assert cell(answers, "fin_OMZ", 2024, "2") == ("1980.1", "ok")
    assert cell(answers, "fin_EXP", 2024, "2") == ("44.3", "ok")
    assert cell(answers, "kvk") == ("99202739", "ok")
    assert cell(answers, "kvk", respondent="2") == ("", "suspect")
    assert cell(answers, "org") == ("=1+2", "suspect")
    assert "Only the first of the 2 sheets was read." in answers.losses
    assert "Answers that the spreadsheet turned into a formula: 1." in answers.losses


def test_a_workbook_that_lost_its_zeros_makes_small_numbers_doubtful_too(tmp_path):
    rows = [
        response(1, fin_OMZ_J2024=7.138, fin_OMZ_J2025=9),
        response(2, fin_OMZ_J2024=7138, fin_OMZ_J2025=9),
    ]
    answers = load.answers(workbook(tmp_path, *rows), small_codebook(tmp_path))

    assert cell(answers, "fin_OMZ", 2025) == ("", "suspect_decimal")
    assert cell(answers, "fin_OMZ", 2025, "2") == ("9", "ok")


def test_a_number_that_stands_for_nothing_in_a_workbook_is_nothing(tmp_path):
    row = response(fin_OMZ_J2024=-99, fin_OMZ_J2025=9, org="-98", opm="-98", patn=-99)

    answers = load.answers(workbook(tmp_path, row), small_codebook(tmp_path))

    assert cell(answers, "fin_OMZ", 2024) == ("", "missing")
    assert cell(answers, "fin_OMZ", 2025) == ("9", "ok")
    assert cell(answers, "opm") == ("", "missing")


def test_numbers_of_a_workbook_prove_no_notation(tmp_path):
    row = response(fin_OMZ_J2024=1980.1, fin_OMZ_J2025="1,234")

    answers = load.answers(workbook(tmp_path, row), small_codebook(tmp_path))

    assert cell(answers, "fin_OMZ", 2025) == ("", "ambiguous")


def test_where_blank_and_absent_look_alike_the_last_answer_tells_how_far_a_response_came(tmp_path):
    rows = [
        response(1, submitdate=None, org=None, patn=None, opm="tot hier"),
        response(2, submitdate=None, rol=None, pat=None, patn=None, opm=None),
    ]

    answers = load.answers(workbook(tmp_path, *rows), small_codebook(tmp_path))

    assert cell(answers, "org") == ("", "missing")
    assert cell(answers, "rol", respondent="2") == ("", "not_reached")
    assert "partial responses do not say whether" in " ".join(answers.losses)


def test_a_number_left_open_in_a_partial_response_is_absent_wherever_it_stands(tmp_path):
    path = tmp_path / "codebook.json"
    questions = [
        {"code": "rd", "type": "number", "nl": "R&D?"},
        {"code": "naam", "type": "text", "nl": "Naam?"},
        {"code": "opm", "type": "text", "nl": "Opmerking?"},
    ]
    path.write_text(json.dumps({"title": "T", "groups": [{"questions": questions}]}))
    row = {"id": "1", "submitdate": None, "rd": None, "naam": None, "opm": "tot hier"}

    answers = load.answers(workbook(tmp_path, row), codebook.read(path))

    assert cell(answers, "rd") == ("", "not_reached")  # the tool never stores a number as blank
    assert cell(answers, "naam") == ("", "missing")


def with_part(path, name, content):
    """Replace one part of a workbook."""
    parts = {}
    with zipfile.ZipFile(path) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, old in parts.items():
            archive.writestr(entry, content if entry == name else old)
    return path


def test_a_workbook_that_unpacks_too_large_is_refused(tmp_path):
    path = with_part(workbook(tmp_path, response()), "xl/worksheets/sheet1.xml", b" " * 200_000)

    with pytest.raises(InputError, match="unpacks to .* more than the 100,000"):
        load.answers(path, small_codebook(tmp_path), largest=100_000)


def test_a_sheet_that_claims_or_holds_countless_cells_is_refused(tmp_path):
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    )
    sheet += b'<row><c r="XFD1"><v>1</v></c></row>' * 400 + b"</sheetData></worksheet>"
    path = with_part(workbook(tmp_path, response()), "xl/worksheets/sheet1.xml", sheet)

    assert "more than 500,000 cells" in refusal(path, small_codebook(tmp_path))


def test_a_workbook_with_entities_or_a_broken_part_is_refused(tmp_path):
    questions = small_codebook(tmp_path)
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'

    for content, words in ((entities, "XML entities"), (b"<worksheet><broken", "cannot be opened")):
        path = with_part(workbook(tmp_path, response()), "xl/worksheets/sheet1.xml", content)
        assert words in refusal(path, questions)


# --- refusals


def zipped(names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n", "is empty"),
        (b"$FL2@(#) SPSS DATA FILE", "file of SPSS"),
        (b"ASCII SPSS PORT FILE", "SPSS portable file"),
        (b"\xd0\xcf\x11\xe0rest", "old Office file"),
        (zipped(["survey.lss", "survey_responses.lsr"]), "broken or cut off"),
        (zipped(["mimetype", "content.xml"]), "OpenDocument"),
        (zipped(["a.txt", "b.txt"]), "zip file without a workbook"),
        (zipped(["readme.txt"]), "are not in the codebook"),
        (zipped(["xl/workbook.xml"])[:40], "damaged or cut off"),
        (b'{"responses": []}', "no response"),
        (b'{"status": "No permission"}', "JSON without responses"),
        (b'{"responses": [{"id": "1", "opm": "\\ud83d"}]}', "letters that are damaged"),
        (b"<html><body>Log in</body></html>", "XML or HTML"),
        (b"\x00\x01\x02\x03\x00\x05\x00\x00", "binary"),
        (bytes(range(128, 256)), "byte"),
        ("naam;Caf\u00e9".encode() + b"\xff", "damaged"),
    ],
    # A zip holds the time of its making, which would be part of the name of the test.
    ids=lambda one: one if isinstance(one, str) else "file",
)
def test_what_cannot_be_read_is_named_in_a_sentence(tmp_path, content, words):
    path = tmp_path / "export.csv"
    path.write_bytes(content)

    assert words in refusal(path, small_codebook(tmp_path))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "There is no file" in refusal(tmp_path / "none.csv", small_codebook(tmp_path))


def test_a_file_larger_than_accepted_is_refused(tmp_path):
    path = export(tmp_path, [response()])

    with pytest.raises(InputError, match="more than the 100 that are accepted"):
        load.answers(path, small_codebook(tmp_path), largest=100)


SECRET = "Slenkdal Aerostructuren"


def damaged(text, how):
    lines = text.split("\r\n")
    return {
        "a field too few": "\r\n".join([*lines[:-2], lines[-2].rsplit(",", 1)[0], ""]),
        "an open quote": text[: text.index(SECRET) + 4],
        "text beside a quote": text.replace(f'"{SECRET}"', f'x"{SECRET}"'),
        "a lost last field": text[: text.rindex(",") + 1],
        "an ID twice": "\r\n".join([*lines[:-1], lines[-2], ""]),
        "headings twice": "\r\n".join([lines[0], *lines]),
        "headings in the middle": "\r\n".join([*lines[:-1], lines[0], ""]),
        "no ID": text.replace('\r\n"1"', '\r\n""'),
        "an unknown heading": text.replace('"pat"', '"pta"'),
        "an absent column": "\r\n".join(line.rsplit(",", 1)[0] for line in lines),
        "a heading twice": text.replace('"pat"', '"org"'),
        "no headings": "\r\n".join(lines[1:]),
        "no response": lines[0] + "\r\n",
        "a row of blanks": lines[0] + "\r\n" + ",".join(['""'] * 16) + "\r\n\r\n",
    }[how]


@pytest.mark.parametrize(
    "how, words",
    [
        ("a field too few", "Row 3 of export.csv has 15 fields where the headings have 16"),
        ("an open quote", "Row 2 of export.csv opens a quote that is never closed"),
        ("text beside a quote", "Row 2 of export.csv has text beside a quoted field"),
        ("a lost last field", "no line end"),
        ("an ID twice", "1 response IDs stand more than once"),
        ("headings twice", "Row 2 of export.csv holds headings too"),
        ("headings in the middle", "Row 4 of export.csv holds headings too"),
        ("no ID", "1 responses in export.csv have no ID"),
        (
            "an unknown heading",
            "1 of the 16 columns of export.csv are not in the codebook; "
            "the first is column 14. Closest: pat",
        ),
        (
            "an absent column",
            "1 columns that the codebook expects are absent from export.csv; the first is opm",
        ),
        ("a heading twice", "Columns 5 and 14 of export.csv have the same heading"),
        ("no headings", "columns of export.csv are not in the codebook"),
        ("no response", "no response"),
        ("a row of blanks", "no response"),
    ],
)
def test_a_refusal_says_how_much_and_where_and_quotes_no_answer(tmp_path, how, words):
    path = export(tmp_path, [response(1, org=SECRET), response(2, org=SECRET)])
    whole = path.read_bytes().decode("utf-8-sig")
    path.write_bytes(damaged(whole, how).encode())

    sentence = refusal(path, small_codebook(tmp_path))

    assert words in sentence
    assert "Slenk" not in sentence
    assert "99202739" not in sentence


def test_an_unknown_text_heading_names_the_closest_code(tmp_path):
    headings = ["id", "submitdate", *HEADINGS[2:12], "Uw roll?", *HEADINGS[13:]]
    path = export(tmp_path, [response()], headings=headings)

    assert "column 13. Closest: rol." in refusal(path, small_codebook(tmp_path))


def test_shortened_headings_are_refused_with_a_way_out(tmp_path):
    headings = [*HEADINGS[:12], "Wat is uw hoofd.. ", *HEADINGS[13:]]
    path = export(tmp_path, [response()], headings=headings)

    assert "The headings are shortened" in refusal(path, small_codebook(tmp_path))


def test_two_heading_rows_of_text_and_code_are_refused(tmp_path):
    path = tmp_path / "export.csv"
    answers = list(response().values())
    path.write_text(as_csv([["Vraag"] * len(HEADINGS), HEADINGS, answers]), newline="")

    assert "Row 2 of export.csv holds headings too" in refusal(path, small_codebook(tmp_path))


def test_headings_that_fit_two_questions_are_refused_unless_both_are_there(tmp_path):
    path = tmp_path / "codebook.json"
    questions = [{"code": code, "type": "text", "nl": "Toelichting"} for code in ("t1", "t2")]
    path.write_text(json.dumps({"title": "T", "groups": [{"questions": questions}]}))
    file = tmp_path / "export.csv"
    file.write_text(
        as_csv([["id", "submitdate", "Toelichting", "Toelichting"], ["1", "", "a", "b"]])
    )

    answers = load.answers(file, codebook.read(path))

    assert [cell(answers, "t1"), cell(answers, "t2")] == [("a", "ok"), ("b", "ok")]
    file.write_text(as_csv([["id", "submitdate", "Toelichting", "t2"], ["1", "", "a", "b"]]))
    answers = load.answers(file, codebook.read(path))
    assert [cell(answers, "t1"), cell(answers, "t2")] == [("a", "ok"), ("b", "ok")]
    file.write_text(as_csv([["id", "submitdate", "Toelichting"], ["1", "", "a"]]))
    assert "fits 2 questions" in refusal(file, codebook.read(path))


# --- the frame

FRAME = (
    "unit,name,kvk,holding,organisation_type,employees,postcode,province,military_domain,"
    "mod_business,known_large,turnover_register,source_dis\n"
    "U1,NA,00105484,H1,company,12.5,1422 EN,OV,maritime,1,0,,1\n"
    "U2,Brakelveld,00113710,H2,company,300,2381 AR,OV,land,0,1,9297,0\n"
)


def framed(folder, text):
    path = folder / "frame.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("separator", [",", ";"])
def test_the_frame_is_text_then_typed(tmp_path, separator):
    frame = load.frame(framed(tmp_path, FRAME.replace(",", separator)))

    assert frame["kvk"].tolist() == ["00105484", "00113710"]
    assert frame["name"].tolist() == ["NA", "Brakelveld"]
    assert frame["employees"].tolist() == [12.5, 300.0]
    assert frame["turnover_register"].isna().tolist() == [True, False]
    assert frame["mod_business"].tolist() == [1, 0]
    assert frame["source_dis"].tolist() == [1, 0]


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("employees", "employes", "the first is employees. Closest: employes"),
        ("U2,", "U1,", "1 rows of frame.csv repeat a unit"),
        ("U2,", ",", "1 rows of frame.csv have no unit"),
        (",300,", ",-300,", "1 of 2 cells of employees in frame.csv are negative"),
        (",300,", ",,", "1 of 2 cells of employees in frame.csv are empty or no number"),
        (",300,", ",inf,", "1 of 2 cells of employees"),
        ("land,0,1", "land,0,ja", "1 of 2 cells of known_large in frame.csv are neither 0 nor 1"),
        ("9297,0", "9297,2", "1 of 2 cells of source_dis"),
    ],
)
def test_a_frame_that_is_not_right_is_refused_with_a_count(tmp_path, old, new, words):
    with pytest.raises(InputError) as refused:
        load.frame(framed(tmp_path, FRAME.replace(old, new)))

    assert words in str(refused.value)
    assert "Brakelveld" not in str(refused.value)


def test_a_frame_that_is_not_there_or_not_utf_8_is_refused(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        load.frame(tmp_path / "frame.csv")
    (tmp_path / "frame.csv").write_bytes(FRAME.replace("NA", "Café").encode("cp1252"))
    with pytest.raises(InputError, match="not UTF-8"):
        load.frame(tmp_path / "frame.csv")


def test_a_fingerprint_is_the_sha_256_of_the_file(tmp_path):
    path = framed(tmp_path, FRAME)

    assert load.fingerprint(path) == hashlib.sha256(FRAME.encode()).hexdigest()
    with pytest.raises(InputError, match="There is no file"):
        load.fingerprint(tmp_path / "none")
