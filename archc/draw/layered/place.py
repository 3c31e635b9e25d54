"""Boxes and wires to places and polylines."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from archc.draw.layered.channels import TRACK, Net, tracked
from archc.draw.layered.order import FEW, ordered
from archc.draw.layered.rows import Box, Rows, Wire, in_rows
from archc.draw.layered.straight import Stand, mains, placed, standing
from archc.draw.scene import Point

ABOVE_TURNS, BELOW_TURNS, ARROW_ROOM, LABEL_HELPS = 6.0, 12.0, 17.0, 7.0
"""Between rows, in px: above the first turn and below the last, where nothing turns, and how much of that
a label's height does."""

MOST_JOINED = 6
"""So many lines may pass from one column to the next."""

GUTTER, AROUND, OVER = 34.0, 17.0, 4.0
"""Between columns, what is left free above and below them, and how deep in there the line runs that joins them."""


@dataclass(frozen=True)
class Placement:
    """Where each box has its left upper corner, the polyline of each wire, and the size of all."""

    corners: tuple[Point, ...]
    lines: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def place(boxes: Sequence[Box], wires: Sequence[Wire], tallest: float = float("inf")) -> Placement:
    """Lays boxes out in rows; a stack of rows that is higher than `tallest` px goes on in a column beside it."""
    if not boxes:
        return Placement((), (), 0, 0)
    rows = in_rows(boxes, wires)
    crossing = ordered(rows)
    if crossing and len(boxes) <= FEW:
        other = in_rows(boxes, wires, late=True)
        if ordered(other) < crossing:
            rows = other
    main = mains(rows)
    stand = standing(rows, main[0])
    xs = placed(rows, stand, main)
    return _Drawing(rows, stand, xs, wires, tallest).placement()


