"""Exports that no sample shows: each as a tool or a person may make it, against what was meant."""

import gzip
import io
import json
import shutil
import struct
import zipfile

import openpyxl
import pandas as pd
import pyreadstat
import pytest
import survey_exports as exports
from hypothesis import given, settings
from hypothesis import strategies as st
from test_load_formats import QUESTIONS

from nldtib import codebook
from nldtib.errors import InputError
from nldtib.records import load

HEADS = (
    ["Naam van R&D-organisatie?", "Omzet (x € 1.000)", None, "Export (%)", None],
    [None, 2024, 2025, 2024, 2025],
)
TWO = (["Aa B.V.", 100, 200, 10, 20], ["Bb B.V.", 300, 400, 30, 40])
TOTAL = ["Totaal", 400, 600, 20, 30]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "codebook.json"
    path.write_text(json.dumps({"title": "T", "groups": [{"questions": QUESTIONS}]}))
    return codebook.read(path)


def written(folder, content, name="export"):
    path = folder / name
    path.write_bytes(content)
    return path


def read(book, folder, content, name="export", **beside):
    for other, text in beside.items():
        written(folder, text, f"{name}.{other}")
    name = f"{name}.{'csv' if 'xml' in beside else 'asc'}" if beside else name
    return load.answers(written(folder, content, name), book)


def told(answers, *variables):
    """Return (value, status) of some variables, in the order of the file."""
    table = answers.table
    if variables:
        table = table[table["variable"].isin(variables)]
    else:
        table = table[~table["variable"].str.startswith("_")]
    return list(zip(table["value"], table["status"], strict=True))


def workbook(rows, merged=(), formats=(), hidden=()):
    made = openpyxl.Workbook()
    sheet = made.active
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    for cell, form in formats:
        sheet[cell].number_format = form
    for letter in hidden:
        sheet.column_dimensions[letter].hidden = True
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


# --- workbooks that people made


@pytest.mark.parametrize(
    "label",
    ["Totaal", "TOTAL", "Σ", "Som", "Eindtotaal", "Totaal generaal", "Total (n=2)", "Mediaan"]
    + ["Totaal 2 bedrijven", "Gemiddeld", "Subtotaal:", None, "Totaal van de regio"],
)
def test_a_row_of_totals_is_set_aside_by_its_word_or_by_its_sums(book, tmp_path, label):
    answers = read(book, tmp_path, workbook([*HEADS, *TWO, [label, *TOTAL[1:]]]))

    assert answers.table["respondent_id"].nunique() == 2
    assert "1 rows of totals were set aside." in answers.losses


def test_a_company_that_is_called_like_a_total_is_a_respondent(book, tmp_path):
    rows = [["Som Engineering B.V.", 1, 2, 3, 4], ["Total Defence", 5, 6, 7, 8], *TWO]

    answers = read(book, tmp_path, workbook([*HEADS, *rows, TOTAL]))

    assert [name for name, _ in told(answers, "naam")] == [row[0] for row in rows]
    assert "2 rows begin like a total, add up to nothing, and were read." in answers.losses


def test_percentages_are_read_as_they_are_shown_and_shares_are_doubtful(book, tmp_path):
    rows = [["Aa", 1, 2, 0.25, 0.125], ["Bb", 1, 2, 0.25, 40]]

    answers = read(book, tmp_path, workbook([*HEADS, *rows], (), [("D3", "0%"), ("E3", "0.0%")]))

    assert told(answers, "fin_EXP") == [("25", "ok"), ("12.5", "ok"), ("", "suspect"), ("40", "ok")]
    assert answers.doubts["alternatives"].tolist() == ["25 | 0.25"]


def test_one_amount_for_several_cells_and_thousands_by_format_are_doubtful(book, tmp_path):
    rows = [["Aa", 100, 1_500_000, 1, 2], ["Bb", None, 400, 3, 4]]
    content = workbook([*HEADS, *rows], ["B1:C1", "B3:B4"], [("C3", "#,##0,"), ("C4", "#,##0")])

    answers = read(book, tmp_path, content)

    doubtful = ("", "suspect")
    assert told(answers, "fin_OMZ") == [doubtful, doubtful, doubtful, ("400", "ok")]
    assert answers.doubts["alternatives"].tolist() == [
        "100 | (blank)",
        "1500 | 1500000",
        "100 | (blank)",
    ]


