"""Nobody who answered can be named by a file of an edition; each kind of leak is planted once."""

import base64
import getpass
import html
import itertools
import json
import socket
import zipfile
import zlib

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nldtib import report
from nldtib.errors import InputError, UnprotectedError
from nldtib.gate.audit import certificate, leaks, needles

OWN = "Werkt u samen met TNO of de universiteiten? NA jaren van groei: ministerie van Defensie."
WITHHELD = needles.table(
    [
        ("name", "Ruisstuw Veiligheid B.V."),
        ("name", "TNO"),
        ("name", "NA"),
        ("name", "Zeil"),
        ("name", "Défense & Zn. N.V."),
        ("number", "00164980"),
        ("number", "123456789"),
        ("number", "NL001234567B01"),
        ("key", "U0001"),
        ("key", "17"),
        ("key", "d9qsj6JwP6zk42n"),
        ("person", "Gijs Kringelaar"),
        ("mail", "gijs.kringelaar@ruisstuw.nl"),
        ("answer", "Wij verwachten volgend jaar twee nieuwe hallen te openen in Zwolle"),
        ("answer", "ministerie van Defensie"),
    ]
)


def found_in(folder, text: str, name: str = "size.html") -> set[str]:
    """Return the kinds of leaks in a folder that holds one page with this text."""
    (folder / name).write_text(text, encoding="utf-8")
    found = leaks.search(folder, WITHHELD, OWN)
    assert set(found["file"]) <= {name}
    return set(found["kind"])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Volgens Ruisstuw Veiligheid B.V. groeit de markt.", "name"),
        ("volgens RUISSTUW-VEILIGHEID groeit", "name"),
        ("volgens <b>Ruis</b>stuw Veilig&shy;heid", "name"),
        ("Ruisstuw alleen", "name"),
        ("bij Defense en bij D&eacute;fense &amp; Zn", "name"),
        ("bij Zeil in de haven", "name"),
        ("een haven van Zeil.", "name"),
        ("Ruisstuw<br>Veiligheid", "name"),
        ("<tspan>Gijs</tspan><tspan>Kringelaar</tspan>", "person"),
        ("Gijs%20Kringelaar", "person"),
        ("D\\u00e9fense\\nZn", "name"),
        ("&amp;quot;Gijs&amp;nbsp;Kringelaar&amp;quot;", "person"),
        ("btw NL001234567B01.", "number"),
        ("KVK 00164980", "number"),
        ("RSIN 123456789.", "number"),
        ('<td data-unit="U0001">', "key"),
        ("token d9qsj6JwP6zk42n", "key"),
        ("Met dank aan Gijs Kringelaar", "person"),
        ("mailto:gijs.kringelaar@ruisstuw.nl", "mail"),
        ("schrijf aan iemand@elders.nl", "mail"),
        ("zij verwachten volgend jaar twee nieuwe hallen", "answer"),
        ("<!-- /home/analist/data -->", "path"),
        (r"C:\Users\analist", "path"),
        ("p_percent: 12", "limit"),
        ("de p %-regel van 12", "limit"),
        ("p = 12", "limit"),
        ("dominantieregel 85 %", "limit"),
        ("on surveyhost-01", "host"),
        ("by analyst-02", "user"),
    ],
)
def test_a_planted_leak_is_found(tmp_path, monkeypatch, text, kind):
    monkeypatch.setattr(socket, "gethostname", lambda: "surveyhost-01")
    monkeypatch.setattr(getpass, "getuser", lambda: "analyst-02")

    assert kind in found_in(tmp_path, f"<p>{text}</p>")


@pytest.mark.parametrize(
    "text",
    [
        "Samenwerking met TNO, na drie jaren, door het ministerie van Defensie.",
        "een zeil hijsen",
        "een 95 %-interval van 17 tot 23; p %-regel",
        "57.412.300 en 00164980.25 en a00164980b",
        "zij verwachten volgend jaar twee dingen",
        "https://example.org/a/b",
    ],
)
def test_ordinary_words_and_figures_are_no_leak(tmp_path, text):
    assert found_in(tmp_path, f"<p>{text}</p>") == set()


