"""What is wrong with a figure, measured on its boxes, texts and lines. Lengths in px."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import hypot, isfinite

from archc.draw.scene import Bounds, Circle, Line, Part, Point, Polygon, Rect, Scene, Text, union
from archc.draw.strokes import head
from tests.draw.geometry import (
    Segment,
    Shape,
    among,
    area,
    box_of,
    clipped,
    crossing,
    enters,
    grown,
    inside,
    length,
    meeting,
    overlap,
    pieces,
    side_by_side,
    to_border,
)

SLACK = 0.5
"""What nobody sees."""

NEAR = 1.0
"""How far from a border an edge may end."""

ALONG = 6.0
"""For how long an edge may run on a border, or on an edge of another source."""

ROOM, RIM = 30.0, 12.0
"""What an edge needs below a node, and a frame around what it holds."""

SOLID = ("node", "band")
"""What no edge crosses."""


@dataclass(frozen=True)
class Seen:
    """A part, taken apart. `at` is when each mark is painted; the `box` is that of its shapes, or of its texts."""

    part: Part
    place: int
    texts: list[tuple[int, Text, Bounds]] = field(default_factory=list)
    shapes: list[tuple[int, Shape, Bounds]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @property
    def box(self) -> Bounds:
        return union(bounds for _, _, bounds in self.shapes or self.texts)

    @property
    def name(self) -> str:
        texts = " ".join(text.text for _, text, _ in self.texts)
        ends = " to ".join(self.part.ends or ())
        return f"{self.part.kind} {self.part.id or ends or texts or self.part.title or self.place}"


def faults(scene: Scene) -> list[str]:
    """A line a fault, in words; none for a figure as it should be."""
    if broken := list(_broken(scene)):
        return broken
    seen = _seen(scene)
    return [
        *_texts(scene, seen),
        *_texts_sticking_out(seen),
        *_called_the_same(seen),
        *_edges_through_solids(seen),
        *_nodes_on_nodes(seen),
        *_frames(seen),
        *_edge_ends(seen),
        *_strays(seen),
        *_edges_on_edges(scene),
    ]


def text_faults(scene: Scene) -> list[str]:
    """What of these is wrong with its texts: what every style has to keep, whatever its nodes and edges are."""
    return list(_broken(scene)) or _texts(scene, _seen(scene))


def _texts(scene: Scene, seen: Sequence[Seen]) -> list[str]:
    return [*_outside(scene, seen), *_texts_on_texts(seen), *_texts_cut(seen), *_lines_through_texts(seen)]


def _seen(scene: Scene) -> list[Seen]:
    found = []
    at = 0
    for place, part in enumerate(scene.parts):
        one = Seen(part, place)
        for mark in part.marks:
            at += 1
            if isinstance(mark, Text):
                if mark.text.strip():
                    one.texts.append((at, mark, mark.bounds))
            elif isinstance(mark, Line):
                one.lines.append(mark)
            elif mark.fill or mark.stroke:
                one.shapes.append((at, mark, mark.bounds))
        found.append(one)
    return found


def _of(seen: Sequence[Seen], *kinds: str) -> list[Seen]:
    return [one for one in seen if one.part.kind in kinds and (one.shapes or one.texts)]


def _broken(scene: Scene) -> Iterator[str]:
    """What can't be measured or drawn at all."""
    if not (0 < scene.width < float("inf") and 0 < scene.height < float("inf")):
        yield f"the page is {scene.width} × {scene.height}"
    for part in scene.parts:
        if not part.marks:
            yield f"{part.kind} {part.id} has no marks"
        for mark in part.marks:
            numbers: tuple[float, ...]
            match mark:
                case Text():
                    numbers = (mark.x, mark.y, mark.size)
                    wrong = mark.size <= 0 or "\n" in mark.text
                case Rect():
                    numbers = (mark.x, mark.y, mark.width, mark.height)
                    wrong = mark.width < 0 or mark.height < 0
                case Circle():
                    numbers = (mark.x, mark.y, mark.radius)
                    wrong = mark.radius < 0
                case Polygon() | Line():
                    numbers = tuple(number for point in mark.points for number in point)
                    wrong = len(mark.points) < 2
            if wrong or not all(map(isfinite, numbers)):
                yield f"{part.kind} {part.id} has a mark that can't be: {mark}"


