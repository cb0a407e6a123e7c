"""A figure through the years: what was published, earlier rounds and this one, and the break.

A piece is what one source says. Lines join points of one piece alone, and never cross the break.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from nldtib.pages.cells import Edition
from nldtib.pages.present import figures, numbers, words
from nldtib.pages.present.figures import Figure
from nldtib.pages.present.numbers import Scale
from nldtib.schema import TOTAL

MOST_DECIMALS = 2


@dataclass(frozen=True)
class Point:
    """One year of a piece, with how sure it is and where it comes from."""

    year: int
    figure: Figure
    certainty: str
    source: str


@dataclass(frozen=True)
class Piece:
    """What one source says about a figure; `name` is for readers, `kind` for the drawing."""

    kind: str
    name: str
    invented: bool
    points: tuple[Point, ...]

    @property
    def shown(self) -> tuple[Point, ...]:
        """Return the points that may be printed."""
        return tuple(point for point in self.points if point.figure.shown)


def pieces(edition: Edition, variable: str) -> tuple[Piece, ...]:
    """Return what was published before, then earlier rounds, then this one; empty ones left out.

    Raises
    ------
    ParameterError
        The codebook has no such variable.
    """
    figures.variable(edition, variable)
    found = [
        *(_published(edition, variable, method) for method in ("before_2019", "from_2019")),
        *(_round(edition, earlier, variable) for earlier in edition.earlier),
        _round(edition, edition, variable),
    ]
    return tuple(piece for piece in found if piece.points)


def around_break(edition: Edition) -> tuple[int, int]:
    """Return the last year before and the first year after the break in the published series."""
    years = edition.reference.groupby("method")["reference_year"]
    return int(years.max()["before_2019"]), int(years.min()["from_2019"])


def segments(edition: Edition, piece: Piece) -> list[tuple[Point, ...]]:
    """Return the runs of points that a line may join: nothing hidden, no break in between."""
    before, after = around_break(edition)
    runs: list[list[Point]] = []
    previous: Point | None = None
    for point in piece.points:
        crosses = previous is not None and previous.year <= before and point.year >= after
        if not point.figure.shown:
            previous = None
            continue
        if previous is None or crosses:
            runs.append([])
        runs[-1].append(point)
        previous = point
    return [tuple(run) for run in runs]


def scale(several: Iterable[Piece], unit_of_measure: str) -> Scale:
    """Return the scale of a series: as many decimals as the published figures were printed with."""
    points = [point for piece in several for point in piece.shown]
    values = [point.figure.value for point in points]
    largest = max(map(abs, values), default=0.0)
    chosen = numbers.of_one(largest, unit_of_measure)
    if chosen.unit != "billion":
        return numbers.of_many(values, unit_of_measure)
    printed = [p.figure.value for p in points if not p.figure.has_interval]
    fine = any(round(value / 1e6, 1) != value / 1e6 for value in printed)
    return Scale("billion", 1e6, MOST_DECIMALS if fine else 1)


def printed_before(edition: Edition, variable: str) -> pd.DataFrame:
    """Return published figures of a variable, of each year the newest edition that prints it."""
    table = edition.reference
    chosen = table[(table["variable"] == variable) & (table["code"] == TOTAL)]
    newest = chosen.sort_values(["reference_year", "edition"], kind="stable")
    return newest.drop_duplicates("reference_year", keep="last")


def _published(edition: Edition, variable: str, method: str) -> Piece:
    rows = printed_before(edition, variable)
    points = tuple(
        Point(
            year=int(row["reference_year"]),
            figure=Figure(
                figures.variable(edition, variable),
                int(row["reference_year"]),
                "published",
                float(row["value"]),
            ),
            certainty=words.text(edition.language, f"certainty.{row['certainty']}"),
            source=_source(edition, row),
        )
        for row in rows[rows["method"] == method].to_dict("records")
    )
    editions = sorted(set(rows.loc[rows["method"] == method, "edition"]))
    values = {"edition": ", ".join(map(str, editions))}
    return Piece(method, words.phrase(edition.language, f"series.{method}", values), False, points)


def _source(edition: Edition, row: dict) -> str:
    values = {
        "edition": row["edition"],
        "source": row["source"],
        "page": str(row["page"]).replace(";", ", "),
    }
    key = "series.source_page" if row["page"] else "series.source_published"
    return words.phrase(edition.language, key, values)


def _round(edition: Edition, of: Edition, variable: str) -> Piece:
    language = edition.language
    values = {"round": of.survey_round, "edition": figures.edition_name(of)}
    points = tuple(
        Point(
            year=year,
            figure=(figure := figures.total(of, variable, year)),
            certainty=_graded(edition, figure),
            source=words.phrase(language, "series.source_round", values),
        )
        for year in of.years
        if variable in of.codebook.variables
    )
    name = words.phrase(
        language, "series.round_invented" if of.invented else "series.round", values
    )
    return Piece("this" if of is edition else "earlier", name, of.invented, points)


def _graded(edition: Edition, figure: Figure) -> str:
    if not figure.shown:
        return figures.not_shown(edition, figure)
    values = {"grade": figure.grade, "n": figures.respondents(edition, figure)}
    return words.phrase(edition.language, "certainty.graded", values)
