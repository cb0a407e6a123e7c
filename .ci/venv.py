"""Make .venv from requirements.lock, once: later calls see that nothing changed and end.

Usage: python .ci/venv.py

What was made from which lock stands in `.venv/made_from`. Without that note, or with another one,
the environment is thrown away and made afresh: a half-made one cannot be trusted.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
VENV = ROOT / ".venv"
NOTE = VENV / "made_from"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def main() -> None:
    """Bring .venv in step with the lock and the project; do nothing when it is."""
    lock, project = _fingerprint(LOCK), _fingerprint(PROJECT)
    made_from = NOTE.read_text(encoding="utf-8").split() if _works() else []
    if made_from[:1] != [lock]:
        _refuse_an_unfit_python()
        print("Making .venv from requirements.lock; this takes some minutes.", flush=True)
        _throw_away()
        _run("The virtual environment", [sys.executable, "-m", "venv", str(VENV)])
        _pip("--require-hashes", "--requirement", str(LOCK))
        NOTE.write_text(lock + "\n", encoding="utf-8")
    if made_from != [lock, project]:
        _pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
        NOTE.write_text(lock + "\n" + project + "\n", encoding="utf-8")


def _fingerprint(file: Path) -> str:
    # An environment cannot be moved, so the place where it stands counts as well.
    return hashlib.sha256(file.read_bytes() + str(ROOT).encode()).hexdigest()


def _works() -> bool:
    probe = [str(PYTHON), "-c", "import pip"]
    try:
        return NOTE.is_file() and subprocess.call(probe, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def _refuse_an_unfit_python() -> None:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST:
        sys.exit(f"nldtib needs Python 3.11 or newer, not {found}: make setup PYTHON=python3.11")
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit("This Python has no venv; install it (on Debian: python3-venv) and try again.")


def _throw_away() -> None:
    try:
        if VENV.is_symlink() or VENV.is_file():
            VENV.unlink()
        elif VENV.exists():
            # First the note: an environment half thrown away must not pass for a good one.
            NOTE.unlink(missing_ok=True)
            shutil.rmtree(VENV)
    except OSError as error:
        sys.exit(
            f"The old .venv could not be removed ({error.strerror}). "
            "Close JupyterLab and other programs that use it, and try again."
        )


def _pip(*arguments: str) -> None:
    _run("pip", [str(PYTHON), "-m", "pip", "install", "--quiet", *arguments])


def _run(what: str, command: list) -> None:
    # A PIP_USER or PYTHONPATH of the machine would let packages from outside in.
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    settings = {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    outcome = subprocess.run(command, cwd=str(ROOT), env={**inherited, **settings})
    if outcome.returncode != 0:
        sys.exit(f"{what} stopped before .venv was complete, see above. Mend that and try again.")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted: .venv is half made; the next call makes it afresh.")
