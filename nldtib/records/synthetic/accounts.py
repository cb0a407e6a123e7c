"""What an analyst would note from annual accounts of the largest organisations."""

import numpy as np
import pandas as pd

from nldtib.records.synthetic.choices import Choices
from nldtib.rounds import Parameters
from nldtib.schema import ACCOUNTS

NOTED = ("turnover_total", "fte_total")


def noted(population: pd.DataFrame, parameters: Parameters, choices: Choices) -> pd.DataFrame:
    """Return turnover and staff of the organisations with `accounts_employees` or more, ACCOUNTS.

    Amounts are rounded to whole millions, as accounts print them, and staff to whole fte.
    """
    large = population["employees"] >= choices.accounts_employees
    asked = population["reference_year"].isin(parameters.reference_years)
    rows = population[large & asked & population["in_scope"] & population["with_annual_account"]]
    table = rows.melt(["unit", "reference_year"], list(NOTED), "variable", "value")
    money = table["variable"] == "turnover_total"
    rounded = np.where(money, 1000 * (table["value"] / 1000).round(), table["value"].round())
    table = table.assign(value=rounded.astype(int), source="jaarrekening")
    table = table.rename(columns={"reference_year": "year"})
    return table[list(ACCOUNTS)].sort_values(["unit", "variable", "year"], ignore_index=True)
