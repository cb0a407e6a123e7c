"""Whatever the survey tool, SPSS or a mailed workbook gave: the same answers, or a doubt."""

import gzip
import json
import re
from datetime import datetime

import openpyxl
import pytest
import survey_exports as exports
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nldtib import codebook
from nldtib.__main__ import main
from nldtib.errors import InputError
from nldtib.records import load
from nldtib.records.load import choices, expected

NOTHING = {"missing", "not_reached", "not_shown"}
DOUBT = {"ambiguous", "suspect", "suspect_decimal"}

ITEMS = [
    {"code": "AA", "nl": "Ontwerpen, ook nieuw", "en": "Design"},
    {"code": "BB", "nl": "Onderhoud & meer", "en": "Maintain"},
]
YEARLY = [
    {"code": "OMZ", "nl": "Omzet (x € 1.000)", "en": "Turnover (x € 1,000)"},
    {"code": "EXP", "nl": "Export (%)", "en": "Exports (%)"},
]
LETTERS = [
    {"code": "NL", "nl": "Nederland", "en": "Netherlands"},
    {"code": "BE", "nl": "België", "en": "Belgium"},
    {"code": "NVT", "nl": "weet niet / n.v.t.", "en": "don't know / n.a."},
]
DIGITS = [
    {"code": "1", "nl": "nooit", "en": "never"},
    {"code": "2", "nl": "vaak", "en": "often"},
    {"code": "9", "nl": "weet niet", "en": "don't know"},
]
QUESTIONS = [
    {"code": "naam", "type": "text", "nl": "Naam van R&D-organisatie?"},
    {
        "code": "land",
        "type": "single",
        "nl": "Welk land?",
        "answers": LETTERS,
    },
    {
        "code": "rol",
        "type": "single",
        "nl": "Welke rol?",
        "answers": DIGITS,
        "other": True,
    },
    {"code": "dat", "type": "date", "nl": "Datum?"},
    {
        "code": "act",
        "type": "multiple",
        "nl": "Wat doet u allemaal?",
        "items": ITEMS,
        "other": True,
    },
    {
        "code": "fin",
        "type": "array_text",
        "nl": "Omzet per jaar",
        "items": YEARLY,
        "years": [2024, 2025],
    },
    {
        "code": "fte",
        "type": "array_number",
        "nl": "Fte per jaar",
        "items": [{"code": "TOT", "nl": "Totaal", "en": "Total"}],
        "years": [2024, 2025],
    },
    {"code": "rd", "type": "number", "nl": "R&D-uitgaven (x € 1.000)"},
    {
        "code": "rang",
        "type": "ranking",
        "nl": "Op volgorde",
        "answers": LETTERS[:2],
    },
    {
        "code": "kp",
        "type": "multiple_with_comment",
        "nl": "Met wie?",
        "items": [{"code": "TNO", "nl": "TNO", "en": "TNO"}],
        "other": True,
    },
    {
        "code": "sam",
        "type": "array_dual_scale",
        "nl": "Hoe vaak, nu en straks?",
        "items": ITEMS,
        "answers": DIGITS,
        "answers_scale_2": DIGITS,
    },
    {"code": "oct", "type": "yes_no", "nl": "Octrooi?"},
    {
        "code": "weeg",
        "type": "array_single",
        "nl": "Hoe zwaar?",
        "items": ITEMS,
        "answers": LETTERS,
    },
    {
        "code": "beh",
        "type": "single_with_comment",
        "nl": "Behoefte?",
        "answers": DIGITS,
    },
    {"code": "opm", "type": "text_long", "nl": "Opmerkingen?"},
]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "codebook.json"
    path.write_text(json.dumps({"title": "T", "groups": [{"questions": QUESTIONS}]}))
    return codebook.read(path)


# --- responses as the tool stores them

typed = st.sampled_from(
    ["7138", "7.138", "1.295,9", "129,6", "n.v.t.", "weet niet", "0", "-3,5", "€ 2 mln"]
    + ["ca. 500", "12", "2.500.000", "-"]
)
percentages = st.sampled_from(["33", "33%", "44,3", "0", "100"])
stored = st.sampled_from(["0", "58", "66.3", "1234567", "-1.6", None])
free = st.text(st.sampled_from("ab12 \"'\n,;\t=<é€&-NA"), max_size=6).map(
    lambda t: t.strip(" \n\t")
)


