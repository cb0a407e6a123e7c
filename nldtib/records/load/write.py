"""Tables as files: whole or not at all."""

import os
from pathlib import Path

import pandas as pd


def write(table: pd.DataFrame, path: Path) -> Path:
    """Write a table as CSV; a file that is there stays until the new one is whole.

    Returns
    -------
    The path.
    """
    path = Path(path)
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        table.to_csv(half, index=False, lineterminator="\n")
        os.replace(half, path)
    finally:
        half.unlink(missing_ok=True)
    return path
