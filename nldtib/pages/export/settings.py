"""How patiently notebooks are run, how large a page may be, and where an edition is built."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Limits of a report.

    execution_timeout, start_timeout
        Seconds that one cell, and the start of one kernel, may take.
    start_attempts
        How often a kernel is started before the run stops. A notebook is never run twice.
    workers
        Notebooks that run at the same time.
    page_bytes
        Size from which a page is too heavy.
    """

    execution_timeout: int = 120
    start_timeout: int = 60
    start_attempts: int = 3
    workers: int = 2
    page_bytes: int = 600_000


DEFAULTS = Settings()


@dataclass(frozen=True)
class Site:
    """The folders of an edition under construction.

    workspace
        A small project of its own, in which kernels start: parameters, earlier figures, editions.
    outputs
        Its folder of editions: this one when it is public, and copies of those of earlier rounds.
    folder
        Where the files of this edition go.
    executed
        Notebooks as they were run, with the words of their kernels; not part of the edition.
    previous
        The edition that is to be replaced, when its other pages are to be kept; else None.
    """

    workspace: Path
    outputs: Path
    folder: Path
    executed: Path
    previous: Path | None = None
