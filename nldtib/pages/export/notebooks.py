"""Which notebooks a report has, what may be asked of them, and whether a run of one is fit to show.

Papermill lets an unknown parameter pass with a warning, does not compare types, and leaves a
notebook that looks complete after its kernel died. All three are settled here.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from nldtib.codebook import closest
from nldtib.errors import InputError, ParameterError, RunError

ORDER = (
    "summary",
    "size",
    "structure",
    "knowledge",
    "trends",
    "outlook",
    "quality",
    "facts",
)
RESERVED = ("index", "accessibility")
PARAMETERS_TAG = "parameters"
INJECTED_TAG = "injected-parameters"


def find(folder: Path, wanted: Sequence[str] = ()) -> dict[str, Path]:
    """Return the report notebooks of `folder` by name, in the order of the report.

    Notebooks in deeper folders, such as the workbench, are never part of a report.

    Raises
    ------
    ParameterError
        There is no notebook, a wanted one is not there, or a name cannot be that of a page.
    """
    paths = sorted(folder.glob("*.ipynb"), key=lambda path: (_place(path.stem), path.stem))
    known = {path.stem: path for path in paths}
    if not known:
        raise ParameterError(f"There is no notebook in {folder.name}/. Nothing was run.")
    for name in known:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) or name in RESERVED:
            raise ParameterError(
                f"{name}.ipynb cannot be a page: a page is named by small letters, and not "
                f"{' or '.join(RESERVED)}. "
                f"Rename it, or move it to {folder.name}/workbench/. Nothing was run."
            )
    for name in wanted:
        if name not in known:
            raise ParameterError(
                f"There is no notebook {name} in {folder.name}/.{closest(name, known)} "
                f"It has: {', '.join(known)}. Nothing was run."
            )
    return {name: path for name, path in known.items() if not wanted or name in wanted}


def read(path: Path) -> NotebookNode:
    """Read one notebook.

    Raises
    ------
    InputError
        The file is no notebook.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (ValueError, AttributeError, KeyError, TypeError, nbformat.ValidationError):
        raise InputError(f"{path.name} is not a notebook that can be read. Restore it.") from None
    return notebook


def defaults(name: str, notebook: NotebookNode) -> dict[str, object]:
    """Return the parameters that a notebook declares, with their default values.

    Raises
    ------
    ParameterError
        There is not exactly one cell with the tag `parameters`, or that cell holds anything but
        names with plain values.
    """
    tagged = [cell for cell in notebook.cells if PARAMETERS_TAG in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise ParameterError(
            f"{name}.ipynb has {len(tagged)} cells with the tag {PARAMETERS_TAG}; a report "
            "notebook has exactly one. Nothing was run."
        )
    try:
        statements = ast.parse(tagged[0].source).body
        found = {}
        for statement in statements:
            if not isinstance(statement, ast.Assign):
                raise ValueError
            (target,) = statement.targets
            found[target.id] = ast.literal_eval(statement.value)
    except (SyntaxError, ValueError, AttributeError):
        raise ParameterError(
            f"The parameters cell of {name}.ipynb holds more than names with plain values. "
            "Nothing was run."
        ) from None
    return found


def refuse_other_parameters(
    name: str, notebook: NotebookNode, values: Mapping[str, object]
) -> None:
    """Refuse parameters that a notebook does not declare, or declares with another type.

    Raises
    ------
    ParameterError
        Names the parameter and what the notebook knows instead.
    """
    known = defaults(name, notebook)
    for parameter, value in values.items():
        if parameter not in known:
            raise ParameterError(
                f'{name}.ipynb has no parameter "{parameter}". It knows: {", ".join(known)}. '
                "Nothing was run."
            )
        if type(value) is not type(known[parameter]):
            raise ParameterError(
                f"Parameter {parameter} of {name}.ipynb is a {type(known[parameter]).__name__}, "
                f"not a {type(value).__name__}. Nothing was run."
            )


def number(notebook: NotebookNode, index: int) -> int:
    """Return the number, from 1, that a cell of an executed notebook has in the notebook itself."""
    before = notebook.cells[:index]
    return index + 1 - sum(INJECTED_TAG in cell.metadata.get("tags", []) for cell in before)


def page_name(name: str, language: str, languages: Sequence[str]) -> str:
    """Return the name of a page: `size` in the first language, `size.en` in a further one."""
    return name if language == languages[0] else f"{name}.{language}"


def refuse_unfit(name: str, executed: NotebookNode) -> None:
    """Refuse an executed notebook with anything that should not reach a reader.

    Raises
    ------
    RunError
        A cell was not run, ended in an error, wrote warnings, or shows what is no finished HTML.
    """
    for index, cell in enumerate(executed.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        reasons = [_unfit(output) for output in cell.outputs]
        if cell.execution_count is None:
            reasons = ["was not run"]
        for reason in filter(None, reasons):
            raise RunError(f"Cell {number(executed, index)} of {name}.ipynb {reason}.")


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _unfit(output: NotebookNode) -> str:
    if output.output_type == "error":
        return "ended in an error"
    if output.output_type == "stream":
        return (
            "writes warnings or errors beside its output; mend their cause"
            if output.name == "stderr"
            else "prints plain text; let present show it"
        )
    if "text/html" not in output.data:
        return "shows something that is not finished HTML; let present show it"
    return ""
