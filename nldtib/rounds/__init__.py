"""One round of the survey: its years, its choices, and where its files stand.

Choices are read from `parameters/<round>/` and checked when they are read: an unknown name, a wrong
type or a value out of range is refused before anything runs.
"""

import csv
import dataclasses
import os
import re
import types
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nldtib import codebook
from nldtib.codebook import Codebook, Label, closest
from nldtib.codebook.reading import parsed
from nldtib.errors import InputError, ParameterError
from nldtib.rounds.choices import (
    Calibration,
    Clean,
    Diagnosis,
    Disclosure,
    Economy,
    Edit,
    FrameCoverage,
    Grades,
    Imputation,
    Interval,
    Match,
    Outliers,
    Parameters,
    Scores,
    Strata,
    UnitError,
)

__all__ = [
    "ANALYST",
    "AUDIENCES",
    "DEMO",
    "LANGUAGES",
    "PUBLIC",
    "Calibration",
    "Clean",
    "Diagnosis",
    "Disclosure",
    "Economy",
    "Edit",
    "FrameCoverage",
    "Grades",
    "Imputation",
    "Interval",
    "Match",
    "Outliers",
    "Parameters",
    "Round",
    "Scores",
    "Strata",
    "Table",
    "UnitError",
    "edition_folder",
    "outputs_folder",
    "place_of_edition",
    "project_root",
    "read",
    "read_codebook",
    "read_disclosure",
    "read_factors",
    "read_parameters",
    "read_plan",
    "read_postcodes",
    "read_tables",
    "typed",
]

DEMO = Path("data") / "demo" / "2026"
PUBLIC, ANALYST = AUDIENCES = ("public", "analyst")
LANGUAGES = ("nl", "en")


@dataclass(frozen=True)
class Table:
    """One table of the report: variables by dimensions, over some or all reference years."""

    name: str
    page: str
    variables: tuple[str, ...]
    by: tuple[str, ...]
    years: str
    label: Label


@dataclass(frozen=True)
class Round:
    """A round with its files: `folder` holds the records, `root` is the project."""

    parameters: Parameters
    codebook: Codebook
    tables: tuple[Table, ...]
    rules_file: Path
    folder: Path
    root: Path

    @property
    def name(self) -> str:
        """Return the year of publication, which names the round everywhere."""
        return str(self.parameters.survey_round)

    @property
    def invented(self) -> bool:
        """Return whether the answers are those of the invented twin."""
        return "demo" in self.folder.parts


def project_root() -> Path:
    """Return the nearest folder upwards that holds `parameters/` and `notebooks/`."""
    for folder in (Path.cwd(), *Path.cwd().parents, Path(__file__).resolve().parents[2]):
        if (folder / "parameters").is_dir() and (folder / "notebooks").is_dir():
            return folder
    raise ParameterError("No project here: no folder upwards holds parameters/ and notebooks/.")


def outputs_folder(root: Path) -> Path:
    """Return where editions stand; a report under construction points elsewhere for a while."""
    return Path(os.environ.get("NLDTIB_OUTPUTS", root / "outputs"))


def edition_folder(
    root: Path, survey_round: int | str, edition: str, audience: str = "public"
) -> Path:
    """Return the folder of one edition. An analyst's edition stays beside the records.

    Where both a real and an invented round of that year have one of that name, it is the real one.

    Raises
    ------
    ParameterError
        The edition's name is not made of small letters, digits and hyphens, or the audience is
        unknown.
    """
    _refuse_other_edition(edition, audience)
    if audience == ANALYST:
        records = [root / "data" / kind / str(survey_round) for kind in ("rounds", "demo")]
        found = [folder / ANALYST / edition for folder in records]
        return next((folder for folder in found if folder.is_dir()), found[0])
    return outputs_folder(root) / str(survey_round) / edition


