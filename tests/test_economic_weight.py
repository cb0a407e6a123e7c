"""What is scaled or modelled says so, and is known only where its numerator is."""

from pathlib import Path

import pytest

from nldtib import rounds
from nldtib.errors import InputError
from nldtib.gate import protect
from nldtib.gate.protect import derived

ROOT = Path(__file__).resolve().parents[1]


def test_factors_are_a_public_figure_or_a_parameter():
    choices = rounds.read_parameters(2026, ROOT)

    factors = rounds.read_factors(choices, ROOT)

    # Value added of 3.6 bn over a GDP of 1,033 bn.
    assert factors["percent_of_gdp"][2023] * 3_600_000 == pytest.approx(0.3485, abs=1e-4)
    assert 2025 not in factors["percent_of_gdp"]
    assert factors["indirect_fte_per_fte"][2025] * 22_453 == pytest.approx(11_226.5)


def test_without_the_public_figure_nothing_is_computed(tmp_path):
    with pytest.raises(InputError, match=r"gdp\.csv"):
        rounds.read_factors(rounds.read_parameters(2026, ROOT), tmp_path)


@pytest.mark.parametrize("name", ["gdp_share", "fte_indirect"])
def test_a_multiple_of_a_total_is_as_secret_as_the_total(name):
    book = rounds.read_codebook(2026, ROOT)
    rules = protect.Rules(3, 10.0, book.variables, book.dimensions)
    numerator = book.variables[name].numerator

    assert derived.components((name, 2025, ()), 2023, rules) == ((numerator, 2025, ()),)


def test_the_model_says_that_it_is_one():
    variable = rounds.read_codebook(2026, ROOT).variables["fte_indirect"]

    assert variable.statistic == "model"
    assert "model" in variable.base.nl and "model" in variable.base.en
