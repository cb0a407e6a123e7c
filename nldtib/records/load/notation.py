"""Which number notation an ambiguous amount has: the respondent's own, else that of the column."""

from dataclasses import dataclass

import numpy as np

from nldtib.records.load.amounts import DUTCH, ENGLISH, SHORT_POINT
from nldtib.records.load.grid import Coded, coded

POINT, COMMA = "1.234", "1,234"
SHAPES = (POINT, COMMA, SHORT_POINT)
PROOFS = (DUTCH, ENGLISH, SHORT_POINT)
KNOWN = ("", DUTCH, ENGLISH)


@dataclass(frozen=True)
class Evidence:
    """What the unambiguous amounts of one question prove, in one unit.

    A respondent proves a notation for all amounts of that question. The column (all amounts in one
    response language) decides only where at least the share `dominance` of its proofs agrees.

    Attributes
    ----------
    dominance
        That share.
    languages
        The language in which each respondent answered the form.
    own
        Respondents by PROOFS: whether an amount of the respondent proves it.
    column
        Languages by PROOFS: how many amounts prove it.
    """

    dominance: float
    languages: Coded
    own: np.ndarray
    column: np.ndarray

    def add(self, respondents: np.ndarray, proof: str) -> None:
        """Note what one amount of each of some respondents proves."""
        place = PROOFS.index(proof)
        self.own[respondents, place] = True
        spoken = self.languages.codes[respondents]
        self.column[:, place] += np.bincount(spoken, minlength=len(self.column))

    def decide(self, respondents: np.ndarray, shapes: np.ndarray, percent: bool) -> np.ndarray:
        """Return which of KNOWN each ambiguous amount has; the first where it stays ambiguous.

        Parameters
        ----------
        respondents
            Whose amount each is.
        shapes
            Place in SHAPES of each: POINT (1.234), COMMA (1,234) or SHORT_POINT (1.23, perhaps
            1.230 without its zero).
        percent
            Whether a percentage was asked: thousands of per cents are no answer.
        """
        # Amounts of one shape, language and proofs are decided alike.
        spoken = self.languages.codes[respondents].astype(np.int64)
        proved = self.own[respondents] @ (1 << np.arange(len(PROOFS)))
        cases = (spoken * len(SHAPES) + shapes) * 2 ** len(PROOFS) + proved
        _, first, which = np.unique(cases, return_index=True, return_inverse=True)
        known = [
            KNOWN.index(
                self._decided(
                    SHAPES[shapes[cell]],
                    {PROOFS[place] for place in np.flatnonzero(self.own[respondents[cell]])},
                    spoken[cell],
                    percent,
                )
            )
            for cell in first
        ]
        return np.array(known, dtype=int)[which]

    def _decided(self, shape: str, own: set[str], language: int, percent: bool) -> str:
        proofs = own - {SHORT_POINT}
        decimal_notation = DUTCH if shape == COMMA else ENGLISH
        if len(proofs) == 2:
            return ""
        if proofs:
            (notation,) = proofs
            if percent:
                return notation if notation == decimal_notation else ""
            # A point wrongly read as decimal is off by a factor 1,000, so that is never decided.
            doubtful = shape == POINT and (notation == ENGLISH or SHORT_POINT in own)
            return "" if doubtful else notation
        if shape == POINT and SHORT_POINT in own and not percent:
            return ""
        return self._by_column(shape, language, decimal_notation if percent else "")

    def _by_column(self, shape: str, language: int, decimal_notation: str) -> str:
        dutch, english, short = self.column[language].tolist()
        wanted = decimal_notation or (DUTCH if shape == POINT else ENGLISH)
        agree, against = (dutch, english + short) if wanted == DUTCH else (english, dutch)
        if agree + against == 0:
            # The rule of a Dutch text array: three digits after a point are thousands.
            spoken = self.languages.texts[language] or ""
            dutch_form = not spoken or spoken.startswith("nl")
            return DUTCH if shape == POINT and dutch_form and not decimal_notation else ""
        return wanted if agree >= self.dominance * (agree + against) else ""


def evidence(languages: Coded, dominance: float) -> Evidence:
    """Return evidence of nothing yet, for the respondents of some languages."""
    # An absent language and a blank one are one.
    merged = coded(text or "" for text in languages.texts)
    spoken = Coded(merged.codes[languages.codes], merged.texts)
    own = np.zeros((len(spoken.codes), len(PROOFS)), dtype=bool)
    return Evidence(dominance, spoken, own, np.zeros((len(spoken.texts), len(PROOFS)), dtype=int))


def shape(text: str, proof: str) -> int:
    """Return the place in SHAPES of an ambiguous amount."""
    return SHAPES.index(SHORT_POINT if proof == SHORT_POINT else COMMA if "," in text else POINT)
