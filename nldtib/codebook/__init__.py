"""The questionnaire, the variables it feeds, and the words in which readers meet them.

One file holds them: `parameters/<round>/codebook.yml`. The same reader takes the JSON codebook of
a survey that was not made here; such a file has questions only.

Files have one direction: shapes, then reading, limits and listing.
"""

from nldtib.codebook.limits import broken_limits
from nldtib.codebook.listing import listing, minutes, minutes_together
from nldtib.codebook.reading import read
from nldtib.codebook.shapes import (
    Codebook,
    Dimension,
    Group,
    Item,
    Label,
    Question,
    Variable,
    closest,
)

__all__ = [
    "Codebook",
    "Dimension",
    "Group",
    "Item",
    "Label",
    "Question",
    "Variable",
    "broken_limits",
    "closest",
    "listing",
    "minutes",
    "minutes_together",
    "read",
]
