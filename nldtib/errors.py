"""What can go wrong, in the analyst's words.

NldtibError
  + ParameterError      a parameter, setting or argument is unknown, missing or out of range
  + InputError          an export, frame or decision file is not what the round says it is
  + SchemaError         a table lacks a column that the next room needs
  + MissingValuesError  a variable still has item nonresponse
  + ConvergenceError    calibration found no weights that meet the totals
  + UnprotectedError    a table has not been through disclosure control, or failed its audit
  + RunError            a notebook, kernel, disk or lock stopped a run

A message says what was found, how much, where, and what to do. It counts; it never quotes.
"""


class NldtibError(Exception):
    """Anything this library refuses on purpose."""


class ParameterError(NldtibError):
    """A parameter, setting or argument is unknown, missing or out of range."""


class InputError(NldtibError):
    """An export, frame or decision file is not what the round says it is."""


class SchemaError(NldtibError):
    """A table lacks a column that the next room needs."""


class MissingValuesError(NldtibError):
    """A variable still has item nonresponse."""

    def __init__(self, variable: str, missing: int, records: int):
        super().__init__(
            f"{variable} is missing for {missing} of {records} records. "
            f"An estimate needs a value for every record: impute {variable} first."
        )


class ConvergenceError(NldtibError):
    """Calibration found no weights that meet the totals."""


class UnprotectedError(NldtibError):
    """A table has not been through disclosure control, or failed its audit."""


class RunError(NldtibError):
    """A notebook, kernel, disk or lock stopped a run."""
