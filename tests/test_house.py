"""The plan of the house: who may import whom, how large a room may grow, and that nothing leaks up.

A room is a module, or a folder of that name. Wings are `records`, `gate`, `pages` and `workbench`;
the ground is what they stand on. METHODS.md, "The house", gives the reasons.
"""

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
GROUND = {"errors", "schema", "codebook", "rounds", "concordance"}
WINGS = ("records", "gate", "pages", "workbench")
MOST_LINES = 400
MOST_STATEMENTS = 30

# Beyond the ground and itself, a room may import only these; a wing's name means all its rooms.
MAY_IMPORT = {
    "records.estimate": {"records.weight"},
    "records.tabulate": {"records.estimate"},
    "gate.protect": {"gate.ledger"},
    "pages.present": {"pages.cells"},
    "pages.compare": {"pages.cells"},
    "pages.annex": {"pages.cells", "pages.present"},
    "workbench": {"produce", "records", "gate", "pages.present"},
    "produce": {"records", "gate", "pages.cells"},
    "report": {"gate.audit", "pages"},
    "__main__": {"produce", "report", "records", "gate", "pages", "questionnaire"},
}


def room_of(path: Path, package: Path) -> str:
    """Name the room that a file belongs to: `records.load`, `produce`, `errors`."""
    parts = path.relative_to(package).with_suffix("").parts
    if parts[0] in WINGS and len(parts) > 1 and parts[1] != "__init__":
        return ".".join(parts[:2])
    return parts[0]


def imports_of(path: Path) -> set[str]:
    """Return the dotted names inside the package that a file imports, anywhere in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nldtib":
            found |= {f"{node.module}.{name.name}" for name in node.names}
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names if name.name.startswith("nldtib.")}
        if isinstance(node, ast.ImportFrom) and node.level:
            found.add("a relative import")
    return {name.removeprefix("nldtib.") for name in found}


def room_named(dotted: str) -> str:
    parts = dotted.split(".")
    return ".".join(parts[:2]) if parts[0] in WINGS and len(parts) > 1 else parts[0]


def rooms(package: Path) -> dict[str, set[str]]:
    """Return, per room, the other rooms that it imports."""
    used: dict[str, set[str]] = {}
    for path in sorted(package.rglob("*.py")):
        room = room_of(path, package)
        targets = {room_named(name) for name in imports_of(path)}
        used.setdefault(room, set()).update(targets - {room, "__init__"})
    return used


def forbidden_imports(package: Path) -> list[str]:
    """List the imports that the plan does not allow."""
    offences = []
    for room, targets in rooms(package).items():
        allowed = MAY_IMPORT.get(room, set()) | MAY_IMPORT.get(room.split(".")[0], set())
        for target in sorted(targets):
            wing = target.split(".")[0]
            ground = target in GROUND
            own_wing = room.split(".")[0] == "workbench" and wing == "workbench"
            if not (ground or own_wing or target in allowed or wing in allowed):
                offences.append(f"{room} imports {target}")
    return offences


def circles(package: Path) -> list[str]:
    """List rooms from which imports lead back to themselves."""
    used = rooms(package)

    def reach(room: str) -> set[str]:
        found: set[str] = set()
        waiting = list(used.get(room, ()))
        while waiting:
            target = waiting.pop()
            if target not in found:
                found.add(target)
                waiting.extend(used.get(target, ()))
        return found

    return [room for room in used if room in reach(room)]


def overgrown(package: Path) -> list[str]:
    """List files that are too long, and functions with too many statements."""
    offences = []
    for path in sorted(package.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > MOST_LINES:
            offences.append(f"{path.name} has {len(text.splitlines())} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                statements = sum(isinstance(inner, ast.stmt) for inner in ast.walk(node)) - 1
                if statements > MOST_STATEMENTS:
                    offences.append(f"{path.name}: {node.name} has {statements} statements")
    return offences


def untyped(package: Path) -> list[str]:
    """List public functions without types on every argument and on the result."""
    offences = []
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                arguments = [a for a in (*node.args.args, *node.args.kwonlyargs) if a.arg != "self"]
                if node.returns is None or any(a.annotation is None for a in arguments):
                    offences.append(f"{path.name}: {node.name}")
    return offences


def test_every_import_is_allowed_by_the_plan():
    assert forbidden_imports(PROJECT / "nldtib") == []


def test_no_import_leads_back_to_its_own_room():
    assert circles(PROJECT / "nldtib") == []


def test_no_room_and_no_function_outgrows_its_reader():
    assert overgrown(PROJECT / "nldtib") == []


def test_every_public_function_says_what_goes_in_and_what_comes_out():
    assert untyped(PROJECT / "nldtib") == []


@pytest.mark.parametrize(
    ("room", "line", "offence"),
    [
        ("pages/cells.py", "from nldtib.records import load", "pages.cells imports records.load"),
        ("pages/cells.py", "import nldtib.produce", "pages.cells imports produce"),
        (
            "records/load.py",
            "from nldtib.records import clean",
            "records.load imports records.clean",
        ),
        ("gate/audit.py", "from nldtib.gate import protect", "gate.audit imports gate.protect"),
        ("errors.py", "from nldtib.pages import cells", "errors imports pages.cells"),
    ],
)
def test_a_planted_import_is_found(tmp_path, room, line, offence):
    planted = tmp_path / "nldtib" / room
    planted.parent.mkdir(parents=True)
    planted.write_text(f"def verb():\n    {line}\n", encoding="utf-8")

    assert forbidden_imports(tmp_path / "nldtib") == [offence]


def test_a_planted_circle_is_found(tmp_path):
    for room, other in (("one", "two"), ("two", "one")):
        (tmp_path / f"{room}.py").write_text(f"from nldtib import {other}\n", encoding="utf-8")

    assert circles(tmp_path) == ["one", "two"]


def test_planted_growth_and_missing_types_are_found(tmp_path):
    body = "\n".join(f"    x{i} = {i}" for i in range(MOST_STATEMENTS + 1))
    (tmp_path / "big.py").write_text(f"def verb(a):\n{body}\n" + "\n" * MOST_LINES, "utf-8")

    assert len(overgrown(tmp_path)) == 2
    assert untyped(tmp_path) == ["big.py: verb"]
