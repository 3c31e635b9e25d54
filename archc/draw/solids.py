"""Solids: maps as boxes seen from the front right above, whose sizes follow one rule.

What flows stands across the line: channels are counted along it, height is upright, and width goes
back, to the upper right.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log2, prod, sqrt

from archc.draw.scene import Bounds, Point, Polygon
from archc.types import Shape

BACK, UP = 0.40, 0.32
"""Where a px of width goes: to the right, and upwards."""

LARGEST, ROW = 170.0, 13.0
"""How high the highest map is at most, and how high one of a single row is at most, in px."""

LEAST = 3.0
"""No side of a map is drawn shorter, in px."""

LAYER, BAR = 4.0, 10.0
"""px for each doubling: of channels, along the line; of a flat value's numbers, upright."""

THIN, DEEP = 8.0, 10.0
"""How thick a bar is along the line, and how wide what has no width, in px."""

SLIT = 2.0
"""Between slabs, in px."""


@dataclass(frozen=True)
class Rule:
    """How large maps are drawn: `row` px for a map of one row, and √n times that for n rows."""

    row: float

    def side(self, cells: int) -> float:
        return max(self.row * sqrt(cells), LEAST)

    def extents(self, shape: Shape) -> "Extents":
        """Of what leaves a layer. A sequence has a length and no width, a volume is a slab for each √depth."""
        if len(shape) < 2:
            return Extents(THIN, BAR * (1 + log2(max(prod(shape), 1))), DEEP)
        thick = LAYER * (1 + log2(shape[-1]))
        if len(shape) == 2:
            return Extents(thick, self.side(shape[0]), DEEP)
        slabs = round(sqrt(prod(shape[:-3]))) if len(shape) > 3 else 1
        return Extents(thick, self.side(shape[-3]), self.side(shape[-2]), slabs)


def rule_for(shapes: Iterable[Shape]) -> Rule:
    """The rule by which the largest side among all maps is no longer than it may be."""
    sides = [side for shape in shapes for side in (shape[-3:-1] if len(shape) > 2 else shape[:-1])]
    return Rule(min(ROW, LARGEST / sqrt(max(sides, default=1))))


@dataclass(frozen=True)
class Extents:
    """How large a solid is in px: along the line (one slab of it), upright, and backwards before it is slanted."""

    thick: float
    height: float
    width: float
    slabs: int = 1


@dataclass(frozen=True)
class Solid:
    """A solid whose leftmost edge is at `x` and whose centre is on the line `y`. Each slab is thicker by a slit."""

    x: float
    y: float
    size: Extents

    @property
    def slant(self) -> tuple[float, float]:
        """How far its back is to the right of its front, and above it."""
        return (self.size.width * BACK, self.size.width * UP)

    @property
    def right(self) -> float:
        """Where the front ends."""
        return self.x + self.size.slabs * (self.size.thick + SLIT) - SLIT

    @property
    def top(self) -> float:
        """Where the front begins."""
        return self.y - self.size.height / 2 + self.slant[1] / 2

    @property
    def bounds(self) -> Bounds:
        back, up = self.slant
        return (self.x, self.top - up, self.right + back, self.top + self.size.height)

    @property
    def exit(self) -> Point:
        """The middle of the face on which the next layer looks."""
        return (self.right + self.slant[0] / 2, self.y)

    def entry(self) -> Point:
        """Where a line at the height of its centre meets it from the left."""
        back, up = self.slant
        below = max(self.top - self.y, 0)
        return (self.x + (below / up * back if below else 0), self.y)

    def faces(self, family: str) -> Iterator[Polygon]:
        """What is seen of it, slabs from left to right."""
        back, up = self.slant
        top, bottom = self.top, self.top + self.size.height
        for slab in range(self.size.slabs):
            left = self.x + slab * (self.size.thick + SLIT)
            right = left + self.size.thick
            yield Polygon(
                ((right, top), (right + back, top - up), (right + back, bottom - up), (right, bottom)),
                f"{family}.side",
                "solid.line",
                0.8,
            )
            yield Polygon(
                ((left, top), (left + back, top - up), (right + back, top - up), (right, top)),
                f"{family}.top",
                "solid.line",
                0.8,
            )
            yield Polygon(((left, top), (right, top), (right, bottom), (left, bottom)), family, "solid.line", 0.8)

    @property
    def front(self) -> Bounds:
        """The box of all fronts."""
        return (self.x, self.top, self.right, self.top + self.size.height)


@dataclass(frozen=True)
class Pyramid:
    """A window on the face of a solid, and the two outermost lines from it to a cell of the next one."""

    window: tuple[Point, ...]
    lines: tuple[tuple[Point, Point], ...]


def pyramid(solid: Solid, following: Solid, high: float, wide: float) -> Pyramid | None:
    """The window of `high` times `wide` px, and its lines; None if it has no room on the face."""
    width, free = min(wide, solid.size.width), solid.size.height - high
    goal, entry = following.x, following.entry()
    if free < 0 or entry[0] > goal:
        return None
    # a third of the way back, and as high as the cell, which is a little above the middle
    back = (solid.size.width - width) / 3
    y = following.top + following.size.height * 0.4
    left, right = solid.right + back * BACK, solid.right + (back + width) * BACK
    face = solid.top - back * UP
    top = min(max(y - (high - width * UP) / 2, face), face + free)
    window = ((left, top), (right, top - width * UP), (right, top - width * UP + high), (left, top + high))
    by_slope = sorted(window, key=lambda corner: ((corner[1] - y) / (goal - corner[0]), corner[0]))
    return Pyramid(window, ((by_slope[0], (goal, y)), (by_slope[-1], (goal, y))))


def crosses(a: Point, b: Point, box: Bounds, room: float = 0.0) -> bool:
    """Whether a straight line comes into a box, or nearer to it than `room`."""
    left, top, right, bottom = box[0] - room, box[1] - room, box[2] + room, box[3] + room
    start, end = 0.0, 1.0
    for at, by, low, high in ((a[0], b[0] - a[0], left, right), (a[1], b[1] - a[1], top, bottom)):
        if abs(by) < 1e-9:
            if not low < at < high:
                return False
            continue
        first, last = sorted(((low - at) / by, (high - at) / by))
        start, end = max(start, first), min(end, last)
    return start < end - 1e-9
