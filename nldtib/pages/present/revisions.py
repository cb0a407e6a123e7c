"""The overlap year: what was said of it before, and what is said now."""

from dataclasses import dataclass

from IPython.display import HTML

from nldtib.pages.cells import Edition
from nldtib.pages.present import asked, changes, figures, grid, numbers, tables, timelines, words
from nldtib.pages.present.changes import Change
from nldtib.pages.present.figures import Figure
from nldtib.pages.present.grid import Row
from nldtib.pages.present.markup import element, joined


@dataclass(frozen=True)
class Before:
    """What figures are compared with: an earlier edition, or figures as printed."""

    name: str
    figures: dict[tuple[str, int], Figure]
    note: str


@asked.or_said
def revision(edition: Edition, *variables: str) -> HTML:
    """Show figures of the years that an earlier round asked as well: old, new and difference.

    Without an earlier edition of this workbench, a real round is compared with the figures as
    they were printed; an invented one with nothing.

    Raises
    ------
    ParameterError
        The codebook has no such variable.
    """
    for name in variables:
        figures.variable(edition, name)
    before = _before(edition, variables)
    if not before.figures:
        none = element("p", words.text(edition.language, "revision.none"))
        return HTML(element("div", none, {"class": "note"}))
    rows = [
        _row(edition, before.figures[name, year], figures.total(edition, name, year))
        for name in variables
        for year in edition.years
        if (name, year) in before.figures
    ]
    years = sorted({year for _, year in before.figures})
    values = {"years": figures.year_words(edition, years)}
    now = words.phrase(edition.language, "revision.edition", {"round": edition.survey_round})
    heads = [
        words.text(edition.language, "table.variable"),
        words.text(edition.language, "revision.year"),
        words.phrase(edition.language, "revision.old", {"name": before.name}),
        words.phrase(edition.language, "revision.new", {"name": now}),
        words.text(edition.language, "revision.difference"),
        words.text(edition.language, "revision.relative"),
    ]
    caption = words.phrase(edition.language, "revision.caption", values)
    both = words.phrase(edition.language, "revision.detail", {"old": before.name, "new": now})
    seen = [*before.figures.values(), *(figures.total(edition, *key) for key in before.figures)]
    notes = [words.text(edition.language, "revision.note"), before.note]
    note = " ".join(filter(None, notes))
    legend = grid.legend([note, *grid.hidden_signs(edition, seen), grid.source(edition)])
    return HTML(joined([grid.grid(edition, caption, both, heads, rows), legend]))


def _before(edition: Edition, variables: tuple[str, ...]) -> Before:
    shared = [one for one in edition.earlier if set(one.years) & set(edition.years)]
    if shared:
        old = shared[-1]
        found = {
            (name, year): figures.total(old, name, year)
            for name in variables
            for year in old.years
            if year in edition.years and name in old.codebook.variables
        }
        values = {"round": old.survey_round}
        return Before(words.phrase(edition.language, "revision.edition", values), found, "")
    if edition.invented:
        return Before("", {}, "")
    found, editions = {}, set()
    for name in variables:
        about = figures.variable(edition, name)
        for row in timelines.printed_before(edition, name).to_dict("records"):
            year = int(row["reference_year"])
            if year in edition.years:
                found[name, year] = Figure(about, year, "published", float(row["value"]))
                editions.add(str(row["edition"]))
    values = {"edition": ", ".join(sorted(editions))}
    return Before(
        words.phrase(edition.language, "revision.printed", values),
        found,
        words.text(edition.language, "revision.note_printed"),
    )


def _row(edition: Edition, old: Figure, new: Figure) -> Row:
    about = new.variable
    scale = figures.scale([old, new], about.unit_of_measure)
    head = figures.with_unit(edition, about.name, scale)
    change = changes.between(old, new)
    return Row(
        head,
        (
            joined(str(new.year)),
            tables.printed(edition, old, scale),
            tables.value(edition, new, scale),
            _difference(edition, change, scale),
            _relative(edition, change),
        ),
    )


def _difference(edition: Edition, change: Change, scale: numbers.Scale) -> str:
    if not change.shown:
        hidden = change.first if not change.first.shown else change.last
        return grid.sign(edition, hidden)
    if change.unit == "points":
        return numbers.signed(change.last.value - change.first.value, "points", edition.language)
    size = change.last.value - change.first.value
    digits = numbers.bare(size, scale, edition.language)
    rounded = numbers.rounded(size / scale.divisor, scale.decimals)
    return f"+{digits}" if rounded > 0 else digits


def _relative(edition: Edition, change: Change) -> str:
    if not change.shown:
        hidden = change.first if not change.first.shown else change.last
        return grid.sign(edition, hidden)
    if change.unit == "points":
        # A percentage of a percentage is read wrongly; its difference is in points.
        return words.text(edition.language, "signs.not_applicable")
    if change.size is None:
        return words.text(edition.language, "signs.no_change")
    return numbers.signed(change.size, "percent", edition.language)
