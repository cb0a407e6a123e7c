"""Try how a round is weighted: other margins, bounds or strata, and what they do to the totals.

>>> from nldtib.workbench import weighting
>>> weighting.panel()                   # the invented round; weighting.panel("2026") for a real one

Everything here is confidential, and nothing is written: a choice that should last is copied into
`parameters/<round>/round.yml`.
"""

from nldtib.workbench.weighting.app import panel
from nldtib.workbench.weighting.bench import Bench, Trial, Weighted, opened, tried
from nldtib.workbench.weighting.views import result

__all__ = ["Bench", "Trial", "Weighted", "opened", "panel", "result", "tried"]
