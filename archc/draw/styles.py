"""The styles of figures, found by name and imported when they are drawn."""

from importlib import import_module
from typing import cast

from archc.draw.levels import Level
from archc.draw.look import Look
from archc.draw.scene import Scene
from archc.ir import Module

STYLES = {
    "graph": "nodes and edges, blocks as frames; for any network",
    "volumes": "solids whose size shows the feature maps; for convolutional networks",
    "neurons": "circles and lines; for small dense networks",
    "backprop": "values forwards and derivatives backwards; for small networks and one example",
}
"""Every style, and what it is for: known without importing it."""

OPENING = ("graph",)
"""Those whose blocks open and close in a page."""

OF_WEIGHTS = ("neurons", "backprop")
"""Those that show learnt weights."""

BACKPROP = "backprop"
"""The one that shows what an example makes a network compute."""

TAKING = {
    "depth": ("graph", "volumes"),
    "full": ("graph", "volumes", "neurons"),
    "weights": OF_WEIGHTS,
    "example": (BACKPROP,),
    "given": (BACKPROP,),
}
"""Of what not every style shows: which do."""


def draw(module: Module, style: str, look: Look) -> Scene:
    """The scene of a model in a style, whose file has the style's name. Raises Failed if the style doesn't suit it."""
    return cast(Scene, import_module(f"archc.draw.{style}").scene(module, look))


def levels(module: Module, style: str, look: Look) -> tuple[Level, ...]:
    """A figure that opens and closes; in a style without levels one in which nothing does. Raises as `draw`."""
    if style in OPENING:
        return cast(tuple[Level, ...], import_module(f"archc.draw.{style}").levels(module, look))
    scene = draw(module, style, look)
    return (Level("", scene.title, scene, (), scene.width / 2, True),)
