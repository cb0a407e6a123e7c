"""From the lists of several sources to a proposal for the frame."""

from collections.abc import Mapping

import pandas as pd

from nldtib.records.match.identifiers import is_kvk

TEXTS = ("name", "kvk", "postcode", "province")


def gathered(
    lists: Mapping[str, pd.DataFrame], frame: pd.DataFrame, same: Mapping[str, str]
) -> pd.DataFrame:
    """Bring rows of several lists together by exact Chamber of Commerce number.

    Parameters
    ----------
    lists
        By source: name, kvk, postcode and province of organisations, as text.
    frame
        The frame as it stands.
    same
        What people decided: the organisation that another one is.

    Returns
    -------
    DataFrame
        One row per organisation, in the order in which sources name them: organisation (its unit
        on the frame, else its kvk, else source:row), unit (empty when it is not on the frame),
        name, kvk, postcode, province of the first source that fills them, and one column
        source_<name> (0 or 1) per list.
    """
    if not lists:
        return pd.DataFrame(columns=["organisation", "unit", *TEXTS])
    unit_of = frame.drop_duplicates("kvk", keep=False).set_index("kvk")["unit"]
    parts = []
    for source, table in lists.items():
        rows = table.reindex(columns=TEXTS, fill_value="").astype(str)
        numbers = rows["kvk"].str.replace(r"[\s.]", "", regex=True)
        rows["kvk"] = numbers.where(numbers.map(is_kvk), "")
        own = [f"{source}:{number}" for number in range(1, len(rows) + 1)]
        key = (
            rows["kvk"]
            .map(unit_of)
            .fillna(rows["kvk"].replace("", pd.NA))
            .fillna(pd.Series(own, rows.index))
        )
        parts.append(rows.assign(organisation=key.replace(dict(same)), source=source))
    every = pd.concat(parts, ignore_index=True)
    flags = pd.crosstab(every["organisation"], every["source"]).clip(upper=1)
    flags = flags.reindex(columns=list(lists), fill_value=0).add_prefix("source_")
    texts = every[[*TEXTS, "organisation"]].replace("", pd.NA)
    texts = texts.groupby("organisation", sort=False).first().fillna("")
    table = texts.join(flags).reset_index()
    table["unit"] = table["organisation"].where(table["organisation"].isin(set(frame["unit"])), "")
    return table[["organisation", "unit", *TEXTS, *flags.columns]]
