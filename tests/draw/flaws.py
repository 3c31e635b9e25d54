"""What a figure of solids must not have: texts or solids on each other, lines through either, anything off the page."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from archc.draw.scene import Bounds, Line, Part, Point, Polygon, Scene, Text, around
from archc.draw.solids import crosses

CLOSE = 0.2
"""px that count as touching, and not as overlapping."""


def flaws(scene: Scene) -> list[str]:
    """All of them, in words."""
    solids = [part for part in scene.parts if part.kind == "node"]
    return [*off_the_page(scene), *overlaps(scene, solids), *crossings(scene, solids), *merged(scene)]


def off_the_page(scene: Scene) -> Iterator[str]:
    for part in scene.parts:
        left, top, right, bottom = part.bounds
        if left < 0 or top < 0 or right > scene.width or bottom > scene.height:
            yield f"{part.kind} {part.title} is off the page"


def overlaps(scene: Scene, solids: list[Part]) -> Iterator[str]:
    texts = [(text.bounds, f"`{text.text}`") for text in outside(scene)]
    boxes = [(solid.bounds, solid.id) for solid in solids]
    for (one, name), (other, told) in beside([*texts, *boxes]):
        if meet(one, other):
            yield f"{name} is on {told}"


def outside(scene: Scene) -> Iterator[Text]:
    """Every text that isn't on a solid of its own."""
    for part in scene.parts:
        if part.kind != "node":
            yield from (mark for mark in part.marks if isinstance(mark, Text))


def crossings(scene: Scene, solids: list[Part]) -> Iterator[str]:
    """Lines that come into a text, a front, or any face of a solid that they neither leave nor enter."""
    things: list[tuple[Bounds, tuple[str, str]]] = [(text.bounds, ("", f"`{text.text}`")) for text in scene.texts()]
    things += [(solid.bounds, (solid.id, solid.id)) for solid in solids]
    things += [(smaller(box), ("", f"the front of {solid.id}")) for solid in solids for box in fronts(solid)]
    pieces = [(around(piece), (part, piece)) for part, piece in lines(scene)]
    for (_, one), (box, other) in beside(pieces, things):
        part, (a, b) = one
        own, told = other
        assert part.ends
        if own not in part.ends and crosses(a, b, box):
            yield f"{part.title} runs through {told}"


def merged(scene: Scene) -> Iterator[str]:
    """Lines of different values that run on each other, so that they cannot be told apart."""
    pieces = [(around(piece), part) for part, piece in lines(scene)]
    for (a, one), (b, other) in beside(pieces):
        assert one.ends and other.ends
        if one.ends[0] == other.ends[0] or one.ends[1] == other.ends[1]:
            continue
        for i in (0, 1):
            flat = max(a[i + 2], b[i + 2]) - min(a[i], b[i]) < 1
            if flat and min(a[3 - i], b[3 - i]) - max(a[1 - i], b[1 - i]) > 1:
                yield f"{one.title} runs on {other.title}"


def lines(scene: Scene) -> Iterator[tuple[Part, tuple[Point, Point]]]:
    """Every straight piece of every edge."""
    for part in scene.parts:
        if part.kind == "edge":
            for mark in part.marks:
                if isinstance(mark, Line):
                    yield from ((part, piece) for piece in pairwise(mark.points))


def fronts(solid: Part) -> Iterator[Bounds]:
    """The upright faces of a solid: those of four points at two places across and two upright."""
    for mark in solid.marks:
        if isinstance(mark, Polygon) and all(len({point[i] for point in mark.points}) == 2 for i in (0, 1)):
            yield mark.bounds


def smaller(box: Bounds) -> Bounds:
    return (box[0] + CLOSE, box[1] + CLOSE, box[2] - CLOSE, box[3] - CLOSE)


def meet(one: Bounds, other: Bounds) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    return across > CLOSE and min(one[3], other[3]) - max(one[1], other[1]) > CLOSE


A, B = TypeVar("A"), TypeVar("B")


def beside(
    things: Sequence[tuple[Bounds, A]], others: Sequence[tuple[Bounds, B]] | None = None
) -> Iterator[tuple[tuple[Bounds, A], tuple[Bounds, Any]]]:
    """Pairs of things that are in the same place from left to right: of one kind, or one of each."""
    kinds = [(box[0], i, 0) for i, (box, _) in enumerate(things)]
    kinds += [(box[0], i, 1) for i, (box, _) in enumerate(others or ())]
    there: tuple[list[int], list[int]] = ([], [])
    sides: tuple[Sequence[tuple[Bounds, Any]], ...] = (things, others or ())
    for left, i, kind in sorted(kinds):
        for side in (0, 1):
            there[side][:] = [j for j in there[side] if sides[side][j][0][2] >= left]
        if others is None:
            yield from ((things[j], things[i]) for j in there[0])
        elif kind:
            yield from ((things[j], others[i]) for j in there[0])
        else:
            yield from ((things[i], others[j]) for j in there[1])
        there[kind].append(i)