def cells_of(column):
    """Texts that the tool stores for one column of a response that reached it."""
    kind, question = choices.kind(column), column.question
    if kind == "typed":
        return st.one_of(st.just(""), percentages if "%" in column.label.nl else typed)
    if kind == "stored":
        return stored
    if kind == "tick":
        return st.sampled_from(["Y", ""])
    if kind == "yes_no":
        return st.sampled_from(["Y", "N", ""])
    if kind == "date":
        return st.sampled_from(["2026-09-08 00:00:00", "2026-10-19 00:00:00", None])
    if kind == "choice":
        return st.sampled_from([*(item.code for item in choices.items(column)), ""])
    if column.part != "answer" and question.type.startswith("multiple"):
        # Where nothing else is blank, a lone 2 beside a multiple choice is a doubt in every format.
        return free.filter(lambda text: text not in ("2", "0"))
    return free if question.type != "text" else st.sampled_from(["Aa B.V.", "NA", "=1+1", "Ijsbër"])


@st.composite
def responses_of(draw, book):
    columns = expected.columns(book)
    found = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        stop = draw(st.one_of(st.none(), st.integers(1, len(columns))))
        row = {
            "id": str(number),
            "submitdate": None if stop else "2026-11-23 18:24:34",
            "lastpage": "1",
            "startlanguage": "nl",
        }
        for place, column in enumerate(columns):
            row[column.heading] = draw(cells_of(column)) if stop is None or place < stop else None
        found.append(row)
    return found


def truth_of(book, responses, folder):
    """Return the long table of the plain code CSV, which keeps everything."""
    path = folder / "truth"
    path.write_bytes(exports.csv(list(responses[0]), responses))
    return load.answers(path, book).table


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


def faithful(book, responses, folder):
    """Every format and setting that loses nothing: its name, and where it was written."""
    heads = list(responses[0])
    full, cut = exports.full_answers(book, responses), exports.texts(book, heads, 15)
    both = [f"{code} | {text}" for code, text in zip(heads, cut, strict=True)]
    people = [{"tid": "1", "token": "x", "firstname": "Piet"}]
    contents = {
        "gz, utf-32": gzip.compress(exports.csv(heads, responses, "\t", "utf-32")),
        "semicolon": exports.csv(heads, responses, ";", "utf-8", empty_line=True),
        "text, tab": exports.csv(exports.texts(book, heads), responses, "\t"),
        "short, utf-16": exports.csv(cut, responses, ";", "utf-16"),
        "short, underscores": exports.csv([text.replace(" ", "_") for text in cut], responses),
        "both": exports.csv(both, responses, ";"),
        "json": exports.as_json(heads, responses),
        "json, text": exports.as_json(exports.texts(book, heads), responses, ascii_only=False),
        "archive": exports.lsa(book, responses, people),
        "vv 2": exports.vv(book, responses),
        "vv 1": exports.vv(book, responses, version=1),
        "parquet": exports.parquet(responses),
        "labels": exports.csv(heads, full),
        "labels, short": exports.csv(cut, full, ";"),
    }
    return {name: written(folder, name, content) for name, content in contents.items()}


def lossy(book, responses, folder):
    """Every format and setting that loses something."""
    heads = list(responses[0])
    data, syntax = exports.spss_pair(book, responses)
    marked, marks = exports.spss_pair(book, responses, "-99", "-98")
    numbered = exports.marked(book, responses)
    frame, script = exports.r_pair(book, responses)
    definition, fixed = exports.triple_s(book, responses)
    commas, separated = exports.triple_s(book, responses, fixed=False)
    for name, content in (
        ("d.sps", syntax),
        ("m.sps", marks),
        ("r.R", script),
        ("t.sss", definition),
        ("u.xml", commas),
    ):
        (folder / name).write_bytes(content)
    contents = {
        "converted": exports.csv(heads, exports.converted(book, responses)),
        "workbook": exports.xlsx(heads, responses),
        "workbook, labels": exports.xlsx(heads, exports.full_answers(book, responses)),
        "workbook, marks": exports.xlsx(heads, numbered),
        "stata, marks": exports.stata_xml(book, numbered),
        "stata": exports.stata_xml(book, responses),
        "d.dat": data,
        "m.dat": marked,
        "r.csv": frame,
        "qualtrics": exports.qualtrics(book, responses),
        "qualtrics, texts": exports.qualtrics(book, responses, True, "\t", "utf-16"),
        "t.asc": fixed,
        "u.csv": separated,
    }
    return {name: written(folder, name, content) for name, content in contents.items()}


def keyed(table):
    table = table.assign(year=table["year"].astype("str").fillna(""))
    return {
        (row.respondent_id, row.variable, row.year): (row.value, row.status)
        for row in table.itertuples()
    }


def as_one_line(text):
    # Where line breaks are lost, a text may come to begin as the tool masks a formula.
    return re.sub("^'=", "=", "".join(text.split()))


def is_honest(true, found):
    """Whether a cell says what is true, or says less; never something else."""
    if found == true or found[1] in DOUBT:
        return True
    # Nothing ticked, left blank and never seen are one in many formats.
    if found[1] in NOTHING | {"unparsed"} or found == ("0", "ok"):
        return (
            true[1] in NOTHING or true in (("0", "ok"), ("Aa B.V.", "ok")) or found[1] == "unparsed"
        )
    return found[1] == true[1] and as_one_line(found[0]) == as_one_line(true[0])


several = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=False
)


@several
@given(st.data())
def test_a_format_that_keeps_everything_reads_back_the_same(book, tmp_path_factory, data):
    responses = data.draw(responses_of(book))
    folder = tmp_path_factory.mktemp("faithful")
    truth = keyed(truth_of(book, responses, folder))

    for name, path in faithful(book, responses, folder).items():
        answers = load.answers(path, None if name == "archive" else book)
        found = keyed(answers.table)
        wrong = {
            key: (true, found.get(key)) for key, true in truth.items() if found.get(key) != true
        }
        if name.startswith(("labels", "vv")):
            wrong = {key: pair for key, pair in wrong.items() if not is_honest(*pair)}
        assert (name, wrong, found.keys() - truth.keys()) == (name, {}, set())


@several
@given(st.data())
def test_a_format_that_loses_something_gives_a_doubt_and_never_another_answer(
    book, tmp_path_factory, data
):
    responses = data.draw(responses_of(book))
    folder = tmp_path_factory.mktemp("lossy")
    truth = keyed(truth_of(book, responses, folder))

    for name, path in lossy(book, responses, folder).items():
        answers = load.answers(path, book)
        found = keyed(answers.table)
        wrong = {
            key: (true, found.get(key))
            for key, true in truth.items()
            if not key[1].startswith("_") and not is_honest(true, found[key])
        }
        assert (name, wrong) == (name, {})
        assert answers.losses or name == "converted"


# --- one by one


def plain_response(book, **changes):
    row = {"id": "1", "submitdate": "2026-11-23 18:24:34", "lastpage": "1", "startlanguage": "nl"}
    row |= {column.heading: "" for column in expected.columns(book)} | {"naam": "Aa B.V."}
    return row | changes


def cell(answers, variable, year=None):
    table = answers.table
    here = table["variable"].eq(variable)
    here &= table["year"].isna() if year is None else table["year"].eq(year).fillna(False)
    return tuple(table.loc[here, ["value", "status"]].iloc[0])


@pytest.mark.parametrize("compress", [False, True])
def test_values_that_an_spss_file_declares_as_missing_keep_their_reason(book, tmp_path, compress):
    codes = {"refused": "-9", "dont_know": "-8"}
    yearly = {"fin[OMZ_J2024]": "refused", "fin[OMZ_J2025]": "1200.5", "rd": "dont_know"}
    path = tmp_path / "export"
    exports.sav(book, [plain_response(book, **yearly)], path, codes, compress)

    answers = load.answers(path, book)

    assert cell(answers, "fin_OMZ", 2024) == ("", "refused")
    assert cell(answers, "fin_OMZ", 2025) == ("1200.5", "ok")
    assert cell(answers, "rd") == ("", "dont_know")
    path.write_bytes(path.read_bytes()[:2500])
    with pytest.raises(InputError, match="PSPP"):
        load.answers(path, book)


@pytest.mark.parametrize("status", ["1", "2", "9", "17", "Survey Test", "Offline Survey Preview"])
def test_previews_of_qualtrics_are_set_aside_and_counted(book, tmp_path, status):
    rows = [plain_response(book), plain_response(book, id="2")]
    content = exports.qualtrics(book, rows).decode("utf-8-sig")
    first = next(line for line in content.split("\n") if '"1"' in line and "R_preview" not in line)
    spoiled = first.replace('"0"', f'"{status}"', 1)

    answers = load.answers(
        written(tmp_path, "q", content.replace(first, spoiled).encode("utf-8-sig")), book
    )

    assert answers.table["respondent_id"].unique().tolist() == ["2"]
    assert "2 previews and tests were set aside." in answers.losses


def test_a_file_of_another_tool_may_hold_a_part_and_says_how_much(book, tmp_path):
    row = {"id": "1", "naam": "Aa B.V.", "rd": "12.5"}
    submitted = row | {"submitdate": "2026-11-23 18:24:34", "startlanguage": "nl"}
    exports.sav(book, [row], tmp_path / "sav", {})
    contents = {
        "csv": exports.csv(list(row), [row], ";", "cp1252"),
        "parquet": exports.parquet([row]),
        "qualtrics": exports.qualtrics(book, [submitted]),
        "sav": (tmp_path / "sav").read_bytes(),
    }
    for name, content in contents.items():
        answers = load.answers(written(tmp_path, name, content), book)
        assert (cell(answers, "rd"), cell(answers, "naam")) == (("12.5", "ok"), ("Aa B.V.", "ok"))
        assert "columns of the codebook are not in this file" in load.report(answers), name


