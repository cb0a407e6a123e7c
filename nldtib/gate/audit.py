"""Attack the protected tables as a reader would, from the cells alone.

The audit shares no code with what chose the pattern: it places cells by their keys, writes its own
equations, and solves them with another program. An empty table of findings means that no attack
succeeded; whatever the audit cannot decide is a finding.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
from scipy import optimize, sparse

from nldtib import schema
from nldtib.codebook import Dimension, Variable
from nldtib.errors import UnprotectedError

FIGURES = ("value", "low", "high", "cv", "grade")
SIGNS = {"published": "", "suppressed": ".", "unreliable": ".", "not_applicable": ""}
COUNTS = "organisations"
# Solvers and sums round; a doubt may fall short of its level by this share, and no more.
ROUNDING = 1e-5
# Published values may be rounded to whole units of measure.
WHOLE_UNITS = 0.5
# A level is never below this share of the largest contribution.
SMALLEST_LEVEL = 0.001

Place = frozenset[str]


class Rules(Protocol):
    """What the audit needs to know of the confidential rule."""

    fewest_holdings: int
    p_percent: float
    variables: Mapping[str, Variable]
    dimensions: Mapping[str, Dimension]


class Answers(NamedTuple):
    """One variable in one reference year: a value per row, and the number of its holding."""

    observed: np.ndarray
    weighted: np.ndarray
    holding: np.ndarray


class Finding(NamedTuple):
    """One successful attack, or one thing that could not be decided."""

    variable: str
    reference_year: int
    place: str
    attack: str
    reason: str


def tables(published: pd.DataFrame, contributions: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return every way found to learn from the tables what should stay hidden.

    For each hidden sensitive place, two linear programmes give the furthest that it can lie above
    and below its value while all published cells, all sums and zero as a floor hold. That doubt
    must reach the protection level of the place; it must do so for the weighted estimates, and
    again for the sums of the respondents, since published intervals give those away.

    Parameters
    ----------
    published
        The cells as they would be published: `schema.CELLS` and a column per dimension.
    contributions
        One row per respondent and reference year, non-negative; they say what is sensitive.
    rules
        The confidential rule and the codebook.

    Returns
    -------
    One row per finding, sorted: variable, reference_year, place, attack, reason. Attacks:
    published, exact, upper, lower, derived, value, repeated, status, inconsistent, solver.
    No finding quotes a value.

    Raises
    ------
    UnprotectedError
        The tables or contributions cannot be audited at all.
    SchemaError
        A column is missing.

    Source
    ------
    Handbook on Statistical Disclosure Control, 2nd ed., chapter 4 (rules, levels, interval
    attack on linked tables).
    """
    schema.check(published, schema.CELLS, "audit")
    schema.check(contributions, schema.CONTRIBUTIONS, "audit")
    if not (rules.fewest_holdings >= 1 and 0 < rules.p_percent < np.inf):
        raise UnprotectedError("The confidential rule protects nothing, so nothing is audited.")
    cells = _placed(published, rules)
    totals = cells[cells["statistic"] == "total"]
    _refuse_unusable(contributions, sorted(set(totals["variable"])))
    findings = [*_appearance(cells), *_repeated(cells), *_derived(cells, contributions, rules)]
    for (variable, year), part in totals.groupby(["variable", "reference_year"]):
        rows = contributions[contributions["reference_year"].astype(int) == year]
        findings += _attacked(variable, int(year), part, rows, rules)
    return pd.DataFrame(sorted(set(findings)), columns=list(Finding._fields))


def _placed(published: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return the cells with the place that their key names, checked against their columns."""
    cells = published.reset_index(drop=True)
    parts = cells["key"].astype(str).str.split(":")
    if not (parts.str.len() == 3).all():
        raise UnprotectedError(
            f"{int((parts.str.len() != 3).sum())} key(s) do not read variable:place:year. "
            "A cell that cannot be placed cannot be audited."
        )
    unknown = sorted(set(cells["variable"]) - set(rules.variables))
    if unknown:
        raise UnprotectedError(
            f"{len(unknown)} variable(s) are not in the codebook: {', '.join(unknown)}. "
            "A cell without definition cannot be audited."
        )
    cells["place"] = [
        frozenset() if middle == schema.TOTAL else frozenset(middle.split(","))
        for middle in parts.str[1]
    ]
    breaks = [name for name in rules.dimensions if name in cells]
    columns = [
        frozenset(f"{name}={row[name]}" for name in breaks if str(row[name]) != schema.TOTAL)
        for row in cells[breaks].to_dict("records")
    ]
    agree = (
        (cells["place"] == pd.Series(columns, dtype=object, index=cells.index))
        & (parts.str[0] == cells["variable"])
        & (parts.str[2] == cells["reference_year"].astype(int).astype(str))
    )
    statistic = cells["variable"].map(lambda name: rules.variables[name].statistic)
    unit = cells["variable"].map(lambda name: rules.variables[name].unit_of_measure)
    counts = (unit == COUNTS) & (statistic == "total") & (cells["status"] == "suppressed")
    spot = pd.Series(list(zip(cells["reference_year"], cells["place"], strict=True)), cells.index)
    hidden = spot.isin(set(spot[counts]))
    return cells.assign(agree=agree, statistic=statistic, count_hidden=hidden)


def _refuse_unusable(contributions: pd.DataFrame, variables: list[str]) -> None:
    schema.check(contributions, tuple(variables), "audit")
    for name in ("weight", *variables):
        numbers = pd.to_numeric(contributions[name], errors="coerce")
        wrong = int((~(numbers >= 0) | np.isinf(numbers)).sum())
        if wrong:
            raise UnprotectedError(
                f"{name} has {wrong} contribution(s) that are missing or negative, so the tables "
                "cannot be audited. Edit and impute first."
            )
    homeless = int(contributions["holding"].isna().sum())
    if homeless:
        raise UnprotectedError(
            f"{homeless} contribution(s) have no holding, so holdings cannot be counted."
        )


def _appearance(cells: pd.DataFrame) -> Iterator[Finding]:
    """Check what every single row shows: its status, sign, key, and no figure where hidden."""
    for row in cells.to_dict("records"):
        where = (row["variable"], int(row["reference_year"]), _words(row["place"]))
        if row["status"] not in SIGNS:
            yield Finding(*where, "status", "the status is unknown, so nobody decided")
        elif ("" if pd.isna(row["sign"]) else row["sign"]) != SIGNS[row["status"]]:
            yield Finding(*where, "status", "the sign does not go with the status")
        if row["status"] != "published" and any(
            not (pd.isna(row[name]) or row[name] == "") for name in FIGURES
        ):
            yield Finding(*where, "value", "the cell is not published, yet carries a figure")
        if not pd.isna(row["n"]) and (row["status"] != "published" or row["count_hidden"]):
            yield Finding(*where, "value", "the respondents tell a number that is hidden")
        if not row["agree"]:
            yield Finding(*where, "inconsistent", "key and columns name different cells")


def _repeated(cells: pd.DataFrame) -> Iterator[Finding]:
    for _, same in cells.groupby("key"):
        values = pd.to_numeric(same["value"]).to_numpy(float)
        alike = np.array_equal(values, np.full_like(values, values[0]), equal_nan=True)
        if same["status"].nunique(dropna=False) > 1 or not alike:
            first = same.iloc[0]
            where = (first["variable"], int(first["reference_year"]), _words(first["place"]))
            yield Finding(*where, "repeated", "two tables give this cell differently")


def _derived(cells: pd.DataFrame, contributions: pd.DataFrame, rules: Rules) -> Iterator[Finding]:
    open_cells = {
        (row.variable, int(row.reference_year), row.place)
        for row in cells[cells["status"] == "published"].itertuples()
    }
    first = int(cells["reference_year"].min()) if len(cells) else 0
    derived = cells[(cells["statistic"] != "total") & (cells["status"] == "published")]
    for row in derived.itertuples():
        made_of, year = rules.variables[row.variable], int(row.reference_year)
        needed = {
            "ratio": [
                (made_of.numerator, year, row.place),
                (made_of.denominator, year, row.place),
            ],
            "share": [(made_of.numerator, year, row.place), (made_of.numerator, year, Place())],
            "change": [(made_of.numerator, first, row.place), (made_of.numerator, year, row.place)],
        }[row.statistic]
        where = (row.variable, year, _words(row.place))
        if not all(part in open_cells for part in needed):
            yield Finding(*where, "derived", "a cell that it is made of is not published")
        if row.statistic == "change" and _panel_is_sensitive(needed, contributions, rules):
            yield Finding(*where, "published", "the units that answered for both years are few")


def _panel_is_sensitive(
    needed: list[tuple[str, int, Place]], contributions: pd.DataFrame, rules: Rules
) -> bool:
    years = contributions["reference_year"].astype(int)
    units = [set(contributions["unit"][years == year]) for _, year, _ in needed]
    panel = contributions["unit"].isin(units[0] & units[1])
    for name, year, place in needed:
        rows = contributions[panel & (years == year)]
        masks, _ = _world([place], rows, rules)
        counted = rules.variables[name].unit_of_measure == COUNTS
        if place not in masks or _level(_answers(name, rows), masks[place], counted, rules) > 0:
            return True
    return False


def _attacked(
    variable: str, year: int, part: pd.DataFrame, rows: pd.DataFrame, rules: Rules
) -> Iterator[Finding]:
    masks, equations = _world(part["place"], rows, rules)
    answers = _answers(variable, rows)
    known = part[part["status"] == "published"]
    for place, value in zip(known["place"], known["value"], strict=True):
        expected = answers.weighted[masks[place]].sum() if place in masks else 0.0
        if not abs(float(value) - expected) <= WHOLE_UNITS + 1e-6 * abs(expected):
            reason = "the value does not follow from the contributions"
            yield Finding(variable, year, _words(place), "inconsistent", reason)

    shown = set(known["place"])
    hidden = sorted((place for place in masks if place not in shown), key=_words)
    matrix = _matrix(equations, hidden)
    rooms = [
        np.array([amount[masks[place]].sum() for place in hidden])
        for amount in (answers.observed, answers.weighted)
    ]
    if (rooms[0] <= rooms[1]).all():
        rooms = rooms[:1]
    counted = rules.variables[variable].unit_of_measure == COUNTS
    for place in sorted(masks, key=_words):
        level = _level(answers, masks[place], counted, rules)
        if level == 0:
            continue
        if place in shown:
            reason = "the cell is sensitive in itself, yet published"
            yield Finding(variable, year, _words(place), "published", reason)
            continue
        for room in rooms:
            for attack in _doubt(matrix, room, hidden.index(place), level):
                yield Finding(variable, year, _words(place), *attack)


def _world(
    places: Iterable[Place], rows: pd.DataFrame, rules: Rules
) -> tuple[dict[Place, np.ndarray], list[tuple[Place, tuple[Place, ...]]]]:
    """Return who is where, for every place that is shown or follows by subtraction, and the sums.

    A dimension that overlaps has no sum over its codes; each code and the units outside it
    (written `dimension!=code`) do add up.
    """
    places = list(places)
    shown = {label for place in places for label in place}
    breakdowns = {
        frozenset(chosen)
        for place in places
        for size in range(len(place) + 1)
        for chosen in itertools.combinations(sorted(map(_dimension, place)), size)
    }
    masks = {Place(): np.ones(len(rows), dtype=bool)} if len(rows) else {}
    equations = {}
    for breakdown in sorted(breakdowns, key=lambda names: (len(names), sorted(names))):
        for name in sorted(breakdown):
            rest = breakdown - {name}
            margins = [place for place in masks if set(map(_dimension, place)) == rest]
            splits = _splits(name, shown, rows, rules)
            for margin, (code, split) in itertools.product(margins, splits.items()):
                inside = {margin | {label}: masks[margin] & mask for label, mask in split.items()}
                inside = {place: mask for place, mask in inside.items() if mask.any()}
                masks |= inside
                equations[margin, name, code] = (margin, tuple(inside))
    return masks, list(equations.values())


def _splits(
    name: str, shown: set[str], rows: pd.DataFrame, rules: Rules
) -> dict[str, dict[str, np.ndarray]]:
    if not rules.dimensions[name].overlapping:
        schema.check(rows, (name,), "audit")
        codes = rows[name].fillna("").astype(str)
        return {"": {f"{name}={code}": (codes == code).to_numpy() for code in codes.unique()}}
    splits = {}
    for code in sorted(label.split("=")[1] for label in shown if _dimension(label) == name):
        schema.check(rows, (f"{name}.{code}",), "audit")
        inside = rows[f"{name}.{code}"].astype(float).to_numpy() == 1
        splits[code] = {f"{name}={code}": inside, f"{name}!={code}": ~inside}
    return splits


def _answers(variable: str, rows: pd.DataFrame) -> Answers:
    observed = rows[variable].to_numpy(float)
    holding = rows["holding"].astype("category").cat.codes.to_numpy()
    return Answers(observed, observed * rows["weight"].to_numpy(float), holding)


def _level(answers: Answers, mask: np.ndarray, counted: bool, rules: Rules) -> float:
    """Return the protection level of a place, 0 where it is not sensitive."""
    here = np.sort(np.bincount(answers.holding[mask], answers.observed[mask], minlength=2))
    first, second = here[-1], here[-2]
    share = rules.p_percent / 100
    known = min(answers.observed[mask].sum(), answers.weighted[mask].sum())
    short = share * first - (known - first - second)
    present = int((here > 0).sum())
    if present >= rules.fewest_holdings:
        if counted or short <= 1e-9 * first:
            return 0.0
        return max(short, SMALLEST_LEVEL * first)
    level = max(short, share * first, SMALLEST_LEVEL * first)
    if present == 0:
        everyone = np.bincount(answers.holding, answers.observed)
        level = share * everyone[everyone > 0].min(initial=np.inf)
        level = level if np.isfinite(level) else share
    return max(level, 1.0) if counted else level


def _matrix(
    equations: list[tuple[Place, tuple[Place, ...]]], hidden: list[Place]
) -> sparse.csr_array:
    column = {place: number for number, place in enumerate(hidden)}
    rows = []
    for margin, parts in equations:
        signs = [(margin, -1.0), *((part, 1.0) for part in parts)]
        row = {column[place]: sign for place, sign in signs if place in column}
        if row:
            rows.append(row)
    matrix = sparse.lil_array((len(rows), len(hidden)))
    for number, row in enumerate(rows):
        for place, sign in row.items():
            matrix[number, place] = sign
    return matrix.tocsr()


def _doubt(
    matrix: sparse.csr_array, room: np.ndarray, target: int, level: float
) -> Iterator[tuple[str, str]]:
    fall = min(level, room[target])
    above = _reach(matrix, room, target, level)
    below = _reach(matrix, room, target, -fall) if fall > 0 else 1.0
    if np.isnan(above) or np.isnan(below):
        yield "solver", "the solver gave no answer, so the cell counts as unprotected"
    elif above < ROUNDING and (below < ROUNDING or fall == 0):
        yield "exact", "the hidden value follows exactly from what is published"
    else:
        if above < 1 - ROUNDING:
            yield "upper", "what is published bounds the hidden value too closely from above"
        if below < 1 - ROUNDING:
            yield "lower", "what is published bounds the hidden value too closely from below"


def _reach(matrix: sparse.csr_array, room: np.ndarray, target: int, wanted: float) -> float:
    """Return how much of the wanted movement a place can make, from 0 to 1; NaN when unsolved."""
    if not (np.isfinite(room).all() and np.isfinite(matrix.data).all()):
        return np.nan
    size = abs(wanted)
    bounds = np.column_stack([-room / size, np.full(len(room), np.inf)])
    towards = np.zeros(len(room))
    towards[target] = -np.sign(wanted)
    bounds[target] = (0, 1) if wanted > 0 else (-1, 0)
    answer = optimize.linprog(
        towards, A_eq=matrix, b_eq=np.zeros(matrix.shape[0]), bounds=bounds, method="highs"
    )
    return abs(float(answer.x[target])) if answer.status == 0 else np.nan


def _dimension(label: str) -> str:
    return label.split("=")[0].removesuffix("!")


def _words(place: Place) -> str:
    return ",".join(sorted(place)) or schema.TOTAL
