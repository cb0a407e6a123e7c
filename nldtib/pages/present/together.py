"""Several pieces of one argument, shown as one."""

from IPython.display import HTML

from nldtib.pages.present.markup import Safe, joined


def together(*pieces: HTML) -> HTML:
    """Show what other verbs return, one below the other; a cell shows only its last value."""
    return HTML(joined(Safe(piece.data) for piece in pieces))
