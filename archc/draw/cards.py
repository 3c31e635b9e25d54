"""What stands on the card of a layer, a block, an input: its words, its size, its marks."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from archc.draw import text as font
from archc.draw.outline import Fate, Piece, former
from archc.draw.scene import Mark, Part, Rect, Text
from archc.ir.graph import Argument, Node
from archc.ir.items import op_of
from archc.ops import OPS
from archc.parameters import Count, Described, Real, Window, Word, show
from archc.types import Shape, TensorType

HEAD_SIZE, SIZE = 12.0, 10.0
"""Of text in px: a card's header, and the lines below it."""

HEAD, LEAD, PAD = 21.0, 14.0, 8.0
"""Heights of a header and of a line below it, and what is left free at either side."""

NARROWEST, WIDEST, STEP = 116.0, 250.0, 12.0
"""Widths of cards in px; one is as many whole steps wider than the narrowest as it takes, so that few widths differ."""

LONG_HEAD = 170.0
"""A block's arguments stand below its name where both would be wider."""

OFF = (0, 1, None)
"""Arguments of a block that mostly say that something is left as it is: named one by one, they are left out."""

STACK = 3.5
"""How far the cards of a stack lie apart."""

BADGE = 16.0
"""How high a badge is."""


@dataclass(frozen=True)
class Paint:
    """Roles of a card or band, and its border."""

    fill: str
    ink: str
    edge: str = "ink"
    border: float = 1
    dash: str = ""
    line: str = "ink"


@dataclass(frozen=True)
class Card:
    """The words of a card: `head` in its header, `lines` below with their colour, `badge` how many it stands for.

    The first of the lines, `told` of them, say what became of it.
    """

    family: str
    head: str
    lines: tuple[tuple[str, str], ...]
    told: int
    badge: str
    stacked: bool
    width: float
    height: float


def card(piece: Piece) -> Card:
    """The card of a piece, closed if it can open."""
    family, head, lines = _words(piece)
    said = became(piece.fate) if piece.fate else []
    badge = f"×{piece.count:,}" if piece.count > 1 else ""
    taken = 2 * PAD + (badge_width(badge) + 6 if badge else 0)
    wide = max(
        font.width(head, HEAD_SIZE, bold=True) + taken,
        *(font.width(t, SIZE, bold=t in said) + 2 * PAD for t in [*said, *lines]),
        0,
    )
    width = min(NARROWEST + STEP * ceil(max(wide - NARROWEST, 0) / STEP), WIDEST)
    look, room = paint(family, piece.fate), width - 2 * PAD
    told = tuple((line, look.edge) for line in fates(said, room))
    cut = told + tuple(
        (font.fitted(line, SIZE, room), "soft" if index else look.line)
        for index, text in enumerate(lines)
        for line in font.wrapped(text, SIZE, room)
    )
    head = font.fitted(head, HEAD_SIZE, width - taken, bold=True)
    height = HEAD + (LEAD * len(cut) + 5 if cut else 1)
    return Card(family, head, cut, len(told), badge, piece.count > 1, width, height)


def became(fate: Fate) -> list[str]:
    """What became of a closed piece."""
    inside = ", ".join(f"{count:,} {status}" for status, count in fate.inside.items())
    return [*fate.words, *([f"~ inside: {inside}"] if inside else [])]


def fates(words: Iterable[str], room: float) -> tuple[str, ...]:
    """What became of a piece, in lines of at most `room` px."""
    lines = (line for text in words for line in font.wrapped(text, SIZE, room, bold=True))
    return tuple(font.fitted(line, SIZE, room, bold=True) for line in lines)


def paint(family: str, fate: Fate | None, *, is_open: bool = False) -> Paint:
    """How a piece of a family is painted; where networks are compared, its fate counts alone."""
    if fate is None:
        edge = "rule" if is_open else "ink"
        return Paint("band", "ink", edge) if family == "block" else Paint(family, f"{family}.text")
    status = "changed" if fate.status == "same" and fate.inside and not is_open else fate.status
    if status == "same":
        return Paint("band", "ink", "rule") if is_open else Paint("frame2", "soft", "rule", line="soft")
    role = "moved" if status == "renamed" else status
    return Paint(f"{role}.paper", "ink", role, 2, "5 3" if status == "removed" else "")


def badge_width(badge: str) -> float:
    return font.width(badge, SIZE, bold=True) + 10


