"""From executed notebook to page: nbconvert fills the body, our own shell goes around it."""

import base64
import copy
import datetime
import functools
import hashlib
import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
from bs4 import BeautifulSoup
from markupsafe import Markup
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from nldtib.errors import RunError
from nldtib.pages.export import notebooks, themes, words

TEMPLATES = Path(__file__).parent / "template"
INDEX, ACCESSIBILITY = "index", "accessibility"
SEARCHED = '<div id="search"'
FILES = ("cells.csv", "account.csv", "quality.csv", "run.json")
LANGUAGE_LINE = re.compile(r"^[ \t]*<!--[ \t]*([a-z]{2})[ \t]*-->[ \t]*$", re.MULTILINE)
HEADING = re.compile(r"<h([2-6])>(.*?)</h\1>", re.DOTALL)
LINK = re.compile(r'<a([^>]*?) href="([a-z0-9_]+)\.html(#[^"]*)?"([^>]*)>(.*?)</a>', re.DOTALL)
# Parsing whole pages for one sentence took longer than making them.
TITLE = re.compile(r"<h1\b[^>]*>.*?</h1>", re.DOTALL)
LEAD = re.compile(r'<p class="lead">.*?</p>', re.DOTALL)
PARAGRAPH = re.compile(r"<p\b[^>]*>.*?</p>", re.DOTALL)
BODY = re.compile(r'<main id="content">\n(.*)\n</main>', re.DOTALL)


@dataclass(frozen=True)
class Sheet:
    """One page: its name, its language, and the HTML between its banner and its foot."""

    name: str
    language: str
    body: str

    @functools.cached_property
    def title(self) -> str:
        """Return the text of the first heading."""
        return _text(self.body, TITLE) or self.name

    @functools.cached_property
    def description(self) -> str:
        """Return the first sentence of the lead, or of the first paragraph."""
        lead = _text(self.body, LEAD) or _text(self.body, PARAGRAPH)
        return re.split(r"(?<=[.?!])\s", lead, maxsplit=1)[0]


@dataclass(frozen=True)
class Publication:
    """What all pages share: what was run, languages, first one first, files, and colours."""

    run: Mapping[str, object]
    languages: tuple[str, ...]
    files: tuple[str, ...] = ()
    theme: str = themes.NEUTRAL

    def file(self, name: str, language: str) -> str:
        """Return the file of a page: `size.html`, or `size.en.html` in a further language."""
        return f"{notebooks.page_name(name, language, self.languages)}.html"

    def label(self, language: str) -> str:
        """Return round and edition in words."""
        edition = words.edition(str(self.run["edition"]), language)
        return f"NLDTIB {self.run['survey_round']}, {edition}"

    def day(self, language: str) -> str:
        """Return the day of publication in words."""
        return words.date(datetime.date.fromisoformat(str(self.run["published_on"])), language)


def in_language(source: str, language: str) -> str:
    """Return the part of a text cell in `language`.

    A text starts in Dutch; a line `<!-- en -->` starts the English part. A text without such a
    line serves every language.
    """
    first, *rest = LANGUAGE_LINE.split(source)
    parts = {"nl": first, **dict(zip(rest[::2], rest[1::2], strict=True))}
    return parts.get(language, first).strip()


def body(executed: NotebookNode, parameters: Mapping[str, object], language: str) -> str:
    """Return the HTML of one executed notebook, its code folded away.

    Parameters
    ----------
    executed
        A notebook that `notebooks.refuse_unfit` let through: all its outputs are finished HTML.
    parameters
        What the notebook was run with; shown at the end.
    """
    exporter = TemplateExporter(
        template_name="base",
        template_file=str(TEMPLATES / "notebook.html.j2"),
        filters={"markdown": functools.partial(_markdown, language=language)},
    )
    shown = copy.copy(executed)
    shown.cells = [
        cell
        for cell in executed.cells
        if notebooks.INJECTED_TAG not in cell.metadata.get("tags", [])
    ]
    given = {"parameters": parameters, "word": functools.partial(words.word, language=language)}
    filled, _ = exporter.from_notebook_node(shown, resources=given)
    return filled.strip()


