"""The certificate of an edition: which bytes were audited, and that nothing was found."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from nldtib.errors import UnprotectedError

FILE = "audit.json"
AUDITED = "cells.csv"
NOT_AUDITED = "Unprotected figures for analysts, not audited. Never to leave the records."


def read_cells(folder: Path) -> pd.DataFrame:
    """Return the cells of an edition as they stand in the file."""
    text = dict.fromkeys(("value", "low", "high", "cv", "n"), [""])
    return pd.read_csv(folder / AUDITED, keep_default_na=False, na_values=text, encoding="utf-8")


def write(folder: Path, attacked: Mapping[str, int]) -> None:
    """Write the certificate beside the cells that were audited without a finding.

    Parameters
    ----------
    folder
        The edition; its cells.csv is what was audited.
    attacked
        What was attacked, in counts.
    """
    certificate = {"digest": _digest(folder), "findings": 0, "attacked": dict(attacked)}
    text = json.dumps(certificate, indent=2, sort_keys=True) + "\n"
    (folder / FILE).write_bytes(text.encode("utf-8"))


def withhold(folder: Path) -> None:
    """Write beside unprotected cells that nobody audited them: the opposite of a certificate."""
    certificate = {"audience": "analyst", "audited": False, "note": NOT_AUDITED}
    text = json.dumps(certificate, indent=2, sort_keys=True) + "\n"
    (folder / FILE).write_bytes(text.encode("utf-8"))


def check(folder: Path) -> None:
    """Refuse an edition whose cells are not those that passed the audit.

    Raises
    ------
    UnprotectedError
        There is no certificate, it cannot be read, or cells.csv has other bytes.
    """
    again = "Nothing is published; make the edition again with `nldtib run`."
    try:
        read = json.loads((folder / FILE).read_text(encoding="utf-8"))
        good = read["findings"] == 0 and isinstance(read["digest"], str)
    except (OSError, ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise UnprotectedError(f"Edition {folder.name} has no valid certificate. {again}")
    if read["digest"] != _digest(folder):
        raise UnprotectedError(
            f"cells.csv of edition {folder.name} was changed after its audit. {again}"
        )


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / AUDITED).read_bytes()).hexdigest()
