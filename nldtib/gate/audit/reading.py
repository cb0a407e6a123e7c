"""Every file of an edition as text: what a reader with any program could find in it."""

import base64
import html
import io
import re
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

TEXTS = {".html", ".csv", ".json", ".svg", ".txt", ".md", ".cff", ".xml", ".css", ".yml"}
PACKED = {".xlsx", ".docx", ".ods", ".odt", ".zip"}
# An unpacked member beyond this size is no part of a report.
LARGEST = 100_000_000
EMBEDDED = re.compile(r"data:([a-z0-9.+/-]+)[^,\"')]*;base64,([A-Za-z0-9+/=]+)", re.IGNORECASE)
DRAWN = ("png", "jpeg", "gif", "webp", "woff", "font")
TAG = re.compile(r"<[^>]*>")
STREAM = re.compile(rb"(<<[^\x00]{0,2000}?>>)\s*stream\r?\n(.*?)endstream", re.DOTALL)
IMAGE = re.compile(rb"/Subtype\s*/Image\b")
ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})")


def texts(path: Path) -> Iterator[str]:
    """Give the text of one file, of what is packed in it, and of what its pages embed.

    Raises
    ------
    ValueError
        The file is of a kind that cannot be read, or is damaged.
    """
    kind = path.suffix.lower()
    if kind in TEXTS:
        yield from _with_embedded(path.read_bytes().decode("utf-8"))
    elif kind in PACKED:
        yield from _unpacked(path.read_bytes())
    elif kind == ".pdf":
        yield from _printed(path.read_bytes())
    else:
        raise ValueError(f"nobody can search a file of kind {kind or 'none'}")


def views(text: str) -> list[str]:
    """Return a text in every way it may be read, each once.

    As it stands with its attributes; without tags, which may cut a word or part two; and with
    what JSON, addresses and entities of entities hide.
    """
    found = [text, TAG.sub("", text), TAG.sub(" ", text)]
    found = [html.unescape(one) for one in found]
    letters = ESCAPED.sub(lambda code: chr(int(code[1], 16)), html.unescape(found[0]))
    found.append(urllib.parse.unquote(re.sub(r"\\[nrt]", " ", letters)))
    return list(dict.fromkeys(found))


def _with_embedded(text: str) -> Iterator[str]:
    for kind, packed in EMBEDDED.findall(text):
        if not any(word in kind for word in DRAWN):
            yield base64.b64decode(packed + "==").decode("utf-8", "replace")
    yield EMBEDDED.sub("", text)


def _unpacked(content: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for member in packed.infolist():
                if member.file_size > LARGEST:
                    raise ValueError("a packed file is too large to be searched")
                yield member.filename
                yield packed.read(member).decode("utf-8", "replace")
    except zipfile.BadZipFile:
        raise ValueError("a packed file is damaged") from None


def _printed(content: bytes) -> Iterator[str]:
    """Give what is written in a PDF besides its glyphs and hatches, which are those of the pages.

    Raises
    ------
    ValueError
        A file is attached, which no reader of the pages has seen.
    """
    if b"/EmbeddedFile" in content:
        raise ValueError("a file is attached to a PDF")
    # Packed bytes that are taken for letters hold anything by chance.
    yield STREAM.sub(rb"\1", content).decode("latin-1")
    for about, stream in STREAM.findall(content):
        if IMAGE.search(about.rpartition(b"obj")[2]):
            continue
        try:
            yield zlib.decompressobj().decompress(stream, LARGEST).decode("latin-1")
        except zlib.error:
            yield stream.decode("latin-1")
