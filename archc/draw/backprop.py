"""The `backprop` style: a computation graph from left to right, with values above and derivatives below its nodes.

Solid arrows go forwards, dashed ones back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from archc.draw import text as font
from archc.draw.computation import Cell, Computation, computation
from archc.draw.look import Look
from archc.draw.rules import number
from archc.draw.scene import Line, Part, Rect, Scene, Text, framed
from archc.ir import Module

FORMULA, NUMBER = 13, 12
"""Sizes of what stands in a node, and around it."""

FORMULA_ROOM, NUMBER_ROOM = 205, 196
"""How wide what stands in a node may get before it goes on in another line, and what stands around it."""

LINE, NUMBER_LINE = 18, 16
"""From one base line to the next, in a node and around it."""

PORTS = 14
"""From one pair of arrows to the next, at a node that several enter or leave."""

PAIR = 4
"""How far the arrow forwards runs above the middle of a pair, and the one back below."""

AISLE, WIDEST_AISLE = 64, 260
"""Between columns, at least and at most."""

SLOPE, SPREAD = 0.75, 0.6
"""How wide an aisle is to the height of its steepest arrow, and how high a column is to the one beside it, at least."""

BETWEEN, BETWEEN_LEAVES = 30, 14
"""Between nodes of a column, and between leaves."""

FORWARD_BUS, BACKWARD_BUS, LEAVES, BESIDE = 10, 20, 36, 9
"""How far to the right of a node's left side the lines to its leaves run, their boxes begin, and texts from boxes."""

Anchor = Literal["start", "middle", "end"]

FIRST = 3
"""How many numbers of several are told."""


@dataclass
class Box:
    """A node with its place: `y` is the middle of its box. One that stands `aside` has its numbers to the left."""

    cell: Cell
    lines: list[str]
    value: str
    slope: list[str]
    aside: bool = False
    fan: int = 1
    x: float = 0
    y: float = 0
    width: float = 0
    leaves: "list[Box]" = field(default_factory=list)

    @property
    def height(self) -> float:
        return max(len(self.lines) * LINE + 12, self.fan * PORTS + 8)

    @property
    def boxed(self) -> float:
        """How wide what stands in it is."""
        return max(font.width(line, FORMULA) for line in self.lines) + 24

    @property
    def told(self) -> float:
        """How wide the numbers around it are."""
        return max(font.width(line, NUMBER) for line in [self.value, *self.slope])

    @property
    def wanted(self) -> float:
        """How wide its column has to be, itself and its leaves."""
        if self.aside:
            return self.boxed
        inside = LEAVES + BESIDE + max((leaf.boxed + leaf.told for leaf in self.leaves), default=0)
        beside_lines = LEAVES if self.leaves else 0
        return max(self.boxed, self.told + beside_lines, inside if self.leaves else 0)

    @property
    def above(self) -> float:
        """How far it reaches above its middle."""
        if self.aside:
            return max(self.height, self.block) / 2
        return self.height / 2 + NUMBER_LINE + 4

    @property
    def below(self) -> float:
        if self.aside:
            return max(self.height, self.block) / 2
        leaves = sum(leaf.row + BETWEEN_LEAVES for leaf in self.leaves)
        return self.height / 2 + 6 + len(self.slope) * NUMBER_LINE + leaves

    @property
    def block(self) -> float:
        """How high its numbers are, one below another."""
        return (1 + len(self.slope)) * NUMBER_LINE

    @property
    def row(self) -> float:
        """How high it is as a leaf."""
        return max(self.height, self.block)


def scene(module: Module, look: Look) -> Scene:
    """The values and derivatives of `look.trace`. Raises Failed if the network isn't a small chain with a loss."""
    found = computation(module, look)
    assert look.trace is not None
    columns = [[_box(cell, first=not i) for cell in column] for i, column in enumerate(_beside(found))]
    _place(columns)
    parts = [*_edges(columns), *(part for column in columns for box in column for part in _drawn(box))]
    left = min(part.bounds[0] for part in parts)
    right = max(part.bounds[2] for part in parts)
    bottom = max(part.bounds[3] for part in parts)
    said = [f"{look.trace.example}; {look.trace.origin}", *found.notes]
    parts += _legend(left, max(right, left + 420), bottom + 36, found.scalar, said)
    return framed(parts, 20, f"Backpropagation through {module.graph.name}", _description(found, said))


