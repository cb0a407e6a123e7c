"""From cells to pages. The room that knows this order: construction, notebooks, pages, place."""

import contextlib
import dataclasses
import itertools
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from tqdm import tqdm

from nldtib import rounds
from nldtib.codebook import closest
from nldtib.errors import InputError, ParameterError, RunError
from nldtib.gate import audit
from nldtib.pages import annex, cells, compare, export, present
from nldtib.pages.export import Settings, Site, themes
from nldtib.pages.export import construction as building
from nldtib.pages.export.construction import (
    FILES,
    read_run,
    refuse_incomplete,
    refuse_other_audience,
)
from nldtib.rounds import Round

__all__ = ["Settings", "Site", "build", "comparison", "construction", "edition", "printed"]


@contextlib.contextmanager
def construction(this_round: Round, edition: str, audience: str = rounds.PUBLIC) -> Iterator[Site]:
    """Give a fresh folder for an edition, and put it in place once the audit lets it pass.

    Raises
    ------
    UnprotectedError
        The cells are not those that were certified, or a file shows another figure or names
        anyone who answered. The edition is as it was.
    NldtibError
        As in `pages.export.construction`.
    """
    with building.construction(this_round, edition, audience) as site:
        yield site
        if audience == rounds.PUBLIC:
            _refuse_unfit(this_round, site.folder, site.outputs)


def _refuse_unfit(this_round: Round, folder: Path, outputs: Path) -> None:
    withheld = this_round.folder / "prepared" / "withheld.csv"
    earlier = [path.parent for path in sorted(outputs.glob("*/*/cells.csv"))]
    earlier = [one for one in earlier if one != folder]
    audit.refuse_unfit(folder, earlier, this_round.codebook, withheld, _own_words(this_round.root))


def edition(
    this_round: Round,
    edition: str,
    audience: str = rounds.PUBLIC,
    notebooks: Sequence[str] = (),
    progress: TextIO | None = None,
    settings: Settings = export.DEFAULTS,
) -> Path:
    """Make the pages of an edition from the cells that already stand in it.

    Parameters
    ----------
    this_round
        The round; the notebooks stand in `notebooks/` of its project.
    edition, audience
        Which edition.
    notebooks
        Names of the pages to be made anew, or none for all. The other pages stay.
    progress
        Where one line per step goes; standard error when not given.
    settings
        How patiently notebooks are run, and how large a page may be.

    Returns
    -------
    The path of index.html.

    Raises
    ------
    RunError
        Another run is busy, a notebook stopped, the disk is full, or a page is not fit to be
        published. The edition is as it was.
    ParameterError, InputError
        The edition, a notebook or a parameter is not what it should be. Nothing was run.
    """
    with construction(this_round, edition, audience) as site:
        current = rounds.place_of_edition(this_round, edition, audience)
        refuse_incomplete(current)
        refuse_other_audience(current, audience)
        if audience == rounds.PUBLIC:
            audit.certificate.check(current)
        if read_run(current)["invented"] != this_round.invented:
            raise RunError(
                f"Edition {edition} was not made from this round: one of the two is invented. "
                "Make the edition anew, or name the other round."
            )
        for name in FILES:
            shutil.copyfile(current / name, site.folder / name)
        site = dataclasses.replace(site, previous=current if notebooks else None)
        index = build(site, this_round, notebooks, progress, settings)
    return current / index.name


def build(
    site: Site,
    this_round: Round,
    notebooks: Sequence[str] = (),
    progress: TextIO | None = None,
    settings: Settings = export.DEFAULTS,
) -> Path:
    """Make the pages of an edition under construction, in which its cells stand already.

    Returns
    -------
    The path of index.html in the folder under construction.

    Raises
    ------
    RunError, ParameterError, InputError
        As in `edition`.
    """
    stream = sys.stderr if progress is None else progress
    folder, languages = this_round.root / "notebooks", _languages(this_round)
    run, theme = read_run(site.folder), this_round.parameters.theme
    themes.refuse_unknown(theme)
    annex.write(site.folder, site.workspace, languages)
    names = export.planned(folder, notebooks, languages)
    with _counted(len(names), stream) as done:
        files = annex.names(languages)
        return export.pages(site, folder, run, languages, notebooks, settings, done, files, theme)


