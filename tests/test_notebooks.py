"""Report notebooks tell; the library computes. What keeps them thin is checked here, not hoped for.

`offences` lists what is wrong with one notebook, as sentences. It is tried on the notebooks of the
report, which have none, and on notebooks that are wrong on purpose, each in one way.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from conftest import FIXTURES, PROJECT, REPORT_NOTEBOOKS

WORKBENCH = sorted((PROJECT / "notebooks" / "workbench").glob("*.ipynb"))
MOST_CELLS, MOST_LINES = 20, 8
PARAMETERS = {"survey_round": int, "edition": str, "audience": str, "language": str}
SAFE_SIDE = {"cells", "present"}
STATEMENTS = (ast.Assign, ast.ImportFrom, ast.Expr)
# Names, plain values and calls: whatever computes, compares or loops belongs in the library.
PLAIN = (
    *(ast.Module, ast.Assign, ast.ImportFrom, ast.Expr, ast.alias, ast.expr_context),
    *(ast.Call, ast.keyword, ast.Attribute, ast.Name, ast.Constant, ast.List, ast.Tuple),
)
PLANTED = {
    "offends_by_length": ["it has 21 cells"],
    "offends_by_a_long_cell": ["a code cell has 9 lines"],
    "offends_by_a_loop": ["it computes: for table in this.tables:"],
    "offends_by_a_function": ["it computes: def share(a, b):"],
    "offends_by_importing_pandas": ["it computes: import pandas as pd"],
    "offends_by_importing_records": [
        "it imports more than the safe side: from nldtib.records import load"
    ],
    "offends_by_showing_itself": ["it shows without present: this.cells.head()"],
    "offends_by_computing_inside": ["it computes: present.table([row for row in this.cells])"],
    "offends_by_outputs": ["cell 5 has outputs"],
    "offends_by_a_number_in_prose": [
        "a number is typed in prose: In totaal werken er ruim 26.000 mensen."
    ],
    "offends_by_an_english_number": ["a number is typed in prose: Er werken mensen."],
    "offends_by_one_language": [
        "a text is not in both languages: # Titel",
        "it has no title, or more than one, in a language",
    ],
    "offends_by_two_titles": ["it has no title, or more than one, in a language"],
    "offends_by_other_parameters": [
        "its parameters are survey_round, edition, audience, language, reference_year"
    ],
    "offends_by_untagged_parameters": ["0 cells are tagged parameters"],
    "offends_by_overwriting_a_parameter": ["edition is set again after the parameters"],
}
ENGLISH = re.compile(r"^<!-- en -->$", re.MULTILINE)


def offences(path: Path) -> list[str]:
    """List what a report notebook may not do, one sentence each."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [
        *_long(notebook.cells, code),
        *_parameters(code),
        *_statements(code),
        *_texts(texts),
        *left_outputs(path),
    ]


def left_outputs(path: Path) -> list[str]:
    """List cells that were committed with what they showed."""
    cells = nbformat.read(path, as_version=4).cells
    return [
        f"cell {number} has outputs"
        for number, cell in enumerate(cells, start=1)
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None)
    ]


def _long(cells: list, code: list) -> Iterator[str]:
    if len(cells) > MOST_CELLS:
        yield f"it has {len(cells)} cells"
    longest = max(len(cell.source.splitlines()) for cell in code)
    if longest > MOST_LINES:
        yield f"a code cell has {longest} lines"


def _parameters(code: list) -> Iterator[str]:
    tagged = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        yield f"{len(tagged)} cells are tagged parameters"
        return
    assigned = {
        ast.unparse(line.targets[0]): type(ast.literal_eval(line.value))
        for line in _lines(tagged[0])
        if isinstance(line, ast.Assign)
    }
    if assigned != PARAMETERS:
        yield f"its parameters are {', '.join(assigned)}"
    for line in (line for cell in code if cell is not tagged[0] for line in _lines(cell)):
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) in PARAMETERS:
            yield f"{ast.unparse(line.targets[0])} is set again after the parameters"


def _statements(code: list) -> Iterator[str]:
    for line in (line for cell in code for line in _lines(cell)):
        words = ast.unparse(line).splitlines()[0]
        if not isinstance(line, STATEMENTS):
            yield f"it computes: {words}"
        elif not all(isinstance(part, PLAIN) for part in ast.walk(line)):
            yield f"it computes: {words}"
        elif isinstance(line, ast.ImportFrom):
            if line.module != "nldtib.pages" or {n.name for n in line.names} - SAFE_SIDE:
                yield f"it imports more than the safe side: {words}"
        elif isinstance(line, ast.Expr) and not words.startswith("present."):
            yield f"it shows without present: {words}"


def _texts(texts: list[str]) -> Iterator[str]:
    for text in texts:
        halves = ENGLISH.split(text)
        if len(halves) != 2 or not all(half.strip() for half in halves):
            yield f"a text is not in both languages: {text.splitlines()[0]}"
        if re.search(r"\d", re.sub(r"`[^`]*`|\]\([^)]*\)", "", text)):
            yield f"a number is typed in prose: {text.splitlines()[0]}"
    titles = [len(re.findall(r"^# ", text, re.MULTILINE)) for text in texts]
    if not texts or titles[0] != 2 or sum(titles) != 2:
        yield "it has no title, or more than one, in a language"


def _lines(cell: nbformat.NotebookNode) -> list[ast.stmt]:
    try:
        return ast.parse(cell.source).body
    except SyntaxError:
        # A line that only Jupyter understands, such as %matplotlib.
        return [ast.Pass()]


@pytest.mark.parametrize("path", REPORT_NOTEBOOKS, ids=lambda path: path.stem)
def test_a_report_notebook_tells_and_does_nothing_else(path):
    assert offences(path) == []


@pytest.mark.parametrize("path", WORKBENCH, ids=lambda path: path.stem)
def test_a_workbench_notebook_is_committed_without_outputs(path):
    assert left_outputs(path) == []


def test_there_are_notebooks_to_look_at():
    assert {path.stem for path in REPORT_NOTEBOOKS} >= {"summary", "size", "structure"}
    assert WORKBENCH


def test_a_proper_notebook_has_no_offence():
    assert offences(FIXTURES / "proper.ipynb") == []


@pytest.mark.parametrize(("fixture", "found"), PLANTED.items())
def test_an_offence_is_found(fixture, found):
    assert offences(FIXTURES / f"{fixture}.ipynb") == found


def test_every_planted_offence_is_looked_for():
    assert {path.stem for path in FIXTURES.glob("offends_*.ipynb")} == set(PLANTED)
