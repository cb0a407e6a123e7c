"""The only room that speaks: protected cells become finished, accessible HTML.

Every verb takes an `Edition` and returns what a notebook shows. Nothing is computed here that
readers could not compute from the cells, and nothing hidden can be: it is not in the cells.
"""

from nldtib.pages.present.charts import bars
from nldtib.pages.present.comparison import comparison
from nldtib.pages.present.continued import continued
from nldtib.pages.present.links import links
from nldtib.pages.present.lookup import facts, topics
from nldtib.pages.present.measures import account, colophon
from nldtib.pages.present.multiples import multiples
from nldtib.pages.present.panels import certainty, key_figures, masthead
from nldtib.pages.present.passports import passport
from nldtib.pages.present.revisions import revision
from nldtib.pages.present.scoring import scored
from nldtib.pages.present.sims import quality
from nldtib.pages.present.tables import table
from nldtib.pages.present.telling import sentences
from nldtib.pages.present.tiles import tiles
from nldtib.pages.present.together import together
from nldtib.pages.present.trends import series

__all__ = [
    "account",
    "bars",
    "certainty",
    "colophon",
    "comparison",
    "continued",
    "facts",
    "key_figures",
    "links",
    "masthead",
    "multiples",
    "passport",
    "quality",
    "revision",
    "scored",
    "sentences",
    "series",
    "table",
    "tiles",
    "together",
    "topics",
]