def kept(name: str, language: str, page: str) -> Sheet:
    """Return the sheet of a page that was made before, so that it can be given a new shell.

    Raises
    ------
    RunError
        The page was not made by this room.
    """
    found = BODY.search(page)
    if not found:
        raise RunError(f"Page {name} was not made by this program. Make all pages of the edition.")
    return Sheet(name, language, found[1])


def index(
    sheets: Sequence[Sheet], sizes: Mapping[str, int], language: str, about: Publication
) -> Sheet:
    """Return the first page of an edition: what there is, what it was made of, and its files.

    Parameters
    ----------
    sheets
        The pages in the language of the index, in their order.
    sizes
        Bytes of each file that readers may take along.
    """
    filled = (
        _shells()
        .get_template("index.html.j2")
        .render(
            sheets=[(about.file(one.name, language), one.title, one.description) for one in sheets],
            files=[(name, sizes[name]) for name in about.files],
            about=about,
            run=about.run,
            language=language,
            word=functools.partial(words.word, language=language),
            number=functools.partial(words.number, language=language),
        )
    )
    return Sheet(INDEX, language, filled.strip())


def accessibility(language: str, about: Publication) -> Sheet:
    """Return the statement of accessibility: what was tested, and what is open."""
    filled = _shells().get_template("accessibility.html.j2").render(about=about, language=language)
    return Sheet(ACCESSIBILITY, language, filled.strip())


def page(sheet: Sheet, sheets: Sequence[Sheet], about: Publication) -> str:
    """Return a whole page: one sheet inside the shell that all pages share.

    Parameters
    ----------
    sheets
        All sheets of the edition, in every language, the index among them.
    """
    language = sheet.language
    present = {one.name for one in sheets if one.language == language}
    filled = (
        _shells()
        .get_template("page.html.j2")
        .render(
            sheet=sheet,
            content=Markup(_linked(sheet.body, present, language, about)),
            pages=[one for one in sheets if one.language == language and one.name != ACCESSIBILITY],
            statement=about.file(ACCESSIBILITY, language) if ACCESSIBILITY in present else "",
            others=[one for one in sheets if one.name == sheet.name and one is not sheet],
            about=about,
            run=about.run,
            style=Markup(_style()),
            script=Markup(script() if SEARCHED in sheet.body else ""),
            names=words.LANGUAGE_NAMES,
            word=functools.partial(words.word, language=language),
        )
    )
    return themes.themed(filled.strip(), about.theme) + "\n"


def script() -> str:
    """Return the one script of an edition: it adds a search box to a page of facts."""
    lines = (TEMPLATES / "search.js").read_text(encoding="utf-8").splitlines()
    return "\n".join(line.strip() for line in lines)


def hashed(text: str) -> str:
    """Return how a content-security policy names one script: `sha256-...`."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _shells() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    shells = jinja2.Environment(
        loader=loader,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    shells.filters["hashed"] = lambda text: Markup(hashed(text))
    return shells


def _style() -> str:
    text = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", text)).replace(";}", "}").strip()


def _markdown(source: str, language: str) -> str:
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    filled = MarkdownWithMath(renderer=renderer).render(in_language(source, language))
    return HEADING.sub(_with_anchor, filled).strip()


def _with_anchor(heading: re.Match) -> str:
    level, text = heading.groups()
    plain = html.unescape(re.sub(r"<[^>]+>", "", text)).lower()
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain))
    return f'<h{level} id="{slug}">{text}</h{level}>' if slug else heading[0]


def _linked(body: str, present: set[str], language: str, about: Publication) -> str:
    """Point links to the page in the same language; a link to a page not made is plain text."""

    def mended(link: re.Match) -> str:
        before, name, anchor, after, text = link.groups()
        if name not in present:
            return text
        return f'<a{before} href="{about.file(name, language)}{anchor or ""}"{after}>{text}</a>'

    return LINK.sub(mended, body)


def _text(body: str, element: re.Pattern) -> str:
    found = element.search(body)
    words_in = BeautifulSoup(found[0], "html.parser").get_text() if found else ""
    return " ".join(words_in.split())
