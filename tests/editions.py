"""A believable edition of invented cells, for tests of the safe side: no records, no gate.

Every figure is made for all keys of the plan; `hidden` then takes some away, as the gate would.
The same key is hidden in every table where it stands.
"""

import zlib
from collections.abc import Iterable
from itertools import combinations, product
from pathlib import Path

import pandas as pd

from nldtib import rounds, schema
from nldtib.pages import cells

ROOT = Path(__file__).resolve().parents[1]
FACTORS = {"percent_of_gdp": 1e-7, "indirect_fte_per_fte": 0.5}
LAST_YEAR = {
    "organisations": 1047.0,
    "turnover_total": 57_412_300.0,
    "turnover_defence": 9_637_421.0,
    "value_added": 4_512_930.0,
    "export_defence": 4_018_777.0,
    "fte_total": 191_204.0,
    "fte_defence": 26_347.0,
    "fte_rd": 28_116.0,
    "fte_rd_defence": 6_391.0,
    "rd_defence": 1_098_340.0,
    "dual_use_turnover": 2_604_115.0,
    "patent_holders": 236.0,
    "turnover_maritime": 3_104_220.0,
    "turnover_air_space": 1_730_815.0,
    "turnover_land": 4_012_744.0,
    "turnover_security": 789_642.0,
    "purchases_defence": 5_124_491.0,
    "purchases_abroad": 2_271_306.0,
    "purchases_outside_eu": 861_917.0,
    "single_source_organisations": 377.0,
    "rd_own": 505_236.0,
    "rd_ministry": 263_602.0,
    "rd_eu": 120_817.0,
    "rd_customers": 208_685.0,
    "capacity_used_sum": 816.6,
    "scaleup_6_sum": 104.2,
    "scaleup_12_sum": 230.3,
    "scaleup_24_sum": 361.2,
    "scaleup_max_sum": 596.7,
    "order_book": 13_880_412.0,
    "vacancies": 1_604.0,
    "vacancies_hard": 729.0,
}
GROWTH = 1.118
WIDTH = {"total": 0.11, "part": 0.23}


def truth(survey_round: int = 2026, seed: int = 1, size: float = 1.0) -> pd.DataFrame:
    """Return every figure of the plan, all of them published; `size` makes all of them larger.

    The parts of a partition add up to its margin.
    """
    book = rounds.read_codebook(survey_round, ROOT)
    years = rounds.read_parameters(survey_round, ROOT).reference_years
    rows = []
    for table in rounds.read_plan(survey_round, ROOT):
        shown = years if table.years == "all" else years[-1:]
        for year, name in product(shown, table.variables):
            for many in range(len(table.by) + 1):
                for dimensions in combinations(table.by, many):
                    codes = [[i.code for i in book.dimensions[d].codes] for d in dimensions]
                    for place in product(*codes):
                        where = dict(zip(dimensions, place, strict=True))
                        if book.variables[name].statistic == "share" and not where:
                            continue
                        rows.append(_row(book, years, table.name, name, where, year, (seed, size)))
    return pd.DataFrame(rows)


def hidden(
    figures: pd.DataFrame, suppressed: Iterable[str] = (), unreliable: Iterable[str] = ()
) -> pd.DataFrame:
    """Return the figures with some keys taken away, in every table."""
    result = figures.copy()
    for status, keys in (("suppressed", suppressed), ("unreliable", unreliable)):
        chosen = result["key"].isin(list(keys))
        result.loc[chosen, ["value", "low", "high", "cv"]] = float("nan")
        result.loc[chosen, "status"] = status
        result.loc[chosen, "sign"] = "."
        result.loc[chosen, "grade"] = "F" if status == "unreliable" else ""
    return result


