"""Notebooks become pages: papermill runs them, our template shows them, gates let them through."""

import calendar
import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nldtib.pages.export import notebooks, themes
from nldtib.pages.export.settings import DEFAULTS, Settings, Site

if TYPE_CHECKING:
    from nldtib.pages.export import page

__all__ = ["DEFAULTS", "Settings", "Site", "pages", "planned", "single"]

Done = Callable[[str, float], None]


def planned(folder: Path, wanted: Sequence[str], languages: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the pages that `pages` makes, in their order.

    Raises
    ------
    ParameterError
        A wanted notebook is not in `folder`, or a name cannot be that of a page.
    """
    names = notebooks.find(folder, wanted)
    return tuple(
        notebooks.page_name(name, language, languages) for language in languages for name in names
    )


def pages(
    site: Site,
    folder: Path,
    run: Mapping[str, object],
    languages: Sequence[str],
    wanted: Sequence[str],
    settings: Settings,
    done: Done,
    files: Sequence[str] = (),
    theme: str = themes.NEUTRAL,
) -> Path:
    """Run notebooks over the edition that stands in `site.folder`, and write its pages there.

    Parameters
    ----------
    site
        The edition under construction, with cells.csv, account.csv, quality.csv and run.json.
        Pages of `site.previous` that are not made anew stay; only their banner, navigation and
        foot are renewed.
    folder
        Where the notebooks are.
    run
        What run.json of the edition says.
    languages
        Languages of the pages; the first has the plain file names.
    wanted
        Names of notebooks, or none for all.
    done
        Called with the name of each page that was run, and the seconds that this took.
    files
        Files beside the pages that stand in `site.folder` already, for readers to take along.
    theme
        The colours of all pages, also of those that are not made anew.

    Returns
    -------
    The path of index.html.

    Raises
    ------
    ParameterError
        A notebook is not there, or does not take the parameters of a report. Nothing was run.
    InputError
        A notebook cannot be read.
    RunError
        A notebook stopped, or a page is not fit to be published.
    """
    read = {name: notebooks.read(path) for name, path in notebooks.find(folder, wanted).items()}
    parameters = {language: _parameters(run, language) for language in languages}
    for name, notebook in read.items():
        for values in parameters.values():
            notebooks.refuse_other_parameters(name, notebook, values)
    # Papermill takes a second to import; a wrong parameter should not wait for it.
    from nldtib.pages.export import page, pool

    jobs = tuple(
        pool.Job(
            notebooks.page_name(name, language, languages), name, read[name], parameters[language]
        )
        for language in languages
        for name in read
    )
    site.executed.mkdir(parents=True, exist_ok=True)
    executed = pool.run(jobs, site, _published(run), settings, done)
    about = page.Publication(run, tuple(languages), (*files, *page.FILES), theme)
    return _written(site, folder, about, executed, settings)


def single(
    name: str,
    bodies: Mapping[str, str],
    run: Mapping[str, object],
    languages: Sequence[str],
    root: Path,
) -> dict[str, str]:
    """Return one page that stands apart from an edition, by file name, in each language.

    Raises
    ------
    RunError
        The page is not fit to be published.
    """
    from nldtib.pages.export import gates, page

    about = page.Publication(run, tuple(languages))
    sheets = [page.Sheet(name, language, bodies[language]) for language in languages]
    whole = {about.file(name, one.language): page.page(one, sheets, about) for one in sheets}
    gates.refuse_unfit(whole, (), root, DEFAULTS.page_bytes)
    return whole


def _written(
    site: Site,
    folder: Path,
    about: "page.Publication",
    executed: Mapping[str, notebooks.NotebookNode],
    settings: Settings,
) -> Path:
    from nldtib.pages.export import gates, page

    languages = about.languages
    sizes = {path.name: path.stat().st_size for path in site.folder.iterdir()}
    sheets = []
    for language in languages:
        own = []
        for name in notebooks.find(folder):
            made = executed.get(notebooks.page_name(name, language, languages))
            before = site.previous / about.file(name, language) if site.previous else None
            if made is not None:
                body = page.body(made, _parameters(about.run, language), language)
                own.append(page.Sheet(name, language, body))
            elif before is not None and before.is_file():
                own.append(page.kept(name, language, before.read_text(encoding="utf-8")))
        sheets += [page.index(own, sizes, language, about), *own]
        sheets.append(page.accessibility(language, about))
    whole = {about.file(one.name, one.language): page.page(one, sheets, about) for one in sheets}
    gates.refuse_unfit(whole, about.files, folder.parent, settings.page_bytes, page.script())
    for name, text in whole.items():
        (site.folder / name).write_bytes(text.encode("utf-8"))
    return site.folder / about.file(page.INDEX, languages[0])


def _parameters(run: Mapping[str, object], language: str) -> dict[str, object]:
    given = {name: run[name] for name in ("survey_round", "edition", "audience")}
    return {**given, "language": language}


def _published(run: Mapping[str, object]) -> int:
    day = datetime.date.fromisoformat(str(run["published_on"]))
    return calendar.timegm(day.timetuple())