class _Drawing:
    """The last step: heights, columns, and the points of the lines."""

    def __init__(self, rows: Rows, stand: Stand, xs: list[float], wires: Sequence[Wire], tallest: float):
        self.rows, self.stand, self.xs, self.wires = rows, stand, xs, wires
        self.nets = [self._nets(row) for row in rows.rows]
        self.tracks = [tracked(list(nets.values())) for nets in self.nets]
        self.heights = [
            max(
                (rows.boxes[item].height + rows.boxes[item].tail[1] for item in row if not rows.is_lane(item)),
                default=0,
            )
            for row in rows.rows
        ]
        self.gaps = [self._gap(index) for index in range(len(rows.rows) - 1)]
        self.most = 1
        self.columns = self._columns(tallest)
        self.column_of = [index for index, column in enumerate(self.columns) for _ in column]
        self._stack()

    def _nets(self, row: Sequence[int]) -> dict[int, Net]:
        return {
            item: Net(self.xs[item], [self.xs[low] + self.stand.slots[low][slot] for low, slot in self.rows.down[item]])
            for item in row
            if self.rows.down[item]
        }

    def _gap(self, index: int) -> float:
        tracks = self.tracks[index]
        if tracks:
            return ABOVE_TURNS + (tracks - 1) * TRACK + BELOW_TURNS
        if all(self.rows.is_lane(item) or self.rows.boxes[item].last for item in self.rows.rows[index + 1]):
            return 0.0
        labelled = any(self.rows.boxes[i].tail[1] for i in self.rows.rows[index] if not self.rows.is_lane(i))
        return ARROW_ROOM - LABEL_HELPS * labelled

    def _columns(self, tallest: float) -> list[list[int]]:
        """Rows by column: as few as `tallest` lets, and as even as can be.

        They are cut where one line alone passes, or where few do if that isn't enough.
        """
        total = sum(self.heights) + sum(self.gaps)
        uncut = self._uncut()
        highest = self._highest(uncut, total)
        if highest > tallest:
            self.most = MOST_JOINED
            uncut = self._uncut()
            highest = self._highest(uncut, total)
        if total <= tallest or highest > total / 2:
            return [list(range(len(self.heights)))]
        count = len(self._filled(uncut, tallest))
        low, high = 0.0, total
        for _ in range(30):
            middle = (low + high) / 2
            if len(self._filled(uncut, middle)) <= count:
                high = middle
            else:
                low = middle
        return self._filled(uncut, high)

    def _filled(self, uncut: Sequence[Sequence[int]], tallest: float) -> list[list[int]]:
        """Rows by column, each filled up to `tallest` px, and higher only where it can't be cut."""
        columns: list[list[int]] = [[0]]
        height = self.heights[0]
        for index, piece in enumerate(uncut):
            taller = sum(self.heights[i] + self.gaps[i - 1] for i in piece)
            # the first may belong to the row above
            if height + taller > tallest and (index or self._may_cut(0)):
                columns.append([])
                height = -self.gaps[piece[0] - 1]
            columns[-1] += piece
            height += taller
        return columns

    def _highest(self, uncut: Sequence[Sequence[int]], total: float) -> float:
        return max((sum(self.heights[i] + self.gaps[i - 1] for i in piece) for piece in uncut), default=total)

    def _uncut(self) -> list[list[int]]:
        """The rows behind the first, those together that no cut can part."""
        pieces: list[list[int]] = []
        for index in range(1, len(self.heights)):
            if not pieces or self._may_cut(index - 1):
                pieces.append([])
            pieces[-1].append(index)
        return pieces

    def _may_cut(self, row: int) -> bool:
        nets = self.nets[row]
        framed = any(self.rows.boxes[i].first for i in self.rows.rows[row] if not self.rows.is_lane(i)) or any(
            self.rows.boxes[i].last for i in self.rows.rows[row + 1] if not self.rows.is_lane(i)
        )
        return not framed and 1 <= len(nets) <= self.most and all(len(net.bottoms) == 1 for net in nets.values())

    def _stack(self) -> None:
        """Where rows are, and how far each column moves aside."""
        self.tops = [0.0] * len(self.heights)
        self.aside: list[float] = []
        joined = max((len(self.nets[column[-1]]) for column in self.columns[:-1]), default=0)
        more = max(joined - 1, 0) * TRACK
        self.head = AROUND + more if joined else 0.0
        right, lowest = 0.0, 0.0
        self.gutters: list[float] = []
        for column in self.columns:
            y = self.head
            left, reach = float("inf"), float("-inf")
            for index in column:
                self.tops[index] = y
                y += self.heights[index] + (self.gaps[index] if index < len(self.gaps) else 0)
                for item in self.rows.rows[index]:
                    left = min(left, self.xs[item] - self.stand.left[item])
                    reach = max(reach, self.xs[item] + self.stand.right[item])
                    for net in [self.nets[index][item]] if item in self.nets[index] and index != column[-1] else []:
                        left, reach = min(left, net.top + net.jog), max(reach, net.top + net.jog)
            start = right + (GUTTER + more if self.aside else 0)
            self.gutters.append(start - more - GUTTER / 2)
            self.aside.append(start - left)
            right = start + reach - left
            last = column[-1]
            lowest = max(lowest, self.tops[last] + self.heights[last])
        self.width = right
        self.height = lowest + self.head

    def x(self, item: int) -> float:
        return self.xs[item] + self.aside[self.column_of[self.rows.rank[item]]]

    def top(self, item: int) -> float:
        if not self.rows.is_lane(item) and self.rows.boxes[item].last:
            return self.height
        if not self.rows.is_lane(item) and self.rows.boxes[item].first:
            return 0.0
        return self.tops[self.rows.rank[item]]

    def placement(self) -> Placement:
        corners = tuple((self.x(item) - self.stand.left[item], self.top(item)) for item in range(len(self.rows.boxes)))
        lines = tuple(self._line(wire, way) for wire, way in zip(self.wires, self.rows.way, strict=True))
        return Placement(corners, lines, self.width, self.height)

    def _line(self, wire: Wire, way: Sequence[int]) -> tuple[Point, ...]:
        points: list[Point] = [(self.x(wire.source), self.top(wire.source) + self.rows.boxes[wire.source].height)]
        for upper, lower in pairwise(way):
            slot = -1 if self.rows.is_lane(lower) else wire.slot
            x, end = self.x(upper), self.x(lower) + self.stand.slots[lower][slot]
            row = self.rows.rank[upper]
            if self.column_of[row] != self.column_of[row + 1]:
                points += self._to_next_column(x, end, row)
                continue
            net = self.nets[row][upper]
            if net.turns and abs(end - x) > 1e-9:
                turn = self.tops[row] + self.heights[row] + ABOVE_TURNS
                if net.jog:
                    points += [(x, turn), (x + net.jog, turn)]
                    x += net.jog
                turn += net.track * TRACK
                points += [(x, turn), (end, turn)]
            points.append((end, self.top(lower)))
        return _plain(points)

    def _to_next_column(self, x: float, end: float, row: int) -> list[Point]:
        # the rightmost line goes innermost below and outermost above, so that none crosses another
        inner = sum(net.top > self.xs_of(x, row) + 1e-6 for net in self.nets[row].values()) * TRACK
        low = self.tops[row] + self.heights[row] + AROUND - OVER + inner
        gutter = self.gutters[self.column_of[row + 1]] + inner
        over = OVER + inner
        return [(x, low), (gutter, low), (gutter, over), (end, over), (end, self.tops[row + 1])]

    def xs_of(self, x: float, row: int) -> float:
        """An x before its column moved aside."""
        return x - self.aside[self.column_of[row]]


def _plain(points: Sequence[Point]) -> tuple[Point, ...]:
    """Without points between two others on one line."""
    found: list[Point] = []
    for x, y in points:
        if found and abs(found[-1][0] - x) < 1e-9 and abs(found[-1][1] - y) < 1e-9:
            continue
        if len(found) > 1 and (
            abs(found[-2][0] - found[-1][0]) < 1e-9 > abs(found[-1][0] - x)
            or abs(found[-2][1] - found[-1][1]) < 1e-9 > abs(found[-1][1] - y)
        ):
            found.pop()
        found.append((x, y))
    return tuple(found)
