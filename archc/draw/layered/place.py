"""Boxes and wires to places and polylines."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from archc.draw.layered.channels import TRACK, Net, tracked
from archc.draw.layered.heights import heights
from archc.draw.layered.order import FEW, ordered
from archc.draw.layered.rows import Box, Rows, Wire, in_rows
from archc.draw.layered.straight import Stand, mains, placed, standing
from archc.draw.scene import Point

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
        for nets in self.nets:
            tracked(list(nets.values()))
        uncut = heights(rows, range(len(rows.rows)), stand, xs, self.nets, 0)
        self.lowest = list(accumulate(uncut.lowest, max))
        self.highest = list(accumulate(reversed(uncut.highest), min))[::-1]
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

    def _columns(self, tallest: float) -> list[list[int]]:
        """Rows by column: as few as `tallest` lets, and as even as can be.

        They are cut where one line alone passes, or where few do if that isn't enough.
        """
        total = self.lowest[-1]
        uncut = self._uncut()
        highest = self._highest(uncut, total)
        if highest > tallest:
            self.most = MOST_JOINED
            uncut = self._uncut()
            highest = self._highest(uncut, total)
        if total <= tallest or highest > total / 2:
            return [list(range(len(self.lowest)))]
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
        for index, piece in enumerate(uncut):
            # the first may belong to the row above
            if self._height(columns[-1][0], piece[-1]) > tallest and (index or self._may_cut(0)):
                columns.append([])
            columns[-1] += piece
        return columns

    def _reach(self, column: Sequence[int]) -> tuple[float, float]:
        """From where to where a column reaches."""
        xs = [
            x
            for row in column
            for item in self.rows.rows[row]
            for x in (self.xs[item] - self.stand.left[item], self.xs[item] + self.stand.right[item])
        ]
        xs += [net.top + net.jog for row in column[:-1] for net in self.nets[row].values()]
        return min(xs), max(xs)

    def _height(self, first: int, last: int) -> float:
        """How high a column of these rows is at most."""
        return self.lowest[last] - self.highest[first]

    def _highest(self, uncut: Sequence[Sequence[int]], total: float) -> float:
        return max((self._height(piece[0], piece[-1]) for piece in uncut), default=total)

    def _uncut(self) -> list[list[int]]:
        """The rows behind the first, those together that no cut can part."""
        pieces: list[list[int]] = []
        for index in range(1, len(self.lowest)):
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
        self.tops: dict[int, float] = {}
        self.turns: list[dict[int, float]] = []
        self.jogs: list[dict[int, float]] = []
        self.feet: list[float] = []
        self.aside: list[float] = []
        joined = max((len(self.nets[column[-1]]) for column in self.columns[:-1]), default=0)
        more = max(joined - 1, 0) * TRACK
        self.head = AROUND + more if joined else 0.0
        right = 0.0
        self.gutters: list[float] = []
        for column in self.columns:
            found = heights(self.rows, column, self.stand, self.xs, self.nets, self.head)
            self.tops |= found.tops
            self.turns += found.turns
            self.jogs += found.jogs
            self.feet.append(max(self.head, *found.lowest))
            left, reach = self._reach(column)
            start = right + (GUTTER + more if self.aside else 0)
            self.gutters.append(start - more - GUTTER / 2)
            self.aside.append(start - left)
            right = start + reach - left
        self.width = right
        self.height = max(self.feet) + self.head

    def x(self, item: int) -> float:
        return self.xs[item] + self.aside[self.column_of[self.rows.rank[item]]]

    def top(self, item: int) -> float:
        if not self.rows.is_lane(item) and self.rows.boxes[item].last:
            return self.height
        if not self.rows.is_lane(item) and self.rows.boxes[item].first:
            return 0.0
        return self.tops[item]

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
                if not self.rows.is_lane(lower):
                    points.append((end, self.top(lower)))
                continue
            net = self.nets[row][upper]
            if net.turns and abs(end - x) > 1e-9:
                turn = self.turns[row][upper]
                if net.jog:
                    aside = self.jogs[row][upper]
                    points += [(x, aside), (x + net.jog, aside)]
                    x += net.jog
                points += [(x, turn), (end, turn)]
            points.append((end, points[-1][1] if self.rows.is_lane(lower) else self.top(lower)))
        return _plain(points)

    def _to_next_column(self, x: float, end: float, row: int) -> list[Point]:
        # the rightmost line goes innermost below and outermost above, so that none crosses another
        inner = sum(net.top > self.xs_of(x, row) + 1e-6 for net in self.nets[row].values()) * TRACK
        low = self.feet[self.column_of[row]] + AROUND - OVER + inner
        gutter = self.gutters[self.column_of[row + 1]] + inner
        over = OVER + inner
        return [(x, low), (gutter, low), (gutter, over), (end, over)]

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
