"""A JupyterLab of one's own: on loopback, in fresh folders, and ended with all it started."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STARTING, ENDING = 60, 15  # seconds
NEWS = "@jupyterlab/apputils-extension:announcements"
OPTIONS = (
    "--no-browser --ip=127.0.0.1 --allow-root --ServerApp.port_retries=0 "
    "--LabApp.news_url=None --LabApp.extension_manager=readonly "
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"
).split()


@dataclass(frozen=True)
class Lab:
    """A running server. `home` holds its settings, its list of kernels and its log."""

    process: subprocess.Popen
    port: int
    token: str
    home: Path

    def address(self, notebook: str) -> str:
        """Return where a notebook opens; `notebook` is relative to the folder that is served."""
        return f"http://127.0.0.1:{self.port}/lab/tree/{notebook}?token={self.token}&reset"

    def kernels(self) -> list[str]:
        """Return the connection files of kernels that have not been shut down."""
        return sorted(path.name for path in (self.home / "runtime").glob("kernel-*.json"))

    def log(self) -> str:
        """Return what the server said so far."""
        return (self.home / "log").read_text(encoding="utf-8")


@contextlib.contextmanager
def running(folder: Path, home: Path) -> Iterator[Lab]:
    """Serve `folder` until the block ends; `home` is a new folder for everything else."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    home.mkdir(parents=True)
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", f"--port={port}"),
                *(f"--ServerApp.root_dir={folder}", *OPTIONS),
            ],
            cwd=folder,
            env=_environment(home, token),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    lab = Lab(process, port, token, home)
    try:
        _wait_until_it_answers(lab)
        yield lab
    finally:
        _end(process)


def _environment(home: Path, token: str) -> dict[str, str]:
    # What the tests run in may itself be a notebook or have Jupyter settings.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    places = {"CONFIG": "config", "DATA": "data", "RUNTIME": "runtime"}
    fresh = {f"JUPYTER_{name}_DIR": str(home / place) for name, place in places.items()}
    settings = home / "config" / "labconfig" / "page_config.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"disabledExtensions": {NEWS: True}}), encoding="utf-8")
    return {**kept, **fresh, "IPYTHONDIR": str(home / "ipython"), "JUPYTER_TOKEN": token}


def _wait_until_it_answers(lab: Lab) -> None:
    address = f"http://127.0.0.1:{lab.port}/api/status?token={lab.token}"
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and lab.process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            with urllib.request.urlopen(address, timeout=5):
                return
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{lab.log()}")


def _end(process: subprocess.Popen) -> None:
    # Asked once, the server shuts its kernels down; what remains of the group is killed.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(ENDING)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(ENDING)
