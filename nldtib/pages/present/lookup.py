"""Every figure with its passport and sentences, to be searched; and what was asked in the House.

The page works without a script: what is folded opens, what is linked leads there. The one script
of the edition only adds a search box; it is named by its hash in the page that uses it.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from IPython.display import HTML

from nldtib import rounds
from nldtib.codebook import Codebook, Dimension, Item, Variable
from nldtib.pages.cells import Edition
from nldtib.pages.present import figures, panels, passports, words
from nldtib.pages.present.figures import Figure
from nldtib.pages.present.markup import Safe, element, joined
from nldtib.schema import TOTAL

# A page stays below its size: of more figures than this, earlier years have no sentences here.
MOST_TOLD = 780
CROSSED = ","  # parts the two codes of a place in a table of two breakdowns


def facts(edition: Edition) -> HTML:
    """Show every figure of the edition: a sentence in each language, folded, by variable.

    Figures of two breakdowns, and of very many figures the earlier years, have their sentences in
    the annex only; the page says so. What is not shown is listed as such below its variable.
    """
    language = edition.language
    search = element(
        "div",
        "",
        {
            "id": "search",
            "data-label": words.text(language, "facts.search"),
            "data-hint": words.text(language, "facts.hint"),
            "data-found": words.text(language, "facts.found"),
        },
    )
    every = _by_variable(edition)
    shown = sum(row["status"] == "published" for rows in every.values() for row in rows)
    told = edition.years if shown <= MOST_TOLD else edition.years[-1:]
    parts = [_variable(edition, name, rows, told) for name, rows in every.items()]
    crossed = any(CROSSED in row["key"] for rows in every.values() for row in rows)
    if crossed or told != edition.years:
        parts.insert(0, element("p", words.text(language, "facts.elsewhere"), {"class": "note"}))
    parts.insert(0, element("p", words.text(language, "legend.grades"), {"class": "legend"}))
    return HTML(joined([search, *parts]))


def topics(edition: Edition) -> HTML:
    """Show what the House of Representatives asked about, with the figures that answer it.

    Where the survey cannot answer, or only in part, the reason is given.
    """
    items = [_topic(edition, row) for row in edition.topics.to_dict("records")]
    return HTML(element("ol", items, {"class": "topics"}))


def _by_variable(edition: Edition) -> dict[str, list[dict]]:
    """Return the rows of cells.csv, each key once, by variable in the order of the codebook."""
    once = edition.cells.drop_duplicates("key")
    once = once.sort_values("reference_year", ascending=False, kind="stable")
    found = {name: rows.to_dict("records") for name, rows in once.groupby("variable", sort=False)}
    return {
        name: found[name]
        for name, about in edition.codebook.variables.items()
        if name in found and not about.is_part
    }


def _variable(edition: Edition, name: str, rows: Sequence[Mapping], told: Sequence[int]) -> Safe:
    about, language = figures.variable(edition, name), edition.language
    order = {place: number for number, place in enumerate(_places(edition, rows))}
    placed = [(row["key"].split(":")[1], figures.of_row(row, about)) for row in rows]
    placed.sort(key=lambda one: (order[one[0]], -one[1].year))
    last = edition.years[-1]
    linked = {f"{key}:{last}" for cell in edition.topics["figures"] for key in cell.split()}
    shown = [
        _figure(edition, figure, place, linked)
        if figure.year in told and CROSSED not in place
        else _line(edition, figure, place)
        for place, figure in placed
        if figure.shown
    ]
    hidden = [(place, one.year) for place, one in placed if one.status in figures.HIDDEN]
    head = element("h3", about.label.in_language(language), {"id": f"facts-{name}"})
    return element("section", [head, _passport(edition, about), *shown, _hidden(edition, hidden)])


def _places(edition: Edition, rows: Sequence[Mapping]) -> list[str]:
    """Return the places among rows: the whole first, then as codes follow in the codebook."""
    dimensions = edition.codebook.dimensions
    names = list(dimensions)

    def rank(place: str) -> tuple:
        if place == TOTAL:
            return ()
        parts = [part.split("=") for part in place.split(",")]
        return (len(parts), *((names.index(d), _number(dimensions[d], c)) for d, c in parts))

    return sorted({row["key"].split(":")[1] for row in rows}, key=rank)


def _number(dimension: Dimension, code: str) -> int:
    return [item.code for item in dimension.codes].index(code)


def _passport(edition: Edition, about: Variable) -> Safe:
    language = edition.language
    rows = [
        ("what", about.definition.in_language(language)),
        ("base", _base(edition, about)),
        ("method", passports.method(edition, about)),
        ("origin", passports.origin(edition)),
    ]
    inner = [
        joined([element("dt", words.text(language, f"passport.{row}")), element("dd", text)])
        for row, text in rows
    ]
    summary = element("summary", words.text(language, "facts.passport"))
    return element("details", [summary, element("dl", inner)], {"class": "passport"})


def _base(edition: Edition, about: Variable) -> str:
    values = {**panels.response(edition), "base": about.base.in_language(edition.language)}
    text = words.phrase(edition.language, "facts.base", values)
    share = panels.imputed(edition, about.numerator or about.name)
    if share:
        text += words.phrase(edition.language, "passport.imputed", {"share": share})
    return text


def _line(edition: Edition, figure: Figure, place: str) -> Safe:
    """Return a figure in one line; its sentences are in the annex."""
    return element("p", _short(edition, figure, place), {"data-key": figure.key})


def _figure(edition: Edition, figure: Figure, place: str, linked: set[str]) -> Safe:
    look = {"data-key": figure.key}
    if figure.key in linked:
        look["id"] = figure.key
    summary = element("summary", _short(edition, figure, place))
    return element("details", [summary, *_sentences(edition, figure, place)], look)


def _short(edition: Edition, figure: Figure, place: str) -> str:
    values = {
        "place": passports.named(edition, place),
        "year": figure.year,
        "value": figures.said(edition, figure),
        "n": figures.respondents(edition, figure),
        "grade": figure.grade,
    }
    return words.phrase(edition.language, "facts.figure", values)


def _sentences(edition: Edition, figure: Figure, place: str) -> Iterable[Safe]:
    for language in sorted(rounds.LANGUAGES, key=lambda one: one != edition.language):
        spoken = dataclasses.replace(edition, language=language)
        other = {} if language == edition.language else {"lang": language}
        yield element("p", passports.sentence(spoken, figure, place), other)


def _hidden(edition: Edition, hidden: Sequence[tuple[str, int]]) -> Safe:
    if not hidden:
        return Safe("")
    years: dict[str, list[int]] = {}
    for place, year in hidden:
        years.setdefault(place, []).append(year)
    listed = [
        words.phrase(
            edition.language,
            "facts.hidden_place",
            {
                "place": passports.named(edition, place),
                "years": figures.year_words(edition, sorted(several)),
            },
        )
        for place, several in years.items()
    ]
    said = words.phrase(edition.language, "facts.hidden", {"places": "; ".join(listed)})
    return element("p", said, {"class": "legend"})


def _topic(edition: Edition, row: Mapping) -> Safe:
    language = edition.language
    parts = [element("p", element("b", row[language]))]
    keys = [key for key in row["figures"].split() if _asked(edition, key)]
    if keys:
        links: list[str] = [words.text(language, "topics.figures")]
        for key in keys:
            links += [_link(edition, key), "; "]
        ending = "" if links[-2].endswith(".</span>") else "."
        parts.append(element("p", [*links[:-1], ending]))
    if row[f"limit_{language}"]:
        head = words.text(language, "topics.limit")
        parts.append(element("p", [head, figures.in_sentence(row[f"limit_{language}"])]))
    asked = words.phrase(language, "topics.source", {"source": row["source"]})
    parts.append(element("p", asked, {"class": "legend long"}))
    return element("li", parts)


def _asked(edition: Edition, key: str) -> bool:
    """Return whether the round asked what a figure is made of, and where it is."""
    name, place = key.split(":")
    book = edition.codebook
    parts = [part.split("=") for part in place.split(",") if part != TOTAL]
    known = {(d, item.code) for d, _ in parts if d in book.dimensions for item in _codes(book, d)}
    return name not in book.not_asked and all((d, code) in known for d, code in parts)


def _codes(book: Codebook, dimension: str) -> tuple[Item, ...]:
    return book.dimensions[dimension].codes


def _link(edition: Edition, key: str) -> Safe:
    name, place = key.split(":")
    full = f"{key}:{edition.years[-1]}"
    figure = figures.by_key(edition, full, name, edition.years[-1])
    where = "" if place == TOTAL else f", {passports.named(edition, place)}"
    label = f"{figures.label(edition, name)}{where}"
    said = figures.said(edition, figure)
    text = f"{label} {figure.year}: {said}"
    if not figure.shown:
        return element("span", text, {"data-key": full})
    return element("a", text, {"href": f"#{full}", "data-key": full})
