"""The words of the explorer, in Dutch and English; texts.yml holds them all."""

import functools
import importlib.resources
from collections.abc import Mapping

import yaml


def text(language: str, key: str) -> str:
    """Return the text under a dotted key, such as `columns.group`.

    Raises
    ------
    KeyError
        texts.yml has no such text in this language.
    """
    entry = _texts()
    for name in key.split("."):
        entry = entry[name]
    return entry[language]


def phrase(language: str, key: str, values: Mapping[str, object]) -> str:
    """Return the text under `key` with its `{names}` filled in."""
    return text(language, key).format_map({name: str(value) for name, value in values.items()})


def counted(language: str, key: str, count: int, digits: str) -> str:
    """Return a number of things, such as `1 groep` or `4 groepen`."""
    return phrase(language, f"{key}.{'one' if count == 1 else 'more'}", {"count": digits})


@functools.cache
def _texts() -> Mapping:
    source = importlib.resources.files(__package__) / "texts.yml"
    return yaml.safe_load(source.read_text(encoding="utf-8"))
