"""Zip and XML opened so that no file can fill the memory, name another file or run anything."""

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from nldtib.errors import InputError

# XML 1.0 cannot hold these characters, as they are or written as a number.
CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*"
    "(?:[0-8]|1[124-9]|2[0-9]|3[01]));",
    re.IGNORECASE,
)
STAND_IN = 0xE000


def parts(content: bytes, name: str, largest: int) -> dict[str, bytes]:
    """Return every file of a zip file by name.

    Parameters
    ----------
    content
        The bytes of the zip file.
    name
        How a refusal names the file.
    largest
        Most bytes that all parts together may have.

    Raises
    ------
    InputError
        The zip file is damaged, protected, or unpacks to more than `largest` bytes.
    """
    unpacked: dict[str, bytes] = {}
    left = largest
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > largest:
                raise _too_large(name, f"{size:,}", largest)
            for entry in archive.infolist():
                # The size that an entry states for itself may be anything.
                with archive.open(entry) as stream:
                    part = stream.read(left + 1)
                left -= len(part)
                if left < 0:
                    raise _too_large(name, f"over {largest:,}", largest)
                unpacked[entry.filename] = part
    except InputError:
        raise
    except Exception:  # zipfile raises nearly anything on a damaged part
        raise InputError(
            f"{name} is a zip file that is damaged, cut off or protected by a password. "
            "Export the responses again."
        ) from None
    return unpacked


def gunzipped(content: bytes, name: str, largest: int) -> bytes:
    """Return what a .gz holds.

    Raises
    ------
    InputError
        It is damaged, or unpacks to more than `largest` bytes.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            unpacked = stream.read(largest + 1)
    except (OSError, EOFError, zlib.error):
        raise InputError(
            f"{name} is a compressed file that is damaged or cut off. Export the responses again."
        ) from None
    if len(unpacked) > largest:
        raise _too_large(name, f"over {largest:,}", largest)
    return unpacked


def elements(content: bytes, name: str, tags: frozenset[str]) -> Iterator[Element]:
    """Return the elements of some tags one by one, each emptied after use.

    Parameters
    ----------
    content
        An XML file.
    name
        How a refusal names the file.
    tags
        Which elements are wanted; they should not stand inside each other.

    Raises
    ------
    InputError
        The XML is broken or cut off, or declares entities.
    """
    try:
        for _, element in iterparse(io.BytesIO(content), events=("end",)):
            if element.tag in tags:
                yield element
                element.clear()
    except DefusedXmlException:
        raise InputError(
            f"{name} declares XML entities, which no survey export needs. It is not opened."
        ) from None
    except (ParseError, ValueError, LookupError, RecursionError):
        raise InputError(
            f"{name} is XML that is broken or cut off. Export the responses again."
        ) from None


def with_stand_ins(content: bytes) -> tuple[bytes, int]:
    """Return XML without the control characters that make it ill-formed, and how many there were.

    Each is replaced by a stand-in that `restored` turns back.
    """
    text = content.decode("utf-8", "surrogateescape")
    found = CONTROL.findall(text)
    if not found:
        return content, 0

    def stand_in(match: re.Match[str]) -> str:
        mark = match[0]
        if len(mark) == 1:
            return chr(STAND_IN + ord(mark))
        number = mark[2:-1]
        code = int(number[1:], 16) if number[0] in "xX" else int(number)
        return chr(STAND_IN + code)

    return CONTROL.sub(stand_in, text).encode("utf-8", "surrogateescape"), len(found)


def restored(text: str) -> str:
    """Return a text with the control characters that `with_stand_ins` took out."""
    return re.sub("[\ue000-\ue01f]", lambda match: chr(ord(match[0]) - STAND_IN), text)


def _too_large(name: str, size: str, largest: int) -> InputError:
    return InputError(
        f"{name} unpacks to {size} bytes, more than the {largest:,} that are accepted. "
        "Is it a survey export?"
    )
