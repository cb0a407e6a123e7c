"""The quality page in the order of SIMS: texts with their rates, and measures by topic.

What is said, which topic stands under which heading and what its columns are called is data:
quality.yml. A topic that quality.yml does not know yet is shown with its bare names, never dropped.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
from IPython.display import HTML

from nldtib.pages.cells import Edition
from nldtib.pages.present import grid, numbers, passports, pictures, telling, words
from nldtib.pages.present.grid import Row
from nldtib.pages.present.markup import Safe, element, joined
from nldtib.pages.present.rates import rates
from nldtib.schema import TOTAL

UNKNOWN = "processing"
MOST_OPEN = 30  # rows; a longer table is folded


def quality(edition: Edition) -> HTML:
    """Show all of the quality report: every heading of SIMS with its text and its measures.

    Source
    ------
    Eurostat (2021), European Statistical System Handbook for Quality and Metadata Reports.
    """
    known = words.entries("quality.topics")
    topics: dict[str, list[str]] = {}
    for name in sorted(set(edition.quality["topic"]), key=lambda one: _place(list(known), one)):
        topics.setdefault(known.get(name, {}).get("heading", UNKNOWN), []).append(name)
    # A known topic of which nothing was counted says so in its place.
    for name, entry in known.items():
        if name not in topics.get(entry["heading"], []):
            topics.setdefault(entry["heading"], []).append(name)
    values = rates(edition)
    parts = [
        _heading(edition, name, entry, topics.get(name, []), values)
        for name, entry in words.entries("quality.headings").items()
    ]
    return HTML(joined(parts))


def _heading(
    edition: Edition,
    name: str,
    entry: Mapping,
    topics: Sequence[str],
    values: Mapping[str, str],
) -> Safe:
    level = "h2" if "." not in entry["number"] else "h3"
    title = f"{entry['number']} {entry[edition.language]}"
    parts = [element(level, title, {"id": f"sims-{entry['number'].replace('.', '-')}"})]
    if "text" in entry:
        text = telling.told(edition, entry["text"][edition.language], values)
        parts.append(element("p", text, {"class": "sentences"}))
    return joined([*parts, *(topic(edition, one) for one in topics)])


def topic(edition: Edition, name: str) -> Safe:
    """Return the measures of one topic of quality.csv as a table, one row per item."""
    about = words.entries("quality.topics").get(name, {})
    title = about.get("title", {}).get(edition.language, _bare(name))
    found = edition.quality[edition.quality["topic"] == name]
    if found.empty:
        return element("p", words.phrase(edition.language, "quality.none", {"topic": title}))
    wide = found.pivot(index="item", columns="measure", values="value")
    known = list(words.entries("quality.measures"))
    measures = sorted(wide.columns, key=lambda one: _place(known, one))
    labels = _labels(edition, about)
    items = sorted(wide.index, key=lambda item: (item == TOTAL, *_place(list(labels), item)))
    rows = [
        Row(
            labels.get(item, _bare(item)),
            tuple(_printed(edition, one, wide.loc[item, one]) for one in measures),
            item == TOTAL,
        )
        for item in items
    ]
    heads = [about.get("item", {}).get(edition.language, words.text(edition.language, "item"))]
    heads += [
        words.text_or(edition.language, f"quality.measures.{one}", _bare(one)) for one in measures
    ]
    otherwise = words.text(edition.language, "quality.other")
    detail = about.get("detail", {}).get(edition.language, otherwise)
    table = grid.grid(edition, title, detail, heads, rows)
    shown = pictures.picture(edition, name, about, wide, labels)
    if shown:
        return joined([shown, grid.folded(edition, "chart.numbers", table)])
    whole = joined([table, grid.legend([grid.source(edition)])])
    if len(rows) <= MOST_OPEN:
        return whole
    values = {"topic": title, "count": numbers.number(len(rows), 0, edition.language)}
    summary = element("summary", words.phrase(edition.language, "quality.long", values))
    return element("details", [summary, whole], {"class": "data"})


def _labels(edition: Edition, about: Mapping) -> dict[str, str]:
    """Return the label of every item that a topic may have, in the order of its rows."""
    language, book, found = edition.language, edition.codebook, {}
    for source in about.get("labels", ()):
        if source in book.dimensions:
            codes = [item.code for item in book.dimensions[source].codes]
            found |= {code: passports.named(edition, f"{source}={code}") for code in codes}
        elif source == "variables":
            named = {**book.variables, **book.dimensions}
            found |= {name: one.label.in_language(language) for name, one in named.items()}
        elif source == "tables":
            plan = edition.tables.items()
            found |= {name: one.label.in_language(language) for name, one in plan}
        elif source == "grades":
            grades = words.entries("grades").items()
            found |= {name: f"{name}: {one[language]}" for name, one in grades}
        else:
            found |= {name: one[language] for name, one in words.entries(source).items()}
    found |= {name: one[language] for name, one in about.get("items", {}).items()}
    return {**found, TOTAL: words.text(language, "table.total")}


def _printed(edition: Edition, measure: str, value: float) -> str:
    if pd.isna(value):
        return words.text(edition.language, "signs.not_applicable")
    how = words.entries("quality.measures").get(measure, {})
    if how.get("unit") == "percent":
        return numbers.said(value, numbers.Scale("percent", 1.0, 1), edition.language)
    decimals = how.get("decimals", 0 if float(value).is_integer() else 2)
    return numbers.number(value, decimals, edition.language)


def _bare(name: str) -> str:
    return name.replace("_", " ")


def _place(known: Sequence[str], name: str) -> tuple[int, str]:
    return (known.index(name) if name in known else len(known), name)
