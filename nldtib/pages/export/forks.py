"""Kernels forked from one warm process, so that imports are paid for once per report.

Every notebook still has a kernel of its own, the head of a process group of its own: it shares no
state with another, only what was imported before anything ran.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from jupyter_client.provisioning import LocalProvisioner

WARM = Path(__file__).with_name("warm.py")
# Elsewhere forking is not there, or not safe once system libraries were loaded.
POSSIBLE = sys.platform == "linux"


class Forks:
    """The warm process of one report: started when first asked, and again when it was lost.

    Parameters
    ----------
    environment
        Its environment; a kernel gets another one, but nothing that was imported sees that.
    patience
        Seconds in which it must have imported all and answered.
    """

    def __init__(self, environment: Mapping[str, str], patience: float) -> None:
        self._environment = dict(environment)
        self._patience = patience
        self._lock = threading.Lock()
        self._warm: subprocess.Popen | None = None

    def start(self) -> None:
        """Start importing; the first kernel waits until that is done."""
        with self._lock:
            self._alive()

    def kernel(self, request: Mapping[str, object]) -> int:
        """Return the process number of a new kernel.

        Parameters
        ----------
        request
            environment, folder, arguments and log of the kernel.

        Raises
        ------
        RuntimeError
            There is none: the warm process was lost, or has no room for another.
        """
        with self._lock:
            warm = self._alive()
            try:
                warm.stdin.write(json.dumps(request).encode() + b"\n")
                warm.stdin.flush()
                number = int(_line(warm, self._patience) or 0)
            except (OSError, ValueError):
                number = 0
            if not number:
                self._end()
        if number <= 0:
            raise RuntimeError("no kernel was forked")
        return number

    def end(self) -> None:
        """End the warm process; kernels that it forked end with it."""
        with self._lock:
            self._end()

    def _alive(self) -> subprocess.Popen:
        if self._warm is None or self._warm.poll() is not None:
            self._end()
            self._warm = subprocess.Popen(
                # Its folder is no place to import from: `page` and `words` stand there.
                [sys.executable, "-P", str(WARM)],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self._warm

    def _end(self) -> None:
        if self._warm is None:
            return
        self._warm.kill()
        self._warm.communicate()
        self._warm = None


class Child:
    """A process that another one forked, with what is asked of one that was started here."""

    stdin = stdout = stderr = None

    def __init__(self, number: int) -> None:
        self.pid = number
        self._ended = False

    def poll(self) -> int | None:
        """Return 1 when it has ended, however that was, else None."""
        if not self._ended:
            try:
                os.kill(self.pid, 0)
            except ProcessLookupError:
                self._ended = True
        return 1 if self._ended else None

    def wait(self) -> int:
        """Return once it has ended."""
        while self.poll() is None:
            time.sleep(0.02)
        return 1

    def send_signal(self, number: int) -> None:
        """Send a signal to it alone."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class Forked(LocalProvisioner):
    """Gives jupyter_client a forked kernel where it would start a Python."""

    forks: Forks
    log_path: Path

    async def launch_kernel(self, cmd: list[str], **given: object) -> dict:
        """Fork a kernel that takes the arguments of the command that would start one."""
        number = self.forks.kernel(
            {
                "environment": given["env"],
                "folder": given["cwd"],
                "arguments": cmd[cmd.index("-f") :],
                "log": str(self.log_path),
            }
        )
        self.process = Child(number)
        # It becomes the head of its group before it does anything else.
        self.pid = self.pgid = number
        self.cwd = given["cwd"]
        return self.connection_info


def _line(warm: subprocess.Popen, patience: float) -> bytes:
    ready, _, _ = select.select([warm.stdout], [], [], patience)
    return warm.stdout.readline() if ready else b""
