"""The same as `place`, by Graphviz's `dot` where it is installed: for who prefers its curves."""

from collections.abc import Iterator, Sequence
from subprocess import CalledProcessError

from archc.diagnostics import Diagnostic, Failed
from archc.draw.layered.place import Placement
from archc.draw.layered.rows import Box, Wire
from archc.draw.scene import Point

INCH = 72.0
"""Graphviz's unit; a px of ours is taken as a point of it."""

SHORT = 9.0
"""Of a piece of a line, in px."""

STEPS = 10
"""Pieces of a curve that a polyline stands for."""


def there() -> bool:
    """Whether there is a `dot` to ask."""
    import shutil

    return shutil.which("dot") is not None


def place_by_dot(boxes: Sequence[Box], wires: Sequence[Wire], tallest: float = 0) -> Placement:
    """Lays boxes out in rows. `tallest` means nothing to `dot`, which makes one column of them."""
    from graphviz import Digraph

    if not boxes:
        return Placement((), (), 0, 0)
    graph = Digraph(engine="dot")
    # dense graphs can take minutes otherwise
    graph.attr(splines="true", nodesep="0.3", ranksep="0.3", nslimit="1", nslimit1="1", mclimit="0.5")
    graph.attr("node", shape="box", fixedsize="true", label="")
    graph.attr("edge", dir="none", tailport="s")
    for index, box in enumerate(boxes):
        half, tall = _half(box), box.height + box.tail[1]
        size = {"width": f"{2 * half / INCH:.6f}", "height": f"{tall / INCH:.6f}"}
        # fields of equal width, so that no two lines end in one place
        fields = "|".join(f"<{slot}> " for slot in range(box.ins))
        graph.node(str(index), **size, **({"shape": "record", "label": fields} if box.ins > 1 else {}))
    for rank in ("source", "sink"):
        with graph.subgraph() as row:
            row.attr(rank=rank)
            for index, box in enumerate(boxes):
                if box.first if rank == "source" else box.last:
                    row.node(str(index))
    for wire in wires:
        port = f"{wire.slot}:n" if boxes[wire.target].ins > 1 else "n"
        graph.edge(str(wire.source), str(wire.target), headport=port)
    try:
        plain = graph.pipe(format="plain", encoding="utf-8", quiet=True)
    except (CalledProcessError, OSError) as error:
        said = str(getattr(error, "stderr", "") or error).strip()
        raise Failed(
            Diagnostic(
                "E1002", "Graphviz's `dot` ended with an error", notes=(said[:300],), help="leave out `--by-dot`"
            )
        ) from None
    return _read(plain, boxes, wires)


def _half(box: Box) -> float:
    """Half the width of a node whose middle is where lines leave the box."""
    return max(box.leaves, box.width - box.leaves, box.tail[0], 0.5)


def _read(plain: str, boxes: Sequence[Box], wires: Sequence[Wire]) -> Placement:
    """From Graphviz's plain format: https://graphviz.org/docs/outputs/plain/."""
    corners: list[Point] = [(0, 0)] * len(boxes)
    curves: dict[tuple[int, int], list[list[Point]]] = {}
    width = height = 0.0
    for line in plain.replace("\\\n", "").splitlines():
        words = line.split()
        if words[0] == "graph":
            width, height = float(words[2]) * INCH, float(words[3]) * INCH
        elif words[0] == "node":
            box = boxes[int(words[1])]
            x, y = float(words[2]) * INCH, height - float(words[3]) * INCH
            corners[int(words[1])] = (x - box.leaves, y - (box.height + box.tail[1]) / 2)
        elif words[0] == "edge":
            numbers = [float(word) * INCH for word in words[4 : 4 + 2 * int(words[3])]]
            points = list(zip(numbers[::2], (height - y for y in numbers[1::2]), strict=True))
            curves.setdefault((int(words[1]), int(words[2])), []).append(points)
    lines = []
    for wire in wires:
        points = curves[wire.source, wire.target].pop(0)
        box, (left, top) = boxes[wire.source], corners[wire.source]
        end = boxes[wire.target], corners[wire.target]
        into = (min(max(points[-1][0], end[1][0]), end[1][0] + end[0].width), end[1][1])
        lines.append(((left + box.leaves, top + box.height), *_flat(points), into))
    return Placement(tuple(corners), tuple(map(_without_repeats, lines)), width, height)


def _flat(points: Sequence[Point]) -> Iterator[Point]:
    """A polyline along Bézier curves that share their ends."""
    yield points[0]
    for index in range(0, len(points) - 3, 3):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[index : index + 4]
        straight = max(ax, bx, cx, dx) - min(ax, bx, cx, dx) < 0.5
        for step in range(STEPS if straight else 1, STEPS + 1):
            t = step / STEPS
            u = 1 - t
            weights = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
            yield (
                sum(w * x for w, x in zip(weights, (ax, bx, cx, dx), strict=True)),
                sum(w * y for w, y in zip(weights, (ay, by, cy, dy), strict=True)),
            )


def _without_repeats(points: Sequence[Point]) -> tuple[Point, ...]:
    """Without pieces so short that an arrow at their end would point anywhere; both ends stay where they are."""
    found: list[Point] = [points[0]]
    for x, y in points[1:-1]:
        if abs(found[-1][0] - x) + abs(found[-1][1] - y) > SHORT:
            found.append((x, y))
    while len(found) > 1 and abs(found[-1][0] - points[-1][0]) + abs(found[-1][1] - points[-1][1]) <= SHORT:
        found.pop()
    return (*found, points[-1])
