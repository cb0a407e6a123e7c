"""The safe file: protected cells of one edition, written once and read by every page.

Four files make an edition: cells.csv, account.csv, quality.csv and run.json. Both doors check them:
a figure that is not published has no value here, and nothing but the agreed columns comes through.
"""

import csv
import dataclasses
import io
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nldtib import concordance, rounds, schema
from nldtib.codebook import Codebook, closest
from nldtib.errors import InputError, ParameterError, SchemaError, UnprotectedError
from nldtib.rounds import Table

TOPICS = ("number", "nl", "en", "figures", "limit_nl", "limit_en", "source")
QUALITY = ("topic", "item", "measure", "value")
RUN = (
    "survey_round",
    "edition",
    "audience",
    "invented",
    "published_on",
    "reference_years",
    "approached",
    "answered",
    "input_fingerprint",
    "program_version",
    "level",
)
FILES = ("cells.csv", "account.csv", "quality.csv", "run.json")
MEASURED = ("value", "low", "high", "cv")
SIGNIFICANT_DIGITS = 10


@dataclass(frozen=True, eq=False, repr=False)
class Edition:
    """One publication of a round, as the pages see it.

    cells
        Protected figures, columns of `schema.CELLS` and one per dimension; `value`, `low`, `high`
        and `cv` are empty unless `status` is `published`.
    account, quality
        Units in and out of every step; measures of quality by topic, item and measure.
    run
        What was run: round, edition, years, counts, fingerprint of the input.
    tables
        The table plan by name.
    reference
        Figures published before, one row each, with certainty and source.
    sources
        Where those figures were read: key, publisher, title, date, address.
    topics
        What was asked in the House of Representatives: question, figures that answer, limits.
    left_out
        Names of planned tables that the round did not ask for.
    earlier
        The newest edition of each earlier round, oldest first.
    concordance
        Which codes of an earlier list mean the same as codes of a later one; none is needed where
        no round came before.
    """

    survey_round: int
    name: str
    audience: str
    language: str
    cells: pd.DataFrame
    account: pd.DataFrame
    quality: pd.DataFrame
    run: Mapping[str, object]
    codebook: Codebook
    tables: Mapping[str, Table]
    reference: pd.DataFrame
    sources: pd.DataFrame
    topics: pd.DataFrame
    left_out: frozenset[str] = frozenset()
    earlier: tuple["Edition", ...] = ()
    concordance: pd.DataFrame | None = None

    @property
    def years(self) -> tuple[int, ...]:
        """Return the reference years of the round, oldest first."""
        return tuple(sorted(int(year) for year in self.run["reference_years"]))

    @property
    def invented(self) -> bool:
        """Return whether the answers are those of the invented twin."""
        return bool(self.run["invented"])


