"""What a file itself says of its values: labels, and values that it declares as missing.

SPSS, Stata and Triple-S keep both beside the data. A value that is declared as missing is no
amount; its label tells refused from don't know from not applicable.
"""

from collections.abc import Callable, Mapping

from nldtib.records.load import choices
from nldtib.records.load.expected import Column
from nldtib.records.load.grid import Reading

DECLARED = "declared as missing in the file"


def reader(
    read_one: Callable[[str, str], Reading],
    column: Column,
    labels: Mapping[str, str],
    missing: frozenset[str],
) -> Callable[[str, str], Reading]:
    """Return a reader that heeds the labels and missing values of the file before the codebook.

    Parameters
    ----------
    read_one
        Reads a text by the codebook; its second argument is a known number notation.
    column
        The column that is read.
    labels
        What the file says that a value means.
    missing
        Values that the file declares as missing.
    """
    if not labels and not missing:
        return read_one
    kind = choices.kind(column)

    def read(text: str, known: str) -> Reading:
        label = labels.get(text, "")
        status = choices.labelled_status(label)
        if text in missing:
            note = choices.NOTES.get(status, DECLARED)
            kept = text if kind == "choice" else ""
            return Reading(kept if status else "", status or "missing", note=note)
        if kind in ("typed", "stored") and status:
            return Reading("", status, note=choices.NOTES.get(status, ""))
        if kind in ("tick", "yes_no") and label:
            found = read_one(label, known)
            if found.status == "ok":
                return found
        found = read_one(text, known)
        if found.status == "unparsed" and label:
            found = read_one(label, known)
        return found

    return read