def _outside(scene: Scene, seen: Sequence[Seen]) -> Iterator[str]:
    page = (0.0, 0.0, scene.width, scene.height)
    for one in seen:
        boxes = [bounds for _, _, bounds in (*one.texts, *one.shapes)] + [line.bounds for line in one.lines]
        if not all(inside(box, page, SLACK) for box in boxes):
            yield f"{one.name} is outside the page"


def _texts_on_texts(seen: Sequence[Seen]) -> Iterator[str]:
    texts = [(one, text, bounds) for one in seen for _, text, bounds in one.texts]
    for a, b in among([bounds for _, _, bounds in texts]):
        if overlap(texts[a][2], texts[b][2], SLACK):
            yield f"`{texts[a][1].text}` of {texts[a][0].name} overlaps `{texts[b][1].text}` of {texts[b][0].name}"


def _texts_sticking_out(seen: Sequence[Seen]) -> Iterator[str]:
    for one in _of(seen, "node", "band", "badge"):
        for _, text, bounds in one.texts:
            if one.shapes and not inside(bounds, one.box, SLACK):
                yield f"`{text.text}` sticks out of {one.name}"


def _called_the_same(seen: Sequence[Seen]) -> Iterator[str]:
    """Nodes and frames that can't be told apart by whoever asks for one of them."""
    for kind in ("node", "frame"):
        counted = Counter(one.part.id for one in seen if one.part.kind == kind and one.part.id)
        yield from (f"{count} times {kind} {id}" for id, count in counted.items() if count > 1)


def _texts_cut(seen: Sequence[Seen]) -> Iterator[str]:
    """Texts that are cut by a border, lie on what isn't theirs, or are painted over."""
    texts = [(one, at, text, bounds) for one in seen for at, text, bounds in one.texts]
    shapes = [(one, at, shape, bounds) for one in seen for at, shape, bounds in one.shapes]
    for a, b in meeting([each[3] for each in texts], [each[3] for each in shapes]):
        own, written, text, bounds = texts[a]
        other, painted, shape, box = shapes[b]
        if not overlap(bounds, box, SLACK):
            continue
        if painted > written:
            if shape.fill or not inside(bounds, box, SLACK):
                yield f"`{text.text}` of {own.name} is covered by {other.name}"
        elif not _backed(own, bounds, painted, written):
            if own is not other and other.part.kind in (*SOLID, "badge"):
                yield f"`{text.text}` of {own.name} lies on {other.name}"
            elif not inside(bounds, box, SLACK):
                yield f"`{text.text}` of {own.name} is cut by the border of {other.name}"


def _backed(own: Seen, bounds: Bounds, after: int, before: int) -> bool:
    """Whether a shape of its own part, painted between two times, stands behind a text."""
    return any(after < at < before and shape.fill and inside(bounds, box, SLACK) for at, shape, box in own.shapes)


def _lines_through_texts(seen: Sequence[Seen]) -> Iterator[str]:
    """A text with a halo may lie on its own edge, and one in a box on what runs behind the box."""
    texts = [(one, at, text, bounds) for one in seen for at, text, bounds in one.texts]
    lines = [(one, segment) for one in seen for line in one.lines for segment in _with_head(line)]
    boxes = [box_of(segment) for _, segment in lines]
    for a, b in meeting([each[3] for each in texts], boxes):
        own, at, text, bounds = texts[a]
        other, segment = lines[b]
        if clipped(segment, grown(bounds, -SLACK)) <= 0:
            continue
        if text.halo and (own is other or (own.part.ends and own.part.ends == other.part.ends)):
            continue
        if own.place > other.place and _backed(own, bounds, 0, at):
            continue
        yield f"{other.name} runs through `{text.text}` of {own.name}"


