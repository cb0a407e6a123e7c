"""A series for readers: chart, words for those who do not see it, notes, and all its numbers."""

from collections.abc import Sequence

from IPython.display import HTML

from nldtib.codebook import Variable
from nldtib.pages.cells import Edition
from nldtib.pages.present import asked, figures, grid, lines, numbers, tables, timelines, words
from nldtib.pages.present.grid import Cell, Row
from nldtib.pages.present.markup import Safe, joined
from nldtib.pages.present.numbers import Scale
from nldtib.pages.present.timelines import Piece, Point


@asked.or_said
def series(edition: Edition, variable: str) -> HTML:
    """Show one figure through the years, with the break visible and all numbers below, folded.

    Raises
    ------
    ParameterError
        The codebook has no such variable.
    """
    several = timelines.pieces(edition, variable)
    about = figures.variable(edition, variable)
    scale = timelines.scale(several, about.unit_of_measure)
    title = _title(edition, variable, several)
    drawn = lines.drawn(
        edition, several, scale, f"series-{variable}", alternative(edition, several)
    )
    shown = [point.figure for piece in several for point in piece.points]
    notes = [*_notes(edition, several), *grid.hidden_signs(edition, shown), grid.source(edition)]
    chart = grid.chart(edition, title, _detail(edition, about, scale), drawn, notes)
    rounding = grid.legend([words.text(edition.language, "series.note_certainty")])
    below = joined([_table(edition, several), rounding])
    return HTML(joined([chart, grid.folded(edition, "series.numbers", below)]))


def alternative(edition: Edition, several: Sequence[Piece]) -> str:
    """Return in words what one sees: every piece from its first to its last year, and the break."""
    about = several[0].points[0].figure.variable
    scale = timelines.scale(several, about.unit_of_measure)
    values = {
        "variable": figures.in_sentence(about.label.in_language(edition.language)),
        "years": _years(edition, several),
        "unit": figures.unit(edition, scale, about.name),
    }
    sentences = [words.phrase(edition.language, "series.alt", values)]
    for piece in several:
        sentences += _alternative_of(edition, piece, scale)
    before, after = timelines.around_break(edition)
    around = {"before": before, "after": after}
    return " ".join([*sentences, words.phrase(edition.language, "series.alt_break", around)])


def _alternative_of(edition: Edition, piece: Piece, scale: Scale) -> list[str]:
    sentences, language = [], edition.language
    if piece.shown:
        first, last = piece.shown[0], piece.shown[-1]
        values = {
            "piece": piece.name,
            "first_year": first.year,
            "first_value": numbers.bare(first.figure.value, scale, language),
            "last_year": last.year,
            "last_value": numbers.bare(last.figure.value, scale, language),
        }
        key = "series.alt_point" if first is last else "series.alt_piece"
        sentences.append(words.phrase(language, key, values))
    hidden = [point.year for point in piece.points if not point.figure.shown]
    if hidden:
        values = {"piece": piece.name, "years": numbers.years(hidden, language)}
        sentences.append(words.phrase(language, "series.alt_hidden", values))
    return [line[0].upper() + line[1:] for line in sentences]


def _title(edition: Edition, variable: str, several: Sequence[Piece]) -> str:
    values = {"variable": figures.label(edition, variable), "years": _years(edition, several)}
    return words.phrase(edition.language, "series.title", values)


def _years(edition: Edition, several: Sequence[Piece]) -> str:
    found = [point.year for piece in several for point in piece.points]
    return numbers.span(min(found), max(found))


def _detail(edition: Edition, about: Variable, scale: Scale) -> str:
    unit = figures.unit(edition, scale, about.name)
    values = {"unit": unit, "level": figures.level(edition)}
    return words.phrase(edition.language, "series.unit", values)


def _notes(edition: Edition, several: Sequence[Piece]) -> list[str]:
    before, after = timelines.around_break(edition)
    language = edition.language
    notes = [words.phrase(language, "series.note_break", {"before": before, "after": after})]
    invented = [one.survey_round for one in (*edition.earlier, edition) if one.invented]
    if invented:
        rounds = {"rounds": numbers.years(invented, language)}
        notes.append(words.phrase(language, "series.note_invented", rounds))
    return notes


def _table(edition: Edition, several: Sequence[Piece]) -> Safe:
    about = several[0].points[0].figure.variable
    scale = timelines.scale(several, about.unit_of_measure)
    points = [(point, piece.kind) for piece in several for point in piece.points]
    rows = []
    for point, kind in sorted(points, key=lambda one: one[0].year):
        # Only figures of this edition are named: a year may be hidden here and printed before.
        key = point.figure.key if kind == "this" else ""
        cells = (
            Cell(tables.printed(edition, point.figure, scale), key),
            Cell(_interval(edition, point, scale), key, "interval"),
            point.source,
            point.certainty,
        )
        rows.append(Row(str(point.year), cells))
    heads = [
        words.text(edition.language, "series.year"),
        words.text(edition.language, "series.value"),
        figures.level(edition),
        words.text(edition.language, "series.source"),
        words.text(edition.language, "series.certainty"),
    ]
    title = _title(edition, about.name, several)
    unit = figures.unit(edition, scale, about.name)
    return grid.grid(edition, title, unit, heads, rows, worded=2)


def _interval(edition: Edition, point: Point, scale: Scale) -> Safe:
    if point.figure.shown and not point.figure.has_interval and not point.figure.key:
        return joined(words.text(edition.language, "series.no_interval"))
    return tables.interval(edition, point.figure, scale)