def test_packed_and_embedded_files_are_searched(tmp_path):
    with zipfile.ZipFile(tmp_path / "annex.xlsx", "w") as packed:
        packed.writestr("xl/sharedStrings.xml", "<si><r>Ruisstuw</r><r> Veiligheid</r></si>")
    drawn = base64.b64encode(b"<svg><title>Gijs Kringelaar</title></svg>").decode()
    page = f'<img src="data:image/svg+xml;base64,{drawn}">'
    (tmp_path / "size.html").write_text(page, encoding="utf-8")

    found = leaks.search(tmp_path, WITHHELD, OWN)

    assert set(zip(found["kind"], found["file"], strict=True)) == {
        ("name", "annex.xlsx"),
        ("person", "size.html"),
    }


def pdf(about: bytes, stream: bytes, title: str = "Editie") -> bytes:
    """Return a PDF of one stream, as far as the search is concerned."""
    head = f"%PDF-1.4\n1 0 obj <</Title ({title}) /ProcSet [/ImageB]>> endobj\n2 0 obj "
    return head.encode() + b"<<" + about + b">> stream\n" + stream + b"\nendstream endobj"


def test_a_pdf_is_searched_for_words_and_not_for_what_hatches_look_like(tmp_path):
    by_chance = b"x a@b.cd P%\x107 /home/x/y z"
    told = b"<xmp>gijs.kringelaar@ruisstuw.nl</xmp>"
    image, words = b"/Subtype /Image /Filter /FlateDecode", b"/Type /Metadata"
    cases = [
        (pdf(image, zlib.compress(by_chance)), set()),
        (pdf(words, told), {"mail"}),
        (pdf(words, zlib.compress(told)), {"mail"}),
        (pdf(image, by_chance, title="Ruisstuw Veiligheid"), {"name"}),
        (pdf(b"/Type /EmbeddedFile", b"x"), {"unreadable"}),
    ]
    for content, kinds in cases:
        (tmp_path / "edition.pdf").write_bytes(content)
        found = set(leaks.search(tmp_path, WITHHELD, OWN)["kind"])
        assert found >= kinds and bool(found) == bool(kinds)


@pytest.mark.parametrize(
    ("name", "content"), [("notes.bin", b"?"), ("annex.xlsx", b"?"), ("size.html", b"\xff\xfe\xfa")]
)
def test_what_cannot_be_searched_is_found(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)

    assert leaks.search(tmp_path, WITHHELD, OWN)["kind"].tolist() == ["unreadable"]


