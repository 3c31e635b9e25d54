"""How lines are drawn, whatever prints them: corners rounded, heads of arrows."""

from collections.abc import Iterator, Sequence
from math import hypot

from archc.draw.scene import Line, Point

SLIM = 0.72
"""How wide a head is, to its length."""


def shaft(line: Line) -> tuple[Point, ...]:
    """The points of a line, the last drawn back so that it ends inside its head."""
    if not line.arrow or len(line.points) < 2:
        return line.points
    *before, (fx, fy), (tx, ty) = _ending(line)
    length = hypot(tx - fx, ty - fy)
    if length <= line.head * 0.8:
        return line.points
    share = (length - line.head * 0.8) / length
    return (*before, (fx, fy), (fx + (tx - fx) * share, fy + (ty - fy) * share))


def _ending(line: Line) -> tuple[Point, ...]:
    """Its points, without those that repeat the last one."""
    points = line.points
    while len(points) > 2 and _distance(points[-2], points[-1]) < 1e-6:
        points = points[:-1]
    return points


def head(line: Line) -> tuple[Point, ...]:
    """The triangle at the end of an arrow."""
    (fx, fy), (tx, ty) = _ending(line)[-2:]
    length = hypot(tx - fx, ty - fy) or 1
    ux, uy = (tx - fx) / length, (ty - fy) / length
    bx, by = tx - ux * line.head, ty - uy * line.head
    half = line.head * SLIM / 2
    return ((tx, ty), (bx - uy * half, by + ux * half), (bx + uy * half, by - ux * half))


def rounded(points: Sequence[Point], radius: float) -> Iterator[tuple[Point, ...]]:
    """Steps of a path: one point is where a straight piece ends, two are a curve, control point first."""
    yield (points[0],)
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        r = min(radius, _distance(before, corner) / 2, _distance(corner, after) / 2)
        if r < 0.5:
            yield (corner,)
            continue
        yield (_towards(corner, before, r),)
        yield (corner, _towards(corner, after, r))
    if len(points) > 1:
        yield (points[-1],)


def _distance(a: Point, b: Point) -> float:
    return hypot(b[0] - a[0], b[1] - a[1])


def _towards(start: Point, end: Point, length: float) -> Point:
    share = length / (_distance(start, end) or 1)
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
