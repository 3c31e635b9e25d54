"""What is between two columns of units: a line for each weight, with its number where there is room, or a band."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archc.draw.mlp import Column
from archc.draw.numbers import CLEAR, SIZE, Wire, crossed, places
from archc.draw.scene import Line, Mark, Part, Point, Polygon, Text
from archc.draw.text import width
from archc.draw.units import RADIUS, Stand, number, symbol

MOST_LINES = 2_000
"""Weights of a layer that are drawn one by one; more are a band."""

MOST_NUMBERS = 30
"""Lines between two columns that may bear numbers."""

THIN, THICK = 0.8, 3.0
DASH, DOTS = "6 3", "1.5 3"
GAPS = range(150, 331, 20)
"""How far apart two columns may stand so that the numbers between them fit, in px."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from a unit, or from the 1 of the biases (None), to a unit; `value` is its weight where that is known."""

    source: int | None
    unit: int
    start: Point
    end: Point
    value: float | None


def edges(left: Stand, right: Stand) -> list[Edge]:
    """Every line between what is shown of two columns, from rim to rim."""
    column = right.column
    found = []
    for unit, to in right.units():
        for source, start in left.units():
            value = None if column.kernel is None else float(column.kernel[source][unit])
            found.append(Edge(source, unit, *rims(start, to), value))
        if left.plus:
            bias = None if column.bias is None else float(column.bias[unit])
            found.append(Edge(None, unit, *rims(left.one, to), bias))
    return found


def rims(start: Point, end: Point) -> tuple[Point, Point]:
    """Where the line between the centres of two circles leaves the one and reaches the other."""
    length = math.dist(start, end)
    dx, dy = (RADIUS * (end[axis] - start[axis]) / length for axis in (0, 1))
    return (start[0] + dx, start[1] + dy), (end[0] - dx, end[1] - dy)


def least_gap(left: Stand, right: Stand) -> float:
    """How far apart two columns have to stand so that no line or text between them meets a circle."""
    if banded(right.column):
        return max(width(word, SIZE) for word in in_band(right.column)) + 2 * RADIUS + 20
    steepest = abs(left.y(0)) + abs(right.y(0))
    free = RADIUS + CLEAR
    return steepest * free / math.sqrt(left.pitch**2 - free**2)


def banded(column: Column) -> bool:
    return column.weights > MOST_LINES


def numbered(left: Stand, right: Stand) -> bool:
    """Whether its lines may bear numbers: they are known, few, and all there."""
    known = right.column.kernel is not None and not banded(right.column)
    whole = len(left.shown) == left.column.units and len(right.shown) == right.column.units
    return known and whole and right.column.units * (left.column.units + left.plus) <= MOST_NUMBERS


def numbers_on(found: Sequence[Edge], left: Stand, right: Stand, learnt: bool) -> list[float] | None:
    """How far along each line its number stands; None if there is no room for them."""
    wires = [Wire(edge.start, edge.end, "" if edge.value is None else number(edge.value, learnt)) for edge in found]
    return places(wires, left.x + RADIUS + 3, right.x - RADIUS - 3)


def lines(left: Stand, right: Stand, learnt: bool, known: bool) -> Iterator[Part]:
    """The lines between two columns; `known` says that some weights of the figure are."""
    found = edges(left, right)
    shares = numbers_on(found, left, right, learnt) if numbered(left, right) else None
    sizes = [abs(edge.value) for edge in found if edge.value is not None and math.isfinite(edge.value)]
    most = max(sizes, default=0) or 1
    for row, edge in enumerate(found):
        line = stroke(edge, most) if known else plain(edge, len(found))
        marks: tuple[Mark, ...] = (line,)
        text = "" if edge.value is None else number(edge.value, learnt)
        if shares is not None and text:
            marks = broken(line, text, shares[row])
        yield part(edge, left, right, marks, text)


def part(edge: Edge, left: Stand, right: Stand, marks: tuple[Mark, ...], text: str) -> Part:
    column = right.column
    to = f"{column.scope}[{edge.unit + 1}]"
    what = "weight" if edge.source is not None else "bias"
    facts = ((what, text),) if text else ()
    if edge.source is None:
        title, ends = f"bias of unit {edge.unit + 1} of {column.scope}", (f"{column.scope}.bias", to)
    else:
        name = symbol(left.column, edge.source)
        title = f"{name} to unit {edge.unit + 1} of {column.scope}"
        ends = (f"{left.column.scope}[{edge.source + 1}]", to)
    return Part("edge", marks, f"{title}: {text}" if text else title, line=column.line, facts=facts, ends=ends)


def stroke(edge: Edge, most: float) -> Line:
    """The line of an edge: its sign is its colour and dash, its size beside the largest is its width."""
    points = (edge.start, edge.end)
    if edge.value is None or not math.isfinite(edge.value):
        return Line(points, "rule", THIN, DOTS)
    if not edge.value:
        return Line(points, "rule", THIN)
    thick = THIN + (THICK - THIN) * abs(edge.value) / most
    return Line(points, "positive", thick) if edge.value > 0 else Line(points, "negative", thick, DASH)


def plain(edge: Edge, count: int) -> Line:
    """The line of an edge where no weight is known, lighter among many."""
    points = (edge.start, edge.end)
    return Line(points, "edge", 1.1) if count <= MOST_NUMBERS else Line(points, "rule", THIN)


def broken(line: Line, text: str, share: float) -> tuple[Mark, ...]:
    """A line with its number in a gap of it."""
    start, end = line.points
    wire = Wire(start, end, text)
    x, y = wire.at(share)
    gap = crossed(start, end, wire.box(share)) or (share, share)
    pieces = [(start, wire.at(gap[0])), (wire.at(gap[1]), end)]
    cut = tuple(Line(points, line.stroke, line.stroke_width, line.dash) for points in pieces)
    return (*cut, Text(x, y + 0.36 * SIZE, text, SIZE, anchor="middle"))


def band(left: Stand, right: Stand) -> Part:
    """All weights of a layer that has too many for lines. It ends behind the circles, whose dots it leaves free."""
    column = right.column
    corners = [
        (stand.x + inward * RADIUS / 2, sign * (stand.reach - RADIUS / 2))
        for stand, inward, sign in ((left, 1, -1), (right, -1, -1), (right, -1, 1), (left, 1, 1))
    ]
    middle = (left.x + right.x) / 2
    words = in_band(column)
    top = -(len(words) - 1) * 7.5 + 4
    texts = tuple(Text(middle, top + 15 * row, word, SIZE, anchor="middle") for row, word in enumerate(words))
    title = f"{column.weights:,} weights from {left.column.scope} to {column.scope}"
    shape = Polygon(tuple(corners), "band")
    return Part("edge", (shape, *texts), title, line=column.line, ends=(left.column.scope, column.scope))


def in_band(column: Column) -> list[str]:
    """What stands in a band: how many weights there are, and what is known of them."""
    return [f"{column.weights:,}", "weights", *spread(column)]


def spread(column: Column) -> list[str]:
    """How many of a layer's weights are positive, and the size of the largest, where they are known."""
    if column.kernel is None:
        return []
    import numpy as np

    weights = np.asarray(column.kernel)
    return [f"{(weights > 0).mean():.0%} positive", f"size up to {np.abs(weights).max():.2g}"]
