"""Cells that a person opened or closed, in writing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Forced:
    """Keys of cells that must be published, and of cells that must not."""

    open: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