SUPPRESSED = (
    *(f"{v}:military_domain=security:{y}" for v in ("turnover_defence", "export_defence",
      "rd_defence", "export_share", "rd_intensity") for y in (2023, 2024, 2025)),
    *(f"{v}:military_domain=air_space:{y}" for v in ("turnover_defence", "export_defence")
      for y in (2023, 2024, 2025)),
    "turnover_defence:size_class=ge2500:2025",
    "turnover_defence:size_class=500-2500:2025",
    "turnover_defence:chain_position=oem:2025",
    "turnover_defence:chain_position=tier3:2025",
    "fte_defence:province=ZE:2025",
    "fte_defence:province=DR:2025",
    *(f"turnover_defence:military_domain={d},size_class={s}:2025"
      for d in ("maritime", "land") for s in ("250-500", "ge2500", "lt25")),
)  # fmt: skip
UNRELIABLE = (
    "dual_use_turnover:military_domain=security:2025",
    "dual_use_share:military_domain=security:2025",
    "organisations_share:nld_area=quantum:2025",
    "organisations:nld_area=quantum:2025",
)


def account() -> pd.DataFrame:
    rows = [
        ("received", 331, 331, "responses in the export"),
        ("linked", 331, 322, "the identifier is not on the frame"),
        ("one_per_unit", 322, 311, "another response of the same organisation counts"),
        ("usable", 311, 298, "every key figure was left open"),
        ("in_scope", 298, 286, "does not supply the sector"),
    ]
    return pd.DataFrame(rows, columns=schema.ACCOUNT)