def test_headings_on_three_levels_with_the_year_in_words_are_found(book, tmp_path):
    three = workbook(
        [
            ["Naam", "Omzet per jaar", None],
            [None, "Omzet (x € 1.000)", None],
            [None, "jaar 2024", "jaar 2025"],
            ["Aa", "1\u00a0234", -500],
        ],
        ["A1:A3", "B1:C1", "B2:C2"],
    )
    one = workbook([["Naam", "Omzet (x € 1.000) 2024", "2025: Omzet"], ["Aa", "1234", -500]])

    for content in (three, one):
        answers = read(book, tmp_path, content)
        assert told(answers, "fin_OMZ") == [("1234", "ok"), ("-500", "ok")]


numbers = st.one_of(
    st.none(), st.integers(-(10**9), 10**9), st.floats(-1e9, 1e9).map(lambda x: round(x, 4))
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6))
def test_a_number_in_a_cell_is_that_number_and_no_row_is_lost(book, tmp_path_factory, pairs):
    rows = [[f"Bedrijf {place} B.V.", *pair, 10, 20] for place, pair in enumerate(pairs)]

    answers = read(book, tmp_path_factory.mktemp("made"), workbook([*HEADS, *rows]))

    meant = [number for pair in pairs for number in pair]
    found = told(answers, "fin_OMZ")
    assert [status for _, status in found] == ["missing" if n is None else "ok" for n in meant]
    assert [float(value) for value, _ in found if value] == [n for n in meant if n is not None]


def test_headings_again_hidden_columns_and_dates_without_format(book, tmp_path):
    rows = [*HEADS, TWO[0], [], *HEADS, TWO[1]]
    answers = read(book, tmp_path, workbook(rows, ["B1:C1", "D1:E1"], (), ["C"]))

    assert answers.table["respondent_id"].nunique() == 2
    assert "2 rows of headings stand below the first and were set aside." in answers.losses
    assert "1 hidden columns were read like the others." in answers.losses
    dates = read(book, tmp_path, workbook([["Naam", "Datum?"], ["Aa", 46273], ["Bb", "46273"]]))
    assert told(dates, "dat") == [("2026-09-08", "ok"), ("", "unparsed")]


def test_another_sheet_with_answers_is_counted(book, tmp_path):
    made = openpyxl.Workbook()
    for sheet in (made.active, made.create_sheet("meer")):
        for row in (*HEADS, *TWO):
            sheet.append(row)
    made.create_sheet("leeg")
    made.save(tmp_path / "export")

    losses = load.answers(tmp_path / "export", book).losses

    assert any(loss.startswith("1 other sheets hold answers too") for loss in losses)
    assert "1 other sheets were not read." in losses


# --- letters and wrappings


def plain_csv(book, **given):
    heads = ["id", "submitdate", "lastpage", "startlanguage", *exports.columns_of(book)]
    row = dict.fromkeys(heads, "") | {"id": "1", "submitdate": "2026-11-23 18:24:34"}
    rows = [row | {"naam": "Café België", "opm": "geïnd"} | given]
    return heads, rows


@pytest.mark.parametrize("codec", ["utf-32", "utf-16", "utf-8", "cp1252"])
def test_letters_come_through(book, tmp_path, codec):
    answers = read(book, tmp_path, exports.csv(*plain_csv(book), codec=codec))

    assert told(answers, "naam", "opm") == [("Café België", "ok"), ("geïnd", "ok")]


def test_letters_that_were_written_twice_are_read_once(book, tmp_path):
    content = exports.csv(*plain_csv(book), codec="utf-8").decode("cp1252").encode("utf-8")

    answers = read(book, tmp_path, content)

    assert told(answers, "naam") == [("Café België", "ok")]
    assert answers.format.endswith("UTF-8 written twice")


@pytest.mark.parametrize("codec", ["mac_roman", "cp850"])
def test_letters_of_old_programs_are_refused_until_somebody_names_them(book, tmp_path, codec):
    content = exports.csv(*plain_csv(book), codec=codec)

    with pytest.raises(InputError, match=r"neither as UTF-8 nor as Windows-1252.*--encoding"):
        read(book, tmp_path, content)
    answers = load.answers(tmp_path / "export", book, encoding=codec)
    assert told(answers, "naam", "opm") == [("Café België", "ok"), ("geïnd", "ok")]


def test_quotes_and_apostrophes_of_windows_are_no_letters_of_another_program(book, tmp_path):
    free = "de auto‘s – “zo” … enz… 5‰ Škoda Žiga"
    answers = read(book, tmp_path, exports.csv(*plain_csv(book, opm=free), codec="cp1252"))

    assert told(answers, "opm") == [(free, "ok")]


