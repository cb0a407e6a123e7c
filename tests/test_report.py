"""An edition is made whole or not at all, whatever its notebooks do."""

import contextlib
import hashlib
import io
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FIXTURES, reread, round_at, run_record, speaking, write_edition

from nldtib import report
from nldtib.errors import InputError, NldtibError, ParameterError, RunError
from nldtib.pages import annex
from nldtib.report import Settings
from nldtib.rounds import Round

IMPATIENT = Settings(execution_timeout=2, start_timeout=30)


def quietly(this_round: Round, **choices: object) -> Path:
    return report.edition(this_round, "first", progress=io.StringIO(), **choices)


def outputs(this_round: Round) -> Path:
    return this_round.root / "outputs"


def first(this_round: Round) -> Path:
    return outputs(this_round) / "2026" / "first"


def digests(folder: Path) -> dict[str, str]:
    """Return the bytes of a folder, by name of its files."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def refusal(this_round: Round, **choices: object) -> NldtibError:
    """Make the edition, expect a refusal, and see that the edition is as it was."""
    before = digests(first(this_round))
    with pytest.raises(NldtibError) as refused:
        quietly(this_round, **choices)
    assert digests(first(this_round)) == before
    assert not list(outputs(this_round).glob(".building*"))
    assert "Traceback" not in str(refused.value)
    assert "987654" not in str(refused.value)
    return refused.value


# What goes well


def test_every_notebook_becomes_a_page_and_the_index_leads_to_it(small_project):
    this_round = small_project(size="plain", summary="plain")

    index = quietly(this_round)

    assert index == first(this_round) / "index.html"
    names = {path.name for path in index.parent.iterdir()}
    assert names == {
        *("index.html", "accessibility.html", "summary.html", "size.html", *annex.names(["nl"])),
        *("cells.csv", "account.csv", "quality.csv", "run.json", "audit.json"),
    }
    text = index.read_text(encoding="utf-8")
    assert text.index("summary.html") < text.index("size.html")


def test_two_runs_give_the_same_bytes(small_project):
    this_round = small_project(size="plain", summary="tells_its_environment")

    quietly(this_round)
    once = digests(first(this_round))
    quietly(this_round)

    assert digests(first(this_round)) == once


def test_a_kernel_knows_only_the_date_of_publication(small_project, monkeypatch):
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    this_round = small_project(size="tells_its_environment")

    quietly(this_round)

    told = (first(this_round) / "size.html").read_text(encoding="utf-8")
    assert "PYTHONHASHSEED=0 SOURCE_DATE_EPOCH=1795392000 TZ=UTC LC_ALL=C.UTF-8" in told
    assert "OMP_NUM_THREADS=1" in told and "foreign=None" in told


@pytest.mark.parametrize("audience", ["public", "analyst"])
def test_a_notebook_reads_the_edition_under_construction(small_project, audience):
    this_round = small_project(invented=False, size="reads_its_edition")
    beside = this_round.root / "data" / "rounds" / "2026" / "analyst" / "first"
    write_edition(beside, audience="analyst", invented=False)

    index = quietly(this_round, audience=audience)

    page = (index.parent / "size.html").read_text(encoding="utf-8")
    assert f"Made for {audience}, under construction: True" in page


def test_one_page_can_be_made_anew_and_the_others_stay(small_project):
    this_round = small_project(size="plain", summary="plain")
    quietly(this_round)
    page = first(this_round) / "summary.html"
    page.write_text(page.read_text().replace("In het kort</h2>", "Bleef staan</h2>"))

    quietly(this_round, notebooks=["size"])

    assert "Bleef staan" in page.read_text(encoding="utf-8")
    assert 'href="summary.html"' in (first(this_round) / "size.html").read_text(encoding="utf-8")


def test_a_link_to_a_page_that_is_not_made_is_plain_text(small_project):
    this_round = small_project(size="plain", quality="plain")

    quietly(this_round, notebooks=["size"])
    assert 'href="quality.html"' not in (first(this_round) / "size.html").read_text()

    quietly(this_round)
    assert 'href="quality.html"' in (first(this_round) / "size.html").read_text()


def test_pages_come_in_both_languages_from_one_notebook(small_project):
    this_round = small_project(size="plain")
    speaking(this_round.root, "[nl, en]")
    this_round = reread(this_round)

    quietly(this_round)

    dutch = (first(this_round) / "size.html").read_text(encoding="utf-8")
    english = (first(this_round) / "size.en.html").read_text(encoding="utf-8")
    assert '<html lang="nl">' in dutch and "In het kort" in dutch and "In short" not in dutch
    assert '<html lang="en">' in english and "In short" in english and "kort" not in english
    assert 'href="size.en.html" lang="en"' in dutch and 'href="size.html" lang="nl"' in english
    assert (first(this_round) / "index.en.html").is_file()


def test_progress_is_one_plain_line_per_notebook(small_project):
    this_round, log = small_project(size="plain", summary="plain"), io.StringIO()

    report.edition(this_round, "first", progress=log)

    lines = log.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["1/2", "2/2", "2"]
    assert sorted(line.split()[1] for line in lines[:2]) == ["size", "summary"]
    assert "\r" not in log.getvalue()


# What goes wrong in a notebook


def test_a_notebook_that_raises_is_named_with_its_cell_and_no_value(small_project):
    refused = refusal(small_project(size="raises", summary="plain"))

    assert str(refused).startswith("Cell 5 of size.ipynb raised a ValueError.")
    assert "outputs/.failed/2026-first" in str(refused)


def test_the_notebook_of_a_failed_run_is_kept_until_the_next_good_one(small_project):
    this_round = small_project(size="raises")
    refusal(this_round)
    kept = outputs(this_round) / ".failed" / "2026-first"
    assert {path.name for path in kept.iterdir()} == {"size.ipynb", "size.log"}

    notebook = this_round.root / "notebooks" / "size.ipynb"
    notebook.write_text(notebook.read_text().replace("raise ValueError(", "message = str("))
    quietly(this_round)

    assert not kept.exists()


def test_our_own_refusal_inside_a_notebook_is_passed_on(small_project):
    refused = refusal(small_project(size="refuses"))

    assert "Cell 3 of size.ipynb was refused: There are 3 figures without a name." in str(refused)


def test_every_failing_notebook_is_told_at_once(small_project):
    refused = refusal(small_project(size="raises", summary="refuses"))

    assert "Cell 3 of summary.ipynb" in str(refused)
    assert "1 more stopped as well: Cell 5 of size.ipynb" in str(refused)


def test_a_killed_kernel_is_not_taken_for_success(small_project):
    this_round = small_project(size="kills_its_kernel")

    with watched_child(this_round) as child:
        refused = refusal(this_round)

        assert str(refused).startswith("Cell 3 of size.ipynb lost its kernel")
        assert gone(child())


def test_a_cell_that_hangs_is_stopped_with_all_that_it_started(small_project):
    this_round = small_project(size="hangs")

    with watched_child(this_round) as child:
        refused = refusal(this_round, settings=IMPATIENT)

        assert str(refused).startswith("Cell 3 of size.ipynb took longer than 2 seconds.")
        assert gone(child())


@pytest.mark.parametrize(
    ("fixture", "sentence"),
    [
        ("writes_stderr", "Cell 3 of size.ipynb writes warnings or errors beside its output"),
        ("leaves_early", "Cell 3 of size.ipynb ended in an error"),
        ("prints", "Cell 3 of size.ipynb prints plain text"),
        ("shows_a_number", "Cell 3 of size.ipynb shows something that is not finished HTML"),
        ("unlabelled_table", "size.html: a table has no caption"),
    ],
)
def test_what_should_not_reach_a_reader_stops_the_run(small_project, fixture, sentence):
    assert sentence in str(refusal(small_project(size=fixture)))


# What is refused before anything runs


@pytest.mark.parametrize(
    ("fixture", "sentence"),
    [
        ("no_parameters", "size.ipynb has 0 cells with the tag parameters"),
        ("two_parameters", "size.ipynb has 2 cells with the tag parameters"),
        ("misspelt_parameter", 'size.ipynb has no parameter "survey_round". It knows: survey_rond'),
        ("wrong_type", "Parameter survey_round of size.ipynb is a str, not a int"),
        ("computed_parameter", "The parameters cell of size.ipynb holds more than names"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_first(small_project, fixture, sentence):
    this_round = small_project(size=fixture, summary="kills_its_kernel")

    refused = refusal(this_round)

    assert isinstance(refused, ParameterError)
    assert sentence in str(refused) and "Nothing was run." in str(refused)


def test_an_unknown_notebook_is_refused_with_the_nearest(small_project):
    refused = refusal(small_project(size="plain"), notebooks=["sise"])

    assert isinstance(refused, ParameterError)
    assert "There is no notebook sise in notebooks/. Closest: size." in str(refused)


def test_a_notebook_of_the_workbench_is_never_a_page(small_project):
    this_round = small_project(size="plain")
    workbench = this_round.root / "notebooks" / "workbench"
    workbench.mkdir()
    (workbench / "explore.ipynb").write_text("{}", encoding="utf-8")

    quietly(this_round)

    assert not (first(this_round) / "explore.html").exists()
    assert "no notebook workbench/explore" in str(
        refusal(this_round, notebooks=["workbench/explore"])
    )


@pytest.mark.parametrize("name", ["index", "Untitled1", "size copy"])
def test_a_notebook_that_cannot_be_a_page_is_refused(small_project, name):
    this_round = small_project(size="plain", **{name: "plain"})

    assert f"{name}.ipynb cannot be a page" in str(refusal(this_round))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', "\x00\xff"])
def test_a_broken_notebook_is_refused_by_name(small_project, text):
    this_round = small_project(size="plain")
    (this_round.root / "notebooks" / "size.ipynb").write_text(text, encoding="utf-8")

    assert "size.ipynb is not a notebook that can be read" in str(refusal(this_round))


def test_missing_cells_are_refused_by_name(small_project):
    this_round = small_project(size="plain")
    (first(this_round) / "cells.csv").unlink()

    refused = refusal(this_round)

    assert isinstance(refused, InputError)
    assert "Edition first of round 2026 lacks cells.csv" in str(refused)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"survey_round": "2026"}', '{"published_on": "yesterday"}', "\ufeff"],
)
def test_a_broken_record_of_the_run_is_refused(small_project, text):
    this_round = small_project(invented=False, size="plain")
    (first(this_round) / "run.json").write_text(text, encoding="utf-8")

    assert "run.json of edition first has no proper" in str(refusal(this_round))


# Disk, lock, signals, kills


@contextlib.contextmanager
def files_no_larger_than(most: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_refuses_a_file_is_told_in_a_sentence(small_project):
    this_round = small_project(size="fills_the_disk", summary="plain")

    with files_no_larger_than(400_000):
        refused = refusal(this_round)

    assert isinstance(refused, RunError)
    assert str(refused).startswith("A file would grow beyond what this machine allows.")


@pytest.fixture
def tiny_disk(tmp_path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk, and not everywhere")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_leaves_the_edition_alone(small_project, tiny_disk, monkeypatch):
    this_round = small_project(size="fills_the_disk")
    write_edition(tiny_disk / "2026" / "first")
    monkeypatch.setenv("NLDTIB_OUTPUTS", str(tiny_disk))
    before = digests(tiny_disk / "2026")

    with pytest.raises(RunError, match=r"The disk is full\.") as refused:
        quietly(this_round)

    assert "Nothing was published" in str(refused.value)
    assert digests(tiny_disk / "2026") == before
    assert not list(tiny_disk.glob(".building*"))


def test_a_second_run_is_refused_at_once(small_project):
    this_round = small_project(size="plain")

    with report.construction(this_round, "draft-1") as site:
        with pytest.raises(RunError, match=r"Another run is busy in outputs/"):
            quietly(this_round)
        write_edition(site.folder, edition="draft-1")

    assert (outputs(this_round) / "2026" / "draft-1").is_dir()


HANGING = """
import sys
from pathlib import Path
from conftest import project
from nldtib import report
from nldtib.errors import NldtibError

