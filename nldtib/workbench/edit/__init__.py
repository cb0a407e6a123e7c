"""Edit a round: what matters most first, one organisation's answers beside what is known, decide.

>>> from nldtib.workbench import edit
>>> edit.panel()                        # the invented round; edit.panel("2026") for a real one

Everything here is confidential. A decision is appended to decisions.csv; answers stay as they came.
"""

from nldtib.workbench.edit.app import panel
from nldtib.workbench.edit.desk import Desk, Item, decided, opened, worklist
from nldtib.workbench.edit.views import card

__all__ = ["Desk", "Item", "card", "decided", "opened", "panel", "worklist"]
