"""A project in small for tests of the report, and the demo edition for tests of the real pages."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import hypothesis
import pytest

from nldtib import rounds, schema
from nldtib.gate.audit import certificate, needles
from nldtib.pages import cells
from nldtib.rounds import Round

# A busy machine is no failure: properties have no deadline, benchmarks measure time.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.register_profile("unhurried in CI", hypothesis.settings.get_profile("ci"))
hypothesis.settings.load_profile("unhurried in CI" if os.environ.get("CI") else "unhurried")

PROJECT = Path(__file__).resolve().parents[1]
FIXTURES = Path(__file__).parent / "notebooks"
REPORT_NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))


def run_record(invented: bool = True, **changes: object) -> dict:
    return {
        "survey_round": 2026,
        "edition": "first",
        "audience": "public",
        "invented": invented,
        "published_on": "2026-11-23",
        "reference_years": [2023, 2024, 2025],
        "approached": 1050,
        "answered": 286,
        "input_fingerprint": "7f3a" + "0" * 58 + "c2",
        "program_version": "0.1.0",
        "level": 0.95,
        **changes,
    }


def write_edition(folder: Path, **changes: object) -> Path:
    """Write the files of an edition without any figure."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in (
        ("cells.csv", schema.CELLS),
        ("account.csv", schema.ACCOUNT),
        ("quality.csv", cells.QUALITY),
    ):
        (folder / name).write_text(",".join(columns) + "\n", encoding="utf-8")
    (folder / "run.json").write_text(json.dumps(run_record(**changes)), encoding="utf-8")
    certificate.write(folder, {})
    return folder


def project(root: Path, notebooks: Mapping[str, str], invented: bool = True) -> Round:
    """Lay out a project whose pages are made by fixture notebooks, and read its round."""
    for name in ("parameters", "data/reference"):
        shutil.copytree(PROJECT / name, root / name)
    speaking(root, "[nl]")
    (root / "notebooks").mkdir()
    for page, fixture in notebooks.items():
        shutil.copyfile(FIXTURES / f"{fixture}.ipynb", root / "notebooks" / f"{page}.ipynb")
    folder = root / "data" / ("demo" if invented else "rounds") / "2026"
    (folder / "raw").mkdir(parents=True)
    (folder / "prepared").mkdir()
    needles.table([]).to_csv(folder / "prepared" / "withheld.csv", index=False)
    write_edition(root / "outputs" / "2026" / "first", invented=invented)
    return round_at(root, folder)


def speaking(root: Path, languages: str) -> None:
    """Set the languages of the round: tests of a run need not make every page twice."""
    choices = root / "parameters" / "2026" / "round.yml"
    text = re.sub(r"(?m)^languages: .*$", f"languages: {languages}", choices.read_text("utf-8"))
    choices.write_text(text, encoding="utf-8")


def round_at(root: Path, folder: Path) -> Round:
    parameters = rounds.read_parameters(2026, root)
    book, plan = rounds.read_codebook(2026, root), rounds.read_plan(2026, root)
    return Round(parameters, book, plan, root / "edits.yml", folder, root)


def reread(this_round: Round) -> Round:
    """Read the choices of a round again, after a test has changed them."""
    return round_at(this_round.root, this_round.folder)


@pytest.fixture
def small_project(tmp_path) -> Callable[..., Round]:
    """Return a function that lays out a small project: `small_project(size="plain")`."""

    def lay_out(invented: bool = True, **notebooks: str) -> Round:
        return project(tmp_path / "project", notebooks, invented)

    return lay_out


@pytest.fixture(scope="session")
def demo_edition(tmp_path_factory) -> Path:
    """Make the invented round and its report once, by the commands, in a copy of the project."""
    root = tmp_path_factory.mktemp("demo") / "project"
    if not REPORT_NOTEBOOKS:
        pytest.skip("the report has no notebooks yet")
    for name in ("parameters", "data/reference"):
        shutil.copytree(PROJECT / name, root / name)
    (root / "notebooks").mkdir()
    for notebook in REPORT_NOTEBOOKS:
        shutil.copyfile(notebook, root / "notebooks" / notebook.name)
    command(root, "demo")
    command(root, "produce", "data/demo/2024", "--edition", "first")
    command(root, "run", "data/demo/2026", "--edition", "first")
    return root / "outputs" / "2026" / "first"


def command(root: Path, *words: str) -> str:
    """Run one command of the project in `root` and return what it said."""
    run = subprocess.run(
        [sys.executable, "-m", "nldtib", *words],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout
