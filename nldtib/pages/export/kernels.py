"""One fresh kernel per notebook, through papermill, in an environment that repeats itself.

Where the system can fork, kernels come from one warm process; elsewhere each starts a Python.

Kernels speak over files of a private folder instead of network ports, so two of them never compete
for a port. Each is the head of a process group of its own; what is left of the group is ended when
its notebook ends, however it ended.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

import nldtib
from nldtib.pages.export.forks import Forked, Forks
from nldtib.pages.export.settings import Settings

ENGINE = "nldtib"
KERNEL = "python3"
# What a person may have set for other work must not reach a report.
FOREIGN = ("PYTHON", "IPYTHON", "JUPYTER", "NLDTIB_", "MPLBACKEND", "MATPLOTLIB")
# What matplotlib says of its own caches is about this machine, not about a page. It says so in the
# stream of warnings, and any other warning stops the run.
STARTUP = """import logging
SAYS = ("Matplotlib is building the font cache", "Matplotlib created a temporary cache")
for name in ("matplotlib", "matplotlib.font_manager"):
    logging.getLogger(name).addFilter(lambda record: not record.getMessage().startswith(SAYS))
del logging, name
"""
# The path of a local socket ends at about a hundred characters; beyond that, and on Windows, ports
# must do.
LONGEST_SCRATCH = 80


class StoppedError(Exception):
    """A kernel that never answered, died or took too long; `index` is the cell, if any."""

    def __init__(self, why: str, index: int | None = None):
        super().__init__(why)
        self.why = why
        self.index = index


class Running:
    """The process groups of live kernels, so that all can be ended at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._over = False

    def add(self, group: int | None) -> None:
        """Note a new group, or end it when everything has been ended already."""
        # Windows has no process groups; there a kernel ends itself when its parent is gone.
        if group is None:
            return
        with self._lock:
            self._groups.add(group)
            if self._over:
                self._kill(group)

    def end(self, group: int | None) -> None:
        """End whatever is left of one group."""
        with self._lock:
            if group in self._groups:
                self._kill(group)

    def end_all(self) -> None:
        """End every group, and each that is still to come."""
        with self._lock:
            self._over = True
            for group in sorted(self._groups):
                self._kill(group)

    @property
    def over(self) -> bool:
        """Return whether everything was ended."""
        return self._over

    def _kill(self, group: int) -> None:
        self._groups.discard(group)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


@dataclass(frozen=True)
class Launch:
    """What one kernel is started with.

    `scratch` is a private folder with a short path; without `forks` a Python of its own is started.
    """

    scratch: Path
    workspace: Path
    environment: Mapping[str, str]
    log: Path
    running: Running
    settings: Settings
    forks: Forks | None = None


def environment(scratch: Path, outputs: Path, published: int) -> dict[str, str]:
    """Return the environment of a kernel: same input, same bytes.

    Parameters
    ----------
    scratch
        A folder of this kernel alone, for the settings of IPython.
    outputs
        Where editions stand while this one is under construction.
    published
        Day of publication in seconds since 1970, the only date that a page may know.
    """
    kept = {name: text for name, text in os.environ.items() if not name.startswith(FOREIGN)}
    startup = scratch / "ipython" / "profile_default" / "startup" / "00-quiet.py"
    startup.parent.mkdir(parents=True)
    startup.write_text(STARTUP, encoding="utf-8")
    # An empty file: the settings that matplotlib comes with, whatever the user has at home.
    charts = scratch / "matplotlibrc"
    charts.touch()
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return kept | {
        **dict.fromkeys(threads, "1"),
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(Path(nldtib.__file__).resolve().parents[1]),
        "SOURCE_DATE_EPOCH": str(published),
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "IPYTHONDIR": str(scratch / "ipython"),
        "MATPLOTLIBRC": str(charts),
        "NLDTIB_OUTPUTS": str(outputs),
    }


class OwnPython(KernelSpecManager):
    """Knows one kernel: the Python that runs the report, whatever else is installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return that kernel under any name."""
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python", language="python")


class Engine(NBClientEngine):
    """Papermill's engine, with a kernel that is started by us and surely ended."""

    @classmethod
    def execute_managed_notebook(
        cls: type,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        launch: Launch,
        **others: object,
    ) -> None:
        """Run a notebook in one fresh kernel.

        Raises
        ------
        StoppedError
            The kernel never answered, died, or a cell took longer than the settings allow.
        """
        # `others` are papermill's own arguments, all of which stand in `launch` as well.
        with launch.log.open("wb") as log:
            client, group = _started(nb_man, launch, log.fileno())
            try:
                client.execute(cleanup_kc=True)
            except CellTimeoutError:
                why = f"took longer than {launch.settings.execution_timeout} seconds"
                raise StoppedError(why, _last_started(nb_man)) from None
            except DeadKernelError:
                why = "lost its kernel, perhaps for lack of memory"
                raise StoppedError(why, _last_started(nb_man)) from None
            finally:
                launch.running.end(group)


papermill_engines.register(ENGINE, Engine)


def _started(
    nb_man: NotebookExecutionManager, launch: Launch, log: int
) -> tuple[PapermillNotebookClient, int]:
    for attempt in range(launch.settings.start_attempts):
        client = _client(nb_man, launch, attempt)
        group = None
        try:
            client.start_new_kernel(
                cwd=str(launch.workspace), env=dict(launch.environment), stdout=log, stderr=log
            )
            group = client.km.provisioner.pgid
            launch.running.add(group)
            client.start_new_kernel_client()
        except RuntimeError:
            launch.running.end(group)
            if launch.running.over:
                break
        else:
            return client, group
    raise StoppedError(
        f"got no kernel in {launch.settings.start_attempts} attempts of "
        f"{launch.settings.start_timeout} seconds"
    )


def _client(
    nb_man: NotebookExecutionManager, launch: Launch, attempt: int
) -> PapermillNotebookClient:
    files = hasattr(os, "killpg") and len(str(launch.scratch)) < LONGEST_SCRATCH
    kernel = AsyncKernelManager(
        kernel_name=KERNEL,
        kernel_spec_manager=OwnPython(),
        transport="ipc" if files else "tcp",
        connection_file=str(launch.scratch / f"{attempt}.json"),
    )
    if launch.forks is not None:
        kernel.provisioner = Forked(kernel_id="", kernel_spec=kernel.kernel_spec, parent=kernel)
        kernel.provisioner.forks, kernel.provisioner.log_path = launch.forks, launch.log
    return PapermillNotebookClient(
        nb_man,
        km=kernel,
        kernel_name=KERNEL,
        timeout=launch.settings.execution_timeout,
        startup_timeout=launch.settings.start_timeout,
        iopub_timeout=launch.settings.execution_timeout,
        shutdown_kernel="immediate",
    )


def _last_started(nb_man: NotebookExecutionManager) -> int | None:
    begun = [
        index
        for index, cell in enumerate(nb_man.nb.cells)
        if cell.metadata.papermill.get("start_time")
    ]
    return begun[-1] if begun else None
