"""What kind of file this is, by its first bytes and never by its name."""

import hashlib
import io
import zipfile
from pathlib import Path

from nldtib.errors import InputError
from nldtib.records.load import safe, triple_s

WORKBOOK, ARCHIVE, STATISTICS, PARQUET = "workbook", "archive", "statistics", "parquet"
STATA_XML, TRIPLE_S, JSON, TEXT = "stata xml", "triple-s", "json", "text"
FIRST_BYTES = (
    (b"$FL2", STATISTICS),
    (b"$FL3", STATISTICS),
    (b"<stata_dta>", STATISTICS),
    (b"PAR1", PARQUET),
)
# First bytes of files that a survey tool or an office writes and that this room does not read.
NOT_READ = (
    (b"\xd0\xcf\x11\xe0", "an old Office file (.xls or .doc). Save it as .xlsx."),
    (b"%PDF", "a PDF. Export the responses as CSV instead."),
    (b"7z\xbc\xaf", "a compressed file (.7z). Unpack it first."),
    (b"\x89PNG", "a picture. Export the responses as CSV instead."),
)
PORTABLE = b"ASCII SPSS PORT"
BOM = b"\xef\xbb\xbf"


def content(path: Path, largest: int) -> bytes:
    """Return the bytes of a file.

    Parameters
    ----------
    path
        The file.
    largest
        Most bytes that are accepted.

    Raises
    ------
    InputError
        There is no such file, it is empty, or it is larger than `largest`.
    """
    if not path.is_file():
        raise InputError(f"There is no file at {path}. Give the path of an export.")
    size = path.stat().st_size
    if size > largest:
        raise InputError(
            f"{path.name} has {size:,} bytes, more than the {largest:,} that are accepted. "
            "Is it a survey export?"
        )
    read = path.read_bytes()
    read = unpacked(read, path.name, largest)
    if not read.strip(b"\xef\xbb\xbf \t\r\n\0"):
        raise InputError(f"{path.name} is empty. Export the responses again.")
    return read


def unpacked(read: bytes, name: str, largest: int) -> bytes:
    """Return what stands in a .gz, or in a zip of one file; all else as it is.

    Raises
    ------
    InputError
        It is damaged, or unpacks to more than `largest` bytes.
    """
    if read.startswith(b"\x1f\x8b"):
        return safe.gunzipped(read, name, largest)
    if read.startswith(b"PK\3\4") and len(names := _zip_names(read, name)) == 1:
        return safe.parts(read, name, largest)[names[0]]
    return read


def kind(read: bytes, name: str) -> str:
    """Return the kind of file that some bytes are; refuse what is recognised but not read.

    Raises
    ------
    InputError
        The bytes are a kind of file that this room does not read.
    """
    if read.startswith((b"PK\3\4", b"PK\5\6")):
        return _zip_kind(read, name)
    for first, found in FIRST_BYTES:
        if read.startswith(first):
            return found
    # Stata of version 12 and before begins with its version and byte order.
    if read[:1] in (b"\x71", b"\x72", b"\x73") and read[1:4] in (b"\1\1\0", b"\2\1\0"):
        return STATISTICS
    for first, what in NOT_READ:
        if read.startswith(first):
            raise InputError(f"{name} is recognised as {what}")
    if PORTABLE in b"".join(read[:1000].split(b"\n")) or b"ASCII SPSS PORT" in read[:1000]:
        raise InputError(
            f"{name} is recognised as an SPSS portable file (.por), which cuts names to 8 "
            "characters and destroys letters such as ë. Save it as .sav."
        )
    text = read.removeprefix(BOM).lstrip()
    if text.startswith((b"{", b"[")):
        return JSON
    if text.startswith(b"<"):
        return _xml_kind(text[:4000], name)
    return TEXT


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits.

    Raises
    ------
    InputError
        There is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no file at {path}. Give the path of an export.")
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _xml_kind(head: bytes, name: str) -> str:
    if triple_s.is_definition(head):
        return TRIPLE_S
    if b"<dta" in head:
        return STATA_XML
    raise InputError(
        f"{name} is recognised as XML or HTML without answers; the survey tool may have asked to "
        "log in. Export the responses again."
    )


def _zip_kind(read: bytes, name: str) -> str:
    names = _zip_names(read, name)
    if "xl/workbook.xml" in names:
        return WORKBOOK
    if any(name.endswith((".lss", ".lsr")) for name in names):
        return ARCHIVE
    what = "a zip file without a workbook"
    if "mimetype" in names:
        what = "an OpenDocument file (.ods or .odt)"
    elif any(name.startswith("word/") for name in names):
        what = "a Word document"
    raise InputError(f"{name} is recognised as {what}. Export the responses as CSV instead.")


def _zip_names(read: bytes, name: str) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(read)) as archive:
            return archive.namelist()
    except Exception:  # zipfile raises nearly anything on a damaged list of parts
        raise InputError(
            f"{name} is a zip file or workbook that is damaged or cut off. "
            "Export the responses again."
        ) from None
