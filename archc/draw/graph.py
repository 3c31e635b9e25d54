"""The `graph` style: layers as nodes, blocks as frames."""

from archc.draw.look import Look
from archc.draw.scene import Line, Part, Rect, Scene, Text, framed
from archc.ir import Module


def scene(module: Module, look: Look) -> Scene:
    """A column of nodes."""
    parts = []
    for row, node in enumerate(module.graph.nodes):
        y = row * 50.0
        marks = (
            Rect(0, y, 160, 30, "conv", "ink", radius=4),
            Text(80, y + 19, node.name, 12, True, "middle", "conv.text"),
        )
        parts.append(Part("node", marks, node.name, node.name, node.place.line))
        if row:
            parts.append(Part("edge", (Line(((80, y - 20), (80, y)), arrow=True),)))
    return framed(parts, 16, module.graph.name, "")
