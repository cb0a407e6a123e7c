"""Figures as plain tables for programs: CSV with CSVW metadata, and JSON.

What belongs to a variable, a group or the whole edition stands once, in a table of its own.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence

from nldtib import schema
from nldtib.pages.annex import rows
from nldtib.pages.annex.rows import Row
from nldtib.pages.cells import Edition
from nldtib.pages.present import words

FIGURES, VARIABLES, PLACES = "figures.csv", "variables.csv", "places.csv"
METADATA, JSON = "figures.csv-metadata.json", "figures.json"
FILES = (FIGURES, VARIABLES, PLACES, METADATA, JSON)
NUMBERS = {
    **dict.fromkeys((*rows.MEASURED, "imputed_percent"), "number"),
    "n": "integer",
    "reference_year": "gYear",
}
REQUIRED = ("key", "reference_year", "variable", "place", "status")
# A key holds variable, group and year; what a reader of JSON finds by them is not repeated.
BESIDE_THE_KEY = ("key", *rows.MEASURED, "grade", "n", "status")


def files(spoken: Mapping[str, Edition], told: Sequence[Row]) -> dict[str, bytes]:
    """Return the bytes of each file by its name.

    Source
    ------
    W3C (2015), Metadata Vocabulary for Tabular Data (CSV on the Web).
    """
    tables = {
        FIGURES: (rows.OF_FIGURE, told),
        VARIABLES: _whole(rows.variables(spoken)),
        PLACES: _whole(rows.places(spoken)),
    }
    made = {name: _plain(*table).encode() for name, table in tables.items()}
    columns = {name: columns for name, (columns, _) in tables.items()}
    made[METADATA] = _text(_metadata(columns, spoken), 1)
    made[JSON] = _text(_together(spoken, told, tables), None)
    return made


def _whole(table: Sequence[Row]) -> tuple[Sequence[str], Sequence[Row]]:
    return list(table[0]) if table else [], table


def _plain(columns: Sequence[str], table: Sequence[Row]) -> str:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_entry(row[name]) for name in columns] for row in table)
    return lines.getvalue()


def _entry(entry: object) -> str:
    if entry is None:
        return ""
    if isinstance(entry, float):
        return f"{entry:.10g}" if abs(entry) < 1e10 else repr(entry)
    return str(entry) if isinstance(entry, int) else rows.neutral(str(entry))


def _metadata(columns: Mapping[str, Sequence[str]], spoken: Mapping[str, Edition]) -> dict:
    """Return how the three tables are to be read, and how they hang together."""
    edition = spoken["en"]
    keys = {FIGURES: "key", VARIABLES: "variable", PLACES: "place"}
    tables = []
    for name, own in columns.items():
        described = {"columns": [_described(one) for one in own], "primaryKey": keys[name]}
        if name == FIGURES:
            reference = {"resource": VARIABLES, "columnReference": "variable"}
            described["foreignKeys"] = [{"columnReference": "variable", "reference": reference}]
        tables.append({"url": name, "tableSchema": described})
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": f"NLDTIB {edition.survey_round}, edition {edition.name}",
        "dc:issued": {"@value": edition.run["published_on"], "@type": "date"},
        "dialect": {"delimiter": ",", "encoding": "utf-8", "header": True},
        "tables": tables,
        "notes": [{"status": list(schema.STATUSES)}, {"edition": rows.edition(spoken)}],
    }


def _described(name: str) -> dict:
    about = words.entries("annex.columns")[name]
    return {
        "name": name,
        "titles": {"nl": about["nl"], "en": about["en"]},
        "dc:description": about["about"],
        "datatype": NUMBERS.get(name, "string"),
        "required": name in REQUIRED,
    }


def _together(
    spoken: Mapping[str, Edition],
    told: Sequence[Row],
    tables: Mapping[str, tuple[Sequence[str], Sequence[Row]]],
) -> dict:
    figures = [
        {name: row[name] for name in BESIDE_THE_KEY if row[name] not in (None, "")} for row in told
    ]
    listed = {"variables": ("variable", VARIABLES), "places": ("place", PLACES)}
    return {
        "edition": rows.edition(spoken),
        "audience": spoken["nl"].audience,
        **{
            name: {
                row[key]: {one: row[one] for one in row if one != key} for row in tables[file][1]
            }
            for name, (key, file) in listed.items()
        },
        "figures": figures,
    }


def _text(content: Mapping, indent: int | None) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=indent) + "\n").encode()
