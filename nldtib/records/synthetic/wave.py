"""One round among the invented population: who answered what, in which words."""

import datetime
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nldtib import rounds
from nldtib.codebook import Codebook
from nldtib.errors import ParameterError
from nldtib.records.synthetic import answering, mistakes, questions, rows, texts, truth
from nldtib.records.synthetic import choices as twin
from nldtib.records.synthetic.assemble import chance
from nldtib.records.synthetic.choices import Choices
from nldtib.records.synthetic.mistakes import Sheet, Spoilt
from nldtib.rounds import Parameters
from nldtib.schema import DECISIONS

WAVE = 0


@dataclass(frozen=True)
class Wave:
    """One invented round.

    frame
        One row per unit, as the register knows it.
    responses
        The export as text, one row per response: None is SQL NULL, "" an answer left blank.
    decisions
        What an analyst decided on unit errors (schema.DECISIONS).
    truth
        One row per unit in scope and reference year.
    planted
        One row per answer that is not the truth, or response that is out of the ordinary:
        respondent_id, unit, variable, year, kind, truth and answer, in the unit of the question.
    """

    frame: pd.DataFrame
    responses: pd.DataFrame
    decisions: pd.DataFrame
    truth: pd.DataFrame
    planted: pd.DataFrame


def round_of(
    population: pd.DataFrame,
    parameters: Parameters,
    book: Codebook,
    seed: int,
    choices: Choices | None = None,
) -> Wave:
    """Hold one round of the survey among the population.

    Parameters
    ----------
    population
        As `population` makes it, with the same seed and choices.
    parameters, book
        Choices and questionnaire of the round, as `rounds` reads them.
    seed
        A whole number from 0. Rounds of one seed draw apart, but share part of the inclination
        to answer.
    choices
        By default parameters/synthetic.yml of this project.

    Raises
    ------
    ParameterError
        The round asks for a year that the population does not have, or has no date of fieldwork;
        or a choice names a question or variable that the codebook does not have.
    InputError
        The codebook has a dimension or code that the population does not have.
    """
    choices = choices or twin.read(rounds.project_root())
    _refuse(population, parameters, choices)
    frame = truth.frame(population, parameters, seed, choices)
    rng = chance(seed, parameters.survey_round, WAVE)
    register = population.drop_duplicates("unit").reset_index(drop=True)
    who = answering.respondents(rng, register, choices)
    who = who.merge(register, on="unit", how="left")
    sheet = _sheet(rng, who, population, book, choices)
    spoilt = mistakes.planted(rng, sheet, book, choices)
    written = texts.written(rng, sheet, spoilt, book, parameters, choices)
    responses, number_of = rows.laid_out(rng, sheet, spoilt, written, parameters, book, choices)
    planted = pd.concat([spoilt.planted, written.inexact], ignore_index=True)
    planted.insert(0, "respondent_id", planted.pop("row").map(number_of))
    return Wave(
        frame,
        responses,
        _decisions(spoilt, parameters, choices),
        truth.known(population, parameters, book),
        planted.sort_values(["kind", "unit", "variable", "year"], ignore_index=True),
    )


def _refuse(population: pd.DataFrame, parameters: Parameters, choices: Choices) -> None:
    unknown = set(parameters.reference_years) - set(population["reference_year"])
    if unknown:
        raise ParameterError(
            f"The invented population has no figures of {min(unknown)}. Add totals of that year to "
            "parameters/synthetic.yml."
        )
    if str(parameters.survey_round) not in choices.fieldwork:
        raise ParameterError(
            f"parameters/synthetic.yml has no fieldwork of round {parameters.survey_round}. Add "
            "its first day."
        )


def _sheet(
    rng: np.random.Generator,
    who: pd.DataFrame,
    population: pd.DataFrame,
    book: Codebook,
    choices: Choices,
) -> Sheet:
    columns = questions.columns(book)
    years = {column.year for column in columns if column.year}
    by_unit = {
        year: population[population["reference_year"] == year].set_index("unit").loc[who["unit"]]
        for year in years
    }
    meant = {}
    for column in columns:
        rows = by_unit[column.year] if column.year else who
        numbers = questions.numbers(column, rows, book)
        if numbers is not None:
            # Whoever does not belong has no figures, and is not asked for them either.
            meant[column.heading] = np.nan_to_num(numbers)
    open_cells = mistakes.left_open(rng, who, columns, book, choices)
    return Sheet(who, columns, meant, open_cells)


def _decisions(spoilt: Spoilt, parameters: Parameters, choices: Choices) -> pd.DataFrame:
    """Return the corrections of unit errors that an analyst made; the last are left undecided."""
    started = choices.fieldwork[str(parameters.survey_round)]
    days = choices.fieldwork_days + choices.decisions.days_after_fieldwork
    seen = list(spoilt.rows[mistakes.WHOLE_EUROS])
    seen = seen[: max(len(seen) - int(choices.planted.whole_euros_undecided), 0)]
    errors = spoilt.planted
    errors = errors[(errors["kind"] == mistakes.WHOLE_EUROS) & errors["row"].isin(seen)]
    decisions = pd.DataFrame(
        {
            "unit": errors["unit"],
            "variable": errors["variable"],
            "year": errors["year"].astype(int),
            "old": [f"{amount:.0f}" for amount in errors["answer"]],
            "new": [f"{amount / 1000:.0f}" for amount in errors["answer"]],
            "reason": choices.decisions.reason,
            "who": choices.decisions.who,
            "date": (started + datetime.timedelta(days=days)).isoformat(),
        }
    )
    decisions = decisions.sort_values(["unit", "variable", "year"], ignore_index=True)
    return decisions[list(DECISIONS)]
