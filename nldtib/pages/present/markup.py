"""HTML by construction: whatever is not HTML yet is escaped on its way in."""

import html
from collections.abc import Iterable, Mapping


class Safe(str):
    """Text that is HTML already."""


def element(
    name: str, content: Iterable[str] | str = "", attributes: Mapping[str, str] | None = None
) -> Safe:
    """Return one element; every piece of content that is not `Safe` is escaped."""
    pairs = (attributes or {}).items()
    given = "".join(f' {key}="{html.escape(str(value))}"' for key, value in pairs)
    return Safe(f"<{name}{given}>{joined(content)}</{name}>")


def joined(content: Iterable[str] | str) -> Safe:
    """Return pieces of text and HTML as one piece of HTML."""
    pieces = [content] if isinstance(content, str) else content
    return Safe(
        "".join(piece if isinstance(piece, Safe) else html.escape(piece) for piece in pieces)
    )


def filled(template: str, values: Mapping[str, str]) -> Safe:
    """Fill `{name}` in a plain-text template with values, escaping both where needed.

    Raises
    ------
    KeyError
        The template names a value that is not given.
    """
    # Escaping first leaves the braces of the template as they are.
    return Safe(html.escape(template).format_map({key: joined(v) for key, v in values.items()}))