def place_of_edition(this_round: Round, edition: str, audience: str = "public") -> Path:
    """Return where an edition of a round is to stand: an analyst's one beside its own records.

    Raises
    ------
    ParameterError
        The name or the audience cannot be, or the records themselves stand under outputs/.
    """
    _refuse_other_edition(edition, audience)
    outputs = outputs_folder(this_round.root)
    if audience != ANALYST:
        return outputs / this_round.name / edition
    if this_round.folder.resolve().is_relative_to(outputs.resolve()):
        raise ParameterError(
            f"The records of round {this_round.name} stand under {outputs.name}/, which can never "
            "hold unprotected figures. Move them under data/rounds/."
        )
    return this_round.folder / ANALYST / edition


def _refuse_other_edition(edition: str, audience: str) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", edition):
        raise ParameterError(
            "The name of an edition is made of small letters, digits and hyphens, as in draft-1."
        )
    if audience not in AUDIENCES:
        raise ParameterError(f"There is no audience {audience}. Choose one of: public, analyst.")


def read(where: str | Path = DEMO) -> Round:
    """Read a round by its name under `data/rounds/`, or by the path of its folder.

    Raises
    ------
    ParameterError
        There is no such folder, or a choice in `parameters/` is unknown, missing or ill-typed.
    """
    root = project_root()
    candidates = [root / "data" / "rounds" / str(where), Path(where), root / where]
    folder = next((path for path in candidates if (path / "raw").is_dir()), None)
    if folder is None:
        raise ParameterError(
            f"There is no round {where}: no folder of that name under data/rounds/ holds raw/. "
            "For the invented round, run `nldtib demo` first."
        )
    name = folder.resolve().name
    if not name.isdigit():
        raise ParameterError(
            f"The folder of a round is named by its year of publication, not {name}. Rename it."
        )
    parameters = read_parameters(name, root)
    home = _home(name, root)
    book = _codebook(home, parameters)
    tables = read_tables(home / "tables.csv", book)
    return Round(parameters, book, tables, home / "edits.yml", folder.resolve(), root)


def read_parameters(survey_round: int | str, root: Path) -> Parameters:
    """Read and check `parameters/<round>/round.yml`, on top of the round that it is `like`."""
    own = _yaml(root / "parameters" / str(survey_round) / "round.yml")
    if "like" in own:
        own = {**_yaml(root / "parameters" / str(own.pop("like")) / "round.yml"), **own}
    parameters = typed(Parameters, own, f"parameters/{survey_round}/round.yml")
    if str(parameters.survey_round) != str(survey_round):
        raise ParameterError(
            f"parameters/{survey_round}/round.yml describes round {parameters.survey_round}. "
            "The folder and survey_round must agree."
        )
    return parameters


def read_codebook(survey_round: int | str, root: Path) -> Codebook:
    """Read the codebook that a round uses."""
    return _codebook(_home(survey_round, root), read_parameters(survey_round, root))


def read_plan(
    survey_round: int | str, root: Path, book: Codebook | None = None
) -> tuple[Table, ...]:
    """Read the tables of the report that a round makes; `book` is its codebook if read already."""
    known = book or read_codebook(survey_round, root)
    return read_tables(_home(survey_round, root) / "tables.csv", known)


def tables_not_asked(survey_round: int | str, root: Path, plan: Sequence[Table]) -> frozenset[str]:
    """Return the names of planned tables that a round cannot fill, for it did not ask for them."""
    with (_home(survey_round, root) / "tables.csv").open(encoding="utf-8", newline="") as lines:
        named = {row["table"] for row in csv.DictReader(lines)}
    return frozenset(named - {table.name for table in plan})


def read_postcodes(root: Path) -> dict[int, str]:
    """Read the first postcode of every run in one province, in order, with its code."""
    starts = _yaml(root / "parameters" / "postcodes.yml").get("starts", {})
    return {int(first): str(code) for first, code in sorted(starts.items())}


def read_factors(parameters: Parameters, root: Path) -> dict[str, dict[int, float]]:
    """Return, by the name that the codebook uses, the factor of each reference year.

    `percent_of_gdp` has the years of `data/reference/gdp.csv` (thousand euro) only.
    """
    path = root / "data" / "reference" / "gdp.csv"
    if not path.is_file():
        raise InputError("There is no data/reference/gdp.csv: the share of GDP cannot be computed.")
    with path.open(encoding="utf-8", newline="") as lines:
        gdp = {int(row["reference_year"]): float(row["value"]) for row in csv.DictReader(lines)}
    years = parameters.reference_years
    indirect = parameters.economy.indirect_fte_per_fte
    return {
        "percent_of_gdp": {year: 100 / gdp[year] for year in years if year in gdp},
        "indirect_fte_per_fte": dict.fromkeys(years, indirect),
    }