def _words(piece: Piece) -> tuple[str, str, list[str]]:
    """Family, header and lines."""
    shape = form(piece.output)
    match piece.kind:
        case "input" | "output":
            whole = f"{piece.shown} {shape}"
            return (piece.kind, whole, []) if _short(whole) else (piece.kind, piece.shown, [shape])
        case "rest":
            return "block", piece.shown, _costs(piece)
        case "group":
            ops = [part.node.body.name if part.node.body else part.node.op for part in piece.parts if part.node]
            return "block", "repeat", [", ".join(ops), *_costs(piece)]
    node = piece.node
    assert node is not None
    lines = []
    if node.body is not None:
        family, head = "block", _titled(node.name, node.body.name, _call(node))
        if font.width(head, HEAD_SIZE, bold=True) > LONG_HEAD:
            head = _titled(node.name, node.body.name, node.body.name)
            given = list(_given(node).items())
            values = [given[0], *((name, value) for name, value in given[1:] if value not in OFF)]
            lines.append(", ".join(f"{name} {word(value)}" for name, value in values))
        each = " each" if piece.count > 1 else ""
        lines.append(f"{piece.layers // piece.count:,} layer{'s' * (piece.layers != piece.count)}{each}")
    else:
        op = op_of(node)
        width, settings = told(op, op.parameters, len(piece.output) - 1)
        called = f"{node.op} {width}".rstrip()
        family, head = OPS[node.op].drawing, _titled(node.name, node.op, called)
        if not _short(head):
            # its name alone fills the header
            head = node.name
            lines.append(called)
        if settings:
            lines.append(", ".join(settings))
    if node.shares:
        lines.append(f"weights of {node.shares}")
    lines += _costs(piece)
    return family, head, lines


def _short(head: str) -> bool:
    return font.width(head, HEAD_SIZE, bold=True) <= WIDEST - 2 * PAD - 40


def _costs(piece: Piece) -> list[str]:
    """In one line, where that is short."""
    line = cost(piece)
    return costs(piece) if font.width(line, SIZE) > WIDEST - 2 * PAD else [line] if line else []


def _titled(name: str, kind: str, told: str) -> str:
    """With the name before it, if someone gave it one."""
    return told if name == kind or re.fullmatch(rf"{re.escape(kind)}\d+", name) else f"{name}: {told}"


def heading(piece: Piece, room: float, size: float) -> str:
    """What a frame is called: as it is written, with as many arguments as fit into `room` px, else by its name."""
    node = piece.node
    if node is None or node.body is None:
        return "repeat"
    calls = [_call(node), *(_call(node, most) for most in range(len(_given(node)) - 1, 0, -1))]
    wholes = [_titled(node.name, node.body.name, call) for call in calls]
    if node.shares:
        wholes = [f"{node.name}: weights of {node.shares}"]
    for whole in wholes:
        if font.width(whole, size, bold=True) <= room:
            return whole
    return font.fitted(_titled(node.name, node.body.name, node.body.name), size, room, bold=True)


def _call(node: Node, most: int | None = None) -> str:
    """A block as it is called, with at most so many arguments."""
    assert node.body is not None
    values = [word(value) for value in _given(node).values()]
    if most is not None:
        values = [*values[:most], "…"]
    return f"{node.body.name}({', '.join(values)})" if values else node.body.name


def _given(node: Node) -> dict[str, Argument]:
    """A block's arguments, but for the values that flow in."""
    assert node.body is not None
    flows = {port.name for port in node.body.inputs}
    return {name: value for name, value in node.arguments.items() if name not in flows}


def told(op: Described, parameters: Any, directions: int) -> tuple[str, list[str]]:
    """What a layer is called by, its width or rate, and its other settings, defaults left out."""
    width, settings = "", []
    for index, (name, value) in enumerate(op.values().items()):
        parameter = parameters[name]
        name = name.rstrip("_").replace("_", " ")
        if not index and parameter.required and isinstance(parameter, Count | Real):
            width = word(value)
        elif not parameter.required and (value == parameter.default or (name == "padding" and value == 0)):
            continue
        elif isinstance(parameter, Window) and name in ("window", "size"):
            settings.append(_window(value, directions))
        elif value is True:
            settings.append(name)
        elif value is False:
            settings.append("not trained" if name == "trainable" else f"no {name}")
        elif isinstance(value, tuple) and not isinstance(parameter, Window) and all(type(v) is int for v in value):
            settings.append(f"{name} {', '.join(map(str, value))}")
        elif isinstance(value, tuple) and len(show(value)) > 24:
            settings.append(f"{name} given")
        else:
            settings.append(f"{name} {word(value)}")
    return width, settings


def _window(value: Any, directions: int) -> str:
    if isinstance(value, int) and directions < 2:
        # a number alone says nothing, as `3×3` does
        return f"window {value}"
    return "×".join([str(value)] * directions) if isinstance(value, int) else word(value)


def word(value: Any) -> str:
    """A value in a figure: as it is written, with the sign for times, and not longer than a line."""
    if isinstance(value, Word | str):
        return " ".join(str(value).split())
    if isinstance(value, tuple) and value and all(type(v) is int for v in value):
        return "×".join(map(str, value))
    if isinstance(value, Described):
        values = [word(v) for v in value.chosen().values()]
        return f"{value.name}({', '.join(values)})" if values else value.name
    written = show(value)
    return written if len(written) <= 28 else written[:27] + "…"


def form(shape: Shape) -> str:
    """A shape as papers write it: 28×28×6."""
    return "×".join(map(str, shape)) if shape else "1"


def flow(piece: Piece) -> str:
    """The shape that leaves a piece; of two networks, what it was and is."""
    return _since(form(former(piece).output), form(piece.output))


