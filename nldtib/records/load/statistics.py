"""Files of SPSS (.sav, .zsav) and Stata (.dta); values declared missing are kept apart."""

import datetime
import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyreadstat

from nldtib.errors import InputError
from nldtib.records.load.grid import Coded, Grid, coded
from nldtib.records.load.spreadsheet import FRACTION, INTEGER, UNDECLARED

OWN, PSPP = "own", "pspp"
# Numbers that questionnaires use for missing; without a declaration one looks like an amount.
USUAL_CODES = frozenset("-1 -2 -3 -7 -8 -9 -77 -88 -97 -98 -99 -997 -998 -999 -9999".split())
WAY_OUT = (
    "Export the responses as CSV or .lsa instead, or have PSPP read it: "
    "nldtib read ... --reader pspp."
)


def read(path: Path, first: bytes, encoding: str, reader: str) -> Grid:
    """Read a file of SPSS or Stata.

    Parameters
    ----------
    path
        The file.
    first
        Its first bytes, which tell SPSS from Stata.
    encoding
        How an old file is lettered; empty where the file says it itself.
    reader
        OWN, or PSPP: a malformed file is first read and written again by that program.

    Raises
    ------
    InputError
        The file is malformed or cut off, or PSPP is asked for and is not installed.
    """
    stata = not first.startswith((b"$FL2", b"$FL3"))
    if reader == PSPP and not stata:
        with tempfile.TemporaryDirectory() as folder:
            return _read(_mended(path, Path(folder)), path.name, encoding, stata, " by PSPP")
    return _read(path, path.name, encoding, stata, "")


def _read(path: Path, name: str, encoding: str, stata: bool, by: str) -> Grid:
    try:
        if stata:
            table, meta = pyreadstat.read_dta(
                str(path), encoding=encoding or None, user_missing=True
            )
        else:
            table, meta = pyreadstat.read_sav(
                str(path), encoding=encoding or None, user_missing=True
            )
    except Exception as problem:  # pyreadstat raises nearly anything on a damaged file
        if "nicode" in type(problem).__name__ or "codec" in str(problem):
            raise InputError(
                f"{name} is not lettered as it says. Name its encoding: --encoding cp1252."
            ) from None
        raise InputError(
            f"{name} is a malformed or damaged file of {'Stata' if stata else 'SPSS'}, as the "
            f"export plug-in of LimeSurvey writes. {WAY_OUT}"
        ) from None
    if not len(table):
        raise InputError(f"{name} has no response. Export the responses again.")
    names = list(table.columns)
    columns = [coded(map(_text, table[variable].tolist())) for variable in names]
    labels = {
        position: {str(_text(value)): label for value, label in found.items()}
        for position, variable in enumerate(names)
        if (found := meta.variable_value_labels.get(variable))
    }
    missing = {
        position: found
        for position, variable in enumerate(names)
        if (found := _declared(columns[position], meta, variable))
    }
    numeric = [position for position, variable in enumerate(names) if _is_number(meta, variable)]
    plugin = {"submitdate", "lastpage"} <= {variable.casefold() for variable in names}
    losses = ["The file does not tell a question that was not reached from one left blank."]
    converted: dict[tuple[int, int], str] = {}
    if plugin:
        losses.append(
            "A decimal comma was written as a point, so in text it looks like a thousands point."
        )
        for position in numeric:
            converted |= _kinds(columns[position], position)
    elif not missing:
        losses.append("The file declares no value as missing: look at codes such as -9.")
        for position in numeric:
            converted |= _undeclared(columns[position], position)
    kind = "Stata file (.dta)" if stata else "SPSS file (.sav)"
    return Grid(
        headings=tuple(names),
        columns=tuple(columns),
        tool=f"{kind}, read{by}" if by else kind,
        lettering=str(meta.file_encoding or ""),
        converted=converted,
        pointed=plugin,
        stored=not plugin,
        labels=labels,
        missing=missing,
        needed=("id", "submitdate") if plugin else (),
        losses=tuple(losses),
    )


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


def _is_number(meta: pyreadstat.metadata_container, variable: str) -> bool:
    return meta.readstat_variable_types.get(variable, "") != "string"


def _declared(column: Coded, meta: pyreadstat.metadata_container, variable: str) -> frozenset[str]:
    ranges = meta.missing_ranges.get(variable, [])
    single = {str(_text(value)) for value in meta.missing_user_values.get(variable, [])}
    return frozenset(
        text
        for text in column.texts
        if text and (text in single or any(_within(text, found) for found in ranges))
    )


def _within(text: str, ends: Mapping[str, object]) -> bool:
    low, high = ends["lo"], ends["hi"]
    if isinstance(low, str):
        return text.strip() == low.strip()
    try:
        return float(low) <= float(text) <= float(high)
    except ValueError:
        return False


def _kinds(column: Coded, position: int) -> dict[tuple[int, int], str]:
    kinds = {
        code: FRACTION if "." in text else INTEGER
        for code, text in enumerate(column.texts)
        if text and _is_plain(text)
    }
    return {
        (row, position): kinds[code]
        for row, code in enumerate(column.codes.tolist())
        if code in kinds
    }


def _undeclared(column: Coded, position: int) -> dict[tuple[int, int], str]:
    negative = {text for text in column.texts if text and text.startswith("-")}
    if not negative or not negative <= USUAL_CODES:
        return {}
    codes = {code for code, text in enumerate(column.texts) if text in negative}
    return {
        (row, position): UNDECLARED
        for row, code in enumerate(column.codes.tolist())
        if code in codes
    }


def _is_plain(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def _mended(path: Path, folder: Path) -> Path:
    program = shutil.which("pspp")
    if program is None:
        raise InputError(
            f"PSPP is asked for to read {path.name} and is not installed. "
            "Install PSPP, or export the responses as CSV."
        )
    copy, written = folder / "in.sav", folder / "out.sav"
    shutil.copyfile(path, copy)
    # PSPP gives up after 100 warnings, and the malformed file gives one per row.
    _run(
        program,
        folder,
        (
            "SET MXWARNS=100000000.",
            "SET MXERRS=100000000.",
            f"GET FILE='{copy}'.",
            f"SAVE OUTFILE='{written}'.",
        ),
    )
    if not written.is_file():
        raise InputError(f"PSPP cannot read {path.name} either. Export the responses as CSV.")
    return written


def _run(program: str, folder: Path, commands: Iterable[str]) -> None:
    script = folder / "read.sps"
    script.write_text("\n".join(commands) + "\n", encoding="utf-8")
    try:
        subprocess.run(  # noqa: S603
            [program, "-b", "-O", "format=txt", "-o", str(folder / "log.txt"), str(script)],
            capture_output=True,
            timeout=600,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
