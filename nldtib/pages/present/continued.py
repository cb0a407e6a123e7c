"""Groups of an earlier round carried on in this one, where the concordance allows; else a break."""

import dataclasses
from collections.abc import Sequence

from IPython.display import HTML

from nldtib import concordance
from nldtib.pages.cells import Edition
from nldtib.pages.present import asked, figures, grid, tables, words
from nldtib.pages.present.figures import Figure
from nldtib.pages.present.grid import Cell, Row
from nldtib.pages.present.markup import Safe, element, joined

BREAK = "b"


@asked.or_said
def continued(edition: Edition, variable: str, old_table: str, new_table: str) -> HTML:
    """Show a variable by the groups of the round before, and by what these became in this round.

    A group goes on where both rounds have the same list, or where the concordance says that two
    codes stand for each other and nothing else. Otherwise the series is broken: the row has a sign
    and the reason.

    Parameters
    ----------
    old_table, new_table
        Tables of one dimension; the same one for a list that did not change.

    Raises
    ------
    ParameterError
        The plan has no such table, the table no such variable, or not one dimension.
    InputError
        The edition holds no figures of this table.
    """
    old = next((one for one in reversed(edition.earlier) if old_table in one.tables), None)
    if old is None:
        none = element("p", words.text(edition.language, "revision.none"))
        return HTML(element("div", none, {"class": "note"}))
    old = dataclasses.replace(old, language=edition.language)
    lists = (figures.only_dimension(old, old_table), figures.only_dimension(edition, new_table))
    before = figures.of_table(old, old_table, variable)
    now = figures.of_table(edition, new_table, variable)
    about = figures.variable(edition, variable)
    pairs, seen = [], []
    for code, label in figures.codes(old, lists[0]):
        first = figures.at(before, (code,), old.years[-1])
        heir = _heirs(edition, *lists)[code] if lists[0] != lists[1] else code
        last = figures.at(now, (heir,), edition.years[-1]) if heir else None
        pairs.append((code, label, first, heir, last))
        seen += [first, *([last] if last is not None else [])]
    scale = figures.scale(seen, about.unit_of_measure)
    rows = [
        Row(
            label,
            (
                tables.printed(old, first, scale),
                tables.interval(old, first, scale),
                *_now(edition, last, scale),
                *([] if lists[0] == lists[1] else [_becomes(edition, lists, code, heir)]),
            ),
        )
        for code, label, first, heir, last in pairs
    ]
    return HTML(_table(edition, old, lists, variable, scale, rows, seen))


def _heirs(edition: Edition, old: str, new: str) -> dict[str, str]:
    known = concordance.continued(edition.concordance, old, new)
    return {item.code: known.get(item.code, "") for item in edition.codebook.dimensions[old].codes}


def _becomes(edition: Edition, lists: Sequence[str], code: str, heir: str) -> str:
    """Return what a group is called now; or why it does not go on, and where its parts are."""
    names = dict(figures.codes(edition, lists[1]))
    if heir:
        return names[heir]
    table = edition.concordance
    rows = table[
        (table["from_list"] == lists[0])
        & (table["to_list"] == lists[1])
        & (table["from_code"] == code)
    ]
    relation = "none" if rows.empty else str(rows["relation"].iloc[0])
    into = ", ".join(names[one] for one in rows["to_code"] if one)
    return words.phrase(edition.language, f"continued.{relation}", {"into": into})


def _now(edition: Edition, last: Figure | None, scale: figures.Scale) -> tuple[Cell | str, ...]:
    if last is None:
        said = element("span", f" {words.text(edition.language, 'series.break')}", {"class": "sr"})
        return (joined([BREAK, said]),) * 2
    shown = tables.interval(edition, last, scale)
    return tables.value(edition, last, scale), Cell(shown, last.key, "interval")


def _table(
    edition: Edition,
    old: Edition,
    lists: Sequence[str],
    variable: str,
    scale: figures.Scale,
    rows: Sequence[Row],
    seen: Sequence[Figure],
) -> Safe:
    language = edition.language
    named = [edition.codebook.dimensions[one].label.in_language(language) for one in lists]
    values = {"variable": figures.label(edition, variable), "old": figures.in_sentence(named[0])}
    values |= {"new": figures.in_sentence(named[1])}
    same = lists[0] == lists[1]
    title = words.phrase(language, "continued.same" if same else "continued.other", values)
    detail = " · ".join([figures.unit(edition, scale, variable), _rounds(old, edition)])
    heads = [named[0]]
    for one in (old, edition):
        round_and_year = {"round": one.survey_round, "year": one.years[-1]}
        heads.append(words.phrase(language, "continued.head", round_and_year))
        heads.append(figures.level(one))
    heads += [] if same else [words.text(language, "continued.becomes")]
    notes = [] if same else [words.phrase(language, "continued.legend", {"sign": BREAK})]
    notes += grid.hidden_signs(edition, seen)
    if any(edition.codebook.dimensions[one].overlapping for one in lists):
        notes.append(words.text(language, "legend.overlapping"))
    table = grid.grid(edition, title, detail, heads, rows, worded=0 if same else 1)
    return joined([table, grid.legend([*notes, grid.source(old), grid.source(edition)])])


def _rounds(old: Edition, new: Edition) -> str:
    values = {"old": old.survey_round, "new": new.survey_round}
    return words.phrase(new.language, "continued.rounds", values)
