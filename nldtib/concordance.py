"""Which codes of an earlier list mean the same as codes of a later one.

`parameters/concordance.csv` leads from the lists of the DIS of 2018, which the edition of 2024
used, to those of the D-SII. A series is continued only between two codes that stand for each other
and nothing else. What no document says is marked `judgement`.
"""

from collections import Counter
from pathlib import Path

import pandas as pd

from nldtib.codebook import Codebook, closest
from nldtib.errors import InputError
from nldtib.schema import check

SOURCE = Path("parameters") / "concordance.csv"
COLUMNS = (
    "from_list",
    "from_code",
    "to_list",
    "to_code",
    "relation",
    "basis",
    "source",
    "note",
)
ONE_TO_ONE, PART, MANY_TO_MANY, NONE = "one_to_one", "part", "many_to_many", "none"
BASES = ("documented", "judgement")


def read(root: Path, book: Codebook) -> pd.DataFrame:
    """Read and check the concordance of the project at `root`.

    Parameters
    ----------
    root
        The project.
    book
        A codebook that has the lists of both sides as dimensions.

    Returns
    -------
    DataFrame
        COLUMNS as text; one row per pair of codes. Relation: `one_to_one`; `part`, where each has
        the other alone but one of them is wider; `many_to_many`; `none`, with an empty `to_code`.

    Raises
    ------
    InputError
        The file is absent, names a list or code that the codebook does not have, lacks a source,
        forgets a code, or marks as one-to-one what is not, or the reverse.
    """
    path = root / SOURCE
    if not path.is_file():
        raise InputError(f"There is no {SOURCE.as_posix()}. Series of areas need it.")
    table = check(pd.read_csv(path, dtype=str, keep_default_na=False), COLUMNS, "concordance")
    _refuse_unknown(table, book)
    _refuse_other_relations(table)
    _refuse_forgotten(table, book)
    return table


def continued(table: pd.DataFrame, from_list: str, to_list: str) -> dict[str, str]:
    """Return the codes of `to_list` by those of `from_list` of which the series may go on."""
    lists = (table["from_list"] == from_list) & (table["to_list"] == to_list)
    rows = table[lists & (table["relation"] == ONE_TO_ONE)]
    return dict(zip(rows["from_code"], rows["to_code"], strict=True))


def _refuse_unknown(table: pd.DataFrame, book: Codebook) -> None:
    for side in ("from", "to"):
        pairs = table[[f"{side}_list", f"{side}_code"]].drop_duplicates()
        for name, code in pairs.itertuples(index=False, name=None):
            if name not in book.dimensions:
                raise InputError(
                    f"{SOURCE.name} names the list {name}, which the codebook does not have."
                    f"{closest(name, book.dimensions)}"
                )
            known = [item.code for item in book.dimensions[name].codes]
            if code not in known and not (side == "to" and code == ""):
                raise InputError(
                    f"{SOURCE.name} names {code} of {name}, which the codebook does not have."
                    f"{closest(code, known)}"
                )
    bare = (table["source"] == "") | ~table["basis"].isin(BASES)
    if bare.any():
        raise InputError(
            f"{int(bare.sum())} row(s) of {SOURCE.name} have no source, or a basis other than "
            f"{' or '.join(BASES)}."
        )


def _refuse_other_relations(table: pd.DataFrame) -> None:
    links = table[table["to_code"] != ""]
    sides = [["from_list", "from_code", "to_list"], ["from_list", "to_list", "to_code"]]
    counts = [Counter(links[side].itertuples(index=False, name=None)) for side in sides]
    for row in table.itertuples():
        leads_to = counts[0][row.from_list, row.from_code, row.to_list]
        comes_from = counts[1][row.from_list, row.to_list, row.to_code]
        found = ONE_TO_ONE if leads_to == comes_from == 1 else MANY_TO_MANY
        found = found if row.to_code else NONE
        fits = {found, PART} if found == ONE_TO_ONE else {found}
        if row.relation not in fits or (found == NONE and leads_to):
            raise InputError(
                f"{SOURCE.name} marks {row.from_code} of {row.from_list} as {row.relation} "
                f"towards {row.to_list}; its rows make it {found}."
            )


def _refuse_forgotten(table: pd.DataFrame, book: Codebook) -> None:
    for (name, to_list), rows in table.groupby(["from_list", "to_list"]):
        codes = {item.code for item in book.dimensions[name].codes}
        absent = sorted(codes - set(rows["from_code"]))
        if absent:
            raise InputError(
                f"{SOURCE.name} forgets {len(absent)} code(s) of {name} towards {to_list}, the "
                f"first {absent[0]}. Say `none` where there is no counterpart."
            )
