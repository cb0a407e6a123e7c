"""The passport of a figure: what it is, of whom, how sure, and a sentence to copy."""

import re

from IPython.display import HTML

from nldtib.codebook import Variable
from nldtib.errors import ParameterError
from nldtib.pages.cells import Edition
from nldtib.pages.present import asked, figures, numbers, panels, words
from nldtib.pages.present.figures import Figure
from nldtib.pages.present.markup import element, joined
from nldtib.schema import TOTAL


@asked.or_said
def passport(edition: Edition, key: str) -> HTML:
    """Show where one figure comes from, folded.

    Parameters
    ----------
    key
        `variable:place:year` as in cells.csv, such as `turnover_defence:total:2025` or
        `turnover_defence:military_domain=land:2025`. Without year: the last reference year.

    Raises
    ------
    ParameterError
        The key names a variable, dimension or code that the codebook does not have, or a year
        that was not asked.
    """
    name, place, year = _parts(edition, key)
    figure = _figure(edition, name, place, year)
    where = named(edition, place)
    values = {"variable": figures.label(edition, name), "place": where, "year": year}
    summary = words.phrase(edition.language, "passport.summary", values)
    rows = [
        ("what", figure.variable.definition.in_language(edition.language)),
        ("value", figures.said(edition, figure)),
        ("base", _base(edition, figure, place)),
        ("method", method(edition, figure.variable)),
        ("interval", _interval(edition, figure)),
        ("grade", grade(edition, figure)),
        ("sentence", sentence(edition, figure, place)),
        ("origin", origin(edition)),
    ]
    inner = [
        joined(
            [element("dt", words.text(edition.language, f"passport.{row}")), element("dd", text)]
        )
        for row, text in rows
    ]
    content = [element("summary", summary), element("dl", inner)]
    return HTML(element("details", content, {"class": "passport", "data-key": figure.key}))


def sentence(edition: Edition, figure: Figure, place: str) -> str:
    """Return a sentence that may be copied: year, figure with base, interval, and round.

    Parameters
    ----------
    place
        As in a key of cells.csv: `total` or `dimension=code`, several joined by commas.
    """
    language, where = edition.language, named(edition, place) if place != TOTAL else ""
    base = figure.variable.base.in_language(language)
    values = {
        "year": figure.year,
        "first": edition.years[0],
        "variable": figure.variable.label.in_language(language),
        "value": figures.said(edition, figure),
        "around": f"{figures.level(edition)} {_ends(edition, figure)}"
        if figure.has_interval
        else figures.without_interval(edition, figure),
        "round": edition.survey_round,
        "place": words.phrase(language, "passport.copy_place", {"place": where}) if where else "",
        "base": "",
    }
    if base and figure.variable.unit_of_measure != "percent":
        values["base"] = words.phrase(language, "passport.copy_base", {"base": base})
    if not figure.shown:
        key = "passport.copy_hidden"
    elif figure.variable.statistic == "change":
        key = "passport.copy_change"
    else:
        key = "passport.copy"
    said = words.phrase(language, key, values)
    if edition.invented:
        return words.phrase(language, "passport.copy_invented", {"sentence": said})
    return said


def _parts(edition: Edition, key: str) -> tuple[str, str, int]:
    name, _, rest = key.partition(":")
    place, _, year = rest.partition(":")
    figures.variable(edition, name)
    if year and year not in map(str, edition.years):
        raise ParameterError(
            f"Round {edition.survey_round} has no reference year {year}. "
            f"It has {figures.year_words(edition, edition.years)}."
        )
    return name, place or TOTAL, int(year) if year else edition.years[-1]


def _figure(edition: Edition, name: str, place: str, year: int) -> Figure:
    return figures.by_key(edition, f"{name}:{place}:{year}", name, year)


def named(edition: Edition, place: str) -> str:
    """Return the place of a key in words, such as `Land, 25 tot 100 werknemers`.

    Raises
    ------
    ParameterError
        The codebook has no such dimension or code.
    """
    if place == TOTAL:
        return words.text(edition.language, "passport.total")
    labels = []
    for part in place.split(","):
        dimension, _, code = part.partition("=")
        known = edition.codebook.dimensions
        items = dict(figures.codes(edition, dimension)) if dimension in known else {}
        if code not in items:
            raise ParameterError(f"The codebook has no place {part}. Write it as dimension=code.")
        labels.append(_banded(edition, dimension, items[code]))
    return ", ".join(labels)


def _banded(edition: Edition, dimension: str, item: str) -> str:
    """Return a code's label; that of a band alone, such as `tot 25`, does not say of what."""
    about = edition.codebook.dimensions[dimension]
    if not about.bands_of:
        return item
    label = about.label.in_language(edition.language)
    of_what = re.search(r"\((.+)\)", label)
    return f"{item} {of_what[1]}" if of_what else f"{figures.in_sentence(label)}: {item}"


def _base(edition: Edition, figure: Figure, place: str) -> str:
    language = edition.language
    n = figures.respondents(edition, figure)
    base = figure.variable.base.in_language(language)
    values = {**panels.response(edition), "base": base, "n": n}
    text = words.phrase(language, "passport.base_text", values)
    share = panels.imputed(edition, figure.variable.numerator or figure.variable.name)
    if share and place == TOTAL:
        text += words.phrase(language, "passport.imputed", {"share": share})
    return text


def method(edition: Edition, variable: Variable) -> str:
    """Return in words how figures of a variable are estimated."""
    names = {
        part: figures.in_sentence(figures.label(edition, name))
        for part in ("numerator", "denominator")
        if (name := getattr(variable, part))
    }
    return words.phrase(edition.language, f"method.{variable.statistic}", names)


def _ends(edition: Edition, figure: Figure) -> str:
    scale = numbers.of_one(figure.value, figure.variable.unit_of_measure)
    return numbers.said_ends(figure.low, figure.high, scale, edition.language)


def _interval(edition: Edition, figure: Figure) -> str:
    if not figure.has_interval:
        return figures.without_interval(edition, figure)
    return f"{figures.level(edition)}: {_ends(edition, figure)}"


def grade(edition: Edition, figure: Figure) -> str:
    """Return the grade of a figure with its meaning, such as `B: nauwkeurig`."""
    if not figure.shown and figure.status != "unreliable":
        return words.text(edition.language, "signs.no_grade")
    otherwise = words.text(edition.language, "signs.no_grade")
    meaning = words.text_or(edition.language, f"grades.{figure.grade}", otherwise)
    return f"{figure.grade}: {meaning}" if figure.grade else otherwise


def origin(edition: Edition) -> str:
    """Return vintage, fingerprint of the input and version of the program, in words."""
    fingerprint = str(edition.run["input_fingerprint"])
    values = {
        "published": numbers.date(str(edition.run["published_on"]), edition.language),
        "edition": f"{edition.survey_round}, {figures.edition_name(edition)}",
        "fingerprint": fingerprint[:8],
        "version": edition.run["program_version"],
    }
    return words.phrase(edition.language, "passport.origin_text", values)
