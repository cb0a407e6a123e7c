"""The words of the report, in Dutch and English. They are data.

texts.yml holds them; what only one page says has a file of its own, whose name is its key here.
"""

import functools
import importlib.resources
from collections.abc import Mapping
from importlib.resources.abc import Traversable

import yaml

from nldtib.codebook.reading import Loader
from nldtib.errors import ParameterError

PAGES = ("quality", "annex")


def text(language: str, key: str) -> str:
    """Return the text under a dotted key, such as `signs.not_shown`.

    Raises
    ------
    ParameterError
        texts.yml has no such text in this language.
    """
    entry = entries(key)
    if language not in entry:
        raise ParameterError(f"texts.yml has no text {key} in {language}. Add it there.")
    return str(entry[language])


def phrase(language: str, key: str, values: Mapping[str, object]) -> str:
    """Return the text under `key` with its `{names}` filled in."""
    return text(language, key).format_map({name: str(value) for name, value in values.items()})


def text_or(language: str, key: str, otherwise: str) -> str:
    """Return the text under `key`, or `otherwise` where texts.yml does not know it."""
    section, _, name = key.rpartition(".")
    return text(language, key) if name in entries(section) else otherwise


def entries(key: str) -> Mapping:
    """Return everything under a dotted key.

    Raises
    ------
    ParameterError
        texts.yml has nothing under that key.
    """
    entry = _texts()
    for name in key.split("."):
        if not isinstance(entry, Mapping) or name not in entry:
            raise ParameterError(f"texts.yml has nothing under {key}. Add it there.")
        entry = entry[name]
    return entry


@functools.cache
def _texts() -> Mapping:
    home = importlib.resources.files(__package__)
    own = {name: _read(home / f"{name}.yml") for name in PAGES}
    return {**_read(home / "texts.yml"), **own}


def _read(source: Traversable) -> Mapping:
    return yaml.load(source.read_text(encoding="utf-8"), Loader)  # noqa: S506