def test_a_wrapped_export_is_read_and_a_bomb_is_not(book, tmp_path):
    content = exports.csv(*plain_csv(book))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("results.csv", content)

    for wrapped in (gzip.compress(content), packed.getvalue(), b"sep=,\r\n" + content[3:]):
        assert told(read(book, tmp_path, wrapped), "naam") == [("Café België", "ok")]
    path = written(tmp_path, gzip.compress(b"0" * 3_000_000))
    with pytest.raises(InputError, match="unpacks to over 1,000,000 bytes"):
        load.answers(path, book, largest=1_000_000)
    with pytest.raises(InputError, match="damaged or cut off"):
        read(book, tmp_path, gzip.compress(content)[:-30])


@pytest.mark.parametrize("yes, no", [("1", "2"), ("1", "0"), ("J", "N"), ("Ja", "Nee")])
def test_whatever_blanks_were_made_into_is_no_text_that_somebody_wrote(book, tmp_path, yes, no):
    heads, rows = plain_csv(book, **{"act[AA]": "Y", "kp[TNO]": ""})

    answers = read(book, tmp_path, exports.csv(heads, exports.converted(book, rows, yes, no)))

    assert told(answers, "act_AA", "act_BB", "kp_TNO") == [("1", "ok"), ("0", "ok"), ("0", "ok")]
    assert told(answers, "act_other", "kp_other") == [("", "ambiguous")] * 2


# --- Triple-S beyond the plain case

DEFINITION = """<?xml version="1.0"?>
<!DOCTYPE sss SYSTEM "http://example.org/sss_v11.dtd">
<sss version="{version}"><survey><record ident="V"{form}>
<variable ident="1" type="quantity"><name>rd</name><position start="{rd}"/></variable>
<variable ident="2" type="single"><name>rol</name><position start="{rol}"/><values>
<value code="1"><text xml:lang="en">never</text></value><value code="2">vaak</value>
</values></variable>
<variable ident="3" type="quantity" use="serial"><name>n</name><position start="{n}"/></variable>
<variable ident="4" type="date"><name>dat</name><position start="{dat}"/></variable>
<variable ident="5" type="logical"><name>oct</name><position start="{oct}"/></variable>
<variable ident="6" type="quantity" use="weight"><name>w</name><position start="{w}"/></variable>
</record></survey></sss>"""


def test_fields_of_triple_s_stand_where_its_definition_says(book, tmp_path):
    places = {"n": 1, "oct": 2, "rol": 4, "dat": 5, "rd": 6, "w": 7}
    form = ' format="csv" skip="1"'
    definition = DEFINITION.format(version="2.0", form=form, **places).encode()
    data = b"n,oct,unused,rol,dat,rd,w\n7,1,x,1,20260908,12.5,1.1\n8,0,y,2,20261019,100,0.9\n"

    answers = read(book, tmp_path, data, "t", xml=definition)

    assert answers.table["respondent_id"].unique().tolist() == ["7", "8"]
    assert told(answers, "rol", "dat", "rd", "oct") == [
        ("1", "ok"),
        ("2026-09-08", "ok"),
        ("12.5", "ok"),
        ("Y", "ok"),
        ("2", "ok"),
        ("2026-10-19", "ok"),
        ("100", "ok"),
        ("N", "ok"),
    ]
    assert "1 columns of weights were set aside." in answers.losses


def test_a_line_with_fewer_fields_than_described_is_refused(book, tmp_path):
    places = {"n": 1, "oct": 2, "rol": 4, "dat": 5, "rd": 6, "w": 7}
    definition = DEFINITION.format(version="1.1", form=' format="csv"', **places).encode()

    with pytest.raises(InputError, match="has 6 fields where 7 are described"):
        read(book, tmp_path, b"7,1,x,1,20260908,12.5\n", "t", xml=definition)


# --- Qualtrics beyond the plain case


def qualtrics(*columns, imports=True):
    """Lay out columns of (tag, text, import id, cells...) as Qualtrics does."""
    rows = list(zip(*columns, strict=True))
    rows[2] = [json.dumps({"ImportId": cell}) for cell in rows[2]]
    chosen = rows if imports else [*rows[:2], *rows[3:]]
    return "\n".join(",".join('"' + c.replace('"', '""') + '"' for c in r) for r in chosen).encode()


