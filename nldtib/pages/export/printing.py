"""A whole edition as one printed document: the pages of one language in one file, by Chromium."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from nldtib.errors import InputError, RunError
from nldtib.pages.export import notebooks, page, themes

CHROMIUM = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
# No address is asked for and nothing is kept; headings become bookmarks, elements become tags.
QUIET = (
    "--headless --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --no-pdf-header-footer --export-tagged-pdf "
    "--generate-pdf-document-outline"
).split()
PATIENCE = 300
DATES = re.compile(rb"(/(?:Creation|Mod)Date \(D:)\d{14}")
ELEMENTS = re.compile(rb"\(node\d{8}\)")
NAMED = re.compile(r' (id|for|headers|aria-labelledby|aria-describedby)="([^"]+)"')
DRAWN = re.compile(r"url\(#")
ADDRESS = re.compile(r' ((?:xlink:)?href)="([^"]*)"')


def document(
    folder: Path,
    run: Mapping[str, object],
    languages: tuple[str, ...],
    language: str,
    theme: str = themes.NEUTRAL,
) -> str:
    """Return all pages of one language as one page, in the order of the report.

    Parameters
    ----------
    folder
        An edition with its pages.
    run
        What run.json of the edition says.
    languages
        Languages of the edition; the first has the plain file names.
    theme
        The colours of the whole.

    Raises
    ------
    InputError
        The edition has no pages in that language.
    """
    about = page.Publication(run, languages, theme=theme)
    ending = about.file("", language)
    known = {
        path.name.removesuffix(ending): path.name
        for path in folder.glob(f"*{ending}")
        if "." not in path.name.removesuffix(ending)
    }
    if page.INDEX not in known:
        raise InputError(
            f"Edition {folder.name} has no pages in language {language}. Make them with "
            "`nldtib report`."
        )
    names = [name for name in (page.INDEX, *notebooks.ORDER) if name in known]
    names += sorted(set(known) - {*names, page.ACCESSIBILITY})
    names += [page.ACCESSIBILITY] if page.ACCESSIBILITY in known else []
    files = {known[name]: name for name in names}
    parts = [
        _part(name, language, (folder / file).read_text(encoding="utf-8"), files)
        for file, name in files.items()
    ]
    whole = page.Sheet(page.INDEX, language, "\n".join(parts))
    return page.page(whole, [whole], about)


def printed(text: str, day: str) -> bytes:
    """Return one page as PDF, with bookmarks and tags.

    Parameters
    ----------
    text
        The page, which asks for nothing outside itself.
    day
        Day of publication, YYYY-MM-DD: the only date that the file knows.

    Raises
    ------
    RunError
        There is no Chromium, or it did not print.
    """
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        raise RunError(
            "No Chromium was found, and it is what prints an edition. Install Chromium or Chrome; "
            "the pages themselves need neither."
        )
    # Chromium refuses its own walls to the administrator of a machine.
    alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="nldtib-", ignore_cleanup_errors=True) as scratch:
        source, target = Path(scratch) / "edition.html", Path(scratch) / "edition.pdf"
        source.write_bytes(text.encode("utf-8"))
        command = [found, *QUIET, *alone, f"--user-data-dir={scratch}/profile"]
        try:
            subprocess.run(
                [*command, f"--print-to-pdf={target}", source.as_uri()],
                capture_output=True,
                check=False,
                timeout=PATIENCE,
            )
        except subprocess.TimeoutExpired:
            raise RunError(
                f"Chromium did not print within {PATIENCE} seconds. Try again on a quieter machine."
            ) from None
        if not target.is_file():
            raise RunError("Chromium ended without printing. See whether it opens a page by hand.")
        content = target.read_bytes()
    return _repeatable(content, day)


def _repeatable(content: bytes, day: str) -> bytes:
    """Take out what differs from one printing to the next, without moving a byte.

    Elements are named by a counter that the browser also uses for its own; their order, in which
    they must be listed, stays.
    """
    named = sorted(set(ELEMENTS.findall(content)))
    ranks = {old: b"(node%08d)" % rank for rank, old in enumerate(named, 1)}
    content = ELEMENTS.sub(lambda old: ranks[old[0]], content)
    return DATES.sub(rb"\g<1>" + day.replace("-", "").encode() + b"000000", content)


def _part(name: str, language: str, text: str, files: Mapping[str, str]) -> str:
    """Return the inside of a page, its names made those of a part of a larger document."""

    def own(named: re.Match) -> str:
        return f' {named[1]}="{" ".join(f"{name}-{one}" for one in named[2].split())}"'

    def within(link: re.Match) -> str:
        file, _, anchor = link[2].partition("#")
        part = files.get(file, "" if file else name)
        # What is not printed cannot be led to.
        return f' {link[1]}="#{part}{f"-{anchor}" if anchor else ""}"' if part else ""

    body = page.kept(name, language, text).body
    body = DRAWN.sub(f"url(#{name}-", ADDRESS.sub(within, NAMED.sub(own, body)))
    apart = "" if name == page.INDEX else ' style="break-before: page"'
    return f'<section id="{name}"{apart}>\n{body}\n</section>'
