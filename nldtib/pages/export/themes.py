"""The colours of an edition: neutral, or those of the ministry when a round asks for them."""

import functools
import re
from collections.abc import Mapping
from importlib import resources

import yaml

from nldtib.codebook import closest
from nldtib.errors import ParameterError

NEUTRAL = "neutral"
COLOUR = re.compile(r"#[0-9a-f]{6}\b")


@functools.cache
def palette() -> Mapping[str, Mapping[str, str]]:
    """Return the colour of every part by theme."""
    text = resources.files(__package__).joinpath("themes.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def refuse_unknown(theme: str) -> None:
    """Refuse a theme of which there are no colours.

    Raises
    ------
    ParameterError
        Names the themes that there are.
    """
    known = list(next(iter(palette().values())))
    if theme not in known:
        raise ParameterError(
            f"There is no theme {theme}.{closest(theme, known)} theme in round.yml is one of "
            f"{', '.join(known)}. Nothing was run."
        )


def themed(page: str, theme: str) -> str:
    """Return a page in the colours of a theme, in whichever theme it was made before."""
    turned = {
        colour: colours[theme] for colours in palette().values() for colour in colours.values()
    }
    return COLOUR.sub(lambda found: turned.get(found[0], found[0]), page)
