"""The invented rounds as files, laid out as a real round and written as the tools write them."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import yaml

from nldtib import rounds
from nldtib.records.synthetic import accounts, links, lists
from nldtib.records.synthetic import choices as twin
from nldtib.records.synthetic.assemble import population
from nldtib.records.synthetic.choices import Choices
from nldtib.records.synthetic.wave import Wave, round_of


def write(folder: Path, seed: int) -> dict[str, Wave]:
    """Make the invented rounds and write each to `folder/<survey round>/`.

    Every round gets raw/responses.csv (as LimeSurvey exports question and answer codes),
    raw/frame.csv, raw/accounts.csv, raw/sources/*.csv, decisions.csv, disclosure.yml and truth.csv.
    Files of those names are replaced; the same seed gives the same bytes.

    Parameters
    ----------
    folder
        Where the rounds go; it is made if need be.
    seed
        A whole number from 0.

    Returns
    -------
    dict
        What was written, by survey round.

    Raises
    ------
    ParameterError
        The seed is no whole number from 0, or parameters/ lacks or contradicts something.
    InputError
        The codebook of a round does not fit the population.
    ConvergenceError
        The choices leave no room for the totals.
    """
    root = rounds.project_root()
    choices = twin.read(root)
    everyone = population(seed, choices)
    waves = {}
    for survey_round in sorted(choices.fieldwork):
        parameters = rounds.read_parameters(survey_round, root)
        book = rounds.read_codebook(survey_round, root)
        wave = round_of(everyone, parameters, book, seed, choices)
        waves[survey_round] = wave
        home = Path(folder) / survey_round
        doubles = links.doubled(wave, parameters.survey_round, seed, choices)
        decided = links.decided(wave, doubles, parameters.survey_round, choices)
        _write_round(home, wave, choices)
        _write(home / "raw" / "frame.csv", _below(wave.frame, doubles[list(wave.frame)]))
        _write(home / "decisions.csv", _below(wave.decisions, decided))
        _write(home / "raw" / "accounts.csv", accounts.noted(everyone, parameters, choices))
        named = lists.of_sources(wave.frame, parameters.survey_round, seed, choices)
        for source, table in named.items():
            _write(home / "raw" / "sources" / f"{source}.csv", table.drop(columns="unit"))
    return waves


def export(responses: pd.DataFrame) -> bytes:
    """Return responses as LimeSurvey writes a CSV of codes.

    UTF-8 with a byte order mark; rows end in CRLF, line breaks inside a cell are LF; every value
    stands in quotes, and an absent value (SQL NULL) is nothing at all.
    """
    lines = [_line(responses.columns), *map(_line, responses.itertuples(index=False, name=None))]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode("utf-8")


def _line(cells: Iterable[str | None]) -> str:
    return ",".join("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in cells)


def _write_round(folder: Path, wave: Wave, choices: Choices) -> None:
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    (folder / "raw" / "responses.csv").write_bytes(export(wave.responses))
    rule = {
        "fewest_holdings": choices.disclosure.fewest_holdings,
        "p_percent": choices.disclosure.p_percent,
    }
    (folder / "disclosure.yml").write_bytes(yaml.safe_dump(rule, sort_keys=False).encode())
    _write(folder / "truth.csv", wave.truth)


def _below(table: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table.astype(object), more.astype(object)], ignore_index=True)


def _write(path: Path, table: pd.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(table.to_csv(index=False, lineterminator="\n").encode("utf-8"))
