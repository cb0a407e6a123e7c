"""Edit rules as data, the findings they give, and the decisions that people took on them.

Source of the idea of rules as data: van der Loo and de Jonge (2018), Statistical Data Cleaning,
chapters 6 and 7.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from nldtib.codebook import Codebook, closest
from nldtib.errors import InputError, ParameterError
from nldtib.schema import CHANGES, DECISIONS, FINDINGS, Edited, check

YEAR_BEFORE = "_year_before"
SEVERITIES = ("hard", "soft")
SAFE_NODES = (
    ast.Expression,
    ast.BinOp,
    ast.UnaryOp,
    ast.Compare,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.operator,
    ast.unaryop,
    ast.cmpop,
)


@dataclass(frozen=True)
class Rule:
    """What a record must (hard) or should (soft) satisfy, and what is emptied when it must not."""

    name: str
    expression: str
    reason: str
    severity: str
    empties: tuple[str, ...]


def read_rules(path: Path, book: Codebook) -> tuple[Rule, ...]:
    """Read the edit rules of a round.

    Raises
    ------
    InputError
        The file is absent, a rule lacks a part, or names a variable that the codebook lacks.
    ParameterError
        A severity is unknown, or an expression is more than a comparison of variables.
    """
    if not path.is_file():
        raise InputError(f"There are no edit rules at {path}.")
    known = {variable.name for variable in book.answered()} | {"employees"}
    rules = []
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
        missing = {"name", "expression", "reason", "severity"} - set(entry)
        if missing:
            raise InputError(f"An edit rule in {path.name} lacks {', '.join(sorted(missing))}.")
        rule = Rule(
            entry["name"],
            entry["expression"],
            entry["reason"],
            entry["severity"],
            tuple(entry.get("empties", ())),
        )
        _refuse_unknown(rule, known, path.name)
        rules.append(rule)
    return tuple(rules)


def confront(records: pd.DataFrame, rules: tuple[Rule, ...]) -> pd.DataFrame:
    """Confront every record with every rule, which is silent where a variable is missing.

    Returns
    -------
    DataFrame
        FINDINGS, one row per record that fails a rule: rule, severity, unit, reference_year.
    """
    table = _with_year_before(records)
    found = []
    for rule in rules:
        names = _names(rule.expression)
        complete = table[names].notna().all(axis=1) & table["in_scope"]
        holds = table.eval(rule.expression).astype(bool)
        failing = table.loc[complete & ~holds, ["unit", "reference_year"]]
        found.append(failing.assign(rule=rule.name, severity=rule.severity))
    findings = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=FINDINGS)
    return findings[list(FINDINGS)]


def read_decisions(path: Path) -> pd.DataFrame:
    """Read the corrections that people decided; an absent file means none.

    Raises
    ------
    InputError
        A decision lacks its unit, year, value, reason, person or date.
    """
    if not path.is_file():
        return pd.DataFrame(columns=DECISIONS)
    decisions = check(pd.read_csv(path, dtype=str, keep_default_na=False), DECISIONS, path.name)
    needed = [column for column in DECISIONS if column not in ("old", "new", "year")]
    bare = (decisions[needed] == "").any(axis=1)
    if bare.any():
        raise InputError(
            f"{int(bare.sum())} of {len(decisions)} decisions lack a unit, variable, reason, "
            "person or date. Complete decisions.csv: a correction without its reason is not made."
        )
    return decisions


def decide(records: pd.DataFrame, decisions: pd.DataFrame) -> Edited:
    """Apply decisions in order, each to the value that it was made on.

    Raises
    ------
    InputError
        A decision names an unknown unit, variable or year, or a value that has changed since.
    """
    table = records.copy()
    place = {key: row for row, key in zip(table.index, _keys(table), strict=True)}
    changes = []
    lost = stale = 0
    for decision in decisions.itertuples():
        row = place.get((decision.unit, decision.year))
        if row is None or decision.variable not in table:
            lost += 1
            continue
        old, new = (_number(text) for text in (decision.old, decision.new))
        if not _same(table.at[row, decision.variable], old):
            stale += 1
            continue
        table.at[row, decision.variable] = new
        changes.append(
            (decision.unit, int(decision.year), decision.variable, "corrected", decision.reason)
        )
    if lost or stale:
        raise InputError(
            f"{lost} of {len(decisions)} decisions name a unit, variable or year without answer, "
            f"and {stale} were made on a value that has changed since. Look at them again."
        )
    return Edited(table, pd.DataFrame(changes, columns=CHANGES))


def empty(records: pd.DataFrame, findings: pd.DataFrame, rules: tuple[Rule, ...]) -> Edited:
    """Empty the values on which a hard rule failed and no decision was taken.

    Such a value cannot stand beside the others: it becomes missing, is imputed later, and stays
    listed among the changes.
    """
    table = records.copy()
    changes = []
    position = {key: row for row, key in zip(table.index, _keys(table), strict=True)}
    for rule in (rule for rule in rules if rule.severity == "hard"):
        for finding in findings[findings["rule"] == rule.name].itertuples():
            row = position[(finding.unit, str(finding.reference_year))]
            for variable in rule.empties:
                if pd.notna(table.at[row, variable]):
                    table.at[row, variable] = float("nan")
                    key = (finding.unit, finding.reference_year, variable, "emptied", rule.name)
                    changes.append(key)
    return Edited(table, pd.DataFrame(changes, columns=CHANGES))


def _refuse_unknown(rule: Rule, known: set[str], source: str) -> None:
    if rule.severity not in SEVERITIES:
        raise ParameterError(f"Edit rule {rule.name} is neither hard nor soft. Mend {source}.")
    try:
        nodes = list(ast.walk(ast.parse(rule.expression, mode="eval")))
    except SyntaxError:
        raise InputError(f"Edit rule {rule.name} cannot be read. Mend {source}.") from None
    if not all(isinstance(node, SAFE_NODES) for node in nodes):
        raise ParameterError(f"Edit rule {rule.name} does more than compare. Mend {source}.")
    for name in (*_names(rule.expression), *rule.empties):
        if name.removesuffix(YEAR_BEFORE) not in known:
            raise InputError(
                f'Edit rule "{rule.name}" names a variable that the codebook does not have: {name}.'
                f"{closest(name, known)} Mend {source}."
            )


def _names(expression: str) -> list[str]:
    nodes = ast.walk(ast.parse(expression, mode="eval"))
    return sorted({node.id for node in nodes if isinstance(node, ast.Name)})


def _with_year_before(records: pd.DataFrame) -> pd.DataFrame:
    numbers = records.select_dtypes("number").columns.difference(["reference_year", "employees"])
    before = records[["unit", "reference_year", *numbers]].copy()
    before["reference_year"] += 1
    before = before.rename(columns={name: name + YEAR_BEFORE for name in numbers})
    return records.merge(before, on=["unit", "reference_year"], how="left")


def _keys(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(table["unit"], table["reference_year"].astype(str), strict=True))


def _number(text: str) -> float:
    return float(text) if text else float("nan")


def _same(now: float, before: float) -> bool:
    both_missing = pd.isna(now) and pd.isna(before)
    return both_missing or abs(now - before) <= 1e-9 * max(1.0, abs(before))
