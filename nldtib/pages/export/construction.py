"""An edition under construction: a folder of its own, one run at a time, whole or not at all.

The finished folder takes the place of the last good edition in one step. Whatever goes wrong
before that step leaves the last good edition as it was, byte for byte; a step that was cut in two
by a kill is finished or undone by the next run.
"""

import contextlib
import datetime
import errno
import json
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import filelock

from nldtib import rounds
from nldtib.errors import InputError, RunError, UnprotectedError
from nldtib.pages.export.settings import Site
from nldtib.rounds import Round

FILES = ("cells.csv", "account.csv", "quality.csv", "run.json", "audit.json")
RUN: Mapping[str, type] = {
    "survey_round": int,
    "edition": str,
    "audience": str,
    "invented": bool,
    "published_on": str,
    "reference_years": list,
    "approached": int,
    "answered": int,
    "input_fingerprint": str,
    "program_version": str,
    "level": float,
}
UNTOUCHED = "Nothing was published; an earlier edition stands as it was."
MACHINE = {
    errno.ENOSPC: "The disk is full.",
    errno.EDQUOT: "The disk quota is used up.",
    errno.EFBIG: "A file would grow beyond what this machine allows.",
    errno.EROFS: "The disk can only be read.",
    errno.EACCES: "A folder or file of the project may not be written or read.",
    errno.EPERM: "A folder or file of the project may not be written or read.",
    errno.ENOMEM: "The machine has no memory left for another process.",
    errno.EAGAIN: "The machine has no room for another process.",
    errno.EMFILE: "Too many files are open.",
}
# Windows does not know the second.
ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
BUILDING, ASIDE, FAILED = ".building-", ".aside-", ".failed"


class _EndedError(BaseException):
    """A signal asked the run to end; no `except Exception` on the way may hold it up."""


@contextlib.contextmanager
def construction(this_round: Round, edition: str, audience: str = "public") -> Iterator[Site]:
    """Give a fresh folder in which an edition is made, and put it in place when all went well.

    The caller fills `site.folder` with at least the files of an edition. On any failure the
    folder is removed and the last good edition stays; notebooks that were run are kept aside.

    Raises
    ------
    RunError
        Another run is busy, the disk is full, a signal ended the run, an invented edition would
        replace a real one, or what stands in the place of the edition is none.
    UnprotectedError
        What was made is for another audience, or an edition for analysts stands under outputs/.
    ParameterError
        The edition or the audience cannot be.
    """
    root, tag = this_round.root, f"{this_round.name}-{edition}"
    target = rounds.place_of_edition(this_round, edition, audience)
    outputs = rounds.outputs_folder(root)
    # An analyst's edition is built, and its failures kept, beside the records.
    shelf = outputs if audience == rounds.PUBLIC else target.parent
    workspace, failed = shelf / f"{BUILDING}{tag}", shelf / FAILED / tag
    with _in_sentences(), _alone(outputs):
        _recover(shelf, target)
        _refuse_replacing(target, this_round.invented)
        _refuse_unprotected(outputs)
        try:
            with _ended_by_signals():
                yield _workspace(workspace, this_round, edition, audience)
                folder = _folder(workspace, this_round, edition, audience)
                refuse_incomplete(folder)
                _refuse_replacing(target, read_run(folder)["invented"])
                refuse_other_audience(folder, audience)
            _swap(folder, target, shelf / f"{ASIDE}{tag}")
            shutil.rmtree(failed, ignore_errors=True)
        except RunError as refusal:
            raise RunError(f"{refusal} {_kept_aside(workspace, failed, root)}") from None
        finally:
            shutil.rmtree(workspace, ignore_errors=True)


def read_run(folder: Path) -> dict:
    """Return run.json of an edition: what was run, from what, and whether it is invented.

    Raises
    ------
    InputError
        The file cannot be read, or a setting is missing or of another type.
    """
    try:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except ValueError:
        run = None
    found = run if isinstance(run, dict) else {}
    wrong = [name for name, kind in RUN.items() if type(found.get(name)) is not kind]
    if not wrong and not _is_day(found["published_on"]):
        wrong = ["published_on"]
    if wrong:
        raise InputError(
            f"run.json of edition {folder.name} has no proper {wrong[0]}. Make the edition again."
        )
    return found


