"""Parquet: typed columns, in which an absent text and an empty one differ."""

import datetime
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet

from nldtib.errors import InputError
from nldtib.records.load.amounts import decimal
from nldtib.records.load.grid import Grid, coded
from nldtib.records.load.spreadsheet import NUMBER


def read(content: bytes, name: str, largest: int) -> Grid:
    """Read a Parquet file.

    Raises
    ------
    InputError
        The file is damaged, unpacks to more than `largest` bytes, or holds no response.
    """
    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
        groups = range(file.metadata.num_row_groups)
        size = sum(file.metadata.row_group(group).total_byte_size for group in groups)
        table = file.read() if size <= largest else None
        names = table.schema.names if table is not None else []
        sheet = (
            [[_text(v) for v in column.to_pylist()] for column in table.columns]
            if table is not None
            else []
        )
    except Exception:  # pyarrow raises nearly anything on a damaged file
        raise InputError(
            f"{name} is a Parquet file that is damaged or cut off. Write it again."
        ) from None
    if table is None:
        raise InputError(
            f"{name} unpacks to {size:,} bytes, more than the {largest:,} that are accepted. "
            "Is it a survey export?"
        )
    if not table.num_rows or not table.num_columns:
        raise InputError(f"{name} has no response. Export the responses again.")
    columns, converted = [], {}
    for position, field in enumerate(table.schema):
        cells = sheet[position]
        columns.append(coded(cells))
        if pa.types.is_integer(field.type) or pa.types.is_floating(field.type):
            converted |= {
                (row, position): NUMBER for row, text in enumerate(cells) if text is not None
            }
    return Grid(
        headings=tuple(names),
        columns=tuple(columns),
        tool="Parquet",
        blanks_kept=any("" in column.texts for column in columns),
        converted=converted,
    )


def _text(value: object) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, float):
        return decimal(Decimal(repr(value))) if abs(value) < float("inf") else str(value)
    if isinstance(value, Decimal):
        return decimal(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "seconds")
    return str(value)