def _with_head(line: Line) -> list[tuple[Point, Point]]:
    """The pieces of a line and the sides of its head."""
    found = pieces(line.points)
    if line.arrow:
        corners = head(line)
        found += pieces((*corners, corners[0]))
    return found


def _edges_through_solids(seen: Sequence[Seen]) -> Iterator[str]:
    lines = [
        (one, segment) for one in seen if one.part.kind == "edge" for x in one.lines for segment in pieces(x.points)
    ]
    shapes = [(one, shape, bounds) for one in _of(seen, *SOLID) for _, shape, bounds in one.shapes]
    for a, b in meeting([box_of(segment) for _, segment in lines], [bounds for _, _, bounds in shapes]):
        (edge, segment), (solid, shape, bounds) = lines[a], shapes[b]
        if enters(segment, shape, SLACK):
            yield f"{edge.name} crosses {solid.name}"
        elif isinstance(shape, Rect) and clipped(segment, grown(bounds, SLACK)) > ALONG:
            yield f"{edge.name} runs along the border of {solid.name}"


def _nodes_on_nodes(seen: Sequence[Seen]) -> Iterator[str]:
    for kinds in (SOLID, ("badge",), (*SOLID, "legend", "note")):
        boxed = _of(seen, *kinds)
        for a, b in among([one.box for one in boxed]):
            both_solid = kinds != SOLID and {boxed[a].part.kind, boxed[b].part.kind} <= set(SOLID)
            if not both_solid and overlap(boxed[a].box, boxed[b].box, SLACK):
                yield f"{boxed[a].name} overlaps {boxed[b].name}"


def _frames(seen: Sequence[Seen]) -> Iterator[str]:
    """Frames that others are half in, that lie on one another, or that aren't around what belongs to them."""
    frames = _of(seen, "frame")
    others = _of(seen, "node", "band", "label", "legend", "note")
    for a, b in meeting([one.box for one in frames], [one.box for one in others]):
        if overlap(frames[a].box, others[b].box, SLACK) and not inside(others[b].box, frames[a].box, SLACK):
            yield f"{others[b].name} is half in {frames[a].name}"
    for a, b in among([one.box for one in frames]):
        first, second = frames[a].box, frames[b].box
        if overlap(first, second, SLACK) and inside(first, second, SLACK) == inside(second, first, SLACK):
            yield f"{frames[a].name} partly overlaps {frames[b].name}"
    for frame in frames:
        inner = [one for one in _of(seen, "node", "frame") if frame.part.id and _within(one.part.id, frame.part.id)]
        for one in inner:
            if not inside(one.box, frame.box, SLACK):
                yield f"{one.name} is not in {frame.name}"
        if inner:
            for one in _of(seen, "node"):
                if inside(one.box, frame.box, SLACK) and not _within(one.part.id, frame.part.id):
                    yield f"{one.name} is in {frame.name}"


def _within(scope: str, block: str) -> bool:
    return scope.startswith(f"{block}.")


def _related(a: str, b: str) -> bool:
    """Whether a scope is another, or in it."""
    return a == b or _within(a, b) or _within(b, a)


