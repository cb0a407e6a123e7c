"""Edit rules as data, and the findings they give.

Source of the idea of rules as data: van der Loo and de Jonge (2018), Statistical Data Cleaning,
chapters 6 and 7.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nldtib.codebook import Codebook, closest
from nldtib.codebook.reading import parsed
from nldtib.errors import InputError, ParameterError
from nldtib.schema import FINDINGS

YEAR_BEFORE = "_year_before"
SEVERITIES = ("hard", "soft")
REGISTER = ("employees", "turnover_register")
PARTS = ("name", "expression", "reason", "severity", "protects")
SAFE_NODES = (
    ast.Expression,
    ast.BinOp,
    ast.UnaryOp,
    ast.Compare,
    ast.Name,
    ast.Attribute,
    ast.Load,
    ast.Constant,
    ast.operator,
    ast.unaryop,
    ast.cmpop,
)


@dataclass(frozen=True)
class Rule:
    """What a record must (hard) or should (soft) satisfy.

    protects
        The variables whose figures suffer where the rule fails.
    empties
        The variables that become missing when it fails and nobody decides; none of a soft rule.
    """

    name: str
    expression: str
    reason: str
    severity: str
    protects: tuple[str, ...]
    empties: tuple[str, ...] = ()


def read_rules(path: Path, book: Codebook) -> tuple[Rule, ...]:
    """Read the edit rules of a round; a rule about what only later rounds ask is left out.

    Raises
    ------
    InputError
        The file is absent or cannot be parsed, a rule lacks a part or bears the name of another,
        or names a variable that the codebook lacks.
    ParameterError
        A severity is unknown, a soft rule empties, or an expression does more than compare.
    """
    if not path.is_file():
        raise InputError(f"There are no edit rules at {path}.")
    known = _known(book)
    rules: dict[str, Rule] = {}
    for entry in parsed(path) or []:
        missing = set(PARTS) - set(entry)
        if missing:
            raise InputError(f"An edit rule in {path.name} lacks {', '.join(sorted(missing))}.")
        rule = Rule(
            entry["name"],
            entry["expression"],
            entry["reason"],
            entry["severity"],
            tuple(entry["protects"]),
            tuple(entry.get("empties", ())),
        )
        _refuse_unsound(rule, path.name)
        if rule.name in rules:
            raise InputError(f"{path.name} has two edit rules called {rule.name}. Rename one.")
        named = {name.split(".")[0] for name in _names(rule.expression)}
        if book.not_asked.isdisjoint(named):
            _refuse_unknown(rule, known, book, path.name)
            rules[rule.name] = rule
    return tuple(rules.values())


def confront(records: pd.DataFrame, rules: tuple[Rule, ...]) -> pd.DataFrame:
    """Confront every record with every rule, which is silent where a variable is missing.

    Parameters
    ----------
    records
        One row per unit and reference year, with every variable that the rules name;
        `<variable>_year_before` is made here.

    Returns
    -------
    DataFrame
        FINDINGS, one row per record that fails a rule: rule, severity, unit, reference_year.
    """
    table = _with_year_before(records)
    found = []
    for rule in rules:
        names = _names(rule.expression)
        plain = {name: _plain(name) for name in names}
        values = table[names].rename(columns=plain)
        complete = values.notna().all(axis=1) & table["in_scope"]
        holds = values[complete].eval(_flattened(rule.expression)).astype(bool)
        failing = table.loc[complete].loc[~holds, ["unit", "reference_year"]]
        found.append(failing.assign(rule=rule.name, severity=rule.severity))
    findings = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=FINDINGS)
    return findings[list(FINDINGS)]


def guarded(findings: pd.DataFrame, rules: tuple[Rule, ...]) -> pd.DataFrame:
    """Return the answers on which findings of hard rules lie: unit, reference_year, variable."""
    empties = {rule.name: rule.empties for rule in rules}
    rows = findings[["unit", "reference_year"]].assign(
        variable=[empties[name] for name in findings["rule"]]
    )
    return rows.explode("variable").dropna(subset=["variable"])


def _known(book: Codebook) -> set[str]:
    marks = {
        f"{dimension.name}.{item.code}"
        for dimension in book.dimensions.values()
        if dimension.overlapping
        for item in dimension.codes
    }
    return {*(variable.name for variable in book.answered()), *REGISTER, *marks}


def _refuse_unsound(rule: Rule, source: str) -> None:
    if rule.severity not in SEVERITIES:
        raise ParameterError(f"Edit rule {rule.name} is neither hard nor soft. Mend {source}.")
    if rule.severity == "soft" and rule.empties:
        raise ParameterError(f"Edit rule {rule.name} is soft and empties. Mend {source}.")
    try:
        nodes = list(ast.walk(ast.parse(rule.expression, mode="eval")))
    except SyntaxError:
        raise InputError(f"Edit rule {rule.name} cannot be read. Mend {source}.") from None
    plain = all(isinstance(n.value, ast.Name) for n in nodes if isinstance(n, ast.Attribute))
    numbers = all(isinstance(n.value, int | float) for n in nodes if isinstance(n, ast.Constant))
    if not (plain and numbers and all(isinstance(node, SAFE_NODES) for node in nodes)):
        raise ParameterError(f"Edit rule {rule.name} does more than compare. Mend {source}.")


def _refuse_unknown(rule: Rule, known: set[str], book: Codebook, source: str) -> None:
    named = [(name.removesuffix(YEAR_BEFORE), known) for name in _names(rule.expression)]
    named += [(name, set(book.variables)) for name in rule.protects]
    named += [(name, {v.name for v in book.answered()}) for name in rule.empties]
    for name, among in named:
        if name not in among:
            raise InputError(
                f'Edit rule "{rule.name}" names a variable that the codebook does not have: {name}.'
                f"{closest(name, among)} Mend {source}."
            )


def _names(expression: str) -> list[str]:
    """Return the variables of an expression; `customer.mod_nl` is one name."""
    tree = ast.parse(expression, mode="eval")
    marks = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    owners = {id(node.value) for node in marks}
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in owners}
    return sorted(names | {ast.unparse(node) for node in marks})


class _Flat(ast.NodeTransformer):
    """Turn `customer.mod_nl` into a name that pandas can evaluate."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.Name:
        return ast.Name(_plain(ast.unparse(node)), ast.Load())


def _flattened(expression: str) -> str:
    return ast.unparse(_Flat().visit(ast.parse(expression, mode="eval")))


def _plain(name: str) -> str:
    return name.replace(".", "__")


def _with_year_before(records: pd.DataFrame) -> pd.DataFrame:
    numbers = records.select_dtypes("number").columns.difference(["reference_year", *REGISTER])
    before = records[["unit", "reference_year", *numbers]].copy()
    before["reference_year"] += 1
    before = before.rename(columns={name: name + YEAR_BEFORE for name in numbers})
    return records.merge(before, on=["unit", "reference_year"], how="left")