def _beside(found: Computation) -> list[list[Cell]]:
    """The columns; what a lone first unit is computed from stands in one, as x₁ w₁ x₂ w₂ b."""
    first, second, *rest = (list(column) for column in found.columns)
    if not found.scalar or len(second) > 1 or not second[0].leaves:
        return [first, second, *rest]
    (unit,) = second
    leaves = list(unit.leaves)
    together = [cell for pair in zip(first, leaves, strict=False) for cell in pair] + leaves[len(first) :]
    reads = tuple(cell.name for cell in together)
    return [together, [replace(unit, leaves=(), reads=reads)], *rest]


def _box(cell: Cell, *, first: bool = False) -> Box:
    slope, quantity = [], cell.quantity
    if quantity.slope is not None:
        known = _numbers(quantity.shape, quantity.slope)
        begin = [f"d{cell.name} = {cell.rule[0]}", *cell.rule[1:]] if cell.rule else [f"∂L/∂{cell.name}"]
        slope = _filled([*begin, f"= {known}"] if cell.name != "L" else ["dL = 1"], NUMBER, NUMBER_ROOM)
    shape = f"[{', '.join(map(str, quantity.shape))}] " if quantity.shape else ""
    value = shape + _numbers(quantity.shape, quantity.value)
    leaves = [_box(leaf) for leaf in cell.leaves]
    return Box(cell, _filled(cell.text, FORMULA, FORMULA_ROOM), value, slope, first, leaves=leaves)


def _numbers(shape: tuple[int, ...], values: Sequence[float]) -> str:
    if not shape:
        return number(values[0])
    more = ", …" if len(values) > FIRST else ""
    return f"({', '.join(map(number, values[:FIRST]))}{more})"


def _filled(terms: Sequence[str], size: float, room: float) -> list[str]:
    """Terms in lines that are no wider than there is room, unless one alone is."""
    lines: list[str] = []
    for term in terms:
        longer = f"{lines[-1]} {term}" if lines else term
        if lines and font.width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(term)
    return lines


def _place(columns: list[list[Box]]) -> None:
    """Gives every node its place: columns side by side, each around the middle of the one beside it."""
    for i, column in enumerate(columns):
        for box, fan in zip(column, _fans(columns, i), strict=True):
            box.fan = fan
    rows = _rows(columns)
    tallest = max(range(len(rows)), key=lambda i: sum(row.above + row.below for row in rows[i]))
    _stack(rows[tallest], 0, 0)
    for i in range(tallest + 1, len(rows)):
        _stack_beside(rows[i], rows[i - 1])
    for i in reversed(range(tallest)):
        _stack_beside(rows[i], rows[i + 1])
    x = 0.0
    for column, following in zip(columns, [*columns[1:], []], strict=True):
        width = max(box.wanted for box in column)
        for box in column:
            box.x, box.width = x, width
            _place_leaves(box)
        x += width + _aisle(column, following)


def _aisle(column: Sequence[Box], following: Sequence[Box]) -> float:
    """How much room arrows have behind a column: the more, the steeper they would be."""
    pairs = [(box, other) for box in column for other in following if box.cell.name in other.cell.reads]
    steepest = max((abs(box.y - other.y) for box, other in pairs), default=0)
    return min(max(AISLE, steepest * SLOPE), WIDEST_AISLE)


def _fans(columns: list[list[Box]], i: int) -> list[int]:
    """How many pairs of arrows each node of a column has on its fuller side."""
    after = columns[i + 1] if i + 1 < len(columns) else []
    return [
        max(1, len(box.cell.reads), sum(box.cell.name in other.cell.reads for other in after)) for box in columns[i]
    ]


@dataclass
class Row:
    """Nodes at one height, each of which takes the one before it and nothing else."""

    boxes: list[Box]

    @property
    def above(self) -> float:
        return max(box.above for box in self.boxes)

    @property
    def below(self) -> float:
        return max(box.below for box in self.boxes)

    @property
    def y(self) -> float:
        return self.boxes[0].y

    def put(self, y: float) -> None:
        for box in self.boxes:
            box.y = y


