"""LimeSurvey's JSON: one object per response, null for what was never stored."""

import json
import re

from nldtib.errors import InputError
from nldtib.records.load import delimited
from nldtib.records.load.grid import Grid, coded

HALF = re.compile("[\ud800-\udfff]")


def read(content: bytes, name: str) -> Grid:
    """Read `{"responses": [...]}`, also in the older form with the response number as key.

    Raises
    ------
    InputError
        The JSON is broken or cut off, or holds no responses: the tool writes its own refusals as
        JSON too.
    """
    text, lettering = delimited.decode(content, name)
    try:
        whole = json.loads(text, object_pairs_hook=list, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise InputError(
            f"{name} is JSON that is broken or cut off. Export the responses again."
        ) from None
    responses = _responses(whole)
    if responses is None:
        raise InputError(
            f"{name} is JSON without responses; the survey tool may have refused the export. "
            "Export the responses again, as a user who may."
        )
    if not responses:
        raise InputError(f"{name} has no response. Export the responses again.")
    headings = [heading for heading, _ in responses[0]]
    for heading in headings:
        _text(heading, name)
    for number, response in enumerate(responses, start=1):
        if [heading for heading, _ in response] != headings:
            raise InputError(
                f"Response {number} of {name} has other questions than the first. "
                "Put one export in a file."
            )
    columns = zip(*([_text(value, name) for _, value in row] for row in responses), strict=True)
    return Grid(
        headings=tuple(headings),
        columns=tuple(coded(cells) for cells in columns),
        tool="LimeSurvey JSON",
        lettering=lettering,
        blanks_kept=True,
    )


def _responses(whole: object) -> list[list[tuple[str, object]]] | None:
    # Objects are lists of pairs, so that no key is lost where two are alike.
    found = dict(whole).get("responses") if _is_object(whole) and whole else None
    if not isinstance(found, list) or not all(_is_object(response) for response in found):
        return None
    if found and all(len(response) == 1 and _is_object(response[0][1]) for response in found):
        found = [response[0][1] for response in found]
    return found if all(found) else None


def _is_object(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(pair, tuple) and len(pair) == 2 for pair in value
    )


def _text(value: object, name: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        # Half of a pair of escapes, as in \ud83d, is no letter.
        if not value.isascii() and HALF.search(value):
            raise InputError(f"{name} holds letters that are damaged. Export the responses again.")
        return value
    if isinstance(value, bool):
        return "Y" if value else "N"
    raise InputError(f"{name} holds lists where answers are expected. Export the responses again.")