def printed(this_round: Round, edition: str, language: str = "") -> Path:
    """Print the pages of a public edition as one tagged PDF, which then stands beside them.

    Parameters
    ----------
    language
        One of the languages of the round; the first when not given.

    Returns
    -------
    The path of the PDF. The next run of the edition makes it anew only when asked.

    Raises
    ------
    InputError, ParameterError
        There is no such edition, or it has no such pages.
    UnprotectedError
        Its cells are not those certified, or a page shows what may not leave.
    RunError
        There is no Chromium, or it did not print.
    """
    from nldtib.pages.export import printing

    folder = rounds.edition_folder(this_round.root, this_round.name, edition)
    refuse_incomplete(folder)
    # The glyphs of a PDF cannot be searched, so its pages are, as they stand now.
    _refuse_unfit(this_round, folder, rounds.outputs_folder(this_round.root))
    languages, run = _languages(this_round), read_run(folder)
    chosen = language or languages[0]
    theme = this_round.parameters.theme
    themes.refuse_unknown(theme)
    text = printing.document(folder, run, languages, chosen, theme)
    content = printing.printed(text, str(run["published_on"]))
    name = f"nldtib-{this_round.name}-{edition}"
    place = folder / f"{name if chosen == languages[0] else f'{name}.{chosen}'}.pdf"
    written = place.with_suffix(".part")
    written.write_bytes(content)
    written.replace(place)
    return place


def comparison(root: Path, first: str, second: str) -> Path:
    """Write what changed between two public editions, as pages and as changes.csv.

    Parameters
    ----------
    first, second
        `ROUND/EDITION` under outputs/, or the path of a folder that holds an edition.

    Returns
    -------
    The path of the page in the first language.

    Raises
    ------
    InputError, ParameterError, UnprotectedError
        There is no such edition, it is not public, or the two are not of a kind.
    """
    folders = [_edition_at(root, one) for one in (first, second)]
    told, languages = {}, rounds.LANGUAGES
    for language in languages:
        old, new = (cells.at(folder, root, language) for folder in folders)
        found = compare.editions(old, new)
        told[language] = present.comparison(old, new, found)
    name = "-".join([*folders[0].parts[-2:], *folders[1].parts[-2:]])
    place = rounds.outputs_folder(root) / "compared" / name
    pages = export.single("changes", told, new.run, languages, root)
    place.mkdir(parents=True, exist_ok=True)
    for page, text in pages.items():
        (place / page).write_bytes(text.encode("utf-8"))
    found.to_csv(place / "changes.csv", index=False, lineterminator="\n", float_format="%.10g")
    return place / next(iter(pages))


def _edition_at(root: Path, named: str) -> Path:
    path = Path(named)
    place = path if path.is_dir() else rounds.outputs_folder(root) / named
    if not (place / "run.json").is_file():
        raise InputError(
            f"There is no edition {named}. Name one as ROUND/EDITION, as in 2026/first, or by path."
        )
    return place.resolve()


@contextlib.contextmanager
def _counted(total: int, stream: TextIO) -> Iterator[Callable[[str, float], None]]:
    """Show a bar on a terminal and plain lines in a log."""
    start, numbers = time.monotonic(), itertools.count(1)
    bar = tqdm(total=total, file=stream, unit="page", leave=False, disable=not stream.isatty())

    def done(name: str, seconds: float) -> None:
        bar.update()
        bar.write(f"{next(numbers)}/{total} {name} ... {seconds:.1f} s", file=stream)

    with bar:
        yield done
    took = time.monotonic() - start
    print(f"{total} pages made and checked ... {took:.1f} s", file=stream, flush=True)


def _own_words(root: Path) -> str:
    """Return all texts that are public before anyone answered: ours, and what was published."""
    package = Path(__file__).parent
    kinds = [(package / "pages", "*.yml"), (package / "pages", "*.j2"), (package / "pages", "*.py")]
    kinds += [(root / "notebooks", "*.ipynb"), (root / "data" / "reference", "*.csv")]
    kinds += [(folder, "*") for folder in sorted((root / "parameters").glob("*/"))]
    found = [path for folder, kind in kinds for path in sorted(folder.rglob(kind))]
    return "\n".join(path.read_text(encoding="utf-8") for path in found if path.is_file())


def _languages(this_round: Round) -> tuple[str, ...]:
    languages = this_round.parameters.languages
    unknown = [one for one in languages if one not in rounds.LANGUAGES]
    if unknown or not languages or len(set(languages)) < len(languages):
        named = (
            f" There is no {unknown[0]}.{closest(unknown[0], rounds.LANGUAGES)}" if unknown else ""
        )
        raise ParameterError(
            f"languages in round.yml names one or more of {', '.join(rounds.LANGUAGES)}, each "
            f"once.{named} Nothing was run."
        )
    return tuple(languages)