OWN = (
    ("ResponseId", "Response ID", "_recordId", "R_1", "R_2"),
    ("Finished", "Finished", "finished", "1", "0"),
    ("RecipientEmail", "Recipient Email", "recipientEmail", "a@b.nl", ""),
)


def test_columns_of_items_are_one_choice_and_embedded_data_are_no_answer(book, tmp_path):
    content = qualtrics(
        *OWN,
        (
            "Q4_1",
            "Wat doet u allemaal? - Selected Choice - Ontwerpen, ook nieuw",
            "QID4_1",
            "1",
            "",
        ),
        ("Q4_2", "Wat doet u allemaal? - Selected Choice - Onderhoud & meer", "QID4_2", "", ""),
        ("Q4_DO_1", "Wat doet u allemaal? - Display Order", "QID4_DO", "1", "2"),
        ("rd", "R&D-uitgaven", "QID8_TEXT", "12.5", ""),
        ("sector", "sector", "sector", "marine", "lucht"),
    )

    answers = read(book, tmp_path, content)

    assert told(answers, "act_AA", "act_BB", "rd") == [
        ("1", "ok"),
        ("0", "ok"),
        ("12.5", "ok"),
        *[("", "not_reached")] * 3,
    ]
    assert answers.personal["recipient_email"].tolist() == ["a@b.nl", ""]
    assert any(loss.startswith("2 columns that are no question") for loss in answers.losses)
    assert "marine" not in answers.table.to_csv()


def test_an_older_export_numbers_its_own_columns_and_has_two_rows_of_headings(book, tmp_path):
    content = qualtrics(
        ("V1", "ResponseID", "x", "R_1", "R_2"),
        ("V2", "ResponseSet", "x", "Default", "Default"),
        ("V3", "Name", "x", "Gijs", ""),
        ("V10", "Finished", "x", "1", "1"),
        ("naam", "Naam van R&D-organisatie?", "x", "Aa", "Bb"),
        ("rd", "R&D-uitgaven", "x", "12.5", "3"),
        imports=False,
    )

    answers = read(book, tmp_path, content)

    assert answers.table["respondent_id"].unique().tolist() == ["R_1", "R_2"]
    assert told(answers, "naam", "rd") == [("Aa", "ok"), ("12.5", "ok"), ("Bb", "ok"), ("3", "ok")]
    assert "Gijs" not in answers.table.to_csv() and "Gijs" in answers.personal.to_csv()


# --- the malformed file of LimeSurvey's SPSS plug-in, and PSPP


def malformed_sav(folder):
    """Write a .sav whose labels of long texts (record 7, subtype 21) end too soon."""
    path = folder / "export.sav"
    answers = {"id": [1.0, 2.0], "land": ["NL", "BE"], "fin_OMZ_J2024": ["7138", "n.v.t."]}
    pyreadstat.write_sav(pd.DataFrame(answers | {"naam": ["Café " * 9, "Bb"]}), path)
    content = path.read_bytes()
    end = content.index(struct.pack("<ii", 999, 0))
    labels = struct.pack("<i4siii2s", 4, b"naam", 26, 1, 30, b"Aa")
    record = struct.pack("<iiii", 7, 21, 1, len(labels)) + labels
    path.write_bytes(content[:end] + record + content[end:])
    return path


def test_a_malformed_sav_is_refused_with_two_ways_out(book, tmp_path):
    with pytest.raises(InputError, match=r"CSV or \.lsa instead, .*--reader pspp"):
        load.answers(malformed_sav(tmp_path), book)


@pytest.mark.skipif(shutil.which("pspp") is None, reason="PSPP is not installed")
def test_pspp_reads_what_the_plug_in_wrote(book, tmp_path):
    answers = load.answers(malformed_sav(tmp_path), book, reader="pspp")

    assert "read by PSPP" in answers.format
    assert told(answers, "naam", "land", "fin_OMZ") == [
        (" ".join(["Café"] * 9), "ok"),
        ("NL", "ok"),
        ("7138", "ok"),
        ("Bb", "ok"),
        ("BE", "ok"),
        ("", "not_applicable"),
    ]
    damaged = tmp_path / "damaged.sav"
    damaged.write_bytes(b"$FL2" + b"x" * 500)
    with pytest.raises(InputError, match="PSPP cannot read damaged.sav either"):
        load.answers(damaged, book, reader="pspp")


def test_pspp_that_is_asked_for_and_not_there_is_one_sentence(book, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(InputError, match="is not installed. Install PSPP, or export"):
        load.answers(malformed_sav(tmp_path), book, reader="pspp")
