"""How to cite an edition, in the Citation File Format that reference managers read."""

import yaml

from nldtib.pages.cells import Edition
from nldtib.pages.present import figures, words

FILE = "CITATION.cff"


def text(edition: Edition) -> bytes:
    """Return the citation of an edition.

    Source
    ------
    Druskat et al. (2021), Citation File Format, version 1.2.0.
    """
    about = words.entries("annex.citation")
    values = {"round": edition.survey_round, "edition": figures.edition_name(edition)}
    entry = {
        "cff-version": "1.2.0",
        "message": about["message"],
        "type": "dataset",
        "title": about["title"].format_map(values),
        "authors": [{"name": about["author"]}],
        "version": f"{edition.survey_round}-{edition.name}",
        "date-released": str(edition.run["published_on"]),
        "abstract": about["invented" if edition.invented else "real"],
        "identifiers": [
            {
                "type": "other",
                "value": str(edition.run["input_fingerprint"]),
                "description": "fingerprint of the input",
            }
        ],
    }
    return yaml.safe_dump(entry, sort_keys=False, allow_unicode=True).encode()
