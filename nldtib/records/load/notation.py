"""Which number notation an ambiguous amount has: the respondent's own, else that of the column."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from nldtib.records.load.amounts import DUTCH, ENGLISH, SHORT_POINT

POINT, COMMA = "1.234", "1,234"


@dataclass(frozen=True)
class Evidence:
    """What the unambiguous amounts of one question prove, in one unit.

    A respondent proves a notation for all amounts of that question. The column (all amounts in one
    response language) decides only where at least the share `dominance` of its proofs agrees.
    """

    dominance: float
    own: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    column: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, respondent: int, language: str, proof: str) -> None:
        """Note what one amount of a respondent proves."""
        self.own[respondent].add(proof)
        self.column[language, proof] += 1

    def decide(self, shape: str, respondent: int, language: str, percent: bool) -> str:
        """Return DUTCH or ENGLISH for an ambiguous amount, or nothing where it stays ambiguous.

        Parameters
        ----------
        shape
            POINT (1.234), COMMA (1,234) or SHORT_POINT (1.23, perhaps 1.230 without its zero).
        respondent, language
            Whose amount it is, and the language in which the form was answered.
        percent
            Whether a percentage was asked: thousands of per cents are no answer.
        """
        own = self.own.get(respondent, set())
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

    def _by_column(self, shape: str, language: str, decimal_notation: str) -> str:
        dutch, english, short = (
            self.column[language, proof] for proof in (DUTCH, ENGLISH, SHORT_POINT)
        )
        wanted = decimal_notation or (DUTCH if shape == POINT else ENGLISH)
        agree, against = (dutch, english + short) if wanted == DUTCH else (english, dutch)
        if agree + against == 0:
            # The rule of a Dutch text array: three digits after a point are thousands.
            dutch_form = not language or language.startswith("nl")
            return DUTCH if shape == POINT and dutch_form and not decimal_notation else ""
        return wanted if agree >= self.dominance * (agree + against) else ""


def shape(text: str, evidence: str) -> str:
    """Return the shape of an ambiguous amount."""
    return SHORT_POINT if evidence == SHORT_POINT else COMMA if "," in text else POINT
