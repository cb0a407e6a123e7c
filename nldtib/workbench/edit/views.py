"""One organisation on the desk: its answers over the years, what is known of it, what stood out."""

import pandas as pd

from nldtib.codebook import Variable
from nldtib.pages.present import numbers
from nldtib.pages.present.markup import Safe, element, joined
from nldtib.records import edit
from nldtib.workbench.edit import words
from nldtib.workbench.edit.desk import Desk, Item, rule_label

DECIDED = ("corrected", "confirmed")


def card(desk: Desk, item: Item) -> Safe:
    """Return the organisation of an item as a table, a list of findings, and the answer itself."""
    parts = [_table(desk, item), _findings(desk, item), _now(desk, item)]
    return element("div", parts, {"class": "result", "lang": desk.language})


def _table(desk: Desk, item: Item) -> Safe:
    language, book = desk.language, desk.this_round.codebook
    own = desk.edits.decided[desk.edits.decided["unit"] == item.unit].set_index("reference_year")
    years = [int(year) for year in own.index]
    heads = [element("th", words.text(language, "card.variable"), {"scope": "col"})]
    heads += [element("th", str(year), {"scope": "col"}) for year in years]
    rows = [_row(desk, item, variable, own) for variable in _amounts(book.answered(), own)]
    for name in ("employees", "turnover_register"):
        said = [_number(desk, own[name].iloc[0])] if name in own else [""]
        rows.append(_plain_row(words.text(language, f"card.{name}"), said, len(years)))
    rows += _accounts(desk, item, years)
    frame = desk.gathered.known.frame.set_index("unit")
    values = {"name": frame.at[item.unit, "name"], "unit": item.unit}
    caption = element("caption", words.phrase(language, "card.caption", values))
    return element(
        "table", [caption, element("thead", element("tr", heads)), element("tbody", rows)]
    )


def _amounts(answered: tuple[Variable, ...], own: pd.DataFrame) -> list[Variable]:
    return [variable for variable in answered if variable.name in own]


def _row(desk: Desk, item: Item, variable: Variable, own: pd.DataFrame) -> Safe:
    changes = desk.edits.changes
    mine = changes[(changes["unit"] == item.unit) & (changes["variable"] == variable.name)]
    origin = dict(zip(mine["reference_year"], mine["origin"], strict=True))
    cells = []
    for year, value in own[variable.name].items():
        said = _number(desk, value)
        if origin.get(year) in DECIDED:
            said += f" ({words.text(desk.language, f'card.{origin[year]}')})"
        here = year == item.year and variable.name == item.variable
        cells.append(element("td", said, {"class": "chosen"} if here else {}))
    head = element("th", variable.label.in_language(desk.language), {"scope": "row"})
    return element("tr", [head, *cells])


def _plain_row(head: str, cells: list[str], width: int) -> Safe:
    cells = [*cells, *[""] * (width - len(cells))]
    return element(
        "tr", [element("th", head, {"scope": "row"}), *(element("td", cell) for cell in cells)]
    )


def _accounts(desk: Desk, item: Item, years: list[int]) -> list[Safe]:
    if desk.accounts is None:
        return []
    own = desk.accounts[desk.accounts["unit"] == item.unit]
    rows = []
    for name, found in own.groupby("variable"):
        label = desk.this_round.codebook.variables[name].label.in_language(desk.language)
        head = words.phrase(desk.language, "card.account", {"variable": label})
        by_year = found.set_index("year")["value"]
        said = [_number(desk, by_year[year]) if year in by_year else "" for year in years]
        rows.append(_plain_row(head, said, len(years)))
    return rows


def _findings(desk: Desk, item: Item) -> Safe:
    language, findings = desk.language, desk.edits.findings
    lines = []
    for row in findings[findings["unit"] == item.unit].itertuples():
        values = {
            "year": row.reference_year,
            "rule": _rule(desk, row.rule),
            "severity": words.text(language, f"severity.{row.severity}"),
        }
        lines.append(words.phrase(language, "finding", values))
    suspects = desk.edits.suspects
    lines += [_evidence(desk, row) for _, row in suspects[suspects["unit"] == item.unit].iterrows()]
    head = element("p", words.text(language, "card.findings"), {"class": "head"})
    if not lines:
        return joined([head, element("p", words.text(language, "card.none"))])
    return joined([head, element("ul", [element("li", line) for line in lines])])


def _rule(desk: Desk, name: str) -> str:
    for prefix in edit.DETECTED:
        if name.startswith(prefix):
            values = {"variable": _label(desk, name.removeprefix(prefix))}
            return words.phrase(desk.language, f"rules.{prefix.rstrip('_')}", values)
    return rule_label(name, desk.language)


def _evidence(desk: Desk, row: pd.Series) -> str:
    named = [name for name in row.index if name not in desk.edits.suspects.columns[:4]]
    agreeing = [name for name in named[: named.index("agreeing")] if row[name] == 1]
    values = {
        "variable": _label(desk, row["variable"]),
        "year": row["reference_year"],
        "agreeing": int(row["agreeing"]),
        "factor": _number(desk, row["factor"]),
        "names": ", ".join(_comparison(desk, name) for name in agreeing),
        "new": _number(desk, row["new"]),
    }
    return words.phrase(desk.language, "evidence", values)


def _comparison(desk: Desk, name: str) -> str:
    if name in desk.this_round.codebook.variables:
        return _label(desk, name)
    return words.text(desk.language, f"comparisons.{name}")


def _now(desk: Desk, item: Item) -> Safe:
    language, edits = desk.language, desk.edits
    own = edits.decided[edits.decided["unit"] == item.unit].set_index("reference_year")
    values = {
        "variable": _label(desk, item.variable),
        "year": item.year,
        "value": _number(desk, own.at[item.year, item.variable]),
    }
    lines = [words.phrase(language, "card.now", values)]
    scores = edits.scores
    mine = (scores["unit"] == item.unit) & (scores["reference_year"] == item.year)
    for row in scores[mine & (scores["variable"] == item.variable)].itertuples():
        score = numbers.number(100 * row.score, 2, language)
        source = words.text(language, f"card.{row.expected_from}")
        lines.append(words.phrase(language, "card.expected", {"score": score, "source": source}))
    return element("p", " ".join(lines), {"class": "now"})


def _label(desk: Desk, variable: str) -> str:
    return desk.this_round.codebook.variables[variable].label.in_language(desk.language)


def _number(desk: Desk, value: float) -> str:
    if pd.isna(value):
        return words.text(desk.language, "card.missing")
    decimals = 0 if float(value).is_integer() else 1
    return numbers.number(value, decimals, desk.language)
