"""A page of an earlier round says what that round did not ask, and goes on."""

import functools
from collections.abc import Callable

from IPython.display import HTML

from nldtib.pages.cells import Edition
from nldtib.pages.present import words
from nldtib.pages.present.figures import NotAskedError
from nldtib.pages.present.markup import element

Verb = Callable[..., HTML]


def or_said(verb: Verb) -> Verb:
    """Return a verb that shows a note in place of what the round did not ask."""

    @functools.wraps(verb)
    def shown(edition: Edition, *what: object) -> HTML:
        try:
            return verb(edition, *what)
        except NotAskedError:
            return HTML(element("div", element("p", note(edition)), {"class": "note"}))

    return shown


def note(edition: Edition) -> str:
    """Return the words that stand in the place of what was not asked."""
    return words.phrase(edition.language, "not_asked", {"round": edition.survey_round})