def refuse_incomplete(folder: Path) -> None:
    """Refuse a folder that is not an edition.

    Raises
    ------
    InputError
        Names the files that are missing.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"Edition {folder.name} of round {folder.parent.name} lacks {', '.join(missing)}. "
            "Make it with `nldtib run`, or `nldtib produce` before `nldtib report`."
        )


def refuse_other_audience(folder: Path, audience: str) -> None:
    """Refuse an edition that was made for other readers.

    Raises
    ------
    UnprotectedError
        Says for whom it was made.
    """
    made_for = read_run(folder)["audience"]
    if made_for != audience:
        raise UnprotectedError(
            f"Edition {folder.name} was made for the audience {made_for}, not for {audience}. "
            f"{UNTOUCHED}"
        )


def _refuse_unprotected(outputs: Path) -> None:
    """Refuse to work while somebody copied unprotected figures to where all may read."""
    for run_file in sorted(outputs.glob("*/*/run.json")):
        folder = run_file.parent
        if read_run(folder)["audience"] != rounds.PUBLIC:
            raise UnprotectedError(
                f"{outputs.name}/{folder.parent.name}/{folder.name} holds an edition for analysts, "
                "with unprotected figures. Delete it there; nothing was run."
            )


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


@contextlib.contextmanager
def _alone(outputs: Path) -> Iterator[None]:
    outputs.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(outputs / ".lock", timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise RunError(
            f"Another run is busy in {outputs.name}/. Wait until it has ended; nothing was run."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _in_sentences() -> Iterator[None]:
    try:
        yield
    except _EndedError as end:
        raise RunError(f"The run was ended from outside ({end}). {UNTOUCHED}") from None
    except OSError as problem:
        if problem.errno not in MACHINE:
            raise
        name = f" It concerns {Path(problem.filename).name}." if problem.filename else ""
        raise RunError(f"{MACHINE[problem.errno]}{name} {UNTOUCHED}") from None


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    def end(number: int, _: object) -> None:
        raise _EndedError(signal.Signals(number).name)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.signal(one, end) for one in ENDING}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _folder(workspace: Path, this_round: Round, edition: str, audience: str) -> Path:
    if audience == rounds.ANALYST:
        return rounds.edition_folder(workspace, this_round.name, edition, audience)
    return workspace / "outputs" / this_round.name / edition


def _workspace(workspace: Path, this_round: Round, edition: str, audience: str) -> Site:
    """Lay out a small project, so that kernels see nothing else and nothing changes under them."""
    shutil.rmtree(workspace, ignore_errors=True)
    (workspace / "notebooks").mkdir(parents=True)
    for name in ("parameters", "data/reference"):
        if (this_round.root / name).is_dir():
            shutil.copytree(this_round.root / name, workspace / name)
    for earlier in _earlier(this_round, edition):
        copy = workspace / "outputs" / earlier.parent.name / earlier.name
        copy.mkdir(parents=True)
        for name in FILES:
            shutil.copyfile(earlier / name, copy / name)
    folder = _folder(workspace, this_round, edition, audience)
    folder.mkdir(parents=True)
    return Site(workspace, workspace / "outputs", folder, workspace / "executed")


def _earlier(this_round: Round, edition: str) -> Iterator[Path]:
    """Find the edition of the same name of each earlier round, or else its newest.

    Invented figures never stand beside real ones.
    """
    outputs = rounds.outputs_folder(this_round.root)
    for number in this_round.parameters.earlier_rounds:
        found = {}
        for run_file in sorted((outputs / str(number)).glob("*/run.json")):
            folder = run_file.parent
            run = read_run(folder)
            if run["invented"] == this_round.invented and run["audience"] == rounds.PUBLIC:
                refuse_incomplete(folder)
                found[folder] = (folder.name == edition, run["published_on"], folder.name)
        if found:
            yield max(found, key=found.__getitem__)


def _refuse_replacing(target: Path, invented: bool) -> None:
    if not target.exists():
        return
    if not (target / "run.json").is_file():
        raise RunError(
            f"What stands at {target.parent.name}/{target.name} is not an edition: it has no "
            "run.json. Move it away; nothing was run."
        )
    if invented and not read_run(target)["invented"]:
        raise RunError(
            f"Edition {target.name} of round {target.parent.name} holds real figures, and an "
            "invented round never replaces them. Give the invented edition another name."
        )


def _swap(built: Path, target: Path, aside: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if target.exists():
            target.rename(aside)
        built.rename(target)
    except BaseException:
        if aside.exists() and not target.exists():
            aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _recover(shelf: Path, target: Path) -> None:
    """Finish or undo what a kill interrupted, for every edition on the shelf."""
    for workspace in shelf.glob(f"{BUILDING}*"):
        shutil.rmtree(workspace, ignore_errors=True)
    for aside in shelf.glob(f"{ASIDE}*"):
        round_name, edition = aside.name.removeprefix(ASIDE).split("-", 1)
        place = shelf if shelf == target.parent else shelf / round_name
        if (place / edition).exists():
            shutil.rmtree(aside)
        else:
            place.mkdir(parents=True, exist_ok=True)
            aside.rename(place / edition)


def _kept_aside(workspace: Path, failed: Path, root: Path) -> str:
    """Keep the notebooks of a failed run where a person can look, and say where."""
    executed = workspace / "executed"
    if not executed.is_dir():
        return UNTOUCHED
    shutil.rmtree(failed, ignore_errors=True)
    failed.parent.mkdir(parents=True, exist_ok=True)
    executed.rename(failed)
    place = failed.relative_to(root) if failed.is_relative_to(root) else failed.name
    return f"{UNTOUCHED} The notebooks as they were run stand in {place}."
