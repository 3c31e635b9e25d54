"""Rows of a layered drawing: which box stands in which, and the lanes in which lines pass the rows between.

The first two steps of Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical
system structures" (1981). All lines from one box share their lanes, since they carry one value.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

SOON = 3
"""A branch of so many boxes ends before what it branches off goes on."""


MANY = 2
"""Of more branches none comes later than it could: the lane of one would have to lead to all of them."""


@dataclass(frozen=True, slots=True)
class Box:
    """What is placed. Lines enter at its top and leave at its bottom.

    `enters` are the x of its inputs from its left edge; None leaves them to the layout, for `ins` of them.
    `leaves` is where lines leave. `tail` is the size of a label that stands below, right of where they leave.
    A `first` or `last` one is the edge of a frame: it stands before or behind all others.
    """

    width: float
    height: float
    leaves: float
    ins: int = 0
    enters: tuple[float, ...] | None = None
    tail: tuple[float, float] = (0, 0)
    first: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class Wire:
    """A line from a box to an input of another, which comes later in the list of boxes."""

    source: int
    target: int
    slot: int


@dataclass
class Rows:
    """Boxes and lanes by row. An item below `len(boxes)` is a box, others are lanes' pieces, one a row.

    `down` and `up` tell an item's neighbours in the next row and the row before, with the slot at
    the lower end (-1 for a lane). `way` lists the items of each wire, from its source to its target.
    """

    boxes: Sequence[Box]
    rank: list[int]
    rows: list[list[int]]
    source: list[int]
    down: list[list[tuple[int, int]]] = field(default_factory=list)
    up: list[list[tuple[int, int]]] = field(default_factory=list)
    way: list[list[int]] = field(default_factory=list)

    def is_lane(self, item: int) -> bool:
        return item >= len(self.boxes)

    def positions(self) -> list[int]:
        """Where each item stands in its row."""
        found = [0] * len(self.rank)
        for row in self.rows:
            for position, item in enumerate(row):
                found[item] = position
        return found


def ranked(boxes: Sequence[Box], wires: Sequence[Wire], *, late: bool = False) -> list[int]:
    """The row of each box: one behind the last of those that it reads, or `late`, before the first that reads it."""
    rank = [0] * len(boxes)
    into: list[list[int]] = [[] for _ in boxes]
    out: list[list[int]] = [[] for _ in boxes]
    for wire in wires:
        into[wire.target].append(wire.source)
        out[wire.source].append(wire.target)
    framed = any(box.first for box in boxes)
    wait = _waits(into, out)
    for index, box in enumerate(boxes):
        least = 1 if framed and not box.first else 0
        rank[index] = max([least, *(rank[source] + 1 + wait[index] for source in into[index])])
    if late:
        for index in reversed(range(len(boxes))):
            if out[index] and not boxes[index].first:
                rank[index] = min(rank[target] for target in out[index]) - 1
    else:
        _shortened(boxes, rank, into, out)
    deepest = max(rank, default=0)
    inner = max((rank[i] for i, box in enumerate(boxes) if not box.last), default=0)
    for index, box in enumerate(boxes):
        if box.last:
            rank[index] = max(inner + 1, deepest if not into[index] else 0)
    return rank


def _waits(into: list[list[int]], out: list[list[int]]) -> list[int]:
    """How many rows later than it could each box comes, so that a branch that soon ends has ended before it.

    The branch then stands beside a line alone, which takes less room, and behind it a column can be cut: only where
    nothing else goes on beside the two.
    """
    ahead, alone = [1] * len(out), [False] * len(out)
    for index in reversed(range(len(out))):
        ahead[index] += max((ahead[target] for target in out[index]), default=0)
        alone[index] = len(into[index]) == 1 and all(alone[target] for target in out[index])
    found = [0] * len(out)
    farthest = 0
    for index, targets in enumerate(out):
        ending = [alone[target] and ahead[target] <= SOON for target in targets]
        soon = max((ahead[target] for target, ends in zip(targets, ending, strict=True) if ends), default=0)
        if farthest <= index:
            for target in targets:
                if len(into[target]) == 1 and ahead[target] > 2 * soon:
                    found[target] = soon
        farthest = max([farthest, *(target for target, ends in zip(targets, ending, strict=True) if not ends)])
    return found


def _shortened(boxes: Sequence[Box], rank: list[int], into: list[list[int]], out: list[list[int]]) -> None:
    """Moves boxes down where that leaves less of lines to draw: a value's line ends with the last that reads it."""
    for _ in range(6):
        moved = False
        for index in reversed(range(len(boxes))):
            if not out[index] or boxes[index].first or any(len(out[source]) > MANY for source in into[index]):
                continue
            room = min(rank[target] for target in out[index]) - 1
            # down to here the lines of what it reads go on anyway, to others
            free = [max((rank[t] for t in out[source] if t != index), default=0) for source in set(into[index])]
            goal = min([room, *free])
            if goal > rank[index]:
                rank[index] = goal
                moved = True
        if not moved:
            break
    _lowered(boxes, rank, into, out)


