"""What a trial gives, as people read it: strata, totals to meet, weights, and the key figures."""

from collections.abc import Iterable, Sequence

import pandas as pd
import yaml

from nldtib.pages.present import numbers
from nldtib.pages.present import words as report_words
from nldtib.pages.present.markup import Safe, element
from nldtib.workbench.weighting import words
from nldtib.workbench.weighting.bench import Bench, Trial, Weighted


def result(bench: Bench, new: Weighted) -> Safe:
    """Return everything about one trial, with the choice of the round beside it."""
    parts = [
        element("p", status(bench, new), {"class": "status", "role": "status"}),
        _figures(bench, new),
        _spread(bench, new),
        _totals(bench, new),
        _strata(bench, new),
        _to_copy(bench, new),
    ]
    return element("div", parts, {"class": "result", "lang": bench.language})


def status(bench: Bench, new: Weighted) -> str:
    """Return in one sentence what the trial does to the figure that moves most."""
    language = bench.language
    if new.trial == bench.own.trial:
        return words.text(language, "status.own")
    change = _change(bench, new).fillna(0)
    most = change.abs().idxmax()
    values = {
        "met": len(new.totals),
        "variable": _variable(bench, most),
        "change": numbers.signed(change[most], "percent", language),
    }
    return words.phrase(language, "status.trial", values)


def margin_label(bench: Bench, margin: str) -> str:
    """Return what a column of the frame is called; its own name where nobody said."""
    book = bench.this_round.codebook
    if margin in book.dimensions:
        return book.dimensions[margin].label.in_language(bench.language)
    known = words.texts()["margins"]
    return words.text(bench.language, f"margins.{margin}") if margin in known else margin


def _figures(bench: Bench, new: Weighted) -> Safe:
    language, own, change = bench.language, bench.own.figures, _change(bench, new)
    rows = []
    for name, row in new.figures.iterrows():
        unit = bench.this_round.codebook.variables[name].unit_of_measure
        scale = numbers.of_many([own.at[name, "estimate"], row["estimate"]], unit)
        unit_name = report_words.text(language, f"units.{scale.unit}.name")
        cells = []
        for found in (own.loc[name], row):
            cells += [
                numbers.bare(found["estimate"], scale, language),
                numbers.interval(found["low"], found["high"], scale, language),
            ]
        cells.append(numbers.signed(change[name], "percent", language))
        rows.append([f"{_variable(bench, name)} ({unit_name})", *cells])
    year = bench.this_round.parameters.reference_years[-1]
    return _table(bench, "figures", rows, {"year": year})


def _change(bench: Bench, new: Weighted) -> pd.Series:
    return 100 * (new.figures["estimate"] / bench.own.figures["estimate"] - 1)


def _spread(bench: Bench, new: Weighted) -> Safe:
    language = bench.language
    rows = []
    for name, of, measure in (
        ("lowest_weight", "weight", "smallest"),
        ("highest_weight", "weight", "largest"),
        ("lowest_factor", "factor", "smallest"),
        ("highest_factor", "factor", "largest"),
        ("kish", "weight", "kish"),
    ):
        both = [each.spread.at[of, measure] for each in (bench.own, new)]
        said = [numbers.number(value, 2, language) for value in both]
        rows.append([words.text(language, f"spread.{name}"), *said])
    bounds = [str(each.at_bounds) for each in (bench.own, new)]
    rows.append([words.text(language, "spread.at_bounds"), *bounds])
    return _table(bench, "spread", rows)


def _totals(bench: Bench, new: Weighted) -> Safe:
    language, rows = bench.language, []
    for row in new.totals.itertuples():
        off = 100 * (row.start / row.wanted - 1) if row.wanted else 0.0
        said = [numbers.number(value, 0, language) for value in (row.wanted, row.start)]
        named = _total(bench, row.margin, row.code)
        rows.append([named, *said, numbers.signed(off, "percent", language)])
    return _table(bench, "totals", rows)


def _strata(bench: Bench, new: Weighted) -> Safe:
    language, rows = bench.language, []
    for name, row in new.strata.iterrows():
        rate = 100 * row["respondents"] / row["population"]
        said = [numbers.number(row[part], 0, language) for part in ("population", "respondents")]
        said.append(numbers.number(rate, 0, language))
        said += [numbers.number(row[part], 2, language) for part in ("lowest", "mean", "highest")]
        rows.append([_code(bench, "stratum", name), *said])
    return _table(bench, "strata", rows)


def _to_copy(bench: Bench, new: Weighted) -> Safe:
    language = bench.language
    values = {"file": f"parameters/{bench.this_round.name}/round.yml"}
    lead = element("p", words.phrase(language, "copy", values))
    text = element("pre", round_yml(new.trial), {"tabindex": "0"})
    return element("div", [lead, text])


def round_yml(trial: Trial) -> str:
    """Return the lines of round.yml that make a trial last."""
    chosen = {
        "strata": {"fewest_respondents": trial.fewest_respondents},
        "calibration": {
            "counts": list(trial.counts),
            "amounts": list(trial.amounts),
            "distance": trial.distance,
            "bounds": list(trial.bounds),
        },
    }
    return yaml.safe_dump(chosen, sort_keys=False, default_flow_style=None)


def _table(
    bench: Bench, key: str, rows: Iterable[Sequence[str]], values: dict[str, object] | None = None
) -> Safe:
    language = bench.language
    heads = words.texts()["tables"][key]["heads"]
    head = [element("th", one[language], {"scope": "col"}) for one in heads]
    body = [
        element(
            "tr",
            [element("th", first, {"scope": "row"}), *(element("td", cell) for cell in rest)],
        )
        for first, *rest in rows
    ]
    caption = words.phrase(language, f"tables.{key}.caption", values or {})
    parts = [element("caption", caption), element("thead", element("tr", head))]
    return element("table", [*parts, element("tbody", body)])


def _total(bench: Bench, margin: str, code: str) -> str:
    label = margin_label(bench, margin)
    return f"{label}: {_code(bench, margin, code)}" if code else label


def _code(bench: Bench, margin: str, code: str) -> str:
    book, language = bench.this_round.codebook, bench.language
    dimension = "size_class" if margin == "stratum" else margin
    if dimension in book.dimensions:
        for item in book.dimensions[dimension].codes:
            if item.code == code:
                return item.label.in_language(language)
    if margin == "stratum":
        return report_words.text_or(language, f"strata.{code}", code)
    known = words.texts()["flags"]
    return known[code][language] if code in known else code


def _variable(bench: Bench, name: str) -> str:
    return bench.this_round.codebook.variables[name].label.in_language(bench.language)
