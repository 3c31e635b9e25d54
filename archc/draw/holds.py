"""What parts of a level hold on to when a block in it opens and the rest makes room.

The page moves every part by how far the room at one point of it moves. For a node that is its centre; what stands
beside a line or on a node goes where that goes, and a line's ends stay on the nodes that they touch.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from archc.draw.scene import Bounds, Line, Part, Point, Scene, union

CELL = 128.0
"""The squares, in px, by which neighbours are found."""

TOUCH = 2.0
"""How far from a node's border a line may end and still belong to it, in px."""

BESIDE = 16.0
"""How far from a line its label may stand, in px."""


@dataclass(frozen=True)
class Hold:
    """What one part holds on to: a point; a node, by its index, whose corner it sits on; nodes at its lines' ends."""

    point: Point | None = None
    owner: int = -1
    ends: tuple[tuple[int, int], ...] = ()


class Holds:
    """What each part of a scene holds on to."""

    def __init__(self, scene: Scene) -> None:
        self._parts = scene.parts
        self._bounds = [part.bounds for part in scene.parts]

    def all(self) -> list[Hold]:
        return [self._hold(index, part, bounds) for index, (part, bounds) in enumerate(self._bounded())]

    def _bounded(self) -> Iterator[tuple[Part, Bounds]]:
        return zip(self._parts, self._bounds, strict=True)

    def _hold(self, index: int, part: Part, bounds: Bounds) -> Hold:
        if part.kind == "edge":
            return Hold(ends=tuple((self._node_at(points[0]), self._node_at(points[-1])) for points in _lines(part)))
        if part.kind == "node":
            return Hold(self._leaves.get(index))
        if part.kind == "badge":
            return Hold(owner=self._node_under(part, bounds))
        if part.kind == "label":
            return Hold(self._beside(bounds))
        if part.kind == "legend":
            return Hold(self._legend)
        return Hold()

    @cached_property
    def _legend(self) -> Point:
        """The corner of all that is in the legend, which stays together."""
        left, top, _, _ = union(bounds for part, bounds in self._bounded() if part.kind == "legend")
        return (left, top)

    @cached_property
    def _leaves(self) -> dict[int, Point]:
        """Where in nodes, at half their height, the first line starts that leaves them at the bottom."""
        found: dict[int, Point] = {}
        for part in self._parts:
            for (x, y), *_ in _lines(part) if part.kind == "edge" else ():
                index = self._node_at((x, y))
                _, top, _, bottom = self._bounds[index]
                if index >= 0 and bottom - y <= TOUCH:
                    found.setdefault(index, (x, (top + bottom) / 2))
        return found

    @cached_property
    def _nodes(self) -> dict[tuple[int, int], list[int]]:
        """Indices of nodes by the squares that they reach into."""
        found: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index, part in enumerate(self._parts):
            if part.kind == "node":
                for cell in _cells(self._bounds[index], TOUCH):
                    found[cell].append(index)
        return found

    @cached_property
    def _uprights(self) -> dict[tuple[int, int], list[Bounds]]:
        """The pieces of lines that go up or down, by the squares that they reach into."""
        found: dict[tuple[int, int], list[Bounds]] = defaultdict(list)
        for part in self._parts:
            if part.kind == "edge":
                for piece in _uprights(part):
                    for cell in _cells(piece, BESIDE):
                        found[cell].append(piece)
        return found

    def _node_at(self, point: Point) -> int:
        """The node whose border a line's end touches, -1 for none."""
        x, y = point
        near = ((_distance(self._bounds[index], x, y), index) for index in self._nodes.get(_cell(x, y), ()))
        away, index = min(near, default=(TOUCH + 1, -1))
        return index if away <= TOUCH else -1

    def _node_under(self, badge: Part, bounds: Bounds) -> int:
        """The node that a badge is on: the one of its scope, or else the one that it covers, -1 for none."""
        near = dict.fromkeys(index for cell in _cells(bounds, TOUCH) for index in self._nodes.get(cell, ()))
        named = [index for index in near if badge.id and self._parts[index].id == badge.id]
        covered = [index for index in near if _apart(self._bounds[index], bounds) <= 0]
        return next(iter(named or covered), -1)

    def _beside(self, bounds: Bounds) -> Point:
        """The line that a label stands beside, at the label's height; its own middle where there is none."""
        left, top, right, bottom = bounds
        middle = ((left + right) / 2, (top + bottom) / 2)
        near = {piece for cell in _cells(bounds, 0) for piece in self._uprights.get(cell, ())}
        away = {piece: _apart(piece, bounds) for piece in near}
        closest = min(near, key=lambda piece: (away[piece], piece), default=None)
        if closest is None or away[closest] > BESIDE:
            return middle
        return (closest[0], middle[1])


def _lines(part: Part) -> Iterator[Sequence[Point]]:
    return (mark.points for mark in part.marks if isinstance(mark, Line))


def _uprights(part: Part) -> Iterator[Bounds]:
    for points in _lines(part):
        for (ax, ay), (bx, by) in pairwise(points):
            if abs(ax - bx) < 0.01:
                yield (ax, min(ay, by), ax, max(ay, by))


def _cell(x: float, y: float) -> tuple[int, int]:
    return (int(x // CELL), int(y // CELL))


def _cells(bounds: Bounds, more: float) -> Iterable[tuple[int, int]]:
    left, top = _cell(bounds[0] - more, bounds[1] - more)
    right, bottom = _cell(bounds[2] + more, bounds[3] + more)
    return ((column, row) for row in range(top, bottom + 1) for column in range(left, right + 1))


def _distance(bounds: Bounds, x: float, y: float) -> float:
    """How far a point is from a box, 0 in it."""
    return _apart(bounds, (x, y, x, y))


def _apart(a: Bounds, b: Bounds) -> float:
    """How far two boxes are from each other along the axis on which they are further apart, 0 where they overlap."""
    return max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3], 0.0)


def holds(scene: Scene, openable: Sequence[str]) -> list[Hold]:
    """What the parts hold on to; nothing where no node of the scene is one of those that open."""
    opens = set(openable)
    if not any(part.kind == "node" and part.id in opens for part in scene.parts):
        return [Hold()] * len(scene.parts)
    return Holds(scene).all()
