"""Boxes, lines and shapes: which of them meet, and how far they reach into one another. Lengths in px."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import hypot

from archc.draw.scene import Bounds, Circle, Point, Polygon, Rect

Segment = tuple[Point, Point]
Shape = Rect | Circle | Polygon


def overlap(a: Bounds, b: Bounds, slack: float) -> bool:
    """Whether two boxes share more than `slack` in both directions."""
    return min(a[2], b[2]) - max(a[0], b[0]) > slack and min(a[3], b[3]) - max(a[1], b[1]) > slack


def inside(a: Bounds, b: Bounds, slack: float) -> bool:
    """Whether no side of `a` reaches out of `b` by more than `slack`."""
    return a[0] >= b[0] - slack and a[1] >= b[1] - slack and a[2] <= b[2] + slack and a[3] <= b[3] + slack


def grown(box: Bounds, by: float) -> Bounds:
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by)


def area(box: Bounds) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def box_of(segment: Segment) -> Bounds:
    (ax, ay), (bx, by) = segment
    return (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))


def pieces(points: Sequence[Point]) -> list[Segment]:
    return list(pairwise(points))


def length(segment: Segment) -> float:
    (ax, ay), (bx, by) = segment
    return hypot(bx - ax, by - ay)


def meeting(first: Sequence[Bounds], second: Sequence[Bounds]) -> Iterator[tuple[int, int]]:
    """Which boxes of `first` and `second` touch or overlap, by their places there: a sweep along the longer side."""
    every = [*first, *second]
    if not first or not second:
        return
    wide = max(box[2] for box in every) - min(box[0] for box in every)
    tall = max(box[3] for box in every) - min(box[1] for box in every)
    along, across = (0, 1) if wide > tall else (1, 0)
    events = sorted(
        (box[along], side, place) for side, boxes in enumerate((first, second)) for place, box in enumerate(boxes)
    )
    open_: tuple[list[int], list[int]] = ([], [])
    both = (first, second)
    for start, side, place in events:
        box, others, other_boxes = both[side][place], open_[1 - side], both[1 - side]
        low, high = box[across], box[across + 2]
        kept = [other for other in others if other_boxes[other][along + 2] >= start]
        others[:] = kept
        for other in kept:
            found = other_boxes[other]
            if found[across] <= high and found[across + 2] >= low:
                yield (place, other) if side == 0 else (other, place)
        open_[side].append(place)


def among(boxes: Sequence[Bounds]) -> Iterator[tuple[int, int]]:
    """Which boxes touch or overlap one another, each pair once."""
    return ((a, b) for a, b in meeting(boxes, boxes) if a < b)


def clipped(segment: Segment, box: Bounds) -> float:
    """How long the part of a segment inside a box is."""
    (ax, ay), (bx, by) = segment
    start, end = 0.0, 1.0
    for at, step, low, high in ((ax, bx - ax, box[0], box[2]), (ay, by - ay, box[1], box[3])):
        if low >= high:
            return 0
        if step == 0:
            if not low < at < high:
                return 0
            continue
        one, two = sorted(((low - at) / step, (high - at) / step))
        start, end = max(start, one), min(end, two)
    return max(end - start, 0) * length(segment)


def enters(segment: Segment, shape: Shape, slack: float) -> bool:
    """Whether a segment goes deeper than `slack` into a shape."""
    match shape:
        case Rect():
            return clipped(segment, grown(shape.bounds, -slack)) > 0
        case Circle(x=x, y=y, radius=radius):
            return radius > slack and to_segment((x, y), segment) < radius - slack
    (ax, ay), (bx, by) = segment
    sides = pieces((*shape.points, shape.points[0]))
    cuts = sorted({0.0, 1.0, *(where[0] for side in sides if (where := crossing(segment, side)))})
    for start, end in pairwise(cuts):
        middle = (ax + (bx - ax) * (start + end) / 2, ay + (by - ay) * (start + end) / 2)
        if within(middle, shape.points) and min(to_segment(middle, side) for side in sides) > slack:
            return True
    return False


def within(point: Point, corners: Sequence[Point]) -> bool:
    """Whether a point lies in a polygon."""
    x, y = point
    odd = False
    for (ax, ay), (bx, by) in pieces((*corners, corners[0])):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            odd = not odd
    return odd


def to_segment(point: Point, segment: Segment) -> float:
    """How far a point is from a segment."""
    (ax, ay), (bx, by) = segment
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    share = 0.0 if not square else min(max(((point[0] - ax) * dx + (point[1] - ay) * dy) / square, 0), 1)
    return hypot(point[0] - ax - share * dx, point[1] - ay - share * dy)


def to_border(point: Point, shape: Shape) -> float:
    """How far a point is from the border of a shape, inside or outside."""
    if isinstance(shape, Circle):
        return abs(hypot(point[0] - shape.x, point[1] - shape.y) - shape.radius)
    if isinstance(shape, Rect):
        left, top, right, bottom = shape.bounds
        corners: tuple[Point, ...] = ((left, top), (right, top), (right, bottom), (left, bottom))
    else:
        corners = shape.points
    return min(to_segment(point, side) for side in pieces((*corners, corners[0])))


def crossing(a: Segment, b: Segment) -> tuple[float, float] | None:
    """Where two segments cross, as shares of their lengths; None where they don't, or only run side by side."""
    (px, py), (qx, qy) = a
    (rx, ry), (sx, sy) = b
    ux, uy, vx, vy = qx - px, qy - py, sx - rx, sy - ry
    turn = ux * vy - uy * vx
    if abs(turn) < 1e-12:
        return None
    t = ((rx - px) * vy - (ry - py) * vx) / turn
    s = ((rx - px) * uy - (ry - py) * ux) / turn
    return (t, s) if 0 <= t <= 1 and 0 <= s <= 1 else None


def side_by_side(a: Segment, b: Segment, apart: float) -> float:
    """For how long two segments run in one line, less than `apart` from each other."""
    (px, py), (qx, qy) = a
    long = length(a)
    if not long:
        return 0
    ux, uy = (qx - px) / long, (qy - py) / long
    if any(abs((x - px) * uy - (y - py) * ux) > apart for x, y in b):
        return 0
    start, end = sorted((x - px) * ux + (y - py) * uy for x, y in b)
    return max(min(end, long) - max(start, 0), 0)