def _edge_ends(seen: Sequence[Seen]) -> Iterator[str]:
    """Edges that lead from nothing or to nothing, or from and to something else, and arrows too short to be seen."""
    targets = [(one, shape, bounds) for one in _of(seen, *SOLID, "frame") for _, shape, bounds in one.shapes]
    known = {one.part.id for one, _, _ in targets if one.part.id}
    ends: list[tuple[Seen, int, Point]] = []
    for one in seen:
        if one.part.kind != "edge":
            continue
        for line in one.lines:
            last = length(pieces(line.points)[-1])
            if sum(map(length, pieces(line.points))) < SLACK or (line.arrow and last < line.head):
                yield f"{one.name} has an arrow of {last:.1f} px"
            for which, point in ((0, line.points[0]), (1, line.points[-1])):
                if not any(_on(point, other) for other in one.lines if other is not line):
                    ends.append((one, which, point))
    touched: defaultdict[int, list[Seen]] = defaultdict(list)
    spots = [grown((x, y, x, y), NEAR) for _, _, (x, y) in ends]
    for a, b in meeting(spots, [bounds for _, _, bounds in targets]):
        if to_border(ends[a][2], targets[b][1]) <= NEAR:
            touched[a].append(targets[b][0])
    for place, (edge, which, (x, y)) in enumerate(ends):
        side = ("begins", "ends")[which]
        wanted = edge.part.ends[which] if edge.part.ends else ""
        if not touched[place]:
            yield f"{edge.name} {side} at nothing, at {x:.0f}, {y:.0f}"
        elif wanted in known and not any(_related(one.part.id, wanted) for one in touched[place]):
            yield f"{edge.name} {side} at {touched[place][0].name}"


def _on(point: Point, line: Line) -> bool:
    """Whether a line of the same part passes through a point."""
    return any(
        clipped(segment, grown((*point, *point), NEAR)) > 0 or hypot(*_apart(point, segment[0])) < NEAR
        for segment in pieces(line.points)
    )


def _apart(a: Point, b: Point) -> Point:
    return (a[0] - b[0], a[1] - b[1])


def _strays(seen: Sequence[Seen]) -> Iterator[str]:
    """Edges through a frame that holds neither of their ends."""
    frames = _of(seen, "frame")
    edges = [one for one in seen if one.part.kind == "edge" and one.lines]
    lines = [(one, line) for one in edges for line in one.lines]
    for a, b in meeting([line.bounds for _, line in lines], [one.box for one in frames]):
        (edge, line), frame = lines[a], frames[b]
        through = any(clipped(segment, grown(frame.box, -NEAR)) > 0 for segment in pieces(line.points))
        if through and not any(_holds(grown(frame.box, NEAR), point) for each in edge.lines for point in _tips(each)):
            yield f"{edge.name} runs through {frame.name}"


def _tips(line: Line) -> tuple[Point, Point]:
    return (line.points[0], line.points[-1])


def _holds(box: Bounds, point: Point) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


@dataclass(frozen=True)
class Wire:
    """A line of an edge, and what the value on it comes from."""

    source: str
    points: tuple[Point, ...]
    name: str = ""


def wires(scene: Scene) -> list[Wire]:
    """The lines of a figure's edges; one without ends comes from where it begins."""
    found = []
    for part in scene.parts:
        if part.kind != "edge":
            continue
        lines = [mark for mark in part.marks if isinstance(mark, Line)]
        source = part.ends[0] if part.ends else str(lines[0].points[0]) if lines else ""
        found += [Wire(source, line.points, " to ".join(part.ends or ())) for line in lines if len(line.points) > 1]
    return found


def _edges_on_edges(scene: Scene) -> Iterator[str]:
    """Edges of different sources that run on one another, so that nobody can tell them apart."""
    for a, one, b, two in _neighbours(wires(scene), NEAR):
        shared = side_by_side(one, two, NEAR)
        if shared > ALONG:
            yield f"edge {a.name} runs on edge {b.name} for {shared:.0f} px"


def crossings(scene: Scene) -> int:
    """How often edges of different sources cross."""
    return crossings_of(wires(scene))


