"""Intervals that follow by subtraction: spreads of parts that share no unit add up as sums do."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from nldtib.errors import UnprotectedError
from nldtib.gate.protect import limits, plan
from nldtib.gate.protect.rules import Rules
from nldtib.gate.protect.system import AGAIN

Line = tuple[int, ...]


@dataclass(frozen=True)
class Spreads:
    """What a reader adds and subtracts.

    lines
        A margin and the parts that add up to it, by position: the spread of one of them follows
        from those of all others.
    holders
        By position: the holdings above zero.
    fixed
        Positions whose interval an earlier release gave.
    fewest
        So many answers may have a spread.
    """

    lines: tuple[Line, ...]
    holders: Mapping[int, frozenset[int]]
    fixed: frozenset[int]
    fewest: int

    def few(self, cells: Iterable[int]) -> bool:
        """Return whether somebody answered in these cells together, but too few."""
        return 0 < self.answers(cells) < self.fewest

    def answers(self, cells: Iterable[int]) -> int:
        """Return how many holdings are above zero in these cells together."""
        return len(frozenset().union(*(self.holders.get(cell, frozenset()) for cell in cells)))


def of(whole: plan.Plan, rules: Rules) -> Spreads:
    """Return the sums between amounts, and who answered."""
    cells, shares = whole.system.cells, whole.system.shares
    above: dict[int, set[int]] = {}
    for cell, holding, amount in zip(shares.cell, shares.holding, shares.observed, strict=True):
        if amount > 0:
            above.setdefault(int(cell), set()).add(int(holding))
    lines = []
    for index, signs in whole.system.equations:
        names = {cells[position][0] for position in index}
        again = any(code == AGAIN for position in index for _, code in cells[position][2])
        amounts = not any(limits.is_room(name) or plan.counts(name, rules) for name in names)
        if len(names) == 1 and amounts and not again:
            margin = index[signs.index(-1.0)]
            lines.append((margin, *(position for position in index if position != margin)))
    holders = {cell: frozenset(some) for cell, some in above.items()}
    return Spreads(tuple(lines), holders, whole.precise, rules.fewest_for_interval)


def closed(spreads: Spreads, told: Iterable[int], words: Callable[[int], str]) -> set[int]:
    """Return the cells that lose their interval so that none of few answers follows.

    Where the spread of a margin is known, those of its parts without interval are known together.
    If so few gave these parts that they should have no spread, another part loses its interval:
    the one with the fewest answers that makes them enough, the margin only if no part is left.

    Parameters
    ----------
    spreads
        The sums.
    told
        Positions with an interval, of this edition and of those before.
    words
        Names a cell in a refusal.

    Raises
    ------
    UnprotectedError
        Earlier releases told so much that nothing is left to withhold.
    """
    start = frozenset(told) | spreads.fixed
    now = set(start)
    while True:
        leaks, origin = _leaks(spreads, now)
        touched: set[int] = set()
        for line in leaks:
            if touched.isdisjoint(line):
                chosen = _chosen(spreads, line, now, origin)
                if chosen is None:
                    raise UnprotectedError(
                        f"The interval of {words(line[0])} was published before, and tells with "
                        "others how few answers lie apart. Merge codes, or drop the table."
                    )
                now.discard(chosen)
                touched |= {*line, chosen}
        if not leaks:
            return set(start - now)


def _leaks(spreads: Spreads, told: set[int]) -> tuple[list[Line], dict[int, Line]]:
    """Return the lines that give few answers away, and where each spread that follows is from."""
    known, origin, leaks = set(told), {}, []
    left, before = list(spreads.lines), -1
    while len(left) != before:
        before, still = len(left), []
        for line in left:
            unknown = [cell for cell in line if cell not in known]
            if len(unknown) == 1 and spreads.few(unknown):
                leaks.append(line)
            elif len(unknown) == 1:
                known.add(unknown[0])
                origin[unknown[0]] = line
            elif unknown:
                still.append(line)
        left = still
    for line in left:
        together = [cell for cell in line[1:] if cell not in known]
        if line[0] in known and spreads.few(together):
            leaks.append(line)
    return leaks, origin


def _chosen(spreads: Spreads, line: Line, told: set[int], origin: Mapping[int, Line]) -> int | None:
    """Return which cell of a line, or of those that tell of it, had best lose its interval."""
    waiting, seen = [line], {line}
    worth: dict[int, tuple[bool, bool, int, int]] = {}
    while waiting:
        margin, *parts = here = waiting.pop(0)
        unknown = [cell for cell in parts if cell not in told]
        for cell in here:
            if cell in told and cell not in spreads.fixed:
                enough = spreads.answers([*unknown, cell]) >= spreads.fewest
                found = (cell == margin, not enough, spreads.answers([cell]), cell)
                worth[cell] = min(found, worth.get(cell, found))
            elif cell in origin and origin[cell] not in seen:
                seen.add(origin[cell])
                waiting.append(origin[cell])
    return min(worth, key=worth.__getitem__, default=None)
