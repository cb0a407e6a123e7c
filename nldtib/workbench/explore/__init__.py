"""Look at a round before it is protected: choose a figure, and see how sure it is.

>>> from nldtib.workbench import explore
>>> explore.panel()                     # the invented round; explore.panel("2026") for a real one

Everything here is confidential: nothing has been through disclosure control.
"""

from nldtib.workbench.explore.app import panel
from nldtib.workbench.explore.charting import chart, picture
from nldtib.workbench.explore.figures import (
    Choice,
    breakdowns,
    offer,
    statistics,
    table,
    variables,
    years,
)
from nldtib.workbench.explore.views import View

__all__ = [
    "Choice",
    "View",
    "breakdowns",
    "chart",
    "offer",
    "panel",
    "picture",
    "statistics",
    "table",
    "variables",
    "years",
]
