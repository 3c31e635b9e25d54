"""The `volumes` style: solids whose size shows the feature maps, as in the papers on LeNet and AlexNet."""

from collections import Counter
from collections.abc import Iterator, Sequence

from archc.draw.flows import Flow, Group, Station
from archc.draw.look import Look
from archc.draw.rows import Box, Branching, Room, Way, placed
from archc.draw.scene import Circle, Line, Mark, Part, Point, Polygon, Rect, Scene, Text, framed, union
from archc.draw.skipping import skipped
from archc.draw.solids import Extents, Pyramid, Rule, Solid, crosses, pyramid, rule_for
from archc.draw.stations import flow_of, levels
from archc.draw.volume_texts import LEADING, SIZE, SMALL, Label, badge_width, group_name, label_of, legend, sizes
from archc.ir import Module

MOST = 40
"""Stations one behind the other in a figure of which nothing else is asked."""

MARGIN = 20.0

RADIUS = 10.0
"""Of the circle of a merge that keeps the shape."""

DOTS = 28.0
"""How wide the dots are that stand for what is left out."""

SLABS = 3
"""How many of equal solids one behind the other are drawn at most."""

SIGNS = {"add": "+", "multiply": "×", "average": "ø", "subtract": "−", "maximum": "∨"}
"""What stands in the circle of a merge."""

ABOVE, BELOW = 5.0, 4.0
"""Between a solid and the texts above and below it."""

SHORTEST = 12.0
"""A line from a window to the next solid is at least as long."""


def scene(module: Module, look: Look) -> Scene:
    """Solids from left to right, with a legend of their families and the rule of their sizes."""
    drawing = Drawing(shown(module, look))
    parts = list(drawing.parts())
    left, _, right, bottom = union(part.bounds for part in parts)
    counts = [kept.count for kept in drawing.flow.stations] + [kept.count for kept in drawing.flow.groups]
    windows, solid = bool(drawing.pyramids), [drawing.stations[name] for name in drawing.solids]
    parts += legend(solid, left, bottom + 30, max(right - left, 420.0), windows=windows, folds=max(counts) > 1)
    told = "; ".join(f"{station.id} gives {sizes(station.shape)}" for station in drawing.flow.stations)
    desc = f"{module.graph.name} from left to right, as solids whose sizes show what leaves each layer: {told}."
    return framed(parts, MARGIN, module.graph.name, desc)


def shown(module: Module, look: Look) -> Flow:
    """What is to be seen; by itself as many levels of blocks are open as fit a figure, and a long row has no middle."""
    if look.full:
        return flow_of(module, look.depth, full=True)
    return skipped(opened(module, look.depth))


def opened(module: Module, depth: int | None) -> Flow:
    """So many levels of blocks; unless said, as many as fit a figure."""
    if depth is not None:
        return flow_of(module, depth)
    for depth in range(levels(module.graph), 0, -1):
        flow = flow_of(module, depth)
        if flow.length <= MOST:
            return flow
    return flow_of(module, 0)


