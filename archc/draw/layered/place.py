"""Boxes and wires to places and polylines."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, pairwise
from math import inf

from archc.draw.layered.channels import TRACK, Net, tracked
from archc.draw.layered.columns import Cutting, apart, joins
from archc.draw.layered.heights import heights, sunk
from archc.draw.layered.order import FEW, ordered
from archc.draw.layered.rows import Box, Rows, Wire, in_rows
from archc.draw.layered.straight import Aim, Mains, aligned, placed, snap
from archc.draw.scene import Point

GUTTER, AROUND, OVER = 34.0, 17.0, 4.0
"""Between columns, what is left free above and below them, and how deep in there the line runs that joins them."""


@dataclass(frozen=True)
class Placement:
    """Where each box has its left upper corner, the polyline of each wire, and the size of all.

    With any other height for columns of at least `same_from` px it is the same; inf if no other is known to do.
    """

    corners: tuple[Point, ...]
    lines: tuple[tuple[Point, ...], ...]
    width: float
    height: float
    same_from: float = 0


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
    return _Drawing(rows, wires, tallest).placement()


class _Drawing:
    """The last step: heights, columns, and the points of the lines."""

    def __init__(self, rows: Rows, wires: Sequence[Wire], tallest: float):
        self.rows, self.wires = rows, wires
        aim, self.stand, self.xs = aligned(rows)
        snap(rows, self.stand, self.xs)
        self._track()
        uncut = heights(rows, range(len(rows.rows)), self.stand, self.xs, self.nets, 0)
        lowest = list(accumulate(uncut.lowest, max))
        highest = list(accumulate(reversed(uncut.highest), min))[::-1]
        self.columns = Cutting(rows, self.nets, highest, lowest).columns(tallest)
        self.same_from = lowest[-1] if lowest[-1] <= tallest else inf
        self.column_of = [index for index, column in enumerate(self.columns) for _ in column]
        self.joins, self.gone = joins(rows, self.columns)
        if self.joins:
            self.rows = apart(rows, self.column_of, self.gone)
            aim = Aim(_kept(aim.above, self.rows.up), _kept(aim.below, self.rows.down), aim.centred)
            for column in self.columns:
                one = replace(self.rows, rows=[self.rows.rows[row] for row in column])
                xs = placed(one, self.stand, aim)
                for item in chain.from_iterable(one.rows):
                    self.xs[item] = xs[item]
            snap(self.rows, self.stand, self.xs)
            self._track({rows.up[item][0][0] for item in self.gone} - self.gone)
        self._stack()

    def _track(self, leaving: Collection[int] = ()) -> None:
        """Finds out which lines turn above which; some of those `leaving` a column go on to the right for ever."""
        self.nets = [self._nets(row, leaving) for row in self.rows.rows]
        for nets in self.nets:
            tracked(list(nets.values()))

    def _nets(self, row: Sequence[int], leaving: Collection[int]) -> dict[int, Net]:
        found = {}
        for item in row:
            ends = [self.xs[low] + self.stand.slots[low][slot] for low, slot in self.rows.down[item]]
            if item in leaving:
                ends.append(inf)
            if ends:
                found[item] = Net(self.xs[item], ends)
        return found

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

    def _stack(self) -> None:
        """Where rows are, and how far each column moves aside."""
        self.tops: dict[int, float] = {}
        self.turns: list[dict[int, float]] = []
        self.jogs: list[dict[int, float]] = []
        self.feet: list[float] = []
        self.aside: list[float] = []
        self.gutters: list[float] = []
        head = max((_room(len(join.places)) for join in self.joins), default=0.0)
        right = 0.0
        for index, column in enumerate(self.columns):
            found = heights(self.rows, column, self.stand, self.xs, self.nets, head)
            sunk(self.rows, column, self.stand, self.xs, self.nets, found)
            self.tops |= found.tops
            self.turns += found.turns
            self.jogs += found.jogs
            self.feet.append(max(head, *found.lowest))
            left, reach = self._reach(column)
            start = right
            if index:
                start += GUTTER + max(self.joins[index - 1].rising - 1, 0) * TRACK
            self.gutters.append(right + GUTTER / 2)
            self.aside.append(start - left)
            right = start + reach - left
        self.width = right
        self.height = max(self.feet) + max((_room(join.below) for join in self.joins), default=0.0)

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
        return Placement(corners, lines, self.width, self.height, self.same_from)

    def _line(self, wire: Wire, way: Sequence[int]) -> tuple[Point, ...]:
        points: list[Point] = [(self.x(wire.source), self.top(wire.source) + self.rows.boxes[wire.source].height)]
        for upper, lower in pairwise(item for item in way if item not in self.gone):
            slot = -1 if self.rows.is_lane(lower) else wire.slot
            x, end = self.x(upper), self.x(lower) + self.stand.slots[lower][slot]
            row = self.rows.rank[upper]
            column = self.column_of[row]
            if column != self.column_of[self.rows.rank[lower]]:
                # the item at the foot of this column, where its lane may be gone
                foot = way[self.columns[column][-1] - self.rows.rank[way[0]]]
                points += self._to_next_column(upper, column, foot, end)
            elif (net := self.nets[row][upper]).turns and abs(end - x) > 1e-9:
                points += [*self._aside(upper), (x + net.jog, self.turns[row][upper]), (end, self.turns[row][upper])]
            points.append((end, points[-1][1] if self.rows.is_lane(lower) else self.top(lower)))
        return _plain(points)

    def _aside(self, item: int) -> list[Point]:
        """The step that a line takes before it turns."""
        row, x = self.rows.rank[item], self.x(item)
        jog = self.nets[row][item].jog
        return [(x, self.jogs[row][item]), (x + jog, self.jogs[row][item])] if jog else []

    def _to_next_column(self, item: int, column: int, foot: int, end: float) -> list[Point]:
        """From an item to the top of a column further on, over those between."""
        join = self.joins[column]
        place = join.places[foot]
        # the rightmost line goes innermost below and outermost above, so that none crosses another
        gutter = self.gutters[column + 1] + (place - len(join.over)) * TRACK
        over = OVER + place * TRACK
        if foot in join.beside:
            low = self.turns[self.rows.rank[item]][item]
            start = [*self._aside(item), (self.x(item) + self.nets[self.rows.rank[item]][item].jog, low)]
        else:
            low = self.feet[column] + AROUND - OVER + (place - len(join.over) - len(join.beside)) * TRACK
            start = [(self.x(item), low)]
        return [*start, (gutter, low), (gutter, over), (end, over)]


def _kept(main: Mains, ends: Sequence[Sequence[tuple[int, int]]]) -> Mains:
    """The main lines that are still there."""
    return [end if any(end == other for other, _ in left) else None for end, left in zip(main, ends, strict=True)]


def _room(lines: int) -> float:
    """How much is left free above or below columns for so many lines."""
    return AROUND + (lines - 1) * TRACK if lines else 0.0


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
