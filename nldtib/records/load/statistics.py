"""Files of SPSS (.sav, .zsav) and Stata (.dta); values declared missing are kept apart."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from nldtib.errors import InputError
from nldtib.records.load.grid import Coded, Grid, coded
from nldtib.records.load.spreadsheet import FRACTION, INTEGER, UNDECLARED
from nldtib.records.load.statistics_process import LETTERING

MOST_SECONDS = 600
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
    found = _in_a_process_of_its_own(path, name, encoding, stata)
    if not found["cells"] or not found["cells"][0]:
        raise InputError(f"{name} has no response. Export the responses again.")
    names = found["names"]
    columns = [coded(cells) for cells in found["cells"]]
    labels = {p: own for p, variable in enumerate(names) if (own := found["labels"].get(variable))}
    missing = {
        position: declared
        for position, variable in enumerate(names)
        if (declared := _declared(columns[position], found, variable))
    }
    numeric = [p for p, variable in enumerate(names) if found["types"].get(variable) != "string"]
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
        lettering=found["encoding"],
        converted=converted,
        pointed=plugin,
        stored=not plugin,
        labels=labels,
        missing=missing,
        whole=plugin,
        needed=("id", "submitdate") if plugin else (),
        losses=tuple(losses),
    )


def _in_a_process_of_its_own(path: Path, name: str, encoding: str, stata: bool) -> dict:
    # The library is written in C, and a damaged file can end the process that reads it.
    kind = "stata" if stata else "spss"
    command = [sys.executable, "-m", "nldtib.records.load.statistics_process"]
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "found.json"
        try:
            done = subprocess.run(
                [*command, kind, str(path.resolve()), encoding, str(written)],
                cwd=Path(__file__).parents[3],
                capture_output=True,
                timeout=MOST_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InputError(f"{name} takes too long to read. {WAY_OUT}") from None
        if done.returncode == LETTERING:
            raise InputError(
                f"{name} is not lettered as it says. Name its encoding: --encoding cp1252."
            )
        if done.returncode or not written.is_file():
            raise InputError(
                f"{name} is a malformed or damaged file of {'Stata' if stata else 'SPSS'}, as the "
                f"export plug-in of LimeSurvey writes. {WAY_OUT}"
            )
        return json.loads(written.read_bytes())


def _declared(column: Coded, found: Mapping, variable: str) -> frozenset[str]:
    ranges = found["ranges"].get(variable, [])
    single = found["single"].get(variable, [])
    return frozenset(
        text
        for text in column.texts
        if text and (text in single or any(_within(text, ends) for ends in ranges))
    )


def _within(text: str, ends: Sequence[str]) -> bool:
    low, high = ends
    try:
        return float(low) <= float(text) <= float(high)
    except ValueError:
        return text.strip() == low.strip()


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
            timeout=MOST_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