class Drawing:
    """A figure in the making: how large everything is, where it stands, and what is seen of it."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.rule = rule_for(station.shape for station in flow.stations if not station.bare)
        self.stations = {station.id: station for station in flow.stations}
        self.takers = Counter(value for station in flow.stations for value in station.inputs)
        extents = {name: extents_of(station, self.rule) for name, station in self.stations.items()}
        self.labels = {name: label_of(station, width_of(extents[name])) for name, station in self.stations.items()}
        self.box = self._placed(extents)
        self.solids = {name: Solid(x, y, extents[name]) for name, (x, y) in self.box.places.items()}
        self.pyramids = {way: found for way in self.box.ways if (found := self._pyramid(way))}

    def _placed(self, extents: dict[str, Extents]) -> Box:
        edges = tuple((value, station.id) for station in self.flow.stations for value in station.inputs)
        return placed(
            Branching(
                order=tuple(in_order(self.flow.stations)),
                edges=edges,
                rooms={name: room_of(extents[name], label) for name, label in self.labels.items()},
                words={
                    station.id: Text(0, 0, words_of(station), SMALL).width
                    for station in self.flow.stations
                    if station.rests and self.takers[station.id] == 1
                },
                groups=tuple((group.members, i) for i, group in enumerate(self.flow.groups)),
                counted=frozenset(i for i, group in enumerate(self.flow.groups) if group.count > 1),
            )
        )

    def parts(self) -> Iterator[Part]:
        """Solids, then lines, then texts."""
        for name, solid in self.solids.items():
            yield self._solid(self.stations[name], solid)
        for way in self.box.ways:
            yield self._edge(way)
        for name, solid in self.solids.items():
            yield from texts(solid, self.labels[name], self.stations[name])
        for name, (x, y) in self.box.words.items():
            station = self.stations[name]
            marks = (Text(x, y, words_of(station), SMALL, anchor="middle", fill="soft"),)
            yield Part("label", marks, station.title, name, station.line, station.facts)
        for index, left, right, y in self.box.spans:
            yield from bracket(self.flow.groups[index], left, right, y)

    def _solid(self, station: Station, solid: Solid) -> Part:
        told = (station.title, station.id, station.line, station.facts)
        if station.op == "rest":
            middle = solid.x + DOTS / 2
            return Part("node", tuple(Circle(middle + step, solid.y, 2, "ink") for step in (-8, 0, 8)), *told)
        if not station.joins:
            return Part("node", tuple(solid.faces(station.family)), *told)
        x, y = solid.x + RADIUS, solid.y
        circle = Circle(x, y, RADIUS, station.family, "solid.line")
        sign = Text(x, y + 5, SIGNS.get(station.op, "•"), 14, True, "middle", f"{station.family}.text")
        return Part("node", (circle, sign), *told)

    def _edge(self, way: Way) -> Part:
        title = f"{way.start} to {way.end}"
        found = self.pyramids.get(way)
        if found is None:
            points = self._course(way)
            return Part("edge", (Line(points, radius=6, arrow=True),), title, ends=(way.start, way.end))
        window = sizes(self.stations[way.end].window)
        lines = (Line(points, "ink", 0.8) for points in found.lines)
        marks: tuple[Mark, ...] = (
            Polygon(found.window, f"{self.stations[way.end].family}.top", "solid.line", 1),
            *lines,
        )
        return Part("edge", marks, f"{title}: a window of {window}", ends=(way.start, way.end))

    def _course(self, way: Way) -> tuple[Point, ...]:
        """The points of a way, from face to face; into a circle from above where it comes from there."""
        through = list(way.through)
        goal = self.solids[way.end]
        end = (goal.x, goal.y) if self.stations[way.end].joins else goal.entry()
        if self.stations[way.end].joins and len(through) > 1 and through[-2][1] < through[-1][1] == goal.y:
            through[-2:] = [(goal.x + RADIUS, through[-2][1])]
            end = (goal.x + RADIUS, goal.y - RADIUS)
        return straightened([self.solids[way.start].exit, *through, end])

    def _pyramid(self, way: Way) -> Pyramid | None:
        """The window of what a way leads to, if that slides over what it comes from and can be seen."""
        end, start = self.stations[way.end], self.stations[way.start]
        if way.through or not end.window or self.takers[way.start] > 1 or start.bare or len(end.before) < 2:
            return None
        high, wide = (end.window[-2], end.window[-1]) if len(end.window) > 1 else (end.window[0], 0)
        source, goal = self.solids[way.start], self.solids[way.end]
        found = pyramid(source, goal, self.rule.side(high), self.rule.side(wide) if wide else source.size.width)
        if found is None or goal.x - max(x for x, _ in found.window) < SHORTEST:
            return None
        boxes = [text.bounds for name in (way.start, way.end) for text in self._written(name)]
        clear = not any(crosses(a, b, box, 1.5) for a, b in found.lines for box in boxes)
        return found if clear else None

    def _written(self, name: str) -> Iterator[Text]:
        for part in texts(self.solids[name], self.labels[name], self.stations[name]):
            yield from (mark for mark in part.marks if isinstance(mark, Text))


def in_order(stations: Sequence[Station]) -> list[str]:
    """All stations, each behind what it reads, and what reads nothing right before the first that reads it."""
    found: dict[str, None] = {}
    sources = {station.id for station in stations if not station.inputs}
    for station in stations:
        if station.inputs:
            found |= dict.fromkeys(value for value in station.inputs if value in sources)
            found[station.id] = None
    return [*found, *(station.id for station in stations if station.id not in found)]


def extents_of(station: Station, rule: Rule) -> Extents:
    """How large a station is drawn; of equal ones some are."""
    if station.joins:
        return Extents(2 * RADIUS, 2 * RADIUS, 0)
    if station.bare:
        return Extents(DOTS, 2 * RADIUS, 0)
    size = rule.extents(station.shape)
    if station.count > 1 and size.slabs == 1:
        return Extents(size.thick, size.height, size.width, min(station.count, SLABS))
    return size


def width_of(size: Extents) -> float:
    left, _, right, _ = Solid(0, 0, size).bounds
    return right - left


def room_of(size: Extents, label: Label) -> Room:
    """What a station takes with its texts, which stand above and below its middle."""
    left, top, right, bottom = Solid(0, 0, size).bounds
    beside = max(label.width - (right - left), 0) / 2
    above = ABOVE + SIZE if label.above else 0
    below = BELOW + LEADING * len(label.below)
    return Room(beside, right + beside, above - top, bottom + below, (0, right))


def words_of(station: Station) -> str:
    return f"{station.told} to {sizes(station.shape)}"


def texts(solid: Solid, label: Label, station: Station) -> Iterator[Part]:
    """Its sizes above it, with a badge where it stands for several; what it does below."""
    left, top, right, bottom = solid.bounds
    middle = (left + right) / 2
    told = (station.title, station.id, station.line)
    if label.above:
        x, y = middle - label.above_width / 2, top - ABOVE
        yield Part("label", (Text(x, y, label.above, SIZE),), *told)
        if label.badge:
            yield badge(label.badge, x + label.above_width - badge_width(label.badge), y - 10)
    lines = tuple(
        Text(middle, bottom + BELOW + LEADING * (i + 1) - 4, words, SMALL, bold, "middle", "ink" if bold else "soft")
        for i, (words, bold) in enumerate(label.below)
    )
    if lines:
        yield Part("label", lines, *told)


def badge(words: str, x: float, y: float) -> Part:
    width = badge_width(words)
    box = Rect(x, y, width, 13, "badge", radius=3)
    return Part("badge", (box, Text(x + width / 2, y + 10, words, SMALL, True, "middle", "badge.text")))


def bracket(group: Group, left: float, right: float, y: float) -> Iterator[Part]:
    """A bracket under stations, open upwards, with the name of their block and how many of it there are."""
    left, right = left + 2, right - 2
    line = Line(((left, y), (left, y + 5), (right, y + 5), (right, y)), "rule", 1)
    times = f"×{group.count}" if group.count > 1 else ""
    taken = badge_width(times) + 5 if times else 0
    name = group_name(group, right - left - taken)
    words = Text(0, y + 18, name, SMALL, bold=True)
    x = (left + right - words.width - taken) / 2
    yield Part("note", (line, Text(x, y + 18, name, SMALL, bold=True)) if name else (line,), name)
    if times:
        yield badge(times, x + words.width + taken - badge_width(times), y + 8)


def straightened(points: Sequence[Point]) -> tuple[Point, ...]:
    """A polyline without points that lie on a straight piece of it, or twice in one place."""
    found: list[Point] = []
    for point in points:
        if found and point == found[-1]:
            continue
        if len(found) > 1 and in_line(found[-2], found[-1], point):
            found.pop()
        found.append(point)
    return tuple(found)


def in_line(a: Point, b: Point, c: Point) -> bool:
    return any(abs(a[i] - b[i]) < 1e-6 and abs(b[i] - c[i]) < 1e-6 for i in (0, 1))