def test_a_workbook_made_by_hand_is_read_whole_but_for_totals_notes_and_hidden_sheets(
    book, tmp_path
):
    made = openpyxl.Workbook()
    sheet = made.active
    for row in (
        ["Opgave 2026"],
        ["Bedrijf", "Omzet (x € 1.000)", None, "Datum?", "Contactpersoon"],
        [None, 2024, 2025],
        ["Aa B.V.", 100, "1.295,9", datetime(2026, 9, 8), "Jansen"],
        ["Bb B.V.", "ca. 500", "n.v.t.", "8-9-2026"],
        ["Totaal", "=SUM(B4:B5)", 1],
        ["* in duizenden euro"],
    ):
        sheet.append(row)
    sheet.merge_cells("B2:C2")
    sheet.row_dimensions[5].hidden = True
    made.create_sheet("oud").sheet_state = "hidden"
    path = tmp_path / "export"
    made.save(path)

    answers = load.answers(path, book)

    table = answers.table[~answers.table["variable"].str.startswith("_")]
    assert table[["respondent_id", "variable", "value", "status"]].to_numpy().tolist() == [
        ["1", "naam", "Aa B.V.", "ok"],
        ["1", "dat", "2026-09-08", "ok"],
        ["1", "fin_OMZ", "100", "ok"],
        ["1", "fin_OMZ", "1295.9", "ok"],
        ["2", "naam", "Bb B.V.", "ok"],
        ["2", "dat", "2026-09-08", "ok"],
        ["2", "fin_OMZ", "500", "approximate"],
        ["2", "fin_OMZ", "", "not_applicable"],
    ]
    assert answers.personal["contactperson"].tolist() == ["Jansen", ""]
    assert "Jansen" not in answers.table.to_csv() + load.report(answers)
    for words in ("1 rows of totals", "1 rows of notes", "1 hidden rows", "1 hidden sheets"):
        assert words in load.report(answers)


def test_a_control_character_makes_no_stata_file_unreadable(book, tmp_path):
    content = exports.stata_xml(book, [plain_response(book, opm="xx")])
    for strange in (b"x\x01x", b"x&#1;x"):
        path = written(tmp_path, "export", content.replace(b">xx<", b">" + strange + b"<"))
        assert cell(load.answers(path, book), "opm") == ("x\x01x", "ok")


def test_a_number_beyond_all_dates_is_no_date(book, tmp_path):
    content = exports.stata_xml(book, [plain_response(book)])
    late = re.sub(rb'(<v varname="submitdate">)\d+', rb"\g<1>-99999999999999", content)
    assert late != content

    table = load.answers(written(tmp_path, "export", late), book).table

    raw = table.set_index("variable")["raw"]
    assert raw["_submitted"] == "-99999999999999"


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'


def test_hostile_xml_and_zip_files_are_refused_in_a_sentence(book, tmp_path):
    responses = [plain_response(book)]
    stata, archive = exports.stata_xml(book, responses), exports.lsa(book, responses)
    (tmp_path / "t.asc").write_bytes(b"x")
    cases = [
        (written(tmp_path, "s", stata.replace(b"<dta>", BOMB + b"<dta>&b;")), "entities"),
        (written(tmp_path, "t.sss", BOMB + b"<sss>&b;</sss>"), "entities"),
        (written(tmp_path, "cut", stata[:-200]), "broken or cut off"),
        (written(tmp_path, "zip", archive[: len(archive) // 2]), "damaged or cut off"),
    ]
    for path, words in cases:
        with pytest.raises(InputError, match=words):
            load.answers(path, book)
    with pytest.raises(InputError, match="unpacks to"):
        load.answers(written(tmp_path, "large", archive), None, largest=5_000)


def test_reading_writes_people_apart_and_a_refusal_leaves_what_was_there(book, tmp_path, capsys):
    person = {"firstname": "Jansen", "attribute_1": "directeur"}
    responses = [plain_response(book) | person]
    export = written(tmp_path, "export", exports.lsa(book, [plain_response(book)]))
    with_people = written(tmp_path, "people", exports.csv(list(responses[0]), responses))
    own, out = tmp_path / "codebook.json", tmp_path / "long.csv"
    own.write_text(json.dumps({"title": "T", "groups": [{"questions": QUESTIONS}]}))

    assert main(["read", str(export), "--out", str(out)]) == 0
    assert main(["read", str(with_people), "--codebook", str(own), "--out", str(out)]) == 0
    kept = out.read_bytes()
    assert b"Jansen" not in kept
    assert "Jansen" in (tmp_path / "long.personal.csv").read_text()
    with_people.write_bytes(with_people.read_bytes()[:-20])
    assert main(["read", str(with_people), "--codebook", str(own), "--out", str(out)]) == 1
    assert out.read_bytes() == kept
    assert "Jansen" not in capsys.readouterr().out
