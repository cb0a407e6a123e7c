"""Small invented contributions, and the cells that a plan of tables makes of them."""

import itertools
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from nldtib.codebook import Dimension, Item, Label, Variable
from nldtib.gate import protect
from nldtib.gate.protect import secondary
from nldtib.gate.protect.attackers import Demand, Knowledge

NAMELESS = Label("", "")
VARIABLES = (
    Variable("turnover", NAMELESS, "keur"),
    Variable("export", NAMELESS, "keur"),
    Variable("organisations", NAMELESS, "organisations"),
    Variable("export_share", NAMELESS, "percent", "ratio", "", "", "export", "turnover"),
    Variable("turnover_share", NAMELESS, "percent", "share", "", "", "turnover"),
    Variable("turnover_change", NAMELESS, "percent", "change", "", "", "turnover"),
    Variable("turnover_top", NAMELESS, "percent", "top_share", "", "", "turnover", largest=0.1),
)


def rules(
    dimensions: Mapping[str, Iterable[str]],
    overlapping: Iterable[str] = (),
    fewest: int = 3,
    p: float = 10.0,
) -> protect.Rules:
    """Return a rule over the variables above and dimensions given as name: codes."""
    described = {
        name: Dimension(
            name, NAMELESS, tuple(Item(code, NAMELESS) for code in codes), name in overlapping
        )
        for name, codes in dimensions.items()
    }
    return protect.Rules(fewest, p, {v.name: v for v in VARIABLES}, described)


def firms(rows: Iterable[Mapping], year: int = 2025) -> pd.DataFrame:
    """Return contributions: each row its own unit and holding, weight 1, unless it says so."""
    frame = pd.DataFrame(list(rows))
    names = pd.Series([f"u{number:04}" for number in range(len(frame))], index=frame.index)
    defaults = {"reference_year": year, "weight": 1.0, "certainty": 0, "organisations": 1}
    return frame.assign(
        unit=frame.get("unit", names),
        holding=frame.get("holding", names).fillna(names),
        **{
            name: frame[name].fillna(value) if name in frame else value
            for name, value in defaults.items()
        },
    )


def several(turnovers: Iterable[float], **codes: object) -> list[dict]:
    """Return one row per turnover, all with the same codes."""
    return [{**codes, "turnover": turnover} for turnover in turnovers]


def cells(
    contributions: pd.DataFrame, rule: protect.Rules, *tables: tuple[str, str, tuple[str, ...]]
) -> pd.DataFrame:
    """Return every cell of tables given as (name, variables, dimensions), nothing decided yet."""
    rows = [
        _cell(contributions, rule, name, variable, year, dict(zip(by, codes, strict=True)))
        for name, variables, by in tables
        for year in sorted(contributions["reference_year"].unique())
        for variable in variables.split()
        for codes in itertools.product(
            *(["total", *(item.code for item in rule.dimensions[d].codes)] for d in by)
        )
        if rule.variables[variable].statistic != "change"
        or year == contributions["reference_year"].max()
    ]
    dimensions = sorted({name for *_, by in tables for name in by})
    return pd.DataFrame(rows).fillna({name: "total" for name in dimensions})


def _cell(contributions, rule, table, variable, year, codes):
    years = contributions["reference_year"]
    first = contributions[years == years.min()]
    now = contributions[years == year]
    place = {name: code for name, code in codes.items() if code != "total"}
    made_of = rule.variables[variable]
    if made_of.statistic == "total":
        value = _sum(now, rule, variable, place)
    else:
        over = {
            "ratio": lambda: _sum(now, rule, made_of.denominator, place),
            "share": lambda: _sum(now, rule, made_of.numerator, {}),
            "change": lambda: _sum(first, rule, made_of.numerator, place),
        }[made_of.statistic]()
        value = 100 * _sum(now, rule, made_of.numerator, place) / over if over else np.nan
    words = ",".join(f"{name}={code}" for name, code in sorted(place.items())) or "total"
    return {
        "table": table,
        "key": f"{variable}:{words}:{year}",
        "reference_year": year,
        **codes,
        "variable": variable,
        "unit_of_measure": made_of.unit_of_measure,
        "base": "",
        "value": value,
        "low": np.round(value * 0.9),
        "high": np.round(value * 1.1),
        "cv": 0.05,
        "grade": "A",
        "n": int(_inside(now, rule, place).sum()),
        "status": "",
        "sign": "",
    }


def _inside(rows, rule, place):
    inside = np.ones(len(rows), dtype=bool)
    for name, code in place.items():
        overlapping = rule.dimensions[name].overlapping
        inside &= (rows[f"{name}.{code}"] == 1 if overlapping else rows[name] == code).to_numpy()
    return inside


def _sum(rows, rule, variable, place):
    inside = _inside(rows, rule, place)
    return float((rows[variable] * rows["weight"])[inside].sum())


def hide(values: dict, sums: dict, targets: dict, closed: set = frozenset()) -> list:
    """Protect named amounts with any sums between them, trees included, against outsiders.

    `sums` gives the parts of each margin; `targets` the level of each sensitive amount.
    """
    names = sorted(values)
    position = {name: number for number, name in enumerate(names)}
    amounts = np.array([values[name] for name in names], dtype=float)
    equations = tuple(
        (
            (position[margin], *(position[part] for part in parts)),
            (-1.0, *[1.0] * len(parts)),
        )
        for (margin, *_), parts in sums.items()
    )
    problem = secondary.Problem(
        equations,
        secondary.ranked(1 + np.log1p(amounts)),
        np.zeros(len(names), dtype=bool),
        (Knowledge.of_outsiders(amounts),),
        secondary.no_unions,
    )
    hidden = np.array([name in targets or name in closed for name in names])
    demands = [
        Demand((position[name],), (level, level)) for name, level in targets.items() if level > 0
    ]
    return [names[number] for number in secondary.hide(problem, hidden, demands).added]
