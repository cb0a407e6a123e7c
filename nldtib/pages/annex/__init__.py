"""Files beside the pages: the same figures for spreadsheets, programs and reference lists."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nldtib.pages import cells
from nldtib.pages.annex import citation, rows, tabular, workbook

__all__ = ["names", "write"]


def names(languages: Sequence[str]) -> tuple[str, ...]:
    """Return the files that `write` makes, in the order in which readers meet them."""
    books = [f"{_book(language, languages)}" for language in languages]
    return (*books, *tabular.FILES, citation.FILE)


def write(folder: Path, root: Path, languages: Sequence[str]) -> None:
    """Write all files of the edition that stands in `folder`; same figures, same bytes.

    Parameters
    ----------
    root
        The project to which the edition belongs.
    languages
        One workbook for each; the first has the plain name.

    Raises
    ------
    InputError, SchemaError, UnprotectedError
        The edition is incomplete, or not what an edition may be.
    """
    spoken = {language: cells.at(folder, root, language) for language in ("nl", "en")}
    told = rows.figures(spoken)
    made: Mapping[str, bytes] = {
        **tabular.files(spoken, told),
        citation.FILE: citation.text(spoken["en"]),
        **{
            _book(language, languages): workbook.book(spoken[language], told)
            for language in languages
        },
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)


def _book(language: str, languages: Sequence[str]) -> str:
    return "annex.xlsx" if language == languages[0] else f"annex.{language}.xlsx"