this_round = project(Path(sys.argv[1]), {"size": "hangs"})
try:
    report.edition(this_round, "first")
except NldtibError as refusal:
    print(refusal)
    sys.exit(1)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_run_that_is_ended_takes_its_kernels_along(tmp_path, number):
    root = tmp_path / "project"
    run = subprocess.Popen(
        [sys.executable, "-c", HANGING, str(root)],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    child = wait_for(lambda: hanging_child(root))

    run.send_signal(number)
    said, _ = run.communicate(timeout=30)

    assert run.returncode != 0
    assert gone(child)
    assert not list((root / "outputs").glob(".building*"))
    if number != signal.SIGINT:
        assert f"The run was ended from outside ({number.name})" in said


def test_after_a_kill_the_next_run_starts_clean(tmp_path):
    root = tmp_path / "project"
    run = subprocess.Popen(
        [sys.executable, "-c", HANGING, str(root)],
        cwd=Path(__file__).parent,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stderr=subprocess.DEVNULL,
    )
    child = wait_for(lambda: hanging_child(root))
    run.kill()
    run.wait()
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    assert list((root / "outputs").glob(".building*"))

    (root / "notebooks" / "size.ipynb").write_bytes((FIXTURES / "plain.ipynb").read_bytes())
    index = quietly(round_at(root, root / "data" / "demo" / "2026"))

    assert index.is_file()
    assert not list((root / "outputs").glob(".building*"))


def hanging_child(root: Path) -> int | None:
    """Return the process that a hanging notebook started, when it has."""
    for note in (root / "outputs").glob(".building*/hanging"):
        text = note.read_text(encoding="utf-8")
        return int(text) if text else None
    return None


@contextlib.contextmanager
def watched_child(this_round: Round) -> Iterator[object]:
    import threading

    seen: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            child = hanging_child(this_round.root)
            if child:
                seen[:] = [child]

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lambda: seen[0]
    finally:
        over.set()
        watcher.join()


def wait_for(found: object, seconds: float = 60) -> int:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = found()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError("it never came")


def gone(process: int) -> bool:
    """Return whether a process has ended, or only waits to be buried."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").split(") ")[1][0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


# Taking the place of an edition


def test_a_swap_that_was_cut_before_the_new_edition_stood_is_undone(small_project):
    this_round = small_project(size="plain")
    before = digests(first(this_round))
    first(this_round).rename(outputs(this_round) / ".aside-2026-first")

    with report.construction(this_round, "draft-1") as site:
        assert digests(first(this_round)) == before
        write_edition(site.folder, edition="draft-1")

    assert digests(first(this_round)) == before


def test_a_swap_that_was_cut_after_the_new_edition_stood_is_finished(small_project):
    this_round = small_project(size="plain")
    before = digests(first(this_round))
    old = write_edition(outputs(this_round) / ".aside-2026-first", answered=1)

    with report.construction(this_round, "draft-1") as site:
        write_edition(site.folder, edition="draft-1")

    assert digests(first(this_round)) == before
    assert not old.exists()


def test_an_edition_is_replaced_whole(small_project):
    this_round = small_project(size="plain")
    quietly(this_round)

    with report.construction(this_round, "first") as site:
        assert list(site.folder.iterdir()) == []
        write_edition(site.folder, answered=287)

    assert not (first(this_round) / "size.html").exists()
    assert not list(outputs(this_round).glob(".aside*"))


def test_an_edition_without_its_files_never_takes_a_place(small_project):
    this_round = small_project(size="plain")
    before = digests(first(this_round))

    with (
        pytest.raises(InputError, match=r"lacks run\.json"),
        report.construction(this_round, "first") as site,
    ):
        write_edition(site.folder)
        (site.folder / "run.json").unlink()

    assert digests(first(this_round)) == before


def test_an_invented_round_never_replaces_real_figures(small_project):
    this_round = small_project(size="plain")
    write_edition(first(this_round), invented=False)

    assert "holds real figures" in str(refusal(this_round))


def test_invented_figures_that_pose_as_a_real_round_are_refused(small_project):
    this_round = small_project(invented=False, size="plain")
    before = digests(first(this_round))

    with (
        pytest.raises(RunError, match="holds real figures"),
        report.construction(this_round, "first") as site,
    ):
        write_edition(site.folder, invented=True)

    assert digests(first(this_round)) == before


def test_a_real_round_replaces_an_invented_edition_only_by_making_it(small_project):
    this_round = small_project(invented=False, size="plain")
    write_edition(first(this_round), invented=True)
    assert "one of the two is invented" in str(refusal(this_round))

    with report.construction(this_round, "first") as site:
        write_edition(site.folder, invented=False)

    assert '"invented": false' in (first(this_round) / "run.json").read_text(encoding="utf-8")


def test_a_folder_that_is_no_edition_is_never_replaced(small_project):
    this_round = small_project(size="plain")
    own = outputs(this_round) / "2026" / "notes"
    own.mkdir()
    (own / "notes.txt").write_text("mine", encoding="utf-8")

    with (
        pytest.raises(RunError, match="2026/notes is not an edition"),
        report.construction(this_round, "notes"),
    ):
        raise AssertionError("nothing may be built here")

    assert (own / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_the_edition_of_the_same_name_of_an_earlier_round_is_at_hand(small_project):
    this_round = small_project(size="plain")
    earlier = outputs(this_round) / "2024"
    for name, day in (("first", "2024-05-27"), ("revised", "2024-11-01")):
        write_edition(earlier / name, survey_round=2024, edition=name, published_on=day)
    write_edition(earlier / "real", invented=False, survey_round=2024, published_on="2025-01-01")

    found = {}
    for name in ("first", "draft-1"):
        with report.construction(this_round, name) as site:
            found[name] = [path.name for path in (site.outputs / "2024").iterdir()]
            write_edition(site.folder, edition=name)

    assert found == {"first": ["first"], "draft-1": ["revised"]}


def test_an_analyst_edition_stays_beside_the_records(small_project):
    this_round = small_project(invented=False, size="raises", summary="plain")
    beside = this_round.root / "data" / "rounds" / "2026" / "analyst"
    before = digests(outputs(this_round) / "2026")
    write_edition(beside / "first", audience="analyst", invented=False)

    with pytest.raises(RunError, match=r"data/rounds/2026/analyst/\.failed/2026-first"):
        quietly(this_round, audience="analyst")
    index = quietly(this_round, audience="analyst", notebooks=["summary"])

    assert index == beside / "first" / "index.html"
    page = (beside / "first" / "summary.html").read_text(encoding="utf-8")
    assert "Vertrouwelijk" in page
    assert digests(outputs(this_round) / "2026") == before


def test_every_setting_of_a_run_is_one_that_the_report_knows():
    from nldtib.pages import cells
    from nldtib.pages.export.construction import FILES, RUN

    assert set(RUN) == set(cells.RUN) == set(run_record())
    assert {*cells.FILES, "audit.json"} == set(FILES)