def write(
    folder: Path,
    cells: pd.DataFrame,
    account: pd.DataFrame,
    quality: pd.DataFrame,
    run: Mapping[str, object],
) -> None:
    """Write the four files of an edition into `folder`: sorted, same bytes for the same figures.

    Numbers keep 10 significant digits.

    Raises
    ------
    SchemaError
        Columns or settings are missing or unknown, a key stands twice in a table, or a number is
        not finite.
    UnprotectedError
        A figure that is not published carries a value, or is published elsewhere in the edition.
    """
    _refuse_other_settings(run)
    dimensions = _dimensions(cells)
    _refuse_unprotected(cells)
    columns = _columns(dimensions)
    files = {
        "cells.csv": _csv(cells, columns, ("table", "key")),
        "account.csv": _csv(schema.check(account, schema.ACCOUNT, "cells"), schema.ACCOUNT, ()),
        "quality.csv": _csv(schema.check(quality, QUALITY, "cells"), QUALITY, QUALITY[:3]),
        "run.json": json.dumps(dict(run), ensure_ascii=False, indent=2, sort_keys=True) + "\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode("utf-8"))


def read(
    survey_round: int | str, edition: str, audience: str = "public", language: str = "nl"
) -> Edition:
    """Read one edition with the words, the plan and the earlier figures that its pages need.

    Raises
    ------
    ParameterError
        The round, edition name, audience or language cannot be.
    InputError
        There is no such edition, one of its files is missing, or a file belongs elsewhere.
    SchemaError
        A table lacks a column, has one too many, or holds what is not a number.
    UnprotectedError
        A status is unknown, a figure that is not published carries a value, or the edition was
        made for another audience.
    """
    if language not in rounds.LANGUAGES:
        raise ParameterError(
            f"There is no language {language}.{closest(language, rounds.LANGUAGES)} "
            f"Choose one of: {', '.join(rounds.LANGUAGES)}."
        )
    if not re.fullmatch(r"[0-9]{4}", str(survey_round)):
        raise ParameterError("A round is named by its year of publication, four digits.")
    root = rounds.project_root()
    numbers = rounds.read_parameters(survey_round, root).earlier_rounds
    earlier = tuple(filter(None, (_newest(root, number, language) for number in numbers)))
    one = _read_one(root, int(survey_round), edition, audience, language)
    table = concordance.read(root, one.codebook) if earlier else None
    return dataclasses.replace(one, earlier=earlier, concordance=table)


def at(folder: Path, root: Path, language: str = "nl") -> Edition:
    """Read the edition that stands in a folder, without the editions of earlier rounds.

    Parameters
    ----------
    root
        The project, whose parameters and earlier figures belong to the edition.

    Raises
    ------
    InputError, SchemaError, UnprotectedError
        As in `read`.
    """
    _refuse_incomplete(folder, folder.parent.name, folder.name)
    run = _parsed(folder / "run.json")
    return _read_folder(
        folder, root, int(run["survey_round"]), str(run["edition"]), str(run["audience"]), language
    )


def _read_one(root: Path, survey_round: int, edition: str, audience: str, language: str) -> Edition:
    folder = rounds.edition_folder(root, survey_round, edition, audience)
    return _read_folder(folder, root, survey_round, edition, audience, language)


def _read_folder(
    folder: Path, root: Path, survey_round: int, edition: str, audience: str, language: str
) -> Edition:
    _refuse_incomplete(folder, survey_round, edition)
    codebook = rounds.read_codebook(survey_round, root)
    plan = rounds.read_plan(survey_round, root, codebook)
    cells = _table(folder / "cells.csv")
    unknown = [name for name in _dimensions(cells) if name not in codebook.dimensions]
    if unknown:
        raise SchemaError(
            f"cells.csv has a column that is no dimension of the codebook: {unknown[0]}. "
            "Only agreed columns may leave with an edition."
        )
    cells = _numeric(cells, "cells.csv", (*MEASURED, "n", "reference_year"))
    _refuse_unprotected(cells)
    account = schema.check(_table(folder / "account.csv"), schema.ACCOUNT, "cells")
    quality = schema.check(_table(folder / "quality.csv"), QUALITY, "cells")
    return Edition(
        survey_round=survey_round,
        name=edition,
        audience=audience,
        language=language,
        cells=cells.astype({"reference_year": "int64", "n": "Int64"}),
        account=_numeric(account, "account.csv", ("units_in", "units_out")),
        quality=_numeric(quality, "quality.csv", ("value",)),
        run=_run(folder / "run.json", survey_round, edition, audience),
        codebook=codebook,
        left_out=rounds.tables_not_asked(survey_round, root, plan),
        tables={table.name: table for table in plan},
        reference=_reference(root),
        sources=_table(_in_reference(root, "sources.csv")),
        topics=schema.check(_table(_in_reference(root, "topics.csv")), TOPICS, "cells"),
    )


def _newest(root: Path, survey_round: int, language: str) -> Edition | None:
    home = rounds.outputs_folder(root) / str(survey_round)
    names = sorted(path.parent.name for path in home.glob("*/cells.csv"))
    found = [_read_one(root, survey_round, name, "public", language) for name in names]
    # Editions of a round may share their date: draft-1, first, revised then go by name.
    return max(found, key=lambda one: (str(one.run["published_on"]), one.name), default=None)


def _refuse_incomplete(folder: Path, survey_round: int | str, edition: str) -> None:
    missing = [name for name in FILES if not (folder / name).is_file()]
    if len(missing) == len(FILES):
        raise InputError(
            f"There is no edition {edition} of round {survey_round}. Make it with `nldtib run`."
        )
    if missing:
        raise InputError(
            f"Edition {edition} of round {survey_round} lacks {', '.join(missing)}. "
            "It was not finished: make it again with `nldtib run`."
        )


def _run(path: Path, survey_round: int, edition: str, audience: str) -> dict[str, object]:
    run = _parsed(path)
    if run["audience"] != audience:
        raise UnprotectedError(
            f"This edition was made for the audience {run['audience']}, not for {audience}. "
            "It is not shown."
        )
    if (str(run["survey_round"]), run["edition"]) != (str(survey_round), edition):
        raise InputError(
            f"run.json describes edition {run['edition']} of round {run['survey_round']}, "
            f"but stands with edition {edition} of round {survey_round}. Make the edition again."
        )
    return run


def _parsed(path: Path) -> dict[str, object]:
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise InputError("run.json cannot be parsed. Make the edition again.") from None
    _refuse_other_settings(run)
    return run


def _refuse_other_settings(run: Mapping[str, object]) -> None:
    missing = [name for name in RUN if name not in run]
    other = [name for name in run if name not in RUN]
    if missing or other:
        words = f"lacks {', '.join(missing)}" if missing else f"has also {', '.join(other)}"
        raise SchemaError(f"run.json {words}. It holds the agreed settings, no more and no less.")


def _columns(dimensions: tuple[str, ...]) -> tuple[str, ...]:
    place = schema.CELLS.index("reference_year") + 1
    return (*schema.CELLS[:place], *dimensions, *schema.CELLS[place:])


def _dimensions(cells: pd.DataFrame) -> tuple[str, ...]:
    schema.check(cells, schema.CELLS, "cells")
    names = tuple(name for name in cells.columns if name not in schema.CELLS)
    for name in names:
        codes = cells[name].fillna("").astype(str)
        if not codes.str.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*|\d+-\d+").all():
            raise SchemaError(
                f"Column {name} of the cells is neither an agreed column nor a dimension: "
                "it holds more than codes. Leave it out."
            )
    return names


def _refuse_unprotected(cells: pd.DataFrame) -> None:
    unknown = ~cells["status"].isin(schema.STATUSES)
    if unknown.any():
        raise UnprotectedError(
            f"{unknown.sum()} of {len(cells)} figures have no known disclosure status. "
            "Figures reach a page through `nldtib run` alone."
        )
    shown = cells["status"] == "published"
    open_values = cells.loc[~shown, list(MEASURED)].notna().any(axis=1).sum()
    if open_values:
        raise UnprotectedError(
            f"{open_values} figures that are not published carry a value. Nothing is shown; "
            "make the edition again and look at the disclosure step."
        )
    empty = cells.loc[shown, "value"].isna().sum()
    if empty:
        raise SchemaError(f"{empty} published figures have no value. Give them another status.")
    twice = cells.duplicated(["table", "key"]).sum()
    if twice:
        raise SchemaError(f"{twice} figures stand twice in the same table under one key.")
    torn = cells.assign(shown=shown).groupby("key")["shown"].nunique().gt(1).sum()
    if torn:
        raise UnprotectedError(
            f"{torn} figures are published in one table and hidden in another. Nothing is shown; "
            "look at the disclosure step."
        )


def _reference(root: Path) -> pd.DataFrame:
    path = _in_reference(root, "published.csv")
    published = _numeric(_table(path), path.name, ("reference_year", "value", "edition"))
    return published.astype({"reference_year": "int64", "edition": "int64"})


def _in_reference(root: Path, name: str) -> Path:
    path = root / "data" / "reference" / name
    if not path.is_file():
        raise InputError(f"There is no data/reference/{name}: the earlier figures are gone.")
    return path


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        # The parser's own words quote what it could not read.
        raise InputError(f"{path.name} is no UTF-8 table with commas. Make it again.") from None


def _numeric(table: pd.DataFrame, source: str, names: tuple[str, ...]) -> pd.DataFrame:
    schema.check(table, names, source)
    numbers = {}
    for name in names:
        text = table[name].where(table[name] != "")
        numbers[name] = pd.to_numeric(text, errors="coerce").astype("float64")
        wrong = int((text.notna() & ~numbers[name].map(math.isfinite)).sum())
        if wrong:
            raise SchemaError(f"{wrong} entries of column {name} in {source} are not numbers.")
    return table.assign(**numbers)


def _csv(table: pd.DataFrame, columns: tuple[str, ...], order: tuple[str, ...]) -> str:
    text = pd.DataFrame({name: [_text(entry) for entry in table[name]] for name in columns})
    rows = text.sort_values(list(order), kind="stable") if order else text
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows.itertuples(index=False))
    return lines.getvalue()


def _text(entry: object) -> str:
    if isinstance(entry, str):
        return entry
    if entry is None or pd.isna(entry):
        return ""
    number = float(entry)
    if not math.isfinite(number):
        raise SchemaError("A number of the edition is not finite. Look at the estimates.")
    digits = repr(float(f"{number:.{SIGNIFICANT_DIGITS}g}") or 0.0)
    return digits.removesuffix(".0")
