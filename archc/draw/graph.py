"""The `graph` style: layers as cards, blocks as frames, lines from the top down."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import inf
from typing import TypeAlias

from archc.draw import cards
from archc.draw import text as font
from archc.draw.layered import Box, Placement, Wire, place
from archc.draw.legend import captioned
from archc.draw.levels import Level
from archc.draw.look import Look
from archc.draw.opening import Opened, opened
from archc.draw.outline import Fate, Inside, Outline, Piece, former
from archc.draw.scene import Line, Mark, Part, Point, Rect, Scene, Text, moved
from archc.ir import Module
from archc.types import Shape

BAND, TITLE, LONG_TITLE = 20.0, 11.0, 170.0
"""How high a frame's title band is, the size of its title, and how long one may be that makes the frame wider."""

SIDE, BELOW = 11.0, 9.0
"""What a frame leaves free at its sides and at its bottom."""

LABEL, LABEL_AWAY = 13.0, 5.0
"""How high the label of an edge is, and how far it stands from the edge."""

BROADEST, TALLEST = 924.0, 1180.0
"""What fits a page with text of 6 pt: what is higher goes on in a column beside it."""

SHOWN = (60, 45, 32, 22)
"""How many pieces are seen at once, the first that gives a figure that fits."""

PAGES, LARGE = (4, 1, 1.5, 2, 3, 6, 9), 2000
"""How many pages high columns may be where the reader says what is shown, and of how many layers on only the
first of these is tried."""

ROOMY, FLOW, SHORTER = 2.9, 22.0, (0.75, 0.6, 0.5, 0.4)
"""A figure that is so much larger than its cards, each with so many px below it for a line, may go on in columns of
these shares of its height instead."""

TIGHTER, WIDER = 0.85, 1.25
"""Of its area, what it then may take at most, and of how many pages' width it may be."""

ROUND = 5.0


Engine: TypeAlias = Callable[[Sequence[Box], Sequence[Wire], float], Placement]


@dataclass(frozen=True)
class Laid:
    """The inside of a block, laid out, its left upper corner at 0; the same with columns of any height from
    `same_from` px on."""

    parts: tuple[Part, ...]
    width: float
    height: float
    enters: tuple[float, ...]
    leaves: float
    same_from: float = 0


def scene(module: Module, look: Look) -> Scene:
    """The figure of a network."""
    whole = Outline(look.full).whole(module.graph)
    asked = look.full or look.depth is not None
    laid = on_one_page(whole, look) if asked else fitting(whole, look)
    return captioned(module, laid.parts, laid.width, laid.height)


def on_one_page(whole: Inside, look: Look) -> Laid:
    """What is asked for, in columns of the height with which it has to be made least small to fit a page."""
    shown, is_open = opened(whole, look, 0)
    once = look.by_dot or sum(piece.layers for piece in whole.pieces) > LARGE
    heights = PAGES[:1] if once else PAGES
    layout = Layout(is_open, TALLEST, engine(look))
    tries = [replace(layout, tallest=pages * TALLEST).lay(shown) for pages in heights]
    best = min(tries, key=pages_of)
    return best if once else filled(best, layout, shown)


def fitting(whole: Inside, look: Look) -> Laid:
    """As much of a network as fits a page."""
    for most in SHOWN:
        shown, is_open = opened(whole, look, most)
        layout = Layout(is_open, TALLEST, engine(look))
        laid = layout.lay(shown)
        if laid.width <= 1.4 * BROADEST and laid.height <= 1.3 * TALLEST:
            break
    return laid if look.by_dot else filled(laid, layout, shown)


def pages_of(laid: Laid) -> float:
    """How many pages wide or high it is, whichever is more."""
    return max(laid.width / BROADEST, laid.height / TALLEST)


def filled(laid: Laid, layout: "Layout", inside: Inside) -> Laid:
    """What is laid out, or where that leaves much of its room empty, the same in shorter columns."""
    cells = sum(
        (part.bounds[2] - part.bounds[0]) * (part.bounds[3] - part.bounds[1] + FLOW)
        for part in laid.parts
        if part.kind == "node"
    )
    if laid.width * laid.height < ROOMY * cells:
        return laid
    best, most = laid, max(WIDER, pages_of(laid))
    for share in SHORTER:
        other = replace(layout, tallest=share * laid.height).lay(inside)
        if pages_of(other) <= most and other.width * other.height < TIGHTER * best.width * best.height:
            best = other
    return best