def _rows(columns: list[list[Box]]) -> list[list[Row]]:
    """The rows of neighbouring columns that run node by node, from left to right."""
    found: list[list[Row]] = []
    for column in columns:
        if found and len(found[-1]) == len(column) and all(box.cell.pointwise for box in column):
            for row, box in zip(found[-1], column, strict=True):
                row.boxes.append(box)
        else:
            found.append([Row([box]) for box in column])
    return found


def _stack(rows: list[Row], middle: float, span: float) -> None:
    """Rows one below another, the mean of their middles at `middle`, and so far apart that they span as many px."""
    y, heights = 0.0, []
    for row in rows:
        heights.append(y + row.above)
        y += row.above + row.below + (BETWEEN_LEAVES if row.boxes[0].aside else BETWEEN)
    more = span - (heights[-1] - heights[0])
    if more > 0:
        heights = [height + more * i / max(len(rows) - 1, 1) for i, height in enumerate(heights)]
    shift = middle - sum(heights) / len(heights)
    for row, height in zip(rows, heights, strict=True):
        row.put(height + shift)


def _stack_beside(rows: list[Row], others: list[Row]) -> None:
    """Rows around the middle of the others, and not much less far apart, so that no arrow is steep."""
    middle = sum(other.y for other in others) / len(others)
    _stack(rows, middle, SPREAD * (others[-1].y - others[0].y) if len(rows) > 1 else 0)


def _place_leaves(box: Box) -> None:
    y = box.y + box.height / 2 + 6 + len(box.slope) * NUMBER_LINE + BETWEEN_LEAVES
    for leaf in box.leaves:
        leaf.x, leaf.y = box.x + LEAVES, y + leaf.row / 2
        leaf.width = max(other.boxed for other in box.leaves)
        y += leaf.row + BETWEEN_LEAVES


def _edges(columns: list[list[Box]]) -> Iterator[Part]:
    """Arrows forwards and back, between columns and between nodes and their leaves."""
    for before, column in pairwise(columns):
        for box in column:
            sources = [other for other in before if other.cell.name in box.cell.reads]
            for i, source in enumerate(sources):
                targets = [other for other in column if source.cell.name in other.cell.reads]
                start = (source.x + source.width, source.y + _port(targets.index(box), len(targets)))
                yield from _pair(source, box, start, (box.x, box.y + _port(i, len(sources))))
    for column in columns:
        for box in column:
            if box.leaves:
                yield from _buses(box)


def _port(i: int, count: int) -> float:
    return (i - (count - 1) / 2) * PORTS


def _pair(source: Box, box: Box, start: tuple[float, float], end: tuple[float, float]) -> Iterator[Part]:
    (x, y), (to_x, to_y) = start, end
    names = (source.cell.name, box.cell.name)
    yield Part("edge", (Line(((x, y - PAIR), (to_x, to_y - PAIR)), arrow=True),), ends=names)
    if source.cell.quantity.slope is not None or source.cell.family == "activation":
        back = _back(((to_x, to_y + PAIR), (x, y + PAIR)))
        yield Part("edge", (back,), ends=(names[1], names[0]))


def _back(points: tuple[tuple[float, float], ...]) -> Line:
    return Line(points, "backward", dash="5 3", arrow=True)


def _buses(box: Box) -> Iterator[Part]:
    """The lines between a node and the leaves below it."""
    bottom, names = box.y + box.height / 2, (box.leaves[-1].cell.name, box.cell.name)
    up, down = box.x + FORWARD_BUS, box.x + BACKWARD_BUS
    *others, last = box.leaves
    marks = [Line(((last.x, last.y - PAIR), (up, last.y - PAIR), (up, bottom)), arrow=True)]
    marks += [Line(((leaf.x, leaf.y - PAIR), (up, leaf.y - PAIR))) for leaf in others]
    yield Part("edge", tuple(marks), ends=names)
    derived = [leaf for leaf in box.leaves if leaf.cell.quantity.slope is not None]
    if derived:
        *others, last = derived
        y = last.y + PAIR
        marks = [_back(((down, bottom), (down, y), (last.x, y)))]
        marks += [_back(((down, leaf.y + PAIR), (leaf.x, leaf.y + PAIR))) for leaf in others]
        yield Part("edge", tuple(marks), ends=(names[1], names[0]))


