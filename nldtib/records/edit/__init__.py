"""Find what is wrong with answers, tell what matters most, and apply what people decided.

>>> from nldtib.records import edit
>>> findings = edit.confront(records, edit.read_rules(path, codebook))

Nothing here changes an answer by itself: rules and detectors find, `decide` applies decisions of
people, `empty` takes away what contradicts a hard rule and nobody settled.
"""

from nldtib.records.edit.decisions import append, decide, empty, read_decisions, with_one_more
from nldtib.records.edit.detect import DETECTED, as_findings, outliers, unit_errors
from nldtib.records.edit.rules import Rule, confront, guarded, read_rules
from nldtib.records.edit.score import largest, scores

__all__ = [
    "DETECTED",
    "Rule",
    "append",
    "as_findings",
    "confront",
    "decide",
    "empty",
    "guarded",
    "largest",
    "outliers",
    "read_decisions",
    "read_rules",
    "scores",
    "unit_errors",
    "with_one_more",
]
