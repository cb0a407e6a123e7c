"""Which organisation is which: identifiers, duplicates on the frame, responses without identifier.

An exact identifier decides. What only looks alike is proposed as a candidate, with what agrees,
and decided by a person (`decisions.csv`); nothing is ever linked on likeness alone.
"""

from nldtib.records.match.candidates import CANDIDATES, duplicates, listed, responses
from nldtib.records.match.decisions import DECIDES, Links, decided, merged, open_candidates, tallied
from nldtib.records.match.identifiers import CHECKS, findings, province_of
from nldtib.records.match.names import normalised
from nldtib.records.match.sources import gathered

__all__ = [
    "CANDIDATES",
    "CHECKS",
    "DECIDES",
    "Links",
    "decided",
    "duplicates",
    "findings",
    "gathered",
    "listed",
    "merged",
    "normalised",
    "open_candidates",
    "province_of",
    "responses",
    "tallied",
]
