"""The parts of the export: how a kernel starts, how a notebook becomes a page, what gates stop."""

import getpass
from pathlib import Path

import nbformat
import papermill
import pytest
from conftest import run_record
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from nldtib.errors import ParameterError, RunError
from nldtib.pages.export import forks, gates, kernels, notebooks, page
from nldtib.pages.export.settings import Settings

ROOT = Path("/somewhere/project")
TABLE = (
    '<table><caption>Omzet</caption><thead><tr><th scope="col">Domein</th></tr></thead>'
    '<tbody><tr><th scope="row">Land</th></tr></tbody></table>'
)
FIT = f"""<!doctype html><html lang="nl"><head><title>Omvang</title></head><body>
<h1>Omvang</h1><h2 id="a">Vraag?</h2><h3>Deel</h3><h2>Vraag?</h2>
<p>Zie <a href="#a">boven</a>, <a href="size.html#a">hier</a> en <a href="cells.csv">cijfers</a>.
Bron: https://example.org en /het/antwoord.</p>
<img src="data:image/png;base64,iVBOR/tmp/xw0KGgo=" alt="Een kaart.">
<svg role="img" aria-labelledby="t"><title id="t">Land is het grootst.</title></svg>
<svg aria-hidden="true"><path fill="url(#a)"/></svg>{TABLE}</body></html>"""


def findings(text: str, most: int = 600_000) -> str:
    """Return what the gates say of one page; empty when they let it through."""
    try:
        gates.refuse_unfit({"size.html": text}, ["cells.csv"], ROOT, most)
    except RunError as refusal:
        return str(refusal)
    return ""


def test_a_fit_page_passes():
    assert findings(FIT) == ""


@pytest.mark.parametrize(
    ("part", "planted", "finding"),
    [
        ("<h1>Omvang</h1>", "", "it has 0 headings of the first level"),
        ("<h1>Omvang</h1>", "<h1>A</h1><h1>B</h1>", "it has 2 headings of the first level"),
        ("<h3>Deel</h3>", "<h4>Deel</h4>", "a heading jumps from level 2 to level 4"),
        ("<h3>Deel</h3>", "<h3> </h3>", "a heading is empty"),
        ("<h1>Omvang</h1>", "<h2>A</h2><h1>B</h1>", "a heading jumps from level 0 to level 2"),
        (' lang="nl"', "", "it has no language or no title"),
        ("<title>Omvang</title>", "", "it has no language or no title"),
        (' alt="Een kaart."', "", "an img has no alternative text"),
        ("Een kaart.", " ", "an img has no alternative text"),
        ("Een kaart.", "No description has been provided for this image", "an img has no altern"),
        ('aria-labelledby="t"', "", "an svg has no alternative text"),
        ('role="img" ', "", "an svg has no alternative text"),
        ("Land is het grootst.", "", "an svg has no alternative text"),
        ("<caption>Omzet</caption>", "", "a table has no caption"),
        ("<caption>Omzet</caption>", "<caption> </caption>", "a table has no caption"),
        (' scope="row"', "", "a header cell of a table has no scope"),
        (">Land</th>", "></th>", "a header cell of a table is empty"),
        (TABLE, "<table><caption>A</caption><tr><td>1</td></tr></table>", "no header cells"),
        ("<h3>Deel</h3>", '<h3 id="a">Deel</h3>', 'the name "a" stands 2 times'),
        ("</body>", "<script>1</script></body>", "it holds an active element, script"),
        ("</body>", "<iframe></iframe></body>", "it holds an active element, iframe"),
        ("<title>", '<link rel="stylesheet" href="a.css"><title>', "an active element, link"),
        ("<title>", '<meta http-equiv="refresh" content="0"><title>', "an active element, meta"),
        ("<h3>", '<h3 onclick="x()">', "a h3 holds a script in onclick"),
        ("#a", "javascript:x()", "the href of a a leads outside"),
        ("#a", "https://example.org", "the href of a a leads outside"),
        ("#a", "//example.org", "the href of a a leads outside"),
        ("#a", "file:///etc/hosts", "the href of a a leads outside"),
        ("data:image/png;base64,", "http://example.org/", "the src of a img leads outside"),
        ("data:image/png;base64,", "map.png?", "the src of a img leads outside"),
        ("data:image/png", "data:text/html", "the src of a img leads outside"),
        ("url(#a)", "url(http://example.org)", "the style of a path asks for another file"),
        ("<h3>", '<h3 style="background:url(a.png)">', "the style of a h3 asks for another file"),
        ("<title>", "<style>@import 'a.css'</style><title>", "a style asks for another file"),
        ("cells.csv", "other.csv", "a link leads to other.csv, which is not in the edition"),
        ("size.html#a", "size.html#b", "a link leads to #b in size.html, which is not there"),
        ("#a", "#b", "a link leads to #b in size.html"),
        ("Bron:", "Bron: /somewhere/project/data", "it tells a path on this machine"),
        ("Bron:", "Bron: /home/iemand/werk", "it tells a path on this machine"),
        ("Bron:", "Bron: C:\\Users", "it tells a path on this machine"),
        ("Bron:", f"Bron: {getpass.getuser()}@machine", "it tells the name of a user"),
        ("Bron:", "Bron: <p>&lt;object at 0x7f3a9c1d&gt;</p>", "it shows a memory address"),
    ],
)
def test_what_is_not_fit_is_found(part, planted, finding):
    assert part in FIT
    said = findings(FIT.replace(part, planted, 1))

    assert finding in said