def read_disclosure(folder: Path) -> Disclosure:
    """Read the confidential disclosure rule that stands beside the records."""
    return typed(Disclosure, _yaml(folder / "disclosure.yml"), "disclosure.yml")


def read_tables(path: Path, book: Codebook) -> tuple[Table, ...]:
    """Read the table plan, one row per table.

    What the codebook knows and its round does not ask for is left out: variables one by one, and
    a table with its breakdown or its last variable.

    Raises
    ------
    InputError
        The file is absent, or a row names a variable or dimension that the codebook does not have.
    """
    if not path.is_file():
        raise InputError(f"There is no table plan at {path}.")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    tables = []
    for row in rows:
        variables = [name for name in row["variables"].split() if name not in book.not_asked]
        by = tuple(row["by"].split())
        label = Label(row["nl"], row["en"])
        if variables and not book.not_asked.intersection(by):
            tables.append(
                Table(row["table"], row["page"], tuple(variables), by, row["years"], label)
            )
    for table in tables:
        for word, known in [
            *((name, book.variables) for name in table.variables),
            *((name, book.dimensions) for name in table.by),
        ]:
            if word not in known:
                raise InputError(
                    f"Table {table.name} names {word}, which the codebook does not have."
                    f"{closest(word, known)} Mend {path.name}."
                )
    return tuple(tables)


def typed(shape: type, raw: object, source: str) -> typing.Any:
    """Turn parsed YAML into the frozen dataclass `shape`, refusing what does not fit.

    Raises
    ------
    ParameterError
        A name is unknown or missing, or a value has another type than `shape` declares.
    """
    if not isinstance(raw, dict):
        raise ParameterError(f"{source} should be a list of names with values.")
    hints = typing.get_type_hints(shape)
    unknown = [name for name in raw if name not in hints]
    if unknown:
        raise ParameterError(
            f"{source} has no setting {unknown[0]}.{closest(unknown[0], hints)} Nothing was run."
        )
    absent = [
        field.name
        for field in dataclasses.fields(shape)
        if field.name not in raw and field.default is dataclasses.MISSING
    ]
    if absent:
        raise ParameterError(f"{source} lacks the setting {absent[0]}. Nothing was run.")
    values = {name: _value(hints[name], value, f"{source}: {name}") for name, value in raw.items()}
    return shape(**values)


def _value(hint: typing.Any, value: object, source: str) -> object:
    if dataclasses.is_dataclass(hint):
        return typed(hint, value, source)
    origin = typing.get_origin(hint)
    if isinstance(hint, types.GenericAlias) and origin is list and isinstance(value, list):
        (inner,) = typing.get_args(hint)
        return [_value(inner, item, source) for item in value]
    if isinstance(hint, types.GenericAlias) and origin is dict and isinstance(value, dict):
        _, inner = typing.get_args(hint)
        return {str(key): _value(inner, item, source) for key, item in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if origin is None and isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    wanted = getattr(hint, "__name__", str(hint))
    raise ParameterError(f"{source} should be a {wanted}, not a {type(value).__name__}.")


def _codebook(home: Path, parameters: Parameters) -> Codebook:
    path = home / "codebook.yml"
    return codebook.read(path, parameters.reference_years, parameters.survey_round)


def _home(survey_round: int | str, root: Path) -> Path:
    own = root / "parameters" / str(survey_round)
    like = _yaml(own / "round.yml").get("like")
    return root / "parameters" / str(like) if like else own


def _yaml(path: Path) -> dict:
    if not path.is_file():
        raise ParameterError(
            f"There is no {path.name} in {path.parent.name}/. Every round needs one."
        )
    raw = parsed(path)
    if not isinstance(raw, dict):
        raise ParameterError(f"{path.name} should be a list of names with values.")
    return raw