def cost(piece: Piece) -> str:
    """Parameters to the last one, and multiply-accumulates rounded."""
    return " · ".join(costs(piece))


def costs(piece: Piece) -> list[str]:
    """The same one by one; of two networks, what they were and are."""
    earlier = former(piece)
    found = []
    if piece.parameters or earlier.parameters:
        found.append(
            f"{_since(f'{earlier.parameters:,}', f'{piece.parameters:,}')} param{'s' * (piece.parameters != 1)}"
        )
    if piece.macs or earlier.macs:
        found.append(f"{_since(short(earlier.macs), short(piece.macs))} MACs")
    return found


def _since(before: str, now: str) -> str:
    return now if before == now else f"{before} → {now}"


def short(count: int) -> str:
    """A count to three digits: 4.09 G."""
    for unit, size in (("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}" if count < 999.5 * size else f"{count / size:.0f} {unit}"
    return str(count)


def facts(piece: Piece) -> tuple[tuple[str, str], ...]:
    """What more is known of a piece, under headings."""
    found: list[tuple[str, str]] = []
    node = piece.node
    if node is not None:
        if node.body is not None:
            found.append(("block", _call(node)))
        else:
            found.append(("layer", op_of(node).written()))
    found.append(("output", str(TensorType(piece.output))))
    if piece.count > 1:
        found.append(("copies", f"{piece.count:,}, the numbers are those of all"))
    if piece.kind in ("block", "group", "rest"):
        found.append(("layers", f"{piece.layers:,}"))
    if node is not None:
        for weight in node.weights:
            kind = "" if weight.trainable else ", not trained"
            found.append((weight.name, f"{TensorType(weight.shape)}{kind}"))
        if node.shares:
            found.append(("weights", f"those of {node.shares}"))
    if piece.kind not in ("input", "output"):
        found += [("parameters", f"{piece.parameters:,}"), ("MACs", f"{piece.macs:,}")]
    if piece.place is not None:
        found.append(("source", f"{piece.place.file}:{piece.place.line}"))
    return tuple(found)


def title(piece: Piece) -> str:
    """What a screen reader says of it."""
    said = [piece.id, _words(piece)[1], f"output {form(piece.output)}"]
    said += [cost(piece)] if piece.kind not in ("input", "output") and cost(piece) else []
    said += [f"{piece.count:,} of them"] if piece.count > 1 else []
    said += became(piece.fate) if piece.fate else []
    return ", ".join(dict.fromkeys(said))


def part(piece: Piece, card: Card, x: float, y: float) -> Part:
    """The card with its left upper corner at (x, y)."""
    marks: list[Mark] = []
    if card.stacked:
        for step in (2, 1):
            marks.append(Rect(x + step * STACK, y + step * STACK, card.width, card.height, "card", "rule", 1, 4))
    look = paint(card.family, piece.fate)
    base = HEAD_SIZE * 0.36
    if piece.kind in ("input", "output", "rest") or not card.lines:
        radius = HEAD / 2 if piece.kind in ("input", "output") and not card.lines else 4
        dash = "4 3" if piece.kind == "rest" else look.dash
        marks.append(Rect(x, y, card.width, card.height, look.fill, look.edge, look.border, radius, dash))
        if card.lines:
            inset = look.border / 2
            size = (card.width - 2 * inset, card.height - HEAD - 2 * inset)
            marks.append(Rect(x + inset, y + HEAD, *size, "card", radius=3.5))
    else:
        marks.append(Rect(x, y, card.width, card.height, look.fill, radius=4))
        marks.append(Rect(x, y + HEAD, card.width, card.height - HEAD, "card", radius=4))
        marks.append(Rect(x, y + HEAD, card.width, 4, "card"))
        # on top of both, whose edges would cut into it where a viewer rounds them to whole dots
        marks.append(Rect(x, y, card.width, card.height, "", look.edge, look.border, 4, look.dash))
    middle = x + card.width / 2
    if card.badge:
        marks.append(Text(x + PAD, y + HEAD / 2 + base, card.head, HEAD_SIZE, True, "start", look.ink))
        marks += badge(card.badge, x + card.width - 4, y + (HEAD - BADGE) / 2)
    else:
        high = y + (HEAD + (not card.lines)) / 2 + base
        marks.append(Text(middle, high, card.head, HEAD_SIZE, True, "middle", look.ink))
    for index, (line, color) in enumerate(card.lines):
        marks.append(Text(middle, y + HEAD + LEAD * index + 11.5, line, SIZE, index < card.told, "middle", color))
    return Part("node", tuple(marks), title(piece), piece.id, piece.place.line if piece.place else 0, facts(piece))


def badge(told: str, right: float, top: float) -> Sequence[Mark]:
    """How many: white on black, its right end given."""
    width = badge_width(told)
    return (
        Rect(right - width, top, width, BADGE, "badge", radius=3),
        Text(right - width / 2, top + BADGE / 2 + 3.6, told, SIZE, True, "middle", "badge.text"),
    )