def test_each_kind_of_file_is_searched_for_each_kind_of_text(tmp_path):
    told = "D\u00e9fense & Zn; 00164980; U0001; gijs.kringelaar@ruisstuw.nl; Gijs Kringelaar; "
    told += "zij verwachten volgend jaar twee nieuwe hallen"
    files = {
        "page.html": html.escape(told),
        "drawn.svg": f"<svg><desc>{html.escape(told)}</desc></svg>",
        "figures.json": json.dumps({"note": told}),
        "figures.csv": f'key,note\na,"{told}"\n',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    pd.DataFrame({"note": [told]}).to_excel(tmp_path / "annex.xlsx", index=False)

    found = leaks.search(tmp_path, WITHHELD, OWN).groupby("file")["kind"].agg(set)

    every = {"name", "number", "key", "mail", "person", "answer"}
    assert found.to_dict() == dict.fromkeys([*files, "annex.xlsx"], every)


def test_a_list_of_needles_tells_no_text(tmp_path):
    told = WITHHELD.to_csv().casefold()

    texts = ("ruisstuw", "kringelaar", "00164980", "u0001", "d9qsj6", "zeil", "hallen", "fense")
    assert [text for text in texts if text in told] == []
    again = needles.table([("name", "Zeil")])
    assert set(again["needle"]).isdisjoint(WITHHELD["needle"]), "each round has its own key"


@given(
    st.lists(st.sampled_from("aan bij de Ruisstuw van Veiligheid TNO Zeil".split()), max_size=12)
)
def test_a_phrase_is_found_wherever_it_stands(several):
    found = list(needles.kinds(" ".join(several), needles.ready(WITHHELD, OWN)))

    assert found.count("name") == several.count("Ruisstuw") + several.count("Zeil") + sum(
        pair == ("Ruisstuw", "Veiligheid") for pair in itertools.pairwise(several)
    )


def test_findings_count_and_never_quote(tmp_path):
    (tmp_path / "size.html").write_text("Ruisstuw, Gijs Kringelaar", encoding="utf-8")

    found = leaks.search(tmp_path, WITHHELD, OWN)
    told = found.to_csv() + leaks.described(found.itertuples(index=False))

    assert "Ruisstuw" not in told and "Gijs" not in told


@pytest.mark.parametrize(
    ("listed", "match"),
    [
        (WITHHELD.assign(more=1), "other columns"),
        (WITHHELD.head(0), "or no row"),
        (WITHHELD.assign(needle="no hash"), "is damaged"),
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path, listed, match):
    with pytest.raises(InputError, match=match):
        leaks.search(tmp_path, listed, OWN)


# The certificate, and what a report does with both


def test_a_certificate_holds_for_the_bytes_that_were_audited(tmp_path):
    (tmp_path / "cells.csv").write_text("table,key\n", encoding="utf-8")
    with pytest.raises(UnprotectedError, match="no valid certificate"):
        certificate.check(tmp_path)
    certificate.write(tmp_path, {"cells": 0})
    certificate.check(tmp_path)

    (tmp_path / "cells.csv").write_text("table,key \n", encoding="utf-8")
    with pytest.raises(UnprotectedError, match="changed after its audit"):
        certificate.check(tmp_path)


@pytest.mark.parametrize("told", ["", "[]", '{"findings": 0}', '{"findings": 3, "digest": "x"}'])
def test_a_certificate_that_says_something_else_is_none(tmp_path, told):
    (tmp_path / "cells.csv").write_text("table,key\n", encoding="utf-8")
    (tmp_path / "audit.json").write_text(told, encoding="utf-8")

    with pytest.raises(UnprotectedError, match="no valid certificate"):
        certificate.check(tmp_path)


def refused(this_round) -> str:
    """Return why no report was made, after checking that the edition is as it was."""
    folder = this_round.root / "outputs" / "2026" / "first"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(UnprotectedError) as refusal:
        report.edition(this_round, "first")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    return str(refusal.value)


def test_cells_changed_by_hand_never_become_a_report(small_project):
    this_round = small_project(size="plain")
    cells = this_round.root / "outputs" / "2026" / "first" / "cells.csv"
    cells.write_text(cells.read_text("utf-8") + "a,b,1\n", encoding="utf-8")

    assert "changed after its audit" in refused(this_round)


def test_a_page_that_names_a_company_is_never_published(small_project):
    this_round = small_project(size="plain")
    withheld = this_round.folder / "prepared" / "withheld.csv"
    page = this_round.root / "notebooks" / "size.ipynb"
    notebook = json.loads(page.read_text("utf-8"))
    notebook["cells"][0]["source"] += "\n\nMet Ruisstuw Veiligheid."
    page.write_text(json.dumps(notebook), encoding="utf-8")
    report.edition(this_round, "first")

    # Our own texts are no leak; what only a respondent could tell us is.
    WITHHELD.to_csv(withheld, index=False)
    report.edition(this_round, "first")
    cells = this_round.root / "outputs" / "2026" / "first" / "quality.csv"
    cells.write_text("topic,item,measure,value\nnames,Gijs Kringelaar,count,1\n", encoding="utf-8")
    told = refused(this_round)
    assert "1 of kind person in quality.csv" in told and "Gijs" not in told

    withheld.unlink()
    assert "no withheld.csv" in refused(this_round)
