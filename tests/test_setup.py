"""The same environment everywhere, and nothing secret in the repository."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[1]
FOUNDATIONS = "jupyterlab pandas seaborn statsmodels papermill nbconvert ipywidgets".split()
PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)")


def text(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def pinned(lines: list[str]) -> dict[str, str]:
    """Return version by package; a line that pins nothing is refused."""
    found = [PIN.fullmatch(line) for line in lines]
    loose = [line for line, match in zip(lines, found, strict=True) if match is None]
    assert loose == [], "not pinned to one version"
    return dict(match.groups() for match in found)


def direct_pins() -> dict[str, str]:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    return pinned(project["dependencies"] + project["optional-dependencies"]["test"])


def locked() -> list[tuple[str, str, int]]:
    """Return name, version and number of hashes by entry; one package can have several."""
    entries = re.split(r"^(?=[A-Za-z0-9])", text("requirements.lock"), flags=re.MULTILINE)
    return [
        (*PIN.match(entry).groups(), len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)))
        for entry in entries
        if entry
    ]


def git(*arguments: str, folder: Path = PROJECT) -> subprocess.CompletedProcess:
    # A hook of git sets GIT_DIR and the like, which would point these calls elsewhere.
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", "-c", "safe.directory=*", *arguments],
        cwd=folder,
        env={**quiet, **settings},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def the_repository() -> None:
    if not (PROJECT / ".git").exists():
        pytest.skip("this copy is no git repository")


def refuse_records(*names: str | Path) -> subprocess.CompletedProcess:
    command = [sys.executable, str(PROJECT / ".ci" / "refuse_records"), *map(str, names)]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def notebook(folder: Path, name: str, **cell) -> Path:
    path = folder / name
    code = {"cell_type": "code", "source": "1", "outputs": [], **cell}
    path.write_text(json.dumps({"cells": [code], "metadata": {}}), encoding="utf-8")
    return path


def test_conda_and_pip_are_told_the_same():
    environment = yaml.safe_load(text("environment.yml"))
    *conda, pip = environment["dependencies"]

    assert environment.keys() == {"name", "dependencies"}
    assert conda == ["python=3.11", "pip"]
    assert pinned(pip["pip"]) == direct_pins()
    assert len(pip["pip"]) == len(direct_pins())


def test_the_lock_holds_every_direct_pin_in_the_same_version():
    direct = direct_pins()
    versions = {(name, version) for name, version, _ in locked() if name in direct}

    assert versions == set(direct.items())


def test_every_locked_package_has_a_hash():
    assert [name for name, _, hashes in locked() if hashes == 0] == []


@pytest.mark.parametrize("name", ["requirements.lock", "environment.yml"])
def test_no_package_host_is_named(name):
    named = re.findall(r"https?:|index-url|find-links|channels|git\+|@ ", text(name))

    assert named == []


def test_the_foundations_are_there():
    assert [name for name in FOUNDATIONS if name not in direct_pins()] == []


@pytest.mark.parametrize(
    "path",
    [
        "data/rounds/2026/raw/responses.csv",
        "data/rounds/2026/decisions.csv",
        "data/rounds/loose.xlsx",
        "outputs/2026/first/cells.csv",
        "outputs/index.html",
        "data/demo/2026/raw/frame.csv",
        ".venv/made_from",
    ],
)
def test_git_ignores_records_editions_and_invented_rounds(path):
    the_repository()

    assert git("check-ignore", "--no-index", path).returncode == 0


@pytest.mark.parametrize(
    "path",
    ["data/rounds/.gitkeep", "outputs/.gitkeep", "data/reference/published.csv"],
)
def test_git_does_not_ignore_what_belongs_in_it(path):
    the_repository()

    assert git("check-ignore", "--no-index", path).returncode == 1


def test_nothing_secret_is_committed():
    the_repository()
    listing = git("ls-files", "-z", "data/rounds", "outputs")

    assert listing.returncode == 0
    names = {Path(name).name for name in listing.stdout.split("\0") if name}
    assert names <= {".gitkeep", "README.md"}


@pytest.mark.parametrize(
    "path",
    [
        "data/rounds/2026/raw/acme_holding.csv",
        "data/rounds/acme_holding.csv",
        "data\\rounds\\2026\\acme_holding.csv",
        "Data/Rounds/2026/acme_holding.csv",
        "./data/rounds/acme_holding.csv",
        "data/rounds/2026/.gitkeep/acme_holding.csv",
        "outputs/2026/first/acme_holding.html",
    ],
)
def test_the_hook_refuses_a_planted_record_and_does_not_name_it(path):
    outcome = refuse_records("nldtib/errors.py", path)

    assert outcome.returncode == 1
    assert outcome.stdout.startswith("1 file(s) under ")
    assert "acme" not in outcome.stdout + outcome.stderr


def test_the_hook_lets_pass_what_may_be_committed(tmp_path):
    harmless = ["data/rounds/.gitkeep", "outputs/README.md", "data/reference/published.csv"]
    outcome = refuse_records(*harmless, "nldtib/outputs/x.py", notebook(tmp_path, "a.ipynb"))

    assert (outcome.returncode, outcome.stdout) == (0, "")


@pytest.mark.parametrize(
    "filled",
    [
        {"outputs": [{"output_type": "stream", "name": "stdout", "text": "acme 12,5"}]},
        {"attachments": {"acme.png": {"image/png": "aGVsbG8="}}},
    ],
)
def test_the_hook_refuses_a_notebook_with_results(tmp_path, filled):
    outcome = refuse_records(notebook(tmp_path, "explore.ipynb", **filled))

    assert outcome.returncode == 1
    assert outcome.stdout.startswith("1 notebook(s) carry results")
    assert "acme" not in outcome.stdout + outcome.stderr


@pytest.mark.parametrize("content", ["", "not json", "[]", "{}", '{"cells": 3, "metadata": {}}'])
def test_the_hook_refuses_a_notebook_that_it_cannot_read(tmp_path, content):
    broken = tmp_path / "broken.ipynb"
    broken.write_text(content, encoding="utf-8")

    assert refuse_records(broken).returncode == 1


def test_a_commit_of_a_record_is_stopped_even_when_it_is_forced_past_gitignore(tmp_path):
    (tmp_path / ".ci").mkdir()
    for name in (".ci/in_venv", ".ci/refuse_records", ".gitignore", ".pre-commit-config.yaml"):
        shutil.copy(PROJECT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    record = tmp_path / "data" / "rounds" / "2026" / "raw" / "responses.csv"
    record.parent.mkdir(parents=True)
    record.write_text("respondent_id\n", encoding="utf-8")
    assert git("init", "--quiet", folder=tmp_path).returncode == 0
    assert git("add", "--force", "data", ".pre-commit-config.yaml", folder=tmp_path).returncode == 0

    hooks = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--color", "never"],
        cwd=tmp_path,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "PRE_COMMIT_HOME": str(tmp_path / "hooks"),
        },
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )

    assert hooks.returncode == 1
    assert "1 file(s) under data/rounds/ are about to be committed" in hooks.stdout


def test_hooks_are_local_so_that_nothing_is_fetched():
    config = yaml.safe_load(text(".pre-commit-config.yaml"))
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]

    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    assert all("additional_dependencies" not in hook for hook in hooks)
    assert {hook["language"] for hook in hooks} == {"system"}


def test_makefile_targets_named_in_the_readme_exist():
    if not (PROJECT / "README.md").exists():
        pytest.skip("there is no README.md yet")
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), flags=re.MULTILINE))
    named = {
        name
        for page in ("README.md", "CONTRIBUTING.md")
        for words in re.findall(r"`make ((?:[a-z]+ ?)+)", text(page))
        for name in words.split()
    }

    assert named, "README.md names no make target"
    assert named <= targets


def test_help_lists_every_target():
    makefile = text("Makefile")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE).group(1).split()

    assert re.findall(r"^([a-z]+):.*## ", makefile, flags=re.MULTILINE) == phony