def levels(module: Module, look: Look) -> tuple[Level, ...]:
    """The inside of every block of a network laid out on its own, outermost first, for figures that open and close."""
    whole, is_open = opened(Outline(look.full).whole(module.graph), look, SHOWN[0])
    layout = Layout(lambda piece, depth: False, inf, engine(look))
    found: list[Level] = []
    waiting = [("", module.graph.name, whole, 0, True)]
    while waiting:
        id, title, inside, depth, shown = waiting.pop()
        laid = layout.lay(inside)
        scene = Scene(laid.width, laid.height, laid.parts, title)
        found.append(Level(id, title, scene, laid.enters, laid.leaves, shown))
        for piece in reversed(inside.pieces):
            if piece.open is not None:
                deeper = depth + (piece.kind == "block")
                waiting.append(
                    (piece.id, cards.heading(piece, inf, TITLE), piece.open(), deeper, is_open(piece, depth))
                )
    return tuple(found)


def engine(look: Look) -> Engine:
    """What finds the places: ours, or `dot`."""
    if not look.by_dot:
        return place
    from archc.draw.layered.by_dot import place_by_dot

    return place_by_dot


@dataclass(frozen=True)
class Layout:
    """Lays insides out, with what `is_open` says open."""

    is_open: Opened
    tallest: float
    place: Engine
    kept: dict[int, tuple[Piece, Laid]] = field(default_factory=dict)
    """Frames that were laid out, by the identity of their pieces, for other columns."""

    def lay(self, inside: Inside, depth: int = 0, below: float = 0) -> Laid:
        """Places everything inside, and draws its edges; that of what leaves goes on for `below` px."""
        pieces = inside.pieces
        frames: list[Laid | None] = [
            self._frame(piece, depth) if piece.open is not None and self.is_open(piece, depth) else None
            for piece in pieces
        ]
        drawn = [None if frame else cards.card(piece) for piece, frame in zip(pieces, frames, strict=True)]
        number = len(inside.inputs)
        values = {name: index for index, name in enumerate(inside.inputs)}
        values |= {piece.value: number + index for index, piece in enumerate(pieces)}
        read = {value for piece in pieces for value in piece.inputs} | {inside.value}
        boxes = [Box(0, 0, 0, first=True) for _ in inside.inputs]
        flows = {
            name: (before, now)
            for name, before, now in zip(inside.inputs, inside.former or inside.shapes, inside.shapes, strict=True)
        }
        flows |= {piece.value: (former(piece).output, piece.output) for piece in pieces}
        labels: list[str] = []
        for piece, frame, card in zip(pieces, frames, drawn, strict=True):
            label = ""
            if frame is not None:
                enters = _further(frame.enters, len(piece.inputs), frame.width)
                boxes.append(Box(frame.width, frame.height, frame.leaves, len(piece.inputs), enters))
            elif card is not None:
                if piece.kind != "input" and piece.value in read and self._reshapes(piece, flows):
                    label = cards.flow(piece)
                tail = (font.width(label, cards.SIZE) + LABEL_AWAY + 3, LABEL) if label else (0.0, 0.0)
                stack = 2 * cards.STACK if card.stacked else 0
                width = max(card.width, 15.0 * len(piece.inputs) + 24)
                card = replace(card, width=width)
                drawn[len(labels)] = card
                boxes.append(Box(width + stack, card.height + stack, width / 2, len(piece.inputs), tail=tail))
            labels.append(label)
        wires = [
            Wire(values[value], number + index, slot)
            for index, piece in enumerate(pieces)
            for slot, value in enumerate(piece.inputs)
        ]
        if inside.value:
            boxes.append(Box(0, 0, 0, 1, (0,), last=True))
            wires.append(Wire(values[inside.value], len(boxes) - 1, 0))
        placed = self.place(boxes, wires, self.tallest)
        names = [*inside.inputs, *(piece.id for piece in pieces), ""]
        edges = [
            _edge(points, names[wire.source], names[wire.target], below if boxes[wire.target].last else None, pen)
            for wire, points, pen in zip(wires, placed.lines, self._pens(inside), strict=True)
        ]
        # where lines run together, what both networks have lies on top
        edges.sort(key=lambda edge: any(isinstance(mark, Line) and mark.dash for mark in edge.marks), reverse=True)
        parts: list[Part] = []
        for index, (piece, frame, card) in enumerate(zip(pieces, frames, drawn, strict=True)):
            x, y = placed.corners[number + index]
            if frame is not None:
                parts += [moved(part, x, y) for part in frame.parts]
            elif card is not None:
                parts.append(cards.part(piece, card, x, y))
                if labels[index]:
                    foot = y + boxes[number + index].height
                    mark = Text(x + card.width / 2 + LABEL_AWAY, foot + 10.5, labels[index], cards.SIZE, fill="soft")
                    parts.append(Part("label", (mark,), id=piece.id))
        enters = tuple(x for x, _ in placed.corners[:number])
        leaves = placed.corners[-1][0] if inside.value else 0.0
        same_from = max(placed.same_from, *(frame.same_from for frame in frames if frame), 0)
        return Laid((*edges, *parts), placed.width, placed.height, enters, leaves, same_from)

    def _reshapes(self, piece: Piece, flows: Mapping[str, tuple[Shape, Shape]]) -> bool:
        """Whether what leaves has another shape than anything that enters, in each network that has the piece."""
        seen = {"removed": slice(1), "added": slice(1, 2)}.get(piece.fate.status if piece.fate else "", slice(2))
        return any(flows[value][seen] != flows[piece.value][seen] for value in piece.inputs) or not piece.inputs

    def _pens(self, inside: Inside) -> list[Line]:
        """How each line is drawn, in the order of the wires."""
        pens = [_pen(piece.fate, value) for piece in inside.pieces for value in piece.inputs]
        return [*pens, *([_pen(None, "")] if inside.value else [])]

    def _frame(self, piece: Piece, depth: int) -> Laid:
        """A block in its frame, laid out anew only where columns of another height could change it."""
        _, laid = self.kept.get(id(piece), (piece, None))
        if laid is None or laid.same_from > self.tallest:
            laid = self._framed(piece, depth)
            self.kept[id(piece)] = piece, laid
        return laid

    def _framed(self, piece: Piece, depth: int) -> Laid:
        """A block in its frame, with the band for its title."""
        assert piece.open is not None
        extra = 2 * cards.STACK if piece.count > 1 else 0
        inner = self.lay(piece.open(), depth + (piece.kind == "block"), BELOW + extra)
        card = cards.card(piece)
        said = piece.fate.words if piece.fate else ()
        badge = cards.badge_width(card.badge) + 8 if card.badge else 0
        short = cards.heading(piece, 0, TITLE) if piece.node is None else cards.heading(piece, LONG_TITLE, TITLE)
        width = max(inner.width + 2 * SIDE, font.width(short, TITLE, bold=True) + 2 * cards.PAD + badge)
        width = max(width, *(min(font.width(t, cards.SIZE, bold=True) + 2 * cards.PAD, LONG_TITLE) for t in said), 0)
        title = cards.heading(piece, width - 2 * cards.PAD - badge, TITLE)
        told = cards.fates(said, width - 2 * cards.PAD)
        high = BAND + LABEL * len(told) + (3 if told else 0)
        left = (width - inner.width) / 2
        height = high + inner.height + BELOW
        look = cards.paint("block", piece.fate, is_open=True)
        fill = "frame2" if depth % 2 else "frame"
        border = (look.edge, look.border, 5.0, look.dash)
        stack = [
            Rect(step * cards.STACK, step * cards.STACK, width, height, fill, "rule", 1, 5)
            for step in ((2, 1) if piece.count > 1 else ())
        ]
        place = piece.place.line if piece.place else 0
        frame = Part(
            "frame",
            (*stack, Rect(0, 0, width, height, fill, *border)),
            cards.title(piece),
            piece.id,
            place,
            cards.facts(piece),
        )
        head = Text(cards.PAD, BAND / 2 + 4, title, TITLE, True)
        marks: list[Mark] = [Rect(0, 0, width, high, look.fill, *border), head]
        for index, line in enumerate(told):
            marks.append(Text(cards.PAD, BAND + LABEL * index + 9, line, cards.SIZE, True, fill=look.edge))
        marks += cards.badge(card.badge, width - 3, 2) if card.badge else ()
        band = Part("band", tuple(marks), title, piece.id, place)
        parts = (frame, band, *(moved(part, left, high) for part in inner.parts))
        enters = tuple(x + left for x in inner.enters)
        return Laid(parts, width + extra, height + extra, enters, inner.leaves + left, inner.same_from)


def _further(enters: tuple[float, ...], count: int, width: float) -> tuple[float, ...]:
    """Where `count` lines enter a frame, of which some are known: the others where there is most room."""
    found = list(enters)
    while len(found) < count:
        stops = sorted((0.0, *found, width))
        left, right = max(pairwise(stops), key=lambda gap: gap[1] - gap[0])
        found.append((left + right) / 2)
    return tuple(found)


def _pen(fate: Fate | None, value: str) -> Line:
    """How the line of a value is drawn that a piece reads."""
    if fate is None:
        return Line(())
    if value in fate.before:
        return Line((), "removed", 1.4, "5 3")
    return Line((), "added", 1.8) if value in fate.since else Line((), "edge")


def _edge(points: Sequence[Point], source: str, target: str, on: float | None, pen: Line) -> Part:
    """A line with an arrow; without one, and `on` px longer, if it leads out of a frame."""
    if on is not None:
        x, y = points[-1]
        falling = len(points) > 1 and points[-2][0] == x
        points = [*(points[:-1] if falling else points), (x, y + on)]
    line = replace(pen, points=tuple(points), radius=ROUND, arrow=on is None, head=6)
    return Part("edge", (line,), ends=(source, target))