def quality(figures: pd.DataFrame) -> pd.DataFrame:
    book = rounds.read_codebook(2026, ROOT)
    rows = []
    for topic, dimension in (("response", "size_class"), ("response_domain", "military_domain")):
        codes = [item.code for item in book.dimensions[dimension].codes]
        for place, item in enumerate([*codes, "total"]):
            approached = 1050 if item == "total" else 460 // (place + 1)
            answered = 286 if item == "total" else approached * 27 // 100
            outside = 12 if item == "total" else place
            counts = {
                "approached": approached,
                "answered": answered,
                "out_of_scope": outside,
                "not_usable": 13 if item == "total" else place,
                "silent": approached - answered - outside,
                "rate": 100 * answered / approached,
            }
            rows += [(topic, item, measure, value) for measure, value in counts.items()]
    for place, rule in enumerate(("defence_within_total", "turnover_jump", "staff_near_register")):
        soft = rule != "defence_within_total"
        rows += [
            ("findings", rule, "hard", 0 if soft else 7),
            ("findings", rule, "soft", 4 + place if soft else 0),
            ("findings", rule, "emptied", 0 if soft else 5),
        ]
    for name in ("turnover_defence", "fte_total"):
        rows += [("suspects", name, "unit_error", 3), ("suspects", name, "outlier", 2)]
        rows += [("corrections", name, "corrected", 3), ("corrections", name, "emptied", 1)]
        rows += [("imputation_method", name, "other_year", 30)]
    for name, share in (("turnover_defence", 8.73), ("fte_defence", 5.2), ("export_percent", 14.1)):
        rows += [("imputation", name, "values", 41), ("imputation", name, "share", share)]
    rows += [("imputation", "turnover_defence", "weight_share", 6.48)]
    rows += [("imputation", "fte_defence", "weight_share", 4.02)]
    for stratum, size in (("known_large", 15), ("knowledge", 19), ("lt25", 446), ("25-100", 321)):
        several = {"population": size, "respondents": max(size // 4, 9), "lowest": 1.0}
        several |= {"mean": 3.4567, "highest": 5.125}
        rows += [("weights", stratum, measure, value) for measure, value in several.items()]
    grades = figures[figures["grade"] != ""].groupby("grade").size()
    rows += [("precision", letter, "cells", count) for letter, count in grades.items()]
    for name, part in figures.groupby("table"):
        shown = int((part["status"] == "published").sum())
        rows += [
            ("disclosure", name, "cells", len(part)),
            ("disclosure", name, "published", shown),
            ("disclosure", name, "not_shown", len(part) - shown),
        ]
    rows += [("doubts", "approximate", "cells", 12), ("doubts", "suspect_decimal", "cells", 3)]
    return pd.DataFrame(rows, columns=cells.QUALITY)


def run(survey_round: int = 2026, edition: str = "first", audience: str = "public") -> dict:
    choices = rounds.read_parameters(survey_round, ROOT)
    return {
        "survey_round": survey_round,
        "edition": edition,
        "audience": audience,
        "invented": True,
        "published_on": choices.published_on.isoformat(),
        "reference_years": list(choices.reference_years),
        "approached": 1050,
        "answered": 286,
        "input_fingerprint": "7f3a" + "0" * 58 + "c2",
        "program_version": "0.1.0",
        "level": 0.95,
    }


def write(
    outputs: Path,
    figures: pd.DataFrame | None = None,
    survey_round: int = 2026,
    edition: str = "first",
    **changes: object,
) -> Path:
    """Write an edition under `outputs`; without figures, one with some of every status.

    `changes` are settings of its run.json.
    """
    if figures is None:
        figures = hidden(truth(survey_round), SUPPRESSED, UNRELIABLE)
    folder = outputs / str(survey_round) / edition
    settings = run(survey_round, edition) | changes
    cells.write(folder, figures, account(), quality(figures), settings)
    return folder


def _row(book, years, table, name, where, year, world) -> dict:
    variable = book.variables[name]
    value = _value(book, years, name, where, year, world)
    width = WIDTH["part" if where else "total"]
    place = ",".join(f"{key}={code}" for key, code in where.items()) or "total"
    key = f"{name}:{place}:{year}"
    n = 286
    for dimension, code in where.items():
        n = max(4, round(n * _weight(book, dimension, code, "n", world[0])))
    spread = {"cv": width / 2, "low": value * (1 - width), "high": value * (1 + 1.4 * width)}
    if variable.statistic == "change":
        spread |= {"low": value - 7.1, "high": value + 8.4}
    if variable.statistic == "top_share":
        spread = {"cv": float("nan"), "low": value - 2.5, "high": value + 2.5}
    return {
        "table": table,
        "key": key,
        "reference_year": year,
        **{dimension: where.get(dimension, "total") for dimension in book.dimensions},
        "variable": name,
        "unit_of_measure": variable.unit_of_measure,
        "base": variable.base.nl,
        "value": value,
        **spread,
        "grade": "B" if where else "A",
        "n": n,
        "status": "published",
        "sign": schema.BAND if variable.statistic == "top_share" else "",
    }


def _value(book, years, name, where, year, world) -> float:
    variable = book.variables[name]
    if variable.factor:
        return FACTORS[variable.factor] * _value(
            book, years, variable.numerator, where, year, world
        )
    if variable.statistic in ("ratio", "share"):
        below = variable.denominator or variable.numerator
        group = where if variable.statistic == "ratio" else {}
        part = _value(book, years, variable.numerator, where, year, world)
        scale = 100 if variable.unit_of_measure == "percent" else 1
        return scale * part / _value(book, years, below, group, year, world)
    if variable.statistic == "top_share":
        return 72.5 + 5 * round(5 * variable.largest)
    if variable.statistic == "change":
        first, last = (
            _value(book, years, variable.numerator, where, y, world) for y in (years[0], years[-1])
        )
        return 100 * (last - first) / first
    seed, size = world
    steps = 0 if name == "organisations" else 2025 - year
    value = size * LAST_YEAR[name] / GROWTH**steps * (1 + _chance(f"{name}{year}", seed) / 50)
    for dimension, code in where.items():
        value *= _weight(book, dimension, code, name, seed)
    return round(value, 3)


def _weight(book, dimension, code, name, seed) -> float:
    codes = [item.code for item in book.dimensions[dimension].codes]
    several = {one: 0.15 + _chance(f"{dimension}{one}{name}", seed) for one in codes}
    if book.dimensions[dimension].overlapping:
        return 0.8 * several[code]
    return several[code] / sum(several.values())


def _chance(word: str, seed: int) -> float:
    return zlib.crc32(f"{word}{seed}".encode()) / 2**32
