"""Hidden spots that hang together, who knows what of them, and the witnesses found so far."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import lsqr

from nldtib.gate.audit.world import World

# Solvers and sums round; a doubt may fall short of its level by this share, and no more.
ROUNDING = 1e-5
# A movement below this share of the level asked is the solver's rounding.
STILL = 1e-7
# Beyond so many spots the projection is iterated, since a dense one would not fit.
DENSE = 1500
# The nearest spots that are looked at first; what moves among these moves in the whole.
NEAR = (400, 1600)

Witness = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Part:
    """Hidden spots that hang together, by position in the world, as one attacker's equations.

    room is how far each spot can fall to zero, own what each holding (a column) gave to it.
    `witnesses` grows while the part is attacked: movements of few spots, by the spots they move.
    """

    spots: np.ndarray
    matrix: sparse.csr_array
    room: np.ndarray
    own: sparse.csr_array
    witnesses: dict[int, list[Witness]] = field(default_factory=lambda: defaultdict(list))
    cell: np.ndarray = field(init=False)
    left: np.ndarray = field(init=False)
    sole: np.ndarray = field(init=False)
    across: sparse.csc_array = field(init=False)

    def __post_init__(self) -> None:
        """Work out what each holding leaves in doubt of a spot, and which spots it knows whole."""
        many = np.diff(self.own.indptr)
        cell = np.repeat(np.arange(len(self.spots)), many)
        object.__setattr__(self, "cell", cell)
        object.__setattr__(self, "left", np.maximum(self.room[cell] - self.own.data, 0.0))
        object.__setattr__(self, "sole", many[cell] == 1)
        object.__setattr__(self, "across", self.matrix.tocsc())

    @property
    def holdings(self) -> int:
        """Return how many holdings there are, those that gave nothing here included."""
        return self.own.shape[1]

    def remember(self, near: np.ndarray, by: np.ndarray) -> Witness:
        """Keep a movement of some spots as a witness of all that it moves; return it."""
        moved = np.abs(by) > STILL
        witness = (near[moved], by[moved])
        for spot in witness[0].tolist():
            self.witnesses[spot].append(witness)
        return witness

    def sees(self, spot: int, witness: Witness, wanted: np.ndarray) -> np.ndarray:
        """Return who sees through a witness that moves the spot as far as each wants it moved.

        Parameters
        ----------
        wanted
            Signed movement per holding, and a last one for outsiders; 0 where nothing is wanted.
        """
        where, by = witness
        size = wanted[np.abs(wanted).argmax()]
        share = wanted / size
        moved = by * (size / by[where == spot][0])
        near = ROUNDING * abs(size)
        down = -moved - near
        falls = down > 0
        far = (self.room[where[falls]] / down[falls]).min(initial=np.inf)
        sees = share > far
        many = np.diff(self.own.indptr)[where]
        here = np.repeat(np.arange(len(where)), many)
        before = self.own.indptr[where] - np.cumsum(many) + many
        inside = np.arange(len(here)) + before[here]
        whose = self.own.indices[inside]
        caught = share[whose] * down[here] > self.left[inside]
        caught |= self.sole[inside] & (np.abs(moved[here]) > near)
        sees[whose[caught]] = True
        return sees & (wanted != 0)

    def known_to(self, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the floor of each spot, and which are known, to any holding of a group."""
        floor = np.zeros(len(self.spots))
        mine = np.isin(self.own.indices, group)
        np.maximum.at(floor, self.cell[mine], self.own.data[mine])
        known = np.zeros(len(self.spots), dtype=bool)
        known[self.cell[mine & self.sole]] = True
        return floor, known

    def around(self, spot: int) -> Iterator[np.ndarray]:
        """Give ever more spots around one, sorted; at last all of them."""
        found, edge = np.array([spot]), np.array([spot])
        for most in (size for size in NEAR if size < len(self.spots)):
            while len(edge) and len(found) < most:
                rows = np.unique(self.across[:, edge].indices)
                reached = np.setdiff1d(self.matrix[rows].indices, found)
                edge = reached[: most - len(found)]
                found = np.union1d(found, edge)
            yield found
        yield np.arange(len(self.spots))


def of(world: World, own: sparse.csr_array) -> dict[int, Part]:
    """Return for each hidden spot the part it belongs to.

    Parameters
    ----------
    own
        Contributions as this attacker sees them: answered or weighted.
    """
    matrix = _equations(world)
    _, label = csgraph.connected_components(abs(matrix).T @ abs(matrix), directed=False)
    hidden = np.flatnonzero(~world.known)
    hidden = hidden[np.argsort(label[hidden], kind="stable")]
    found: dict[int, Part] = {}
    for spots in np.split(hidden, np.flatnonzero(np.diff(label[hidden])) + 1):
        inside = matrix[:, spots].tocsr()
        inside = inside[np.flatnonzero(np.diff(inside.indptr))]
        mine = own[spots].tocsr()
        mine.eliminate_zeros()
        mine.sort_indices()
        part = Part(spots, inside, mine.sum(axis=1), mine)
        found |= dict.fromkeys(map(int, spots), part)
    return found


def still(world: World, parts: dict[int, Part]) -> np.ndarray:
    """Return two movements, drawn at random, that agree with everything published; one a column.

    Hidden sums that stay the same in both follow from what is published.
    """
    drawn = np.random.default_rng(0).normal(size=(len(world.spots), 2))
    moved = np.zeros_like(drawn)
    for part in {id(one): one for one in parts.values()}.values():
        here = drawn[part.spots]
        if part.matrix.shape[0] and len(part.spots) <= DENSE:
            matrix = part.matrix.toarray()
            here = here - np.linalg.lstsq(matrix, matrix @ here, rcond=None)[0]
        elif part.matrix.shape[0]:
            here = np.column_stack([_projected(part.matrix, one) for one in here.T])
        moved[part.spots] = here
    return moved


def _projected(matrix: sparse.csr_array, drawn: np.ndarray) -> np.ndarray:
    # Each round takes away what the one before left over.
    for _ in range(3):
        drawn = drawn - lsqr(matrix, matrix @ drawn, atol=1e-14, btol=1e-14, iter_lim=2000)[0]
    return drawn


def _equations(world: World) -> sparse.csr_array:
    """Return what the hidden spots add up to zero by, known ones left out."""
    margins = [((margin, *parts), (-1.0, *[1.0] * len(parts))) for margin, parts in world.margins]
    every = [*margins, *world.ties]
    rows = np.repeat(np.arange(len(every)), [len(spots) for spots, _ in every])
    columns = np.array([spot for spots, _ in every for spot in spots], dtype=np.int64)
    signs = np.array([sign for _, several in every for sign in several])
    open_ones = ~world.known[columns]
    return sparse.csr_array(
        (signs[open_ones], (rows[open_ones], columns[open_ones])),
        shape=(len(every), len(world.spots)),
    )
