"""Sums between cells: one written down in order, and those that formulas of variables give."""

import ast
from collections.abc import Mapping

from nldtib.codebook import Variable

Equation = tuple[tuple[int, ...], tuple[float, ...]]


def ordered(index: tuple[int, ...], signs: tuple[float, ...]) -> Equation:
    """Return an equation with its cells in the order of their positions."""
    pairs = sorted(zip(index, signs, strict=True))
    return tuple(i for i, _ in pairs), tuple(sign for _, sign in pairs)


def between(position: Mapping[tuple, int], variables: Mapping[str, Variable]) -> list[Equation]:
    """Return the equations of variables that are sums or differences of others."""
    equations = []
    for (name, year, place), number in position.items():
        terms = _linear(variables[name].formula) if name in variables else {}
        others = {(other, year, place): sign for other, sign in terms.items()}
        # A part that is nowhere at this place is zero for all there.
        known = {cell: sign for cell, sign in others.items() if cell in position}
        if terms and {cell[0] for cell in others} <= {cell[0] for cell in position}:
            index = (number, *(position[cell] for cell in known))
            equations.append(ordered(index, (-1.0, *known.values())))
    return equations


def _linear(formula: str) -> dict[str, float]:
    """Return the sign of each variable when a formula only adds and subtracts, else nothing."""
    try:
        tree = ast.parse(formula, mode="eval").body
    except SyntaxError:
        return {}
    terms: dict[str, float] = {}

    def collect(node: ast.expr, sign: float) -> bool:
        if isinstance(node, ast.Name):
            terms[node.id] = terms.get(node.id, 0.0) + sign
            return True
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            after = sign if isinstance(node.op, ast.Add) else -sign
            return collect(node.left, sign) and collect(node.right, after)
        return False

    return terms if collect(tree, 1.0) else {}
