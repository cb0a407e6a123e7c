"""Read one file of SPSS or Stata and write what it holds as JSON; run as a process of its own."""

import datetime
import json
import math
import sys
from pathlib import Path

DAMAGED, LETTERING = 3, 4


def main(kind: str, path: str, encoding: str, out: str) -> int:
    """Read `path` and write `out`; return 0, DAMAGED, or LETTERING for an encoding that fails."""
    import pyreadstat

    read = pyreadstat.read_dta if kind == "stata" else pyreadstat.read_sav
    try:
        table, meta = read(path, encoding=encoding or None, user_missing=True)
    except Exception as problem:  # pyreadstat raises nearly anything on a damaged file
        lettering = "nicode" in type(problem).__name__ or "codec" in str(problem)
        return LETTERING if lettering else DAMAGED
    # A file that is cut off between two responses says how many it had.
    if (meta.number_rows or 0) > len(table):
        return DAMAGED
    found = {
        # A damaged file may leave a column without a name.
        "names": [str(name) for name in table.columns],
        "cells": [[_text(value) for value in table.iloc[:, p]] for p in range(table.shape[1])],
        "labels": {
            name: {str(_text(value)): str(label) for value, label in labels.items()}
            for name, labels in meta.variable_value_labels.items()
        },
        "ranges": {
            name: [[str(_text(ends["lo"])), str(_text(ends["hi"]))] for ends in ranges]
            for name, ranges in meta.missing_ranges.items()
        },
        "single": {
            name: [str(_text(value)) for value in values]
            for name, values in meta.missing_user_values.items()
        },
        "types": dict(meta.readstat_variable_types),
        "encoding": str(meta.file_encoding or ""),
    }
    Path(out).write_text(json.dumps(found), encoding="utf-8")
    return 0


def _text(value: object) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "seconds")
    return str(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    # A double holds 15 digits; what follows is noise of the sum that made it.
    text = f"{value:.15g}"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else text


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
