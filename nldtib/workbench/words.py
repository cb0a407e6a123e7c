"""Words of the workbench in Dutch and English: each app has a texts.yml in its own folder."""

import functools
import importlib.resources
from collections.abc import Mapping

import yaml


def text(package: str, language: str, key: str) -> str:
    """Return the text of an app under a dotted key, such as `columns.group`.

    Raises
    ------
    KeyError
        The app's texts.yml has no such text in this language.
    """
    entry = texts(package)
    for name in key.split("."):
        entry = entry[name]
    return entry[language]


def phrase(package: str, language: str, key: str, values: Mapping[str, object]) -> str:
    """Return the text under `key` with its `{names}` filled in."""
    filled = {name: str(value) for name, value in values.items()}
    return text(package, language, key).format_map(filled)


def counted(package: str, language: str, key: str, count: int, digits: str) -> str:
    """Return a number of things, such as `1 groep` or `4 groepen`."""
    form = "one" if count == 1 else "more"
    return phrase(package, language, f"{key}.{form}", {"count": digits})


@functools.cache
def texts(package: str) -> Mapping:
    """Return all words of an app, as its texts.yml nests them."""
    source = importlib.resources.files(package) / "texts.yml"
    return yaml.safe_load(source.read_text(encoding="utf-8"))
