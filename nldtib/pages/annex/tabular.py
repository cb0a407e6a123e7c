"""Figures as plain tables: for programs, with CSVW metadata and as JSON, and for Dutch Excel."""

import csv
import io
import json
from collections.abc import Mapping, Sequence

from nldtib import schema
from nldtib.pages.annex.rows import Row, neutral
from nldtib.pages.cells import Edition
from nldtib.pages.present import words

CSV, METADATA, JSON, DUTCH = (
    "figures.csv",
    "figures.csv-metadata.json",
    "figures.json",
    "figures.nl.csv",
)
FILES = (DUTCH, CSV, METADATA, JSON)
IN_DUTCH = (
    "variable_nl place_nl reference_year unit_of_measure value low high n grade status base_nl "
    "sentence_nl key"
).split()
NUMBERS = {
    **dict.fromkeys(("value", "low", "high", "cv", "level", "imputed_percent"), "number"),
    **dict.fromkeys(("n", "approached", "answered"), "integer"),
    "reference_year": "gYear",
    "published_on": "date",
    "invented": "boolean",
}
# The same for every figure of a variable, or for every figure of the edition.
OF_VARIABLE = ("definition", "method", "base", "variable")
OF_EDITION = (
    "level approached answered vintage published_on invented input_fingerprint program_version"
).split()


def files(spoken: Mapping[str, Edition], told: Sequence[Row]) -> dict[str, bytes]:
    """Return the bytes of each file by its name."""
    columns = list(words.entries("annex.columns"))
    return {
        DUTCH: _dutch(told).encode("utf-8-sig"),
        CSV: _plain(columns, told).encode(),
        METADATA: _text(_metadata(columns, spoken["en"])),
        JSON: _text(_together(spoken["en"], told)),
    }


def _plain(columns: Sequence[str], told: Sequence[Row]) -> str:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_entry(row[name]) for name in columns] for row in told)
    return lines.getvalue()


def _dutch(told: Sequence[Row]) -> str:
    """Return a table that Excel opens with a Dutch setting: semicolons and decimal commas."""
    lines = io.StringIO()
    writer = csv.writer(lines, delimiter=";", lineterminator="\r\n")
    writer.writerow(words.text("nl", f"annex.columns.{name}") for name in IN_DUTCH)
    for row in told:
        writer.writerow(_in_dutch(name, row[name]) for name in IN_DUTCH)
    return lines.getvalue()


def _in_dutch(name: str, entry: object) -> str:
    if name in ("status", "unit_of_measure"):
        section = {"status": "statuses", "unit_of_measure": "units"}[name]
        return words.text_or("nl", f"annex.{section}.{entry}", str(entry))
    text = _entry(entry)
    return text.replace(".", ",") if isinstance(entry, float) else text


def _entry(entry: object) -> str:
    if entry is None:
        return ""
    if isinstance(entry, bool):
        return str(entry).lower()
    if isinstance(entry, float):
        return f"{entry:.10g}" if abs(entry) < 1e10 else repr(entry)
    return str(entry) if isinstance(entry, int) else neutral(str(entry))


def _metadata(columns: Sequence[str], edition: Edition) -> dict:
    """Return how figures.csv is to be read.

    Source
    ------
    W3C (2015), Metadata Vocabulary for Tabular Data (CSV on the Web).
    """
    about = words.entries("annex.columns")
    described = [
        {
            "name": name,
            "titles": {"nl": about[name]["nl"], "en": about[name]["en"]},
            "dc:description": about[name]["about"],
            "datatype": NUMBERS.get(name, "string"),
            "required": name in ("key", "reference_year", "variable", "status"),
        }
        for name in columns
    ]
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": CSV,
        "dc:title": f"NLDTIB {edition.survey_round}, edition {edition.name}",
        "dc:issued": {"@value": edition.run["published_on"], "@type": "date"},
        "dialect": {"delimiter": ",", "encoding": "utf-8", "header": True},
        "tableSchema": {"columns": described, "primaryKey": "key"},
        "notes": [{"status": list(schema.STATUSES)}],
    }


def _together(edition: Edition, told: Sequence[Row]) -> dict:
    of_variable = [f"{name}_{language}" for name in OF_VARIABLE for language in ("nl", "en")]
    variables = {row["variable"]: {name: row[name] for name in of_variable} for row in told}
    left = {*of_variable, *OF_EDITION}
    figures = [{name: row[name] for name in row if name not in left} for row in told]
    of_all = told[0] if told else {}
    return {
        "edition": {name: of_all.get(name) for name in OF_EDITION},
        "audience": edition.audience,
        "variables": variables,
        "figures": figures,
    }


def _text(content: Mapping) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