def _drawn(box: Box) -> Iterator[Part]:
    """A node, its numbers and its leaves."""
    yield _node(box)
    x, y = box.x, box.y
    if box.aside:
        yield from _numbers_beside(box, x - BESIDE, "end")
    else:
        middle = x + box.width / 2
        top = y - box.height / 2
        bottom = y + box.height / 2 + 4
        value = Text(middle, top - 6, box.value, NUMBER, True, "middle", "forward")
        yield Part("label", (value,))
        if box.slope:
            at = x + LEAVES if box.leaves else middle
            anchor: Anchor = "start" if box.leaves else "middle"
            slope = [
                Text(at, bottom + (i + 0.8) * NUMBER_LINE, line, NUMBER, False, anchor, "backward")
                for i, line in enumerate(box.slope)
            ]
            yield Part("label", tuple(slope))
    for leaf in box.leaves:
        yield _node(leaf)
        yield from _numbers_beside(leaf, leaf.x + leaf.width + BESIDE, "start")


def _numbers_beside(box: Box, x: float, anchor: Anchor) -> Iterator[Part]:
    """Value and derivative, one below the other, in the middle of the height of the box."""
    y = box.y - box.block / 2 + 0.8 * NUMBER_LINE
    marks = [Text(x, y, box.value, NUMBER, True, anchor, "forward")]
    for i, line in enumerate(box.slope, 1):
        marks.append(Text(x, y + i * NUMBER_LINE, line, NUMBER, False, anchor, "backward"))
    yield Part("label", tuple(marks))


def _node(box: Box) -> Part:
    cell = box.cell
    family = cell.family if cell.family != "other" or cell.reads else "layout"
    rect = Rect(box.x, box.y - box.height / 2, box.width, box.height, family, "ink", radius=5)
    first = box.y - (len(box.lines) - 1) * LINE / 2 + FORMULA * 0.36
    middle = box.x + box.width / 2
    texts = [
        Text(middle, first + i * LINE, line, FORMULA, False, "middle", f"{family}.text")
        for i, line in enumerate(box.lines)
    ]
    facts = [("value", box.value)]
    if box.slope:
        facts.append(("derivative", " ".join(box.slope)))
    return Part("node", (rect, *texts), _told(cell, box), cell.name, cell.line, tuple(facts))


def _told(cell: Cell, box: Box) -> str:
    """A node in words."""
    value = f"{' '.join(cell.text)} = {box.value}"
    return f"{value}; {' '.join(box.slope)}" if box.slope else value


def _legend(left: float, right: float, y: float, scalar: bool, said: Sequence[str]) -> list[Part]:
    """What arrows and colours mean, and which example this is."""
    dash = "dz is short for ∂L/∂z" if scalar else "dz is short for ∂L/∂z, W is [out, in]"
    keys = [("value, forwards", "forward", False), (f"derivative, backwards: {dash}", "backward", True)]
    parts, x = [], left
    for words, color, back in keys:
        width = 44 + font.width(words, NUMBER)
        if x > left and x + width > right:
            x, y = left, y + NUMBER_LINE + 4
        sample = _back(((x + 34, y - 4), (x, y - 4))) if back else Line(((x, y - 4), (x + 34, y - 4)), arrow=True)
        parts.append(Part("legend", (sample, Text(x + 44, y, words, NUMBER, not back, fill=color))))
        x += width + 28
    for sentence in said:
        for line in font.wrapped(sentence, NUMBER, right - left):
            y += NUMBER_LINE + 4
            parts.append(Part("note", (Text(left, y, line, NUMBER, fill="soft"),)))
    return parts


def _description(found: Computation, said: Sequence[str]) -> str:
    nodes = [_told(cell, _box(cell)) for cell in found.cells]
    return f"{'. '.join(part.rstrip('.') for part in said)}. From left to right: {'; '.join(nodes)}."