def test_a_heavy_page_is_found():
    heavy = FIT.replace("</body>", "<p>" + "lang " * 400 + "</p></body>")

    assert findings(heavy, most=3_000) == ""
    assert "the page is 2 kB, and must stay below 2 kB" in findings(heavy, most=2_000)


def test_further_findings_are_counted():
    said = findings(FIT.replace("<caption>Omzet</caption>", "").replace("Een kaart.", ""))

    assert "1 more findings follow" in said


def test_a_text_is_taken_in_the_language_of_the_page():
    source = "## Vraag?\n\nTekst.\n\n<!-- en -->\n\n## Question?\n\nText."

    assert page.in_language(source, "nl") == "## Vraag?\n\nTekst."
    assert page.in_language(source, "en") == "## Question?\n\nText."
    assert page.in_language("Enkel dit.", "en") == "Enkel dit."


@given(st.text(), st.text())
def test_no_text_is_lost_between_two_languages(dutch, english):
    if page.LANGUAGE_LINE.search(dutch) or page.LANGUAGE_LINE.search(english):
        return
    source = f"{dutch}\n<!-- en -->\n{english}"

    assert page.in_language(source, "nl") == dutch.strip()
    assert page.in_language(source, "en") == english.strip()


def executed(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return new_notebook(cells=list(cells))


def shown(html: str, source: str = "present.table(report)") -> nbformat.NotebookNode:
    output = new_output("display_data", {"text/html": html, "text/plain": "<object at 0x7f>"})
    return new_code_cell(source, outputs=[output], execution_count=1)


def test_outputs_stand_in_a_page_as_they_are_and_code_is_folded():
    html = '<svg viewBox="0 0 1 1" aria-hidden="true"><linearGradient/></svg>'

    body = page.body(executed(shown(html, "a < b")), {"language": "nl"}, "nl")

    assert f'<div class="output">{html}</div>' in body
    assert '<details class="code">' in body and "<code>a &lt; b</code>" in body
    assert "object at" not in body


def test_the_cell_that_papermill_adds_is_neither_shown_nor_counted():
    added = new_code_cell("edition = 'x'", metadata={"tags": ["injected-parameters"]})

    body = page.body(executed(added, shown("<p>x</p>")), {"edition": "first"}, "nl")

    assert "edition = " not in body
    assert "van cel 1" in body
    assert '<th scope="row">edition</th><td>first</td>' in body


def test_headings_of_a_text_can_be_linked_to():
    text = new_markdown_cell("## Waar zitten zij, en wat doen zij?")

    body = page.body(executed(text), {}, "nl")

    assert '<h2 id="waar-zitten-zij-en-wat-doen-zij">' in body


def about() -> page.Publication:
    return page.Publication(run_record(), ("nl", "en"))


def test_title_and_description_come_from_the_page_itself():
    body = '<h1>Omvang &amp; aard</h1><p class="lead">Hoe groot is het? Dat staat hier.</p>'
    sheet = page.Sheet("size", "nl", body)

    assert (sheet.title, sheet.description) == ("Omvang & aard", "Hoe groot is het?")
    whole = page.page(sheet, [sheet], about())
    assert "<title>Omvang &amp; aard · NLDTIB 2026, eerste editie</title>" in whole
    assert "23 november 2026 · invoer 7f3a0000 · programma 0.1.0" in whole


def test_a_page_can_be_given_a_new_shell_without_changing_its_inside():
    sheet = page.Sheet("size", "nl", "<h1>Omvang</h1>\n<main>x</main>\n<p>y</p>")
    whole = page.page(sheet, [sheet], about())

    assert page.kept("size", "nl", whole) == sheet
    with pytest.raises(RunError, match="was not made by this program"):
        page.kept("size", "nl", "<html></html>")


def test_links_lead_to_the_page_in_the_same_language():
    body = '<h1>Size</h1><a href="quality.html#sure" class="x">quality</a>'
    sheets = [page.Sheet(name, "en", body) for name in ("size", "quality")]

    whole = page.page(sheets[0], sheets, about())

    assert '<a href="quality.en.html#sure" class="x">quality</a>' in whole


def test_what_a_notebook_declares_is_escaped_on_its_way_to_the_page():
    body = page.body(executed(), {"edition": "<script>"}, "nl")

    assert "<script>" not in body


def test_parameters_are_read_without_running_them():
    cell = new_code_cell(
        'survey_round = 2026\nnames = ["a", "b"]\nnothing = None',
        metadata={"tags": ["parameters"]},
    )

    assert notebooks.defaults("size", executed(cell)) == {
        "survey_round": 2026,
        "names": ["a", "b"],
        "nothing": None,
    }


@pytest.mark.parametrize(
    "source", ["x = open('a')", "x = y", "import os", "x: int = 3", "a = b = 1", "x = (", "1"]
)
def test_a_parameters_cell_holds_names_and_plain_values_only(source):
    cell = new_code_cell(source, metadata={"tags": ["parameters"]})

    with pytest.raises(ParameterError, match="holds more than names with plain values"):
        notebooks.defaults("size", executed(cell))


def test_a_whole_number_is_no_truth_value():
    cell = new_code_cell("flag = 1", metadata={"tags": ["parameters"]})

    with pytest.raises(ParameterError, match="flag of size.ipynb is a int, not a bool"):
        notebooks.refuse_other_parameters("size", executed(cell), {"flag": True})


STUMBLING = """
import os
from pathlib import Path

tries = Path(os.environ["TRIES"])
number = len(list(tries.iterdir()))
(tries / str(number)).touch()
if number < int(os.environ["STUMBLES"]):
    os._exit(1)
"""


def run_with_a_kernel_that_stumbles(folder: Path, times: int, warm: bool) -> int:
    """Run a notebook with a Python that ends at once for a number of times; return all starts."""
    if warm and not forks.POSSIBLE:
        pytest.skip("this system does not fork kernels")
    for name in ("tries", "scratch", "code"):
        (folder / name).mkdir()
    (folder / "code" / "sitecustomize.py").write_text(STUMBLING, encoding="utf-8")
    usual = kernels.environment(folder / "scratch", folder, 0)
    surroundings = usual | {
        "PYTHONPATH": str(folder / "code"),
        "TRIES": str(folder / "tries"),
        "STUMBLES": str(times),
    }
    launch = kernels.Launch(
        scratch=folder / "scratch",
        workspace=folder,
        environment=surroundings,
        log=folder / "log",
        running=kernels.Running(),
        settings=Settings(start_attempts=3),
        forks=forks.Forks(surroundings, 60) if warm else None,
    )
    papermill.execute_notebook(
        executed(new_code_cell("1 + 1")),
        None,
        engine_name=kernels.ENGINE,
        kernel_name=kernels.KERNEL,
        language="python",
        progress_bar=False,
        launch=launch,
    )
    if launch.forks:
        launch.forks.end()
    return len(list((folder / "tries").iterdir()))


HOW = pytest.mark.parametrize("warm", [False, True], ids=["started", "forked"])


@HOW
def test_a_kernel_that_stumbles_is_started_again(tmp_path, warm):
    assert run_with_a_kernel_that_stumbles(tmp_path, 2, warm) == 3


@HOW
def test_a_kernel_that_never_stands_is_given_up(tmp_path, warm):
    with pytest.raises(kernels.StoppedError, match="got no kernel in 3 attempts"):
        run_with_a_kernel_that_stumbles(tmp_path, 9, warm)

    assert len(list((tmp_path / "tries").iterdir())) == 3


@pytest.mark.skipif(not forks.POSSIBLE, reason="this system does not fork kernels")
def test_kernels_that_were_forked_share_what_was_imported_and_nothing_else(tmp_path):
    """One leaves a mark in a module and in its surroundings; the next sees neither."""
    source = """
import os, sys
from IPython.display import HTML
from nldtib.pages import present
seen = (hasattr(present, "mark"), os.environ.get("MARK"), "seaborn" in sys.modules)
present.mark = os.environ["MARK"] = "left"
HTML(f"{seen} {os.getpid() == os.getpgid(0)} {hash('word')}")
"""
    said = []
    warm = forks.Forks(kernels.environment(tmp_path / "warm", tmp_path, 0), 60)
    for name in ("first", "second"):
        launch = kernels.Launch(
            scratch=tmp_path / name,
            workspace=tmp_path,
            environment=kernels.environment(tmp_path / name, tmp_path, 0),
            log=tmp_path / f"{name}.log",
            running=kernels.Running(),
            settings=Settings(),
            forks=warm,
        )
        made = papermill.execute_notebook(
            executed(new_code_cell(source)),
            None,
            engine_name=kernels.ENGINE,
            kernel_name=kernels.KERNEL,
            language="python",
            progress_bar=False,
            launch=launch,
        )
        said.append(made.cells[0].outputs[0].data["text/html"])
    warm.end()

    assert said[0].startswith("(False, None, True) True")
    assert said[1] == said[0]
