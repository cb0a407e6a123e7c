"""How much may be solved before what is left counts as not proven."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """How much may be solved for one set of cells that hang together; counted, never timed.

    cells_at_once
        Up to so many cells move together in one programme; of more, only those near a target.
    codes_near
        Codes of each dimension that are near a target, besides its own; then twice as many.
    programmes
        So many programmes at most where not all cells move together.
    """

    cells_at_once: int = 5000
    codes_near: int = 3
    programmes: int = 800
