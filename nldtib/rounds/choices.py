"""What may be chosen in `parameters/<round>/round.yml`: one frozen shape per section."""

import datetime
from dataclasses import dataclass


@dataclass(frozen=True)
class Strata:
    """Which units stand for themselves; the others fall in register size classes."""

    take_all_employees: float
    take_all_list: str
    take_all_types: list[str]
    fewest_respondents: int


@dataclass(frozen=True)
class Calibration:
    """What the frame knows that the weights must meet, and how far a weight may move."""

    counts: list[str]
    amounts: list[str]
    distance: str
    bounds: list[float]


@dataclass(frozen=True)
class Interval:
    """Confidence level and the most degrees of freedom that skewed totals are granted.

    fewest_for_interval
        An amount that fewer answers make up is published without interval and cv, which would
        tell how far these answers lie apart.
    """

    level: float
    most_degrees_of_freedom: float
    fewest_for_interval: int


@dataclass(frozen=True)
class Concentration:
    """How the share of the largest is shown.

    band
        Width in percentage points.
    fewest_holdings
        The largest must be so many holdings.
    """

    band: float
    fewest_holdings: int


@dataclass(frozen=True)
class Proof:
    """How much may be solved to prove that hidden cells stay in doubt; counted, never timed.

    cells_at_once
        Up to so many cells that hang together move in one linear programme; of more, only cells
        near each sensitive one.
    codes_near
        Codes of each dimension that are near one, besides its own; then twice as many.
    programmes
        So many programmes at most for each set of cells that is larger; what is not proven then
        is not published.
    """

    cells_at_once: int
    codes_near: int
    programmes: int


@dataclass(frozen=True)
class Grades:
    """Limits of the grades A to E, by coefficient of variation, imputed share and respondents.

    fragile
        A figure is marked when one weighted answer carries more than this share of it.
    """

    cv: dict[str, float]
    imputed: dict[str, float]
    respondents: dict[str, float]
    fragile: float


@dataclass(frozen=True)
class Diagnosis:
    """What the response is judged by.

    covariates
        Columns of the register, or size_class, that may explain who answers.
    group
        One of these, by which a rival treatment post-stratifies.
    rival_totals
        Variables whose total is also estimated under rival treatments of nonresponse.
    """

    covariates: list[str]
    group: str
    rival_totals: list[str]


@dataclass(frozen=True)
class Economy:
    """What turns measured figures into modelled ones.

    indirect_fte_per_fte
        Jobs at suppliers and elsewhere for each job measured.
    """

    indirect_fte_per_fte: float


@dataclass(frozen=True)
class FrameCoverage:
    """How organisations on no list are estimated.

    replicates
        Of the bootstrap.
    plausible_aic
        A model whose AIC is at most so much above the best competes in every replicate.
    most_lists
        With more lists there are too many models to compare, and nothing is estimated.
    """

    replicates: int
    plausible_aic: float
    most_lists: int


@dataclass(frozen=True)
class Imputation:
    """The chain of imputation methods and the variable to which each ratio is taken.

    methods_of
        The chain of a single variable, where it is another.
    """

    methods: list[str]
    ratio_to: dict[str, str]
    percent_of: str
    at_most: dict[str, str]
    fewest_donors: int
    methods_of: dict[str, list[str]]


@dataclass(frozen=True)
class Clean:
    """How answers are tied to the frame, and what makes an answer usable."""

    identifier: str
    least_answered: list[str]


@dataclass(frozen=True)
class Match:
    """When two names are proposed as one organisation, and which words tell nothing.

    alike, somewhat_alike
        Likeness of names (0 to 100) that is enough by itself, or with another thing that agrees.
    most
        Candidates that are shown of one response or unit.
    """

    name_answer: str
    alike: float
    somewhat_alike: float
    most: int
    words_ignored: list[str]
    abbreviations: dict[str, str]


@dataclass(frozen=True)
class UnitError:
    """When an amount is suspected of another unit of measure; `beside` is what it is held against.

    tolerance
        An answer within this factor of what is usual, or of a thousand times that, counts as such.
    """

    factors: list[float]
    beside: dict[str, list[str]]
    tolerance: float
    fewest_agreeing: int


@dataclass(frozen=True)
class Outliers:
    """Parameters of Hidiroglou and Berthelot, for changes between years of these variables."""

    variables: list[str]
    U: float
    A: float
    C: float
    fewest: int


@dataclass(frozen=True)
class Scores:
    """Variables that are scored, with what a ratio is taken to, and how many scores are shown."""

    ratio_to: dict[str, list[str]]
    shown: int


@dataclass(frozen=True)
class Edit:
    """How answers that may be wrong are looked for, besides the edit rules."""

    unit_error: UnitError
    outliers: Outliers
    scores: Scores


@dataclass(frozen=True)
class Disclosure:
    """The confidential rule for cells; it stands beside the records and is never published."""

    fewest_holdings: int
    p_percent: float
    dominant_holdings: int = 0
    k_percent: float = 100.0


@dataclass(frozen=True)
class Parameters:
    """All choices of a round that do not depend on its answers."""

    survey_round: int
    reference_years: list[int]
    published_on: datetime.date
    seed: int
    languages: list[str]
    theme: str
    earlier_rounds: list[int]
    strata: Strata
    calibration: Calibration
    interval: Interval
    concentration: Concentration
    proof: Proof
    grades: Grades
    diagnosis: Diagnosis
    frame_coverage: FrameCoverage
    economy: Economy
    match: Match
    edit: Edit
    imputation: Imputation
    clean: Clean
