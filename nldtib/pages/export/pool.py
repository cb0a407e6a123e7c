"""Runs the notebooks of a report, two at a time, and tells in one sentence what went wrong.

Threads are enough: each only waits for a kernel, which is a process of its own. They share one
import of papermill, and the one process that started all kernels can end them all.
"""

import concurrent.futures
import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import papermill
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from nldtib import errors
from nldtib.errors import NldtibError, RunError
from nldtib.pages.export import forks, kernels, notebooks
from nldtib.pages.export.settings import Settings, Site

Done = Callable[[str, float], None]


@dataclass(frozen=True)
class Job:
    """One notebook with the parameters of one page; `page` names its files."""

    page: str
    name: str
    notebook: NotebookNode
    parameters: Mapping[str, object]


def run(
    jobs: tuple[Job, ...], site: Site, published: int, settings: Settings, done: Done
) -> dict[str, NotebookNode]:
    """Run all jobs and return the executed notebooks by page.

    Every job is run to its end, so that one round tells all that is to be mended.

    Raises
    ------
    RunError
        A notebook raised an error, its kernel died, it took too long, or is unfit to be shown.
    """
    running = kernels.Running()
    executed: dict[str, NotebookNode] = {}
    refused: dict[str, NldtibError] = {}
    with (
        tempfile.TemporaryDirectory(prefix="nldtib-", ignore_cleanup_errors=True) as scratch,
        _warm(Path(scratch), site, published, settings) as warm,
        concurrent.futures.ThreadPoolExecutor(settings.workers) as pool,
    ):
        starts = {}
        for job in jobs:
            launch = _launch(job, Path(scratch), site, published, running, settings, warm)
            starts[pool.submit(_timed, job, launch, site)] = job
        try:
            for future in concurrent.futures.as_completed(starts):
                job = starts[future]
                try:
                    executed[job.page], seconds = future.result()
                    done(job.page, seconds)
                except NldtibError as refusal:
                    refused[job.page] = refusal
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            running.end_all()
            raise
    _refuse([refused[job.page] for job in jobs if job.page in refused])
    return executed


@contextlib.contextmanager
def _warm(
    scratch: Path, site: Site, published: int, settings: Settings
) -> Iterator[forks.Forks | None]:
    """Give the process that kernels are forked from, where that can be."""
    if not forks.POSSIBLE:
        yield None
        return
    own = scratch / "warm"
    own.mkdir()
    warm = forks.Forks(kernels.environment(own, site.outputs, published), settings.start_timeout)
    warm.start()
    try:
        yield warm
    finally:
        warm.end()


def _launch(
    job: Job,
    scratch: Path,
    site: Site,
    published: int,
    running: kernels.Running,
    settings: Settings,
    warm: forks.Forks | None,
) -> kernels.Launch:
    own = scratch / job.page
    own.mkdir()
    return kernels.Launch(
        scratch=own,
        workspace=site.workspace,
        environment=kernels.environment(own, site.outputs, published),
        log=site.executed / f"{job.page}.log",
        running=running,
        settings=settings,
        forks=warm,
    )


def _timed(job: Job, launch: kernels.Launch, site: Site) -> tuple[NotebookNode, float]:
    start = time.monotonic()
    executed = _executed(job, launch, site)
    notebooks.refuse_unfit(job.name, executed)
    return executed, time.monotonic() - start


def _executed(job: Job, launch: kernels.Launch, site: Site) -> NotebookNode:
    try:
        return papermill.execute_notebook(
            job.notebook,
            str(site.executed / f"{job.page}.ipynb"),
            parameters=dict(job.parameters),
            engine_name=kernels.ENGINE,
            kernel_name=kernels.KERNEL,
            language="python",
            progress_bar=False,
            launch=launch,
        )
    except kernels.StoppedError as stop:
        where = _where(job, stop.index)
        raise RunError(f"{where} {stop.why}. Mend the notebook, or try again.") from None
    except PapermillExecutionError as error:
        raise RunError(f"{_where(job, error.cell_index)} {_what(error)}") from None


def _where(job: Job, index: int | None) -> str:
    """Name a cell by its number in the notebook as people see it."""
    if index is None:
        return f"{job.name}.ipynb"
    tags = [cell.metadata.get("tags", []) for cell in job.notebook.cells]
    injected = next((i for i, own in enumerate(tags) if notebooks.PARAMETERS_TAG in own), -1) + 1
    return f"Cell {index + 1 if index < injected else index} of {job.name}.ipynb"


def _what(error: PapermillExecutionError) -> str:
    # Only our own refusals are known to quote no figure; of others, the kind must do.
    if isinstance(getattr(errors, error.ename, None), type):
        return f"was refused: {error.evalue}"
    return f"raised a {error.ename}. Mend the notebook or what it calls."


def _refuse(refusals: list[NldtibError]) -> None:
    if not refusals:
        return
    more = len(refusals) - 1
    others = f" {more} more stopped as well: {' '.join(map(str, refusals[1:]))}" if more else ""
    raise RunError(f"{refusals[0]}{others}")
