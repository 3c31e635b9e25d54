"""What commands that draw have in common: the width of a figure, its form, and a word where its text is too small."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.terminal import Terminal
from archc.draw.formats import LEAST_INCHES, LEAST_POINTS, MOST_INCHES, Width, smallest_points, told_small, width_of

if TYPE_CHECKING:
    from archc.draw.scene import Scene
    from archc.ir import Graph


class WidthType(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """How wide a figure is printed: "3.3in", within `least` and `most` inches."""

    name = "width"
    least: float = LEAST_INCHES
    most: float = MOST_INCHES

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Width:
        if isinstance(value, Width):
            return value
        try:
            return width_of(value, self.least, self.most)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def form_of(output: Path, forms: Sequence[str], ctx: click.Context) -> str:
    """What the ending of a path says is written. Raises UsageError for one that says nothing, or is all of it."""
    if output.name.removeprefix(".").lower() in forms:
        raise click.UsageError(f"`{output}` is an ending alone: say a name before it", ctx)
    form = output.suffix.removeprefix(".").lower()
    if form not in forms:
        raise click.UsageError(f"`{output}` ends in none of .{', .'.join(forms)}, which say what to write", ctx)
    return form


def has_blocks(graph: "Graph") -> bool:
    """Whether anything in a network can be folded."""
    return any(node.body is not None and (node.op != "repeat" or has_blocks(node.body)) for node in graph.nodes)


def warn_if_small(scene: "Scene", width: Width | None, terminal: Terminal, *, folds: bool = True) -> None:
    """Says so where text would be too small to read on paper; `folds` if `--depth` is for this figure."""
    points = smallest_points(scene, width)
    # what is told as the least is no less
    if width is not None and scene.smallest_text and round(points, 1) < LEAST_POINTS:
        advice = f"{'fold more with `--depth`, or ' if folds else ''}print it wider"
        terminal.remark(f"{told_small(points, width)}: {advice}")


def warn_of_boxes(scene: "Scene", form: str, terminal: Terminal) -> None:
    """Says so where the font that is drawn with lacks letters; a browser takes them from another one."""
    lacking = scene.lacking
    if lacking and form in ("png", "pdf"):
        shown = " ".join(lacking[:8])
        terminal.remark(f"note: the font of figures has no {shown}: boxes stand there; .svg and .html show them")
