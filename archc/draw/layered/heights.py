"""How far down each box stands and each line turns: below what is above it, and no further.

What is in one row is level where that costs little; beside a box that is much higher than its row, the rows go on.
Whatever overlaps from left to right keeps the order of its rows, so that no other lines cross than before.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from archc.draw.layered.channels import TRACK, Net
from archc.draw.layered.rows import Rows
from archc.draw.layered.straight import Stand

ABOVE_TURNS, BELOW_TURNS, ARROW_ROOM, LABEL_HELPS = 6.0, 12.0, 16.0, 7.0
"""In px: above the first turn and below the last, where nothing turns, and how much of that a label's height does."""

BESIDE_BOX, BESIDE_TURN = 12.0, 10.0
"""What is nearer to a box or a turn than this, from left to right, has to be above or below it."""

UNEVEN = 24.0
"""Neighbours in a row are level if that moves none further down than this."""


class Skyline:
    """How far down things reach, as a function of x."""

    def __init__(self, top: float):
        self._starts = [float("-inf")]
        self._lows = [top]

    def low(self, left: float, right: float) -> float:
        """The y of the lowest thing between two x."""
        first, last = bisect_right(self._starts, left) - 1, bisect_right(self._starts, right)
        return max(self._lows[first:last])

    def add(self, left: float, right: float, low: float) -> None:
        """Something below all that is there."""
        first, last = bisect_left(self._starts, left), bisect_right(self._starts, right)
        beyond = self._lows[last - 1]
        self._starts[first:last] = [left, right]
        self._lows[first:last] = [low, beyond]


@dataclass
class Heights:
    """The y of every box's top, and by row and item those at which lines turn, and step aside before that.

    `highest` and `lowest` tell of every row what it reaches, with the turns below it.
    """

    tops: dict[int, float] = field(default_factory=dict)
    turns: list[dict[int, float]] = field(default_factory=list)
    jogs: list[dict[int, float]] = field(default_factory=list)
    highest: list[float] = field(default_factory=list)
    lowest: list[float] = field(default_factory=list)


def heights(
    rows: Rows, column: Sequence[int], stand: Stand, xs: Sequence[float], nets: Sequence[Mapping[int, Net]], top: float
) -> Heights:
    """The rows of a column, from `top` downwards."""
    found = Heights()
    for_boxes, for_turns = Skyline(top), Skyline(top)
    for row in column:
        boxes = [item for item in rows.rows[row] if not rows.is_lane(item) and not rows.boxes[item].last]
        free = [
            for_boxes.low(xs[item] - stand.left[item] - BESIDE_BOX, xs[item] + stand.right[item] + BESIDE_BOX)
            for item in boxes
        ]
        level = levelled(free)
        found.tops.update(zip(boxes, level, strict=True))
        lows = []
        for item, y in zip(boxes, level, strict=True):
            box, left = rows.boxes[item], xs[item] - stand.left[item]
            foot, (wide, high) = y + box.height, box.tail
            for_boxes.add(left, left + box.width, foot + ARROW_ROOM)
            for_turns.add(left, left + box.width, foot + ABOVE_TURNS)
            if high:
                for_boxes.add(xs[item], xs[item] + wide, foot + high + ARROW_ROOM - LABEL_HELPS)
                for_turns.add(xs[item], xs[item] + wide, foot + high + ABOVE_TURNS)
            lows.append(foot + high)
        turns, jogs = ({}, {}) if row == column[-1] else _turned(nets[row], for_boxes, for_turns)
        found.turns.append(turns)
        found.jogs.append(jogs)
        ys = [*turns.values(), *jogs.values()]
        found.highest.append(min([*level, *ys], default=float("inf")))
        found.lowest.append(max([*lows, *(y + BELOW_TURNS for y in ys)], default=float("-inf")))
    return found


def sunk(
    rows: Rows,
    column: Sequence[int],
    stand: Stand,
    xs: Sequence[float],
    nets: Sequence[Mapping[int, Net]],
    found: Heights,
) -> None:
    """Moves what reads nothing down to where it is read, past what stands beside it."""
    placed = [item for row in column for item in rows.rows[row] if item in found.tops]
    turns = [(nets[row][item].span, y) for at, row in enumerate(column) for item, y in found.turns[at].items()]
    turns += [
        ((min(net.top, net.top + net.jog), max(net.top, net.top + net.jog)), y)
        for at, row in enumerate(column)
        for item, y in found.jogs[at].items()
        for net in [nets[row][item]]
    ]
    for item in placed:
        box, (wide, high) = rows.boxes[item], rows.boxes[item].tail
        if rows.up[item] or box.first:
            continue
        left, right = xs[item] - stand.left[item], xs[item] + max(box.width - stand.left[item], wide)
        foot = found.tops[item] + box.height + high
        low = [
            found.tops[other] - ARROW_ROOM
            for other in placed
            if found.tops[other] >= foot
            and xs[other] - stand.left[other] < right + BESIDE_BOX
            and left - BESIDE_BOX < xs[other] + stand.right[other]
        ]
        low += [
            y - ABOVE_TURNS
            for (start, end), y in turns
            if y >= foot and start < right + BESIDE_TURN and left - BESIDE_TURN < end
        ]
        if low and min(low) - foot > UNEVEN:
            found.tops[item] += min(low) - foot


def _turned(
    nets: Mapping[int, Net], for_boxes: Skyline, for_turns: Skyline
) -> tuple[dict[int, float], dict[int, float]]:
    """Where the lines below a row turn, and where they step aside before."""
    turning = sorted((net.track, item) for item, net in nets.items() if net.turns)
    spans = [nets[item].span for _, item in turning]
    free = [
        for_turns.low(left - BESIDE_TURN, right + BESIDE_TURN) - track * TRACK
        for (track, _), (left, right) in zip(turning, spans, strict=True)
    ]
    starts = dict(zip((item for _, item in turning), levelled(free), strict=True))
    jogs: dict[int, float] = {}
    for _, item in turning:
        net = nets[item]
        if net.jog:
            left, right = sorted((net.top, net.top + net.jog))
            jogs[item] = max(starts[item], for_turns.low(left - BESIDE_TURN, right + BESIDE_TURN))
            for_turns.add(left, right, jogs[item] + TRACK)
    turns: dict[int, float] = {}
    for (track, item), (left, right) in zip(turning, spans, strict=True):
        turns[item] = max(starts[item] + track * TRACK, for_turns.low(left - BESIDE_TURN, right + BESIDE_TURN))
        for_turns.add(left, right, turns[item] + TRACK)
        for_boxes.add(left, right, turns[item] + BELOW_TURNS)
    return turns, jogs


def levelled(free: Sequence[float]) -> list[float]:
    """Where things of one row stand of which each may not stand higher than it is free: level, if that costs little."""
    found = list(free)
    level = float("inf")
    for index in sorted(range(len(free)), key=free.__getitem__, reverse=True):
        if level - free[index] > UNEVEN:
            level = free[index]
        found[index] = level
    return found
