"""The attacker's linear programme: how far a hidden cell can move while all else agrees."""

import os
import sys

import highspy
import numpy as np
from scipy import sparse

from nldtib.errors import UnprotectedError

# A movement below this share of the level asked is the solver's rounding.
STILL = 1e-7


class Solver:
    """Equations over 2n columns: how far each cell rises, then how far it falls.

    The model stands between calls, so that each search starts from the last one.
    """

    def __init__(self) -> None:
        self.model = _silent()

    def take(self, matrix: sparse.csr_array) -> None:
        """Take the equations: a row for each, a column for each cell, whose rows sum to zero.

        Raises
        ------
        UnprotectedError
            The solver refuses them.
        """
        self.rows, self.cells = matrix.shape
        self.columns = np.arange(2 * self.cells, dtype=np.int32)
        double = sparse.hstack([matrix, -matrix], format="csr")
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = 2 * self.cells, self.rows
        nothing = np.zeros(2 * self.cells)
        programme.col_cost_ = programme.col_lower_ = programme.col_upper_ = nothing
        programme.row_lower_ = programme.row_upper_ = np.zeros(self.rows)
        programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        programme.a_matrix_.start_ = double.indptr
        programme.a_matrix_.index_ = double.indices.astype(np.int32)
        programme.a_matrix_.value_ = double.data
        if self.model.passModel(programme) == highspy.HighsStatus.kError:
            raise UnprotectedError("the solver refused the equations")

    def cheapest(
        self,
        target: np.ndarray,
        move: float,
        fall: np.ndarray,
        free: np.ndarray,
        cost: np.ndarray,
    ) -> np.ndarray | None:
        """Return the cheapest movement of all cells in which the target moves by `move`.

        Parameters
        ----------
        target
            Positions of the cells whose sum is to move.
        move
            How far, up or down; not zero.
        fall
            Per cell: how far it may fall.
        free
            Per cell: whether it may move at all.
        cost
            Per cell: the price of one unit of movement.

        Returns
        -------
        n movements, or None where the free cells alone cannot do it.

        Raises
        ------
        UnprotectedError
            The solver stopped without an answer.
        """
        scale, n = abs(move), self.cells
        upper = np.concatenate(
            [np.where(free, np.inf, 0.0), np.where(free, np.maximum(fall, 0.0) / scale, 0.0)]
        )
        lower = np.zeros(2 * n)
        if len(target) == 1:
            towards = target[0] + (n if move < 0 else 0)
            against = target[0] + (0 if move < 0 else n)
            if upper[towards] < 1 - 1e-9:
                return None
            lower[towards] = upper[towards] = 1.0
            lower[against] = upper[against] = 0.0
        self.model.changeColsBounds(2 * n, self.columns, lower, upper)
        self.model.changeColsCost(2 * n, self.columns, np.concatenate([cost, cost]))
        if len(target) > 1:
            index = np.concatenate([target, target + n]).astype(np.int32)
            signs = np.repeat([1.0, -1.0], len(target))
            self.model.addRow(np.sign(move), np.sign(move), len(index), index, signs)
        self.model.run()
        status = self.model.getModelStatus()
        solution = np.array(self.model.getSolution().col_value)
        if len(target) > 1:
            self.model.deleteRows(1, np.array([self.rows], dtype=np.int32))
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise UnprotectedError(f"the solver stopped: {self.model.modelStatusToString(status)}")
        movement = solution[:n] - solution[n:]
        return np.where(np.abs(movement) > STILL, movement, 0.0) * scale


def _silent() -> highspy.Highs:
    """Make a solver without its banner, which goes past `sys.stdout` and heeds no option."""
    sys.stdout.flush()
    shown = os.dup(1)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        model = highspy.Highs()
    finally:
        os.dup2(shown, 1)
        os.close(shown)
    for option, setting in (
        ("output_flag", False),
        ("solver", "simplex"),
        ("presolve", "off"),
        ("threads", 1),
        ("random_seed", 0),
    ):
        model.setOptionValue(option, setting)
    return model