def crossings_of(lines: Sequence[Wire]) -> int:
    """In how many places lines of different sources cross; lines of one source that run together count as one.

    Lines that meet where they end don't cross. Those of each source are moved by a hair of their own, so that what goes
    through one another in a corner, or runs together for a while, has crossed if it comes out on the other side.
    """
    sources = {wire.source: place for place, wire in enumerate(lines)}
    moved = [Wire(wire.source, _jogged(_shortened(wire.points), sources[wire.source])) for wire in lines]
    found = set()
    for a, one, b, two in _neighbours(moved, 0):
        if shares := crossing(one, two):
            (px, py), (qx, qy) = one
            where = (round(px + shares[0] * (qx - px), 3), round(py + shares[0] * (qy - py), 3))
            found.add((min(a.source, b.source), max(a.source, b.source), *where))
    return len(found)


def _shortened(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """A line without its first and last px."""
    return tuple(reversed(_begun(tuple(reversed(_begun(points))))))


def _begun(points: tuple[Point, ...]) -> tuple[Point, ...]:
    (ax, ay), (bx, by), *rest = points
    long = length(((ax, ay), (bx, by)))
    if long <= NEAR:
        return _begun(((bx, by), *rest)) if rest else points
    return ((ax + (bx - ax) * NEAR / long, ay + (by - ay) * NEAR / long), *points[1:])


def _jogged(points: tuple[Point, ...], place: int) -> tuple[Point, ...]:
    dx, dy = (place * 0.618034 % 1 - 0.5) / 50, (place * 0.754878 % 1 - 0.5) / 50
    return tuple((x + dx, y + dy) for x, y in points)


def _neighbours(lines: Sequence[Wire], apart: float) -> Iterator[tuple[Wire, Segment, Wire, Segment]]:
    """Pieces of lines from different sources whose boxes come as near as that."""
    every = [(wire, segment) for wire in lines for segment in pairwise(wire.points)]
    for a, b in among([grown(box_of(segment), apart) for _, segment in every]):
        if every[a][0].source != every[b][0].source:
            yield *every[a], *every[b]


def spread(scene: Scene, lane: float = 0) -> float:
    """By how much a figure is larger than what is in it, with `lane` px of room on the way of every line.

    The figure is the box around its nodes, frames, edges and labels, without the page's margin, title and legend.
    In it are cells: a node with its badge and the room that an edge and its arrow need below it (`ROOM`), as wide as
    the node and all of its labels; and of frames the bands, and a rim of `RIM` around what they hold.
    """
    seen = _seen(scene)
    cells = sum(
        area((left, top, right, bottom + ROOM)) for left, top, right, bottom in (one.box for one in _of(seen, "node"))
    )
    labels = sum(area(one.box) for one in _of(seen, "label"))
    bands = sum(area(one.box) for one in _of(seen, "band"))
    rims = sum(area(one.box) - area(grown(one.box, -RIM)) for one in _of(seen, "frame"))
    return _extent(seen) / (cells + labels + bands + rims + lane * _way(seen))


def extent(scene: Scene) -> float:
    """The area of the box around a figure's nodes, frames, edges and labels."""
    return _extent(_seen(scene))


def _extent(seen: Sequence[Seen]) -> float:
    boxes = [one.box for one in _of(seen, "node", "frame", "band", "label")]
    boxes += [line.bounds for one in seen if one.part.kind == "edge" for line in one.lines]
    return area(union(boxes))


def _way(seen: Sequence[Seen]) -> float:
    """How long all lines are, what those of one source share counted once."""
    stretches: dict[tuple[str, int, float], list[tuple[float, float]]] = defaultdict(list)
    edges = [(one, line) for one in seen if one.part.kind == "edge" for line in one.lines]
    for one, line in edges:
        for a, b in pairwise(line.points):
            along = int(abs(a[1] - b[1]) > abs(a[0] - b[0]))
            source = one.part.ends[0] if one.part.ends else one.name
            stretches[source, along, round(a[1 - along], 3)].append((min(a[along], b[along]), max(a[along], b[along])))
    total = 0.0
    for ends in stretches.values():
        reached = float("-inf")
        for start, end in sorted(ends):
            total += max(0.0, end - max(start, reached))
            reached = max(reached, end)
    return total
