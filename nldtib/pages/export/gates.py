"""What a page must satisfy before a reader sees it.

A program finds only part of what makes a page hard to use, or unsafe to publish. What stands here
is that part; people look at the rest.
"""

import getpass
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag

from nldtib.errors import RunError

ACTIVE = ("script", "iframe", "object", "embed", "link", "base", "form", "frame", "portal")
EXTERNAL = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//|\\\\)", re.IGNORECASE)
STYLE_ADDRESS = re.compile(r"@import|url\(\s*['\"]?(?!#|data:image/)", re.IGNORECASE)
MEMORY_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")
MACHINE_PATH = re.compile(
    r"(?<![\w.])/(?:home|Users|root|tmp|var|usr|opt|mnt|srv|private|work)/[\w.-]+|\b[A-Z]:\\\w"
)


def refuse_unfit(
    pages: Mapping[str, str], files: Iterable[str], root: Path, most: int, script: str = ""
) -> None:
    """Refuse pages that a reader, a screen reader or a safe web server should not meet.

    Parameters
    ----------
    pages
        HTML by file name: all pages of the edition.
    files
        Other files of the edition, to which a page may link.
    root
        The project, whose path must not be told.
    most
        Bytes from which a page is too heavy.
    script
        The one script that a page may hold, if its policy names it; none when empty.

    Raises
    ------
    RunError
        Names the page and the first thing that is wrong, and counts the others.
    """
    parsed = {name: BeautifulSoup(text, "html.parser") for name, text in pages.items()}
    anchors = {
        name: {str(tag["id"]) for tag in soup.select("[id]")} for name, soup in parsed.items()
    } | {name: set() for name in files}
    found = [
        f"{name}: {finding}"
        for name, soup in parsed.items()
        for finding in (
            *_weight(pages[name], most),
            *_headings(soup),
            *_alternatives(soup),
            *_tables(soup),
            *_identifiers(soup),
            *_resources(soup, script),
            *_links(soup, name, anchors),
            *_machine(pages[name], root),
        )
    ]
    if found:
        more = f" {len(found) - 1} more findings follow." if len(found) > 1 else ""
        raise RunError(f"The pages are not fit to be published. {found[0]}.{more}")


def _weight(text: str, most: int) -> Iterable[str]:
    size = len(text.encode("utf-8"))
    if size >= most:
        yield f"the page is {size // 1000} kB, and must stay below {most // 1000} kB"


def _headings(soup: BeautifulSoup) -> Iterable[str]:
    headings = soup.find_all(re.compile("^h[1-6]$"))
    levels = [int(heading.name[1]) for heading in headings]
    if levels.count(1) != 1:
        yield f"it has {levels.count(1)} headings of the first level instead of one"
    for earlier, later in zip([0, *levels], levels, strict=False):
        if later > earlier + 1:
            yield f"a heading jumps from level {earlier} to level {later}"
    if any(not heading.get_text(strip=True) for heading in headings):
        yield "a heading is empty"
    title, language = soup.select_one("head > title"), soup.select_one("html[lang]")
    if not title or not title.get_text(strip=True) or not language or not language["lang"]:
        yield "it has no language or no title"


def _alternatives(soup: BeautifulSoup) -> Iterable[str]:
    for picture in soup.find_all(["img", "svg"]):
        if picture.get("aria-hidden") == "true" or picture.find_parent(
            attrs={"aria-hidden": "true"}
        ):
            continue
        text = _alternative(soup, picture)
        if not text or text.startswith("No description has been provided"):
            yield f"an {picture.name} has no alternative text"


def _alternative(soup: BeautifulSoup, picture: Tag) -> str:
    if picture.name == "img":
        return str(picture.get("alt", "")).strip()
    if picture.get("role") != "img":
        return ""
    named = str(picture.get("aria-labelledby", "")).split()
    words = [tag.get_text() for tag in (soup.find(id=one) for one in named) if tag]
    return (str(picture.get("aria-label", "")) or " ".join(words)).strip()


def _tables(soup: BeautifulSoup) -> Iterable[str]:
    for table in soup.find_all("table"):
        caption = table.find("caption")
        if caption is None or not caption.get_text(strip=True):
            yield "a table has no caption"
        heads = table.find_all("th")
        if not heads:
            yield "a table has no header cells"
        if any(head.get("scope") not in ("col", "row", "colgroup", "rowgroup") for head in heads):
            yield "a header cell of a table has no scope"
        if any(not head.get_text(strip=True) for head in heads):
            yield "a header cell of a table is empty"


def _identifiers(soup: BeautifulSoup) -> Iterable[str]:
    names = [str(tag["id"]) for tag in soup.select("[id]")]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f'the name "{name}" stands {names.count(name)} times in it'


def _resources(soup: BeautifulSoup, script: str) -> Iterable[str]:
    for tag in soup.find_all(True):
        if tag.name == "script" and script and not tag.attrs and tag.string == script:
            continue
        if tag.name in ACTIVE or str(tag.get("http-equiv", "")).lower() == "refresh":
            yield f"it holds an active element, {tag.name}"
        for name, value in tag.attrs.items():
            text = " ".join(value) if isinstance(value, list) else str(value)
            if name.startswith("on"):
                yield f"a {tag.name} holds a script in {name}"
            elif name in ("style", "fill", "stroke", "filter", "clip-path", "mask"):
                if STYLE_ADDRESS.search(text):
                    yield f"the style of a {tag.name} asks for another file"
            elif _leads_away(tag.name, name, text):
                yield f"the {name} of a {tag.name} leads outside the edition"
    if any(STYLE_ADDRESS.search(style.get_text()) for style in soup.find_all("style")):
        yield "a style asks for another file"


def _leads_away(tag: str, name: str, value: str) -> bool:
    if tag == "img" and name == "src":
        return not value.startswith("data:image/")
    asks = name in (
        "src",
        "srcset",
        "href",
        "xlink:href",
        "data",
        "action",
        "poster",
        "background",
        "formaction",
        "cite",
        "ping",
        "manifest",
        "rdf:resource",
    )
    return asks and bool(EXTERNAL.match(value))


def _links(soup: BeautifulSoup, own: str, anchors: Mapping[str, set[str]]) -> Iterable[str]:
    for tag in soup.select("[href]"):
        address = str(tag["href"])
        if EXTERNAL.match(address):
            continue
        name, _, anchor = address.partition("#")
        name = unquote(name) or own
        if name not in anchors:
            yield f"a link leads to {name}, which is not in the edition"
        elif anchor and unquote(anchor) not in anchors[name]:
            yield f"a link leads to #{anchor} in {name}, which is not there"


def _machine(text: str, root: Path) -> Iterable[str]:
    # Pictures are letters at random; a path in them means nothing.
    words = re.sub(r"data:image/[^\"')]+", "", text)
    user = re.escape(getpass.getuser())
    places = (root, Path.home(), Path(tempfile.gettempdir()))
    known = [str(place) for place in places if len(place.parts) > 1]
    if any(place in words for place in known) or MACHINE_PATH.search(words):
        yield "it tells a path on this machine"
    if re.search(rf"[\\/~]{user}[\\/@]|\b{user}@", words):
        yield "it tells the name of a user"
    if MEMORY_ADDRESS.search(words):
        yield "it shows a memory address, which differs from run to run"
