"""What stands around a figure of a network: its name and totals above, the meaning of colours below."""

from collections.abc import Sequence
from math import ceil

from archc.draw import text as font
from archc.draw.cards import short
from archc.draw.scene import Mark, Part, Polygon, Rect, Scene, Text, moved
from archc.draw.theme import FAMILIES, NAMES
from archc.ir import Module
from archc.parameters import counted

MARGIN = 14.0
TITLE, TITLE_SIZE, SIZE = 24.0, 14.0, 10.0
SWATCH, LINE = 11.0, 17.0


def captioned(module: Module, parts: Sequence[Part], width: float, height: float, note: str = "") -> Scene:
    """A scene of parts that take `width` times `height` px from (0, 0) on."""
    graph = module.graph
    name = Text(0, 12, graph.name, TITLE_SIZE, True)
    totals = _totals(module)
    wide = name.width + 10 + font.width(totals, SIZE)
    families = [family for family in FAMILIES if family in _present(parts) and family not in ("input", "output")]
    total = max(width, min(wide, name.width + 10) if not totals else name.width, font.width(totals, SIZE), 150.0)
    heading: list[Mark] = [name]
    if wide <= max(total, wide if wide < 420 else 0):
        total = max(total, wide)
        heading.append(Text(name.width + 10, 12, totals, SIZE, fill="soft"))
        top = TITLE
    else:
        heading.append(Text(0, 27, totals, SIZE, fill="soft"))
        top = TITLE + 15
    legend = _legend(families, total, note)
    aside = (total - width) / 2
    placed = [Part("note", tuple(heading)), *(moved(part, aside, top) for part in parts)]
    bottom = top + height
    if legend:
        placed += [moved(part, 0, bottom + 12) for part in legend]
        bottom += 12 + max(part.bounds[3] for part in legend)
    # whole pixels, so that no edge of a raster image is half transparent
    return Scene(
        ceil(total + 2 * MARGIN),
        ceil(bottom + 2 * MARGIN),
        tuple(moved(part, MARGIN, MARGIN) for part in placed),
        graph.name,
        described(module),
    )


def _totals(module: Module) -> str:
    graph = module.graph
    count = graph.parameters
    told = f"{count:,} parameter{'s' * (count != 1)}"
    return f"{told} · {short(graph.macs)} MACs" if graph.macs else told


def _present(parts: Sequence[Part]) -> set[str]:
    """What nodes are filled with."""
    nodes = (part for part in parts if part.kind == "node")
    return {mark.fill for part in nodes for mark in part.marks if isinstance(mark, Rect | Polygon)}


def described(module: Module) -> str:
    """The network in a sentence, for who can't see it."""
    graph = module.graph
    entering = ", ".join(f"{port.name} [{', '.join(map(str, port.shape))}]" for port in graph.inputs)
    leaving = ", ".join(f"{port.name} [{', '.join(map(str, port.shape))}]" for port in graph.outputs)
    layers = counted(sum(1 for _ in graph.layers()), "layer")
    return f"The network {graph.name}: {layers}, {_totals(module)}, from {entering} to {leaving}."


def _legend(families: Sequence[str], width: float, note: str) -> list[Part]:
    """Swatches with names, in as many lines as they need."""
    parts: list[Part] = []
    x, y = 0.0, 0.0
    if len(families) > 1:
        for family in families:
            wide = SWATCH + 5 + font.width(NAMES[family], SIZE)
            if x and x + wide > width:
                x, y = 0.0, y + LINE
            swatch = Rect(x, y, SWATCH, SWATCH, family, "ink", 0.75, 2)
            parts.append(Part("legend", (swatch, Text(x + SWATCH + 5, y + 9.3, NAMES[family], SIZE, fill="soft"))))
            x += wide + 14
        y += LINE
    for line in font.wrapped(note, SIZE, width) if note else []:
        parts.append(Part("note", (Text(0, y + 9.3, line, SIZE, fill="soft"),)))
        y += LINE
    return parts
