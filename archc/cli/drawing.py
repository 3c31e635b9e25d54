"""What commands that draw have in common: the width of a figure, its form, and a word where its text is too small."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.terminal import Terminal
from archc.draw.formats import LEAST_POINTS, Width, smallest_points, width_of

if TYPE_CHECKING:
    from archc.draw.scene import Scene


class WidthType(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """How wide a figure is printed: "3.3in"."""

    name = "width"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Width:
        if isinstance(value, Width):
            return value
        try:
            return width_of(value)
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


def warn_if_small(scene: "Scene", width: Width | None, terminal: Terminal, *, folds: bool = True) -> None:
    """Says so where text would be too small to read on paper; `folds` if `--depth` is for this figure."""
    points = smallest_points(scene, width)
    if width is not None and scene.smallest_text and points < LEAST_POINTS:
        terminal.remark(
            f"its smallest text is {points:.1f} pt at {width}, and {LEAST_POINTS} pt is the least that can be read: "
            f"{'fold more with `--depth`, or ' if folds else ''}print it wider"
        )