def _lowered(boxes: Sequence[Box], rank: list[int], into: list[list[int]], out: list[list[int]]) -> None:
    """Moves what reads nothing, and the chain that leads on from it, to where something else reads it."""
    for root in range(len(boxes)):
        if into[root] or boxes[root].first:
            continue
        chain = [root]
        while len(out[chain[-1]]) == 1 and len(into[out[chain[-1]][0]]) == 1:
            chain.append(out[chain[-1]][0])
        if out[chain[-1]]:
            lower = min(rank[target] for target in out[chain[-1]]) - 1 - rank[chain[-1]]
            for index in chain:
                rank[index] += lower


def in_rows(boxes: Sequence[Box], wires: Sequence[Wire], *, late: bool = False) -> Rows:
    """Rows in the order in which a walk from the top meets their items, nearest first: skips keep to the right."""
    rank = ranked(boxes, wires, late=late)
    rows = Rows(boxes, list(rank), [[] for _ in range(max(rank, default=-1) + 1)], list(range(len(boxes))))
    rows.down = [[] for _ in boxes]
    rows.up = [[] for _ in boxes]
    lanes: dict[tuple[int, int], int] = {}
    for wire in sorted(wires, key=lambda w: (w.source, rank[w.target], w.target, w.slot)):
        here = wire.source
        way = [here]
        for row in range(rank[wire.source] + 1, rank[wire.target]):
            lane = lanes.get((wire.source, row))
            if lane is None:
                lane = lanes[wire.source, row] = len(rows.rank)
                rows.rank.append(row)
                rows.source.append(wire.source)
                rows.down.append([])
                rows.up.append([(here, -1)])
                rows.down[here].append((lane, -1))
            here = lane
            way.append(here)
        rows.down[here].append((wire.target, wire.slot))
        rows.up[wire.target].append((here, wire.slot))
        rows.way.append([*way, wire.target])
    order = sorted(range(len(wires)), key=lambda i: _key(wires[i], rank))
    ways: list[list[int]] = [[]] * len(wires)
    for index, way in zip(order, rows.way, strict=True):
        ways[index] = way
    rows.way = ways
    for item in _walk(rows):
        rows.rows[rows.rank[item]].append(item)
    return rows


def _key(wire: Wire, rank: Sequence[int]) -> tuple[int, int, int, int]:
    return wire.source, rank[wire.target], wire.target, wire.slot


def _walk(rows: Rows) -> list[int]:
    """Every item once, depth first from the sources, boxes before lanes: what is joined one behind the other."""
    seen: set[int] = set()
    found: list[int] = []
    first = _joined(rows)
    for start in sorted((box for box in range(len(rows.boxes)) if not rows.up[box]), key=lambda box: (first[box], box)):
        waiting = [start]
        while waiting:
            item = waiting.pop()
            if item in seen:
                continue
            seen.add(item)
            found.append(item)
            lower = [target for target, _ in rows.down[item]]
            waiting += reversed([*(t for t in lower if not rows.is_lane(t)), *(t for t in lower if rows.is_lane(t))])
    return found


def _joined(rows: Rows) -> list[int]:
    """For each item, the first of those that lines join with it."""
    first = list(range(len(rows.rank)))

    def root(item: int) -> int:
        while first[item] != item:
            first[item] = first[first[item]]
            item = first[item]
        return item

    for item, ends in enumerate(rows.down):
        for end, _ in ends:
            a, b = sorted((root(item), root(end)))
            first[b] = a
    return [root(item) for item in range(len(first))]
