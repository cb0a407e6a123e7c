"""What kind of file this is, by its first bytes and never by its name."""

import hashlib
import io
import zipfile
from pathlib import Path

from nldtib.errors import InputError

# First bytes of files that a survey tool or an office writes and that this room does not read.
OTHER_KINDS = (
    (b"$FL2", "an SPSS file (.sav)"),
    (b"$FL3", "a compressed SPSS file (.zsav)"),
    (b"<stata_dta>", "a Stata file (.dta)"),
    (b"ASCII SPSS PORT", "an SPSS portable file (.por)"),
    (b"\xd0\xcf\x11\xe0", "an old Office file (.xls or .doc)"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a compressed file (.gz)"),
    (b"7z\xbc\xaf", "a compressed file (.7z)"),
    (b"\x89PNG", "a picture"),
)
OTHER_TEXTS = (
    (b"<", "XML or HTML"),
    (b"{", "JSON"),
)
NOT_READ = "It is not readable yet; export the responses as CSV instead."


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
    if not read.strip(b"\xef\xbb\xbf \t\r\n\0"):
        raise InputError(f"{path.name} is empty. Export the responses again.")
    return read


def is_spreadsheet(read: bytes, name: str) -> bool:
    """Return whether the bytes are an Excel workbook; refuse what is recognised but not read.

    Raises
    ------
    InputError
        The bytes are a kind of file that this room does not read.
    """
    if read.startswith((b"PK\3\4", b"PK\5\6")):
        kind = _zip_kind(read, name)
        if kind:
            raise InputError(f"{name} is recognised as {kind}. {NOT_READ}")
        return True
    for first, kind in OTHER_KINDS:
        if read.startswith(first):
            raise InputError(f"{name} is recognised as {kind}. {NOT_READ}")
    text = read.removeprefix(b"\xef\xbb\xbf").lstrip()
    for first, kind in OTHER_TEXTS:
        if text.startswith(first):
            raise InputError(f"{name} is recognised as {kind}. {NOT_READ}")
    return False


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


def _zip_kind(read: bytes, name: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(read)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        raise InputError(
            f"{name} is a zip file or workbook that is damaged or cut off. "
            "Export the responses again."
        ) from None
    if "xl/workbook.xml" in names:
        return ""
    if any(name.endswith((".lss", ".lsr")) for name in names):
        return "a LimeSurvey archive (.lsa)"
    if "mimetype" in names:
        return "an OpenDocument file (.ods or .odt)"
    if any(name.startswith("word/") for name in names):
        return "a Word document"
    return "a zip file without a workbook"
